"""What alarms look at: the tick that was done, and the table that fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
from alertrelay.dispatch.assembly import Pipeline
from alertrelay.groups.messages import TICK
from alertrelay.notification import Outcome, Reason
from alertrelay.runtime import forwarder
from alertrelay.runtime.container import SystemClock
from alertrelay.runtime.observe import COUNTED, Observer
from alertrelay.state import StoreFailure

CONTEXT = SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 30_000)


def metrics(text: str) -> dict[str, float]:
    """The metrics of EMF lines, by name."""
    lines = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    found = {}
    for line in lines:
        for directive in line.get("_aws", {}).get("CloudWatchMetrics", []):
            assert directive["Dimensions"] == [["service", "env"]]
            assert (line["service"], line["env"]) == ("alertrelay", "prod")
            for metric in directive["Metrics"]:
                value = line[metric["Name"]]
                found[metric["Name"]] = value[0] if isinstance(value, list) else value
    return found


def tick(on_tick: Callable[[], None]) -> None:
    observer = Observer(service="slack-forwarder", level="", namespace="alertrelay", also=None, environment="prod")
    pipeline = cast("Pipeline", SimpleNamespace(clock=SystemClock(), on_tick=lambda **_: on_tick()))
    forwarder._handle(forwarder.Built(pipeline, observer, dict), TICK, CONTEXT)


def test_a_tick_is_counted_when_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    tick(lambda: None)
    assert metrics(capsys.readouterr().out) == {"TicksDone": 1}


def test_a_tick_that_finds_the_table_failing_counts_that(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def failing() -> None:
        raise StoreFailure("the table does not answer")

    tick(failing)
    assert metrics(capsys.readouterr().out)["StoreFailures"] == 1


def test_events_that_an_alarm_watches_are_counted_once_an_invocation(capsys: pytest.CaptureFixture[str]) -> None:
    observer = Observer(service="slack-forwarder", level="", namespace="alertrelay", also=None, environment="prod")
    for event in (*COUNTED, *COUNTED, "tick"):
        observer.log(event)
    observer.end()
    observer.end()
    assert metrics(capsys.readouterr().out) == {"StoreFailures": 2, "Escalations": 2}


def test_a_field_named_like_one_of_pythons_own_fails_no_invocation(capsys: pytest.CaptureFixture[str]) -> None:
    observer = Observer(service="companion", level="", namespace="alertrelay", also=None, environment="prod")
    observer.log("annotations_written", created=1, message="m", known=2)
    line = json.loads(capsys.readouterr().out)
    assert (line["message"], line["created_"], line["message_"], line["known"]) == ("annotations_written", 1, "m", 2)


def test_an_invocation_writes_one_line_of_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    observer = Observer(service="slack-forwarder", level="", namespace="alertrelay", also=None, environment="prod")
    for outcome in ("delivered", "delivered", "suppressed", "pending", "merged"):
        observer.emit(
            Outcome(
                alertname="A",
                fingerprint="f",
                state_key="k",
                status="firing",
                receiver="r",
                channel="slack",
                outcome=outcome,
                reason=Reason.FIRST,
                latency_seconds=2.5 if outcome == "delivered" else None,
            )
        )
    capsys.readouterr()
    observer.end()
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    written = {
        metric["Name"]: directive["Dimensions"]
        for directive in line["_aws"]["CloudWatchMetrics"]
        for metric in directive["Metrics"]
    }
    # What nobody was notified of is no metric: CloudWatch charges for each value of a dimension.
    assert written == {
        "Notifications": [["service", "channel", "outcome"]],
        "AlertLatency": [["service", "channel"]],
    }
    assert (line["Notifications"], line["AlertLatency"], line["outcome"]) == ([2.0], [2.5, 2.5], "delivered")


def test_a_failed_try_counts_for_its_channel_and_a_wait_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    observer = Observer(service="slack-forwarder", level="", namespace="alertrelay", also=None, environment="prod")
    for attempts in (0, 2):
        observer.emit(
            Outcome(
                alertname="A",
                fingerprint="f",
                state_key="k",
                status="firing",
                receiver="r",
                channel="slack",
                outcome="pending",
                reason=Reason.CHANNEL_FAILED,
                attempts=attempts,
            )
        )
    capsys.readouterr()
    observer.end()
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["ChannelFailures"], line["service"], line["env"], line["channel"]) == (
        [1.0],
        "alertrelay",
        "prod",
        "slack",
    )


def test_two_channels_stand_on_two_lines(capsys: pytest.CaptureFixture[str]) -> None:
    observer = Observer(service="email-forwarder", level="", namespace="alertrelay", also=None, environment="prod")
    observer.measure("AlertLatency", 1.0, channel="email")
    observer.measure("AlertLatency", 1.0, channel="sns")
    observer.count("StoreFailures")
    observer.end()
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["service"], line.get("channel")) for line in lines] == [
        ("alertrelay", None),
        ("email-forwarder", "email"),
        ("email-forwarder", "sns"),
    ]
