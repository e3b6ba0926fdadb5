"""Implements the ports of the table on DynamoDB, one request a method, except where a ledger is in chunks.

Keys: `A#<alert>`/`A`, `M#<gid>`/<alert>, `H#<gid>`/`H`, `L#<gid>`/<chunk>, `I#<rule>#<equal>`/`I`, `S`/`S`,
`Q#<forwarder>`/`Q`, `W#<forwarder>`/`W`, `B#<hash>`/`B`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from alertrelay.aws.budget import Budget
from alertrelay.aws.state.alerts import DynamoAlerts
from alertrelay.aws.state.leases import DynamoLeases
from alertrelay.aws.state.lookup import DynamoLookup
from alertrelay.aws.state.rates import DynamoRates
from alertrelay.aws.state.silences import DynamoSilences
from alertrelay.aws.state.table import Table
from alertrelay.aws.state.ticks import DynamoTicks
from alertrelay.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoStore(DynamoAlerts, DynamoLeases, DynamoLookup, DynamoRates, DynamoSilences, DynamoTicks):
    """See state.Store. `client` makes or gives the client; it is called with the first request. `budget` bounds the
    waiting for it."""

    def __init__(
        self, client: Callable[[], DynamoDBClient], table: str, clock: Clock, budget: Budget | None = None
    ) -> None:
        super().__init__(Table(client, table, clock, budget), clock)
