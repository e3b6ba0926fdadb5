"""ports.Store on one DynamoDB table, one request a method.

Keys: `A#<alert>`/`A`, `M#<gid>`/<alert>, `H#<gid>`/`H`. A header stands on its own partition, apart from its members.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from alertrelay.aws import items
from alertrelay.aws.table import Table, read
from alertrelay.policy.ledger import AlertItem, Header, HeaderChange, Member
from alertrelay.ports import Clock

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoStore:
    """See ports.Store. `client` makes or gives the client; it is called with the first request."""

    def __init__(self, client: Callable[[], DynamoDBClient], table: str, clock: Clock) -> None:
        self._table = Table(client, table, clock)
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
        written, found = self._table.update(
            f"A#{item.key}",
            "A",
            expression,
            condition="attribute_not_exists(k) OR k < :k OR (k = :k AND #rank <= :rank)",
            values=values,
            returns="ALL_NEW",
        )
        return written, read(items.alert_item, found)

    def get_alerts(self, keys: Sequence[str]) -> Mapping[str, AlertItem]:
        """See ports.Store."""
        wanted = [{"pk": items.text(f"A#{key}"), "sk": items.text("A")} for key in dict.fromkeys(keys)]
        found: dict[str, AlertItem] = {}
        while wanted:
            # Strong, since a flush shows the alerts that its own invocation has just written.
            asked = {self._table.name: {"Keys": wanted[:100], "ConsistentRead": True}}
            answer = self._table.call("batch_get_item", RequestItems=asked)
            for item in answer.get("Responses", {}).get(self._table.name, ()):
                alert = read(items.alert_item, item)
                found[alert.key] = alert
            unread = answer.get("UnprocessedKeys", {}).get(self._table.name, {}).get("Keys", [])
            if unread:
                self._table.pause()
            wanted = wanted[100:] + unread
        return found

    def put_member(self, gid: str, member: Member) -> bool:
        """See ports.Store."""
        return self._table.put(
            items.member_attributes(gid, member),
            condition="attribute_not_exists(k) OR k < :k OR (k = :k AND #status = :moved)",
            values={":k": items.text(member.k), ":moved": items.text("moved")},
        )

    def members(self, gid: str) -> Sequence[Member]:
        """See ports.Store."""
        found: list[Member] = []
        start: dict[str, Any] = {}
        now = self._clock.now()
        while True:
            page = self._table.call(
                "query",
                TableName=self._table.name,
                ConsistentRead=True,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": items.text(f"M#{gid}")},
                **start,
            )
            seen = (read(items.member, item) for item in page["Items"])
            found += [m for m in seen if m.expires is None or m.expires > now]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def header(self, gid: str) -> Header | None:
        """See ports.Store."""
        answer = self._table.call("get_item", TableName=self._table.name, Key=_header_key(gid), ConsistentRead=True)
        return read(items.header, answer["Item"]) if "Item" in answer else None

    def arm(self, gid: str, header: Header, *, due: datetime) -> bool:
        """See ports.Store."""
        return self._table.update(
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
        return self._table.update(
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
        written, before = self._table.update(
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
        return read(items.header, before) if before else arm

    def record(self, gid: str, *, owner: str, change: HeaderChange) -> bool:
        """See ports.Store."""
        attributes = items.change_attributes(change)
        sets = [name for name, value in attributes.items() if value is not None]
        removes = [name for name, value in attributes.items() if value is None]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
        if removes:
            expression += " REMOVE " + ", ".join(f"#{name}" for name in removes)
        values = {f":{name}": attributes[name] for name in sets} | {":me": items.text(owner)}
        return self._table.update(
            f"H#{gid}", "H", expression, condition="#owner = :me", values=values, done=attributes
        )[0]

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:
        """See ports.Store."""
        expression = "REMOVE next_due, #shard, due, #owner, lease_until, closing"
        values = {":me": items.text(owner)}
        if expires:
            expression = f"SET #ttl = :ttl {expression}"
            values[":ttl"] = items.seconds(expires)
        condition = "#owner = :me AND attribute_exists(closing)"
        closed = dict.fromkeys(("next_due", "owner", "lease_until", "closing"))
        return self._table.update(f"H#{gid}", "H", expression, condition=condition, values=values, done=closed)[0]

    def release(self, gid: str, *, owner: str) -> None:
        """See ports.Store."""
        self._table.update(
            f"H#{gid}",
            "H",
            "REMOVE #owner, lease_until",
            condition="#owner = :me",
            values={":me": items.text(owner)},
        )


def _header_key(gid: str) -> dict[str, Any]:
    return {"pk": items.text(f"H#{gid}"), "sk": items.text("H")}


def _new(gid: str, header: Header) -> dict[str, Any]:
    return {
        ":shard": items.text(items.shard(gid)),
        ":group": items.identity(header),
    }
