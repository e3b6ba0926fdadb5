"""Implements the ports of the table on DynamoDB, one request a method, except where a ledger is in chunks.

Keys: `A#<alert>`/`A`, `M#<gid>`/<alert>, `H#<gid>`/`H`, `L#<gid>`/<chunk>, `I#<rule>#<equal>`/`I`, `S`/`S`,
`Q#<forwarder>`/`Q`, `W#<forwarder>`/`W`. A header stands on its own partition, apart from its members.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from alertrelay.alert import Channel
from alertrelay.aws.budget import Budget
from alertrelay.aws.state import inhibitors as noted_sources
from alertrelay.aws.state import items, ledger_chunks
from alertrelay.aws.state.table import Table, read
from alertrelay.nflog.group_state import (
    AlertItem,
    GroupChange,
    GroupHeader,
    GroupState,
    Member,
    before_own_lease,
    unknown,
)
from alertrelay.policy.group_key import order_ahead
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.policy.silence import Silence
from alertrelay.ports import Clock
from alertrelay.state import Facts, Limit, Survey, Waking
from alertrelay.values.text import compact_json

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

_SILENCES_KEY = {"pk": items.text("S"), "sk": items.text("S")}
BUCKET_KEPT = timedelta(hours=1)
WAKE_PAGE = 500
"""Groups that are woken before the mark is moved on: a few seconds of a tick."""


class DynamoStore:
    """See state.Store. `client` makes or gives the client; it is called with the first request. `budget` bounds the
    waiting for it."""

    def __init__(
        self, client: Callable[[], DynamoDBClient], table: str, clock: Clock, budget: Budget | None = None
    ) -> None:
        self._table = Table(client, table, clock, budget)
        self._clock = clock

    def put_alert(self, item: AlertItem, *, groups: Iterable[str]) -> tuple[bool, AlertItem]:
        """See state.Store."""
        alert = item.alert
        keeps = "if_not_exists({0}, {1})" if alert.status == "resolved" else "{1}"
        values: dict[str, Any] = {
            ":k": items.text(item.order_key),
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
        name, origin = ("by", item.resolved_by) if alert.status == "resolved" else ("src", item.opened_by)
        if origin:
            sets.append(f"#{name} = :{name}")
            values[f":{name}"] = items.text(origin)
        expression = "SET " + ", ".join(sets)
        if item.expires:
            values[":ttl"] = items.seconds(item.expires)
            expression += ", #ttl = :ttl"
        else:
            expression += " REMOVE #ttl"
        if groups := sorted(groups):
            values[":homes"] = {"SS": groups}
            expression += " ADD homes :homes"
        written, found = self._table.update(
            f"A#{item.key}",
            "A",
            expression,
            condition="attribute_not_exists(k) OR k < :k OR (k = :k AND #rank <= :rank) OR k > :ahead",
            values={**values, ":ahead": items.text(order_ahead(self._clock.now()))},
            returns="ALL_NEW",
        )
        return written, read(items.alert_item, found)

    def get_alerts(self, keys: Sequence[str]) -> Mapping[str, AlertItem]:
        """See state.Store."""
        wanted = [{"pk": items.text(f"A#{key}"), "sk": items.text("A")} for key in dict.fromkeys(keys)]
        return {item.key: item for item in (read(items.alert_item, raw) for raw in self._batch(wanted))}

    def put_member(self, gid: str, member: Member) -> tuple[bool, Member | None]:
        """See state.Store."""
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
        """See state.Store."""
        now = self._clock.now()
        found = self._table.query(
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": items.text(f"M#{gid}")},
        )
        members = (read(items.member, item) for item in found)
        return [m for m in members if m.expires is None or m.expires > now]

    def header(self, gid: str) -> GroupHeader | None:
        """See state.Store."""
        item = self._header_item(gid)
        return read(items.header, item) if item else None

    def headers(self, gids: Sequence[str]) -> Mapping[str, GroupHeader]:
        """See state.Store."""
        found = self._batch([_header_key(gid) for gid in gids])
        return {item["pk"]["S"].removeprefix("H#"): read(items.header, item) for item in found}

    def state(self, gid: str) -> GroupState | None:
        """See state.Store."""
        item = self._header_item(gid)
        return ledger_chunks.whole(self._table, gid, item) if item else None

    def _header_item(self, gid: str) -> dict[str, Any]:
        answer = self._table.call("get_item", TableName=self._table.name, Key=_header_key(gid), ConsistentRead=True)
        item: dict[str, Any] = answer.get("Item", {})
        return item

    def arm(self, gid: str, header: GroupHeader, *, due: datetime) -> bool:
        """See state.Store."""
        return self._table.update(
            f"H#{gid}",
            "H",
            "SET next_due = :due, due = :due, #shard = :shard, v = if_not_exists(v, :v), "
            "#group = if_not_exists(#group, :group), cfg = if_not_exists(cfg, :cfg) "
            "REMOVE closing, #ttl",
            condition="attribute_not_exists(next_due) OR attribute_exists(closing)",
            values={":due": items.micros(due), **_new(gid, header)},
            done={"next_due": items.micros(due), "closing": None},
        )[0]

    def bring_forward(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """See state.Store."""
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

    def lease(
        self,
        gid: str,
        *,
        owner: str,
        now: datetime,
        until: datetime,
        arm: GroupHeader | None = None,
        again: bool = False,
    ) -> GroupState | None:
        """See state.Store."""
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
            sets += ", due = :now, #shard = :shard, v = if_not_exists(v, :v), #group = if_not_exists(#group, :group)"
            sets += ", cfg = if_not_exists(cfg, :cfg)"
            condition = f"(attribute_not_exists(next_due) OR attribute_exists(closing)) AND {free}"
            values |= _new(gid, arm)
        else:
            condition = f"next_due <= :now AND {free}"
        if again:
            condition = f"#owner = :owner OR ({condition})"
        written, before = self._table.update(
            f"H#{gid}",
            "H",
            f"{sets} REMOVE closing, woken{', #ttl' if arm else ''} ADD tries :one",
            condition=condition,
            values=values,
            returns="ALL_OLD",
            done={"owner": items.text(owner)},
        )
        if not written:
            return None
        if before:
            found = ledger_chunks.whole(self._table, gid, before)
            return before_own_lease(found) if again and found.schedule.owner == owner else found
        return unknown(arm) if arm else None

    def intend(self, gid: str, *, owner: str, fallbacks: frozenset[str]) -> bool:
        """See state.Groups."""
        values = {":intent": {"SS": sorted(fallbacks)}, ":me": items.text(owner)}
        return self._table.update(f"H#{gid}", "H", "SET #intent = :intent", condition="#owner = :me", values=values)[0]

    def record(self, gid: str, *, owner: str, change: GroupChange, before: GroupState | None = None) -> bool:
        """See state.Store."""
        spill = ledger_chunks.write(self._table, gid, owner, change.ledger, before)
        # Until now joins may have found a ledger that they cannot read.
        attributes = items.change_attributes(change, spill, backlog=before is None or before.stored.spill is not None)
        recorded, found = False, dict[str, Any](woken=True)
        if change.asleep_until and not change.closing:
            asleep = items.sleeping_attributes(change, attributes)
            recorded, found = self._record(gid, owner, asleep, "#owner = :me AND attribute_not_exists(woken)")
        if not recorded and "woken" in found:
            recorded, _ = self._record(gid, owner, attributes, "#owner = :me")
        if recorded and before:
            ledger_chunks.sweep(self._table, gid, before, spill)
        return recorded

    def _record(
        self, gid: str, owner: str, attributes: Mapping[str, Any], condition: str
    ) -> tuple[bool, dict[str, Any]]:
        sets = [name for name, value in attributes.items() if value is not None]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
        expression += " REMOVE " + ", ".join(f"#{name}" for name in attributes if name not in sets)
        values = {f":{name}": attributes[name] for name in sets} | {":me": items.text(owner)}
        return self._table.update(f"H#{gid}", "H", expression, condition=condition, values=values, done=attributes)

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:
        """See state.Store."""
        expression = "REMOVE next_due, #shard, due, #owner, lease_until, closing, woken"
        values = {":me": items.text(owner)}
        if expires:
            expression = f"SET #ttl = :ttl {expression}"
            values[":ttl"] = items.seconds(expires)
        condition = "#owner = :me AND attribute_exists(closing)"
        closed = dict.fromkeys(("next_due", "owner", "lease_until", "closing"))
        return self._table.update(f"H#{gid}", "H", expression, condition=condition, values=values, done=closed)[0]

    def release(self, gid: str, *, owner: str, unsent_due: datetime | None = None) -> None:
        """See state.Store."""
        expression, values = "REMOVE #owner, lease_until", {":me": items.text(owner)}
        if unsent_due:
            expression = f"SET next_due = :due {expression}, maybe"
            values[":due"] = items.micros(unsent_due)
        self._table.update(f"H#{gid}", "H", expression, condition="#owner = :me", values=values)

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
        return (items.due(item) for item in pages)

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
        return [items.due(item)[0] for item in page["Items"]], compact_json(last, sort_keys=True) if last else ""

    def add_groups(self, member: Member, groups: Iterable[str]) -> bool:
        """See state.Store."""
        groups = sorted(groups)
        return self._table.update(
            f"A#{member.key}",
            "A",
            "ADD homes :homes" if groups else "SET v = v",
            condition="k <= :k",
            values={":k": items.text(member.order_key), **({":homes": {"SS": groups}} if groups else {})},
        )[0]

    def mark_moved(self, gid: str, member: Member, *, expires: datetime) -> None:
        """See state.Store."""
        self._table.update(
            f"M#{gid}",
            member.key,
            "SET #status = :moved, #ttl = :ttl",
            condition="k = :k",
            values={":k": items.text(member.order_key), ":moved": items.text("moved"), ":ttl": items.seconds(expires)},
        )

    def note_source(self, entry: InhibitKey, key: str, *, fires: bool) -> None:
        """See state.Store."""
        noted_sources.note(self._table, entry, key, fires=fires, now=self._clock.now())

    def facts(
        self,
        *,
        alerts: Sequence[str],
        inhibitors: Sequence[tuple[str, str]],
        services: Sequence[str] = (),
        objectives: Sequence[str] = (),
        waking: str = "",
    ) -> Facts:
        """See state.Store."""
        slos = {items.budget_key(objective): objective for objective in objectives}
        named = {items.anomalies_key(service): service for service in services}
        wanted = [_SILENCES_KEY, *([_waking_key(waking)] if waking else [])]
        wanted += [{"pk": items.text(f"I#{rule}#{equal}"), "sk": items.text("I")} for rule, equal in inhibitors]
        wanted += [{"pk": items.text(f"A#{key}"), "sk": items.text("A")} for key in dict.fromkeys(alerts)]
        wanted += [{"pk": items.text(key), "sk": items.text("N")} for key in named]
        wanted += [{"pk": items.text(key), "sk": items.text("B")} for key in slos]
        found: dict[str, list[Any]] = {"A": [], "I": [], "S": [], "N": [], "B": [], "W": []}
        for item in self._batch(wanted):
            found[item["sk"]["S"]].append(item)
        found["I"] += self._batch(noted_sources.wider(found["I"]))
        return Facts(
            alerts={one.key: one for one in (read(items.alert_item, item) for item in found["A"])},
            inhibitors=_merged(read(items.sources, item) for item in found["I"]),
            silences=read(items.silences, found["S"][0])[0] if found["S"] else (),
            anomalies={named[item["pk"]["S"]]: items.anomaly_notes(item, self._clock.now()) for item in found["N"]},
            budgets={slos[item["pk"]["S"]]: note for item in found["B"] if (note := items.budget(item))},
            waking=read(items.waking, found["W"][0])[0] if found["W"] else None,
        )

    def take(self, key: str, *, now: datetime, limit: Limit) -> bool:
        """See state.Store. `full_at` is when the bucket would be full again: one number is the whole bucket."""
        step = timedelta(seconds=limit.interval)
        after = {":v": {"N": str(items.SCHEMA)}, ":ttl": items.seconds(now + BUCKET_KEPT)}
        pk = f"B#{items.hashed(key)}"
        idle = self._table.update(
            pk,
            "B",
            "SET full_at = :next, v = :v, #ttl = :ttl",
            condition="attribute_not_exists(full_at) OR full_at < :now",
            values={":next": items.micros(now + step), ":now": items.micros(now), **after},
        )[0]
        last = now + step * (limit.burst - 1)
        taken = (
            idle
            or self._table.update(
                pk,
                "B",
                "SET full_at = full_at + :step, #ttl = :ttl",
                condition="full_at <= :last",
                values={
                    ":step": {"N": str(step // timedelta(microseconds=1))},
                    ":last": items.micros(last),
                    ":ttl": after[":ttl"],
                },
            )[0]
        )
        if not taken and limit.quiet:
            until = items.micros(last + timedelta(seconds=limit.quiet))
            values = {":until": until, ":ttl": after[":ttl"]}
            closing = "SET full_at = :until, #ttl = :ttl"
            self._table.update(pk, "B", closing, condition="full_at < :until", values=values)
        return taken

    def silences(self) -> tuple[Sequence[Silence], int]:
        """See state.Store."""
        answer = self._table.call("get_item", TableName=self._table.name, Key=_SILENCES_KEY, ConsistentRead=True)
        return read(items.silences, answer["Item"]) if "Item" in answer else ((), 0)

    def put_silences(self, silences: Sequence[Silence], *, seen: int) -> bool:
        """See state.Store."""
        written = {"version": {"N": str(seen + 1)}, "silences": items.silences_attribute(silences)}
        return self._table.update(
            "S",
            "S",
            "SET silences = :silences, #version = :version, v = :v",
            condition="#version = :seen" if seen else "attribute_not_exists(#version)",
            values={
                **{f":{name}": value for name, value in written.items()},
                **({":seen": {"N": str(seen)}} if seen else {}),
            },
            done=written,
        )[0]

    def survey(self, name: str) -> tuple[Survey, int]:
        """See state.Store."""
        key = {"pk": items.text(f"Q#{name}"), "sk": items.text("Q")}
        answer = self._table.call("get_item", TableName=self._table.name, Key=key, ConsistentRead=True)
        return read(items.survey, answer["Item"]) if "Item" in answer else (Survey(), 0)

    def put_survey(self, name: str, survey: Survey, *, seen: int) -> bool:
        """See state.Store."""
        written = items.survey_attributes(survey, version=seen + 1)
        return self._table.update(
            f"Q#{name}",
            "Q",
            "SET #phase = :phase, #page = :page, #tries = :tries, #version = :version, v = :v",
            condition="#version = :seen" if seen else "attribute_not_exists(#version)",
            values={
                **{f":{name}": value for name, value in written.items()},
                **({":seen": {"N": str(seen)}} if seen else {}),
            },
            done=written,
        )[0]

    def waking(self, name: str) -> tuple[Waking | None, int, int]:
        """See state.Wakings."""
        found = {item["sk"]["S"]: item for item in self._batch([_waking_key(name), _SILENCES_KEY])}
        waking, version = read(items.waking, found["W"]) if "W" in found else (None, 0)
        return waking, version, read(items.silences, found["S"])[1] if "S" in found else 0

    def put_waking(self, name: str, waking: Waking, *, seen: int) -> bool:
        """See state.Wakings."""
        written = items.waking_attributes(waking, version=seen + 1)
        return self._table.update(
            f"W#{name}",
            "W",
            "SET " + ", ".join(f"#{one} = :{one}" for one in written) + ", v = :v",
            condition="#version = :seen" if seen else "attribute_not_exists(#version)",
            values={
                **{f":{one}": value for one, value in written.items()},
                **({":seen": {"N": str(seen)}} if seen else {}),
            },
            done=written,
        )[0]

    def _batch(self, wanted: list[Any]) -> Iterator[dict[str, Any]]:
        """Yields items by key, 100 a request, each read strongly; what is missing is left out."""
        while wanted:
            # Strong, since a flush shows the alerts that its own invocation has just written.
            asked = {self._table.name: {"Keys": wanted[:100], "ConsistentRead": True}}
            answer = self._table.call("batch_get_item", RequestItems=asked)
            yield from answer.get("Responses", {}).get(self._table.name, ())
            unread = answer.get("UnprocessedKeys", {}).get(self._table.name, {}).get("Keys", [])
            if unread:
                self._table.pause()
            wanted = wanted[100:] + unread


def _merged(found: Iterable[tuple[tuple[str, str], dict[str, bool]]]) -> dict[tuple[str, str], dict[str, bool]]:
    merged: dict[tuple[str, str], dict[str, bool]] = {}
    for entry, sources in found:
        merged.setdefault(entry, {}).update(sources)
    return merged


def _waking_key(name: str) -> dict[str, Any]:
    return {"pk": items.text(f"W#{name}"), "sk": items.text("W")}


def _header_key(gid: str) -> dict[str, Any]:
    return {"pk": items.text(f"H#{gid}"), "sk": items.text("H")}


def _new(gid: str, header: GroupHeader) -> dict[str, Any]:
    return {
        ":shard": items.text(items.shard(gid)),
        ":group": items.identity(header.identity),
        ":cfg": items.text(header.config_hash),
    }
