"""A table that answers slowly: a page waits for it a few seconds in all, then it goes out without it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

import pytest
from alertrelay.aws.budget import Budget
from alertrelay.aws.state.store import DynamoStore
from alertrelay.memory.store import ManualClock
from alertrelay.state import StoreFailure

from tests.aws.state import GID, NOW, TABLE


@dataclass
class Slow:
    """A client that takes `seconds` to answer that there is nothing."""

    clock: ManualClock
    seconds: float

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            self.clock.sleep(self.seconds)
            return {}

        return call


def slow(seconds: float) -> tuple[DynamoStore, Budget, ManualClock]:
    clock = ManualClock(NOW)
    budget = Budget(clock)
    return DynamoStore(lambda: cast(Any, Slow(clock, seconds)), TABLE, clock, budget), budget, clock


def ask(store: DynamoStore, times: int) -> None:
    for _ in range(times):
        store.header(GID)


@pytest.mark.parametrize("seconds", [0.6, 1.0, 2.0, 4.0])
def test_a_page_waits_for_a_slow_table_five_seconds_at_most(seconds: float) -> None:
    store, budget, clock = slow(seconds)
    with budget.limited(), pytest.raises(StoreFailure, match="too slow"):
        ask(store, 20)
    assert (clock.now() - NOW).total_seconds() <= 5.5


def test_a_table_that_is_well_serves_a_large_group() -> None:
    store, budget, _ = slow(0.2)
    with budget.limited():
        ask(store, 100)


def test_each_message_waits_anew() -> None:
    store, budget, _ = slow(4.0)
    for _ in range(2):
        with budget.limited():
            store.header(GID)


def test_what_a_timer_brings_waits_as_long_as_it_takes() -> None:
    store, _, _ = slow(4.0)
    ask(store, 3)
