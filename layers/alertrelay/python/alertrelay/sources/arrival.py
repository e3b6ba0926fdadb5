"""Carries what a parser knows besides the message: its topic, and its time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from alertrelay.sources.envelope import Envelope


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One message's way to us. `received_at` is the caller's clock; `charts`: an alert is to say which metric a message
    may chart."""

    envelope: Envelope
    received_at: datetime
    charts: bool = False

    @property
    def at(self) -> datetime:
        """Returns the time at which it reached the topic, else us: the time of what carries none itself."""
        return self.envelope.sent_at or self.received_at


def identity_of(arrival: Arrival) -> str:
    """Returns the identity of an event whose message states none: SNS's id, else that of SQS, else a hash of its
    text."""
    envelope = arrival.envelope
    if envelope.message_id:
        return f"sns:{envelope.message_id}"
    if envelope.record_id:
        return f"sqs:{envelope.record_id}"
    return "text:" + hashlib.sha256(envelope.text.encode("utf-8", "replace")).hexdigest()[:32]
