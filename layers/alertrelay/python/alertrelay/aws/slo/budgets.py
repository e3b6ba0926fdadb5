"""Keeps the state of error budgets in the state table: `B#<objective>`/`B`, an item each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from alertrelay.aws.state import items
from alertrelay.aws.state.table import Table
from alertrelay.ports import Clock
from alertrelay.slo.ports import BudgetsFailure
from alertrelay.state import BudgetNote, StoreFailure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT = 7 * 86_400
"""Seconds after which the state of an objective that nobody works out any more is deleted."""


class DynamoBudgets:
    """See slo.ports.Budgets."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str, clock: Clock) -> None:
        self._table = Table(client, table, clock)

    def keep(self, objective: str, note: BudgetNote) -> None:
        """See slo.ports.Budgets."""
        at = {"N": str(int(note.at))}
        try:
            self._table.update(
                items.budget_key(objective),
                "B",
                "SET budget = :budget, #at = :at, #ttl = :ttl, v = :v",
                condition="attribute_not_exists(#at) OR #at <= :at",
                values={":budget": items.budget_attribute(note), ":at": at, ":ttl": {"N": str(int(note.at + KEPT))}},
                done={"at": at},
            )
        except StoreFailure as failure:
            raise BudgetsFailure(str(failure)) from None
