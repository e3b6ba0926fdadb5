"""Finds where in a YAML file a cursor stands, by indentation: the file is being written, and need not be YAML yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cli.editor.keys import ITEM

_KEY = re.compile(r"""(?P<dashes>(?:\s*-(?=\s))*\s*)(?P<key>"[^"]*"|'[^']*'|[^\s:#\-][^:#]*?)\s*:(?=\s|$)""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """`path` leads to the mapping in which the cursor stands, or to the key whose value it is at. `key` is the key of
    the cursor's own line, "" while it is being written; `in_value`: the cursor stands behind its colon."""

    path: tuple[str, ...]
    key: str
    in_value: bool


def cursor_at(lines: Sequence[str], line: int, column: int) -> Cursor:
    """Returns where a cursor stands; line and column from 0."""
    text = lines[line] if line < len(lines) else ""
    found = _KEY.match(text)
    if found:
        indent, key = len(found["dashes"]), found["key"].strip("\"'")
        return Cursor(path=_above(lines, line, indent, _dashes(text)), key=key, in_value=column > found.end("key"))
    bare = text[:column]
    indent = len(bare) - len(bare.lstrip(" -"))
    dash = _dashes(bare)
    inside = _above(lines, line, indent, dash)
    return Cursor(path=inside, key="", in_value=bool(dash) and bool(inside) and inside[-1] == ITEM)


def _dashes(text: str) -> list[int]:
    """The columns of the dashes at the beginning of a line."""
    start = len(text) - len(text.lstrip(" -"))
    return [column for column in range(start) if text[column] == "-"]


def _above(lines: Sequence[str], line: int, indent: int, dashes: Sequence[int]) -> tuple[str, ...]:
    """The keys above a line whose content begins at a column, from the top."""
    path: list[str] = []
    for dash in reversed(dashes):
        path.append(ITEM)
        indent = dash
    item = bool(dashes)
    for number in range(line - 1, -1, -1):
        text = lines[number]
        if not text.strip() or text.lstrip().startswith("#"):
            continue
        columns = _dashes(text)
        found = _KEY.match(text)
        start = len(found["dashes"]) if found else len(text) - len(text.lstrip(" -"))
        if found and (start < indent or (item and start <= indent and not columns)):
            path.append(found["key"].strip("\"'"))
            indent, item = start, False
        for dash in reversed([column for column in columns if column < indent]):
            path.append(ITEM)
            indent, item = dash, True
    return tuple(reversed(path))
