"""Makes widgets, and lays them out on dashboards within CloudWatch's limits.

Source: Amazon CloudWatch API reference, "Dashboard body structure and syntax", and the service's quotas: 500 widgets a
dashboard, 500 metrics a widget, 2,500 metrics a dashboard, 100 alarms a widget. What depends on the deployment stands
as `${AWS::Region}` in a body, and is filled in by CloudFormation.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

WIDE, HALF, THIRD, QUARTER = 24, 12, 8, 6
HEIGHT = 6
REGION = "${AWS::Region}"
ALARM_ARN = "arn:${AWS::Partition}:cloudwatch:${AWS::Region}:${AWS::AccountId}:alarm:"
MOST_WIDGETS, MOST_METRICS, MOST_ALARMS = 500, 2_500, 100
MOST_BYTES = 400_000
"""Of a body; a template of several has at most 1 MB."""
RED, ORANGE, BLUE = "#d13212", "#ff9900", "#0073bb"


@dataclass(frozen=True, slots=True, kw_only=True)
class Widget:
    """One widget before it has its place; `metrics` is how many it shows."""

    kind: str
    properties: Mapping[str, Any]
    width: int
    height: int = HEIGHT
    metrics: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """A dashboard with its widgets, by the last part of its name."""

    name: str
    widgets: tuple[Widget, ...]

    @property
    def metrics(self) -> int:
        """Returns how many metrics all widgets show."""
        return sum(widget.metrics for widget in self.widgets)

    def body(self) -> dict[str, Any]:
        """Returns what PutDashboard takes."""
        return {"periodOverride": "inherit", "widgets": list(_placed(self.widgets))}


def text(markdown: str, *, height: int = 1) -> Widget:
    """Returns a heading or a paragraph over the whole width."""
    return Widget(kind="text", properties={"markdown": markdown}, width=WIDE, height=height)


def graph(
    title: str,
    metrics: Sequence[Sequence[Any]],
    *,
    width: int = THIRD,
    period: int = 60,
    limits: Iterable[tuple[str, float, str]] = (),
    view: str = "timeSeries",
    low: float | None = 0,
) -> Widget:
    """Returns a graph, or with `view="singleValue"` the newest numbers. `metrics` are rows as a body has them; `limits`
    are drawn as lines: label, value, colour."""
    annotations = [{"label": label, "value": value, "color": colour} for label, value, colour in limits]
    properties: dict[str, Any] = {
        "title": title,
        "region": REGION,
        "view": view,
        "period": period,
        "metrics": [list(row) for row in metrics],
    }
    if view == "timeSeries" and low is not None:
        properties["yAxis"] = {"left": {"min": low}}
    if annotations:
        properties["annotations"] = {"horizontal": annotations}
    height = HEIGHT if view == "timeSeries" else 3
    return Widget(kind="metric", properties=properties, width=width, height=height, metrics=len(metrics))


def alarm_lists(title: str, names: Sequence[str]) -> Iterator[Widget]:
    """Yields widgets with the state of alarms, at most a hundred each, those that fire first."""
    for begin in range(0, len(names), MOST_ALARMS):
        part = names[begin : begin + MOST_ALARMS]
        shown = f"{title} ({begin + 1} to {begin + len(part)})" if len(names) > MOST_ALARMS else title
        properties = {"title": shown, "sortBy": "stateUpdatedTimestamp", "alarms": [ALARM_ARN + name for name in part]}
        height = 2 + (len(part) + 3) // 4
        yield Widget(kind="alarm", properties=properties, width=WIDE, height=min(height, 28))


def log_table(title: str, groups: Sequence[str], *query: str, width: int = WIDE) -> Widget:
    """Returns a table of a Logs Insights query over log groups."""
    sources = " | ".join(f"SOURCE '{group}'" for group in groups)
    properties = {"title": title, "region": REGION, "view": "table", "query": " | ".join([sources, *query])}
    return Widget(kind="log", properties=properties, width=width, height=8)


def split(name: str, sections: Iterable[Sequence[Widget]]) -> list[Dashboard]:
    """Returns as few dashboards as hold all sections within the limits, each section whole on one of them. The first
    has the plain name, so that its address stays when more are needed."""
    pages: list[list[Widget]] = [[]]
    for section in sections:
        if pages[-1] and not _fits([*pages[-1], *section]):
            pages.append([])
        pages[-1] += section
    return [
        Dashboard(name=name if number == 1 else f"{name}-{number}", widgets=tuple(page))
        for number, page in enumerate(pages, start=1)
        if page
    ]


def _fits(widgets: Sequence[Widget]) -> bool:
    return (
        len(widgets) <= MOST_WIDGETS
        and sum(widget.metrics for widget in widgets) <= MOST_METRICS
        and len(json.dumps(Dashboard(name="", widgets=tuple(widgets)).body())) <= MOST_BYTES
    )


def _placed(widgets: Iterable[Widget]) -> Iterator[dict[str, Any]]:
    """Yields the widgets in rows from the left, a new row where the next one does not fit."""
    x = y = tallest = 0
    for widget in widgets:
        if x + widget.width > WIDE:
            x, y, tallest = 0, y + tallest, 0
        placed = {"x": x, "y": y, "width": widget.width, "height": widget.height}
        yield {"type": widget.kind, **placed, "properties": dict(widget.properties)}
        x, tallest = x + widget.width, max(tallest, widget.height)
