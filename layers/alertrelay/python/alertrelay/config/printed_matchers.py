"""Prints matchers as Alertmanager does: the text is part of the keys of groups.

Sources: prometheus/alertmanager pkg/labels/matcher.go (String, Less), and Go's strconv.Quote.
"""

from __future__ import annotations

from collections.abc import Iterable

from alertrelay.config.model import Matcher, Operator

RESERVED = frozenset("{}!=~,\\\"'`")
"""No bare word of the UTF-8 grammar holds one: a label's name with one stands in quotes."""
_GO_NAMES = {7: "\\a", 8: "\\b", 12: "\\f", 10: "\\n", 13: "\\r", 9: "\\t", 11: "\\v", 92: "\\\\", 34: '\\"'}


def print_matcher(one: Matcher) -> str:
    """Prints a matcher as Alertmanager does; the text is part of the keys of groups."""
    if any(char.isspace() or char in RESERVED for char in one.name):
        return f"{go_quote(one.name)}{one.op}{go_quote(one.value)}"
    value = one.value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
    return f'{one.name}{one.op}"{value}"'


def print_matchers(matchers: Iterable[Matcher]) -> str:
    """Prints `{a="x",b=~"y"}` in the order given."""
    return "{" + ",".join(print_matcher(one) for one in matchers) + "}"


def sort_matchers(matchers: Iterable[Matcher]) -> tuple[Matcher, ...]:
    """Sorts by name, value and operator, as Alertmanager sorts those of a route."""
    order: dict[Operator, int] = {"=": 0, "!=": 1, "=~": 2, "!~": 3}
    return tuple(sorted(matchers, key=lambda m: (m.name.encode(), m.value.encode("utf-8", "replace"), order[m.op])))


def go_quote(text: str) -> str:
    """Quotes as Go's strconv.Quote does."""
    if text.isascii() and text.isprintable() and not {'"', "\\"} & set(text):
        return f'"{text}"'
    return '"' + "".join(_go_char(char) for char in text) + '"'


def _go_char(char: str) -> str:
    code = ord(char)
    if code in _GO_NAMES:
        return _GO_NAMES[code]
    if char.isprintable():
        return char
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
