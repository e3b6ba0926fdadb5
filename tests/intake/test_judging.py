"""Judging an anomaly by the API, as the console's page does."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from alertrelay.sources.anomaly import SENDER

from tests.intake.door import READ, SILENCE, Door
from tests.intake.test_api import deliver, fire

PATH = "/api/v1/feedback"


@pytest.fixture
def anomaly(door: Door) -> str:
    """The fingerprint of an anomaly that fires."""
    labels = {"alertname": "AnomalyDetected", "service": "shop", "alarm_name": "checkout", "severity": "warning"}
    found = {"labels": labels, "annotations": {"summary": "Orders are unusual"}, "startsAt": "2026-11-20T03:00:00Z"}
    door.topics.published.append(("warning", json.dumps({"sender": SENDER, "alerts": [found]}), {}))
    deliver(door)
    fingerprint: str = door.ask("GET", "/api/v2/alerts").json[0]["fingerprint"]
    return fingerprint


def test_the_last_verdict_is_kept_as_feedback_and_logged(
    door: Door, anomaly: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for helpful in (True, False):
        body = {"fingerprint": anomaly, "helpful": helpful, "by": "ana", "comment": "a campaign"}
        answer = door.ask("POST", PATH, body, token=SILENCE)
        assert (answer.status, answer.json) == (200, {**body, "startsAt": "2026-11-20T03:00:00.000Z"})
        door.clock.sleep(60)
    votes = door.notes.votes(0)
    assert [vote.helpful for vote in votes] == [True, False]
    assert (votes[0].watch, votes[0].service, votes[0].started) == ("checkout", "shop", "2026-11-20T03:00:00.000Z")
    logged = [line for line in map(json.loads, capsys.readouterr().out.splitlines()) if line.get("message") == "judged"]
    assert [(line["state_key"], line["helpful"], line["via"]) for line in logged] == [
        (anomaly, True, "api"),
        (anomaly, False, "api"),
    ]
    assert door.ask("GET", f"/api/v1/alert/{anomaly}").json["alert"]["anomaly"] is True


def test_the_page_shows_what_was_said_last_of_this_firing(door: Door, anomaly: str) -> None:
    shown = f"/api/v1/alert/{anomaly}"
    assert door.ask("GET", shown).json["alert"]["verdict"] is None
    for by, helpful in (("ana", True), ("bo", False)):
        assert (
            door.ask("POST", PATH, {"fingerprint": anomaly, "helpful": helpful, "by": by}, token=SILENCE).status == 200
        )
        door.clock.sleep(60)
    said = {"helpful": False, "by": "bo", "at": "2026-11-20T03:05:05.000Z"}
    assert door.ask("GET", shown).json["alert"]["verdict"] == said
    door.notes.add_vote(replace(door.notes.votes(0)[0], started="2026-11-21T03:00:00.000Z"))
    assert door.ask("GET", shown).json["alert"]["verdict"] is None


def test_only_an_anomaly_is_judged_and_only_by_who_may_silence(door: Door, anomaly: str) -> None:
    assert door.ask("POST", PATH, {"fingerprint": anomaly, "helpful": True}, token=READ).status == 403
    unknown = door.ask("POST", PATH, {"fingerprint": "0" * 16, "helpful": True}, token=SILENCE)
    assert (unknown.status, "alertrelay feedback" in unknown.json["message"]) == (404, True)
    fire(door, "Down", service="orders")
    down = next(one for one in door.ask("GET", "/api/v2/alerts").json if one["labels"]["alertname"] == "Down")
    other = door.ask("POST", PATH, {"fingerprint": down["fingerprint"], "helpful": True}, token=SILENCE)
    assert (other.status, "Down is no anomaly" in other.json["message"]) == (422, True)
    assert not door.notes.votes(0)


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], "got list"),
        ({"fingerprint": "a"}, "helpful is missing"),
        ({"fingerprint": "a", "helpful": "yes"}, "helpful is str"),
        ({"fingerprint": "a", "helpful": 1}, "helpful is int"),
        ({"fingerprint": 5, "helpful": True}, "fingerprint is int"),
        ({"helpful": True, "comment": ["a"]}, "comment is list"),
        ({"helpful": True}, "fingerprint is missing"),
    ],
)
def test_a_body_of_another_shape_is_refused_by_name(door: Door, body: object, says: str) -> None:
    answer = door.ask("POST", PATH, body, token=SILENCE)
    assert (answer.status, says in answer.json["message"]) == (422, True)
