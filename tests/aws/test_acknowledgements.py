"""What intake.ports.Acknowledgements promises, asked of the table and of its twins in memory and in SQLite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from alertrelay.alert import Acknowledgement
from alertrelay.aws.intake.acknowledgements import DynamoAcknowledgements
from alertrelay.aws.state.table import Table
from alertrelay.intake.ports import Acknowledgements
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.group_state import AlertItem, Member
from alertrelay.state import Store, StoreFailure

from local.serve.database import DataFile
from local.serve.store import SqliteStore
from tests.aws import state
from tests.aws.state import GID, NOW, after, alert, item, member


def by(who: str, *, comment: str = "", incident: str = "") -> Acknowledgement:
    return Acknowledgement(
        by=who, at=after(60.000_007), via="api", firing_since=alert().starts_at, comment=comment, incident=incident
    )


ANA = by("ana", comment="line 1\nline 2 é 🔥", incident="d" * 64)


@pytest.fixture(params=["memory", "sqlite", "dynamodb"])
def ports(
    request: pytest.FixtureRequest, clock: ManualClock, dynamodb: Any, tmp_path: Path
) -> Iterator[tuple[Store, Acknowledgements]]:
    """The table, and the port over it."""
    if request.param == "dynamodb":
        with state.table(dynamodb):
            made = Table(lambda: dynamodb, state.TABLE, clock)
            yield state.dynamo(dynamodb, clock), DynamoAcknowledgements(made, clock)
    elif request.param == "sqlite":
        with DataFile(tmp_path) as database:
            stored = SqliteStore(database, clock)
            yield stored, stored
    else:
        kept = MemoryStore(clock)
        yield kept, kept


def acknowledged(found: Member) -> Member:
    return replace(found, alert=replace(found.alert, acknowledged=ANA))


def stored(store: Store) -> AlertItem:
    return next(iter(store.get_alerts([item().key]).values()))


def test_the_first_one_stands_and_the_second_is_shown_it(ports: tuple[Store, Acknowledgements]) -> None:
    store, acks = ports
    _, seen = store.put_alert(item(), groups={GID})
    first = acks.acknowledge(seen, ANA)
    assert first == replace(seen, acknowledged=ANA) == stored(store)
    second = acks.acknowledge(seen, by("bo"))  # read before the first had written
    assert second == first
    assert acks.acknowledge(seen, ANA) == first


def test_an_update_of_the_firing_keeps_it_and_a_resolve_removes_it(ports: tuple[Store, Acknowledgements]) -> None:
    store, acks = ports
    _, seen = store.put_alert(item(), groups={GID})
    acks.acknowledge(seen, ANA)
    _, renewed = store.put_alert(item(2), groups={GID})
    assert renewed.acknowledged == ANA
    _, resolved = store.put_alert(item(3, update=alert(status="resolved"), expires=NOW), groups=())
    assert resolved.acknowledged is None
    _, again = store.put_alert(item(4, update=alert(starts_at=after(200))), groups={GID})
    assert again.acknowledged is None


def test_what_fires_no_longer_as_it_was_seen_is_not_acknowledged(ports: tuple[Store, Acknowledgements]) -> None:
    store, acks = ports
    assert acks.acknowledge(item(), ANA) is None
    _, seen = store.put_alert(item(), groups={GID})
    store.put_alert(item(2, update=alert(status="resolved")), groups=())
    assert acks.acknowledge(seen, ANA) is None
    store.put_alert(item(3, update=alert(starts_at=after(200))), groups={GID})
    assert acks.acknowledge(seen, ANA) is None
    assert stored(store).acknowledged is None


def test_one_that_was_seen_is_replaced_or_withdrawn(ports: tuple[Store, Acknowledgements]) -> None:
    store, acks = ports
    _, seen = store.put_alert(item(), groups={GID})
    assert not acks.withdraw(seen)
    first = acks.acknowledge(seen, ANA)
    assert first
    second = acks.acknowledge(first, by("bo"))
    assert second
    assert second.acknowledged == by("bo")
    assert not acks.withdraw(first)
    assert acks.withdraw(second)
    assert stored(store) == seen


def test_a_firing_member_carries_a_copy(ports: tuple[Store, Acknowledgements]) -> None:
    store, acks = ports
    assert not acks.note(GID, member().key, ANA)
    assert store.members(GID) == []
    store.put_member(GID, member())
    assert acks.note(GID, member().key, ANA)
    assert store.members(GID) == [acknowledged(member())]
    assert acks.note(GID, member().key, None)
    assert store.members(GID) == [member()]
    newer = acknowledged(member(clock=2))
    store.put_member(GID, newer)
    assert store.members(GID) == [newer]
    store.put_member(GID, member(clock=3, status="resolved"))
    assert not acks.note(GID, member().key, ANA)


def test_the_item_of_a_newer_version_is_not_touched(dynamodb: Any, clock: ManualClock) -> None:
    with state.table(dynamodb):
        store, acks = (
            state.dynamo(dynamodb, clock),
            DynamoAcknowledgements(Table(lambda: dynamodb, state.TABLE, clock), clock),
        )
        _, seen = store.put_alert(item(), groups={GID})
        key = {"pk": {"S": f"A#{seen.key}"}, "sk": {"S": "A"}}
        dynamodb.update_item(
            TableName=state.TABLE, Key=key, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": {"N": "9"}}
        )
        with pytest.raises(StoreFailure, match="schema 9"):
            acks.acknowledge(seen, ANA)
        left = cast(dict[str, Any], dynamodb.get_item(TableName=state.TABLE, Key=key))
        assert "ack" not in left["Item"]
