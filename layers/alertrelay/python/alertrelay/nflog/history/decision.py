"""Defines a decision as history knows it: one log line, in words that an incident's timeline uses."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice
from typing import Any, Literal

from alertrelay.alert import rfc3339
from alertrelay.values.times import instant

What = Literal[
    "joined", "notified", "merged", "fell back", "failed", "dead-lettered", "suppressed", "acknowledged",
    "unacknowledged", "escalated", "silenced", "silence expired", "judged", "deployed", "differs",
]  # fmt: skip

EVENTS: Mapping[str, What] = {
    "acknowledged": "acknowledged",
    "acknowledgement_ended": "unacknowledged",
    "escalated": "escalated",
    "silence_set": "silenced",
    "silence_expired": "silence expired",
    "judged": "judged",
    "deployment_kept": "deployed",
    "alarm_differs": "differs",
}
"""Log events beside `outcome` that are decisions, or bear on them."""
CONDITION = f"message in [{', '.join(json.dumps(name) for name in ('outcome', *EVENTS))}]"
"""The condition of CloudWatch Logs Insights for these lines."""
_NAMED = re.compile(r'alertname="([^"\\]+)"')
_OUTCOMES: Mapping[str, What] = {
    "delivered": "notified",
    "fallback": "fell back",
    "merged": "merged",
    "suppressed": "suppressed",
    "pending": "joined",
    "failed": "dead-lettered",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedDecision:
    """One decision about one alert, or what a person or a deployment did to many.

    `alert` is the alertname, of a silence those that it names by equality; `state_key` says which alert it is,
    `starts_at` which firing of it; `group` is the group key. `why` is the named reason, `detail` its text for
    people; `by` is the person. `latency` is in seconds, from the source's clock to the channel. `helpful` is set
    where somebody judged. `silence` is the id of a silence: the times are its own then, and `matchers` are its
    sets, as printed, of which one has to match.
    """

    at: datetime
    what: What
    alert: str = ""
    fingerprint: str = ""
    state_key: str = ""
    status: str = ""
    group: str = ""
    receiver: str = ""
    channel: str = ""
    why: str = ""
    detail: str = ""
    by: str = ""
    attempts: int = 0
    fallback_for: str = ""
    notification_id: str = ""
    latency: float | None = None
    starts_at: datetime | None = None
    ended_at: datetime | None = None
    helpful: bool | None = None
    silence: str = ""
    matchers: tuple[tuple[str, ...], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Returns the fields that are set, times as RFC 3339."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: rfc3339(value) if isinstance(value, datetime) else value
            for name, value in found.items()
            if value not in ("", None, 0, ()) or (name == "helpful" and value is False)
        }

    @property
    def explained(self) -> str:
        """Returns why, in words: how it was judged, else the named reason with its text."""
        if self.helpful is not None:
            return "helpful" if self.helpful else "not helpful"
        return ": ".join(part for part in (self.why, self.detail) if part)

    @property
    def named(self) -> str:
        """Returns the alarm's own name where the alert is one of CloudWatch's, else the alertname."""
        parts = self.state_key.split(":", 6)
        return parts[6].split("|")[0] if len(parts) == 7 and parts[5] == "alarm" else self.alert


def decision_of(line: Mapping[str, Any], at: datetime) -> LoggedDecision | None:
    """Returns the decision of a log line, None where it is none."""
    event = line.get("message")
    if event == "outcome":
        return _outcome(line, at)
    if not isinstance(event, str) or event not in EVENTS:
        return None
    text = _texts(line)
    matchers = _sets(line)
    return LoggedDecision(
        at=instant(line.get("deployed_at")) or at,
        what=EVENTS[event],
        alert=text("alertname") or ", ".join(silenced_alerts(matchers)),
        fingerprint=text("fingerprint"),
        state_key=text("state_key"),
        group=text("group_key"),
        receiver=text("receiver"),
        channel=text("via") or text("channel"),
        why=text("why") or text("kind"),
        detail=", ".join(part for part in (text("matchers"), text("comment"), text("what")) if part),
        by=text("by"),
        starts_at=instant(line.get("starts_at")),
        ended_at=instant(line.get("ends_at")),
        helpful=helpful if isinstance(helpful := line.get("helpful"), bool) else None,
        silence=text("id"),
        matchers=matchers,
    )


def silenced_alerts(matchers: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """Returns the alertnames that a silence's sets name by equality; none where a set matches any alertname."""
    names = [next((found[1] for one in together if (found := _NAMED.fullmatch(one))), "") for together in matchers]
    return tuple(dict.fromkeys(names)) if all(names) else ()


def _sets(line: Mapping[str, Any]) -> tuple[tuple[str, ...], ...]:
    """Returns the sets of matchers of a silence, whose sizes are `sets`; one of all, where an earlier version wrote no
    sizes."""
    texts, sizes = line.get("matchers"), line.get("sets")
    if not isinstance(texts, list) or not texts:
        return ()
    if not isinstance(sizes, list) or not all(isinstance(size, int) for size in sizes) or sum(sizes) != len(texts):
        sizes = [len(texts)]
    rest = iter(map(str, texts))
    return tuple(tuple(islice(rest, size)) for size in sizes)


def _outcome(line: Mapping[str, Any], at: datetime) -> LoggedDecision | None:
    text = _texts(line)
    outcome, reason = text("outcome"), text("reason")
    what = _OUTCOMES.get(outcome)
    if what is None or not (text("state_key") or text("fingerprint")):
        return None
    if what == "joined" and reason == "channel_failed":
        what = "failed"
    latency, attempts = line.get("latency_seconds"), line.get("attempts")
    return LoggedDecision(
        at=at,
        what=what,
        alert=text("alertname"),
        fingerprint=text("fingerprint"),
        state_key=text("state_key") or text("fingerprint"),
        status=text("status"),
        group=text("group_key"),
        receiver=text("receiver"),
        channel=text("channel"),
        why=reason,
        detail=text("detail"),
        attempts=attempts if isinstance(attempts, int) else 0,
        fallback_for=text("fallback_for"),
        notification_id=text("notification_id"),
        latency=float(latency) if isinstance(latency, int | float) else None,
        starts_at=instant(line.get("starts_at")),
        ended_at=instant(line.get("ended_at")),
    )


def _texts(line: Mapping[str, Any]) -> Any:
    """Returns what gives a field as text, a list joined, "" where it is absent or of another type."""

    def text(name: str) -> str:
        value = line.get(name)
        if isinstance(value, list):
            return ", ".join(map(str, value))
        return value if isinstance(value, str) else ""

    return text
