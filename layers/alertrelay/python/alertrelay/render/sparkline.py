"""Draws a metric as one line of text, with its threshold at its height in the same scale. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence

from alertrelay.values.charted import Charted, ChartPoints
from alertrelay.values.units import shown, unit_of

BARS = "▁▂▃▄▅▆▇█"
MISSING = "·"
"""A column without data."""
COLUMNS = 24
DRAWN = 20
"""Columns of a chart that a channel draws: as many categories as Slack's may have."""
FEWEST = 3
"""Points below which a line shows nothing that the value does not."""


def sparkline(charted: Charted, points: Sequence[tuple[float, float]], *, start: float, end: float) -> str:
    """Returns `▁▁▂▁▃▅▇█ 12% to 97%, threshold 80% ▆`; "" where there are too few points. `points` are (seconds, value)
    between `start` and `end`.

    A column is what is nearest to firing within its time, the highest or of an alarm that fires below the lowest, so
    that no breach is averaged away.
    """
    inside = _inside(points, start, end)
    if len(inside) < FEWEST:
        return ""
    columns = _columns(inside, start, end, charted, COLUMNS)
    values = [value for _, value in inside]
    limit = _limit(charted)
    scale = [value for value in columns if value is not None] + ([] if limit is None else [limit])
    bars = "".join(MISSING if value is None else _bar(value, min(scale), max(scale)) for value in columns)
    unit = unit_of(charted.query.namespace, charted.query.name)
    said = f"{bars} {shown(min(values), unit)} to {shown(max(values), unit)}"
    return said if limit is None else f"{said}, threshold {shown(limit, unit)} {_bar(limit, min(scale), max(scale))}"


def chart_points(
    charted: Charted, points: Sequence[tuple[float, float]], *, start: float, end: float
) -> ChartPoints | None:
    """Returns the same for a channel that draws it itself: at most DRAWN columns, without those that have no data; None
    where there are too few points."""
    inside = _inside(points, start, end)
    columns = _columns(inside, start, end, charted, DRAWN) if len(inside) >= FEWEST else ()
    wide = (end - start) / max(1, len(columns))
    drawn = tuple((start + place * wide, value) for place, value in enumerate(columns) if value is not None)
    return ChartPoints(name=charted.query.name, points=drawn, threshold=_limit(charted)) if drawn else None


def _inside(points: Sequence[tuple[float, float]], start: float, end: float) -> list[tuple[float, float]]:
    return [(at, value) for at, value in points if start <= at < end and math.isfinite(value)]


def _limit(charted: Charted) -> float | None:
    return charted.threshold if charted.threshold is not None and math.isfinite(charted.threshold) else None


def _columns(
    points: Sequence[tuple[float, float]], start: float, end: float, charted: Charted, most: int
) -> Sequence[float | None]:
    """Returns the values of the columns, oldest first; as many as there are periods, at most `most`."""
    count = max(1, min(most, int((end - start) // charted.query.period)))
    found: list[float | None] = [None] * count
    worse = min if charted.low else max
    for at, value in points:
        place = min(count - 1, int((at - start) * count / (end - start)))
        before = found[place]
        found[place] = value if before is None else worse(before, value)
    return found


def _bar(value: float, lowest: float, highest: float) -> str:
    if highest <= lowest:
        return BARS[0]
    # Halves, since the difference of two large numbers may be infinite.
    share = (value / 2 - lowest / 2) / (highest / 2 - lowest / 2)
    return BARS[min(len(BARS) - 1, max(0, int(share * (len(BARS) - 1) + 0.5)))]
