"""A metric as Slack draws it, and a workspace that does not know the block yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from alertrelay.channels.slack import chart
from alertrelay.channels.slack.render import render
from alertrelay.ports import Permanent
from alertrelay.values.charted import POINTS, ChartPoints, points_written

from local.standins import StandIns
from tests.channels.slack.example import SLACK_BOT, SLACK_WEBHOOK
from tests.channels.slack.test_sender import SLACK_BOT as BOT
from tests.channels.slack.test_sender import says, send
from tests.render.notifications import CASES

AT = 1_795_000_000.0
HIGH = ChartPoints(
    name="ApproximateNumberOfMessagesVisible",
    points=tuple((AT + 540.0 * place, float(place)) for place in range(20)),
    threshold=12.0,
)
REFUSED = {"ok": False, "error": "invalid_blocks"}


def drawn(points: str, settings: Any = SLACK_BOT) -> list[dict[str, Any]]:
    case = CASES["charted"]
    first, *others = case.alerts
    charted = replace(first, annotations={**first.annotations, POINTS: points})
    message = render(replace(case, alerts=(charted, *others)), settings)
    return [block for block in message["blocks"] if block["type"] == chart.BLOCK]


def test_a_bot_s_message_draws_the_metric_beside_its_threshold() -> None:
    (block,) = drawn(points_written(HIGH))
    assert len(block["title"]) <= 50
    series, categories = block["chart"]["series"], block["chart"]["axis_config"]["categories"]
    assert [len({one["name"] for one in series}), len(categories), len(set(categories))] == [2, 20, 20]
    assert all(len(name) <= 20 for name in [*categories, *(one["name"] for one in series)])
    for one in series:
        assert [point["label"] for point in one["data"]] == categories
    assert [point["value"] for point in series[0]["data"]] == [float(place) for place in range(20)]
    assert {point["value"] for point in series[1]["data"]} == {12.0}


def test_a_metric_without_a_threshold_or_of_its_name_is_drawn_too() -> None:
    (alone,) = drawn(points_written(replace(HIGH, threshold=None)))
    (named,) = drawn(points_written(replace(HIGH, name="Threshold")))
    assert [one["name"] for one in alone["chart"]["series"]] == ["ApproximateNumberOf…"]
    assert [one["name"] for one in named["chart"]["series"]] == ["Threshold", "Limit"]


@pytest.mark.parametrize("points", ["", "{", '{"name": "a", "points": [], "threshold": 1}', '{"points": [[1, "x"]]}'])
def test_what_is_no_chart_is_not_drawn(points: str) -> None:
    assert drawn(points) == []


def test_a_webhook_draws_nothing() -> None:
    assert drawn(points_written(HIGH), SLACK_WEBHOOK) == []


@pytest.mark.parametrize("edit", [False, True])
def test_where_slack_refuses_the_chart_the_message_comes_without(peers: StandIns, edit: bool) -> None:
    text = {"type": "section", "text": {"type": "mrkdwn", "text": "CPU high"}}
    message = {"text": "CPU high", "blocks": [text, {"type": chart.BLOCK}]}
    earlier = send(peers, BOT) if edit else None
    peers.fail("slack", says(REFUSED), times=1)
    receipt = send(peers, BOT, message=message, earlier=earlier, edit=edit)
    assert receipt.ref["ts"]
    *_, first, second = (request.body["blocks"] for request in peers.requests if "blocks" in request.body)
    assert (len(first), second) == (2, [text])


def test_a_message_that_is_refused_without_a_chart_too_is_not_sent_for_ever(peers: StandIns) -> None:
    peers.fail("slack", says(REFUSED), times=2)
    with pytest.raises(Permanent, match="invalid_blocks"):
        send(peers, BOT, message={"text": "CPU high", "blocks": [{"type": chart.BLOCK}]})
    assert len(peers.requests) == 2
