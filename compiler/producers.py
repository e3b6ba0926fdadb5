"""Compares a whole configuration: what its alarms and rules raise with what inhibits, and the services of both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from alertrelay.config.model import Matcher
from alertrelay.config.own_runbooks import OWN_RUNBOOKS

from compiler.alarms.alarm import setting_of
from compiler.alarms.plan import plan
from compiler.alertmanager.file import AlertmanagerFile
from compiler.reading.finding import Findings, Place
from compiler.resources.environment import Environment
from compiler.rules.coverage import Producer, check_covered, check_listed, check_sources
from compiler.rules.examine import ExaminedRules

OF_SCORER = ("AnomalyDetected", "MetricNotReporting", "LimitForecast")
"""What the anomaly-scorer publishes; a test holds them against alertrelay.anomaly."""


def check_with_environments(
    parsed: AlertmanagerFile, environments: Sequence[Environment], rules: ExaminedRules | None, findings: Findings
) -> None:
    """Adds sources of inhibition that nothing raises, and services of `environments` that the rules leave out."""
    producers = (*_alarms(environments), *_rules(rules), *_own())
    check_sources(parsed.placed_rules, producers, findings, complete=rules is not None)
    if rules is not None:
        services = _services(environments)
        if rules.parameters is not None:
            check_listed(rules.parameters, services, findings)
        check_covered(rules.parsed, services, findings)


def _alarms(environments: Sequence[Environment]) -> Iterator[Producer]:
    for environment in environments:
        for alarm in plan(environment.resources, setting_of(environment), Findings()).every:
            yield _known({**alarm.labels, "alertname": alarm.alertname, "severity": alarm.severity})


def _rules(rules: ExaminedRules | None) -> Iterator[Producer]:
    for rule in rules.rules if rules else ():
        if rule.alert:
            texts = {name: text for name, text in rule.labels.items() if "{{" not in text}
            yield _known({**texts, "alertname": rule.alert})


def _own() -> Iterator[Producer]:
    for name in (*OF_SCORER, *(name for names in OWN_RUNBOOKS.values() for name in names)):
        yield _known({"alertname": name})


def _known(labels: Mapping[str, str]) -> Producer:
    return tuple(Matcher(name=name, op="=", value=value) for name, value in labels.items())


def _services(environments: Sequence[Environment]) -> Mapping[str, Place]:
    found: dict[str, Place] = {}
    for environment in environments:
        for service in environment.services:
            found.setdefault(service.watch.labels.get("service", service.id), service.watch.at())
    return found
