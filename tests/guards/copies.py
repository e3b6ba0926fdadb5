"""A copy of the repository, in which other files stand or other tests run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("cli", "compiler", "docs", "events", "infra", "lambdas", "layers", "local", "runbooks", "tests", "tools")
LAYER = "layers/alertrelay/python"
WITHOUT_PLUGINS = [
    word for name in ("xdist", "cacheprovider", "schemathesis", "anyio") for word in ("-p", f"no:{name}")
]
"""Options of a pytest that runs inside a test: what none of its tests needs, and takes a second to import."""


def copy_repository(folder: Path, *files: str) -> None:
    """Copies the folders of the code and these files. The bytecode comes along: a file that is changed outdates its
    own, and compiling all of it anew takes longer than the tests of a copy."""
    # Another worker may be about to write bytecode, under a name for the time being.
    ignored = shutil.ignore_patterns("*.png", "*.pyc.*")
    for name in COPIED:
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    for name in files:
        shutil.copy(ROOT / name, folder / name)


def python_in(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """Runs Python on the code of the copy."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "ALERTRELAY_"))}
    path = os.pathsep.join([str(folder), str(folder / LAYER)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**kept, "PYTHONPATH": path, **environ},
        capture_output=True,
        text=True,
        check=False,
    )


def run_tests(folder: Path, *tests: str, **environ: str) -> str:
    """Runs tests of the copy; their output. Fails with it where one fails, or none ran."""
    done = python_in(folder, "-m", "pytest", "-q", *WITHOUT_PLUGINS, *tests, **environ)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    assert " passed" in done.stdout
    return done.stdout
