"""Implements what a flush needs of state.Groups on DynamoDB: the lease in a header, `H#<gid>`/`H`, and what it records.

One request a method, except where a ledger is in chunks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alertrelay.aws.state import headers, items, ledger_chunks
from alertrelay.aws.state.groups import DynamoGroups, new_header
from alertrelay.aws.state.table import read
from alertrelay.nflog.group_state import GroupChange, GroupHeader, GroupState, LeaseRefused, before_own_lease, unknown


class DynamoLeases(DynamoGroups):
    """See state.Groups."""

    def lease(
        self,
        gid: str,
        *,
        owner: str,
        now: datetime,
        until: datetime,
        arm: GroupHeader | None = None,
        again: bool = False,
    ) -> GroupState | LeaseRefused:
        """See state.Groups."""
        free = "(attribute_not_exists(lease_until) OR lease_until < :now)"
        values: dict[str, Any] = {
            ":owner": items.text(owner),
            ":until": items.micros(until),
            ":now": items.micros(now),
            ":yes": {"BOOL": True},
            ":one": {"N": "1"},
        }
        sets = "SET #owner = :owner, lease_until = :until, maybe = :yes"
        if arm:
            sets += ", next_due = :now, due = :now, #shard = :shard, v = if_not_exists(v, :v)"
            sets += ", #group = if_not_exists(#group, :group), cfg = if_not_exists(cfg, :cfg)"
            condition = f"(attribute_not_exists(next_due) OR attribute_exists(closing)) AND {free}"
            values |= new_header(gid, arm)
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
            return LeaseRefused(header=read(headers.header, before) if before else None)
        if before:
            found = ledger_chunks.whole(self._table, gid, before)
            return before_own_lease(found) if again and found.schedule.owner == owner else found
        return unknown(arm, created=True) if arm else LeaseRefused(header=None)

    def intend(self, gid: str, *, owner: str, fallbacks: frozenset[str]) -> bool:
        """See state.Groups."""
        values = {":intent": {"SS": sorted(fallbacks)}, ":me": items.text(owner)}
        return self._table.update(f"H#{gid}", "H", "SET #intent = :intent", condition="#owner = :me", values=values)[0]

    def record(self, gid: str, *, owner: str, change: GroupChange, before: GroupState | None = None) -> bool:
        """See state.Groups."""
        spill = ledger_chunks.write(self._table, gid, owner, change.ledger, before)
        # Until now joins may have found a ledger that they cannot read.
        attributes = headers.change_attributes(change, spill, backlog=before is None or before.stored.spill is not None)
        recorded, found = False, dict[str, Any](woken=True)
        if change.asleep_until and not change.closing:
            asleep = headers.sleeping_attributes(change, attributes)
            recorded, found = self._record(gid, owner, asleep, "#owner = :me AND attribute_not_exists(woken)")
        if not recorded and "woken" in found:
            recorded, _ = self._record(gid, owner, attributes, "#owner = :me")
        if recorded and before:
            ledger_chunks.sweep(self._table, gid, before, spill)
        return recorded

    def close(
        self, gid: str, *, owner: str, change: GroupChange, expires: datetime, before: GroupState | None = None
    ) -> bool:
        """See state.Groups."""
        spill = ledger_chunks.write(self._table, gid, owner, change.ledger, before)
        attributes = headers.change_attributes(change, spill, backlog=before is None or before.stored.spill is not None)
        attributes = headers.closed_attributes(attributes, expires)
        closed, _ = self._record(gid, owner, attributes, "#owner = :me AND attribute_not_exists(woken)")
        if closed and before:
            ledger_chunks.sweep(self._table, gid, before, spill)
        return closed

    def _record(
        self, gid: str, owner: str, attributes: Mapping[str, Any], condition: str
    ) -> tuple[bool, dict[str, Any]]:
        sets = [name for name, value in attributes.items() if value is not None]
        expression = "SET " + ", ".join(f"#{name} = :{name}" for name in sets)
        expression += " REMOVE " + ", ".join(f"#{name}" for name in attributes if name not in sets)
        values = {f":{name}": attributes[name] for name in sets} | {":me": items.text(owner)}
        return self._table.update(f"H#{gid}", "H", expression, condition=condition, values=values, done=attributes)

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:
        """See state.Groups."""
        expression = "REMOVE next_due, #shard, due, #owner, lease_until, closing, woken"
        values = {":me": items.text(owner)}
        if expires:
            expression = f"SET #ttl = :ttl {expression}"
            values[":ttl"] = items.seconds(expires)
        condition = "#owner = :me AND attribute_exists(closing)"
        closed = dict.fromkeys(("next_due", "owner", "lease_until", "closing"))
        return self._table.update(f"H#{gid}", "H", expression, condition=condition, values=values, done=closed)[0]

    def release(self, gid: str, *, owner: str, unsent_due: datetime | None = None) -> None:
        """See state.Groups."""
        expression, values = "REMOVE #owner, lease_until", {":me": items.text(owner)}
        if unsent_due:
            expression = f"SET next_due = :due {expression}, maybe"
            values[":due"] = items.micros(unsent_due)
        self._table.update(f"H#{gid}", "H", expression, condition="#owner = :me", values=values)
