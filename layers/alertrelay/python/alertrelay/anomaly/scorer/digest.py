"""Writes the digest of a day in shadow: what was found and notified to nobody, so that people may judge it. Pure.

It is an event of the scorer's own source, and is routed as any other alert. A run that comes again publishes the same
event, which the relay recognises.
"""

from __future__ import annotations

import zoneinfo
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.alert import fingerprint, rfc3339
from alertrelay.anomaly.scorer.shard_state import JournalEntry
from alertrelay.config.watch import AnomalyConfig
from alertrelay.values.shadow import ALERT, ANNOTATION, MOST, ShadowFinding, written
from alertrelay.values.text import cut, how_many

DAY = 86_400.0
LATE = 2 * 3_600.0
"""Seconds before its time at which the day of a digest ends: what began later is found until then, and is the next
one's."""
_LINE = 240


def due_at(config: AnomalyConfig, at: float) -> float | None:
    """Returns the last time at or before `at`, in seconds, at which a digest is due; None where there is none."""
    if not config.shadow_digest:
        return None
    hour, _, minute = config.shadow_digest.partition(":")
    local = datetime.fromtimestamp(at, zoneinfo.ZoneInfo(config.timezone))
    due = local.replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    if due > local:
        due = (local - timedelta(days=1)).replace(hour=int(hour), minute=int(minute), second=0, microsecond=0)
    return due.timestamp()


def of_day(journal: Iterable[JournalEntry], due: float) -> list[JournalEntry]:
    """Returns the anomalies that began in shadow in the day of a digest, each once, the rarest first."""
    begin, end = due - DAY - LATE, due - LATE
    found = {
        (one.fingerprint, one.since): one
        for one in journal
        if one.kind == "opened" and one.mode == "shadow" and one.fingerprint and begin < one.at <= end
    }
    return sorted(found.values(), key=lambda one: (-one.score, one.at))


def digest(config: AnomalyConfig, found: Sequence[JournalEntry], due: float) -> dict[str, Any]:
    """Returns the digest as an entry of the scorer's messages."""
    shown = [_finding(one) for one in found[:MOST]]
    count = how_many(len(found), "anomaly", "anomalies")
    env = config.environment
    lines = [f"{one.text} (alertrelay feedback {one.fingerprint} helpful --env {env}, or: not)" for one in shown]
    if len(found) > len(shown):
        lines.append(f"and {len(found) - len(shown)} more: alertrelay anomaly status --env {env}")
    at = rfc3339(datetime.fromtimestamp(due, UTC))
    labels = {**config.labels, "alertname": ALERT, "severity": "info"}
    return {
        "status": "firing",
        "labels": labels,
        "annotations": {
            "summary": f"{count} found in shadow in a day: were they helpful?",
            "description": "\n".join(lines),
            ANNOTATION: written(shown),
        },
        "startsAt": at,
        "updatedAt": at,
        "fingerprint": fingerprint(labels),
    }


def _finding(one: JournalEntry) -> ShadowFinding:
    of = f" of {one.service}" if one.service else ""
    began = datetime.fromtimestamp(one.since, UTC)
    text = f"{one.watch}{of}, {began:%Y-%m-%d %H:%M} UTC, score {one.score:.3f}: {one.text}"
    return ShadowFinding(
        fingerprint=one.fingerprint,
        started=int(one.since),
        watch=one.watch,
        service=one.service,
        text=cut(text, _LINE),
    )
