"""`alertrelay --version`: the version and the commit, of a checkout from git, of a wheel from what its build wrote."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from alertrelay import __version__

ROOT = Path(__file__).resolve().parent.parent
BUILD_FILE = "build.json"  # tools/wheel_hook.py writes it


def described(root: Path = ROOT) -> str:
    """Return `0.1.0 (0123456789ab)`, with a plus after a commit that files differ from; the version alone where no
    commit is known."""
    found = _of_build(root / BUILD_FILE) or _of_git(root)
    return f"{__version__} ({found})" if found else __version__


class PrintVersion(argparse.Action):
    """Prints and exits. An action of its own, so that only this asks git."""

    def __init__(self, option_strings: Sequence[str], dest: str = argparse.SUPPRESS, help: str | None = None) -> None:  # noqa: A002 - argparse's name for it
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        """Print to stdout, as argparse's own action does."""
        print(f"alertrelay {described()}")
        parser.exit()


def _of_build(path: Path) -> str:
    import json

    try:
        return str(json.loads(path.read_text(encoding="utf-8")).get("commit", ""))
    except (OSError, ValueError, AttributeError):
        return ""


def _of_git(root: Path) -> str:
    """Of this checkout alone: a copy inside another project's checkout has no commit."""
    if not (root / ".git").exists():
        return ""
    head, changed = _git(root, "rev-parse", "--short=12", "HEAD"), _git(root, "status", "--porcelain", "-uno")
    return head + ("+" if head and changed else "")


def _git(root: Path, *words: str) -> str:
    import subprocess

    try:
        done = subprocess.run(["git", "-C", str(root), *words], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
