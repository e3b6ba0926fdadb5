"""Draws the Grafana dashboard with simulated data: docs/images/grafana-services.png (needs prometheus and chromium).

python -m tools.grafana_picture

The queries are the dashboard's own, asked of a Prometheus that holds six made hours with an incident: only Grafana's
drawing is imitated.
"""

from __future__ import annotations

import html
import json
import math
import socket
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
DASHBOARD = ROOT / "rules" / "rendered" / "services.json"
PICTURE = ROOT / "docs" / "images" / "grafana-services.png"
START, HOURS, STEP = 1_790_000_000, 6, 60
END = START + HOURS * 3600
SERVICES = ("checkout", "payments", "web")
INCIDENT = (START + 4 * 3600, START + 5 * 3600)
COLUMN, ROW = 52, 30  # pixels of a cell of the grid
COLOURS = ("#7eb26d", "#eab839", "#6ed0e0", "#ef843c", "#e24d42", "#1f78c1", "#ba43a9", "#705da0")
Points = Sequence[tuple[float, float]]
_STYLE = """body{margin:0;background:#111217;color:#ccccdc;font:12px Inter,Helvetica,Arial,sans-serif;position:relative}
.p{position:absolute;background:#181b1f;border:1px solid #2a2d33;border-radius:3px;overflow:hidden}
.r{position:absolute;font-size:15px;font-weight:600}.t{padding:5px 9px;font-weight:600}.k{padding:0 9px;font-size:10px}
.k span{margin-right:9px}.n{font-size:21px;font-weight:600}
.s{padding:3px 9px;display:flex;justify-content:space-between}
"""


def samples() -> Iterator[tuple[str, str, float, int]]:
    """Yields the made series: the name, its labels, a value and its second."""
    for at in range(START, END + 1, STEP):
        bad = INCIDENT[0] <= at < INCIDENT[1]
        day = 1 + 0.25 * math.sin((at - START) / 3600) + 0.03 * math.sin(at / 97)
        for number, service in enumerate(SERVICES):
            hit = bad and service == "checkout"
            mine, requests = f'service="{service}"', (40, 12, 90)[number] * day
            yield "service:up:max", mine, 1, at
            yield "service:requests:rate5m", mine, requests, at
            yield "service:requests:baseline_avg", mine, (40, 12, 90)[number], at
            yield "service:error_ratio:rate5m", mine, 0.12 if hit else 0.0006 * day, at
            yield "service:latency_seconds:p95", mine, (3.1 if hit else 0.22 + number * 0.1) * day, at
            yield "service:latency_seconds:p99", mine, (6.0 if hit else 0.6 + number * 0.1) * day, at
            yield "service:exceptions:rate5m", f'{mine},type="Timeout"', 0.9 if hit else 0.05 * day, at
            yield "service:rate_limited:rate5m", mine, 0.02 * day * (number + 1), at
            yield "service:transactions:increase1h", mine, requests * 30, at
            slo, spent = f'{mine},slo="availability"', max(0.0, min(1.0, (at - INCIDENT[0]) / 3600)) * (number == 0)
            yield "service:slo_objective:ratio", slo, (0.999, 0.9995, 0.995)[number], at
            yield "service:slo_budget:remaining_ratio", slo, (0.82, 0.91, 0.97)[number] - 0.17 * spent, at
            for name, hours in (("5m", 0.08), ("1h", 1.0), ("6h", 6.0), ("3d", 72.0)):
                over = min(1.0, max(0.0, at - INCIDENT[0]) / 3600 / hours) if hit else 0.0
                after = max(0.0, 1 - (at - INCIDENT[1]) / 3600 / hours) if number == 0 and at >= INCIDENT[1] else 0.0
                share = over or (after * min(1.0, 1 / hours) if hours >= 1 else 0.0)
                yield f"service:slo_burn:rate{name}", slo, 0.6 + 120 * share * (1 if hours < 72 else 0.4), at
            if hit:
                yield (
                    "ALERTS",
                    f'{mine},alertname="CriticalHighErrorRate",alertstate="firing",severity="critical"',
                    1,
                    at,
                )
        yield "ALERTS", 'service="web",alertname="HighDiskUsage",alertstate="firing",severity="warning"', 1, at
        for number in (1, 2):
            there = f'service="web",job="node",instance="web-{number}:9100"'
            yield (
                "instance:cpu:ratio",
                there,
                (0.93 if bad and number == 1 else 0.4 + 0.1 * number) * min(day, 1.05),
                at,
            )
            yield "instance:memory:ratio", there, 0.55 + 0.08 * number, at
            yield "instance:disk:ratio", f'{there},mountpoint="/"', 0.6 + 0.26 * (number == 1), at
        yield "queue_messages", 'service="orders",queue="orders"', 14 if bad else 3 * day, at
        runs = (at - START) // 600
        yield "batch_job_runs_total", 'service="orders",job_name="invoices",outcome="success"', runs, at
        calls = (at - START) / 60 * 300
        for outcome, share in (("success", 0.97), ("error", 0.03)):
            labels = f'service="checkout",dependency="bank",outcome="{outcome}"'
            yield "dependency_calls_total", labels, calls * share, at


def openmetrics() -> str:
    """Returns the series as OpenMetrics, a metric after the other, as promtool makes blocks of it."""
    named: dict[str, list[str]] = {}
    for name, labels, value, at in samples():
        named.setdefault(name, []).append(f"{name}{{{labels}}} {value:.6g} {at}")
    parts = [f"# TYPE {name} unknown\n" + "\n".join(lines) for name, lines in named.items()]
    return "\n".join(parts) + "\n# EOF\n"


