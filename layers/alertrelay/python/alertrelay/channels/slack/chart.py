"""A metric as Slack draws it: a data_visualization block, with the threshold as a line of its own.

A bot may post it; a workspace that has not got it yet answers `invalid_blocks`, and then the message goes without, and
the chart follows as a picture in its thread (upload.py).
Limits: title 50, at most 20 categories of 20 characters, names of series 20 and unique, each series with exactly the
categories (docs.slack.dev, reference/block-kit/blocks/data-visualization-block, of 2026-06-16).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alertrelay.channels.slack import SlackSettings
from alertrelay.notification import Message, Notification
from alertrelay.render import wording
from alertrelay.render.text import cut
from alertrelay.values.charted import POINTS, ChartPoints, points_read

BLOCK = "data_visualization"
_TITLE, _SERIES, _MOST = 50, 20, 20
_THRESHOLD = "Threshold"


def block(notification: Notification, settings: SlackSettings) -> list[dict[str, Any]]:
    """Returns the chart of the alert that the message shows in full; nothing for a webhook, or without points."""
    drawn = points_read(wording.lead(notification).annotations.get(POINTS, ""))
    return [of_points(drawn)] if settings.mode == "bot" and drawn else []


def of_points(drawn: ChartPoints) -> dict[str, Any]:
    """Returns the block of what is drawn."""
    times = {f"{datetime.fromtimestamp(at, UTC):%H:%M}": value for at, value in drawn.points[-_MOST:]}
    chart = {
        "type": "line",
        "series": _series(drawn, times),
        "axis_config": {"categories": list(times), "x_label": "UTC"},
    }
    return {"type": BLOCK, "title": cut(f"{drawn.name}, last 3 h", _TITLE), "chart": chart}


def without(message: Message) -> Message | None:
    """Returns the message without its chart, None where it has none."""
    blocks = [one for one in message.get("blocks", ()) if one.get("type") != BLOCK]
    return {**message, "blocks": blocks} if len(blocks) < len(message.get("blocks", ())) else None


def points_of(message: Message) -> ChartPoints | None:
    """Returns what a message's chart draws, at equal steps, None without one."""
    block = next((one for one in message.get("blocks", ()) if one.get("type") == BLOCK and one.get("chart")), None)
    if block is None:
        return None
    values, *limits = ([point["value"] for point in one["data"]] for one in block["chart"]["series"])
    points = tuple((float(place), value) for place, value in enumerate(values))
    return ChartPoints(name=block["title"], points=points, threshold=limits[0][0] if limits else None)


def _series(drawn: ChartPoints, times: dict[str, float]) -> list[dict[str, Any]]:
    name = cut(drawn.name, _SERIES) or "Value"
    lines = {name: list(times.values())}
    if drawn.threshold is not None:
        lines[_THRESHOLD if name != _THRESHOLD else "Limit"] = [drawn.threshold] * len(times)
    return [
        {"name": name, "data": [{"label": at, "value": value} for at, value in zip(times, values, strict=True)]}
        for name, values in lines.items()
    ]
