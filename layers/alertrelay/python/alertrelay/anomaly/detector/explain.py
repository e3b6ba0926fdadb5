"""Explains the score of a point, in words and numbers that a person can check."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from alertrelay.anomaly.detector import measures
from alertrelay.anomaly.detector.detector import NAMES, Reading
from alertrelay.anomaly.detector.votes import FLAT

_SHOWN = 2
BAND = 2.0
"""The usual range reaches so many robust sigma to both sides."""
_COUNTED = 6.0
_NOTHING = 1e-6
"""Beside a value this share of it is nothing."""


def explain(
    at: float,
    value: float,
    reading: Reading | None,
    since: float | None,
    spread: Callable[[int], float | None],
    shown: Callable[[float], str],
) -> str:
    """Explains a point: its value, the usual value for the time and their distance, since when, and the strongest
    measures.

    `spread` gives the robust sigma of a measure; `shown` puts a value, or a distance of two, into words.
    """
    if reading is None:
        return "not newer than the point before: not learned"
    if reading.measured is None:
        return "learning: too few points yet"
    if not reading.voices:
        return "learning: less than a day of history"
    parts = [f"{shown(value)}; {_expected(at, value, reading.measured, spread, shown)}"]
    if since is not None:
        parts.append(f"started {_clock(since, at)}")
    rarities = _rarities(reading)
    parts += [
        f"{_part(place, reading, shown)} ({_odds(rarities[place])})"
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


def usual(measured: measures.Measured, spread: Callable[[int], float | None]) -> tuple[float, float | None, bool]:
    """Returns the expected value of a point, its robust sigma, and its source, the time of day or the last points:
    those do while nobody knows yet how far points are from their time of day. No sigma while nobody knows that either.
    """
    sigma = spread(measures.SEASON)
    if measured.seasonal is not None and sigma is not None:
        return measured.seasonal, sigma, True
    return measured.forecast, spread(measures.FORECAST), False


def _expected(
    at: float,
    value: float,
    measured: measures.Measured,
    spread: Callable[[int], float | None],
    shown: Callable[[float], str],
) -> str:
    middle, sigma, by_day = usual(measured, spread)
    words = f"usual for {datetime.fromtimestamp(at, UTC):%A %H:%M}" if by_day else "usual after the last points"
    if sigma is None:
        return f"{words} is about {shown(middle)}"
    if sigma <= 0.0:
        middle = middle if abs(middle) > _NOTHING * abs(value) else 0.0  # what is left of an error weeks ago
        return f"{words} is {shown(middle)}, from which it hardly ever moved"
    apart = (value - middle) / sigma
    side = "above" if apart > 0.0 else "below"
    band = f"{shown(middle - BAND * sigma)} to {shown(middle + BAND * sigma)}"
    if abs(apart) <= BAND:
        return f"{words} is {band}"
    return f"{words} is {band}, {min(abs(apart), 999.0):.1f} robust sigma {side}"


def _rarities(reading: Reading) -> list[float]:
    return [part or 0.0 for part in reading.parts]


def _part(place: int, reading: Reading, shown: Callable[[float], str]) -> str:
    if place == FLAT:
        return f"{reading.flat} {NAMES[FLAT]}"
    size = reading.measured.sizes[place] if reading.measured else None
    return NAMES[place] + ("" if size is None else f" {'+' if size > 0 else ''}{shown(size)}")


def _odds(rarity: float) -> str:
    return f"{'rarer than ' if rarity > _COUNTED else ''}1 in {10 ** min(rarity, _COUNTED):,.0f}"


def number(value: float) -> str:
    """Formats with four significant digits, with separators above a thousand."""
    rounded = float(f"{value:.4g}")
    if abs(rounded) >= 1e15:
        return f"{rounded:.4g}"
    return f"{rounded:,.0f}" if abs(rounded) >= 1000.0 else f"{rounded:g}"


def _clock(at: float, now: float) -> str:
    began = datetime.fromtimestamp(at, UTC)
    return f"{began:%H:%M}" if began.date() == datetime.fromtimestamp(now, UTC).date() else f"{began:%Y-%m-%d %H:%M}"
