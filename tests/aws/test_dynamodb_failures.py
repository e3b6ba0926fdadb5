"""The table throttles, fails, is absent, or holds what we cannot read."""

from __future__ import annotations

import copy
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from alertrelay.aws.state.table import THROTTLED_FOR
from alertrelay.memory.ports import ManualClock
from alertrelay.state import Store, StoreFailure
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from tests.aws.state import (
    GID,
    NOW,
    TABLE,
    A,
    Broken,
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

SECRET = "xoxb-obviously-not-a-token"
Method = Callable[[Store], object]
METHODS: dict[str, Method] = {
    "put_alert": lambda s: s.put_alert(item(9, update=alert(note=SECRET)), groups={"slack-1"}),
    "get_alerts": lambda s: s.get_alerts([A]),
    "put_member": lambda s: s.put_member(GID, member(clock=9)),
    "members": lambda s: s.members(GID),
    "header": lambda s: s.header(GID),
    "headers": lambda s: s.headers([GID]),
    "arm": lambda s: s.arm(GID, header(), due=NOW),
    "bring_forward": lambda s: s.bring_forward(GID, due=NOW, seen=after(35)),
    "lease": lambda s: s.lease(GID, owner="me", now=after(99), until=after(135)),
    "lease that arms": lambda s: s.lease(GID, owner="me", now=after(99), until=after(135), arm=header()),
    "record": lambda s: s.record(GID, owner="first", change=change(ledger(SECRET))),
    "close": lambda s: s.close(GID, owner="first", change=change(ledger(SECRET), closing=True), expires=after(600)),
    "finish": lambda s: s.finish(GID, owner="first", expires=None),
    "release": lambda s: s.release(GID, owner="first"),
}
ALL = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())


def answered(code: str, status: int = 400) -> ClientError:
    response: Any = {
        "Error": {"Code": code, "Message": f"the item {SECRET}"},
        "ResponseMetadata": {"HTTPStatusCode": status},
        "Item": {"labels": {"S": SECRET}},
    }
    return ClientError(response, "UpdateItem")


@pytest.fixture
def filled(dynamodb: Any) -> Iterator[Any]:
    """A table with an alert, a member, and a group that its first owner is closing."""
    with table(dynamodb):
        store = dynamo(dynamodb, ManualClock(NOW))
        store.put_alert(item(), groups={"slack-1"})
        store.put_member(GID, member())
        store.arm(GID, header(), due=NOW)
        store.lease(GID, owner="first", now=NOW, until=after(35))
        store.record(GID, owner="first", change=change(ledger(A), closing=True))
        yield dynamodb


def rewrite(dynamodb: Any, name: str, value: dict[str, str] | None) -> list[dict[str, Any]]:
    """Sets an attribute of every item in the table, or removes it."""
    for found in dynamodb.scan(TableName=TABLE)["Items"]:
        changed = {**found, name: value} if value else {k: v for k, v in found.items() if k != name}
        dynamodb.put_item(TableName=TABLE, Item=changed)
    return copy.deepcopy(dynamodb.scan(TableName=TABLE)["Items"])


@ALL
def test_an_item_of_a_newer_version_is_a_failure_and_stays_as_it_is(filled: Any, method: Method) -> None:
    before = rewrite(filled, "v", {"N": "3"})
    with pytest.raises(StoreFailure, match="an item of schema 3 was found, 2 is known: a newer version wrote it"):
        method(dynamo(filled, ManualClock(NOW)))
    assert filled.scan(TableName=TABLE)["Items"] == before


@pytest.mark.parametrize("method", ["get_alerts", "members", "header", "lease"])
def test_an_item_that_something_else_wrote_is_a_failure_and_no_crash(filled: Any, method: str) -> None:
    rewrite(filled, "v", None)
    with pytest.raises(StoreFailure, match="no version of its schema"):
        METHODS[method](dynamo(filled, ManualClock(NOW)))


