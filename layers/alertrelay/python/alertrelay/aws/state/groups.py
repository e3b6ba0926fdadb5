"""Implements what a join needs of state.Groups on DynamoDB: members, `M#<gid>`/<alert>, and headers, `H#<gid>`/`H`.

A header stands on its own partition, apart from its members. One request a method, except where a ledger is in chunks.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from alertrelay.alert import Channel
from alertrelay.aws.state import headers, items, ledger_chunks
from alertrelay.aws.state.table import OnTable, read
from alertrelay.nflog.group_state import GroupHeader, GroupState, Member
from alertrelay.policy.group_key import order_ahead
from alertrelay.values.text import compact_json

WAKE_PAGE = 500
"""Groups that are woken before the mark is moved on: a few seconds of a tick."""


class DynamoGroups(OnTable):
    """See state.Groups."""

    def put_member(self, gid: str, member: Member) -> tuple[bool, Member | None]:
        """See state.Groups."""
        written, before = self._table.put(
            items.member_attributes(gid, member),
            condition="attribute_not_exists(k) OR k < :k OR (k = :k AND #status = :moved) OR k > :ahead",
            values={
                ":k": items.text(member.order_key),
                ":moved": items.text("moved"),
                ":ahead": items.text(order_ahead(self._clock.now())),
            },
        )
        return written, read(items.member, before) if before else None

    def members(self, gid: str) -> Sequence[Member]:
        """See state.Groups."""
        now = self._clock.now()
        found = self._table.query(
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": items.text(f"M#{gid}")},
        )
        members = (read(items.member, item) for item in found)
        return [m for m in members if m.expires is None or m.expires > now]

    def mark_moved(self, gid: str, member: Member, *, expires: datetime) -> None:
        """See state.Groups."""
        self._table.update(
            f"M#{gid}",
            member.key,
            "SET #status = :moved, #ttl = :ttl",
            condition="k = :k",
            values={":k": items.text(member.order_key), ":moved": items.text("moved"), ":ttl": items.seconds(expires)},
        )

    def header(self, gid: str) -> GroupHeader | None:
        """See state.Groups."""
        item = self._header_item(gid)
        return read(headers.header, item) if item else None

    def headers(self, gids: Sequence[str]) -> Mapping[str, GroupHeader]:
        """See state.Groups."""
        return headers_by_gid(self._table.batch([header_key(gid) for gid in gids]))

    def state(self, gid: str) -> GroupState | None:
        """See state.Groups."""
        item = self._header_item(gid)
        return ledger_chunks.whole(self._table, gid, item) if item else None

    def _header_item(self, gid: str) -> dict[str, Any]:
        answer = self._table.call("get_item", TableName=self._table.name, Key=header_key(gid), ConsistentRead=True)
        item: dict[str, Any] = answer.get("Item", {})
        return item

    def arm(self, gid: str, header: GroupHeader, *, due: datetime) -> bool:
        """See state.Groups."""
        return self._table.update(
            f"H#{gid}",
            "H",
            "SET next_due = :due, due = :due, #shard = :shard, v = if_not_exists(v, :v), "
            "#group = if_not_exists(#group, :group), cfg = if_not_exists(cfg, :cfg) "
            "REMOVE closing, #ttl",
            condition="attribute_not_exists(next_due) OR attribute_exists(closing)",
            values={":due": items.micros(due), **new_header(gid, header)},
            done={"next_due": items.micros(due), "closing": None},
        )[0]

    def bring_forward(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """See state.Groups."""
        return self._table.update(
            f"H#{gid}",
            "H",
            "SET next_due = :due",
            condition="next_due = :seen AND attribute_not_exists(#owner)",
            values={":due": items.micros(due), ":seen": items.micros(seen)},
            done={"next_due": items.micros(due), "owner": None},
        )[0]

    def wake(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """See state.Groups."""
        return self._table.update(
            f"H#{gid}",
            "H",
            "SET next_due = :due, due = :due REMOVE asleep, failures",
            condition="next_due = :seen AND attribute_exists(asleep) AND attribute_not_exists(#owner)",
            values={":due": items.micros(due), ":seen": items.micros(seen)},
            done={"next_due": items.micros(due), "owner": None},
        )[0]

    def note_joined(self, gid: str) -> bool:
        """See state.Groups."""
        held, values = "attribute_exists(#owner)", {":yes": {"BOOL": True}}
        return self._table.update(f"H#{gid}", "H", "SET woken = :yes", condition=held, values=values)[0]

    def due(self, channels: Collection[Channel], *, before: datetime) -> Iterator[tuple[str, datetime]]:
        """See state.Groups. One scan: the index holds the keys of open groups alone (about 100 bytes each), so that a
        page of 1 MB answers for 10,000 of them, while a query a shard is 16 requests a channel even where none is
        open."""
        shards = {f":shard{number}": items.text(items.shards_of(channel)) for number, channel in enumerate(channels)}
        of_ours = " OR ".join(f"begins_with(#shard, {name})" for name in shards)
        pages = self._table.pages(
            "scan",
            IndexName=items.DUE_INDEX,
            FilterExpression=f"next_due <= :before AND ({of_ours})",
            ExpressionAttributeNames={"#shard": "shard"},
            ExpressionAttributeValues={":before": items.micros(before), **shards},
        )
        return (headers.due(item) for item in pages)

    def armed_after(self, channels: Collection[Channel], *, after: datetime, token: str) -> tuple[Sequence[str], str]:
        """See state.Groups. The token is the index's own key, as JSON."""
        shards = {f":shard{number}": items.text(items.shards_of(channel)) for number, channel in enumerate(channels)}
        of_ours = " OR ".join(f"begins_with(#shard, {name})" for name in shards)
        start = {"ExclusiveStartKey": json.loads(token)} if token else {}
        page = self._table.call(
            "scan",
            TableName=self._table.name,
            IndexName=items.DUE_INDEX,
            FilterExpression=f"next_due > :after AND ({of_ours})",
            ExpressionAttributeNames={"#shard": "shard"},
            ExpressionAttributeValues={":after": items.micros(after), **shards},
            Limit=WAKE_PAGE,
            **start,
        )
        last = page.get("LastEvaluatedKey")
        return [headers.due(item)[0] for item in page["Items"]], compact_json(last, sort_keys=True) if last else ""


def header_key(gid: str) -> dict[str, Any]:
    """Returns the key of a group's header."""
    return {"pk": items.text(f"H#{gid}"), "sk": items.text("H")}


def headers_by_gid(found: Iterable[items.Attributes]) -> dict[str, GroupHeader]:
    """Returns headers by the gid of their group, from their items."""
    return {item["pk"]["S"].removeprefix("H#"): read(headers.header, item) for item in found}


def new_header(gid: str, header: GroupHeader) -> dict[str, Any]:
    """Returns the values of an update that arms a group, by their names in its expression."""
    return {
        ":shard": items.text(items.shard(gid)),
        ":group": headers.identity(header.identity),
        ":cfg": items.text(header.config_hash),
    }
