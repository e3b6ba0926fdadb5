"""The companion: annotations of incidents in Grafana by a real socket, and runbooks that start only where allowed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from alertrelay.channels.transport.connection import Network
from alertrelay.config.model import AllowedAutomation, AnnotatedDashboard, Config, GrafanaServer, Matcher
from alertrelay.dispatch.companion import grafana as transport
from alertrelay.dispatch.companion.annotate import marks
from alertrelay.dispatch.companion.automate import Start
from alertrelay.memory.ports import ManualClock, MemorySecrets
from alertrelay.policy.silence import Silence
from alertrelay.ports import SelfAlert
from alertrelay.runtime.companion import Company, accompany
from alertrelay.sources import parse
from alertrelay.state import StoreFailure

from local.standins.board import Board, Fault
from local.standins.grafana import Annotations, service
from local.standins.http import HttpListener
from tests.dispatch.world import START, alarm, config

ORDERS = (Matcher(name="service", op="=", value="orders"),)
BOARD = AnnotatedDashboard(matchers=ORDERS, dashboard="uid1", panel=4)
MINUTE = timedelta(minutes=1)


@dataclass
class Scene:
    """A companion beside a Grafana on loopback, with what it logged, alerted and started."""

    company: Company
    board: Board
    annotations: Annotations
    log: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)
    ops: list[SelfAlert] = field(default_factory=list)
    started: list[Start] = field(default_factory=list)

    def takes(self, *records: dict[str, Any]) -> list[str]:
        return accompany(self.company, records)

    def events(self) -> list[str]:
        return [event for event, _ in self.log]


def companion_config(port: int, *allowed: AllowedAutomation) -> Config:
    server = GrafanaServer(url=f"http://127.0.0.1:{port}", token_key="grafana_token")
    return replace(config(), grafana=server, dashboards=(BOARD,), automations=allowed)


@pytest.fixture
def scene() -> Iterator[Scene]:
    board, annotations = Board(lambda: datetime.now(UTC)), Annotations()
    listener = HttpListener(service(annotations), board)
    listener.start()
    given = companion_config(listener.port, AllowedAutomation(document="Restart", matchers=ORDERS, role=""))
    assert given.grafana
    made = Scene(company=None, board=board, annotations=annotations)  # type: ignore[arg-type]

    def start(run: Start) -> str:
        made.started.append(run)
        return f"run-{run.token[:4]}"

    made.company = Company(
        config=given,
        clock=ManualClock(START + MINUTE),
        log=lambda event, **fields: made.log.append((event, fields)),
        alert_ops=made.ops.append,
        silences=lambda: (),
        ask=transport.grafana(given.grafana, MemorySecrets({"grafana_token": ["FAKE-token"]}), Network()),
        start=start,
    )
    yield made
    listener.stop()


def record(
    name: str, state: str = "ALARM", *, at: datetime = START, automation: str = "", **labels: Any
) -> dict[str, Any]:
    """A message of SNS in the companion's queue."""
    message = json.loads(alarm(name, state, at=at, **labels).text)
    if automation:
        message["AlarmDescription"] += f"\nautomation: {automation}\nautomation_parameters: InstanceId=i-1, Wait=true"
    body = {"Type": "Notification", "MessageId": f"{name}-{state}", "Message": json.dumps(message)}
    body |= {
        "TopicArn": "arn:aws:sns:eu-central-1:111122223333:alertrelay-test-critical",
        "Timestamp": "2026-11-20T03:00:00Z",
    }
    return {"messageId": f"{name}-{state}", "body": json.dumps(body), "eventSource": "aws:sqs", "attributes": {}}


def test_an_incident_is_one_region_whatever_comes_twice(scene: Scene) -> None:
    for _ in range(2):
        assert scene.takes(record("a")) == []
    (first,) = scene.annotations.written.values()
    assert (first["dashboardUID"], first["panelId"], first["time"]) == ("uid1", 4, int(START.timestamp() * 1000))
    assert {"alertrelay", "incident", "HighCPU", "critical", "orders"} <= set(first["tags"])
    assert first["timeEnd"] == first["time"]
    for _ in range(2):
        assert scene.takes(record("a", "OK", at=START + 20 * MINUTE)) == []
    (closed,) = scene.annotations.written.values()
    assert closed["timeEnd"] == int((START + 20 * MINUTE).timestamp() * 1000)
    assert scene.takes(record("a", at=START + 40 * MINUTE)) == []
    assert len(scene.annotations.written) == 2


def test_what_ends_within_a_batch_is_one_request_and_others_are_left_out(scene: Scene) -> None:
    """A queue does not keep the order."""
    scene.takes(record("a", "OK", at=START + MINUTE), record("a"), record("b", service="billing"))
    (one,) = scene.annotations.written.values()
    assert one["timeEnd"] - one["time"] == 60_000
    assert [request.method for request in scene.board.requests] == ["GET", "POST"]
    assert scene.log[-1] == ("annotations_written", {"written": 1, "closed": 0, "known": 0})


def deployed(receipt: str, **detail: Any) -> dict[str, Any]:
    """ECS's event of a deployment, as a topic took it at a second of one minute."""
    event: dict[str, Any] = {"id": "d1", "source": "aws.ecs", "detail-type": "ECS Deployment State Change"}
    event |= {"resources": ["arn:aws:ecs:eu-central-1:111122223333:service/main/orders"], "detail": detail}
    made = record("a")
    body = json.loads(made["body"]) | {"Message": json.dumps(event), "Timestamp": f"2026-11-20T03:00:{receipt}Z"}
    return made | {"messageId": receipt, "body": json.dumps(body)}


