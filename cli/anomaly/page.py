"""The page of `alertrelay anomaly report`: HTML with inline SVG, nothing loaded from anywhere."""

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
_COLUMNS = _WIDTH - _LEFT - _RIGHT
_DAY = 86_400.0
_LARGEST, _LEAST = 1e300, 1e-300
"""What is beyond is drawn at the edge, and what is nearer as one: the height of the drawing must be a number too."""

_STYLE = """
:root { color-scheme: light dark; --ink: #1c2430; --soft: #667085; --line: #e3e7ee; --card: #f6f8fb; --page: #fff;
  --series: #2f6fde; --band: #2f6fde2b; --alert: #d92d20; --good: #12805c; --known: #f0a02033; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ef; --soft: #98a2b3; --line: #2b3442; --card: #1a212c;
  --page: #11161d; --series: #7aa8ff; --band: #7aa8ff2e; --alert: #ff6b5e; --good: #4cc38a; --known: #f0a0202b; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--page); margin: 2rem auto;
  max-width: 1240px; padding: 0 20px; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.05rem; margin: 1.8rem 0 .4rem; }
p, td.soft, .tile span { color: var(--soft); } p { margin: .2rem 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin: 1.2rem 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px;
  min-width: 110px; }
.tile b { display: block; font-size: 1.35rem; } .tile span { font-size: .82rem; }
svg { width: 100%; height: auto; display: block; } text { font: 11px system-ui, sans-serif; fill: var(--soft); }
.grid { stroke: var(--line); } .series { fill: none; stroke: var(--series); stroke-width: 1.2; }
.band { fill: var(--band); } .known { fill: var(--known); } .score { stroke: var(--series); stroke-width: 1.4; }
.limit { stroke: var(--alert); stroke-dasharray: 5 4; }
.mark { fill: var(--alert); } .rule { stroke: var(--alert); opacity: .35; }
.score.over { stroke: var(--alert); }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } td, th { text-align: left; padding: 7px 12px 7px 0;
  border-bottom: 1px solid var(--line); vertical-align: top; }
td.num { white-space: nowrap; font-variant-numeric: tabular-nums; }
.yes { color: var(--good); } .no { color: var(--alert); }
.chart { overflow-x: auto; direction: rtl; } svg { direction: ltr; }
@media (max-width: 700px) {
  body { margin: 1rem auto; padding: 0 12px; } .tiles { gap: 8px; } .tile { padding: 8px 10px; min-width: 90px; }
  svg { min-width: 820px; } text { font-size: 16px; }
  table, tbody, tr, td { display: block; width: auto; } tr:has(th) { display: none; }
  tr { border-bottom: 1px solid var(--line); padding: 6px 0; } td { border: 0; padding: 2px 0; }
  td.num { white-space: normal; font-weight: 600; }
}
"""


def page(report: Report) -> str:
    """The whole page."""
    title = html.escape(report.name)
    body = [f"<h1>{title}</h1>", f"<p>{_period(report.points)}</p>", _tiles(report)]
    if report.points:
        body += ["<h2>Value and usual band</h2>", _series(report), "<h2>Score</h2>", _scores(report)]
    body += ["<h2>Alerts</h2>", _table(report)]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}: anomaly report</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _period(points: Sequence[Point]) -> str:
    if not points:
        return "No point of the file lies in this period."
    return f"{_time(points[0].at)} to {_time(points[-1].at)} · {len(points):,} points"


def _tiles(report: Report) -> str:
    weeks = (report.points[-1].at - report.points[0].at) / (7 * _DAY) if len(report.points) > 1 else 0.0
    tiles = [
        (f"{len(report.alerts)}", "alerts"),
        (f"{len(report.alerts) / weeks:.1f}" if weeks else "-", "alerts a week"),
        (_score(max((point.score for point in report.points), default=0.0)), "highest score"),
        (f"{report.threshold:.4g}", "threshold"),
    ]
    if report.mode:
        tiles.append((report.mode, "mode" if report.mode != "shadow" else "mode: nobody was notified"))
    if report.incidents is not None:
        right = sum(alert.found is True for alert in report.alerts)
        tiles.append((f"{right} of {len(report.alerts)}", "alerts in a known incident"))
        known = len(report.incidents)
        tiles.append((f"{known - len(report.missed)} of {known}", "known incidents found"))
    cells = "".join(f'<div class="tile"><b>{value}</b><span>{name}</span></div>' for value, name in tiles)
    return f'<div class="tiles">{cells}</div>'


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


