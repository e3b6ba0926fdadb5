"""Detects a metric that stops reporting: where it used to report without gaps, not where it is often silent."""

from __future__ import annotations

from dataclasses import dataclass, replace

DENSE = 0.9
"""The share of periods with a point from which on silence means something."""
KNOWN_AFTER = 288
"""Periods that have to be seen before the share says anything."""
LEAST_PERIODS = 3
LEAST_SECONDS = 900.0
GIVEN_UP_AFTER = 86_400.0
"""Seconds of silence after which it is no longer waited for: what it measured has probably been removed."""
_WEEK = 604_800.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """The regularity of a metric's reports. `share` and `gap` (the longest usual silence, in seconds) fade within
    weeks."""

    periods: int = 0
    share: float = 1.0
    gap: float = 0.0
    last: float | None = None  # the begin of the last period that had a point, in seconds


def heard(before: Presence, at: float, period: float, *, outage: bool = False) -> Presence:
    """Returns the presence after a point at a time in seconds. An `outage` is a silence that was noticed: it is no
    habit."""
    if before.last is None:
        return replace(before, periods=1, last=at)
    missed = max(0, round((at - before.last) / period) - 1)
    weight = min(1.0, (missed + 1) * period / _WEEK)
    fading = before.gap * (1.0 - weight)
    if outage:
        return replace(before, periods=before.periods + 1, gap=fading, last=at)
    return Presence(
        periods=before.periods + 1 + missed,
        share=before.share + weight * (1.0 / (missed + 1) - before.share),
        gap=max(fading, missed * period),
        last=at,
    )


def silence(now: Presence, end: float, period: float) -> float | None:
    """Returns the time since which the metric is missing at `end` (the end of the last period that was asked for), None
    where it is not missing or need not be there."""
    if now.last is None or now.periods < KNOWN_AFTER or now.share < DENSE:
        return None
    expected = now.last + period
    allowed = max(LEAST_PERIODS * period, LEAST_SECONDS, 2.0 * now.gap)
    return expected if allowed <= end - expected < GIVEN_UP_AFTER else None
