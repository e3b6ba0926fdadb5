"""Compares the rules with the rest of the configuration: the services that are watched, and what inhibits."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import promql_parser
from alertrelay.config.model import Matcher
from alertrelay.config.printed_matchers import print_matchers

from compiler.alertmanager.inhibition import PlacedRule
from compiler.alertmanager.semantics.routes import nobody
from compiler.reading.finding import Findings, Place
from compiler.rules.check import Parsed
from compiler.rules.parameters import Parameters
from compiler.rules.promql import walk

_WORDS = re.compile(r"\w+(\|\w+)*")
Producer = tuple[Matcher, ...]
"""What is known of the labels of an alert, its alertname included; it may have any others."""


def check_listed(parameters: Parameters, services: Mapping[str, Place], findings: Findings) -> None:
    """Warns of services of the environments that the rules do not list: nobody misses them when they disappear.

    `services` are the values of the label `service` of the environments' `services:`, with where each stands.
    """
    listed = {one.name for one in parameters.services}
    for name, place in services.items():
        if name not in listed:
            message = f"the Prometheus rules do not list the service {name}: nobody misses its series"
            mend = f"add `- service: {name}` to `services` of {parameters.file}"
            findings.warning(place, "service-not-listed", message, mend)


def check_covered(parsed: Sequence[Parsed], services: Mapping[str, Place], findings: Findings) -> None:
    """Warns of services for which no critical alert of the rules can fire."""
    critical = [(rule, expr) for rule, expr in parsed if rule.alert and rule.labels.get("severity") == "critical"]
    if not critical:
        return
    for name, place in services.items():
        if not any(_can_be_of(rule.labels.get("service", name), expr, name) for rule, expr in critical):
            message = f"no critical alert of the Prometheus rules can fire for the service {name}"
            findings.warning(place, "service-not-covered", message, 'widen a matcher such as service="…" of a rule')


def _can_be_of(label: str, expr: promql_parser.Expr, service: str) -> bool:
    """Returns whether an alert with the label `service`, "" if it has none of its own, can be about a service."""
    if label != service and "{{" not in label:
        return False
    selectors = [part for part in walk(expr) if isinstance(part, promql_parser.VectorSelector)]
    return not selectors or any(all(_matches(one, service) for one in part.matchers.matchers) for part in selectors)


def _matches(matcher: promql_parser.Matcher, service: str) -> bool:
    if matcher.name != "service":
        return True
    match matcher.op:
        case promql_parser.MatchOp.Equal:
            return bool(matcher.value == service)
        case promql_parser.MatchOp.NotEqual:
            return bool(matcher.value != service)
    found = not nobody(
        (Matcher(name="service", op="=", value=service), Matcher(name="service", op="=~", value=matcher.value))
    )
    return found if matcher.op == promql_parser.MatchOp.Re else not found


def check_sources(
    inhibitions: Iterable[PlacedRule], producers: Sequence[Producer], findings: Findings, *, complete: bool
) -> None:
    """Adds the sources of inhibition that none of `producers` raises, where they are named by their alertname.

    `complete`: the Prometheus rules are known too; without them what is missing may be one of theirs.
    """
    for item in inhibitions:
        for name in _names(item.rule.source):
            wanted = (*item.rule.source, Matcher(name="alertname", op="=", value=name))
            if all(nobody((*known, *wanted)) for known in producers):
                message = f"nothing raises {name}, so it never inhibits: {print_matchers(item.rule.source)}"
                mend = "watch what raises it, name its rule file with --rules, or remove it from the matcher"
                if complete:
                    findings.warning(item.section.place, "never-raised", message, mend)
                else:
                    findings.info(item.section.place, "never-raised", message, mend)


def _names(source: Iterable[Matcher]) -> tuple[str, ...]:
    """Returns the alertnames that a source asks for: one, or some alternatives."""
    for matcher in source:
        if matcher.name == "alertname" and matcher.op == "=" and matcher.value:
            return (matcher.value,)
        if matcher.name == "alertname" and matcher.op == "=~" and _WORDS.fullmatch(matcher.value):
            return tuple(matcher.value.split("|"))
    return ()
