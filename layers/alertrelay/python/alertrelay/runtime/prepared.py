"""Takes what the standard library would compile at each start from where the layer's build has kept it, compiled.

That is the code that `dataclasses` writes for each class, and regular expressions: together half of the time that a
function needs to load. Only where exactly the same text was compiled at the build, by the same version of Python, what
came of it is taken: whatever else differs, it is compiled in the usual way.
"""

from __future__ import annotations

import _sre
import builtins
import dataclasses
import hashlib
import importlib.util
import marshal
import re
from collections.abc import Mapping
from pathlib import Path
from types import CodeType
from typing import Any, NamedTuple

FILE = Path(__file__).with_name("prepared.bin")
"""What infra/prepare_layer.py writes. Absent outside of a layer."""
_MADE_BY = importlib.util.MAGIC_NUMBER + f"{_sre.MAGIC}\n".encode()
"""Begins a file: the versions of compiled code and of compiled expressions."""


class PreparedCode(NamedTuple):
    """Code by the digest of its text, and the arguments of `_sre.compile` by pattern and flags. Each is packed by
    itself, since few are used."""

    codes: dict[bytes, bytes]
    patterns: dict[tuple[str | bytes, int], bytes]


def digest(text: str) -> bytes:
    """Return the name of a text."""
    return hashlib.sha256(text.encode()).digest()


def packed(codes: Mapping[bytes, CodeType], patterns: Mapping[tuple[str | bytes, int], tuple[Any, ...]]) -> bytes:
    """Return the content of FILE for this version of Python."""
    kept = [{name: marshal.dumps(value) for name, value in each.items()} for each in (codes, patterns)]
    return _MADE_BY + marshal.dumps(kept)


def unpacked(content: bytes) -> PreparedCode:
    """Return what a file holds; nothing where another version of Python wrote it, or it is damaged."""
    if content.startswith(_MADE_BY):
        try:
            codes, patterns = marshal.loads(content[len(_MADE_BY) :])  # noqa: S302 - our own layer's
        except (EOFError, ValueError, TypeError):
            return PreparedCode({}, {})
        return PreparedCode(codes, patterns)
    return PreparedCode({}, {})


def install(file: Path = FILE) -> None:
    """Make `dataclasses` and `re` take what is kept in a file. Does nothing where there is none."""
    try:
        kept = unpacked(file.read_bytes())
    except OSError:
        return
    usual = re._compiler.compile  # type: ignore[attr-defined]  # the stubs lack it

    def execute(text: Any, *scopes: Any) -> None:
        code = kept.codes.get(digest(text))
        builtins.exec(text if code is None else marshal.loads(code), *scopes)  # noqa: S102, S302 - as dataclasses does

    def compiled(pattern: Any, flags: int = 0) -> Any:
        found = kept.patterns.get((pattern, int(flags))) if isinstance(pattern, str | bytes) else None
        return usual(pattern, flags) if found is None else _sre.compile(pattern, *marshal.loads(found))  # noqa: S302

    if kept.codes:
        dataclasses.exec = execute  # type: ignore[attr-defined]  # it is looked up there before the builtin
        re._compiler.compile = compiled  # type: ignore[attr-defined]


install()
