"""`alertrelay replay` as a person or a program meets it."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from cli.command import main

CRITICAL = "rds-cpu-critical-alarm.json"


@pytest.fixture
def replay(
    events: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    """replay(argument, …) in the folder of events: the exit code, stdout and stderr."""
    monkeypatch.chdir(events)

    def call(*arguments: str) -> tuple[int, str, str]:
        code = main(["replay", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


def test_with_pagerduty_down_slack_and_email_are_fallbacks_with_the_reason(
    replay: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, _ = replay(CRITICAL, "--down", "pagerduty=503", "--json")

    assert code == 0
    (event,) = json.loads(out)["events"]
    assert event["file"] == CRITICAL
    assert [a["labels"]["alertname"] for a in event["alerts"]] == ["RDSHighCPU"]
    fallbacks = {(d["receiver"], d["channel"]): d for d in event["deliveries"] if d["outcome"] == "fallback"}
    assert set(fallbacks) == {("slack-critical", "slack"), ("email-oncall", "email")}
    for delivery in fallbacks.values():
        assert delivery["reason"] == "channel_failed: PagerDuty answered 503"
        assert delivery["attempts"] == 1
        assert delivery["request"]["answered"] in ("200", "250")
        assert "PagerDuty" in json.dumps(delivery["request"]["body"])
    page = next(d for d in event["deliveries"] if d["channel"] == "pagerduty")
    assert (page["outcome"], page["attempts"], page["request"]) == ("pending", 4, None)
    assert page["next_try"]


def test_every_delivery_has_the_documented_keys(replay: Callable[..., tuple[int, str, str]]) -> None:
    _, out, _ = replay("slo-violation.json", "--json")

    (event,) = json.loads(out)["events"]
    assert set(event) == {"file", "alerts", "deliveries"}
    for delivery in event["deliveries"]:
        assert set(delivery) >= {"receiver", "channel", "outcome", "reason", "attempts", "request"}
    assert {d["receiver"] for d in event["deliveries"]} == {
        "slack-platform",
        "email-platform",
        "slack-slo",
        "email-slo",
    }


def test_the_timeline_names_time_alert_receiver_channel_outcome_and_reason(
    replay: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, _ = replay(CRITICAL, "rds-cpu-critical-ok.json", "--down", "pagerduty")

    assert code == 0
    lines = out.splitlines()
    assert lines[0] == "environment prod, down: pagerduty (503)"
    pending = next(line.split() for line in lines if " pending " in line)
    assert pending[:4] == ["08:21:38", "pending", "pagerduty-oncall", "pagerduty"]
    fallback = next(line for line in lines if " fallback " in line)
    assert "RDSHighCPU firing: channel_failed: PagerDuty answered 503, instead of pagerduty-oncall" in fallback
    assert "Nothing is lost" in lines[-1]
    assert "\x1b" not in out


def test_a_fallback_that_announced_an_alert_resolves_it(replay: Callable[..., tuple[int, str, str]]) -> None:
    _, out, _ = replay(CRITICAL, "rds-cpu-critical-ok.json", "--down", "pagerduty", "--json")

    end = json.loads(out)["events"][1]["deliveries"]
    found = {(d["receiver"], d["outcome"]) for d in end}
    assert found >= {("slack-critical", "delivered"), ("email-oncall", "delivered")}
    # Their own groups have taken over from the fallbacks: nobody gets the resolve twice.
    assert not [d for d in end if d["fallback_for"]]


def test_topic_wins_over_the_envelope(replay: Callable[..., tuple[int, str, str]]) -> None:
    _, out, _ = replay(CRITICAL, "--topic", "info")

    assert f"{CRITICAL}, to alertrelay-prod-info" in out


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_replayed(
    replay: Callable[..., tuple[int, str, str]],
) -> None:
    code, out, err = replay("there-is-none.json", "info-alarm.json", "--json")

    assert code == 2
    assert "there-is-none.json cannot be read: No such file" in err
    assert [event["file"] for event in json.loads(out)["events"]] == ["info-alarm.json"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--down", "pagerdutty"), "did you mean pagerduty?"),
        (("--down", "slack-criticl=503"), "did you mean slack-critical?"),
        (("--down", "slack=broken"), "'broken' is not a fault"),
        (("--down", "slack="), "CHANNEL or RECEIVER was expected"),
        (("--topic", "critcal"), "did you mean critical?"),
        (("--env", "prd"), "did you mean 'prod'?"),
    ],
)
def test_a_word_that_means_nothing_is_refused_with_what_was_meant(
    replay: Callable[..., tuple[int, str, str]], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = replay("info-alarm.json", *arguments)

    assert (code, out) == (2, "")
    assert said in err


def test_an_alert_that_no_channel_and_no_queue_takes_ends_with_1(
    replay: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def swallow(_function: object, _event: object) -> None:
        """A handler that succeeds and does nothing."""

    monkeypatch.setattr("local.stack.invocation.Invocable.__call__", swallow)

    code, out, _ = replay(CRITICAL)

    assert code == 1
    assert f"LOST: RDSHighCPU of {CRITICAL}" in out
    assert "Nothing is lost" not in out


def test_a_crash_of_the_stack_is_not_taken_for_a_lost_alert(
    replay: Callable[..., tuple[int, str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("moto fell over")

    monkeypatch.setattr("local.stack.day.deployed_once", crash)

    code, out, err = replay(CRITICAL)

    assert (code, out) == (3, "")
    assert "RuntimeError: moto fell over" in err
    assert "exit code 3" in err


def test_files_are_played_by_their_own_times(replay: Callable[..., tuple[int, str, str]]) -> None:
    ended, began = "rds-cpu-critical-ok.json", CRITICAL

    _, out, _ = replay(ended, began, "--json")

    assert [event["file"] for event in json.loads(out)["events"]] == [began, ended]


def test_files_without_a_time_of_their_own_start_on_a_fixed_monday(
    replay: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    bare = tmp_path / "bare.txt"
    bare.write_text("the backup of orders-db failed")

    _, out, _ = replay(str(bare))

    assert f"2026-01-05 09:00:00  {bare}" in out


def test_the_clock_never_runs_backwards(replay: Callable[..., tuple[int, str, str]]) -> None:
    _, out, _ = replay("transactions-alarm.json", "info-alarm.json")

    first, second = (line[:19] for line in out.splitlines() if line.startswith("20"))
    assert first <= second


def test_nothing_is_left_behind(
    replay: Callable[..., tuple[int, str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    before = (dict(os.environ), threading.active_count())

    replay("info-alarm.json", "--down", "slack=refused", "--logs", str(tmp_path / "logs"))

    assert (dict(os.environ), threading.active_count()) == before
    lines = [json.loads(line) for line in (tmp_path / "logs").read_text().splitlines()]
    assert any(line.get("message") == "outcome" for line in lines)
