"""The command line as scripts and people know it: every option that ever was, completion, forms, exit codes."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cli.command import main, parser
from cli.output import add_output, dumped

ROOT = Path(__file__).parents[2]
KNOWN = [line for line in Path(__file__).with_name("commands.txt").read_text().splitlines() if line[0] != "#"]
PAGE = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")


def options(found: argparse.ArgumentParser, path: str = "") -> Iterator[str]:
    for action in found._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from options(below, f"{path}{name} ")
        elif not isinstance(action, argparse._HelpAction):
            value = "" if action.nargs == 0 else " VALUE"
            yield from (f"{path}{option}{value}" for option in action.option_strings)
            if not action.option_strings:
                yield f"{path}<{action.dest}>"


def commands(found: argparse.ArgumentParser, path: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    below = [action for action in found._actions if isinstance(action, argparse._SubParsersAction)]
    if not below and path:
        yield path.strip(), found
    for action in below:
        for name, one in action.choices.items():
            yield from commands(one, f"{path}{name} ")


COMMANDS = dict(commands(parser()))


def test_every_option_that_ever_was_is_still_there() -> None:
    assert set(KNOWN) - set(options(parser())) == set()


def test_every_option_is_listed_so_that_it_will_stay() -> None:
    assert set(options(parser())) - set(KNOWN) == set()


@pytest.mark.parametrize(
    "line",
    [
        "normalise a.json b.json",
        "check --config a.yml --delivery d.yml --env prod --live --strict --json",
        "route --config a.yml --tree",
        "route --cases c.yml severity=critical service=orders",
        "simulate --config a.yml --delivery d.yml --timeline t.json --until 60 --start 2026-01-01T00:00:00Z --explain",
        "simulate --timeline t.json --until 3600 --compatible",
        "simulate --timeline t.json --until 3600 --compatible=0.25",
        "replay a.json - --down pagerduty=503 --down slack --topic critical --env dev --engine rie --json --logs l.txt",
        "replay a.csv --mode a=alert",
        "silence add --env prod --comment c --author a --start 2026-01-01T00:00Z --duration 2h --id i service=a --json",
        "silence add --env prod --comment c --end 2026-01-01T00:00:00Z service=a",
        "silence query --env prod --json --expired service=a",
        "silence expire --env prod ID --json",
        "feedback 0123456789abcdef helpful --env prod --by me --comment c --json",
        "score --input a.csv --output b.csv --explain --threshold",
        "anomaly report --input a.csv --output b.html --from 2026-01-01 --to 2026-02-01 --incidents i.csv",
        "anomaly report --env prod --watch w --metric m --output b.html",
        "anomaly status --env prod --watch w --json",
        "send-test --env prod --receiver r --label a=b --wait 60 --json",
        "serve-aws --bind 127.0.0.1",
        "serve-aws --print-env",
    ],
)
def test_a_line_of_an_old_script_is_still_understood(line: str) -> None:
    args = parser().parse_args(line.split())
    assert callable(args.run)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_completion_script_knows_every_command_and_is_valid(
    shell: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(name.split()[0] in script for name in COMMANDS)
    assert "--config-dir" in script
    if (program := shutil.which(shell)) is not None:
        path = tmp_path / "script"
        path.write_text(script)
        subprocess.run([program, "-n", str(path)], check=True)


def test_bash_completes_a_command_and_its_options(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["completion", "bash"]) == 0
    script = tmp_path / "script"
    script.write_text(capsys.readouterr().out)
    words = f'source {script}; COMP_WORDS=(alertrelay silence query --ex); COMP_CWORD=3; _shtab_alertrelay "" --ex'
    words += '; echo "${COMPREPLY[@]}"'
    done = subprocess.run(["bash", "-c", words], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["--expired"]


@pytest.mark.parametrize(("words", "form"), [([], "table"), (["--json"], "json"), (["-o", "yaml"], "yaml")])
def test_json_is_the_short_form_of_an_output(words: list[str], form: str) -> None:
    found = argparse.ArgumentParser()
    add_output(found)
    assert found.parse_args(words).output == form


def test_json_and_yaml_hold_the_same_value() -> None:
    value = [{"name": "ä: b", "count": 1, "list": [1, 2]}, {"name": "", "count": None}]
    assert json.loads(dumped(value, "json")) == yaml.safe_load(dumped(value, "yaml")) == value


@pytest.mark.parametrize(
    "command", ["check", "silence query", "silence list", "anomaly status", "normalise", "simulate"]
)
def test_a_command_that_prints_a_list_has_three_forms(command: str) -> None:
    (output,) = (action for action in COMMANDS[command]._actions if "-o" in action.option_strings)
    assert output.choices is not None
    assert set(output.choices) == {"json", "table", "yaml"}


def test_findings_are_the_same_in_yaml(capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", "--json"])
    as_json = capsys.readouterr().out
    main(["check", "-o", "yaml"])
    assert yaml.safe_load(capsys.readouterr().out) == json.loads(as_json) != []


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_every_command_and_its_exit_codes_stand_on_the_page(command: str) -> None:
    (row,) = (line for line in PAGE.splitlines() if line.startswith(f"| `{command}`"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert len(cells) == 5
    epilog = COMMANDS[command].epilog or ""
    if codes := re.search(r"exit codes?: (.*)", epilog, re.DOTALL):
        said = {int(code) for code in re.findall(r"(?<![\w.])([0-3])(?=[ ,.:]|$)", codes[1])}
        assert {number for number, cell in enumerate(cells[2:5]) if cell != "-"} >= said - {3}


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_the_help_of_a_command_names_its_exit_codes(command: str) -> None:
    group = command.split()[0]
    texts = [COMMANDS[command].format_help()]
    for action in parser()._actions:
        if isinstance(action, argparse._SubParsersAction):
            texts.append(action.choices[group].format_help())
    assert any("exit code" in text for text in texts)


def test_the_short_help_has_the_words_of_each_command() -> None:
    # `alertrelay --help` imports no command: its table must say what they say.
    assert parser("").format_help() == parser().format_help()


@pytest.mark.parametrize(
    ("words", "unneeded"),
    [
        (["--help"], ("compiler.load", "alertrelay.config", "yaml")),
        (
            ["route", "severity=critical"],
            ("botocore", "compiler.catalogue", "compiler.anomaly", "email", "cli.check"),
        ),
        (["check", "--env", "prod"], ("botocore", "aws_cdk", "email", "cli.route")),
    ],
)
def test_a_command_imports_what_it_needs(words: list[str], unneeded: tuple[str, ...]) -> None:
    program = f"""
import sys
from cli.command import main
try:
    main({words!r})
except SystemExit:
    pass
print(*sorted(sys.modules), sep=",", file=sys.stderr)
"""
    environ = {**os.environ, "ALERTRELAY_CONFIG_DIR": "tests/shipped/config"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, text=True, check=True
    )
    loaded = set(done.stderr.strip().splitlines()[-1].split(","))
    assert "cli.command" in loaded
    assert not loaded & set(unneeded)
