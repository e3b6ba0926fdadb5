"""No secret leaves the secret: not into output, logs, errors, the table, a queue, or a message of another channel."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from alertrelay.sources import unwrap

from local import timeline
from local.stack.day import DayRun
from local.stack.history import Day
from local.standins import Fault

Begin = Callable[..., DayRun]


def _down(**faults: str) -> dict[str, Fault]:
    return {channel: Fault.named(name) for channel, name in faults.items()}


@pytest.mark.parametrize(
    ("down", "aws"),
    [
        pytest.param({}, {}, id="all is well"),
        pytest.param(_down(pagerduty="503", slack="429", email="503", sns="503"), {}, id="every channel answers no"),
        pytest.param(_down(pagerduty="timeout", slack="refused", email="refused"), {}, id="a hang, and none listens"),
        pytest.param(_down(pagerduty="400", slack="404", email="535"), {}, id="every key is refused"),
        pytest.param({}, {"dynamodb": "400"}, id="no table"),
        pytest.param({}, {"secretsmanager": "400"}, id="no secrets"),
        pytest.param(
            _down(pagerduty="refused", slack="reset"), {"dynamodb": "400", "sqs": "400"}, id="neither table nor queue"
        ),
    ],
)
def test_no_secret_is_in_anything_that_anybody_can_read(
    begin: Begin,
    critical: bytes,
    critical_ok: bytes,
    events: Path,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    down: dict[str, Fault],
    aws: dict[str, str],
) -> None:
    run = begin(down)
    run.stack.emulator.faults |= {service: Fault.named(name) for service, name in aws.items()}
    secrets = {**run.stack.deployed.secrets, "the one before": "FAKE-routing-key-rotated"}
    _rotate(run, {**run.stack.deployed.secrets, "pagerduty_key": secrets["the one before"]})
    warning = (events / "rds-cpu-warning-alarm.json").read_bytes()
    for content in (critical, critical_ok) if down else (warning, critical, critical_ok):
        run.publish("file", unwrap(content))

    day = run.finish()

    said = capfd.readouterr()
    places = dict(_places(run, day)) | {"stdout": said.out, "stderr": said.err, "logging": caplog.text}
    assert len(day.logs) > 1000
    assert len(secrets) == 4
    leaks = [(place, name) for place, text in places.items() for name, value in secrets.items() if value in text]
    assert leaks == []


def _rotate(run: DayRun, keys: dict[str, str]) -> None:
    manager = run.stack.emulator.client("secretsmanager")
    manager.put_secret_value(SecretId=run.stack.deployed.secret_arn, SecretString=json.dumps(keys))
    manager.put_secret_value(
        SecretId=run.stack.deployed.secret_arn, SecretString=json.dumps(dict(run.stack.deployed.secrets))
    )


def _places(run: DayRun, day: Day) -> Iterator[tuple[str, str]]:
    yield "the timeline", "\n".join(timeline.as_text(day))
    yield "the JSON", json.dumps(timeline.as_json(day))
    yield "the logs", day.logs
    yield "the history", repr(day.history)
    yield "what the peers got", json.dumps([[r.path, dict(r.headers), r.body] for r in day.received])
    yield "the queues", json.dumps(day.waiting)
    items: list[Any] = run.stack.emulator.client("dynamodb").scan(TableName=run.stack.deployed.table)["Items"]
    yield "the table", repr(items)
    yield "the day's repr", repr(day)
    for function in run.stack.deployed.functions:
        yield f"the environment of {function.name}", json.dumps(dict(function.environment))


def test_the_scan_would_see_a_secret(begin: Begin) -> None:
    run = begin()
    run.publish("file", unwrap(b"text with FAKE-routing-key-pagerduty_key in it"))

    day = run.finish()

    found = {place for place, text in _places(run, day) if "FAKE-routing-key-pagerduty_key" in text}
    assert found >= {"what the peers got", "the table", "the history"}
