"""What the commands answer to a slip: the names that there are, the reason, the count; before AWS is asked."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore
from alertrelay.policy.rehearsal import NoWay, labels_for

from cli import audit, cloud, silence
from cli.command import main, parser
from cli.duration import seconds
from cli.log_source import NoHistory
from cli.table import aligned
from compiler.load import load
from tests.example import CONFIG

EVENTS = Path(__file__).parents[2] / "events"


@pytest.fixture(name="no_aws")
def _no_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """AWS may not be asked for anything."""

    def clients(region: str) -> Any:
        def asked(service: str) -> Any:
            raise AssertionError(f"{service} was asked")

        return asked

    monkeypatch.setattr(cloud, "clients", clients)


@pytest.mark.usefixtures("no_aws")
def test_a_receiver_that_is_not_there_is_met_with_those_that_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["send-test", "--env", "prod", "--receiver", "nope"]) == 2
    said = capsys.readouterr().err
    assert "alertmanager.yml has no such receiver; there are: " in said
    assert "platform-default, pagerduty-oncall, " in said
    config = load(CONFIG, "prod").config
    assert config is not None
    with pytest.raises(NoWay, match=r"did you mean slack-critical\?; there are: "):
        labels_for(config, "slack-critcal", test_id="x", extra={})


@pytest.mark.usefixtures("no_aws")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["add", "service=~(", "--duration", "2h", "--comment", "c"], "("),
        (["add", "service=", "--duration", "2h", "--comment", "c"], "name a value"),
        (["add", "service=a", "--end", "2020-01-01T00:00:00Z", "--comment", "c"], "name a later end"),
        (["query", "service"], "NAME=VALUE was expected"),
    ],
)
def test_a_silence_is_checked_before_aws_is_asked(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["silence", *words, "--env", "prod"]) == 1
    assert said in capsys.readouterr().err


def test_silence_list_is_silence_query(capsys: pytest.CaptureFixture[str]) -> None:
    clock = ManualClock()
    args = parser().parse_args(["silence", "list", "--env", "prod"])
    assert silence.act(args, MemoryStore(clock), clock, silence.ACTIONS["query"]) == 0
    assert capsys.readouterr().out == "no silences\n"


@pytest.mark.parametrize(
    ("text", "expected"), [("1h30m", 5400), ("5m", 300), ("90", 90), ("0", 0), ("1.5", 1.5), ("1d", 86400)]
)
def test_every_flag_takes_durations_as_the_files_do(text: str, expected: float) -> None:
    assert seconds(text) == expected
    simulated = parser().parse_args(["simulate", "--timeline", "t", "--until", text])
    sent = parser().parse_args(["send-test", "--env", "prod", "--wait", text])
    muted = parser().parse_args(["silence", "add", "a=b", "--env", "prod", "--comment", "c", "--duration", text])
    assert {simulated.until, sent.wait, muted.duration} == {expected}


@pytest.mark.parametrize("text", ["", "-1", "nan", "inf", "5 minutes", "1m1h"])
def test_what_is_no_duration_is_a_usage_error_with_the_spelling(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        parser().parse_args(["simulate", "--timeline", "t", f"--until={text}"])
    assert left.value.code == 2
    assert "expected 30s, 5m, 1h30m or a number of seconds" in capsys.readouterr().err


def test_a_usage_error_ends_with_the_mend(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser().parse_args(["silence", "add", "--env", "prod", "--duration", "-4h", "--comment", "c", "a=b"])
    said = capsys.readouterr().err
    assert "joined by = where it begins with a hyphen; see `alertrelay silence add --help`" in said


def test_simulate_takes_the_delivery_beside_the_file_and_can_show_a_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    timeline = tmp_path / "t.json"
    alert = {"labels": {"alertname": "Down", "severity": "critical", "service": "orders"}}
    timeline.write_text(json.dumps([[0, {"sink": {"pagerduty-oncall": 503}}], [0, [alert]]]))
    assert main(["simulate", "--timeline", str(timeline), "--until", "1m", "-o", "table"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["AT", "RECEIVER", "STATUS", "ALERTS", "REASON", "ANSWER"]
    assert any("slack-critical" in line and "instead of pagerduty-oncall" in line for line in lines)
    assert main(["simulate", "--timeline", str(timeline), "--until", "1m", "--compatible"]) == 0
    assert "instead" not in capsys.readouterr().out


def test_normalise_says_why_a_message_is_raw(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["normalise", str(EVENTS / "raw-text.json")]) == 0
    assert json.loads(capsys.readouterr().out)["problem"] == "not JSON"
    other = tmp_path / "other.json"
    other.write_text('{"hello": "world\x1b"}')
    assert main(["normalise", "-o", "table", str(other), str(EVENTS / "rds-cpu-critical-alarm.json")]) == 0
    shown = capsys.readouterr().out
    assert f"{other}: raw, because " in shown
    assert "rds-cpu-critical-alarm.json: cloudwatch\n" in shown
    assert "label severity" in shown
    assert "\x1b" not in shown


def test_a_report_of_two_points_says_too_few(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.html"
    source.write_text("timestamp,value\n2026-11-01 00:00:00,1\n2026-11-01 00:05:00,2\n")
    assert main(["anomaly", "report", "--input", str(source), "--output", str(target)]) == 0
    assert "too few points to judge by: expected at least 24, got 2" in capsys.readouterr().err


def test_text_values_are_counted_and_blanks_are_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, target = tmp_path / "in.csv", tmp_path / "out.csv"
    rows = ["1,5", "2,", "3,NaN", "4,twelve", "5,1 000", "6,7"]
    source.write_text("\n".join(["timestamp,value", *rows]) + "\n")
    assert main(["score", "--input", str(source), "--output", str(target)]) == 0
    assert "2 of 6 rows left out, no finite number: lines 5 to 6 ('twelve')" in capsys.readouterr().err
    source.write_text("timestamp,value\n1,5\n2,\n")
    assert main(["score", "--input", str(source), "--output", str(target)]) == 0
    assert capsys.readouterr().err == ""


def test_a_missing_cluster_is_mended_with_a_cluster_s_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--environment", "prod", "--on-call-mail", "oncall@our.company", "--yes"]
    assert main(["init", str(tmp_path / "a"), *flags]) == 0
    path = tmp_path / "a" / "environments" / "prod.yml"
    path.write_text(path.read_text() + "region: eu-wets-1\nservices: [{id: checkout}]\n")
    assert main(["check", "--config-dir", str(tmp_path / "a"), "--json"]) == 1
    shown = capsys.readouterr().out
    found = {one["key"]: one for one in json.loads(shown[shown.index("\n[\n") :])}
    assert found["services[0].cluster"]["mend"] == "add `cluster: main`"
    assert found["region"]["message"] == "'eu-wets-1' is not a region of AWS that botocore knows"
    assert found["region"]["mend"] == "did you mean 'eu-west-1'? (a newer one needs a newer botocore)"


@pytest.mark.parametrize("flag", ["--alerts-a-day", "--integrations", "--open-minutes"])
@pytest.mark.parametrize("value", ["-1", "1e10"])
def test_a_count_that_is_out_of_bounds_is_met_with_both(
    flag: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["cost", "--env", "prod", f"{flag}={value}"])
    said = capsys.readouterr().err
    assert f"argument {flag}: {value!r}: expected a number from 0 to 1,000,000,000" in " ".join(said.split())


def test_columns_are_aligned_and_hold_no_control_characters() -> None:
    assert aligned([["A", "LONG"], ["abc", "\x1b[2J"]]) == ["A    LONG", "abc  \\x1b[2J"]
    assert aligned([]) == []


def test_an_unknown_option_is_met_with_the_usage_of_its_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["check", "--fixx"])
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("usage: alertrelay check ")
    assert "unrecognized arguments: --fixx; did you mean --fix?; see `alertrelay check --help`" in said


def test_cost_names_the_environments_and_takes_the_only_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["cost", "--config-dir", str(CONFIG)]) == 2
    assert "--env NAME was expected, one of: dev, prod" in capsys.readouterr().err
    config = tmp_path / "config"
    shutil.copytree(CONFIG, config)
    for other in (config / "environments").glob("*.yml"):
        if other.stem != "prod":
            other.unlink()
    assert main(["cost", "--config-dir", str(config)]) == 0


@pytest.mark.usefixtures("no_aws")
@pytest.mark.parametrize("command", ["audit", "history"])
def test_a_log_of_the_future_is_not_asked_for(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--config-dir", str(CONFIG), "--env", "prod", "--since", "2999-01-01"]) == 2
    assert "--since 2999-01-01 00:00 UTC lies in the future: name an earlier time" in capsys.readouterr().err


def test_ctrl_c_is_one_line_and_an_exit_code_of_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("cli.check.run", interrupted)
    assert main(["check"]) == 130
    assert capsys.readouterr().err == "alertrelay check: interrupted\n"


@pytest.mark.parametrize(
    "words",
    [
        ["score", "--input", "cpu.csv", "--output", "./cpu.csv"],
        ["score", "--input", ".", "--output", "link"],
        ["anomaly", "report", "--input", "cpu.csv", "--output", "cpu.csv"],
        ["anomaly", "report", "--input", "/nowhere", "--incidents", "cpu.csv", "--output", "link/cpu.csv"],
        ["replay", "cpu.csv", "--logs", "cpu.csv"],
    ],
)
def test_no_command_writes_over_what_it_reads(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ALERTRELAY_CONFIG_DIR", str(CONFIG))
    (tmp_path / "cpu.csv").write_text("timestamp,value\n2026-11-20 03:05:00,1\n", encoding="utf-8")
    (tmp_path / "link").symlink_to(tmp_path)
    assert main(words) == 2
    assert "is read by this command, which would write over it" in capsys.readouterr().err
    assert (tmp_path / "cpu.csv").read_text(encoding="utf-8").count("\n") == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("timestamp,value\n2026-11-20,1\nyesterday,abc\n", "p.csv:3: expected a time and a number, as in "),
        ("timestamp,value\n2026-11-20\n", "got 2026-11-20,None: mend the row, or strike it out"),
        ("at,value\n", "p.csv:1: expected the columns timestamp,value, got 'at,value'"),
    ],
)
def test_a_row_of_points_that_is_none_is_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "p.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NoHistory, match=re.escape(said)):
        audit._points(path)
