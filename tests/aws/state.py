"""Values of the state table for its tests, and the table itself on an AWS that runs inside the process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import botocore.session
import pytest
from alertrelay.alert import Alert, Integration, Labels, Status, fingerprint
from alertrelay.aws.state.store import DynamoStore
from alertrelay.memory.ports import ManualClock
from alertrelay.nflog.group_state import (
    AlertBrief,
    AlertItem,
    GroupChange,
    GroupIdentity,
    GroupState,
    Member,
    MemberStatus,
    Progress,
)
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Receipt
from alertrelay.state import Store
from botocore.exceptions import ClientError, ReadTimeoutError
from moto import mock_aws

from local.stack.expressions import quick_expressions

NOW = datetime(2026, 11, 20, 3, 4, 5, 678_901, tzinfo=UTC)
TABLE = "alertrelay-state"
GID = "pagerduty-0011223344556677"
A, B = "00000000000000aa", "00000000000000bb"
"""Keys of alerts."""
PAGER = Integration(receiver="oncall", channel="pagerduty", index=0)
SLACK = Integration(receiver="fallback", channel="slack", index=1)


def after(seconds: float) -> datetime:
    """So many seconds after NOW; negative: before."""
    return NOW + timedelta(seconds=seconds)


def k(clock: int, *, resolved: bool = False) -> str:
    """The order of an update: the source's clock in microseconds, and which it is."""
    return f"{clock:020d}{int(resolved)}"


def alert(name: str = "RDSHighCPU", *, status: Status = "firing", starts_at: datetime = NOW, **labels: str) -> Alert:
    """One update of one alert. `labels` are added to its name."""
    all_labels: Labels = {"alertname": name, **labels}
    return Alert(
        labels=all_labels,
        annotations={"summary": f"{name} für »orders« 🔥"},
        status=status,
        kind="alert",
        starts_at=starts_at,
        ends_at=after(60.000_007) if status == "resolved" else None,
        updated_at=after(1.234_567),
        source="cloudwatch",
        fingerprint=fingerprint(all_labels),
        state_key=f"arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{name}",
        generator_url="https://example.com/alarm",
    )


def item(
    clock: int = 1,
    *,
    key: str = "00000000000000aa",
    rank: int = 2,
    expires: datetime | None = None,
    update: Alert | None = None,
) -> AlertItem:
    """An update as it is stored; its order follows from `clock` and from the alert's status."""
    update = update or alert()
    order = k(clock, resolved=update.status == "resolved")
    return AlertItem(key=key, order_key=order, rank=rank, alert=update, expires=expires)


def member(
    key: str = "00000000000000aa",
    clock: int = 1,
    *,
    status: MemberStatus = "firing",
    at: datetime = NOW,
    expires: datetime | None = None,
) -> Member:
    """An alert in a group."""
    return Member(
        key=key,
        order_key=k(clock, resolved=status == "resolved"),
        status=status,
        at=at,
        expires=expires,
        alert=AlertBrief(
            state_key=f"arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{key}",
            fingerprint="0123456789abcdef",
            labels={"alertname": "RDSHighCPU", "severity": "critical"},
            starts_at=NOW,
        ),
    )


def header(route_id: str = "{}/0") -> GroupState:
    """The identity of a group that may be new."""
    return GroupState(
        identity=GroupIdentity(
            integration=PAGER,
            route_id=route_id,
            group_key='{}/{severity="critical"}:{service="orders"}',
            group_labels={"service": "orders"},
        )
    )


def ledger(*firing: str, receipts: bool = False) -> Ledger:
    """What people were told; with `receipts`, one of a page and one of a Slack message."""
    if not receipts:
        return Ledger(firing=frozenset(firing))
    return Ledger(
        firing=frozenset(firing),
        unsure=frozenset(firing[:1]),
        fallback_firing=frozenset({"00000000000000fb"}),
        events=frozenset({"00000000000000ee"}),
        fallbacks=frozenset({str(SLACK)}),
        fallbacks_owed=frozenset({"mail/email/0"}),
        dedup_key="d" * 64,
        receipts={
            str(PAGER): Receipt(integration=PAGER, key_name="pagerduty_key", key_version="0a1b2c3d"),
            str(SLACK): Receipt(integration=SLACK, key_name="bot", ref={"channel": "C1", "ts": "1700000000.000100"}),
        },
    )


def change(
    told: Ledger | None = None,
    *,
    closing: bool = False,
    next_due: datetime | None = None,
    due: datetime | None = None,
    notified_at: datetime | None = NOW,
    uncertain: bool = False,
    failures: int = 0,
    failing_since: datetime | None = None,
    config_hash: str = "c0ffee",
) -> GroupChange:
    """What a record writes."""
    return GroupChange(
        ledger=told or Ledger(),
        progress=Progress(
            recorded_at=NOW,
            notified_at=notified_at,
            uncertain=uncertain,
            failures=failures,
            failing_since=failing_since,
        ),
        due=due or next_due,
        next_due=next_due,
        closing=closing,
        config_hash=config_hash,
    )


@dataclass
class Recorder:
    """A client of DynamoDB that notes every request. With `answers_lost` each first answer is lost."""

    client: Any
    answers_lost: bool = False
    calls: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    _lost: bool = False

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.calls.append((operation, arguments))
            request = getattr(self.client, operation)
            self._lost = self.answers_lost and not self._lost
            if self._lost:
                with suppress(ClientError):
                    request(**arguments)
                raise ReadTimeoutError(endpoint_url="https://dynamodb.invalid")
            return request(**arguments)

        return call

    def only(self) -> tuple[str, Mapping[str, Any]]:
        """The one request that was sent since the last look."""
        assert len(self.calls) == 1, [operation for operation, _ in self.calls]
        return self.calls.pop()


@dataclass
class Broken:
    """A client of DynamoDB that fails: each call takes the next of `errors`, then answers with nothing."""

    errors: list[Exception]
    calls: int = 0

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**_: Any) -> Any:
            self.calls += 1
            if self.errors:
                raise self.errors.pop(0)
            return {}

        return call


def dynamo(client: object, clock: ManualClock) -> DynamoStore:
    """The store over a client, or over something that answers like one."""
    return DynamoStore(lambda: cast(Any, client), TABLE, clock)


@contextmanager
def aws(*, alone: bool = False) -> Iterator[Any]:
    """A client of a DynamoDB in this process, which has no table yet. `alone`: moto without what makes it quicker."""
    with pytest.MonkeyPatch.context() as patch, mock_aws(), nullcontext() if alone else quick_expressions():
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        yield botocore.session.get_session().create_client("dynamodb", region_name="eu-central-1")


def create(client: Any) -> None:
    """Makes the table as infra/state.py does."""
    client.create_table(
        TableName=TABLE,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[
            *({"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "shard")),
            {"AttributeName": "next_due", "AttributeType": "N"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "due",
                "KeySchema": [
                    {"AttributeName": "shard", "KeyType": "HASH"},
                    {"AttributeName": "next_due", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        BillingMode="PAY_PER_REQUEST",
    )


@contextmanager
def table(client: Any) -> Iterator[Any]:
    """The client while it has the table as infra/state.py makes it."""
    create(client)
    try:
        yield client
    finally:
        client.delete_table(TableName=TABLE)


def leased(store: Store, owner: str = "me") -> None:
    """The group is armed, due, and owned."""
    assert store.arm(GID, header(), due=NOW)
    assert store.lease(GID, owner=owner, now=NOW, until=after(35))
