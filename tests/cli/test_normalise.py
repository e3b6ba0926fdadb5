from __future__ import annotations

import io
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.command import main

EVENTS = Path(__file__).parents[2] / "events"
KEYS = {
    "labels",
    "annotations",
    "status",
    "kind",
    "starts_at",
    "ends_at",
    "updated_at",
    "source",
    "fingerprint",
    "state_key",
    "generator_url",
}


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_a_file_in_the_order_of_the_arguments(capsys: pytest.CaptureFixture[str]) -> None:
    files = [str(EVENTS / name) for name in ("slo-violation.json", "raw-text.json", "rds-cpu-critical-alarm.json")]
    assert main(["normalise", *files]) == 0
    shown = lines(capsys)
    assert [line["file"] for line in shown] == files
    assert [line["source"] for line in shown] == ["alertmanager", "raw", "cloudwatch"]
    assert [sorted(line.keys() - {"file", "source", "alerts"}) for line in shown] == [[], ["problem"], []]
    assert all(alert.keys() == KEYS for line in shown for alert in line["alerts"])


def test_keys_are_sorted_and_times_are_utc_with_milliseconds(capsys: pytest.CaptureFixture[str]) -> None:
    main(["normalise", str(EVENTS / "rds-cpu-critical-ok.json")])
    text = capsys.readouterr().out
    line = json.loads(text)
    assert text == json.dumps(line, sort_keys=True) + "\n"
    (alert,) = line["alerts"]
    assert alert["ends_at"] == alert["updated_at"] == "2026-11-20T08:39:31.119Z"


def test_ends_at_is_null_while_firing(capsys: pytest.CaptureFixture[str]) -> None:
    main(["normalise", str(EVENTS / "rds-cpu-critical-alarm.json")])
    assert lines(capsys)[0]["alerts"][0]["ends_at"] is None


def test_all_records_of_a_file_are_shown_under_its_first_known_source(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [
        json.loads((EVENTS / name).read_text())["Records"][0] for name in ("raw-text.json", "ecs-cpu-alarm.json")
    ]
    file = tmp_path / "both.json"
    file.write_text(json.dumps({"Records": records}))
    assert main(["normalise", str(file)]) == 0
    (line,) = lines(capsys)
    assert line["source"] == "cloudwatch"
    assert [alert["source"] for alert in line["alerts"]] == ["raw", "cloudwatch"]


def test_a_dash_is_stdin(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"caf\xe9")))
    assert main(["normalise", "-"]) == 0
    (line,) = lines(capsys)
    assert (line["file"], line["source"]) == ("-", "raw")
    assert line["alerts"][0]["annotations"]["summary"] == "caf\ufffd"


def test_an_unreadable_file_is_named_the_others_are_shown_and_the_code_is_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good = str(EVENTS / "raw-text.json")
    missing, folder = str(tmp_path / "missing.json"), str(tmp_path)
    assert main(["normalise", missing, good, folder, "a\0b"]) == 2
    out = capsys.readouterr()
    assert [json.loads(line)["file"] for line in out.out.splitlines()] == [good]
    errors = out.err.splitlines()
    assert len(errors) == 3
    assert missing in errors[0]
    assert "No such file" in errors[0]
    assert folder in errors[1]


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["normalise", "--help"])
    assert left.value.code == 0
    text = capsys.readouterr().out
    assert "examples:" in text
    assert "exit code" in text


def test_without_a_file_it_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["normalise"])
    assert left.value.code == 2
    assert "FILE" in capsys.readouterr().err
