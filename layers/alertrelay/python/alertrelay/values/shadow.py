"""The day's findings of the anomaly-scorer in shadow, as they travel in an annotation of their digest."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

ALERT = "ShadowFindings"
"""The alertname of the digest."""
ANNOTATION = "alertrelay_shadow_findings"
"""What a message may have buttons by; its texts stand in the description too."""
MOST = 8
"""Findings of a digest: two blocks each in Slack, within its limit of characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShadowFinding:
    """One anomaly that nobody was notified of: when it began in seconds, the entry that found it, its service, and
    what is unusual in a line."""

    fingerprint: str
    started: int
    watch: str
    service: str
    text: str


def written(findings: Iterable[ShadowFinding]) -> str:
    """Returns the annotation."""
    return json.dumps([asdict(one) for one in findings], ensure_ascii=False, separators=(",", ":"))


def read(text: str) -> tuple[ShadowFinding, ...]:
    """Returns what `written` wrote, none for anything else: a source may have an annotation of this name too."""
    try:
        found = json.loads(text)
        return tuple(
            ShadowFinding(
                fingerprint=str(one["fingerprint"]),
                started=int(one["started"]),
                watch=str(one["watch"]),
                service=str(one["service"]),
                text=str(one["text"]),
            )
            for one in found[:MOST]
        )
    except (ValueError, TypeError, KeyError, RecursionError, OverflowError):
        return ()
