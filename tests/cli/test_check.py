from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from cli.command import main
from cli.report import report
from compiler.reading.finding import Finding
from tests.example import CONFIG as SHIPPED

BAD = "route: {receiver: a}\nreceivers:\n  - name: a\n    chanels: []\n"
WARNED = "route: {receiver: a}\nreceivers: [{name: a, webhook_configs: [{url: 'https://hooks.example.com/x'}]}]\n"


@pytest.fixture(name="here")
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a copy of the shipped configuration."""
    shutil.copytree(SHIPPED, tmp_path / "config")
    monkeypatch.delenv("ALERTRELAY_CONFIG_DIR")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _json(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    code = main(["check", "--json", *arguments])
    return code, json.loads(capsys.readouterr().out)


def test_without_arguments_the_whole_folder_is_checked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = here / "config" / "environments" / "staging.yml"
    broken.write_text(broken.read_text() + "retian: true\n")
    code, findings = _json(capsys)
    assert code == 1
    (error,) = (f for f in findings if f["severity"] == "error")
    lines = broken.read_text().count("\n")
    assert error == {
        "file": "config/environments/staging.yml",
        "line": lines,
        "column": 1,
        "key": "retian",
        "severity": "error",
        "code": "unknown-key",
        "message": "'retian' is not a key here",
        "mend": "did you mean 'retain'?",
    }


@pytest.mark.usefixtures("here")
def test_the_shipped_configuration_is_clean_even_strictly_but_for_being_an_example(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ALERTRELAY_ALLOW_PLACEHOLDERS", "1")
    assert main(["check", "--strict"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "0 errors, 0 warnings, 79 info"


def test_one_environment_alone(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "config" / "environments" / "staging.yml").write_text("retian: true\n")
    assert _json(capsys, "--env", "dev")[0] == 0
    assert _json(capsys, "--env", "staging")[0] == 1


@pytest.mark.usefixtures("here")
def test_an_environment_that_is_not_there_is_unreadable(capsys: pytest.CaptureFixture[str]) -> None:
    code, findings = _json(capsys, "--env", "production")
    assert code == 2
    assert "unreadable" in {finding["code"] for finding in findings}


def test_a_named_file_is_checked_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(BAD)
    code, findings = _json(capsys, "--config", str(path))
    assert code == 1
    assert {f["file"] for f in findings} == {str(path)}
    assert [(f["line"], f["key"]) for f in findings if f["code"] == "unknown-key"] == [(4, "receivers[0].chanels")]


def test_both_files_are_held_against_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, delivery = tmp_path / "a.yml", tmp_path / "d.yml"
    config.write_text(WARNED)
    delivery.write_text("fallbacks: {b: [[a]]}\nlast_resort: {email: [a@example.com]}\n")
    code, findings = _json(capsys, "--config", str(config), "--delivery", str(delivery))
    assert code == 1
    assert "unknown-receiver" in {f["code"] for f in findings}


def test_delivery_alone_is_held_against_the_folder_s_alertmanager_yml(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    delivery = here / "d.yml"
    delivery.write_text("fallbacks: {nowhere: [[email-oncall]]}\nlast_resort: {email: [a@example.com]}\n")
    code, findings = _json(capsys, "--delivery", "d.yml")
    assert code == 1
    assert [f["key"] for f in findings if f["code"] == "unknown-receiver"] == ["fallbacks.nowhere"]


def test_a_warning_is_a_fault_only_when_strict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "a.yml"
    path.write_text(WARNED)
    assert _json(capsys, "--config", str(path))[0] == 0
    assert _json(capsys, "--config", str(path), "--strict")[0] == 1
    assert main(["check", "--config", str(path), "--strict"]) == 1
    assert "--strict: warnings are errors" in capsys.readouterr().out


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00", b"", b"a: [", b"null", b"\x00"])
def test_a_file_that_is_no_configuration_is_a_finding_and_no_traceback(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yml"
    if content is not None:
        path.write_bytes(content)
    code, findings = _json(capsys, "--config", str(path))
    assert code == (2 if content is None else 1)
    assert findings[0]["severity"] == "error"
    assert findings[0]["mend"]


def test_a_folder_without_configuration_is_unreadable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ALERTRELAY_CONFIG_DIR")
    monkeypatch.chdir(tmp_path)
    code, findings = _json(capsys)
    assert code == 2
    (found,) = findings
    assert (found["file"], found["code"]) == ("config", "unreadable")
    assert "alertrelay init" in found["mend"]


def _finding(**changes: Any) -> Finding:
    values: dict[str, Any] = {
        "file": "config/a.yml",
        "line": 12,
        "column": 3,
        "key": "a",
        "severity": "error",
        "code": "unknown-key",
        "message": "'a' is not a key here",
        "mend": "did you mean 'b'?",
    }
    return Finding(**{**values, **changes})


def test_the_report_is_aligned_and_ends_with_the_counts() -> None:
    lines = report([_finding(), _finding(line=0, severity="info", code="x", message="m", mend="")])
    assert lines == [
        "config/a.yml:12:3: error   unknown-key 'a' is not a key here",
        "                                       -> did you mean 'b'?",
        "config/a.yml:      info    x           m",
        "1 error, 0 warnings, 1 info",
    ]


def test_colour_only_where_asked_for_and_control_characters_never() -> None:
    plain = report([_finding(message="x\x1b[2Jy")])
    assert "\x1b" not in "".join(plain)
    assert "x\\x1b[2Jy" in plain[0]
    assert "\x1b[31merror" in report([_finding()], colour=True)[0]
