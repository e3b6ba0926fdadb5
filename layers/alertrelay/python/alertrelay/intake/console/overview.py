"""Shows what fires now: each alert in a line, and how many there are by severity and service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from alertrelay.alert import rfc3339, severity_rank
from alertrelay.intake.reading import Reads
from alertrelay.intake.view import Listed, listed
from alertrelay.notification import Reason
from alertrelay.policy.acknowledgement import shown, standing


def get_overview(reading: Reads) -> dict[str, Any]:
    """Returns all that fires, the severest first, then the newest. Raises state.StoreFailure."""
    now = reading.clock.now()
    found = listed(reading.config, reading.alerts.firing(now), reading.silences(), now=now)
    found.sort(key=lambda one: one.item.alert.starts_at, reverse=True)
    found.sort(key=lambda one: -severity_rank(one.item.alert.labels))
    return {"asOf": rfc3339(now), "counts": _counts(found), "alerts": [line(one) for one in found]}


def line(one: Listed) -> dict[str, Any]:
    """Returns an alert as the list has it."""
    alert = one.item.alert
    why, by = suppressed_by(one)
    return {
        "fingerprint": alert.fingerprint,
        "name": alert.name,
        "severity": alert.labels.get("severity", ""),
        "service": alert.labels.get("service", ""),
        "state": "suppressed" if why else "active",
        "why": why,
        "by": list(by),
        "since": rfc3339(alert.starts_at),
        "summary": alert.annotations.get("summary", ""),
        "labels": dict(alert.labels),
        "receivers": list(one.receivers),
        "acknowledged": shown(standing(one.item.acknowledged, alert)),
    }


def suppressed_by(one: Listed) -> tuple[str, Sequence[str]]:
    """Returns the named reason why nobody is notified of an alert now, "" for none, with what does it: ids of silences,
    fingerprints of inhibiting alerts, or names of time intervals."""
    if one.silenced:
        return Reason.SILENCED, one.silenced
    if one.inhibited:
        return Reason.INHIBITED, one.inhibited
    if one.muted:
        return one.muted[0].reason, [why.interval for why in one.muted]
    return "", ()


def _counts(found: Sequence[Listed]) -> dict[str, Any]:
    suppressed = sum(1 for one in found if suppressed_by(one)[0])
    labels = [one.item.alert.labels for one in found]
    return {
        "active": len(found) - suppressed,
        "suppressed": suppressed,
        "bySeverity": dict(Counter(each.get("severity", "") for each in labels)),
        "byService": dict(Counter(each.get("service", "") for each in labels)),
    }
