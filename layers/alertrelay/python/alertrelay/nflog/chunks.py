"""A ledger that is too large for its group's header: what stands in chunks, and what of it stays in the header.

Every join of a group reads its header, and pays for its size. What stays is what a resolve needs even if a chunk is
lost: the key of the incident, and who was notified.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Sequence

from alertrelay.nflog.ledger import ALERT_SETS, Ledger, Spill, ledger_from_json, ledger_json

INLINE_ALERTS = 250
INLINE_BYTES = 3200
"""Of the ledger as JSON, so that a header with all its other attributes is one read unit of 4 KB."""
CHUNK_BYTES = 300_000
"""An item of DynamoDB takes 400 KB."""
_NOTHING = Ledger()


def spills(ledger: Ledger) -> bool:
    """Returns whether the ledger is too large to stand in its header."""
    if ledger == _NOTHING:  # that of a new group
        return False
    alerts = sum(len(getattr(ledger, name)) for name in ALERT_SETS)
    return alerts > INLINE_ALERTS or len(_text(ledger)) > INLINE_BYTES


def cut(ledger: Ledger, flush: str) -> tuple[Spill, Sequence[bytes]]:
    """Cuts a ledger into chunks of at most 300 KB; returns where they are to stand, and the chunks in order."""
    text = _text(ledger)
    packed = zlib.compress(text)
    chunks = [packed[start : start + CHUNK_BYTES] for start in range(0, len(packed), CHUNK_BYTES)]
    return Spill(flush=flush, count=len(chunks), digest=hashlib.sha256(text).hexdigest()[:32]), chunks


def joined(spill: Spill, chunks: Sequence[bytes]) -> Ledger | None:
    """Inverse of `cut`; None where the chunks are not what was cut."""
    try:
        text = zlib.decompress(b"".join(chunks))
    except zlib.error:
        return None
    if hashlib.sha256(text).hexdigest()[:32] != spill.digest:
        return None
    return ledger_from_json(json.loads(text))


def kept(ledger: Ledger) -> Ledger:
    """Returns the part of a ledger that stays in the header when the rest spills."""
    return Ledger(dedup_key=ledger.dedup_key, fallbacks=ledger.fallbacks, fallbacks_owed=ledger.fallbacks_owed)


def _text(ledger: Ledger) -> bytes:
    return json.dumps(ledger_json(ledger), ensure_ascii=True, separators=(",", ":"), sort_keys=True).encode()
