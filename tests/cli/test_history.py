"""`history` and `timeline` over files of log lines, and over an account whose logs Insights answers for."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alertrelay.nflog.history.log_lines import read_lines
from alertrelay.nflog.history.timeline import timeline
from alertrelay.policy.contradiction import contradicts

from cli import cloud
from cli.command import main
from cli.log_source import LogHistory
from cli.timeline import about_condition, named_groups
from tests.aws.log_insights import Insights
from tests.cli.aws import outputs_client
from tests.example import CONFIG
from tests.nflog.history.lines import MONDAY, firing, line

LINES = [
    *firing(MONDAY, "orders-cpu", 20),
    line(MONDAY + timedelta(minutes=2), "acknowledged", fingerprint="f-orders-cpu", alertname="cpu", by="ada"),
    *firing(MONDAY + timedelta(hours=3), "billing-cpu", 20, receiver="email-oncall", channel="email"),
    '{"level":"INFO","message":"outcome","sta',
]


@pytest.fixture
def log(tmp_path: Path) -> str:
    path = tmp_path / "alertrelay.log"
    path.write_text("\n".join(LINES), encoding="utf-8")
    return str(path)


def test_history_lists_decisions_and_says_what_the_log_lacks(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--logs", log]) == 0
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 6
    assert "acknowledged  ada" in shown.out
    assert "1 line is cut off in the middle" in shown.err


def test_what_was_judged_stands_under_why_with_who_said_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = [line(MONDAY, "judged", state_key="f", fingerprint="f", by="ada", helpful=yes) for yes in (True, False)]
    log = tmp_path / "judged.log"
    log.write_text("\n".join(said), encoding="utf-8")
    assert main(["history", "--logs", str(log), "--outcome", "judged"]) == 0
    rows = [row.split("judged")[1].split() for row in capsys.readouterr().out.splitlines()[1:]]
    assert rows == [["ada", "helpful"], ["ada", "not", "helpful"]]


SILENCES = [
    line(
        MONDAY, "silence_set", id="s1", by="ada", matchers=['alertname="cpu"', 'env="prod"'], sets=[2], comment="work"
    ),
    line(MONDAY + timedelta(minutes=5), "silence_expired", id="s1", by="ben"),
    line(MONDAY, "silence_set", id="s2", by="ada", matchers=['alertname="cpu"', 'alertname="disk"'], sets=[1, 1]),
    line(MONDAY, "silence_set", id="s3", by="ada", matchers=['alertname="cpu"', 'env="dev"'], sets=[1, 1]),
    line(MONDAY, "silence_set", id="s4", by="ada", matchers=['alertname=~"cpu|disk"']),
]


def test_a_silence_and_its_end_are_found_by_the_alert_that_they_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log = tmp_path / "silences.log"
    log.write_text("\n".join(SILENCES), encoding="utf-8")
    assert main(["history", "--logs", str(log), "--alert", "cpu", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["decisions"]
    assert [(one["silence"], one["what"], one["alert"]) for one in found] == [
        ("s1", "silenced", "cpu"),
        ("s2", "silenced", "cpu, disk"),
        ("s1", "silence expired", "cpu"),
    ]
    assert found[2]["detail"] == 'alertname="cpu", env="prod"'
    assert main(["history", "--logs", str(log), "--alert", "disk"]) == 0
    assert main(["history", "--logs", str(log), "--outcome", "silenced"]) == 0
    assert sum(" -  " in row for row in capsys.readouterr().out.splitlines() if "s" in row) >= 2


@pytest.mark.parametrize(
    ("words", "count"),
    [
        (["--alert", "orders-cpu"], 3),  # the acknowledgement's line has the fingerprint alone
        (["--alert", "f-orders-cpu"], 3),
        (["--receiver", "email-oncall"], 1),
        (["--outcome", "acknowledged", "--outcome", "suppressed"], 1),
        (["--since", "1h"], 2),
        (["--since", "2026-11-02T10:00:00Z"], 2),
    ],
)
def test_history_is_narrowed(log: str, words: list[str], count: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--logs", log, *words, "--json"]) == 0
    assert len(json.loads(capsys.readouterr().out)["decisions"]) == count


def test_nothing_found_and_nothing_readable_differ(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["history", "--logs", log, "--alert", "nothing"]) == 1
    assert main(["timeline", "nothing", "--logs", log]) == 1
    assert "no alert, group or fingerprint of that name" in capsys.readouterr().err
    assert main(["history", "--logs", "not-there.log"]) == 2
    assert main(["history", "--logs", __file__]) == 2
    assert "found no decision about an alert" in capsys.readouterr().err
    assert main(["timeline", "orders-cpu", "--logs", log, "--log-group", "g"]) == 2
    assert "name the environment with --env" in capsys.readouterr().err


def test_a_time_without_alerts_is_no_foreign_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    quiet = tmp_path / "quiet.log"
    quiet.write_text(line(MONDAY, "queue_read") + "\n", encoding="utf-8")
    assert main(["history", "--logs", str(quiet)]) == 1
    assert capsys.readouterr().out == "no decision is in the log\n"
    assert main(["timeline", "orders-cpu", "--logs", str(quiet)]) == 1
    assert main(["audit", "--env", "prod", "--config-dir", str(CONFIG), "--logs", str(quiet)]) == 0
    assert "28 days to 2026-11-02: no alert" in capsys.readouterr().out
    quiet.write_text('{"message": "up", "timestamp": "2026-11-02T08:00:00Z"}\n', encoding="utf-8")
    assert main(["history", "--logs", str(quiet)]) == 2
    expected = "found no decision about an alert (1 line is not of alertrelay's functions, and left out)"
    assert expected in capsys.readouterr().err
    quiet.write_text("", encoding="utf-8")
    assert main(["history", "--logs", str(quiet)]) == 2
    assert "(it is empty)" in capsys.readouterr().err


def test_a_timeline_before_the_first_incident_says_so(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", "orders-cpu", "--logs", log, "--at", "2020-01-01T00:00:00Z"]) == 1
    assert "that had begun by 2020-01-01 00:00 UTC" in capsys.readouterr().err


def test_a_timeline_is_markdown_or_json(log: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["timeline", "orders-cpu", "--logs", log]) == 0
    assert "| 08:02:00 | acknowledged | orders-cpu | ada |  |" in capsys.readouterr().out.splitlines()
    assert main(["timeline", "orders-cpu", "--logs", log, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["resolved_at"] == "2026-11-02T08:20:00.000Z"


def test_a_timeline_counts_an_alarm_under_its_earlier_name_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old, new = "prod-rds-orders-RDSHighCPU-warning", "prod-rds-orders-db-RDSHighCPU-warning"
    lines = [text for n, name in enumerate((old, old, new)) for text in firing(MONDAY + timedelta(days=n), name, 9)]
    log = tmp_path / "renamed.log"
    log.write_text("\n".join(lines), encoding="utf-8")
    asked = ["timeline", new, "--logs", str(log), "--config-dir", str(CONFIG)]
    assert main(asked) == 0
    shown = capsys.readouterr().out
    assert "None like it since" in shown
    assert f"{old} may be the earlier name of {new}: --env NAME beside --logs counts both" in shown
    assert main([*asked, "--env", "prod", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["before_count"], found["renamed"], found["doubts"]) == (2, {old: new}, [])
    assert main([*asked, "--env", "nothing"]) == 2
    assert main(["timeline", new]) == 2
    assert "--logs FILE or --env NAME is missing" in capsys.readouterr().err
    known = {new: "RDSHighCPU", "prod-ecs-x-ECSDown-critical": "ECSDown"}
    assert 'alertname = "RDSHighCPU" or group_key' in about_condition(old, known)
    assert "ECSDown" not in about_condition(new, known)


def test_a_deployed_environment_is_asked_by_insights(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    insights = Insights(
        [(MONDAY, text) for text in LINES] + [(MONDAY - timedelta(minutes=1), "ERROR: pool of orders-db exhausted")]
    )
    functions = SimpleNamespace(
        get_function_configuration=lambda FunctionName: {"LoggingConfig": {"LogGroup": f"logs-of-{FunctionName}"}}  # noqa: N803 - botocore's
    )
    stack = outputs_client(FunctionSlack="slack-forwarder", FunctionIntake="intake")

    def client(service: str) -> Any:
        return {"logs": insights, "lambda": functions}.get(service) or stack(service)

    monkeypatch.setattr(cloud, "clients", lambda _: client)
    words = ["--env", "prod", "--config-dir", str(CONFIG), "--since", "2026-11-01T00:00:00Z"]
    assert main(["timeline", "orders-cpu", *words, "--log-group", "/ecs/orders"]) == 0
    shown = capsys.readouterr()
    assert "2026-11-02T07:59:00.000Z ERROR: pool of orders-db exhausted" in shown.out
    assert "asked from 2026-11-01 on, and it begins at 2026-11-02 08:00 UTC" in shown.out
    first, application = insights.asked
    assert first["logGroupNames"] == ["logs-of-intake", "logs-of-slack-forwarder"]
    assert 'alertname = "orders-cpu"' in first["queryString"]
    assert application["logGroupNames"] == ["/ecs/orders"]
    service = SimpleNamespace(id="orders", log_group="/ecs/orders")
    deployed = LogHistory(read=read_lines(LINES), since=MONDAY, environment=SimpleNamespace(services=[service]))  # type: ignore[arg-type]
    for alert, groups in (("prod-orders-cpu", ["/ecs/orders"]), ("prod-reorders-cpu", [])):
        incident = timeline(read_lines(firing(MONDAY, alert, 20)).decisions, alert, contradicts=contradicts)
        assert incident is not None
        assert list(named_groups(deployed, incident)) == groups
    insights.fails = ["AccessDeniedException"]
    assert main(["history", *words]) == 2
    assert "allow logs:StartQuery" in capsys.readouterr().err
