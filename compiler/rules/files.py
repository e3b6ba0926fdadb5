"""Reads files of Prometheus's rules, or the PrometheusRule of its operator, into rules with places.

The format: https://prometheus.io/docs/prometheus/latest/configuration/recording_rules/ and alerting_rules/.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from compiler.reading.duration import DurationError, parse_duration
from compiler.reading.finding import Findings, Place, did_you_mean
from compiler.reading.section import keys
from compiler.reading.yamlfile import Value

GROUP_KEYS = keys("name interval query_offset limit labels rules partial_response_strategy")
RULE_KEYS = keys("record alert expr for keep_firing_for labels annotations")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class PrometheusRule:
    """One rule: an alert, or a recording where `record` is set. `number` is its place in the group, from 1.

    `fields` are its keys as they stand in the file; `labels` and `annotations` are texts by name.
    """

    alert: str
    record: str
    expr: Value
    group: str
    number: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    fields: Mapping[str, Value]

    @property
    def name(self) -> str:
        """Returns the alert's name, or the metric that is recorded."""
        return self.alert or self.record

    @property
    def place(self) -> Place:
        """Returns where the name of the rule stands."""
        return self.at("alert" if self.alert else "record")

    def at(self, key: str) -> Place:
        """Returns the place of a key, else that of the expression."""
        value = self.fields.get(key)
        return value.place if value else self.expr.place


def read_rule_file(root: Value, findings: Findings) -> tuple[PrometheusRule, ...]:
    """Returns the rules of a file. What Prometheus would refuse to load is an error."""
    groups = child(child(root, "spec") or root, "groups")
    if groups is None or not isinstance(groups.data, tuple):
        mend = "name a file with `groups:`, as promtool checks it"
        findings.error(root.place, "wrong-type", "is not a file of Prometheus's rules", mend)
        return ()
    found: list[PrometheusRule] = []
    names: dict[str, int] = {}
    for group in groups.data:
        name = child(group, "name")
        text = name.text if name else ""
        _check_keys(group, GROUP_KEYS, findings)
        _check_duration(child(group, "interval"), findings)
        if name is None or not text:
            findings.error(group.place, "missing-key", "a group of rules has no name", "add `name: …`")
        elif text in names:
            message = f"the group {text!r} is defined twice in this file, first in line {names[text]}"
            findings.error(name.place, "duplicate-name", message, "rename one of the two: Prometheus refuses the file")
        else:
            names[text] = name.place.line
        found += _rules(group, text, findings)
    return tuple(found)


def _rules(group: Value, name: str, findings: Findings) -> Iterator[PrometheusRule]:
    rules = child(group, "rules")
    for number, value in enumerate(rules.data if rules and isinstance(rules.data, tuple) else (), 1):
        rule = _rule(value, name, number, findings)
        if rule is not None:
            yield rule


def _rule(value: Value, group: str, number: int, findings: Findings) -> PrometheusRule | None:
    if not isinstance(value.data, Mapping):
        findings.error(value.place, "wrong-type", f"expected a rule, got {value.kind}", "write `alert:` and `expr:`")
        return None
    _check_keys(value, RULE_KEYS, findings)
    fields = value.data
    alert, record, expr = (child(value, key) for key in ("alert", "record", "expr"))
    if bool(alert and alert.text) is bool(record and record.text):
        message = "a rule is either an `alert` or a `record`; this is " + ("both" if alert else "neither")
        findings.error(value.place, "bad-rule", message, "give it one of the two")
        return None
    if expr is None or not expr.text.strip():
        findings.error(value.place, "missing-key", "the rule has no `expr`", "add `expr: …`, in PromQL")
        return None
    if record and not _METRIC.fullmatch(record.text):
        message = f"{record.text!r} cannot be the name of a metric"
        findings.error(record.place, "bad-rule", message, "letters, digits, _ and :, as in service:errors:rate5m")
    for key in ("for", "keep_firing_for"):
        _check_duration(child(value, key), findings)
    return PrometheusRule(
        alert=alert.text if alert else "",
        record=record.text if record else "",
        expr=expr,
        group=group,
        number=number,
        labels=_texts(child(value, "labels")),
        annotations=_texts(child(value, "annotations")),
        fields=fields,
    )


def child(value: Value | None, key: str) -> Value | None:
    """Returns the value of a key, None where there is none or `value` is no mapping."""
    return value.data.get(key) if value and isinstance(value.data, Mapping) else None


def _texts(value: Value | None) -> Mapping[str, str]:
    return {k: v.text for k, v in value.data.items()} if value and isinstance(value.data, Mapping) else {}


def _check_keys(value: Value, known: tuple[str, ...], findings: Findings) -> None:
    for name, item in value.data.items() if isinstance(value.data, Mapping) else ():
        if name not in known:
            message = f"{name!r} is not a key here: Prometheus refuses the file"
            findings.error(item.key_place or item.place, "unknown-key", message, did_you_mean(name, known))


def _check_duration(value: Value | None, findings: Findings) -> None:
    if value is None or not value.text:
        return
    try:
        parse_duration(value.text)
    except DurationError as error:
        findings.error(value.place, "bad-duration", str(error), "write it as 30s, 5m, 1h30m or 1d")