def answers(folder: Path, panels: Sequence[Mapping[str, Any]]) -> list[dict[str, Points]]:
    """Returns the points of each panel by legend, as a Prometheus over the made series answers its queries."""
    (folder / "series.txt").write_text(openmetrics(), encoding="utf-8")
    blocks = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "series.txt", "data"]
    subprocess.run(blocks, cwd=folder, check=True, capture_output=True)
    (folder / "prometheus.yml").write_text("global: {}\n", encoding="utf-8")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    command = [
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        "--storage.tsdb.retention.time=100y",
        f"--web.listen-address={address}",
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            if not any("ready to receive web requests" in line for line in process.stderr):
                raise RuntimeError("prometheus did not start")
            return [dict(_asked(address, panel)) for panel in panels]
        finally:
            process.kill()


def _asked(address: str, panel: Mapping[str, Any]) -> Iterator[tuple[str, Points]]:
    for target in panel["targets"]:
        query = target["expr"].replace("$service", ".*")
        asked = urllib.parse.urlencode({"query": query, "start": START, "end": END, "step": STEP})
        with urllib.request.urlopen(f"http://{address}/api/v1/query_range?{asked}", timeout=30) as answer:
            for series in json.loads(answer.read())["data"]["result"]:
                legend = target["legendFormat"]
                for name, value in series["metric"].items():
                    legend = legend.replace(f"{{{{{name}}}}}", value)
                yield legend, [(float(at), float(value)) for at, value in series["values"]]


def page(panels: Sequence[Mapping[str, Any]], points: Sequence[Mapping[str, Points]]) -> tuple[str, int]:
    """Returns the HTML of the dashboard and its height in pixels."""
    parts, bottom, answered = [], 0, iter(points)
    for panel in panels:
        at = panel["gridPos"]
        bottom = max(bottom, (at["y"] + at["h"]) * ROW)
        place = f"left:{at['x'] * COLUMN + 4}px;top:{at['y'] * ROW + 4}px;width:{at['w'] * COLUMN - 8}px"
        if panel["type"] == "row":
            parts.append(f'<div class=r style="{place}">▾ {panel["title"]}</div>')
            continue
        inner = _panel(panel, next(answered), at["w"] * COLUMN - 8, at["h"] * ROW - 8)
        title = f"<div class=t>{panel['title']}</div>"
        parts.append(f'<div class=p style="{place};height:{at["h"] * ROW - 8}px">{title}{inner}</div>')
    return f'<!doctype html><meta charset="utf-8"><style>{_STYLE}</style>{"".join(parts)}', bottom + 8


def _panel(panel: Mapping[str, Any], points: Mapping[str, Points], width: int, height: int) -> str:
    unit = {"percent": " %", "s": " s", "d": " d"}.get(panel["fieldConfig"]["defaults"]["unit"], "")
    if panel["type"] == "timeseries":
        return _lines(panel, points, width, height - 58) + _key(points)
    rows = [
        f"<div class=s><span>{html.escape(legend)}</span>"
        + ("" if panel["type"] == "table" else f"<span class=n>{found[-1][1]:.4g}{unit}</span>")
        + "</div>"
        for legend, found in points.items()
        if found[-1][0] == END or panel["type"] == "table"
    ]
    return "".join(rows)


def _lines(panel: Mapping[str, Any], points: Mapping[str, Points], width: int, height: int) -> str:
    steps = [step for step in panel["fieldConfig"]["defaults"]["thresholds"]["steps"] if step["value"] is not None]
    values = [value for found in points.values() for _, value in found]
    top = max([*values, *(step["value"] for step in steps), 0.001]) * 1.08

    def y(value: float) -> float:
        place: float = height - 4 - value / top * (height - 12)
        return place

    def x(at: float) -> float:
        return 44 + (at - START) / (END - START) * (width - 54)

    parts = [
        f'<text x="4" y="{y(value) + 4:.0f}" fill="#8e8e9c" font-size="10">{value:.3g}</text>'
        for value in (0, top / 1.08)
    ]
    for step in steps:
        line = f'x1="44" x2="{width - 10}" y1="{y(step["value"]):.1f}" y2="{y(step["value"]):.1f}"'
        parts.append(f'<line {line} stroke="{step["color"]}" stroke-dasharray="6 4"/>')
    for colour, found in zip(COLOURS * 9, points.values(), strict=False):
        way = " ".join(f"{x(at):.1f},{y(value):.1f}" for at, value in found)
        parts.append(f'<polyline points="{way}" fill="none" stroke="{colour}" stroke-width="1.4"/>')
    return f'<svg width="{width}" height="{height}">{"".join(parts)}</svg>'


def _key(points: Mapping[str, Points]) -> str:
    names = [
        f'<span style="color:{colour}">━ {html.escape(legend)}</span>'
        for colour, legend in zip(COLOURS * 9, points, strict=False)
    ]
    return f"<div class=k>{''.join(names)}</div>"


def main() -> int:
    """Writes the picture."""
    panels = json.loads(DASHBOARD.read_text(encoding="utf-8"))["panels"]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = answers(folder, [panel for panel in panels if panel["type"] != "row"])
        text, height = page(panels, found)
        (folder / "page.html").write_text(text, encoding="utf-8")
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars"]
        size = [f"--window-size={24 * COLUMN + 8},{height}", f"--user-data-dir={folder / 'chromium'}"]
        shot = [f"--screenshot={PICTURE}", str(folder / "page.html")]
        subprocess.run(["chromium", *flags, *size, *shot], check=True, capture_output=True, timeout=120)
    print(f"{PICTURE.relative_to(ROOT)}: written", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
