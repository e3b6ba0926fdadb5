"""Where the configuration stands: a flag, an environment variable, the working folder; and what is none."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from cli.command import main, parser
from compiler.config_folder import VARIABLE, NoConfigFolder, config_folder
from tests.example import CONFIG, EXAMPLES


@pytest.fixture(name="here")
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and no variable."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _files(capsys: pytest.CaptureFixture[str], *arguments: str) -> set[str]:
    main(["check", "--json", *arguments])
    return {finding["file"] for finding in json.loads(capsys.readouterr().out)}


def test_the_flag_wins_over_the_variable_and_that_over_the_working_folder(here: Path) -> None:
    (here / "config").mkdir()
    (here / "flag").mkdir()
    (here / "variable").mkdir()
    environ = {VARIABLE: "variable"}
    assert config_folder(Path("flag"), environ) == Path("flag")
    assert config_folder(None, environ) == Path("variable")
    assert config_folder(None, {VARIABLE: ""}) == Path("config")


def test_a_working_folder_that_is_the_configuration_is_found(here: Path) -> None:
    (here / "alertmanager.yml").touch()
    assert config_folder(None, {}) == Path()
    (here / "config").mkdir()
    assert config_folder(None, {}) == Path("config")


@pytest.mark.parametrize("named", ["our alerts", "./deep/../our alerts"])
def test_a_folder_may_be_relative_and_have_spaces(named: str, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "deep").mkdir()
    shutil.copytree(CONFIG, here / "our alerts")
    assert main(["check", "--config-dir", named, "--env", "dev"]) == 0
    assert main(["route", "--config-dir", named, "severity=info"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "nobody"


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["route", "severity=info"],
        ["simulate", "--timeline", "t.json", "--until", "1"],
        ["replay", "event.json"],
        ["silence", "query", "--env", "prod"],
        ["feedback", "x", "not", "--env", "prod"],
        ["send-test", "--env", "prod"],
        ["anomaly", "status", "--env", "prod"],
        ["anomaly", "report", "--input", "a.csv", "--output", "b.html"],
        ["serve-aws"],
    ],
)
def test_what_is_no_folder_is_named_by_every_command(
    command: list[str], here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "alertmanager.yml").touch()
    assert main([*command, "--config-dir", "alertmanager.yml"]) == 2
    assert "--config-dir alertmanager.yml: expected a folder, and it is a file" in capsys.readouterr().err
    monkeypatch.setenv(VARIABLE, "nowhere")
    assert main(command) == 2
    assert f"{VARIABLE}=nowhere: expected a folder, and it does not exist" in capsys.readouterr().err


def test_a_name_that_no_system_takes_is_refused_and_not_raised() -> None:
    with pytest.raises(NoConfigFolder, match="expected a folder"):
        config_folder(Path("a\0b"), {})


@pytest.mark.parametrize("twin", ["prod.yaml", "Prod.yml"])
def test_two_environments_of_one_name_are_an_error_in_check_and_at_load(
    twin: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from compiler.load import load

    folder = Path(shutil.copytree(CONFIG, here / "config"))
    shutil.copy(folder / "environments" / "prod.yml", folder / "environments" / twin)
    assert main(["check", "--json"]) == 1
    found = [f for f in json.loads(capsys.readouterr().out) if f["code"] == "duplicate-name"]
    assert [f["file"] for f in found] == [f"config/environments/{twin}"]
    assert "duplicate-name" in [f.code for f in load(folder, "prod").errors]


def test_every_command_that_reads_the_configuration_has_the_flag() -> None:
    assert _files_of_help() == {"completion", "lsp", "normalise", "score", "init", "template"}


def _files_of_help() -> set[str]:
    """The commands whose help does not name --config-dir, those with commands of their own left out."""
    (actions,) = (a for a in parser()._subparsers._actions if hasattr(a, "choices") and a.choices)  # type: ignore[union-attr]
    return {
        name
        for name, one in dict(actions.choices or {}).items()
        if name not in ("silence", "anomaly", "export") and "--config-dir" not in one.format_help()
    }


def test_no_test_can_open_the_user_s_configuration() -> None:
    assert os.environ[VARIABLE] == str(CONFIG)
    with pytest.raises(AssertionError, match="belongs to the user"):
        (EXAMPLES / "alertmanager.yml").read_text()
