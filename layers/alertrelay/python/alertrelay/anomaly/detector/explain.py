"""Explains the score of a point, in words and numbers that a person can check."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

from alertrelay.anomaly.detector.detector import Reading
from alertrelay.anomaly.detector.votes import DAY_MEAN, FLAT, NAMES, WEEKDAY_MEAN

_SHOWN = 2


def explain(
    at: float,
    value: float,
    reading: Reading | None,
    since: float | None,
    shown: Callable[[float], str],
) -> str:
    """Explains a point: its value, what its time of day had on earlier days, since when, and the strongest measures.

    `shown` puts a value, or a distance of two, into words. Times are those of the people.
    """
    if reading is None:
        return "not newer than the point before: not learned"
    if reading.measured is None:
        return "learning: too few points yet"
    if not reading.voices:
        return "learning: less than a day of history"
    parts = [f"{shown(value)}; {_expected(at, value, reading, shown)}"]
    if since is not None:
        parts.append(f"started {_clock(since, at)}")
    rarities = _rarities(reading)
    parts += [
        f"{_part(place, reading, shown)} ({_odds(rarities[place], reading.points)})"
        for place in sorted(range(len(NAMES)), key=lambda place: -rarities[place])[:_SHOWN]
        if rarities[place] >= 1.0
    ]
    return "; ".join(parts)


def strongest(reading: Reading, shown: Callable[[float], str]) -> str:
    """Returns the strongest measure: `change from the point before +31 %`; "" while learning."""
    if not reading.voices:
        return ""
    rarities = _rarities(reading)
    return _part(max(range(len(NAMES)), key=lambda place: rarities[place]), reading, shown)


def _expected(at: float, value: float, reading: Reading, shown: Callable[[float], str]) -> str:
    usual = reading.usual
    if usual is None:
        return "what is usual is not known yet"
    if usual.same_time:
        day = "weekend day" if datetime.fromtimestamp(at, UTC).weekday() >= 5 else "working day"
        counted = f"{usual.days} {day}s" if usual.days > 1 else f"one {day}"
        words = f"usual for {datetime.fromtimestamp(at, UTC):%A %H:%M} (by {counted})"
    else:
        words = "usual so far, at any time of the day,"
    low, high = shown(usual.low), shown(usual.high)
    if low == high:
        return f"{words} is {low}"
    band = f"{low} to {high}"
    beyond = usual.beyond(value)
    if not beyond:
        return f"{words} is {band}"
    return f"{words} is {band}: {shown(abs(beyond))} {'above' if beyond > 0.0 else 'below'}"


def _rarities(reading: Reading) -> list[float]:
    return [part.tail if part else 0.0 for part in reading.parts]


def _part(place: int, reading: Reading, shown: Callable[[float], str]) -> str:
    if place == FLAT:
        return f"{reading.flat} {NAMES[FLAT]}"
    size: float | None = None
    if place < FLAT:
        size = reading.measured.sizes[place] if reading.measured else None
    elif place == DAY_MEAN:
        size = reading.day_mean
    elif place == WEEKDAY_MEAN:
        size = reading.weekday_mean
    return NAMES[place] + ("" if size is None else f" {'+' if size > 0 else ''}{shown(size)}")


def _odds(rarity: float, points: int) -> str:
    """A rarity is known as far as the history reaches: beyond, the point is like none of it."""
    if points < 1 or rarity >= math.log10(points):
        return f"more than any of the {max(points, 1):,} points before"
    return f"1 in {10**rarity:,.0f}"


def number(value: float) -> str:
    """Formats with four significant digits, with separators above a thousand."""
    rounded = float(f"{value:.4g}")
    if abs(rounded) >= 1e15:
        return f"{rounded:.4g}"
    return f"{rounded:,.0f}" if abs(rounded) >= 1000.0 else f"{rounded:g}"


def _clock(at: float, now: float) -> str:
    began = datetime.fromtimestamp(at, UTC)
    return f"{began:%H:%M}" if began.date() == datetime.fromtimestamp(now, UTC).date() else f"{began:%Y-%m-%d %H:%M}"
