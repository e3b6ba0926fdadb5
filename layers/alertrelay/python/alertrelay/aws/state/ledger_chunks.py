"""Stores a ledger that is too large for its header: `L#<gid>` / `<flush id>#<digest>#<number>`, in chunks.

Chunks are written under the id of their flush before the record that points to them, and never change. Those that
nothing points to are garbage of a flush that died or lost its lease; nobody reads them, and the next flush that records
deletes what it found.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

from alertrelay.aws.state import headers, items
from alertrelay.aws.state.table import Table, read
from alertrelay.nflog.chunks import cut, joined, spills
from alertrelay.nflog.group_state import GroupState, Stored
from alertrelay.nflog.ledger import Ledger, Spill
from alertrelay.state import StoreFailure


def write(table: Table, gid: str, owner: str, ledger: Ledger, before: GroupState | None) -> Spill | None:
    """Writes a ledger that is too large for its header and returns its place. Nothing is written where that is what
    `before`, the header as this flush leased it, points to already. Raises StoreFailure."""
    if not spills(ledger):
        return None
    spill, chunks = cut(ledger, owner)
    known = before.stored if before else Stored()
    if known.spill and known.spill.digest == spill.digest and not known.lost:
        return known.spill
    for name, chunk in zip(spill.chunks, chunks, strict=True):
        item = {**_key(gid, name), "v": {"N": str(items.SPILLED)}, "ledger": {"B": chunk}}
        table.call("put_item", TableName=table.name, Item=item)
    return spill


def whole(table: Table, gid: str, item: items.Attributes) -> GroupState:
    """Reads a header from its item, with its chunks if it has any. Where one is missing the header says so. Raises
    StoreFailure."""
    header = read(headers.header, item)
    if isinstance(header, GroupState):
        return header
    spill = header.stored.spill
    assert spill is not None  # only such a ledger is not in the item
    found = {
        chunk["sk"]["S"]: chunk["ledger"]["B"]
        for chunk in table.query(
            ConsistentRead=True,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues={":pk": items.text(f"L#{gid}")},
        )
    }
    ledger = joined(spill, [found.get(name, b"") for name in spill.chunks])
    progress = header.progress if ledger else replace(header.progress, uncertain=True)
    return GroupState(
        identity=header.identity,
        schedule=header.schedule,
        progress=progress,
        config_hash=header.config_hash,
        ledger=ledger or read(headers.inline_ledger, item),
        stored=Stored(spill=spill, chunks=frozenset(found), backlog=True, lost=ledger is None),
    )


def sweep(table: Table, gid: str, before: GroupState, spill: Spill | None) -> None:
    """Deletes the chunks that this flush found when it began and its record does not name: later ones are not ours.
    What the table does not delete now stays as garbage."""
    with suppress(StoreFailure):
        for name in sorted(before.stored.chunks.difference(spill.chunks if spill else ())):
            table.call("delete_item", TableName=table.name, Key=_key(gid, name))


def _key(gid: str, name: str) -> dict[str, Any]:
    return {"pk": items.text(f"L#{gid}"), "sk": items.text(name)}
