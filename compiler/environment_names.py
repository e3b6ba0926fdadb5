"""Finds the environments of a configuration folder by the names of their files."""

from __future__ import annotations

import re
from pathlib import Path

from compiler.reading.finding import Finding, did_you_mean

ENVIRONMENTS = "environments"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def is_environment_name(name: str) -> bool:
    """Returns whether it may become part of names in AWS."""
    return _NAME.fullmatch(name) is not None


def environments(folder: Path) -> tuple[str, ...]:
    """The names of the environments under a configuration folder, sorted."""
    return tuple(sorted(path.stem for path in (folder / ENVIRONMENTS).glob("*.yml")))


def environment_fault(folder: Path, name: str) -> Finding | None:
    """Return what is wrong with the name of an environment, None where its file is there: every command says it so."""
    path, known = folder / ENVIRONMENTS / f"{name}.yml", environments(folder)
    code, message, mend = "unreadable", f"there is no environment {name!r}", did_you_mean(name, known)
    if not is_environment_name(name):
        code, message = "bad-value", f"{name!r} is not a valid environment name"
        mend = "small letters, digits and hyphens: it becomes part of names in AWS"
    elif path.exists():
        return None
    return Finding(file=str(path), line=0, column=0, key="", severity="error", code=code, message=message, mend=mend)
