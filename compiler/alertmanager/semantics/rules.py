"""Finds routes and inhibitions that no alert of Prometheus's rules reaches, and alerts that no route takes.

An alert has its alertname and the labels of its rule. It can have any other label as well, from its series, and a label
of the rule whose value is a template can have any value: those may match anything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertrelay.config.model import Matcher, Route
from alertrelay.config.printed_matchers import print_matchers

from compiler.alertmanager.inhibition import PlacedRule
from compiler.alertmanager.routing import PlacedRoute
from compiler.alertmanager.semantics.routes import nobody
from compiler.reading.finding import Findings, Place

_OFTEN = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """An alerting rule: `known` are its labels as matchers, `set_` the names of all labels that it sets."""

    name: str
    known: tuple[Matcher, ...]
    set_: frozenset[str]
    place: Place


def alert_rule(name: str, labels: Mapping[str, str], place: Place) -> AlertRule:
    """Returns the alert of a rule by its name and the labels that it sets."""
    texts = {"alertname": name, **labels}
    known = tuple(Matcher(name=key, op="=", value=value) for key, value in texts.items() if "{{" not in value)
    return AlertRule(name=name, known=known, set_=frozenset(texts), place=place)


def check_against_rules(
    placed: Sequence[PlacedRoute], inhibitions: Sequence[PlacedRule], rules: Sequence[AlertRule]
) -> None:
    """Adds what no alert of `rules` reaches."""
    root = next(item.route for item in placed if item.route.id == "{}")
    ways = dict(_ways(root))
    for item in placed:
        way = ways[item.route.id]
        if item.route.matchers and _by_none(way, rules) and not _by_none(way[: -len(item.route.matchers)], rules):
            message = f"no alert of the rules can reach {print_matchers(item.route.matchers)}"
            item.section.findings.warning(item.section.place, "no-rule-reaches", message, "mend the matchers or a rule")
    for inhibition in inhibitions:
        for side in ("source", "target"):
            matchers: tuple[Matcher, ...] = getattr(inhibition.rule, side)
            if matchers and _by_none(matchers, rules):
                message = f"no alert of the rules can be a {side}: {print_matchers(matchers)}"
                mend = "mend the matchers or a rule"
                inhibition.section.findings.warning(inhibition.section.place, "no-rule-reaches", message, mend)


def _ways(route: Route, above: tuple[Matcher, ...] = ()) -> Iterator[tuple[str, tuple[Matcher, ...]]]:
    """The matchers of each route and of all routes above it, its own last, by its id."""
    way = (*above, *route.matchers)
    yield route.id, way
    for child in route.routes:
        yield from _ways(child, way)


def _by_none(matchers: Sequence[Matcher], rules: Sequence[AlertRule]) -> bool:
    return all(nobody((*rule.known, *matchers)) for rule in rules)


def check_root(root: Route, rules: Sequence[AlertRule], findings: Findings) -> None:
    """Adds the alerts that end at the root. One without a label that most rules set counts as one that has it not."""
    counts = Counter(name for rule in rules for name in rule.set_)
    usual = {name for name, count in counts.items() if count > _OFTEN * len(rules)}
    for rule in rules:
        absent = tuple(Matcher(name=name, op="=", value="") for name in sorted(usual - rule.set_))
        if all(nobody((*rule.known, *absent, *child.matchers)) for child in root.routes) and root.routes:
            without = f"; it has no label {', '.join(one.name for one in absent)}" if absent else ""
            message = f"no route takes {rule.name}: it ends at the root, with {root.receiver!r}{without}"
            findings.info(rule.place, "ends-at-root", message, "add a label or a route, if that is not meant")
