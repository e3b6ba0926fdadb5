"""The drawings of an anomaly report: inline SVG of the values with their usual band, and of the scores."""

from __future__ import annotations

import html
import itertools
import math
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.anomaly.judge import JudgedAlert, Point, Report

_WIDTH, _LEFT, _RIGHT = 1200, 64, 12
_SERIES, _SCORES = 340, 130
_TOP, _BOTTOM = 14, 24
_NEAR = _WIDTH - 480
"""Where the values of the scale stand on a phone, which shows the right end of a drawing: at the left of what a screen
of 360 pixels shows."""
_COLUMNS = _WIDTH - _LEFT - _RIGHT
DAY = 86_400.0
"""Seconds."""
_LARGEST, _LEAST = 1e300, 1e-300
"""What is beyond is drawn at the edge, and what is nearer as one: the height of the drawing must be a number too."""


class _Scale:
    """From times and values to places on the drawing."""

    def __init__(self, points: Sequence[Point], low: float, high: float, height: int) -> None:
        self.begin, self.end = points[0].at, points[-1].at
        low, high = max(low, -_LARGEST), min(high, _LARGEST)
        room = 0.0 if high - low > _LEAST else max(1.0, 0.01 * abs(low))  # 1 is nothing beside 1e17
        self.low, self.high = low - room, high + room
        self.height = height

    def x(self, at: float) -> float:
        share = (at - self.begin) / ((self.end - self.begin) or 1.0)
        return _LEFT + min(1.0, max(0.0, share)) * _COLUMNS

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.height - _BOTTOM - min(1.0, max(0.0, share)) * (self.height - _BOTTOM - _TOP)


def series(report: Report) -> str:
    """Draws the values, their usual band, the alerts and the known incidents."""
    values = [point.value for point in report.points]
    low, high = min(values), max(values)
    room = 0.04 * (high - low)
    scale = _Scale(report.points, low - room, high + room, _SERIES)
    ticks = _ticks(scale.low, scale.high)
    parts = [_frame(scale, ticks)]
    for start, end in report.incidents or ():
        width = max(2.0, scale.x(end) - scale.x(start))
        place = f'x="{scale.x(start):.1f}" y="{_TOP}" width="{width:.1f}" height="{_SERIES - _TOP - _BOTTOM}"'
        parts.append(f'<rect class="known" {place}><title>known incident</title></rect>')
    pieces = _pieces(report.points)
    parts += [_band(piece, scale) for piece in pieces]
    parts.append(f'<path class="series" d="{"".join(_path(piece, scale) for piece in pieces)}"/>')
    parts += [_mark(alert, scale) for alert in report.alerts]
    parts.append(_near_labels(scale, ticks))
    return _svg(_SERIES, "the values, their usual band and the alerts", parts)


