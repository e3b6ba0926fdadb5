"""Computes from a metric's points how often an alarm would have fired with another threshold."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import ge, gt, le, lt

from alertrelay.config.alarm_file import Tunable

Points = Mapping[datetime, float]
Span = tuple[datetime, datetime]
ENOUGH, AT_LEAST = 0.2, 0.5
"""The share of alerts that may remain: with the change that is looked for, and with one that is worth naming."""
STEPS = 60
"""Numbers that are tried, one step apart."""
SLACK = timedelta(minutes=10)
"""An alert that people acted on is kept where the alarm still fires within so long of it: a metric may be late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quieter:
    """A change of a number that would have quietened an alarm: alerts before and after it, as the points have them, and
    how many of those that people acted on remain, which is all. `since` is the first point."""

    number: float
    instead_of: float
    alerts: int
    instead_of_alerts: int
    kept: int
    since: datetime


def firings(points: Points, one: Tunable, threshold: float) -> list[Span]:
    """Returns when an alarm would have fired, from and until. `threshold` is in the metric's unit."""
    if not points:
        return []
    beyond = _BEYOND[one.operator]
    step, at, last = timedelta(seconds=one.period), min(points), max(points)
    window: list[bool | None] = []
    found: list[Span] = []
    began: datetime | None = None
    while at <= last:
        value = points.get(at)
        window.append(beyond(value, threshold) if value is not None else _GAP.get(one.missing))
        del window[: -one.of]
        fires = sum(slot is True for slot in window) >= one.datapoints
        # A gap that is neither leaves the alarm as it is, as long as nothing says that it is over.
        if fires and began is None:
            began = at
        elif began is not None and not fires and any(slot is False for slot in window):
            found.append((began, at))
            began = None
        at += step
    if began is not None:
        found.append((began, last))
    return found


_BEYOND: Mapping[str, Callable[[float, float], bool]] = {">": gt, ">=": ge, "<": lt, "<=": le}
_GAP: Mapping[str, bool] = {"breaching": True, "notBreaching": False}


def quieter(points: Points, one: Tunable, acted_on: Sequence[Span]) -> Quieter | None:
    """Returns the smallest change of its number after which a fifth of the alerts or fewer would have remained, else
    the one that leaves the fewest, if that is half of them; None where none does. Each firing that people acted on
    still fires, and its alarm fires no less for them."""
    if one.number is None or not points:
        return None
    before = firings(points, one, one.number * one.scale)
    kept = [span for span in acted_on if _covered(span, before)]
    best: tuple[int, float] | None = None
    for number in _numbers(one):
        after = firings(points, one, number * one.scale)
        if not all(_covered(span, after) for span in kept):
            break  # a quieter one keeps even less
        if best is None or len(after) < best[0]:
            best = (len(after), number)
        if len(after) <= len(before) * ENOUGH:
            break
    if best is None or not before or best[0] > len(before) * AT_LEAST:
        return None
    return Quieter(
        number=best[1],
        instead_of=one.number,
        alerts=best[0],
        instead_of_alerts=len(before),
        kept=len(kept),
        since=min(points),
    )


def _covered(span: Span, found: Sequence[Span]) -> bool:
    return any(began <= span[1] + SLACK and ended >= span[0] - SLACK for began, ended in found)


def _numbers(one: Tunable) -> Iterator[float]:
    """Yields quieter numbers that a person would write, one step after the other, within the bounds."""
    assert one.number is not None
    step = _round_step(abs(one.number) / 20 or (one.high - one.low) / 20)
    way = 1 if one.operator.startswith(">") else -1
    first = math.floor(one.number / step) if way > 0 else math.ceil(one.number / step)
    for place in range(1, STEPS + 1):
        number = round((first + way * place) * step, 9)
        if not one.low <= number <= one.high:
            return
        yield number


def _round_step(step: float) -> float:
    """Returns the largest of 1, 2, 2.5 and 5 times a power of ten that is no more than `step`."""
    power = 10.0 ** math.floor(math.log10(step))
    return max(part * power for part in (1, 2, 2.5, 5) if part * power <= step * 1.001)
