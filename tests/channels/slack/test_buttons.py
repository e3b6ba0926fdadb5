"""The buttons and mentions of a Slack message."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.channels.slack import Mention, SlackSettings
from alertrelay.channels.slack import render as slack
from alertrelay.channels.slack.buttons import Button, JudgedAnomaly, read
from alertrelay.config.matchers import parse_matcher
from alertrelay.notification import Notification, Reason
from slack_sdk.models.blocks import Block

from tests.channels.slack.example import SLACK_BOT, SLACK_WEBHOOK
from tests.render.notifications import CASES, RDS

GID = "slack-" + "0123456789abcdef" * 2
WITH_BUTTONS = replace(SLACK_BOT, buttons=True)
ONE = replace(CASES["critical-everything"], gid=GID)


def buttons(notification: Notification, settings: SlackSettings = WITH_BUTTONS) -> list[dict[str, Any]]:
    blocks = slack.render(notification, settings)["blocks"]
    for block in blocks:
        assert Block.parse(block).to_dict() == block  # type: ignore[union-attr]
    assert len(json.dumps(blocks, ensure_ascii=False)) < 12_000
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def test_a_message_of_a_bot_has_buttons_that_name_its_group() -> None:
    found = buttons(ONE)
    read_back = [read(one["action_id"], one.get("value")) for one in found]
    assert read_back == [
        Button(deed="acknowledge", group=GID),
        *(Button(deed="silence", group=GID, span=span) for span in ("1h", "4h", "tomorrow")),
        Button(deed="open"),
    ]
    assert [one["text"]["text"] for one in found][1:4] == ["Silence 1 h", "Silence 4 h", "Silence until tomorrow"]
    assert found[-1]["url"] == RDS.annotations["runbook_url"]
    assert len({one["action_id"] for one in found}) == len(found)


def test_there_are_none_where_nobody_could_press_them() -> None:
    assert buttons(ONE, SLACK_BOT) == []
    assert buttons(ONE, replace(SLACK_WEBHOOK, buttons=True)) == []
    assert buttons(replace(CASES["resolved"], gid=GID)) == []
    assert buttons(replace(ONE, gid="")) == []


def test_an_anomaly_is_judged_by_its_fingerprint_and_when_it_began() -> None:
    labels = {**RDS.labels, "alertname": "AnomalyDetected", "alarm_name": "checkout & <co>", "service": "s" * 400}
    anomaly = replace(RDS, source="anomaly", labels=labels, fingerprint="0123456789abcdef")
    helpful, not_helpful = buttons(replace(ONE, alerts=(anomaly,)))[-2:]
    judged = JudgedAnomaly(
        fingerprint=anomaly.fingerprint,
        started=int(anomaly.starts_at.timestamp()),
        watch="checkout & <co>",
        service="s" * 400,
    )
    assert read(helpful["action_id"], helpful["value"]) == Button(deed="helpful", group=GID, judged=judged)
    assert read(not_helpful["action_id"], not_helpful["value"]).deed == "not_helpful"
    long = replace(anomaly, labels={**labels, "service": "ü" * 2_000})
    assert len(buttons(replace(ONE, alerts=(long,)))[-1]["value"]) <= 2_000


def test_a_full_message_keeps_its_buttons() -> None:
    notes = {f"note_{number}": "&" * 1000 for number in range(9)}
    full = replace(ONE, alerts=(replace(RDS, annotations={**RDS.annotations, **notes}),))
    assert len(buttons(full)) == 5


HERE = Mention(matchers=(parse_matcher('severity="critical"'),), who=("@here", "S0PAYMENTS", "U0ANA"))
MENTIONING = replace(SLACK_BOT, mentions=(HERE, Mention(matchers=(), who=("U0ANA", "@channel"))))


def mentions(notification: Notification, settings: SlackSettings = MENTIONING) -> str:
    texts = [block.get("text", {}).get("text", "") for block in slack.render(notification, settings)["blocks"]]
    return next((text for text in texts if text.startswith(("<!", "<@"))), "")


def test_whom_an_alert_concerns_is_mentioned_once() -> None:
    assert mentions(ONE) == "<!here> <!subteam^S0PAYMENTS> <@U0ANA> <!channel>"
    assert mentions(ONE, replace(MENTIONING, mode="incoming", url="", channel="")) == mentions(ONE)
    warning = replace(ONE, alerts=(replace(RDS, labels={**RDS.labels, "severity": "warning"}),))
    assert mentions(warning) == "<@U0ANA> <!channel>"


@pytest.mark.parametrize(
    "quiet",
    [
        replace(ONE, edit=True),
        CASES["resolved"],
        replace(ONE, reason=Reason.SOME_RESOLVED),
        CASES["reached-again"],
    ],
)
def test_nobody_is_mentioned_where_nothing_new_is_notified(quiet: Notification) -> None:
    assert mentions(quiet) == ""


def test_only_the_news_counts_and_a_repeat_mentions_again() -> None:
    other = replace(RDS, state_key="other", labels={**RDS.labels, "severity": "info"})
    joined = replace(ONE, alerts=(RDS, other), news=frozenset({"other"}), reason=Reason.NEW_ALERTS)
    assert "<!here>" not in mentions(joined)
    assert "<!here>" in mentions(replace(joined, news=frozenset(), reason=Reason.REPEAT))
