"""A file that is nested without an end is refused with one sentence, and no command crashes over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.check_fix import _joined
from cli.command import main
from tests.example import CONFIG

CALLS = [
    ["simulate", "--config-dir", str(CONFIG), "--timeline", "FILE", "--until", "1m"],
    ["template", "render", "--template.data", "FILE", "--template.text", "{{ .Status }}"],
    ["serve", "--config-dir", str(CONFIG), "--env", "prod", "--port", "0", "--secrets", "FILE"],
    ["discover", "--config-dir", str(CONFIG), "--env", "prod", "--from", "FILE"],
    ["adopt", "--config-dir", str(CONFIG), "--env", "prod", "--from", "FILE"],
    ["backtest", "--config-dir", str(CONFIG), "--env", "prod", "--history", "FILE"],
    ["history", "--logs", "FILE"],
]


@pytest.fixture(name="nested")
def _nested(tmp_path: Path) -> Path:
    file = tmp_path / "nested.json"
    file.write_text("[" * 100_000, encoding="utf-8")
    return file


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call[0])
def test_a_command_refuses_what_is_nested_without_end(
    call: list[str], nested: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([word.replace("FILE", str(nested)) for word in call]) == 2
    said = capsys.readouterr().err
    assert str(nested) in said
    assert "Traceback" not in said


def test_a_secrets_file_that_is_nested_without_end_is_not_joined(nested: Path) -> None:
    with pytest.raises(ValueError, match="no JSON \\(nested too deeply\\)"):
        _joined(nested, {"pagerduty_key": "FAKE"})


def test_a_foreign_first_line_is_not_shown_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "long.csv"
    file.write_text("x" * 5_000, encoding="utf-8")
    assert main(["anomaly", "report", "--input", str(file), "--output", str(tmp_path / "page.html")]) == 1
    assert len(capsys.readouterr().err) < 300 + len(str(file))
