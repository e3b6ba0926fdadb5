"""Writes the template of the Grafana dashboard: rules/templates/services.json, from the panels of
tools/grafana_panels.py.

python -m tools.grafana_dashboard [--check]

The model is Grafana's dashboard schema 39, https://grafana.com/docs/grafana/latest/dashboards/build-dashboards/
view-dashboard-json-model/. Numbers of thresholds are parameters of the rules, so a rendered dashboard draws the lines
at which its alerts fire.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.grafana_panels import ROWS, SELECTED, Panel

PAGE = Path(__file__).resolve().parent.parent / "rules" / "templates" / "services.json"
WIDTH = 24
_NUMBER = re.compile(r'"<(\w+)>"')
SOURCE = {"type": "prometheus", "uid": "$datasource"}


def dashboard() -> dict[str, Any]:
    """Returns the dashboard as Grafana imports it."""
    return {
        "uid": "alertrelay-services",
        "title": "Services",
        "description": "Made by `alertrelay rules render` from rules/templates/services.json.",
        "tags": ["alertrelay"],
        "timezone": "browser",
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "1m",
        "schemaVersion": 39,
        "templating": {"list": _variables()},
        "annotations": {"list": [_annotation()]},
        "panels": list(_panels()),
    }


def _variables() -> list[dict[str, Any]]:
    return [
        {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus"},
        {
            "type": "query",
            "name": "service",
            "label": "Service",
            "datasource": SOURCE,
            "query": "label_values(service:up:max, service)",
            "multi": True,
            "includeAll": True,
            "refresh": 2,
            "current": {"selected": True, "text": "All", "value": "$__all"},
        },
    ]


def _annotation() -> dict[str, Any]:
    return {
        "name": "Restarts",
        "datasource": SOURCE,
        "enable": True,
        "iconColor": "blue",
        "expr": f'ALERTS{{alertname="Restarted",alertstate="firing",{SELECTED}}}',
    }


def _panels() -> Iterator[dict[str, Any]]:
    number, top = 0, 0
    for title, panels in ROWS.items():
        number += 1
        at = {"x": 0, "y": top, "w": WIDTH, "h": 1}
        yield {"type": "row", "id": number, "title": title, "collapsed": False, "gridPos": at, "panels": []}
        top, left, height = top + 1, 0, 0
        for panel in panels:
            if left + panel.width > WIDTH:
                top, left = top + height, 0
            number += 1
            at = {"x": left, "y": top, "w": panel.width, "h": panel.height}
            yield _panel(panel, number, at)
            left, height = left + panel.width, panel.height
        top += height


def _panel(panel: Panel, number: int, at: Mapping[str, int]) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    steps += [{"color": colour, "value": value} for value, colour in (panel.thresholds or {}).items()]
    defaults: dict[str, Any] = {"unit": panel.unit, "thresholds": {"mode": "absolute", "steps": steps}}
    if panel.thresholds:
        defaults["custom"] = {"thresholdsStyle": {"mode": "line"}}
    found: dict[str, Any] = {
        "type": panel.kind,
        "id": number,
        "title": panel.title,
        "datasource": SOURCE,
        "gridPos": at,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "targets": [
            {
                "refId": "ABCDEF"[index],
                "datasource": SOURCE,
                "expr": expr,
                "legendFormat": legend,
                "instant": panel.kind == "table",
                "range": panel.kind != "table",
            }
            for index, (legend, expr) in enumerate(panel.queries.items())
        ],
    }
    return {**found, "description": panel.text} if panel.text else found


def template() -> str:
    """Returns the text of the template: `"<name>"` is a number, which stands there without quotes."""
    return _NUMBER.sub(r"${\1}", json.dumps(dashboard(), indent=2, ensure_ascii=False)) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; 1 where --check finds a template that is not current."""
    parser = argparse.ArgumentParser(prog="python -m tools.grafana_dashboard", description="Writes the dashboard")
    parser.add_argument("--check", action="store_true", help="write nothing; 1 where the template is not current")
    args = parser.parse_args(argv)
    new = template()
    if PAGE.exists() and PAGE.read_text("utf-8") == new:
        return 0
    if not args.check:
        PAGE.write_text(new, "utf-8")
    print(f"{PAGE.name}: {'is not current' if args.check else 'written'}", file=sys.stderr)
    return int(args.check)


if __name__ == "__main__":
    sys.exit(main())
