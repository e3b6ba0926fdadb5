"""What the table is asked, request by request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from importlib.resources import files
from typing import Any

import pytest
from alertrelay.memory import ManualClock
from alertrelay.ports import Store

from tests.aws.state import GID, NOW, Recorder, after, alert, aws, change, dynamo, header, item, ledger, member, table

A = "00000000000000aa"
EXPIRES = after(600).replace(microsecond=0)
RESERVED = set(files("moto.dynamodb.parsing").joinpath("reserved_keywords.txt").read_text().split())


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    with aws() as made:
        yield made


@pytest.fixture
def recorder(client: Any) -> Iterator[Recorder]:
    with table(client):
        yield Recorder(client)


Method = Callable[[Store], object]
METHODS: dict[str, Method] = {
    "put_alert": lambda s: s.put_alert(item(), homes={"slack-1"}),
    "put_alert of an end": lambda s: s.put_alert(item(update=alert(status="resolved"), expires=EXPIRES), homes=()),
    "get_alerts": lambda s: s.get_alerts([A]),
    "put_member": lambda s: s.put_member(GID, member()),
    "put_member that expires": lambda s: s.put_member(GID, member(status="resolved", expires=EXPIRES)),
    "members": lambda s: s.members(GID),
    "header": lambda s: s.header(GID),
    "arm": lambda s: s.arm(GID, header(), due=NOW),
    "hasten": lambda s: s.hasten(GID, due=NOW, seen=NOW),
    "lease": lambda s: s.lease(GID, owner="me", now=NOW, until=after(35)),
    "lease that arms": lambda s: s.lease(GID, owner="me", now=NOW, until=after(35), arm=header()),
    "record": lambda s: s.record(GID, owner="me", change=change(ledger(A, receipts=True), next_due=after(60))),
    "record that closes": lambda s: s.record(GID, owner="me", change=change(closing=True, told_at=None)),
    "finish": lambda s: s.finish(GID, owner="me", expires=EXPIRES),
    "finish without an expiry": lambda s: s.finish(GID, owner="me", expires=None),
    "release": lambda s: s.release(GID, owner="me"),
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
    syntax = {"SET", "REMOVE", "ADD", "AND", "OR"}
    for name in ("UpdateExpression", "ConditionExpression", "KeyConditionExpression"):
        bare = set(re.findall(r"(?<![#:\w])[A-Za-z_]\w*", asked.get(name, "")))
        assert not {word for word in bare - syntax if word.upper() in RESERVED}, asked[name]
