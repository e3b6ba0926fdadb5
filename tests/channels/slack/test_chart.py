"""A metric as Slack draws it, and a workspace that does not know the block yet."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from alertrelay.channels.slack import chart
from alertrelay.channels.slack.render import render
from alertrelay.channels.slack.sender import SlackSender
from alertrelay.channels.transport.connection import Network
from alertrelay.notification import Receipt
from alertrelay.ports import Permanent
from alertrelay.render.picture import png
from alertrelay.values.charted import POINTS, ChartPoints, points_written

from local.standins import Fault, StandIns
from local.standins.http import HttpListener
from local.standins.slack import Slack
from tests.channels.example import key
from tests.channels.slack.example import BY_BOT, SLACK_BOT, SLACK_WEBHOOK
from tests.channels.slack.test_sender import SLACK_BOT as BOT
from tests.channels.slack.test_sender import says, send
from tests.render.notifications import CASES

AT = 1_795_000_000.0
HIGH = ChartPoints(
    name="ApproximateNumberOfMessagesVisible",
    points=tuple((AT + 540.0 * place, float(place)) for place in range(20)),
    threshold=12.0,
)
EVEN = replace(HIGH, name=f"{HIGH.name}, last 3 h", points=tuple((float(place), float(place)) for place in range(20)))
"""What a block shows of it, which has no times but those of its labels."""
REFUSED = {"ok": False, "error": "invalid_blocks"}


def slack_of(peers: StandIns) -> Slack:
    listener = peers._listeners["slack"]
    assert isinstance(listener, HttpListener)
    assert isinstance(listener.service, Slack)
    return listener.service


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


def charted_message() -> dict[str, Any]:
    return {"text": "CPU high", "blocks": [chart.of_points(HIGH)]}


def uploading(peers: StandIns) -> tuple[SlackSender, list[dict[str, Any]]]:
    """Returns a sender of a workspace that refuses the chart of the next message, and what it logs."""
    peers.fail("slack", says(REFUSED), times=1)
    logged: list[dict[str, Any]] = []
    network = Network(endpoints=peers.endpoints, log=lambda event, **fields: logged.append({"event": event, **fields}))
    return SlackSender(network), logged


def post(sender: SlackSender, *, earlier: Receipt | None = None, edit: bool = False) -> Receipt:
    return sender.send(
        charted_message(), BOT, key=key(BY_BOT), notification_id="n-1", timeout=600, earlier=earlier, edit=edit
    )


def test_a_workspace_without_the_block_gets_the_chart_as_a_picture_in_the_thread(peers: StandIns) -> None:
    sender, logged = uploading(peers)
    receipt = post(sender)
    assert slack_of(peers).files.shared == [(receipt.ref["channel"], receipt.ref["ts"], png(EVEN))]
    assert logged == []
    (upload,) = (request for request in peers.requests if request.path.startswith("/upload/"))
    assert "authorization" not in upload.headers


def test_a_reply_has_its_picture_in_the_thread_and_an_edit_has_none(peers: StandIns) -> None:
    first = send(peers, BOT)
    for edit, pictures in ((False, 1), (True, 1)):
        sender, logged = uploading(peers)
        post(sender, earlier=first, edit=edit)
        assert [place for *place, _ in slack_of(peers).files.shared] == [list(first.ref.values())] * pictures
        assert logged == []


def test_a_token_without_the_scope_is_asked_and_said_once(peers: StandIns) -> None:
    sender, logged = uploading(peers)
    peers.fail("slack", says({"ok": False, "error": "missing_scope", "needed": "files:write"}), after=2, times=1)
    assert post(sender).ref
    peers.fail("slack", says(REFUSED), times=1)
    assert post(sender).ref
    assert logged == [{"event": "chart_not_uploaded", "key": "slack_token", "failure": "missing_scope"}]
    assert [request.path.rpartition("/")[2] for request in peers.requests].count("files.getUploadURLExternal") == 1


@pytest.mark.parametrize(
    ("after", "fault", "failure"),
    [
        (2, Fault.named("reset"), "Slack closed the connection without an answer"),
        (2, Fault.named("503"), "Slack answered 503"),
        (2, says({"ok": True, "upload_url": "https://example.com/x"}), "the address for the upload is not Slack's"),
        (2, says({"ok": True, "upload_url": "https://[::1"}), "ValueError"),
        (2, says({"ok": False, "error": "about xoxb-1"}), "an error without a name"),
        (3, Fault.named("500"), "the upload was answered 500"),
        (4, says({"ok": False, "error": "not_in_channel"}), "not_in_channel"),
    ],
    ids=["reset", "503", "elsewhere", "junk", "no word", "upload", "not in the channel"],
)
def test_a_picture_that_fails_leaves_the_message_as_it_is(
    peers: StandIns, after: int, fault: Fault, failure: str
) -> None:
    sender, logged = uploading(peers)
    peers.fail("slack", fault, after=after, times=1)
    assert post(sender).ref["ts"]
    assert [one["failure"] for one in logged] == [failure]
    assert slack_of(peers).files.shared == []
    assert sum(request.path.endswith("chat.postMessage") for request in peers.requests) == 2
