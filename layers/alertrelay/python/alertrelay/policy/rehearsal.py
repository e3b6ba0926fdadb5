"""The test alert: labels that the route tree sends to a chosen receiver, and a text that nobody takes for real."""

from __future__ import annotations

import difflib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertrelay.alert import Integration, Labels, rfc3339, severity_rank
from alertrelay.config.model import Config, Matcher, Route
from alertrelay.policy.group_key import group_id
from alertrelay.policy.matchers import matches
from alertrelay.policy.route import match_routes

ALERTNAME = "TEST_please_ignore"
SERVICE = "alertrelay-test"
SUMMARY = "TEST of alertrelay, please ignore: nothing is wrong. It was sent on purpose, and ends by itself."
SEVERITIES = ("warning", "critical", "error", "info")
TOPICS: Mapping[str, str] = {"critical": "TopicCritical", "info": "TopicInfo"}
"""The stack's output by severity; every other severity goes to the warning topic."""


class NoWay(ValueError):
    """No test alert can be made that reaches the receiver. The text says why, and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RehearsalTarget:
    """An integration that the test alert is to reach, and the group in which the table keeps it."""

    integration: Integration
    gid: str
    route: Route


def labels_for(config: Config, receiver: str | None, *, test_id: str, extra: Labels) -> dict[str, str]:
    """Returns labels that the route tree sends to `receiver`, and to as few others as possible; without one, a
    warning's.

    `extra` wins over what would be chosen. Raises NoWay."""
    base = {"alertname": ALERTNAME, "alertrelay_test": test_id, "env": config.environment, "service": SERVICE}
    if receiver is None:
        return {**base, "severity": "warning", **extra}
    found = config.receiver(receiver)
    if found is None:
        raise NoWay(f"--receiver {receiver}: alertmanager.yml has no such receiver{_near(receiver, config)}")
    if not found.targets:
        raise NoWay(f"--receiver {receiver}: it notifies nobody, so there is nothing to test")
    reaching = [
        labels
        for labels in _candidates(config.route, receiver, base, extra)
        if any(route.receiver == receiver for route in match_routes(config.route, labels))
    ]
    if not reaching:
        raise NoWay(
            f"--receiver {receiver}: no labels were found that the route tree sends there; name them yourself, "
            "say --label category=slo (a receiver that only stands in for others has no route)"
        )
    return min(reaching, key=lambda labels: _cost(config, labels))


def _near(receiver: str, config: Config) -> str:
    """Return the name that was meant, if one is near, and all that there are."""
    names = [one.name for one in config.receivers if one.targets]
    near = difflib.get_close_matches(receiver, names, n=1)
    meant = f"; did you mean {near[0]}?" if near else ""
    return f"{meant}; there are: {', '.join(names) or 'none'}"


def _cost(config: Config, labels: Labels) -> tuple[bool, int, int]:
    """Ranks alerts: one under its own name first, then the one that disturbs the fewest, then the least severe."""
    return labels["alertname"] != ALERTNAME, len(targets_of(config, labels)), severity_rank(labels)


def _candidates(root: Route, receiver: str, base: Labels, extra: Labels) -> Iterator[dict[str, str]]:
    for way in _ways(root, receiver):
        matchers = [matcher for route in way for matcher in route.matchers]
        for severity in SEVERITIES:
            start = {**base, "severity": severity, **extra}
            fitted = _fitted(start, matchers)
            if fitted is not None:
                yield {**fitted, **extra}


def _ways(route: Route, receiver: str) -> Iterator[tuple[Route, ...]]:
    if route.receiver == receiver:
        yield (route,)
    for child in route.routes:
        for way in _ways(child, receiver):
            yield (route, *way)


def _fitted(labels: Labels, matchers: Sequence[Matcher]) -> dict[str, str] | None:
    """`labels` changed as little as the matchers allow; None where no value was found for one of them."""
    fitted = dict(labels)
    for name, group in itertools.groupby(sorted(matchers, key=lambda m: m.name), key=lambda m: m.name):
        own = tuple(group)
        values = [fitted.get(name, ""), *(v for m in own for v in _examples(m)), "", "test"]
        value = next((v for v in values if matches(own, {name: v} if v else {})), None)
        if value is None:
            return None
        fitted[name] = value
    return {name: value for name, value in fitted.items() if value}


def _examples(matcher: Matcher) -> list[str]:
    """Returns values that a matcher names: of a pattern, the literal alternatives in it."""
    if matcher.op in ("=", "!="):
        return [matcher.value]
    texts = [re.sub(r"\.[*+]", "test", matcher.value)]
    while any("(" in text for text in texts[:64]):
        texts = [each for text in texts[:64] for each in _opened(text)]
    return [word for text in texts for word in text.split("|")]


def _opened(text: str) -> list[str]:
    """Returns the innermost group of a pattern, replaced by each of its alternatives."""
    group = re.search(r"\((?:\?:)?([^()]*)\)", text)
    if group is None:
        return [text.replace("(", "")]
    head, tail = text[: group.start()], text[group.end() :]
    return [head + alternative + tail for alternative in group.group(1).split("|")]


def targets_of(config: Config, labels: Labels) -> tuple[RehearsalTarget, ...]:
    """Return the integrations that the route tree notifies of an alert with these labels, each in its group."""
    found = {
        RehearsalTarget(integration=target.integration, gid=group_id(target.integration, route, labels), route=route)
        for route in match_routes(config.route, labels)
        for receiver in [config.receiver(route.receiver)]
        for target in (receiver.targets if receiver else ())
    }
    return tuple(sorted(found, key=lambda target: (target.integration, target.gid)))


def message(
    labels: Labels, *, starts_at: datetime, ends_at: datetime | None, by: str = "`alertrelay send-test`"
) -> str:
    """Returns the test alert as Alertmanager's webhook sends one: that shape carries any labels."""
    alert = {
        "status": "resolved" if ends_at else "firing",
        "labels": dict(labels),
        "annotations": {
            "summary": SUMMARY,
            "description": f"Sent by {by}, test {labels['alertrelay_test']}. Nobody has to act.",
            "impact": "none: this is a TEST",
        },
        "startsAt": rfc3339(starts_at),
        "endsAt": rfc3339(ends_at) if ends_at else "0001-01-01T00:00:00Z",
    }
    envelope = {"version": "4", "receiver": "alertrelay-send-test", "status": alert["status"], "alerts": [alert]}
    return json.dumps(envelope)
