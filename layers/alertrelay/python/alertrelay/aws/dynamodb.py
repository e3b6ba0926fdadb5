"""ports.Store on one DynamoDB table, one request a method.

Keys: `A#<alert>`/`A`, `M#<gid>`/<alert>, `H#<gid>`/`H`. A header stands on its own partition, apart from its members.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from alertrelay.aws import items
from alertrelay.aws.errors import code
from alertrelay.policy.ledger import AlertItem, Header, HeaderChange, Member
from alertrelay.ports import Clock, StoreFailure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

T = TypeVar("T")
_SCHEMA = {"N": str(items.SCHEMA)}
_READABLE = "(attribute_not_exists(v) OR v <= :v)"
"""Part of every condition: an item of a newer version is never overwritten."""
_REFUSED = "ConditionalCheckFailedException"
_THROTTLED = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "ThrottlingException",
        "RequestLimitExceeded",
        "TransactionConflictException",
    }
)
THROTTLED_FOR = 8.0
"""Seconds: a throttle is no failure of the table, and is waited out; Lambda itself repeats an event only twice."""


class DynamoStore:
    """See ports.Store. `client` makes or gives the client; it is called with the first request."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str, clock: Clock) -> None:
        self._client = client
        self._table = table
        self._clock = clock

    def put_alert(self, item: AlertItem, *, homes: Iterable[str]) -> tuple[bool, AlertItem]:
        """See ports.Store."""
        alert = item.alert
        keeps = "if_not_exists({0}, {1})" if alert.status == "resolved" else "{1}"
        values: dict[str, Any] = {
            ":k": items.text(item.k),
            ":status": items.text(alert.status),
            ":rank": {"N": str(item.rank)},
            ":labels": items.as_json(dict(alert.labels)),
            ":starts": items.micros(alert.starts_at),
            ":content": items.alert_content(alert),
        }
        sets = [
            "k = :k, #status = :status, #rank = :rank, content = :content, v = :v",
            f"labels = {keeps.format('labels', ':labels')}",
            f"starts_at = {keeps.format('starts_at', ':starts')}",
        ]
        expression = "SET " + ", ".join(sets)
        if item.expires:
            values[":ttl"] = items.seconds(item.expires)
            expression += ", #ttl = :ttl"
        else:
            expression += " REMOVE #ttl"
        if homes := sorted(homes):
            values[":homes"] = {"SS": homes}
            expression += " ADD homes :homes"
        written, found = self._update(
            f"A#{item.key}",
            "A",
            expression,
            condition="attribute_not_exists(k) OR k < :k OR (k = :k AND #rank <= :rank)",
            values=values,
            returns="ALL_NEW",
        )
        return written, _read(items.alert_item, found)

    def get_alerts(self, keys: Sequence[str]) -> Mapping[str, AlertItem]:
        """See ports.Store."""
        wanted = [{"pk": items.text(f"A#{key}"), "sk": items.text("A")} for key in dict.fromkeys(keys)]
        found: dict[str, AlertItem] = {}
        while wanted:
            # Strong, since a flush shows the alerts that its own invocation has just written.
            asked = {self._table: {"Keys": wanted[:100], "ConsistentRead": True}}
            answer = self._call("batch_get_item", RequestItems=asked)
            for item in answer.get("Responses", {}).get(self._table, ()):
                alert = _read(items.alert_item, item)
                found[alert.key] = alert
            unread = answer.get("UnprocessedKeys", {}).get(self._table, {}).get("Keys", [])
            if unread:
                self._pause()
            wanted = wanted[100:] + unread
        return found

    def put_member(self, gid: str, member: Member) -> bool:
        """See ports.Store."""
        attributes = items.member_attributes(gid, member)
        try:
            self._call(
                "put_item",
                TableName=self._table,
                Item=attributes,
                ConditionExpression=f"{_READABLE} AND "
                "(attribute_not_exists(k) OR k < :k OR (k = :k AND #status = :moved))",
                ExpressionAttributeNames={"#status": "status"},
                ExpressionAttributeValues={":k": items.text(member.k), ":moved": items.text("moved"), ":v": _SCHEMA},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except _RefusedError as refused:
            return refused.is_own(attributes)
        return True

    def members(self, gid: str) -> Sequence[Member]:
        """See ports.Store."""
        found: list[Member] = []
        start: dict[str, Any] = {}
        now = self._clock.now()
        while True:
            page = self._call(
                "query",
                TableName=self._table,
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": items.text(f"M#{gid}")},
                **start,
            )
            read = (_read(items.member, item) for item in page["Items"])
            found += [m for m in read if m.expires is None or m.expires > now]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def header(self, gid: str) -> Header | None:
        """See ports.Store."""
        answer = self._call("get_item", TableName=self._table, Key=_header_key(gid), ConsistentRead=True)
        return _read(items.header, answer["Item"]) if "Item" in answer else None

    def arm(self, gid: str, header: Header, *, due: datetime) -> bool:
        """See ports.Store."""
        return self._update(
            f"H#{gid}",
            "H",
            "SET next_due = :due, due = :due, #shard = :shard, v = :v, #group = if_not_exists(#group, :group) "
            "REMOVE closing, #ttl",
            condition="attribute_not_exists(next_due) OR attribute_exists(closing)",
            values={":due": items.micros(due), **_new(gid, header)},
            done={"next_due": items.micros(due), "closing": None},
        )[0]

    def hasten(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """See ports.Store."""
        return self._update(
            f"H#{gid}",
            "H",
            "SET next_due = :due, due = :due",
            condition="next_due = :seen AND attribute_not_exists(#owner)",
            values={":due": items.micros(due), ":seen": items.micros(seen)},
            done={"next_due": items.micros(due), "owner": None},
        )[0]

    def lease(
        self, gid: str, *, owner: str, now: datetime, until: datetime, arm: Header | None = None
    ) -> Header | None:
        """See ports.Store."""
        free = "(attribute_not_exists(lease_until) OR lease_until < :now)"
        values: dict[str, Any] = {
            ":owner": items.text(owner),
            ":until": items.micros(until),
            ":now": items.micros(now),
            ":yes": {"BOOL": True},
            ":one": {"N": "1"},
        }
        sets = "SET #owner = :owner, lease_until = :until, next_due = :until, maybe = :yes"
        if arm:
            sets += ", due = :now, #shard = :shard, v = :v, #group = if_not_exists(#group, :group)"
            condition = f"(attribute_not_exists(next_due) OR attribute_exists(closing)) AND {free}"
            values |= _new(gid, arm)
        else:
            condition = f"next_due <= :now AND {free}"
        written, before = self._update(
            f"H#{gid}",
            "H",
            f"{sets} REMOVE closing{', #ttl' if arm else ''} ADD tries :one",
            condition=condition,
            values=values,
            returns="ALL_OLD",
            done={"owner": items.text(owner)},
        )
        if not written:
            return None
        return _read(items.header, before) if before else arm

    def record(self, gid: str, *, owner: str, change: HeaderChange) -> bool:
        """See ports.Store."""
        attributes = items.change_attributes(change)
        sets = [name for name, value in attributes.items() if value is not None]
        removes = [name for name, value in attributes.items() if value is None]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
        if removes:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in removes)
        values = {f":{name}": attributes[name] for name in sets} | {":me": items.text(owner)}
        return self._update(f"H#{gid}", "H", expression, condition="#owner = :me", values=values, done=attributes)[0]

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:
        """See ports.Store."""
        expression = "REMOVE next_due, #shard, due, #owner, lease_until, closing"
        values = {":me": items.text(owner)}
        if expires:
            expression = f"SET #ttl = :ttl {expression}"
            values[":ttl"] = items.seconds(expires)
        condition = "#owner = :me AND attribute_exists(closing)"
        closed = dict.fromkeys(("next_due", "owner", "lease_until", "closing"))
        return self._update(f"H#{gid}", "H", expression, condition=condition, values=values, done=closed)[0]

    def release(self, gid: str, *, owner: str) -> None:
        """See ports.Store."""
        self._update(
            f"H#{gid}",
            "H",
            "REMOVE #owner, lease_until",
            condition="#owner = :me",
            values={":me": items.text(owner)},
        )

    def _update(
        self,
        pk: str,
        sk: str,
        expression: str,
        *,
        condition: str,
        values: dict[str, Any],
        returns: str = "NONE",
        done: Mapping[str, Any] | None = None,
    ) -> tuple[bool, dict[str, Any]]:
        """Whether the condition held, with what `returns` asks for, or the item that it failed on.

        `done` is what the item holds after this write (None: without the attribute). Where an answer is lost botocore
        asks again, and the write itself makes its repetition fail: then it counts, with the item as it stands now.
        """
        condition = f"{_READABLE} AND ({condition})"
        try:
            answer = self._call(
                "update_item",
                TableName=self._table,
                Key={"pk": items.text(pk), "sk": items.text(sk)},
                UpdateExpression=expression,
                ConditionExpression=condition,
                ExpressionAttributeNames=_names(expression, condition),
                ExpressionAttributeValues={**values, ":v": _SCHEMA},
                ReturnValues=returns,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except _RefusedError as refused:
            return refused.is_own(done), refused.item
        return True, answer.get("Attributes", {})

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        began = self._clock.now()
        while True:
            try:
                answer: dict[str, Any] = getattr(self._client(), operation)(**arguments)
                return answer
            except ClientError as error:
                if code(error) == _REFUSED:
                    raise _refused(error) from None
                waited = (self._clock.now() - began).total_seconds()
                if code(error) not in _THROTTLED or waited >= THROTTLED_FOR:
                    raise StoreFailure(f"DynamoDB {operation}: {code(error)}") from None
                self._pause()
            except BotoCoreError as error:
                raise StoreFailure(f"DynamoDB {operation}: {code(error)}") from None

    def _pause(self) -> None:
        self._clock.sleep(random.uniform(0.05, 1.0))  # noqa: S311 - full jitter, no secret


class _RefusedError(Exception):
    """A condition did not hold; `item` is what stands there, `repeated` says that botocore asked more than once."""

    def __init__(self, item: dict[str, Any], *, repeated: bool) -> None:
        super().__init__("refused")
        self.item = item
        self.repeated = repeated

    def is_own(self, done: Mapping[str, Any] | None) -> bool:
        """Whether the item shows that the first of several tries was written, and only its answer was lost."""
        return self.repeated and bool(done) and all(self.item.get(n) == value for n, value in (done or {}).items())


def _refused(error: ClientError) -> _RefusedError:
    """Raises StoreFailure where the condition failed on the item of a newer version of us."""
    response: Any = error.response
    item = response.get("Item", {})
    if item:
        _check_schema(item)
    return _RefusedError(item, repeated=response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0)


def _read(build: Callable[[items.Attributes], T], item: items.Attributes) -> T:
    """A value from its item. One of a newer deployment is neither guessed at nor overwritten, and one that makes no
    sense is not guessed at either: the alert goes on as if the table failed."""
    _check_schema(item)
    try:
        return build(item)
    except (KeyError, ValueError, TypeError) as error:
        what = f"{build.__name__} {item.get('pk', {}).get('S', '')}"
        raise StoreFailure(f"an item of the state table cannot be read ({what}): {type(error).__name__}") from None


def _check_schema(item: items.Attributes) -> None:
    try:
        schema = int(item["v"]["N"])
    except (KeyError, ValueError, TypeError):
        raise StoreFailure("an item of the state table has no version of its schema: something else wrote it") from None
    if schema > items.SCHEMA:
        raise StoreFailure(f"an item of schema {schema} was found, {items.SCHEMA} is known: a newer version wrote it")


def _names(*expressions: str) -> dict[str, str]:
    """Words such as `shard`, `owner` and `ttl` are reserved in expressions: there they stand behind a `#`."""
    return {f"#{name}": name for expression in expressions for name in re.findall(r"#(\w+)", expression)}


def _header_key(gid: str) -> dict[str, Any]:
    return {"pk": items.text(f"H#{gid}"), "sk": items.text("H")}


def _new(gid: str, header: Header) -> dict[str, Any]:
    return {
        ":shard": items.text(items.shard(gid)),
        ":group": items.identity(header),
    }
