"""Reads what lasts: insights, incidents, findings. The closing event resolves the alert that the first one opened.

The two belong together by the source's own id. Without one an event is announced once: nothing could ever end it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.news import folded, words_of

_NOUNS = (
    "incident", "insight", "finding", "problem", "anomaly", "alarm", "issue", "violation", "outage", "investigation",
    "alert",
)  # fmt: skip
"""What the services call a thing that lasts."""
_OVER_WORDS = "resolved closed over ended recovered remediated archived inactive ok normal cleared cancelled canceled"
_OVER = frozenset(_OVER_WORDS.split())
_ENDS = frozenset({"closed", "resolved", "ended", "recovered", "cleared"})
"""Words by which a type itself resolves."""
_OPEN_WORDS = (
    "set open opened pending new active created updated firing alarm triggered inprogress ongoing investigating "
    "detected reopened acknowledged mitigated warning critical"
)
_OPEN = frozenset(_OPEN_WORDS.split())


def lasts(found: AlertDraft, identity: str, *, ended: bool, updated_at: datetime | None) -> AlertDraft:
    """Return an alert that lasts under the source's id; without an id the event as it is."""
    if not identity:
        return found
    return replace(found, identity=identity, kind="alert", ended=ended, updated_at=updated_at or found.at)


def lasting(found: AlertDraft, event: Event, state: str) -> AlertDraft:
    """Return an event of no known kind as an alert where its type names what lasts, and it has its id and its state."""
    noun = next((noun for noun in _NOUNS if noun in words_of(event.detail_type)), "")
    word = _phase(event.detail_type, state)
    if not noun or not word:
        return found
    identity = _id(noun, event.detail) or next((arn for arn in event.resources if noun in arn.lower()), "")
    if not identity:
        return found
    alertname = re.sub(rf"(?i)(.*{noun})s?.*", r"\1", found.alertname)
    whole = f"{event.service}:{event.account}/{event.region}/{identity}"
    return lasts(replace(found, alertname=alertname), whole, ended=word == "over", updated_at=event.at)


def _phase(detail_type: str, state: str) -> str:
    """A resolve is known by the type (Insight Closed) or the state, a start by the state or the type's last word."""
    kind = words_of(detail_type)
    if _ENDS.intersection(kind) or folded(state) in _OVER:
        return "over"
    return "open" if folded(state) in _OPEN or (kind[-1:] and kind[-1] in _OPEN) else ""


def _id(noun: str, detail: Fields) -> str:
    names = (noun, "alarm") if noun == "alert" else (noun,)
    endings = ("Id", "Arn", "RecordArn", "Key", ".id", ".arn")
    return detail.text(*(f"{name}{ending}" for name in names for ending in endings))
