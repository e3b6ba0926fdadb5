"""Takes the code that `dataclasses` writes for each class from where the layer's build has kept it, compiled.

Compiling it takes a third of the time that a function needs to load. The text of each class is written as ever, and
only where exactly that text was compiled at the build, by the same version of Python, its code is taken: whatever else
differs, a class is made in the usual way.
"""

from __future__ import annotations

import builtins
import dataclasses
import hashlib
import importlib.util
import marshal
from collections.abc import Mapping
from pathlib import Path
from types import CodeType
from typing import Any

FILE = Path(__file__).with_name("dataclasses.bin")
"""What infra/prepare_layer.py writes: Python's magic number, and code by the digest of its text. Absent elsewhere."""


def digest(text: str) -> bytes:
    """Return the name of a text."""
    return hashlib.sha256(text.encode()).digest()


def packed(codes: Mapping[bytes, CodeType]) -> bytes:
    """Return the content of FILE for this version of Python: each code is packed by itself, since few are used."""
    return importlib.util.MAGIC_NUMBER + marshal.dumps({name: marshal.dumps(code) for name, code in codes.items()})


def unpacked(content: bytes) -> dict[bytes, bytes]:
    """Return the packed codes that a file holds; none where another version of Python wrote it, or it is damaged."""
    magic = importlib.util.MAGIC_NUMBER
    if not content.startswith(magic):
        return {}
    try:
        found = marshal.loads(content[len(magic) :])  # noqa: S302 - our own layer's
    except (EOFError, ValueError, TypeError):
        return {}
    return found if isinstance(found, dict) else {}


def install(file: Path = FILE) -> None:
    """Make `dataclasses` take what is kept in a file. Does nothing where there is none."""
    try:
        codes = unpacked(file.read_bytes())
    except OSError:
        return

    def execute(text: Any, *scopes: Any) -> None:
        kept = codes.get(digest(text))
        builtins.exec(text if kept is None else marshal.loads(kept), *scopes)  # noqa: S102, S302 - as dataclasses does; our own

    if codes:
        dataclasses.exec = execute  # type: ignore[attr-defined]  # it is looked up there before the builtin


install()
