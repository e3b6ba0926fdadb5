"""SNS: the emulated AWS stands in (local/stack/emulator.py)."""

from __future__ import annotations

from local.standins.peer import Peer

PEER = Peer(headline=lambda body: str(body.get("subject") or body.get("message", "")))
