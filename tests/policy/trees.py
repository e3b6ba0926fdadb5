"""Routes and matchers for the tests of decisions, written briefly."""

from __future__ import annotations

import re

from alertrelay.config.model import Matcher, Operator, Route
from alertrelay.config.printed_matchers import print_matchers


def matcher(text: str) -> Matcher:
    """`severity=~critical|warning`: a name, an operator, and the value to the end."""
    found = re.fullmatch(r"(\w+)(=~|!~|!=|=)(.*)", text, re.DOTALL)
    assert found, text
    ops: dict[str, Operator] = {"=": "=", "!=": "!=", "=~": "=~", "!~": "!~"}
    return Matcher(name=found[1], op=ops[found[2]], value=found[3])


def route(
    receiver: str,
    *matchers: str,
    routes: tuple[Route, ...] = (),
    continue_: bool = False,
    group_by: tuple[str, ...] | None = (),
    id: str = "",  # noqa: A002 - the field's own name
) -> Route:
    """A node whose key is that of a root or of a node right under it."""
    parsed = tuple(matcher(text) for text in matchers)
    printed = print_matchers(parsed)
    return Route(
        id=id or f"{{}}/{printed}/0",
        key=f"{{}}/{printed}" if parsed else "{}",
        receiver=receiver,
        matchers=parsed,
        continue_=continue_,
        group_by=group_by,
        group_wait=0,
        group_interval=300,
        repeat_interval=14_400,
        mute_time_intervals=(),
        active_time_intervals=(),
        routes=routes,
    )