@pytest.mark.parametrize(
    ("method", "attribute", "value"),
    [
        ("get_alerts", "content", {"S": "{"}),
        ("get_alerts", "labels", None),
        ("put_alert", "content", {"S": "[]"}),
        ("members", "starts_at", {"S": SECRET}),
        ("members", "k", None),
        ("header", "group", {"S": "null"}),
        ("header", "ledger", {"S": f'{{"receipts": ["{SECRET}"]}}'}),
        ("lease", "group", None),
    ],
)
def test_a_senseless_item_is_a_failure_that_names_it_without_its_content(
    filled: Any, method: str, attribute: str, value: dict[str, str] | None
) -> None:
    rewrite(filled, attribute, value)
    older: dict[str, Method] = {**METHODS, "put_alert": lambda s: s.put_alert(item(0), groups=())}
    with pytest.raises(StoreFailure, match=r"cannot be read \(\w+ [AMH]#") as caught:
        older[method](dynamo(filled, ManualClock(NOW)))
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@ALL
def test_a_table_that_is_absent_is_a_failure(dynamodb: Any, method: Method) -> None:
    with pytest.raises(StoreFailure, match=r"DynamoDB \w+: ResourceNotFoundException"):
        method(dynamo(dynamodb, ManualClock(NOW)))


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (answered("InternalServerError", 500), "InternalServerError"),
        (answered("AccessDeniedException"), "AccessDeniedException"),
        (answered("ValidationException"), "ValidationException"),
        (ConnectTimeoutError(endpoint_url=f"https://{SECRET}"), "ConnectTimeoutError"),
        (EndpointConnectionError(endpoint_url=f"https://{SECRET}"), "EndpointConnectionError"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@ALL
def test_an_error_is_named_by_its_code_at_once_and_shows_nothing_of_the_item(
    method: Method, error: Exception, shown: str
) -> None:
    client, clock = Broken([error, error]), ManualClock(NOW)
    with pytest.raises(StoreFailure) as caught:
        method(dynamo(client, clock))
    assert str(caught.value).endswith(f": {shown}")
    assert SECRET not in "".join(traceback.format_exception(caught.value))
    assert (client.calls, clock.now()) == (2 if "Connect" in shown or "Internal" in shown else 1, NOW)


@pytest.mark.parametrize(
    "error", [answered("InternalServerError", 500), ReadTimeoutError(endpoint_url="https://x")], ids=["500", "lost"]
)
def test_an_answer_that_is_lost_is_asked_for_once_more(error: Exception) -> None:
    client = Broken([error])
    assert dynamo(client, ManualClock(NOW)).header(GID) is None
    assert client.calls == 2


@pytest.mark.parametrize(
    "code", ["ThrottlingException", "ProvisionedThroughputExceededException", "RequestLimitExceeded"]
)
def test_a_throttle_is_waited_out(code: str) -> None:
    client, clock = Broken([answered(code), answered(code)]), ManualClock(NOW)
    assert dynamo(client, clock).header(GID) is None
    assert client.calls == 3
    assert NOW < clock.now() <= after(2)


def test_a_throttle_that_does_not_end_is_a_failure_within_the_time_of_an_invocation() -> None:
    client, clock = Broken([answered("ThrottlingException") for _ in range(1000)]), ManualClock(NOW)
    with pytest.raises(StoreFailure, match="ThrottlingException"):
        dynamo(client, clock).put_member(GID, member())
    waited = (clock.now() - NOW).total_seconds()
    assert THROTTLED_FOR <= waited < THROTTLED_FOR + 1


def test_after_a_throttle_another_error_is_a_failure_at_once() -> None:
    client = Broken([answered("ThrottlingException"), answered("AccessDeniedException")])
    with pytest.raises(StoreFailure, match="AccessDeniedException"):
        dynamo(client, ManualClock(NOW)).members(GID)
    assert client.calls == 2
