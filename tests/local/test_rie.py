"""`alertrelay replay --engine rie`: the functions in AWS's own emulator, with the layer as built for deployment."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alertrelay.notification import Outcome, Reason
from alertrelay.sources import unwrap

from cli.command import main
from local import timeline
from local.stack import rie_container
from local.stack.day import DayRun
from local.stack.day_input import template_of
from local.stack.invocation import Failure, FunctionRaised
from local.stack.rie import RealClock, RieStack, outcomes_in
from local.stack.rie_container import RieMissing, RuntimeFault, answer_of, kit, layer_of, refusal_of
from local.standins import Fault
from tests.stack import Begin

EVENTS = Path(__file__).resolve().parents[2] / "events"


def missing() -> str:
    try:
        kit()
    except RieMissing as error:
        return str(error)
    return ""


needs_emulator = pytest.mark.skipif(bool(missing()), reason=missing() or "the emulator is there")


@needs_emulator
def test_an_alert_and_its_end_go_through_the_deployed_layer_and_nothing_is_left(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    files = [str(EVENTS / f"rds-cpu-critical-{name}.json") for name in ("alarm", "ok")]
    logs = tmp_path / "logs"
    assert main(["replay", *files, "--engine", "rie", "--json", "--logs", str(logs)]) == 0
    first, second = json.loads(capsys.readouterr().out)["events"]
    assert {d["outcome"] for d in first["deliveries"]} == {"delivered"}
    # Its end is told at the next look, group_interval from now: the clock is real, and that is not awaited.
    assert {d["outcome"] for d in second["deliveries"]} == {"pending"}
    assert all("waiting_for_next_flush" in d["reason"] for d in second["deliveries"])
    assert {"pagerduty", "slack", "email", "sns"} == {d["channel"] for d in first["deliveries"]}
    page = next(d for d in first["deliveries"] if d["channel"] == "pagerduty")
    assert page["request"]["body"]["event_action"] == "trigger"
    assert "INIT REPORT(durationMs" in logs.read_text()
    assert "FAKE-routing-key" not in logs.read_text()
    assert not [pid for pid in rie_container._descendants(os.getpid()) if "lambda" in _command(pid)]


@needs_emulator
def test_a_fallback_happens_there_too_and_what_is_due_later_is_not_awaited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RieStack, "LONGEST", timedelta(seconds=1))
    template = template_of("prod", arch=kit().arch)
    began = datetime.now(UTC)
    down = {"pagerduty": Fault.named("404")}
    with DayRun(template, "prod", start=began, down=down, engine=RieStack) as run:
        ports = [container._port for container in run.stack.containers.values()]  # type: ignore[attr-defined]
        run.publish("alarm", unwrap((EVENTS / "rds-cpu-critical-alarm.json").read_bytes()))
        day = run.finish()
    outcomes = {(d.outcome.receiver, d.outcome.outcome) for d in day.events[0].deliveries}
    assert {("slack-critical", "fallback"), ("email-oncall", "fallback"), ("pagerduty-oncall", "pending")} <= outcomes
    owed = next(d for d in day.events[0].deliveries if d.outcome.outcome == "pending")
    assert owed.next_try is not None
    assert owed.next_try > datetime.now(UTC)
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1)


@needs_emulator
def test_the_layer_is_built_for_this_machine_and_brings_every_package_itself() -> None:
    layer = layer_of(template_of("prod", arch=kit().arch))
    assert (layer / "python" / "alertrelay" / "runtime" / "forwarder.py").exists()
    marks = {"x86_64": "x86_64-linux-gnu", "arm64": "aarch64-linux-gnu"}
    assert list((layer / "python").glob(f"**/*{marks[kit().arch]}.so"))
    runtime = {path.name for path in rie_container.HOME.glob(f"lib/python{rie_container.RUNTIME}/site-packages/*")}
    assert not {"alertrelay", "requests", "re2", "aws_lambda_powertools"} & runtime


@pytest.mark.parametrize(
    ("body", "raised"),
    [
        (b"2026-11-20T03:04:05Z e4b46cbf Task timed out after 30.00 seconds\n\n", "Task timed out after 30.00 seconds"),
        (
            b'{"errorType": "RecordsFailed", "errorMessage": "1 of 1 records failed"}',
            "RecordsFailed: 1 of 1 records failed",
        ),
        (b"\xff\xfe", "."),
        (b"<html><body>Bad gateway</body></html>", "Bad gateway"),
        (b"", "answered nothing"),
        (b" \n", "answered nothing"),
        (b"[" * 100_000, "JSON that is nested too deep"),
        (b'"' + b"x" * 1_000 + b'"', "an object or null was expected"),
    ],
)
def test_a_function_that_raised_or_was_killed_is_a_failure_that_says_why(body: bytes, raised: str) -> None:
    with pytest.raises(FunctionRaised, match=raised):
        answer_of(body)


@pytest.mark.parametrize("body", [b"null", b'{"batchItemFailures": []}'])
def test_what_a_function_answers_is_its_json(body: bytes) -> None:
    assert answer_of(body) == json.loads(body)


@pytest.mark.parametrize(
    ("status", "body", "raised", "text"),
    [
        (502, b'{"errorType":"Runtime.ExitError","errorMessage":"exit status 1"}', FunctionRaised, "Runtime.ExitError"),
        (502, b"", FunctionRaised, "502"),
        (504, b"<html>", FunctionRaised, "html"),
        (400, b"", RuntimeFault, "400"),
        (500, b"", RuntimeFault, "500"),
    ],
)
def test_a_function_that_ended_is_held_apart_from_an_emulator_at_fault(
    status: int, body: bytes, raised: type[Exception], text: str
) -> None:
    with pytest.raises(raised, match=text):
        raise refusal_of(status, body)


def test_a_function_that_times_out_is_shown_by_the_day_and_tried_again(begin: Begin) -> None:
    run = begin()
    slack = next(function for function in run.stack.functions if "slack" in function.function.name)

    def killed(_event: object, _context: object) -> object:
        return answer_of(b"Task timed out after 30.00 seconds")

    run.stack.functions = tuple(replace(f, handler=killed) if f is slack else f for f in run.stack.functions)
    run.publish("alarm", unwrap((EVENTS / "rds-cpu-critical-alarm.json").read_bytes()))
    day = run.finish()
    failures = [said for said in day.history if isinstance(said, Failure)]
    assert {(failure.function, failure.kind) for failure in failures} == {(slack.function.name, "FunctionRaised")}
    assert all("Task timed out after 30.00 seconds" in failure.text for failure in failures)
    assert any("Task timed out after 30.00 seconds" in line for line in timeline.as_text(day, colour=False))
    assert "Traceback" not in day.logs


def test_without_the_emulator_the_command_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(rie_container, "HOME", tmp_path / "rie-venv")
    assert main(["replay", str(EVENTS / "raw-text.json"), "--engine", "rie"]) == 2
    said = capsys.readouterr().err
    assert "make rie" in said or "runs on Linux" in said


def test_an_emulator_that_fails_is_a_crash_and_no_usage_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails() -> rie_container.Kit:
        raise rie_container.RuntimeFault("the emulator ended at once: out of memory")

    monkeypatch.setattr(rie_container, "kit", fails)
    assert main(["replay", str(EVENTS / "raw-text.json"), "--engine", "rie"]) == 3
    assert "crashed, which proves nothing: the emulator ended at once: out of memory" in capsys.readouterr().err


def test_a_receiver_alone_cannot_be_down_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replay", str(EVENTS / "raw-text.json"), "--engine", "rie", "--down", "slack-critical"]) == 2
    assert "a whole channel fails" in capsys.readouterr().err


def test_outcomes_are_read_from_the_log_and_other_lines_are_passed_over() -> None:
    said = {
        "message": "outcome",
        "level": "INFO",
        "alertname": "A",
        "fingerprint": "f",
        "state_key": "s",
        "status": "firing",
        "receiver": "r",
        "channel": "slack",
        "outcome": "pending",
        "reason": "channel_failed",
        "attempts": 4,
    }
    logs = "\n".join(["INIT REPORT(durationMs: 1)", "{", "[]", json.dumps({"message": "received"}), json.dumps(said)])
    (outcome,) = outcomes_in(logs)
    assert isinstance(outcome, Outcome)
    assert (outcome.receiver, outcome.outcome, outcome.attempts) == ("r", "pending", 4)
    assert outcome.reason == Reason.CHANNEL_FAILED


def test_the_real_clock_waits_only_for_what_is_to_come() -> None:
    clock = RealClock(datetime(2026, 1, 1, tzinfo=UTC))
    before = clock.now()
    clock.move_to(before - timedelta(days=1))
    assert clock.now() - before < timedelta(days=1)
    assert clock.now().year >= before.year


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


@needs_emulator
def test_the_scorer_runs_in_the_deployed_layer_and_learns_of_a_deployment() -> None:
    template = template_of("prod", arch=kit().arch)
    with DayRun(template, "prod", start=datetime.now(UTC), down={}, engine=RieStack) as run:
        assert isinstance(run.stack, RieStack)
        with run.stack.scorer() as container:
            for name in ("ecs-deployment", "scheduled-run", "scheduled-run"):
                container.invoke(json.loads((EVENTS / "scorer" / f"{name}.json").read_text()))
            logs = container.logs
        scorer = run.stack.deployed.scorer
        assert scorer is not None
        s3 = run.stack.emulator.client("s3")
        kept = {o["Key"] for o in s3.list_objects_v2(Bucket=scorer.environment["ALERTRELAY_BUCKET"])["Contents"]}
    assert "scorer/catalogue.json" in kept
    assert {key[:13] for key in kept} == {"scorer/catalo", "scorer/shard-"}
    assert logs.count('"message":"scorer_run"') == 2
    assert '"message":"deployment_kept"' in logs
    assert '"MetricsScored"' in logs
