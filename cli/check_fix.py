"""`alertrelay check --fix`: shows what is rewritten, then writes it; secrets go to a file that only its owner reads."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cli.config_dir import delivery_beside
from cli.files import unreadable, unwritable
from cli.report import refuse
from compiler.config_files import read_delivery
from compiler.mending.mend import CannotMend, Mended, mend

_BOM = b"\xef\xbb\xbf"
_TEMPLATE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*")


class ChangedMeanwhile(Exception):
    """Raised where the file is not what was read any more."""


def fix(named: Path, *, dry_run: bool, yes: bool) -> int | None:
    """Shows and writes the change. Returns None where the file may now be checked, else the exit code."""
    path = named.resolve()
    try:
        raw = path.read_bytes()
        text = raw.removeprefix(_BOM).decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return _say(unreadable(error, named))
    try:
        found = mend(text, file=str(named), delivery=read_delivery(delivery_beside(named)))
    except CannotMend as error:
        return refuse(error.findings)
    if found.text == text:
        print(f"{named}: nothing to rewrite")
        return None
    print("\n".join(found.diff))
    secrets = path.with_name(f"{path.stem}.secrets.json")
    if found.secrets:
        print(f"{', '.join(sorted(found.secrets))}: the values go to {secrets.name}, for the environment's secret")
    if dry_run:
        print("nothing is written: --dry-run")
        return 0
    if sys.stdin.isatty() and not yes and input(f"write {named}? [y/N] ").strip().lower() not in ("y", "yes"):
        print("nothing is written")
        return 0
    return _written(path, raw, found, secrets)


def _written(path: Path, raw: bytes, found: Mended, secrets: Path) -> int | None:
    new = (_BOM if raw.startswith(_BOM) else b"") + found.text.encode("utf-8")
    try:
        write_all(path, raw, new, {secrets: found.secrets}, found.templates)
    except ChangedMeanwhile:
        return _say(f"{path} changed meanwhile: nothing is written; run it again")
    except (OSError, ValueError) as error:
        return _say(str(error) if isinstance(error, ValueError) else unwritable(error, path))
    print(f"{path} is written")
    if found.secrets:
        print(f"{secrets} is written, for its owner alone: put it into the secret, then remove it (docs/deploy.md)")
    return None


def write_all(
    path: Path, raw: bytes, new: bytes, secrets: Mapping[Path, Mapping[str, str]], templates: Mapping[str, str]
) -> None:
    """Writes each file whole or not at all, the Alertmanager file last; where it is not `raw` any more, nothing.

    Raises ChangedMeanwhile, OSError, and ValueError for another file in the way.
    """
    wanted = {file: _joined(file, values) for file, values in secrets.items() if values}
    files = {path.with_name(_safe(name)): text.encode("utf-8") for name, text in templates.items()}
    for file, content in files.items():
        if file == path or (file.exists() and file.read_bytes() != content):
            raise ValueError(f"{file} is there already, with another text; nothing is written")
    before = {file: file.read_bytes() if file.exists() else None for file in (*wanted, *files)}
    if path.read_bytes() != raw:
        raise ChangedMeanwhile
    try:
        for file, content in wanted.items():
            _replace(file, content, mode=0o600)
        for file, content in files.items():
            _replace(file, content, mode=0o644)
        _replace(path, new, like=path, still=raw)
    except BaseException:
        for file, earlier in before.items():
            _restore(file, earlier)
        raise


def _joined(file: Path, values: Mapping[str, str]) -> bytes:
    """The JSON of the secret: what the file holds already, and the values."""
    try:
        known = json.loads(file.read_bytes()) if file.exists() else {}
    except (ValueError, RecursionError) as error:
        where = f"line {error.lineno}" if isinstance(error, json.JSONDecodeError) else "not UTF-8"
        where = "nested too deeply" if isinstance(error, RecursionError) else where
        raise ValueError(
            f"{file} is there already and is no JSON ({where}): mend it or move it away; nothing is written"
        ) from None
    if not isinstance(known, dict) or any(known.get(name, value) != value for name, value in values.items()):
        raise ValueError(f"{file} is there already, with other values; nothing is written: move it away")
    return (json.dumps({**known, **values}, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _replace(
    file: Path, content: bytes, *, mode: int = 0, like: Path | None = None, still: bytes | None = None
) -> None:
    """Writes beside the file, readable by its owner alone, and renames: nobody ever sees half of it."""
    handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.parent)
    written = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        if like is not None:
            shutil.copymode(like, written)
        else:
            written.chmod(mode)
        if still is not None and file.read_bytes() != still:
            raise ChangedMeanwhile
        written.replace(file)
    finally:
        written.unlink(missing_ok=True)


def _restore(file: Path, content: bytes | None) -> None:
    if content is None:
        file.unlink(missing_ok=True)
    elif file.read_bytes() != content:
        _replace(file, content, like=file)


def _safe(name: str) -> str:
    if not _TEMPLATE.fullmatch(name):
        raise ValueError(f"{name!r} is not a file name for a template; nothing is written")
    return name


def _say(message: str) -> int:
    print(f"alertrelay check: {message}", file=sys.stderr)
    return 2
