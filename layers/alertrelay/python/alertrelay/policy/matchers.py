"""Matches label sets against matchers. Regular expressions are RE2's, anchored, as in Alertmanager."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import re2

from alertrelay.alert import Labels
from alertrelay.config.model import Matcher

_SHORT = 200
"""Characters of a value whose answer is kept: long ones would only fill the memory."""


def matches(matchers: Iterable[Matcher], labels: Labels) -> bool:
    """Returns whether labels satisfy every matcher of a list; a missing label counts as empty."""
    for matcher in matchers:
        value = labels.get(matcher.name, "")
        if not (value == matcher.value if matcher.op == "=" else _holds(matcher, value)):
            return False
    return True


def _holds(matcher: Matcher, value: str) -> bool:
    """Returns whether a matcher that is not a plain equality holds."""
    if matcher.op == "!=":
        return value != matcher.value
    found = _found(matcher.value, value) if len(value) <= _SHORT else _searched(matcher.value, value)
    return found if matcher.op == "=~" else not found


@lru_cache(maxsize=4096)
def _found(expression: str, value: str) -> bool:
    """Returns whether a value matches, from a cache: the values of a label are few, and each alert asks every route for
    them again."""
    return _searched(expression, value)


def _searched(expression: str, value: str) -> bool:
    return _pattern(expression).search(_valid(value)) is not None


def _valid(value: str) -> str:
    """Replaces lone surrogates, which JSON can carry: RE2 matches UTF-8, which has none."""
    return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


@lru_cache(maxsize=1024)
def _pattern(expression: str) -> Any:
    """Compiles an expression in the very form that `check` accepted: `a)(b` is sound only between the anchors."""
    options = re2.Options()
    options.log_errors = False
    return re2.compile(f"^(?:{expression})$", options)
