"""`alertrelay init`: what it writes checks clean, and where it cannot write all it writes nothing."""

from __future__ import annotations

import ast
import fnmatch
import io
import json
import shutil
from pathlib import Path

import pytest
import yaml
from alertrelay import __version__

from cli import init
from cli.command import main
from cli.scaffold import APP_IMPORT
from compiler.config_folder import VARIABLE
from compiler.load import load
from tests.example import CONFIG

MAIL = "oncall@our.company"
FILES = [
    ".github/workflows/alerts.yml",
    ".gitignore",
    "README.md",
    "alertmanager.yml",
    "anomaly.yml",
    "app.py",
    "cdk.json",
    "delivery.yml",
    "environments/prod.yml",
]


@pytest.fixture(name="here")
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder of a process without a terminal."""
    (tmp_path / "here").mkdir()
    monkeypatch.delenv(VARIABLE)
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    return tmp_path / "here"


def written(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    "flags",
    [
        [],
        ["--slack", "#alerts"],
        ["--pagerduty"],
        ["--slack", "#alerts", "--pagerduty", "--region", "eu-west-1", "--mail-from", "relay@our.company"],
    ],
)
@pytest.mark.parametrize("folder", ["alerts", "our alerts/of prod"])
def test_what_is_written_checks_clean_strictly(flags: list[str], folder: str, here: Path) -> None:
    assert main(["init", folder, "--environment", "prod", "--on-call-mail", MAIL, *flags]) == 0
    assert written(here / folder) == FILES
    assert main(["check", "--strict", "--config-dir", folder]) == 0
    loaded = load(here / folder, "prod")
    assert loaded.environment is not None
    assert (loaded.environment.resources, loaded.anomaly) == ((), None)
    assert sorted(path.name for path in here.iterdir()) == [Path(folder).parts[0]]


def test_nothing_in_it_is_invented(here: Path) -> None:
    assert main(["init", "--environment", "prod", "--on-call-mail", MAIL, "--slack", "#alerts"]) == 0
    text = "".join((here / name).read_text() for name in FILES)
    assert "example" not in text.lower()
    assert text.count("@") - text.count("uses: ") - text.count("aws-cdk@2") == text.count(MAIL)


def test_the_working_folder_itself_is_filled_beside_a_repository(here: Path) -> None:
    (here / ".git").mkdir()
    (here / ".venv").mkdir()
    before = here.stat().st_ino
    assert main(["init", "--yes", "--environment", "prod", "--on-call-mail", MAIL]) == 0
    assert written(here) == FILES
    assert here.stat().st_ino == before
    assert main(["check", "--strict"]) == 0


def test_the_app_and_the_cdk_file_have_ten_lines_at_most(here: Path) -> None:
    main(["init", "--environment", "prod", "--on-call-mail", MAIL])
    app, cdk = (here / "app.py").read_text(), json.loads((here / "cdk.json").read_text())
    ast.parse(app)
    assert app.splitlines().count(APP_IMPORT) == 1
    assert len(app.splitlines()) <= 10
    assert cdk["app"] == "python3 app.py"
    assert len((here / "cdk.json").read_text().splitlines()) <= 10
    steps = yaml.safe_load((here / ".github/workflows/alerts.yml").read_text())["jobs"]["check"]["steps"]
    runs = [step["run"] for step in steps if "run" in step]
    # Without the extra there is no CDK, and app.py ends at once.
    promtool = next(run for run in runs if run.startswith("if [ -d rules ]"))
    assert runs == [
        f'pip install "alertrelay[cdk]=={__version__}"',
        promtool,
        "alertrelay check --strict",
        "python app.py",
    ]


def test_git_takes_no_secret_that_the_fix_writes(here: Path) -> None:
    own = "route: {receiver: a}\nreceivers: [{name: a, pagerduty_configs: [{routing_key: FAKE}]}]\n"
    assert main(["init", "--environment", "prod", "--on-call-mail", MAIL]) == 0
    (here / "alertmanager.yml").write_text(own)
    main(["check", "--fix", "--yes"])
    (secrets,) = set(written(here)) - set(FILES)
    assert "FAKE" in (here / secrets).read_text()
    ignored = (here / ".gitignore").read_text().splitlines()
    assert any(fnmatch.fnmatch(secrets, line) for line in ignored)


def test_its_readme_names_the_commands_that_change_a_file(here: Path) -> None:
    assert main(["init", "--environment", "prod", "--on-call-mail", MAIL]) == 0
    about = (here / "README.md").read_text().partition("| File |")[0]
    assert "`discover --write`" in about
    assert "`check --fix`" in about
    assert "never" not in about


def test_several_environments_and_the_answer_as_json(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    flags = ["--environment", "dev", "--environment", "prod", "--on-call-mail", MAIL, "--pagerduty"]
    assert main(["init", "alerts", *flags, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found == {
        "folder": "alerts",
        "files": sorted([*FILES, "environments/dev.yml"]),
        "secret_keys": ["pagerduty_key"],
        "warnings": [],
    }


def test_an_alertmanager_file_that_is_there_is_taken_as_it_is(here: Path, tmp_path: Path) -> None:
    own = CONFIG / "alertmanager.yml"
    assert main(["init", "--environment", "prod", "--on-call-mail", MAIL, "--alertmanager", str(own), "--yes"]) == 0
    assert (here / "alertmanager.yml").read_text() == own.read_text()
    assert main(["check"]) == 0
    assert load(here, "prod").config is not None


@pytest.mark.parametrize(
    ("content", "code", "word"),
    [("route: {receiver: nobody}\nrecievers: []\n", 1, "unknown-key"), ("a: [", 1, "yaml"), (None, 2, "unreadable")],
)
def test_an_alertmanager_file_with_errors_is_refused_with_its_errors(
    content: str | None, code: int, word: str, here: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = tmp_path / "own.yml"
    if content is not None:
        own.write_text(content)
    flags = ["--environment", "prod", "--on-call-mail", MAIL, "--alertmanager", str(own)]
    assert main(["init", "alerts", *flags]) == code
    assert word in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ([], "no terminal to ask on: --environment NAME and --on-call-mail MAIL were expected"),
        (["--environment", "prod"], "--on-call-mail MAIL was expected"),
        (["--yes"], "--on-call-mail MAIL was expected"),
        (["--environment", "Prod", "--on-call-mail", MAIL], "small letters, digits and hyphens"),
        (["--environment", "prod", "--environment", "prod", "--on-call-mail", MAIL], "prod: is defined twice"),
        (["--environment", "prod", "--on-call-mail", "oncall"], "an e-mail address was expected"),
        (["--environment", "prod", "--on-call-mail", MAIL, "--region", "eu-wets-1"], "did you mean 'eu-west-1'?"),
        (["--environment", "prod", "--on-call-mail", MAIL, "--mail-from", "x"], "--mail-from 'x'"),
        (["--environment", "prod", "--on-call-mail", "a@b.\udcff"], "an e-mail address was expected"),
        (["--environment", "prod", "--on-call-mail", MAIL, "--slack", "#a\n"], "a channel was expected"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_is_written(
    flags: list[str], words: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "alerts", *flags]) in (1, 2)
    assert words in capsys.readouterr().err
    assert list(here.iterdir()) == []


def test_a_folder_that_is_not_empty_or_a_file_is_left_as_it_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "full").mkdir()
    (here / "full" / "notes.txt").write_text("mine")
    flags = ["--environment", "prod", "--on-call-mail", MAIL]
    assert main(["init", "full", *flags]) == 2
    assert "full: an empty folder was expected, and it holds notes.txt" in capsys.readouterr().err
    assert main(["init", "full/notes.txt", *flags]) == 2
    assert "it is a file" in capsys.readouterr().err
    assert main(["init", "a\0b", *flags]) == 2
    assert written(here) == ["full/notes.txt"]


@pytest.mark.parametrize(("fault", "code"), [(OSError(28, "No space left on device"), 2), (KeyboardInterrupt(), 130)])
def test_a_move_that_ends_half_way_takes_back_what_was_moved(
    fault: BaseException,
    code: int,
    here: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    real, moved = shutil.move, list[str]()

    def full(source: Path, target: Path) -> str:
        moved.append(target.name)
        if len(moved) == 4:
            raise fault
        return str(real(source, target))

    monkeypatch.setattr(shutil, "move", full)
    assert main(["init", "--environment", "prod", "--on-call-mail", MAIL]) == code
    said = capsys.readouterr().err
    assert "No space left on device" in said or "nothing was written" in said
    assert list(here.iterdir()) == []


def test_on_a_terminal_it_asks_for_what_no_flag_names(here: Path) -> None:
    from cli.command import parser

    answers = {"Environments": "dev, prod", "Region": "eu-west-1", "On-call": MAIL, "Slack": "", "PagerDuty": "y"}
    asked = []

    def ask(question: str) -> str:
        asked.append(question.split()[0])
        return next((answer for word, answer in answers.items() if question.startswith(word)), "")

    assert init.create(parser().parse_args(["init", "alerts"]), ask=ask) == 0
    assert asked[:3] == ["Environments,", "Region,", "On-call"]
    config = load(here / "alerts", "dev").config
    assert config is not None
    assert config.secret_keys() == ("pagerduty_key",)
    assert (here / "alerts" / "environments" / "prod.yml").exists()


def test_a_wrong_answer_is_asked_for_again_with_what_was_expected(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from cli.command import parser

    answers = {
        "Environments": ["Prod", "dev,dev", ""],
        "Region": ["mars", ""],
        "On-call": ["", "oncall", MAIL],
        "Slack": ["#a\x07", "#alerts"],
        "Microsoft": ["maybe", "no"],
        "PagerDuty": ["R0123", "yes"],
    }

    def ask(question: str) -> str:
        return next(left.pop(0) for word, left in answers.items() if question.startswith(word))

    assert init.create(parser().parse_args(["init", "alerts"]), ask=ask) == 0

    assert not any(answers.values())
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("  ")]
    assert len(said) == 8
    assert [line.split(":")[0].strip() for line in said[:2]] == ["'Prod'", "dev"]
    assert said[-1] == "  'R0123': yes or no was expected"
    config = load(here / "alerts", "prod").config
    assert config is not None
    assert config.secret_keys() == ("pagerduty_key", "slack_bot_token")


def test_an_end_of_the_answers_writes_nothing(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stdin", terminal)
    assert main(["init", "alerts"]) == 2
    assert "ended before the last answer" in capsys.readouterr().err
    assert list(here.iterdir()) == []


@pytest.mark.parametrize("command", [["route", "severity=critical"], ["check", "--config", "alertmanager.yml"]])
def test_the_mail_transport_of_the_folder_holds_for_its_alertmanager_file(
    command: list[str], here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--environment", "prod", "--on-call-mail", MAIL, "--yes"]) == 0
    capsys.readouterr()
    assert main(command) == 0
    assert "smarthost" not in capsys.readouterr().err
    assert (here / "delivery.yml").exists()
