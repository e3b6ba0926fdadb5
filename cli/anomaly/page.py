"""The page of `alertrelay anomaly report`: HTML with inline SVG, nothing loaded from anywhere."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

from alertrelay.values.text import how_many

from cli.anomaly.drawing import DAY, score_text, scores, series, time_text
from cli.anomaly.judge import is_early, offers

if TYPE_CHECKING:
    from cli.anomaly.judge import JudgedAlert, JudgedForecast, Point, Report

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
.chart { overflow-x: auto; direction: rtl; } svg { direction: ltr; } .near { display: none; }
@media (max-width: 700px) {
  body { margin: 1rem auto; padding: 0 12px; } .tiles { gap: 8px; } .tile { padding: 8px 10px; min-width: 90px; }
  svg { min-width: 820px; } text { font-size: 16px; } .near { display: block; }
  .near { stroke: var(--page); stroke-width: 4px; paint-order: stroke; }
  table, tbody, tr, td { display: block; width: auto; } tr:has(th) { display: none; }
  tr { border-bottom: 1px solid var(--line); padding: 6px 0; } td { border: 0; padding: 2px 0; }
  td.num { white-space: normal; font-weight: 600; }
  td[data-name]::before { content: attr(data-name) ": "; color: var(--soft); font-weight: 400; }
}
"""


def page(report: Report) -> str:
    """The whole page."""
    title = html.escape(report.name)
    body = [f"<h1>{title}</h1>", f"<p>{_period(report.points)}</p>", _tiles(report)]
    if report.points:
        body += ["<h2>Value and usual band</h2>", series(report), "<h2>Score</h2>", scores(report)]
    body += ["<h2>Alerts</h2>", _table(report), *map(_forecast, report.forecasts)]
    if report.points:
        body += ["<h2>Other thresholds</h2>", _offers(report)]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}: anomaly report</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>\n<body>\n'
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _period(points: Sequence[Point]) -> str:
    if not points:
        return "No point of the file lies in this period."
    return f"{time_text(points[0].at)} to {time_text(points[-1].at)} · {how_many(len(points), 'point')}"


def _tiles(report: Report) -> str:
    weeks = (report.points[-1].at - report.points[0].at) / (7 * DAY) if report.points else 0.0
    tiles = [
        (f"{len(report.alerts)}", "alerts"),
        (f"{len(report.alerts) / weeks:.1f}" if weeks else "-", "alerts a week"),
        (score_text(max((point.score for point in report.points), default=0.0)), "highest score"),
        (f"{report.threshold:.4g}", "threshold"),
    ]
    if report.mode:
        tiles.append((report.mode, "mode" if report.mode != "shadow" else "mode: nobody was notified"))
    if report.incidents is not None:
        right = sum(alert.found is True for alert in report.alerts)
        tiles.append((f"{right} of {len(report.alerts)}", "alerts in a known incident"))
        known = len(report.incidents)
        tiles.append((f"{known - len(report.missed)} of {known}", "known incidents found"))
    if report.judged:
        helpful = sum(alert.verdict is not None and alert.verdict.helpful for alert in report.judged)
        tiles.append((f"{helpful} of {len(report.judged)}", "judged alerts helpful"))
    cells = "".join(f'<div class="tile"><b>{value}</b><span>{name}</span></div>' for value, name in tiles)
    return f'<div class="tiles">{cells}</div>'


def _table(report: Report) -> str:
    if not report.alerts:
        return "<p>Nobody would have been notified.</p>"
    judged = report.incidents is not None
    head = (
        "<tr><th>Time</th><th>Score</th><th>Severity</th><th>Why</th>"
        + ("<th>Known incident</th>" if judged else "")
        + ("<th>People</th>" if report.judged else "")
        + "</tr>"
    )
    rows = []
    for alert in report.alerts:
        verdict = ""
        if judged:
            kind = "yes" if alert.found else "no"
            early = ", in its first fifth" if is_early(alert, report.incidents or ()) else ""
            verdict = f'<td class="{kind}" data-name="Known incident">{kind}{early}</td>'
        until = "" if alert.until is None else f" to {_until(alert)}"
        cells = (
            f'<td class="num">{time_text(alert.at)}{until}</td>'
            f'<td class="num" data-name="Score">{score_text(alert.score)}</td>'
            f'<td data-name="Severity">{alert.severity}</td>'
            f'<td data-name="Why">{html.escape(alert.reason)}</td>'
        )
        rows.append(f"<tr>{cells}{verdict}{_people(alert) if report.judged else ''}</tr>")
    missed = "".join(f"<p>Missed: {time_text(start)} to {time_text(end)}</p>" for start, end in report.missed)
    return f"<table>{head}{''.join(rows)}</table>{missed}"


def _forecast(one: JudgedForecast) -> str:
    """Returns a line for the alert that a limit is near."""
    until = "" if one.until is None else f" to {time_text(one.until)}"
    return f'<p class="no">{time_text(one.at)}{until}: {html.escape(one.text)}</p>'


def _people(alert: JudgedAlert) -> str:
    """Returns the cell with what people said of an alert."""
    vote = alert.verdict
    if vote is None:
        return '<td data-name="People"></td>'
    kind, word = ("yes", "helpful") if vote.helpful else ("no", "not helpful")
    by = f", {html.escape(vote.by)}" if vote.by else ""
    return f'<td class="{kind}" data-name="People">{word}{by}</td>'


def _offers(report: Report) -> str:
    lines = []
    for offer in offers(report):
        known = "" if offer.right is None else f", {offer.right} in known incidents"
        counted = f"{offer.alerts} alert" + ("" if offer.alerts == 1 else "s")
        lines.append(f"<li>at {offer.threshold:g} you would have had {counted}{known}</li>")
    return f"<ul>{''.join(lines)}</ul>"


def _until(alert: JudgedAlert) -> str:
    """The end, without its day where that is the begin's."""
    assert alert.until is not None
    end = time_text(alert.until)
    return end[11:] if end[:10] == time_text(alert.at)[:10] else end
