"""What the table is asked, request by request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from types import SimpleNamespace
from typing import Any

import pytest
from alertrelay.memory.ports import ManualClock
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.state import Store
from botocore.exceptions import ReadTimeoutError

from tests.aws.state import (
    GID,
    NOW,
    TABLE,
    A,
    Recorder,
    after,
    alert,
    change,
    dynamo,
    header,
    item,
    ledger,
    member,
    table,
)

SOURCE = InhibitKey("1" * 32, "2" * 32, two_sided=False)
EXPIRES = after(600).replace(microsecond=0)
RESERVED = set(files("moto.dynamodb.parsing").joinpath("reserved_keywords.txt").read_text().split())


@pytest.fixture
def recorder(dynamodb: Any) -> Iterator[Recorder]:
    with table(dynamodb):
        yield Recorder(dynamodb)


Method = Callable[[Store], object]
METHODS: dict[str, Method] = {
    "put_alert": lambda s: s.put_alert(item(), groups={"slack-1"}),
    "put_alert of an end": lambda s: s.put_alert(item(update=alert(status="resolved"), expires=EXPIRES), groups=()),
    "get_alerts": lambda s: s.get_alerts([A]),
    "put_member": lambda s: s.put_member(GID, member()),
    "put_member that expires": lambda s: s.put_member(GID, member(status="resolved", expires=EXPIRES)),
    "members": lambda s: s.members(GID),
    "header": lambda s: s.header(GID),
    "headers": lambda s: s.headers([GID, "slack-2"]),
    "arm": lambda s: s.arm(GID, header(), due=NOW),
    "bring_forward": lambda s: s.bring_forward(GID, due=NOW, seen=NOW),
    "lease": lambda s: s.lease(GID, owner="me", now=NOW, until=after(35)),
    "lease that arms": lambda s: s.lease(GID, owner="me", now=NOW, until=after(35), arm=header()),
    "record": lambda s: s.record(GID, owner="me", change=change(ledger(A, receipts=True), next_due=after(60))),
    "record that closes": lambda s: s.record(GID, owner="me", change=change(closing=True, notified_at=None)),
    "close": lambda s: s.close(GID, owner="me", change=change(closing=True, notified_at=None), expires=EXPIRES),
    "finish": lambda s: s.finish(GID, owner="me", expires=EXPIRES),
    "finish without an expiry": lambda s: s.finish(GID, owner="me", expires=None),
    "release": lambda s: s.release(GID, owner="me"),
    "add_homes": lambda s: s.add_groups(member(), {"slack-1"}),
    "add_homes of nothing": lambda s: s.add_groups(member(), ()),
    "mark_moved": lambda s: s.mark_moved(GID, member(), expires=EXPIRES),
    "note_source": lambda s: s.note_source(SOURCE, A, fires=True),
    "note_source that ended": lambda s: s.note_source(SOURCE, A, fires=False),
    "facts": lambda s: s.facts(alerts=[A], inhibitors=[SOURCE[:2]]),
    "silences": lambda s: s.silences(),
    "put_silences": lambda s: s.put_silences([], seen=3),
    "put_silences for the first time": lambda s: s.put_silences([], seen=0),
}
ALL = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())


@ALL
def test_a_method_is_one_request(recorder: Recorder, method: Method) -> None:
    method(dynamo(recorder, ManualClock(NOW)))
    recorder.only()


@ALL
def test_no_reserved_word_stands_bare_in_an_expression(recorder: Recorder, method: Method) -> None:
    """DynamoDB refuses the whole request where one does, and no retry helps."""
    method(dynamo(recorder, ManualClock(NOW)))
    _, asked = recorder.only()
    syntax = {"SET", "REMOVE", "ADD", "AND", "OR", "DELETE"}
    for name in ("UpdateExpression", "ConditionExpression", "KeyConditionExpression"):
        bare = set(re.findall(r"(?<![#:\w])[A-Za-z_]\w*\b(?!\()", asked.get(name, "")))
        assert not {word for word in bare - syntax if word.upper() in RESERVED}, asked[name]


@ALL
def test_a_failed_condition_returns_the_item_and_keeps_a_newer_schema(recorder: Recorder, method: Method) -> None:
    method(dynamo(recorder, ManualClock(NOW)))
    operation, asked = recorder.only()
    if operation in ("put_item", "update_item"):
        assert asked["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD"
        assert asked["ConditionExpression"].startswith("(attribute_not_exists(v) OR v <= :known) AND (")
    else:
        assert operation in ("get_item", "query", "batch_get_item"), "nothing is scanned and nothing deleted"


def test_no_set_of_sources_grows_beyond_a_hundred_alerts_and_its_part_of_the_rest(recorder: Recorder) -> None:
    """Each write to an item costs its whole size: one set of 10,000 would take the units of 1,000 writes a second."""
    store = dynamo(recorder, ManualClock(NOW))
    for n in range(400):
        store.note_source(SOURCE, f"{n * 0x0123456789ABCDEF % 2**64:016x}", fires=True)
    items = recorder.client.scan(TableName=TABLE)["Items"]
    sizes = sorted(len(item["sources"]["SS"]) for item in items)
    assert sizes[-1] == 100
    assert sum(sizes) == 400
    assert sizes[-2] < 30
    assert len(items) == 17


@pytest.mark.parametrize("method", ["header", "members"])
def test_the_header_and_the_members_are_read_strongly(recorder: Recorder, method: str) -> None:
    METHODS[method](dynamo(recorder, ManualClock(NOW)))
    _, asked = recorder.only()
    assert asked["ConsistentRead"] is True
    assert "IndexName" not in asked


def test_one_request_finds_the_due_groups_of_all_channels(recorder: Recorder) -> None:
    assert list(dynamo(recorder, ManualClock(NOW)).due(["email", "slack"], before=NOW)) == []
    operation, asked = recorder.only()
    assert (operation, asked["IndexName"]) == ("scan", "due")
    assert "ConsistentRead" not in asked


def test_a_flush_sees_the_alert_that_its_own_invocation_wrote(recorder: Recorder) -> None:
    METHODS["get_alerts"](dynamo(recorder, ManualClock(NOW)))
    _, asked = recorder.only()
    (of_table,) = asked["RequestItems"].values()
    assert of_table["ConsistentRead"] is True


def test_a_group_of_many_pages_is_read_to_its_end(recorder: Recorder) -> None:
    """A page of DynamoDB ends at 1 MB."""
    store = dynamo(recorder, ManualClock(NOW))
    keys = [f"{n:016x}" for n in range(7)]
    for key in keys:
        store.put_member(GID, member(key))
    recorder.calls.clear()
    recorder.client = Paged(recorder.client, size=3)
    assert [m.key for m in store.members(GID)] == keys
    assert [operation for operation, _ in recorder.calls] == ["query"] * 3
    assert all(asked["ConsistentRead"] for _, asked in recorder.calls)


def test_what_a_batch_left_unread_is_asked_for_again_after_a_pause(recorder: Recorder) -> None:
    clock = ManualClock(NOW)
    store = dynamo(recorder, clock)
    keys = [f"{n:016x}" for n in range(5)]
    for key in keys:
        store.put_alert(item(key=key), groups=())
    recorder.calls.clear()
    recorder.client = Paged(recorder.client, size=2)
    assert set(store.get_alerts(keys)) == set(keys)
    assert len(recorder.calls) == 3
    assert clock.now() > NOW


@dataclass
class Paged:
    """A client whose pages and batches end after `size` items."""

    client: Any
    size: int

    def query(self, **asked: Any) -> Any:
        return self.client.query(**asked, Limit=self.size)

    def batch_get_item(self, *, RequestItems: Any) -> Any:  # noqa: N803 - botocore's own name
        ((name, of_table),) = RequestItems.items()
        keys = of_table["Keys"]
        answer = self.client.batch_get_item(RequestItems={name: {**of_table, "Keys": keys[: self.size]}})
        left = {name: {**of_table, "Keys": keys[self.size :]}} if keys[self.size :] else {}
        return {**answer, "UnprocessedKeys": left}


def test_a_write_whose_answer_was_lost_counts_although_its_repetition_is_refused(dynamodb: Any) -> None:
    """Else the group would stay armed without a timer, or leased by nobody until the lease ran out."""
    with table(dynamodb):
        store = dynamo(Recorder(dynamodb, answers_lost=True), ManualClock(NOW))
        assert store.put_member(GID, member())[0]
        assert store.put_alert(item(), groups={"slack-1"})[0]
        assert store.arm(GID, header(), due=after(30))
        assert store.bring_forward(GID, due=NOW, seen=after(30))
        before = store.lease(GID, owner="me", now=NOW, until=after(35))
        assert before
        assert before.progress.uncertain, (
            "what was told before is not known any more: tell it once more rather than not at all"
        )
        assert store.record(GID, owner="me", change=change(ledger(A, receipts=True), next_due=after(60)))
        assert store.lease(GID, owner="me again", now=after(60), until=after(95))
        assert store.record(GID, owner="me again", change=change(closing=True))
        assert store.finish(GID, owner="me again", expires=EXPIRES)
        assert store.lease(GID, owner="and again", now=after(99), until=after(130), arm=header())
        assert store.close(GID, owner="and again", change=change(closing=True), expires=EXPIRES)
        assert store.arm(GID, header(), due=after(120))


def test_a_write_that_others_made_first_is_refused_even_where_an_answer_was_lost(dynamodb: Any) -> None:
    with table(dynamodb):
        others = dynamo(dynamodb, ManualClock(NOW))
        others.put_member(GID, member(clock=2))
        others.arm(GID, header(), due=NOW)
        others.lease(GID, owner="another", now=NOW, until=after(35))
        store = dynamo(Recorder(dynamodb, answers_lost=True), ManualClock(NOW))
        assert not store.put_member(GID, member(clock=1))[0]
        assert not store.arm(GID, header(), due=after(1))
        assert not store.bring_forward(GID, due=after(1), seen=after(35))
        assert not store.lease(GID, owner="me", now=after(1), until=after(36))
        assert not store.record(GID, owner="me", change=change(ledger(A)))
        assert not store.finish(GID, owner="me", expires=EXPIRES)
        assert not store.close(GID, owner="me", change=change(closing=True), expires=EXPIRES)
        assert others.header(GID) == store.header(GID)


def test_botocore_itself_repeats_a_request_whose_answer_is_lost(dynamodb: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the scorer's client does: a refusal says that it is the answer to a repetition."""
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    lost = ["the first answer"]

    def lose(request: Any, **_: Any) -> None:
        if lost:
            lost.clear()
            raise ReadTimeoutError(endpoint_url=request.url)

    dynamodb.meta.events.register_last("before-send.dynamodb.UpdateItem", lose)
    try:
        with table(dynamodb):
            assert dynamo(dynamodb, ManualClock(NOW)).arm(GID, header(), due=after(30))
            assert not lost
    finally:
        dynamodb.meta.events.unregister("before-send.dynamodb.UpdateItem", lose)
