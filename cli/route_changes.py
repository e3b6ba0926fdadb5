"""Compares two configurations of Alertmanager by whom they notify: alerts that end at each route, and settings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertrelay.alert import Labels
from alertrelay.config.model import Config, Matcher, Receiver, Route
from alertrelay.policy.route import match_routes

from compiler.alertmanager.label_sets import Undecided, example, example_beside
from compiler.reading.yamlfile import Value

_MOST_WORK = 4_000_000
"""Pairs of routes, times the routes that each has to pass."""
_SETTINGS = (
    "group_by", "group_wait", "group_interval", "repeat_interval", "mute_time_intervals", "active_time_intervals",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """An alert to ask both trees about. `name` is the case or the route that it stands for."""

    name: str
    labels: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteAnswer:
    """Who is notified of one probe, in the order of the routes."""

    probe: Probe
    now: tuple[str, ...]
    before: tuple[str, ...]

    @property
    def differs(self) -> bool:
        """Returns whether others are notified, or one of them another number of times, in any order."""
        return Counter(self.now) != Counter(self.before)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    """A route by its key and the number of its twins before it, with the matchers of its whole way and what is taken
    from it: by earlier siblings on the way, and by its children."""

    route: Route
    key: tuple[str, int]
    way: tuple[Matcher, ...]
    taken: tuple[tuple[Matcher, ...], ...]


def receivers(config: Config, labels: Labels) -> tuple[str, ...]:
    """Returns the receivers in the order of the routes that match, duplicates kept."""
    return tuple(route.receiver for route in match_routes(config.route, labels))


def answer(now: Config, before: Config, probe: Probe) -> RouteAnswer:
    """Asks both configurations."""
    return RouteAnswer(probe=probe, now=receivers(now, probe.labels), before=receivers(before, probe.labels))


def changed_routes(now: Config, before: Config) -> tuple[list[RouteAnswer], int]:
    """Returns what differs, an answer for each route and each change of receivers, and the number of routes tried.

    Each route of both trees is tried by an alert that ends at it and at no other, and each route that only one of the
    trees has also together with every other route. Twins with the same matchers count as one: they have one key.
    """
    nodes = list({node.key: node for config in (before, now) for node in _nodes(config.route)}.values())
    seen: set[object] = set()
    answers = []
    for probe in (*_alone((now, before)), *_together(nodes, now, before)):
        found = answer(now, before, probe)
        if not found.differs:
            continue
        change = (probe.name, *_moved(found))
        if change not in seen:
            seen.add(change)
            answers.append(found)
    return answers, len({node.route.key for node in nodes})


def _moved(found: RouteAnswer) -> tuple[object, object]:
    now, before = Counter(found.now), Counter(found.before)
    return tuple((now - before).items()), tuple((before - now).items())


def _alone(configs: Sequence[Config]) -> Iterator[Probe]:
    for config in configs:
        for node in _nodes(config.route):
            labels = _labels(node)
            if labels is not None:
                yield Probe(name=node.route.key, labels=labels)


def _labels(node: _Node) -> Labels | None:
    try:
        return example_beside(node.way, node.taken)
    except Undecided:
        return _either(node.way)


def _together(nodes: Sequence[_Node], now: Config, before: Config) -> Iterator[Probe]:
    """Alerts that two routes take, one of which stands in one tree alone: a new route takes them from the other."""
    of_now, of_before = ({node.key: _shape(node) for node in _nodes(config.route)} for config in (now, before))
    changed = [node for node in nodes if of_now.get(node.key) != of_before.get(node.key)]
    pairs = ((one, other) for one in changed for other in nodes if one.key != other.key)
    for number, (one, other) in enumerate(pairs):
        if number * len(nodes) >= _MOST_WORK:
            return
        labels = _either((*one.way, *other.way))
        if labels is not None:
            yield Probe(name=other.route.key, labels=labels)


def _shape(node: _Node) -> tuple[object, ...]:
    return node.route.continue_, node.taken


def _either(matchers: tuple[Matcher, ...]) -> Labels | None:
    try:
        return example(matchers)
    except Undecided:
        return None


def _nodes(root: Route) -> list[_Node]:
    counts: Counter[str] = Counter()
    found: list[_Node] = []

    def visit(route: Route, way: tuple[Matcher, ...], taken: tuple[tuple[Matcher, ...], ...]) -> None:
        counts[route.key] += 1
        children = tuple(child.matchers for child in route.routes)
        own = (*way, *route.matchers)
        found.append(_Node(route=route, key=(route.key, counts[route.key]), way=own, taken=(*taken, *children)))
        earlier: tuple[tuple[Matcher, ...], ...] = ()
        for child in route.routes:
            visit(child, own, (*taken, *earlier))
            if not child.continue_:
                earlier = (*earlier, child.matchers)

    visit(root, (), ())
    return found


def changed_settings(now: Config, before: Config) -> list[str]:
    """Returns a line for each setting of a route that both trees have, and for each interval by name, that differs."""
    earlier = {node.key: node.route for node in _nodes(before.route)}
    lines = []
    for node in _nodes(now.route):
        old = earlier.get(node.key)
        names = [name for name in _SETTINGS if old and getattr(old, name) != getattr(node.route, name)]
        if names:
            lines.append(f"{node.route.key}: other {', '.join(names)}")
    intervals = now.time_intervals.keys() | before.time_intervals.keys()
    differ = sorted(name for name in intervals if now.time_intervals.get(name) != before.time_intervals.get(name))
    lines += [f"time interval {name!r}: other times" for name in differ]
    if now.inhibit_rules != before.inhibit_rules:
        lines.append("inhibit_rules: other rules")
    return lines


def changed_receivers(now: Value, before: Value, compiled: tuple[Config, Config]) -> list[str]:
    """Returns a line for each receiver of both files whose integrations differ, and each key of `global` that does.

    The keys are named and no value is: it may be a secret.
    """
    new, old = (_by_name(root) for root in (now, before))
    new_targets, old_targets = ({one.name: one for one in config.receivers} for config in compiled)
    lines = []
    for name in [name for name in new if name in old]:
        keys = list(_differing(new[name], old[name], ""))
        if not keys and _targets(new_targets.get(name)) != _targets(old_targets.get(name)):
            keys = ["what it takes from global"]
        if keys:
            lines.append(f"receiver {name!r}: other {', '.join(dict.fromkeys(keys))}")
    return lines


def _targets(receiver: Receiver | None) -> object:
    return receiver.targets if receiver else None


def changed_globals(now: Value, before: Value) -> list[str]:
    """Returns the keys of `global` that differ, but for resolve_timeout, which changes no receiver."""
    new, old = (_child(root, "global") for root in (now, before))
    return [key for key in _differing(new, old, "") if key != "resolve_timeout"]


def _by_name(root: Value) -> dict[str, Value]:
    receivers = _child(root, "receivers")
    items = receivers.data if receivers and isinstance(receivers.data, tuple) else ()
    return {name.text: item for item in items if (name := _child(item, "name"))}


def _child(value: Value | None, key: str) -> Value | None:
    return value.data.get(key) if value and isinstance(value.data, Mapping) else None


def _differing(now: Value | None, before: Value | None, key: str) -> Iterator[str]:
    """The dotted keys at which two values differ."""
    new, old = now.data if now else None, before.data if before else None
    if isinstance(new, Mapping) or isinstance(old, Mapping):
        keys = [name for side in (new, old) if isinstance(side, Mapping) for name in side]
        for name in dict.fromkeys(keys):
            yield from _differing(_child(now, name), _child(before, name), f"{key}.{name}" if key else name)
    elif isinstance(new, tuple) and isinstance(old, tuple) and len(new) == len(old):
        for index, (one, other) in enumerate(zip(new, old, strict=True)):
            yield from _differing(one, other, f"{key}[{index}]")
    elif isinstance(new, tuple) or isinstance(old, tuple) or _text(now) != _text(before):
        yield key


def _text(value: Value | None) -> str | None:
    return value.text if value else None
