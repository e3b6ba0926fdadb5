"""Matches and replaces by RE2, as Go's regexp does: no pattern can take more than linear time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from alertrelay.render.templates.budget import RenderBudget, TemplateFailure

_NAME = re.compile(r"\$(?:\{(\w+)\}|(\w+)|\$)")
_ONE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        if not _ONE_BYTE.search(pattern):
            return re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError):
        pass
    raise TemplateFailure("a regular expression is not one of RE2")


def check(pattern: str) -> None:
    """Raises TemplateFailure for a pattern that RE2 does not take."""
    _compiled(pattern)


def found_in(pattern: str, text: str) -> bool:
    """Returns whether the pattern matches anywhere."""
    return _compiled(pattern).search(_valid(text)) is not None


def replaced(pattern: str, replacement: str, text: str, budget: RenderBudget) -> str:
    """Returns the text with each match replaced; `$1` and `${name}` are its groups."""
    valid = _valid(text)
    parts: list[str] = []
    last, after = 0, -1
    for match in _compiled(pattern).finditer(valid):
        budget.step()
        start, end = match.span()
        if start == end == after:  # an empty match right behind another one
            continue
        parts += [valid[last:start], _expanded(replacement, match)]
        budget.make(len(parts[-1]) + len(parts[-2]))
        last = after = end
    return "".join([*parts, valid[last:]])


def _valid(text: str) -> str:
    """RE2 matches UTF-8: a byte that is none becomes the replacement character."""
    return text if text.isascii() else text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _expanded(replacement: str, match: Any) -> str:
    if "$" not in replacement:
        return replacement
    return _NAME.sub(lambda found: _group(found, match), replacement)


def _group(found: re.Match[str], match: Any) -> str:
    if found.group() == "$$":
        return "$"
    name = found[1] or found[2]
    if name.isdigit() and (name == "0" or name[0] != "0"):
        number = int(name[:9])
        return (match.group(number) or "") if number <= match.re.groups else ""
    return (match.group(name) or "") if name in match.re.groupindex else ""
