"""Custom notifications of Amazon Q, and a stand-in that takes only what it takes."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest
from alertrelay.channels.sns import render as sns
from alertrelay.channels.sns.sender import SnsSender
from alertrelay.channels.transport.connection import Network
from alertrelay.notification import Notification
from alertrelay.sources import Envelope
from alertrelay.sources.parse import parse

from local.standins.sns import headline, problem_of
from tests.channels.example import target
from tests.channels.sns.example import AMAZON_Q
from tests.render.notifications import CASES, alert, notification

FINE: dict[str, Any] = {"version": "1.0", "source": "custom", "content": {"description": "d"}}


def written(about: Notification) -> dict[str, Any]:
    message = sns.render(about, AMAZON_Q)["message"]
    assert problem_of(message) == ""
    found: dict[str, Any] = json.loads(message)
    return found


def test_a_message_says_what_is_wrong_and_what_to_do() -> None:
    found = written(CASES["critical-everything"])
    content, metadata = found["content"], found["metadata"]
    assert "[CRITICAL] RDSHighCPU" in content["title"]
    assert "CPU of the orders database is above 80 %" in content["description"]
    assert content["nextSteps"][0].startswith("Runbook: https://wiki.example.com/runbooks/rds-cpu")
    assert content["keywords"][:2] == ["CRITICAL", "critical"]
    assert metadata["eventType"] == "alertrelay.firing"
    assert metadata["additionalContext"]["severity"] == "critical"


def test_a_resolve_stands_in_the_thread_of_its_alert() -> None:
    fires = notification(alert({"alertname": "X"}, {}))
    over = dataclasses.replace(
        fires,
        id="another",
        status="resolved",
        alerts=tuple(dataclasses.replace(a, status="resolved", ends_at=fires.at) for a in fires.alerts),
        firing_count=0,
        resolved_count=1,
    )
    first, last = written(fires), written(over)
    assert first["metadata"]["threadId"] == last["metadata"]["threadId"] == fires.dedup_key
    assert last["metadata"]["eventType"] == "alertrelay.resolved"
    assert "RESOLVED" in last["content"]["title"]
    assert first["id"] != last["id"] == "another"


@pytest.mark.parametrize(
    "text", ["<!channel> <@U1> <https://e.example|x> [a](https://e.example)", "\\ud83d", "\\x00", "*b*", "x" * 9000]
)
def test_an_alerts_text_mentions_nobody_and_forges_no_link(text: str) -> None:
    found = written(notification(alert({"alertname": text, "service": text}, {"summary": text})))
    assert "<!" not in json.dumps(found)
    assert "<@" not in json.dumps(found)
    assert "](" not in json.dumps(found)


def test_a_group_of_ten_thousand_is_within_the_limits() -> None:
    found = written(CASES["group-of-10000"])
    assert len(found["content"]["description"]) <= 8000
    assert len(json.dumps(found).encode()) < 100_000


def test_the_message_is_published_without_a_subject() -> None:
    asked: list[dict[str, Any]] = []

    def publish(request: Any, _region: str) -> str:
        asked.append(dict(request))
        return "m-1"

    message = sns.render(CASES["critical-everything"], AMAZON_Q)
    SnsSender(Network(sns=publish)).send(message, target(AMAZON_Q), key=None, notification_id="n-1", timeout=5)
    assert "Subject" not in asked[0]
    assert problem_of(asked[0]["Message"]) == ""
    assert headline({"message": asked[0]["Message"]}) == json.loads(asked[0]["Message"])["content"]["title"]


def test_what_we_write_is_read_as_what_amazon_q_writes() -> None:
    about = CASES["critical-everything"]
    envelope = Envelope(text=sns.render(about, AMAZON_Q)["message"], message_id="m", topic_arn="", sent_at=about.at)
    found = parse(envelope, received_at=about.at)
    assert found.source == "custom"
    assert "RDSHighCPU" in found.alerts[0].annotations["summary"]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"version": "2.0"}, "version 1.0"),
        ({"source": "aws"}, "version 1.0"),
        ({"content": None}, "content is not"),
        ({"content": {"title": "t"}}, "description is required"),
        ({"content": {"description": "d" * 8001}}, "longer than 8000"),
        ({"content": {"description": "d", "title": "t" * 251}}, "longer than 250"),
        ({"content": {"description": "d", "textType": "markdown"}}, "not client-markdown"),
        ({"content": {"description": "d", "nextSteps": "s"}}, "not of type list"),
        ({"content": {"description": "d", "keywords": [1]}}, "something else than texts"),
        ({"metadata": {"additionalContext": {"a": 1}}}, "something else than texts"),
        ({"metadata": {"thread": "t"}}, "not in the schema"),
        ({"subject": "s"}, "not in the schema"),
    ],
)
def test_the_stand_in_drops_what_amazon_q_would_not_show(change: dict[str, Any], problem: str) -> None:
    assert problem_of(json.dumps(FINE)) == ""
    assert problem in problem_of(json.dumps({**FINE, **change}))
    assert problem_of("plain text") == "it is not JSON"
    assert problem_of("[]") == "it is not an object"