@pytest.mark.parametrize("apart", [False, True], ids=["in one batch", "in two"])
def test_an_event_without_a_time_is_one_point_whichever_topics_took_it(scene: Scene, apart: bool) -> None:
    both = [
        deployed("05", eventName="SERVICE_DEPLOYMENT_COMPLETED", updatedAt="soon"),
        deployed("09", eventName="SERVICE_DEPLOYMENT_COMPLETED"),
    ]
    for batch in [[one] for one in both] if apart else [both]:
        assert scene.takes(*batch) == []
    (one,) = scene.annotations.written.values()
    assert one["time"] == one["timeEnd"] == int(START.timestamp() * 1000) + 5_000
    assert {"event", "orders"} <= set(one["tags"])


def test_a_long_text_is_cut_before_it_is_escaped() -> None:
    (made,) = parse(alarm("a"), received_at=START).alerts
    (mark,) = marks([replace(made, annotations={"summary": "&" * 2_000})], [BOARD])
    assert mark.text.startswith("HighCPU: &amp;&amp;")
    assert mark.text.partition(" <a ")[0].endswith("&amp;")


@pytest.mark.parametrize(
    "fault",
    [
        Fault(kind="status", status=200, body='{"error": "login first"}'),
        Fault(kind="status", status=200, body="<html>"),
        Fault(kind="status", status=429),
        Fault(kind="status", status=503),
        Fault(kind="reset"),
        Fault(kind="timeout"),
    ],
    ids=str,
)
def test_what_grafana_does_not_take_comes_again_and_the_rest_waits(
    scene: Scene, fault: Fault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "SECONDS", 0.2)
    scene.board.fail("grafana", fault, token="", times=1)
    both = record("a"), record("b")
    assert scene.takes(*both) == ["a-ALARM", "b-ALARM"]
    assert scene.events() == ["annotations_not_written"]
    assert "FAKE" not in str(scene.log)
    assert scene.takes(*both) == []
    assert len(scene.annotations.written) == 2


def test_what_a_slow_grafana_has_not_taken_in_time_comes_again_alone(scene: Scene) -> None:
    both = [record("a"), record("other", service="billing"), record("b")]
    assert accompany(scene.company, both, lambda: True) == ["b-ALARM"]
    assert scene.log == [
        ("annotations_not_written", {"left": 1, "failure": "the time of this run is over"}),
        ("annotations_written", {"written": 1, "closed": 0, "known": 0}),
    ]
    assert scene.takes(record("b")) == []
    assert len(scene.annotations.written) == 2


def test_a_refused_token_is_named_to_ops_and_nothing_comes_again(scene: Scene) -> None:
    scene.board.fail("grafana", Fault(kind="status", status=401), token="", times=None)
    assert scene.takes(record("a")) == []
    assert [one.name for one in scene.ops] == ["AnnotationRefused"]
    assert "401" in scene.ops[0].text


def test_an_allowed_runbook_starts_once_a_firing(scene: Scene) -> None:
    scene.takes(record("a", automation="Restart"))
    scene.takes(record("a", automation="Restart"))
    scene.takes(record("a", "OK", at=START + MINUTE, automation="Restart"))
    first, again = scene.started
    assert (first.document, dict(first.parameters)) == ("Restart", {"InstanceId": ["i-1"], "Wait": ["true"]})
    assert first.token == again.token  # SSM starts one run for a token
    scene.takes(record("a", at=START + 2 * MINUTE, automation="Restart"))
    assert scene.started[2].token != first.token
    assert ("automation_started", "run-" + first.token[:4]) in [(e, f.get("execution")) for e, f in scene.log]


SILENCE = Silence(
    id="s",
    matchers=(ORDERS,),
    starts_at=START,
    ends_at=START + 60 * MINUTE,
    created_by="me",
    comment="at work",
    updated_at=START,
)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"document": "Reboot"}, "not_allowed"),
        ({"service": "billing"}, "not_allowed"),
        ({"at": START - 20 * MINUTE}, "late"),
        ({"silences": (SILENCE,)}, "silenced"),
        ({"silences": None}, "silences_not_read"),
        ({"fails": True}, "failed"),
    ],
)
def test_what_is_not_allowed_or_not_certain_does_not_start_and_is_logged(
    scene: Scene, change: dict[str, Any], reason: str
) -> None:
    def silences() -> Any:
        if change.get("silences", ()) is None:
            raise StoreFailure("DynamoDB get_item: InternalServerError")
        return change.get("silences", ())

    def fails(_: Start) -> str:
        raise RuntimeError("FAKE")

    start = fails if "fails" in change else scene.company.start
    scene.company = replace(scene.company, silences=silences, start=start)
    given = {name: change[name] for name in ("service", "at") if name in change}
    scene.takes(record("a", automation=change.get("document", "Restart"), **given))
    assert not scene.started
    (found,) = [fields for event, fields in scene.log if event == "automation_not_started"]
    assert found["reason"] == reason
    assert [one.name for one in scene.ops] == (["AutomationNotStarted"] if reason == "failed" else [])
