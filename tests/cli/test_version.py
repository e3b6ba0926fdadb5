"""`alertrelay --version`: of a checkout, of a wheel, of a copy that knows no commit."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from alertrelay import __version__

from cli.command import main
from cli.version import described


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com"]
    subprocess.run(["git", "-C", str(folder), *identity, *words], check=True, capture_output=True)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "file").write_text("one\n")
    git(tmp_path, "init")
    git(tmp_path, "add", "file")
    git(tmp_path, "commit", "-m", "one")
    return tmp_path


def test_a_checkout_shows_its_commit_and_whether_files_differ(checkout: Path) -> None:
    clean = described(checkout)
    assert clean.startswith(f"{__version__} (")
    assert len(clean) == len(f"{__version__} ()") + 12
    (checkout / "file").write_text("two\n")
    assert described(checkout) == clean[:-1] + "+)"


def test_a_wheel_shows_the_commit_that_it_was_built_from(tmp_path: Path) -> None:
    (tmp_path / "build.json").write_text(json.dumps({"commit": "0123456789ab"}))
    assert described(tmp_path) == f"{__version__} (0123456789ab)"


@pytest.mark.parametrize("content", ["", "[]", "{", '{"commit": ""}'])
def test_without_a_commit_the_version_stands_alone(tmp_path: Path, content: str) -> None:
    (tmp_path / "build.json").write_text(content)
    assert described(tmp_path) == __version__


def test_a_copy_inside_another_checkout_has_no_commit(checkout: Path) -> None:
    (checkout / "copy").mkdir()
    assert described(checkout / "copy") == __version__


def test_the_command_prints_one_line_and_ends(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith(f"alertrelay {__version__}")
