"""What ports.Store promises of a ledger of any size, asked of the table and of its memory twin.

And of its chunks, asked of the table alone (docs/architecture.md, "State").
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from alertrelay.aws.state import headers
from alertrelay.memory.ports import ManualClock
from alertrelay.nflog.chunks import CHUNK_BYTES, cut
from alertrelay.nflog.group_state import GroupHeader, GroupState
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Receipt
from alertrelay.state import Store, StoreFailure
from botocore.exceptions import EndpointConnectionError

from tests.aws.state import GID, NOW, PAGER, SLACK, TABLE, Recorder, after, change, dynamo, header, ledger, table

SIZES = pytest.mark.parametrize("size", [0, 1, 249, 250, 251, 10_000])


def keys(size: int, begin: int = 0) -> list[str]:
    """Hashes as they are: no two alike, in no order."""
    return [f"{(n + 1) * 0x9E3779B97F4A7C15 % 2**64:016x}" for n in range(begin, begin + size)]


def told(size: int, begin: int = 0) -> Ledger:
    """Of a group that was paged, and told to its fallback."""
    return Ledger(
        firing=frozenset(keys(size, begin)),
        dedup_key="d" * 64,
        fallbacks=frozenset({str(SLACK)}),
        receipts={
            str(PAGER): Receipt(integration=PAGER, key_name="pagerduty_key", key_version="0a1b2c3d-4e5f-6071-8293"),
            str(SLACK): Receipt(integration=SLACK, key_name="bot", ref={"channel": "C1", "ts": "1700000000.000100"}),
        },
    )


def flushed(store: Store, owner: str, now: float, what: Ledger, *, closing: bool = False) -> GroupState:
    """One flush, due at `now`, that records `what`, and leaves the group due a minute later. The header as leased."""
    before = store.lease(GID, owner=owner, now=after(now), until=after(now + 35))
    assert before
    recorded = change(what, next_due=after(now + 60), closing=closing)
    assert store.record(GID, owner=owner, change=recorded, before=before)
    return before


# --- both ----------------------------------------------------------------------------------------------------------


@SIZES
def test_a_ledger_of_any_size_is_what_the_next_owner_finds(store: Store, size: int) -> None:
    store.arm(GID, header(), due=NOW)
    flushed(store, "first", 0, told(size))
    whole = store.state(GID)
    assert whole
    assert whole.ledger == told(size)
    assert flushed(store, "second", 60, told(size)) == whole


@SIZES
def test_a_join_sees_a_ledger_of_250_alerts_and_of_a_larger_one_its_existence(store: Store, size: int) -> None:
    store.arm(GID, header(), due=NOW)
    flushed(store, "first", 0, told(size))
    whole, standing = store.state(GID), store.header(GID)
    assert whole
    assert standing
    if size <= 250:
        assert standing == whole
    else:
        assert (type(standing), standing.ledger) == (GroupHeader, None)
        assert (standing.schedule.next_due, standing.progress.recorded_at, standing.config_hash) == (
            after(60),
            NOW,
            "c0ffee",
        )
        assert store.bring_forward(GID, due=NOW, seen=after(60))


def test_the_flush_after_a_ledger_that_joins_cannot_read_settles_repeats(store: Store) -> None:
    store.arm(GID, header(), due=NOW)
    assert not flushed(store, "grows", 0, told(251)).stored.backlog
    assert flushed(store, "shrinks", 60, told(250)).stored.backlog
    assert flushed(store, "small", 120, told(250)).stored.backlog, "joins came while the one before it was under way"
    assert not flushed(store, "and small", 180, told(250)).stored.backlog


def test_a_ledger_that_shrinks_and_grows_is_never_mixed_with_an_older_one(store: Store) -> None:
    store.arm(GID, header(), due=NOW)
    for number, what in enumerate([told(300), told(300, 1), told(2), told(10_000), told(10_000), Ledger(), told(251)]):
        flushed(store, f"owner {number}", 60 * number, what)
        whole = store.state(GID)
        assert whole
        assert whole.ledger == what


def test_a_closed_group_keeps_a_large_ledger_and_whoever_takes_it_up_finds_it(store: Store) -> None:
    many = Ledger(events=frozenset(keys(300)))
    store.arm(GID, header(), due=NOW)
    flushed(store, "first", 0, many, closing=True)
    assert store.finish(GID, owner="first", expires=after(600).replace(microsecond=0))
    before = store.lease(GID, owner="second", now=after(5), until=after(40), arm=header("another"))
    assert before
    assert (before.ledger, before.identity.route_id, before.schedule.next_due) == (
        many,
        header().identity.route_id,
        None,
    )


def test_arming_a_group_with_a_large_ledger_leaves_the_ledger_where_it_is(store: Store) -> None:
    store.arm(GID, header(), due=NOW)
    flushed(store, "first", 0, told(300), closing=True)
    assert store.arm(GID, header(), due=after(10))
    store.release(GID, owner="first")
    assert flushed(store, "second", 10, told(300)).ledger == told(300)


# --- the chunks in the table -----------------------------------------------------------------------------------------


def chunks(client: Any) -> dict[str, dict[str, Any]]:
    return {item["sk"]["S"]: item for item in client.scan(TableName=TABLE)["Items"] if item["pk"]["S"] == f"L#{GID}"}


def flushes(client: Any) -> list[str]:
    """Who wrote the chunks that are there, one name a chunk."""
    return sorted(name.partition("#")[0] for name in chunks(client))


def header_item(client: Any) -> dict[str, Any]:
    item: dict[str, Any] = client.get_item(TableName=TABLE, Key={"pk": {"S": f"H#{GID}"}, "sk": {"S": "H"}})["Item"]
    return item


def size_of(item: dict[str, Any]) -> int:
    """Bytes as DynamoDB counts them: names, strings, bytes, two digits of a number a byte and one more."""
    total = 0
    for name, attribute in item.items():
        ((kind, value),) = attribute.items()
        total += len(name) + (1 if kind == "BOOL" else (len(value) + 1) // 2 + 1 if kind == "N" else len(value))
    return total


@pytest.fixture
def client(dynamodb: Any) -> Iterator[Any]:
    with table(dynamodb):
        yield dynamodb


@pytest.fixture
def on_dynamodb(client: Any) -> Store:
    store: Store = dynamo(client, ManualClock(NOW))
    store.arm(GID, header(), due=NOW)
    return store


@pytest.mark.parametrize(("size", "most"), [(249, 4096), (250, 4096), (251, 1024), (10_000, 1024)])
def test_a_join_reads_one_unit_whatever_the_size_of_the_group(
    client: Any, on_dynamodb: Store, size: int, most: int
) -> None:
    flushed(on_dynamodb, "0b8f2c1e-6d0a-4f0e-9a55-0d9f0f6f9a11", 0, told(size))
    on_dynamodb.lease(GID, owner="5f0c9f0a-7a53-4d3c-8a5f-3b6f6a1d2e33", now=after(60), until=after(95))
    assert size_of(header_item(client)) <= most


def test_many_receipts_of_long_names_do_not_fill_the_header_either(client: Any, on_dynamodb: Store) -> None:
    targets = [replace(SLACK, receiver=f"a-team-with-a-long-name-{n}") for n in range(40)]
    receipts = {str(one): Receipt(integration=one, key_name="bot", ref={"ts": "1700000000.000100"}) for one in targets}
    flushed(on_dynamodb, "first", 0, replace(told(3), receipts=receipts))
    assert size_of(header_item(client)) <= 1024
    whole = on_dynamodb.state(GID)
    assert whole
    assert whole.ledger.receipts == receipts


def test_ten_thousand_alerts_are_one_chunk_and_a_huge_group_is_several(client: Any, on_dynamodb: Store) -> None:
    flushed(on_dynamodb, "first", 0, told(10_000))
    assert [size_of(item) < 85_000 for item in chunks(client).values()] == [True]
    flushed(on_dynamodb, "second", 60, told(90_000))
    assert flushes(client) == ["second"] * 3
    assert all(size_of(item) <= CHUNK_BYTES + 200 for item in chunks(client).values())
    whole = on_dynamodb.state(GID)
    assert whole
    assert whole.ledger == told(90_000)


def test_a_flush_without_changes_writes_no_chunk_and_keeps_the_old_one(client: Any) -> None:
    recorder = Recorder(client)
    store = dynamo(recorder, ManualClock(NOW))
    store.arm(GID, header(), due=NOW)
    flushed(store, "first", 0, told(300))
    recorder.calls.clear()
    flushed(store, "idle", 60, told(300))
    assert [operation for operation, _ in recorder.calls] == ["update_item", "query", "update_item"]
    assert flushes(client) == ["first"]
    assert flushed(store, "third", 120, told(300)).ledger == told(300)


def test_a_chunk_is_written_before_the_record_and_the_old_one_deleted_after_it(client: Any) -> None:
    recorder = Recorder(client)
    store = dynamo(recorder, ManualClock(NOW))
    store.arm(GID, header(), due=NOW)
    flushed(store, "first", 0, told(300))
    recorder.calls.clear()
    flushed(store, "second", 60, told(301))
    asked = [operation for operation, _ in recorder.calls]
    assert asked == ["update_item", "query", "put_item", "update_item", "delete_item"]
    assert recorder.calls[1][1]["ConsistentRead"] is True
    assert flushes(client) == ["second"]


def test_a_join_asks_for_the_header_alone(client: Any) -> None:
    recorder = Recorder(client)
    store = dynamo(recorder, ManualClock(NOW))
    store.arm(GID, header(), due=NOW)
    flushed(store, "first", 0, told(10_000))
    recorder.calls.clear()
    store.header(GID)
    operation, _ = recorder.only()
    assert operation == "get_item"


def test_chunks_that_nothing_points_to_are_not_read_and_the_next_record_deletes_them(
    client: Any, on_dynamodb: Store
) -> None:
    flushed(on_dynamodb, "first", 0, told(300))
    for name in ("dead#0", "dead#1"):
        (first, *_) = chunks(client).values()
        client.put_item(TableName=TABLE, Item={**first, "sk": {"S": name}, "ledger": {"B": b"?"}})
    assert flushed(on_dynamodb, "second", 60, told(301)).ledger == told(300)
    assert flushes(client) == ["second"]


def test_the_last_chunk_goes_when_the_ledger_fits_into_its_header_again(client: Any, on_dynamodb: Store) -> None:
    flushed(on_dynamodb, "first", 0, told(300))
    flushed(on_dynamodb, "second", 60, told(3))
    assert chunks(client) == {}


def test_who_lost_the_lease_deletes_nothing_and_what_it_wrote_harms_nobody(client: Any, on_dynamodb: Store) -> None:
    flushed(on_dynamodb, "first", 0, told(300))
    slow = on_dynamodb.lease(GID, owner="slow", now=after(60), until=after(95))
    assert slow
    flushed(on_dynamodb, "quick", 96, told(301))
    late = change(told(999), next_due=after(400))
    assert not on_dynamodb.record(GID, owner="slow", change=late, before=slow)
    assert flushes(client) == ["quick", "slow"]
    assert flushed(on_dynamodb, "third", 156, told(302)).ledger == told(301)
    assert flushes(client) == ["third"]


def test_a_flush_deletes_only_what_it_saw_when_it_began(client: Any, on_dynamodb: Store) -> None:
    """It may be paused between its record and its deletions, while later owners come and go."""
    flushed(on_dynamodb, "first", 0, told(300))
    seen = on_dynamodb.lease(GID, owner="paused", now=after(60), until=after(95))
    assert seen
    (first,) = chunks(client).values()
    client.put_item(TableName=TABLE, Item={**first, "sk": {"S": "later#0"}})
    assert on_dynamodb.record(GID, owner="paused", change=change(told(301), next_due=after(120)), before=seen)
    assert flushes(client) == ["later", "paused"]


def test_a_queued_record_replaces_the_ledger_and_leaves_the_old_chunk(client: Any, on_dynamodb: Store) -> None:
    flushed(on_dynamodb, "first", 0, told(300))
    on_dynamodb.lease(GID, owner="queued", now=after(60), until=after(95))
    assert on_dynamodb.record(GID, owner="queued", change=change(told(301), next_due=after(120)))
    assert flushes(client) == ["first", "queued"]
    assert flushed(on_dynamodb, "third", 120, told(302)).ledger == told(301)
    assert flushes(client) == ["third"]


@pytest.mark.parametrize("damage", ["missing", "cut off", "another's"])
def test_a_lost_chunk_is_reported_and_the_key_of_the_incident_kept(
    client: Any, on_dynamodb: Store, monkeypatch: pytest.MonkeyPatch, damage: str
) -> None:
    monkeypatch.setattr("alertrelay.nflog.chunks.CHUNK_BYTES", 1_000)
    flushed(on_dynamodb, "first", 0, told(300))
    (name, item) = sorted(chunks(client).items())[1]
    if damage == "missing":
        client.delete_item(TableName=TABLE, Key={"pk": item["pk"], "sk": {"S": name}})
    else:
        wrong = item["ledger"]["B"][:-1] if damage == "cut off" else b"?" * 1_000
        client.put_item(TableName=TABLE, Item={**item, "ledger": {"B": wrong}})
    found = flushed(on_dynamodb, "second", 60, told(300))
    assert (found.stored.lost, found.progress.uncertain) == (True, True)
    assert found.ledger == Ledger(dedup_key="d" * 64, fallbacks=frozenset({str(SLACK)}))
    assert set(flushes(client)) == {"second"}
    mended = on_dynamodb.state(GID)
    assert mended
    assert (mended.stored.lost, mended.progress.uncertain, mended.ledger) == (False, False, told(300))


# --- versions --------------------------------------------------------------------------------------------------------


def test_only_a_header_whose_ledger_is_in_chunks_needs_code_that_knows_of_them(client: Any, on_dynamodb: Store) -> None:
    """Code that does not must not take the ledger for empty: it goes on as if the table failed, and writes nothing."""
    for number, (size, schema) in enumerate([(250, "1"), (251, "2"), (250, "1")]):
        flushed(on_dynamodb, f"owner {number}", 60 * number, told(size))
        assert header_item(client)["v"] == {"N": schema}
        assert all(item["v"] == {"N": "2"} for item in chunks(client).values())
    flushed(on_dynamodb, "large", 180, told(251), closing=True)
    on_dynamodb.arm(GID, header(), due=after(200))
    assert header_item(client)["v"] == {"N": "2"}, "arming keeps it"
    on_dynamodb.release(GID, owner="large")
    on_dynamodb.lease(GID, owner="next", now=after(240), until=after(275))
    assert header_item(client)["v"] == {"N": "2"}, "and so does a lease"


def test_a_ledger_packed_into_the_header_is_read_and_moves_to_chunks(client: Any, on_dynamodb: Store) -> None:
    flushed(on_dynamodb, "first", 0, Ledger())
    packed = headers.ledger_attribute(told(10_000), None, backlog=False)
    client.put_item(TableName=TABLE, Item={**header_item(client), "ledger": packed, "v": {"N": "1"}})
    standing = on_dynamodb.header(GID)
    assert standing
    assert standing.ledger == told(10_000)
    assert flushed(on_dynamodb, "second", 60, told(10_001)).ledger == told(10_000)
    assert flushes(client) == ["second"]
    assert flushed(on_dynamodb, "third", 120, told(3)).ledger == told(10_001)


# --- crashes ---------------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """The process is gone."""


@dataclass
class Dying:
    """A client that dies at its n-th request, before or after it is done; or whose request fails."""

    client: Any
    at: int
    moment: str
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            self.asked.append(operation)
            mine = len(self.asked) - 1 == self.at
            if mine and self.moment == "before":
                raise Killed
            if mine and self.moment == "fails":
                raise EndpointConnectionError(endpoint_url="https://example.com")
            answer = getattr(self.client, operation)(**arguments)
            if mine and self.moment == "after":
                raise Killed
            return answer

        return call


LEDGERS: Sequence[tuple[Ledger, Ledger]] = (
    (told(3), told(300)),
    (told(300), told(301)),
    (told(300), told(300)),
    (told(300), told(3)),
    (told(900), told(901)),
)


@pytest.mark.parametrize("moment", ["before", "after", "fails"])
@pytest.mark.parametrize(("old", "new"), LEDGERS, ids=lambda told: str(len(told.firing)))
def test_a_flush_that_dies_at_any_request_leaves_the_old_or_the_new_ledger(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch, old: Ledger, new: Ledger, moment: str
) -> None:
    monkeypatch.setattr("alertrelay.nflog.chunks.CHUNK_BYTES", 3_000)
    assert len(cut(new, "new")[1]) == (3 if len(new.firing) > 900 else 1)  # so it dies between two chunks as well
    request, done = 0, False
    while not done:
        with table(dynamodb):
            store = dynamo(dynamodb, ManualClock(NOW))
            store.arm(GID, header(), due=NOW)
            flushed(store, "first", 0, old)
            dying = Dying(dynamodb, at=request, moment=moment)
            recorded = _flush_that_dies(dynamo(dying, ManualClock(NOW)), new)
            done, request = len(dying.asked) <= request, request + 1
            found = store.lease(GID, owner="next", now=after(130), until=after(165))
            assert found
            assert not found.stored.lost
            assert found.ledger in ((new,) if recorded else (old, new))
            assert store.record(GID, owner="next", change=change(told(303), next_due=after(190)), before=found)
            assert flushed(store, "last", 190, ledger("00000000000000aa")).ledger == told(303)
            assert chunks(dynamodb) == {}, "garbage is seen by the next flush that reads a chunk"
    assert request > 2


def _flush_that_dies(store: Store, what: Ledger) -> bool:
    """Whether it knows that it recorded."""
    try:
        before = store.lease(GID, owner="dying", now=after(60), until=after(95))
        assert isinstance(before, GroupState)
        return store.record(GID, owner="dying", change=change(what, next_due=after(120)), before=before)
    except (Killed, StoreFailure):
        return False