def _series(report: Report) -> str:
    values = [point.value for point in report.points]
    low, high = min(values), max(values)
    room = 0.04 * (high - low)
    scale = _Scale(report.points, low - room, high + room, _SERIES)
    parts = [_frame(scale, _ticks(scale.low, scale.high))]
    for start, end in report.incidents or ():
        width = max(2.0, scale.x(end) - scale.x(start))
        place = f'x="{scale.x(start):.1f}" y="{_TOP}" width="{width:.1f}" height="{_SERIES - _TOP - _BOTTOM}"'
        parts.append(f'<rect class="known" {place}><title>known incident</title></rect>')
    pieces = _pieces(report.points)
    parts += [_band(piece, scale) for piece in pieces]
    parts.append(f'<path class="series" d="{"".join(_path(piece, scale) for piece in pieces)}"/>')
    parts += [_mark(alert, scale) for alert in report.alerts]
    return _svg(_SERIES, "the values, their usual band and the alerts", parts)


def _scores(report: Report) -> str:
    scale = _Scale(report.points, 0.0, 1.0, _SCORES)
    parts = [_frame(scale, [0.0, 0.5, 1.0])]
    limit = scale.y(report.threshold)
    parts.append(f'<line class="limit" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{limit:.1f}" y2="{limit:.1f}"/>')
    highest: dict[int, Point] = {}
    for point in report.points:
        column = round(scale.x(point.at))
        if point.score > 0.02 and (column not in highest or point.score > highest[column].score):
            highest[column] = point
    for column, point in highest.items():
        over = " over" if point.score >= report.threshold else ""
        title = f"<title>{_time(point.at)}: {_score(point.score)}</title>"
        place = f'x1="{column}" x2="{column}" y1="{scale.y(0):.1f}" y2="{scale.y(point.score):.1f}"'
        parts.append(f'<line class="score{over}" {place}>{title}</line>')
    return _svg(_SCORES, "the scores and the threshold", parts)


def _svg(height: int, label: str, parts: Sequence[str]) -> str:
    drawing = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    return f'<div class="chart">{drawing}</div>'


def _frame(scale: _Scale, ticks: Sequence[float]) -> str:
    lines = []
    step = ticks[1] - ticks[0] if len(ticks) > 1 else 1.0
    for tick in ticks:
        y = scale.y(tick)
        lines.append(f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{_label(tick, step)}</text>')
    for at, text in _days(scale.begin, scale.end):
        x = scale.x(at)
        lines.append(f'<line class="grid" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{scale.height - _BOTTOM}"/>')
        anchor = "end" if x > _WIDTH - 40 else "middle"
        lines.append(f'<text x="{x:.1f}" y="{scale.height - 7}" text-anchor="{anchor}">{text}</text>')
    return "".join(lines)


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
    days = (end - begin) / _DAY
    most = 8 if days > 300 else 12
    step = _DAY * max(1, math.ceil(days / most)) if days > 2 else 3600.0 * max(1, math.ceil(days * 2))
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
    text = html.escape(f"{_time(alert.at)}, score {_score(alert.score)}: {alert.reason}")
    return (
        f'<line class="rule" x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP}" y2="{scale.height - _BOTTOM}"/>'
        f'<circle class="mark" cx="{x:.1f}" cy="{y:.1f}" r="4.5"><title>{text}</title></circle>'
    )


def _table(report: Report) -> str:
    if not report.alerts:
        return "<p>Nobody would have been notified.</p>"
    judged = report.incidents is not None
    head = (
        "<tr><th>Time</th><th>Score</th><th>Severity</th><th>Why</th>"
        + ("<th>Known incident</th>" if judged else "")
        + "</tr>"
    )
    rows = []
    for alert in report.alerts:
        verdict = ""
        if judged:
            verdict = '<td class="yes">yes</td>' if alert.found else '<td class="no">no</td>'
        until = "" if alert.until is None else f" to {_until(alert)}"
        cells = f'<td class="num">{_time(alert.at)}{until}</td><td class="num">{_score(alert.score)}</td>'
        rows.append(f"<tr>{cells}<td>{alert.severity}</td><td>{html.escape(alert.reason)}</td>{verdict}</tr>")
    missed = "".join(f"<p>Missed: {_time(start)} to {_time(end)}</p>" for start, end in report.missed)
    return f"<table>{head}{''.join(rows)}</table>{missed}"


def _until(alert: JudgedAlert) -> str:
    """The end, without its day where that is the begin's."""
    assert alert.until is not None
    end = _time(alert.until)
    return end[11:] if end[:10] == _time(alert.at)[:10] else end


def _score(score: float) -> str:
    """Three digits, rounded down: no score is 1."""
    return f"{math.floor(score * 1000.0) / 1000.0:.3f}"


def _time(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}"