def scores(report: Report) -> str:
    """Draws the scores and the threshold."""
    scale = _Scale(report.points, 0.0, 1.0, _SCORES)
    ticks = [0.0, 0.5, 1.0]
    parts = [_frame(scale, ticks)]
    limit = scale.y(report.threshold)
    parts.append(f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{limit:.1f}" y2="{limit:.1f}"/>')
    highest: dict[int, Point] = {}
    for point in report.points:
        column = round(scale.x(point.at))
        if point.score > 0.02 and (column not in highest or point.score > highest[column].score):
            highest[column] = point
    for column, point in highest.items():
        over = " over" if point.score >= report.threshold else ""
        title = f"<title>{time_text(point.at)}: {score_text(point.score)}</title>"
        place = f'x1="{column}" x2="{column}" y1="{scale.y(0):.1f}" y2="{scale.y(point.score):.1f}"'
        parts.append(f'<line class="score{over}" {place}>{title}</line>')
    parts.append(_near_labels(scale, ticks))
    return _svg(_SCORES, "the scores and the threshold", parts)


def _svg(height: int, label: str, parts: Sequence[str]) -> str:
    drawing = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    return f'<div class="chart">{drawing}</div>'


def _frame(scale: _Scale, ticks: Sequence[float]) -> str:
    lines = []
    for tick, label in _labelled(ticks):
        y = scale.y(tick)
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{label}</text>')
    for at, text in _days(scale.begin, scale.end):
        x = scale.x(at)
        lines.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{scale.height - _BOTTOM}"/>')
        anchor = "end" if x > _WIDTH - 40 else "middle"
        lines.append(f'<text x="{x:.1f}" y="{scale.height - 7}" text-anchor="{anchor}">{text}</text>')
    return "".join(lines)


def _near_labels(scale: _Scale, ticks: Sequence[float]) -> str:
    """The values of the scale once more, above all that is drawn: of a wide drawing a phone shows the newest part."""
    places = ((max(_TOP, scale.y(tick) - 4), label) for tick, label in _labelled(ticks))
    return "".join(f'<text class="near" x="{_NEAR}" y="{y:.1f}">{label}</text>' for y, label in places)


def _labelled(ticks: Sequence[float]) -> list[tuple[float, str]]:
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    return [(tick, _label(tick, step)) for tick in ticks]


def _ticks(low: float, high: float) -> list[float]:
    """Round numbers between the two, about five."""
    rough = (high - low) / 5.0
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next((unit * factor for factor in (1.0, 2.0, 5.0) if unit * factor >= rough), unit * 10.0)
    first = math.ceil(low / step)
    return [place * step for place in range(first, math.floor(high / step) + 1)]


_SIZES = ((1e12, "T"), (1e9, "G"), (1e6, "M"))


def _label(tick: float, step: float) -> str:
    """A tick in the few letters that there is room for, and the digits that distinguish it from the next one."""
    if abs(tick) >= 1e15 or step < 1e-5:
        return f"{tick:.4g}"
    size, sign = next(((size, sign) for size, sign in _SIZES if abs(tick) >= size), (1.0, ""))
    digits = min(6, max(0, -math.floor(math.log10(step / size) + 1e-9)))
    return f"{tick / size:,.{digits}f}{f' {sign}' if sign else ''}"


def _days(begin: float, end: float) -> list[tuple[float, str]]:
    """At most a dozen marks on whole days, or on whole hours of a short period; fewer where they name the year."""
    days = (end - begin) / DAY
    most = 8 if days > 300 else 12
    step = DAY * max(1, math.ceil(days / most)) if days > 2 else 3600.0 * max(1, math.ceil(days * 2))
    form = "%Y-%m-%d" if days > 300 else "%b %-d" if days > 2 else "%H:%M"
    first = math.ceil(begin / step)
    marks = [place * step for place in range(first, math.floor(end / step) + 1)]
    return [(at, datetime.fromtimestamp(at, UTC).strftime(form)) for at in marks]


def _pieces(points: Sequence[Point]) -> list[list[Point]]:
    """The points between long gaps, across which nothing is drawn."""
    gaps = sorted(later.at - earlier.at for earlier, later in itertools.pairwise(points))
    usual = gaps[len(gaps) // 2] if gaps else 0.0
    pieces = [list(points[:1])]
    for earlier, later in itertools.pairwise(points):
        if later.at - earlier.at > 12 * usual:
            pieces.append([])
        pieces[-1].append(later)
    return pieces


def _path(points: Sequence[Point], scale: _Scale) -> str:
    """The line of a piece; where points share a column, its lowest and highest are drawn."""
    columns: dict[int, list[float]] = {}
    for point in points:
        columns.setdefault(round(scale.x(point.at)), []).append(point.value)
    drawn = []
    for column, held in columns.items():
        low, high = min(held), max(held)
        drawn.append(f"L{column},{scale.y(high):.1f}")
        if low != high:
            drawn.append(f"L{column},{scale.y(low):.1f}")
    return "M" + "".join(drawn)[1:]


def _band(points: Sequence[Point], scale: _Scale) -> str:
    """The band of a piece."""
    columns: dict[int, tuple[float, float]] = {}
    for point in points:
        if point.band is not None:
            columns[round(scale.x(point.at))] = point.band
    if not columns:
        return ""
    upper = [f"{column},{scale.y(high):.1f}" for column, (_, high) in columns.items()]
    lower = [f"{column},{scale.y(low):.1f}" for column, (low, _) in reversed(columns.items())]
    return f'<polygon class="band" points="{" ".join(upper + lower)}"/>'


def _mark(alert: JudgedAlert, scale: _Scale) -> str:
    x, y = scale.x(alert.at), scale.y(alert.value)
    text = html.escape(f"{time_text(alert.at)}, score {score_text(alert.score)}: {alert.reason}")
    return (
        f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{scale.height - _BOTTOM}"/>'
        f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="4.5"><title>{text}</title></circle>'
    )


def score_text(score: float) -> str:
    """Formats a score with three digits, rounded down: no score is 1."""
    return f"{math.floor(score * 1000.0) / 1000.0:.3f}"


def time_text(at: float) -> str:
    """Formats seconds since 1970 as `2026-11-20 21:30`, in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
