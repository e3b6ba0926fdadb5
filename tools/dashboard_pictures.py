"""Draws the dashboards of the example about as CloudWatch shows them, from made data: docs/images/dashboard-*.png.

`python -m tools.dashboard_pictures` (needs chromium). The numbers are those of
tools/dashboard_data.py.
"""

from __future__ import annotations

import argparse
import html
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from compiler.config_files import read_environment
from compiler.dashboards.pages import dashboards_of
from compiler.dashboards.relay_page import relay_dashboard
from compiler.dashboards.widgets import Dashboard
from tools.dashboard_data import POINTS, made, rows_of
from tools.messages import FLAGS, IMAGES

ROOT = Path(__file__).parent.parent
CELL, ROW, WIDTH = 54, 46, 24
MOST_HEIGHT = 1_500
"""Pixels of a picture: a longer dashboard is cut."""
COLOURS = ("#0073bb", "#ff9900", "#2ca02c", "#9467bd", "#8c564b", "#17becf")
STYLE = """body{margin:0;background:#f2f3f3;font:13px system-ui,sans-serif;position:relative}
.w{position:absolute;box-sizing:border-box;background:#fff;border:1px solid #d5dbdb;padding:6px;overflow:hidden}
.t{background:none;border:0;padding:2px 6px}h2{margin:2px 0;font-size:18px}b{font-size:12px;display:block}
.n{font-size:28px;color:#16191f;margin-top:8px}.a{display:inline-block;width:23.5%;margin:2px;padding:3px;font-size:10px;
box-sizing:border-box;white-space:nowrap;overflow:hidden;text-overflow:ellipsis;color:#fff;border-radius:2px}
td{font-size:11px;padding:2px 10px 2px 0;border-bottom:1px solid #eaeded}
i{font-style:normal;font-size:10px;margin-right:8px}
"""


def page(dashboard: Dashboard) -> str:
    """Returns a page with the dashboard."""
    widgets = "".join(map(_widget, dashboard.body()["widgets"]))
    return f"<!doctype html><meta charset=utf-8><style>{STYLE}</style><body>{widgets}</body>"


def _widget(widget: Mapping[str, Any]) -> str:
    x, y = widget["x"] * CELL, widget["y"] * ROW
    width, height = widget["width"] * CELL - 6, widget["height"] * ROW - 6
    place = f"left:{x + 3}px;top:{y + 3}px;width:{width}px;height:{height}px"
    draw = {"text": _text, "alarm": _alarms, "log": _log, "metric": _metric}[widget["type"]]
    kind = "w t" if widget["type"] == "text" else "w"
    return f'<div class="{kind}" style="{place}">{draw(widget["properties"], width, height)}</div>'


def _text(properties: Mapping[str, Any], _width: int, _height: int) -> str:
    head, _, rest = properties["markdown"].partition("\n")
    return f"<h2>{html.escape(head.lstrip('# '))}</h2>{html.escape(rest)}"


def _alarms(properties: Mapping[str, Any], _width: int, _height: int) -> str:
    names = [arn.rpartition(":")[2] for arn in properties["alarms"]]
    draw = random.Random(properties["title"])
    firing = set(draw.sample(names, min(2, len(names))))
    chips = (
        f'<span class="a" style="background:{"#d13212" if name in firing else "#1d8102"}">{html.escape(name)}</span>'
        for name in sorted(names, key=lambda name: name not in firing)
    )
    return f"<b>{html.escape(properties['title'])}</b>{''.join(chips)}"


def _log(properties: Mapping[str, Any], _width: int, _height: int) -> str:
    rows = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows_of(properties["title"])
    )
    return f"<b>{html.escape(properties['title'])}</b><table>{rows}</table>"


def _metric(properties: Mapping[str, Any], width: int, height: int) -> str:
    title = f"<b>{html.escape(properties['title'])}</b>"
    limits = [(line["label"], line["value"]) for line in properties.get("annotations", {}).get("horizontal", ())]
    drawn = [row for row in properties["metrics"] if _options(row).get("visible") is not False]
    series = [made(properties["title"], _label(row), limits, n) for n, row in enumerate(drawn)]
    if properties["view"] == "singleValue":
        return f'{title}<div class="n">{series[0][-1]:.3g}</div>'
    return title + _svg(drawn, series, properties, width - 14, height - 44)


def _options(row: Sequence[Any]) -> Mapping[str, Any]:
    return row[-1] if isinstance(row[-1], dict) else {}


def _svg(
    rows: Sequence[Sequence[Any]],
    series: Sequence[Sequence[float]],
    properties: Mapping[str, Any],
    width: int,
    height: int,
) -> str:
    lines = properties.get("annotations", {}).get("horizontal", ())
    values = [value for one in series for value in one] + [line["value"] for line in lines]
    low, high = min(values), max(values)
    low, high = min(low, properties.get("yAxis", {}).get("left", {}).get("min", low)), high + (high - low) * 0.08 or 1

    def at(n: int, value: float) -> str:
        return f"{n * width / (POINTS - 1):.1f},{height - (value - low) * height / (high - low):.1f}"

    drawn = [
        f'<polyline fill="none" stroke="{COLOURS[n % 6]}" stroke-width="1.5" '
        f'points="{" ".join(at(k, value) for k, value in enumerate(one))}"/>'
        for n, one in enumerate(series)
    ]
    for line in lines:
        y = at(0, line["value"]).split(",")[1]
        said = html.escape(f"{line['label']} {line['value']:g}")
        drawn.append(f'<line x1="0" x2="{width}" y1="{y}" y2="{y}" stroke="{line["color"]}" stroke-dasharray="5 3"/>')
        drawn.append(f'<text x="4" y="{float(y) - 3:.1f}" font-size="10" fill="{line["color"]}">{said}</text>')
    legend = "".join(
        f'<i style="color:{COLOURS[n % 6]}">■ {html.escape(_label(row))}</i>' for n, row in enumerate(rows[:6])
    )
    return f'<svg width="{width}" height="{height}" style="display:block">{"".join(drawn)}</svg>{legend}'


def _label(row: Sequence[Any]) -> str:
    return str(_options(row).get("label") or (row[1] if len(row) > 1 else ""))


def take(chromium: str, dashboard: Dashboard) -> None:
    """Writes the picture of a dashboard."""
    rows = max(w["y"] + w["height"] for w in dashboard.body()["widgets"])
    height = min(rows * ROW + 6, MOST_HEIGHT)
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page(dashboard), encoding="utf-8")
        size = f"--window-size={WIDTH * CELL},{height}"
        shot = f"--screenshot={IMAGES / f'dashboard-{dashboard.name}'}.png"
        command = [chromium, *FLAGS, f"--user-data-dir={folder}/profile", size, shot, source.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=120)


def main() -> int:
    """Takes the pictures; 2 where there is no chromium."""
    argparse.ArgumentParser(prog="python -m tools.dashboard_pictures", description=__doc__).parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        print("this needs a program named chromium on PATH", file=sys.stderr)
        return 2
    found, _ = read_environment(ROOT / "config", "prod")
    assert found is not None
    forwarders = ("pagerduty-forwarder", "slack-forwarder", "email-forwarder")
    queues = [f"alertrelay-prod-{name}-timers" for name in forwarders]
    relay = relay_dashboard("prod", forwarders, ("pagerduty", "slack", "email"), queues, ["logs"])
    for dashboard in (*dashboards_of(found), relay):
        take(chromium, dashboard)
    return 0


if __name__ == "__main__":
    sys.exit(main())
