"""Compiles `route:` of alertmanager.yml: the tree with everything inherited filled in.

Rules and defaults: prometheus/alertmanager config/config.go and dispatch/route.go, as of 0.33 (`group_by: []` in a
child means one group for all; before 0.31 it was ignored).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertrelay.config.matchers import MatcherError, matcher, parse_matchers, valid_name
from alertrelay.config.model import Matcher, Route
from alertrelay.config.printed_matchers import print_matchers, sort_matchers

from compiler.reading.duration import spell_duration
from compiler.reading.section import Section, check_texts, keys
from compiler.reading.yamlfile import Value

KEYS = keys(
    "receiver group_by group_wait group_interval repeat_interval match match_re matchers continue "
    "routes mute_time_intervals active_time_intervals labels"
)
_INHERITED = keys("receiver group_by group_wait group_interval repeat_interval")
_ROOT_ONLY_CHILDREN = ("match", "match_re", "matchers", "mute_time_intervals", "active_time_intervals")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Inherited:
    """The settings that a child takes from its parent: never matchers, `continue` or intervals."""

    receiver: str = ""
    group_by: tuple[str, ...] | None = ()
    group_wait: float = 30.0
    group_interval: float = 300.0
    repeat_interval: float = 14_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRoute:
    """A compiled route and the section that it came from."""

    route: Route
    section: Section


def parse_route(root: Section) -> tuple[Route, tuple[PlacedRoute, ...]]:
    """Returns the tree, and all its nodes from the top with their places."""
    for key in _ROOT_ONLY_CHILDREN:
        if root.items.get(key) and (root.list(key) if key.endswith("s") else root.mapping(key)):
            message = f"the root route must match every alert, so it takes no {key!r}"
            root.findings.error(root.at(key), "root-route", message, "put it on a route under `routes`")
    if root.flag("continue", default=False):
        message = "the root route has no sibling to continue with"
        root.findings.error(root.at("continue"), "root-route", message, "remove `continue`")
    if not root.text("receiver"):
        mend = "name the receiver of what no other route takes"
        root.findings.error(root.at("receiver"), "missing-key", "the root route needs a receiver", mend)
    placed: list[PlacedRoute] = []
    route = _node(root, _Inherited(), key="", prefix="", index=None, placed=placed)
    return route, tuple(sorted(placed, key=lambda p: p.section.place.line))


def without_empty_group_by(route: Route, parent: tuple[str, ...] | None = ()) -> Route:
    """Returns the tree as releases before 0.31 read it: a child's `group_by: []` is ignored, and its parent's
    counts."""
    inherits = "group_by" not in route.own or route.group_by == ()
    group_by = parent if inherits else route.group_by
    children = tuple(without_empty_group_by(child, group_by) for child in route.routes)
    return dataclasses.replace(route, group_by=group_by, routes=children)


def _node(
    section: Section, parent: _Inherited, *, key: str, prefix: str, index: int | None, placed: list[PlacedRoute]
) -> Route:
    matchers = sort_matchers(_matchers(section)) if index is not None else ()
    own = _inherit(section, parent)
    printed = print_matchers(matchers)
    route_key = printed if index is None else f"{key}/{printed}"
    route_id = printed if index is None else f"{prefix}/{printed}/{index}"
    check_texts(section.mapping("labels").values(), section.findings)
    if section.has("labels"):
        message = "`labels` of a route (0.34) are data for templates, and decide nothing; alertrelay does not send them"
        section.findings.warning(section.at("labels"), "not-obeyed", message, "they may stay for Alertmanager's sake")
    children = tuple(
        _node(child, own, key=route_key, prefix=route_id, index=i, placed=placed)
        for i, child in enumerate(section.sections("routes", KEYS))
    )
    route = Route(
        id=route_id,
        key=route_key,
        receiver=own.receiver,
        matchers=matchers,
        continue_=section.flag("continue", default=False),
        group_by=own.group_by,
        group_wait=own.group_wait,
        group_interval=own.group_interval,
        repeat_interval=own.repeat_interval,
        mute_time_intervals=_names(section, "mute_time_intervals"),
        active_time_intervals=_names(section, "active_time_intervals"),
        routes=children,
        own=tuple(key for key in _INHERITED if section.get(key) is not None),
    )
    placed.append(PlacedRoute(route=route, section=section))
    return route


def _inherit(section: Section, parent: _Inherited) -> _Inherited:
    wait = section.seconds("group_wait")
    interval = _positive(section, "group_interval")
    repeat = _positive(section, "repeat_interval")
    own = _Inherited(
        receiver=section.text("receiver") or parent.receiver,
        group_by=_group_by(section) if section.get("group_by") else parent.group_by,
        group_wait=parent.group_wait if wait is None else wait,
        group_interval=parent.group_interval if interval is None else interval,
        repeat_interval=parent.repeat_interval if repeat is None else repeat,
    )
    if own.repeat_interval < own.group_interval and (section.has("repeat_interval") or section.has("group_interval")):
        message = (
            f"repeat_interval {spell_duration(own.repeat_interval)} is shorter than "
            f"group_interval {spell_duration(own.group_interval)}: repeats come no faster than that"
        )
        section.findings.warning(section.at("repeat_interval"), "short-repeat", message, "make it a multiple")
    return own


def _positive(section: Section, key: str) -> float | None:
    seconds = section.seconds(key)
    if seconds == 0:
        section.findings.error(section.at(key), "out-of-range", f"{key!r} cannot be 0", "as in 5m")
        return None
    return seconds


def _group_by(section: Section) -> tuple[str, ...] | None:
    names: list[str] = []
    for value in section.list("group_by"):
        name = value.text
        if not valid_name(name):
            section.findings.error(value.place, "bad-label", "a label name is expected", "as in alertname")
        elif name in names and name != "...":  # which Alertmanager does not count
            section.findings.error(value.place, "duplicate-name", f"{name!r} is defined twice", "remove one")
        else:
            names.append(name)
    if "..." in names:
        if set(names) != {"..."}:
            message = "'...' means all labels and stands alone"
            section.findings.error(section.at("group_by"), "bad-value", message, "write ['...'] or name the labels")
        return None
    return tuple(names)


def _names(section: Section, key: str) -> tuple[str, ...]:
    return tuple(value.text for value in section.list(key) if value.text)


def _matchers(section: Section) -> Iterator[Matcher]:
    yield from read_matchers(section, "match", "match_re", "matchers")


def read_matchers(section: Section, equal: str, regex: str, strings: str) -> Iterator[Matcher]:
    """Reads the matchers of a route or of one side of an inhibition rule: all three keys, of which all must hold."""
    for old in (equal, regex):
        if section.has(old):
            message = f"{old!r} is deprecated since 0.22"
            section.findings.info(section.at(old), "deprecated-key", message, "`alertrelay check --fix` renews it")
    for name, value in section.mapping(equal).items():
        yield from _legacy(section, name, value, regex=False)
    for name, value in section.mapping(regex).items():
        if value.data is None:
            section.wrong(value, "a regular expression", 'write "" for a label that is missing or empty')
        yield from _legacy(section, name, value, regex=True)
    for value in section.list(strings):
        if isinstance(value.data, tuple | dict):
            section.wrong(value, "text", 'as in - severity="critical"')
            continue
        yield from _strings(section, value)


def _legacy(section: Section, name: str, value: Value, *, regex: bool) -> Iterator[Matcher]:
    if not valid_name(name):
        section.findings.error(value.place, "bad-label", "a label name is expected", "as in severity")
        return
    if isinstance(value.data, tuple | Mapping):
        section.wrong(value, "text", "one value; for several write a regular expression, as in a|b")
        return
    try:
        # Alertmanager prints a match_re with its anchors, and the print is part of the keys of groups.
        yield matcher(name, "=~", _anchored(value.text)) if regex else matcher(name, "=", value.text)
    except MatcherError as error:
        section.findings.error(value.place, "bad-matcher", str(error), "write a regular expression of RE2")


def _anchored(pattern: str) -> str:
    matcher("pattern", "=~", pattern)  # so that an error shows what the operator wrote
    return f"^(?:{pattern})$"


def _strings(section: Section, value: Value) -> Iterator[Matcher]:
    try:
        parsed = parse_matchers(value.text)
    except MatcherError as error:
        mend = 'as in severity="critical" or category=~"cpu|memory"'
        section.findings.error(value.place, "bad-matcher", str(error), mend)
        return
    if _loses_brace(value.text, parsed.matchers):
        message = f"{value.text!r} is read without its last brace, as {print_matchers(parsed.matchers)}"
        mend = "put the value in double quotes, or braces around the whole"
        section.findings.warning(value.place, "stripped-brace", message, mend)
    elif parsed.disagree:
        meant = print_matchers(parsed.matchers)
        message = f"{value.text!r} is read as {meant}, in the grammar of Alertmanager 0.26 and older"
        section.findings.warning(value.place, "classic-matcher", message, "put the value in double quotes")
    yield from parsed.matchers


def _loses_brace(text: str, matchers: Sequence[Matcher]) -> bool:
    """Returns whether the classic grammar took a brace for the end of the list that belongs to the last value."""
    text = text.strip()
    if not text.endswith("}") or text.startswith("{") or not matchers:
        return False
    return text.endswith(matchers[-1].value + "}")
