"""Checks Prometheus's rules: PromQL, what stands on each alert, and metrics that no rule records."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

import promql_parser

from compiler.reading.finding import Findings, did_you_mean
from compiler.rules.files import PrometheusRule
from compiler.rules.promql import LabelNames, PromQLError, experimental, label_names, metrics, parse

SEVERITIES = ("critical", "warning", "info")
RUNBOOK = "runbook_url"
Parsed = tuple[PrometheusRule, promql_parser.Expr]


def check_rules(
    rules: Sequence[PrometheusRule],
    findings: Findings,
    *,
    base_url: str = "",
    pages: Collection[str] | None = None,
    listed: Collection[str] = (),
) -> tuple[Parsed, ...]:
    """Adds the findings on rules, and returns those whose expression is PromQL, with it.

    `base_url` is where the pages of the runbooks are shown, `pages` their paths below it, None where they are kept
    elsewhere. `listed` are metrics that are recorded as soon as something is listed for them.
    """
    parsed = tuple(_parsed(rules, findings))
    recorded = recorded_labels(parsed)
    _check_recorded(parsed, {*(rule.record for rule in rules), *listed}, findings)
    for rule, expr in parsed:
        _check_experimental(rule, expr, findings)
        if rule.alert:
            _check_severity(rule, findings)
            _check_for(rule, findings)
            _check_owner(rule, label_names(expr, recorded), findings)
            _check_runbook(rule, base_url, pages, findings)
    _check_twins(rules, findings)
    return parsed


def recorded_labels(parsed: Iterable[Parsed]) -> Mapping[str, Sequence[LabelNames]]:
    """Returns the labels of the metrics that rules record, by name; in the order of the rules."""
    found: dict[str, list[LabelNames]] = {}
    for rule, expr in parsed:
        if rule.record:
            names = label_names(expr, found)
            found.setdefault(rule.record, []).append(LabelNames(names.names | set(rule.labels), closed=names.closed))
    return found


def _parsed(rules: Iterable[PrometheusRule], findings: Findings) -> Iterable[Parsed]:
    for rule in rules:
        try:
            yield rule, parse(rule.expr.text)
        except PromQLError as error:
            place = rule.expr.place_at(error.offset)
            findings.error(place, "bad-promql", f"{rule.name}: {error}", error.mend)


def _check_recorded(parsed: Iterable[Parsed], recorded: Collection[str], findings: Findings) -> None:
    """Prometheus's convention keeps the colon for recorded metrics, so one that no rule records has no series."""
    for rule, expr in parsed:
        for name in sorted(metrics(expr)):
            if ":" in name and name not in recorded:
                message = f"{rule.name} reads {name}, which no rule records"
                place = rule.expr.place_at(max(rule.expr.text.find(name), 0))
                findings.warning(
                    place, "never-recorded", message, did_you_mean(name, recorded, "add its recording rule")
                )


def _check_experimental(rule: PrometheusRule, expr: promql_parser.Expr, findings: Findings) -> None:
    """promql-parser takes what Prometheus refuses to load unless its flag is set."""
    for name in experimental(expr):
        message = f"{rule.name} uses {name}, which is experimental: Prometheus refuses the file"
        place = rule.expr.place_at(max(rule.expr.text.find(name), 0))
        mend = "write it without, or run Prometheus with --enable-feature=promql-experimental-functions"
        findings.warning(place, "experimental-promql", message, mend)


def _check_severity(rule: PrometheusRule, findings: Findings) -> None:
    severity = rule.labels.get("severity", "")
    if not severity:
        message = f"{rule.alert} has no severity: it ends at the root route"
        findings.warning(rule.place, "no-severity", message, "add `labels: {severity: warning}`")
    elif severity not in SEVERITIES and "{{" not in severity:
        message = f"{rule.alert} has the severity {severity!r}, which is none of ours"
        findings.warning(rule.at("labels"), "no-severity", message, f"one of {', '.join(SEVERITIES)}")


def _check_for(rule: PrometheusRule, findings: Findings) -> None:
    if "for" not in rule.fields:
        message = f"{rule.alert} has no `for`: one bad evaluation notifies"
        findings.warning(rule.place, "no-for", message, "add `for: 5m`, or `for: 0m` if that is meant")


def _check_owner(rule: PrometheusRule, names: LabelNames, findings: Findings) -> None:
    """Groups and inhibitions are by service: an alert without one is grouped with whatever has none either."""
    if not any(name in rule.labels or names.may_have(name) for name in ("service", "job")):
        message = f"{rule.alert} can have neither the label service nor job: its expression aggregates them away"
        mend = "aggregate `by (service)`, or add `labels: {service: …}`"
        findings.warning(rule.place, "no-service", message, mend)


def _check_runbook(rule: PrometheusRule, base_url: str, pages: Collection[str] | None, findings: Findings) -> None:
    address = rule.annotations.get(RUNBOOK, "")
    if not address:
        message = f"{rule.alert} has no runbook"
        findings.warning(rule.place, "no-runbook", message, f"add `annotations: {{{RUNBOOK}: https://…}}`")
    elif pages is not None and base_url and address.startswith(f"{base_url.rstrip('/')}/"):
        page = address.removeprefix(f"{base_url.rstrip('/')}/").partition("#")[0]
        if page not in pages:
            message = f"{rule.alert} names the runbook {page}, which does not exist"
            findings.error(rule.at("annotations"), "no-runbook", message, did_you_mean(page, pages, f"write {page}"))


def _check_twins(rules: Iterable[PrometheusRule], findings: Findings) -> None:
    """Two rules of one name and one set of labels write the same series."""
    seen: dict[tuple[str, tuple[tuple[str, str], ...]], PrometheusRule] = {}
    for rule in rules:
        key = (rule.name, tuple(sorted(rule.labels.items())))
        other = seen.setdefault(key, rule)
        if other is not rule and other.place.file == rule.place.file and rule.expr.text == other.expr.text:
            message = f"{rule.name} is defined twice with the same labels, first in line {other.place.line}"
            findings.warning(rule.place, "duplicate-rule", message, "remove one of the two")
