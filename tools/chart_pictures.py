"""Messages with a chart, for their pictures: simulated points, in a bot's message drawn about as Slack does."""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from typing import Any

from alertrelay.channels.slack import chart
from alertrelay.render.picture import png
from alertrelay.values.charted import ChartPoints

WIDTH, HEIGHT, LEFT, TOP = 560, 150, 40, 12
COLOURS = ("#1264a3", "#e01e5a")
ROWS = 'style="border-spacing:0;margin-top'
"""In a mail, what its first table of facts has and nothing before it."""
AT = 1_795_133_100.0
SIMULATED = ChartPoints(
    name="CPUUtilization",
    points=tuple(
        (AT + 540.0 * place, value)
        for place, value in enumerate(
            (22.0, 21.4, 28.5, 24.0, 23.1, 29.0, 24.4, 30.2, 29.5, 25.0, 31.0, 38.4, 40.1, 47.9, 50.2, 58.6, 66.0, 74.8,
             80.3, 84.2)
        )
    ),
    threshold=70.0,
)  # fmt: skip


def with_chart(message: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the message of a webhook with the chart that a bot's has, behind its links."""
    head, rest = message["blocks"][:3], message["blocks"][3:]
    return {**message, "blocks": [*head, chart.of_points(SIMULATED), *rest]}


def mail_with_chart(page: str) -> str:
    """Returns the HTML of a mail with the picture that it has where points were found, before its rows."""
    shown = f'<p><img src="data:image/png;base64,{base64.b64encode(png(SIMULATED)).decode()}"></p>'
    at = page.rfind("<table", 0, page.index(ROWS))
    return f"{page[:at]}{shown}{page[at:]}"


def drawn(block: Mapping[str, Any]) -> str:
    """Returns the chart of a block as HTML."""
    series, axis = block["chart"]["series"], block["chart"]["axis_config"]
    values = [point["value"] for one in series for point in one["data"]]
    top, wide = max(values) * 1.1, len(axis["categories"]) - 1

    def place(number: int, value: float) -> str:
        return f"{LEFT + number * (WIDTH - LEFT) / wide:.0f},{TOP + HEIGHT * (1 - value / top):.0f}"

    lines = "".join(
        f'<polyline fill="none" stroke="{colour}" stroke-width="2" points="'
        + " ".join(place(number, point["value"]) for number, point in enumerate(one["data"]))
        + '"/>'
        for colour, one in zip(COLOURS, series, strict=False)
    )
    ticks = "".join(
        f'<text x="{LEFT + number * (WIDTH - LEFT) / wide:.0f}" y="{TOP + HEIGHT + 18}">{name}</text>'
        for number, name in enumerate(axis["categories"])
        if number % 4 == 0
    )
    scale = "".join(
        f'<text x="0" y="{TOP + HEIGHT * (1 - share) + 4:.0f}">{top * share:.0f}</text>' for share in (0, 0.5, 1)
    )
    named = " ".join(
        f'<span style="color:{colour}">&#9632;</span> {html.escape(one["name"])}'
        for colour, one in zip(COLOURS, series, strict=False)
    )
    return (
        f'<div class=b><b>{html.escape(block["title"])}</b><div class=c>{named}</div><svg width="{WIDTH + 40}" '
        f'height="{TOP + HEIGHT + 24}" font-size="11" fill="#616061">{lines}{ticks}{scale}</svg></div>'
    )
