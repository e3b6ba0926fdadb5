"""Matches and replaces by RE2, as Go's regexp does: no pattern can take more than linear time."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

import re2

from alertrelay.templates.budget import Budget, TemplateFailure
from alertrelay.templates.values import go_bytes, go_string

_NAME = re.compile(rb"\$(?:\{([0-9A-Za-z_]+)\}|([0-9A-Za-z_]+))|\$\$")
_ONE_BYTE = re.compile(r"(?<!\\)(?:\\\\)*\\C")


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        if not _ONE_BYTE.search(pattern):
            return re2.compile(pattern.encode("utf-8"), options)
    except (re2.error, UnicodeEncodeError):
        pass
    raise TemplateFailure("a regular expression is not one of RE2")


def check(pattern: str) -> None:
    """Raises TemplateFailure for a pattern that RE2 does not take."""
    _compiled(pattern)


def found_in(pattern: str, text: str) -> bool:
    """Returns whether the pattern matches anywhere."""
    return _compiled(pattern).search(go_bytes(text)) is not None


def replaced(pattern: str, replacement: str, text: str, budget: Budget) -> str:
    """Returns the text with each match replaced; `$1` and `${name}` are its groups."""
    raw, form = go_bytes(text), go_bytes(replacement)
    expression = _compiled(pattern)
    names = expression.groupindex
    parts: list[bytes] = []
    last = after = 0
    for match in expression.finditer(raw):
        budget.step()
        start, end = match.span()
        if start == end and start == after and after:  # an empty match right behind another one
            continue
        parts += [raw[last:start], _expanded(form, match, names)]
        budget.make(len(parts[-1]) + len(parts[-2]))
        last = after = end
    parts.append(raw[last:])
    return go_string(b"".join(parts))


def _expanded(form: bytes, match: Any, names: Any) -> bytes:
    if b"$" not in form:
        return form
    return _NAME.sub(lambda found: _group(found, match, names), form)


def _group(found: re.Match[bytes], match: Any, names: Any) -> bytes:
    if found.group() == b"$$":
        return b"$"
    name = (found[1] or found[2]).decode()
    if name.isdigit() and (name == "0" or name[0] != "0"):
        number = int(name[:9])
        return (match.group(number) or b"") if number <= match.re.groups else b""
    known = {n.decode() if isinstance(n, bytes) else n: g for n, g in names.items()}
    return (match.group(known[name]) or b"") if name in known else b""
