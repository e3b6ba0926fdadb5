from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from alertrelay.alert import Integration
from alertrelay.channels import render
from alertrelay.channels.sns import SnsSettings
from alertrelay.channels.sns.sender import SnsSender
from alertrelay.channels.transport.connection import Network
from alertrelay.notification import Failed, Message, Notification

from tests.channels.team import team_target
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]
TOPIC = SnsSettings(topic_arn="arn:aws:sns:eu-west-1:111122223333:t", phone_number="", target_arn="")
PHONE = SnsSettings(topic_arn="", phone_number="+15555550100", target_arn="")
FAILED = Failed(integration=Integration(receiver="p", channel="pagerduty", index=0), text="503", attempts=1, seconds=1)


def _message(texts: dict[str, Any], notification: Notification = FIRING, settings: SnsSettings = TOPIC) -> Message:
    return render(notification, team_target("sns", settings, texts))


def test_a_message_that_a_program_reads_is_sent_as_it_is() -> None:
    texts = {
        "message": '{"status": "{{ .Status }}", "labels": {{ toJson .CommonLabels }}}',
        "subject": "ä {{ .Status }}",
    }
    for notification in (FIRING, replace(FIRING, failed=FAILED)):
        found = _message(texts, notification)
        assert json.loads(found["message"])["labels"] == dict(FIRING.alerts[0].labels)
    assert found["subject"] == "[PagerDuty FAILED] a firing"


def test_a_text_for_people_has_the_notice_of_a_fallback_above() -> None:
    message = _message({"message": "{{ .Status }}"}, replace(FIRING, failed=FAILED))["message"]
    assert message.startswith("!! This page was NOT delivered")
    assert message.endswith("\n\nfiring")


def test_attributes_are_sent_and_cannot_take_our_marks() -> None:
    texts = {"attributes": {"severity": "SEV-{{ .CommonLabels.severity }}", "empty": "{{ .CommonLabels.no }}"}}
    found = _message({**texts, "message": "m"})
    sent: list[Mapping[str, Any]] = []

    def publish(request: Mapping[str, Any], _region: str) -> str:
        sent.append(request)
        return "m-1"

    network = replace(Network(), sns=publish)
    target = team_target("sns", TOPIC, {})
    SnsSender(network).send(found, target, key=None, notification_id="n-1", timeout=1)
    values = {name: value["StringValue"] for name, value in sent[0]["MessageAttributes"].items()}
    assert values.pop("severity") == "SEV-critical"
    assert len(values) == 2
    assert "n-1" in values.values()


def test_a_phone_gets_the_team_s_words_cut_and_ours_where_they_fail() -> None:
    assert _message({"message": "{{ .Status }} " + "x" * 400}, settings=PHONE)["message"].endswith("xxx...")
    failing = _message({"message": "{{ .X }}"}, settings=PHONE)
    assert failing == _message({}, settings=PHONE)


def test_a_message_of_more_than_sns_takes_is_cut() -> None:
    message = _message({"message": '{{ range 3000 }}{{ printf "%0100d" 1 }}ü{{ end }}'})["message"]
    assert 249_000 < len(message.encode()) <= 250_000
