"""Checks whether the scores of a metric keep their meaning: a usual week has one trouble, not ten.

Where the distribution has changed the past is no guide: the metric is learned anew from its last two weeks.
"""

from __future__ import annotations

from dataclasses import dataclass

DAY = 86_400.0
WEEK = 7 * DAY
TOO_MANY = 8.0
"""Troubles in a fading week, of which a usual one has one."""
TOO_LONG = 0.3
"""The share of a fading day that was one trouble: more than half a day of it."""
REST = WEEK
"""Seconds between two re-baselines of a metric, at least."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The number and duration of a metric's recent troubles. `based` is when it was last learned anew."""

    based: float
    at: float
    troubles: float = 0.0
    share: float = 0.0
    since: float | None = None  # of the present trouble


def watched(before: Drift, at: float, since: float | None) -> Drift:
    """Returns the drift after a point at a time in seconds, in a trouble `since` then, or in none."""
    passed = max(0.0, at - before.at)
    day, week = 0.5 ** (passed / DAY), 0.5 ** (passed / WEEK)
    begins = since is not None and since != before.since
    return Drift(
        based=before.based,
        at=at,
        troubles=before.troubles * week + begins,
        share=before.share * day + (1.0 - day) * (since is not None),
        since=since,
    )


def drifted(now: Drift) -> str:
    """Returns the reason to learn the metric again; "" for none."""
    if now.at - now.based < REST:
        return ""
    if now.troubles > TOO_MANY:
        return f"{now.troubles:.0f} troubles within about a week, where one is usual"
    if now.share > TOO_LONG:
        return f"in trouble for {now.share:.0%} of about a day"
    return ""
