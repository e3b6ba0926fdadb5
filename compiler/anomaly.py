"""`config/anomaly.yml`: which metrics the anomaly scorer watches, and what it may do about them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alertrelay.alert import Labels
from alertrelay.config.watch import AnomalyConfig, Calendar, Direction, Mode, Sensitivity, Watch

from compiler.anomaly_limit import limit_of
from compiler.anomaly_prometheus import NAMESPACE, check_server, query_of, server_of, source_of
from compiler.metric_math import math_fault
from compiler.reading.finding import Findings, did_you_mean
from compiler.reading.formats import LABEL_VALUE, TIME_OF_DAY
from compiler.reading.section import Section, keys, number_of, section_of, string_of
from compiler.reading.yamlfile import Value

KEYS = keys("max_metrics period timezone holidays shadow_digest prometheus watch")
WATCH_KEYS = keys(
    "name namespace metric dimensions tags statistic period unit direction sensitivity severity labels mode calendar "
    "environments expression inputs source query limit"
)
SEVERITIES = ("info", "warning", "critical")
OURS = frozenset({"alertname", "alarm_name", "severity", "namespace", "metric", "account_id", "region"})
"""Labels that an entry cannot set."""
PERIODS = (60, 300, 900, 3600)
"""Seconds. What CloudWatch keeps for two weeks, from which lost state is rebuilt."""
MOST_METRICS = 20_000
_DEFAULT_METRICS = 200
_DEFAULT_PERIOD = 300
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_STATISTIC = re.compile(
    r"Average|Sum|Minimum|Maximum|SampleCount|IQM|p(100|[0-9]{1,2}(\.[0-9]{1,10})?)|(tm|wm|tc|ts)[0-9]{1,2}(\.[0-9]+)?"
)
_INPUT_NAME = re.compile(r"[a-z][a-zA-Z0-9_]{0,40}")
"""GetMetricData's own rule for the Id of a query, with room for ours before it."""
_USED = re.compile(r"\b[a-z][a-zA-Z0-9_]*\b")
_MOST_INPUTS = 9
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MOST_DIMENSIONS = 30  # of a metric, by CloudWatch


def parse_anomaly(root: Value, findings: Findings) -> AnomalyConfig | None:
    """Reads the file; faults are findings and count as absent. None where it is no mapping at all."""
    section = section_of(root, KEYS, findings)
    if section is None:
        return None
    period, digest = _period(section, _DEFAULT_PERIOD), section.get("shadow_digest")
    watches = tuple(_watch(item, period) for item in section.sections("watch", WATCH_KEYS))
    config = AnomalyConfig(
        max_metrics=section.whole("max_metrics", _DEFAULT_METRICS, low=1, high=MOST_METRICS),
        timezone=_timezone(section),
        holidays=tuple(filter(None, (_day(item, findings) for item in section.list("holidays")))),
        watches=watches,
        shadow_digest=TIME_OF_DAY(digest, findings) if digest else "",
        prometheus=server_of(section),
    )
    check_server(section, watches, config.prometheus)
    _check_names(section, watches)
    _check_whole(section, config)
    return config


def check_environments(root: Value, known: Collection[str], findings: Findings) -> None:
    """Every environment that an entry names must be one of `known`, else nobody watches it."""
    section = section_of(root, KEYS, Findings())
    for item in section.sections("watch", WATCH_KEYS) if section else ():
        for value in item.list("environments"):
            if value.text not in known:
                mend = did_you_mean(value.text, known, f"one of {', '.join(sorted(known))}")
                findings.error(value.place, "bad-value", f"there is no environment {value.text!r}", mend)


def _watch(item: Section, period: int) -> Watch:
    source = source_of(item)
    direction = _direction(item)
    query = query_of(item) if source == "prometheus" else ""
    if source == "cloudwatch":
        item.require("namespace", "add `namespace: AWS/ApplicationELB`")
    return Watch(
        name=_name(item),
        namespace=NAMESPACE if query else _whole_name(item, "namespace", "write it out, and an entry for each"),
        metric=_whole_name(item, "metric", "write it out, or leave the key out to watch every metric of the namespace"),
        dimensions=_texts(item, "dimensions", most=_MOST_DIMENSIONS),
        tags=_texts(item, "tags"),
        statistic=_statistic(item),
        period=_period(item, period),
        unit=item.string("unit"),
        direction=direction,
        sensitivity=_sensitivity(item),
        severity=_severity(item),
        labels=_labels(item),
        mode=_mode(item),
        calendar=_calendar(item),
        environments=item.strings("environments"),
        expression=query or item.string("expression"),
        inputs={} if query else _inputs(item),
        source=source,
        limit=limit_of(item, direction),
    )


def _inputs(item: Section) -> Mapping[str, str]:
    """Reads the metrics of an expression, by the names that it uses for them: all of one namespace and dimensions."""
    expression, found = item.string("expression"), _texts(item, "inputs", most=_MOST_INPUTS)
    if not expression:
        if found:
            message = "inputs stand here without an expression that uses them"
            item.findings.error(item.at("inputs"), "bad-value", message, "add `expression: 100 * good / total`")
        return {}
    _check_math(item, expression)
    item.require("metric", "add `metric: PaymentSuccessRate`: the name of the result in alerts")
    for name in found:
        if not _INPUT_NAME.fullmatch(name):
            message = f"{name!r} cannot be used in an expression"
            item.findings.error(
                item.at("inputs"), "bad-value", message, "a small letter first, then letters and digits"
            )
    used = set(_USED.findall(expression))
    if used != set(found):
        names = ", ".join(sorted(used ^ set(found)))
        message = f"the expression and its inputs do not name the same metrics: {names}"
        mend = "name each once, as in `inputs: {good: PaymentsSucceeded, total: Payments}`"
        item.findings.error(item.at("expression"), "bad-value", message, mend)
    dimensions = _texts(item, "dimensions", most=_MOST_DIMENSIONS)
    if item.mapping("tags") or any("*" in value for value in dimensions.values()):
        message = "an expression is over metrics that are named outright"
        item.findings.error(item.at("expression"), "bad-value", message, "write the dimensions out, without tags and *")
    return found


def _check_math(item: Section, expression: str) -> None:
    """CloudWatch refuses the whole query of a wrong expression, and the entry would be watched by nobody."""
    value, fault = item.get("expression"), math_fault(expression)
    if value and fault:
        offset, message = fault
        mend = f"mend it at column {offset + 1} of the expression, as in 100 * (good / total)"
        item.findings.error(value.place_at(offset), "bad-value", f"{expression!r} is not metric math: {message}", mend)


def _name(item: Section) -> str:
    if not item.require("name", "add `name: checkout-latency`: alerts and feedback are known by it"):
        return ""
    name = item.string("name")
    if name and not _NAME.fullmatch(name):
        mend = "small letters, digits and hyphens, as in checkout-latency"
        item.findings.error(item.at("name"), "bad-value", f"{name!r} is not a valid entry name", mend)
    return name


def _whole_name(item: Section, key: str, mend: str) -> str:
    """Only a dimension's value is a pattern: with * in its name no metric would ever be found."""
    name = item.string(key)
    if "*" in name:
        item.findings.error(item.at(key), "bad-value", f"{name!r} is taken as it stands, * and all", mend)
    return name


def _check_names(section: Section, watches: tuple[Watch, ...]) -> None:
    seen: set[str] = set()
    for value, watch in zip(section.list("watch"), watches, strict=False):
        if watch.name and watch.name in seen:
            message = f"{watch.name!r} is defined twice"
            section.findings.error(value.place, "duplicate-id", message, "rename one of the two")
        seen.add(watch.name)


def _check_whole(section: Section, config: AnomalyConfig) -> None:
    """What is wrong only where several keys are seen together."""
    findings = section.findings
    if config.holidays and not any(watch.calendar == "business" for watch in config.watches):
        message = "no entry has a business calendar, so every day is watched alike"
        findings.warning(section.at("holidays"), "unused", message, "add `calendar: business` to the entries concerned")
    exact = sum(watch.exact for watch in config.watches)
    if exact > config.max_metrics:
        message = f"{exact} entries name a metric each, and {config.max_metrics} metrics are the most"
        findings.error(section.at("max_metrics"), "out-of-range", message, f"write `max_metrics: {exact}` or more")


def _statistic(item: Section) -> str:
    statistic = item.string("statistic", "Average")
    if not _STATISTIC.fullmatch(statistic):
        message = f"CloudWatch has no statistic {statistic!r}"
        item.findings.error(item.at("statistic"), "bad-value", message, "Average, Sum, Minimum, Maximum, p99, tm90, …")
        return "Average"
    return statistic


def _period(section: Section, default: int) -> int:
    seconds = section.seconds("period")
    if seconds is None:
        return default
    if seconds not in PERIODS:
        message = f"{section.text('period')} is not a period of the scorer"
        section.findings.error(section.at("period"), "bad-value", message, "1m, 5m, 15m or 1h")
        return default
    return int(seconds)


def _timezone(section: Section) -> str:
    name = section.string("timezone", "UTC")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        mend = "a name as in Europe/Berlin, or UTC"
        section.findings.error(section.at("timezone"), "bad-value", f"{name!r} is not a time zone", mend)
        return "UTC"
    return name


def _day(value: Value, findings: Findings) -> date | None:
    if value.data is None or isinstance(value.data, tuple | Mapping):
        findings.error(value.place, "wrong-type", f"expected a day, got {value.kind}", "as in 2026-12-25")
        return None
    try:
        return date.fromisoformat(value.text)
    except ValueError:
        findings.error(value.place, "bad-value", f"{value.text!r} is not a day", "as in 2026-12-25")
        return None


def _texts(item: Section, key: str, *, most: int = 50) -> Mapping[str, str]:
    found = {name: string_of(value, item.findings) for name, value in item.mapping(key).items()}
    if len(found) > most:
        message = f"{len(found)} stand here, at most {most} are possible"
        item.findings.error(item.at(key), "out-of-range", message, "remove some")
    return {name: text for name, text in found.items() if text}


def _severity(item: Section) -> Mapping[str, float]:
    """A worse severity asks for a higher score, else the milder one would never notify."""
    found: dict[str, float] = {}
    for name, value in item.mapping("severity").items():
        if name not in SEVERITIES:
            message = f"{name!r} is not a severity"
            item.findings.error(value.place, "unknown-key", message, did_you_mean(name, SEVERITIES))
        else:
            found[name] = number_of(value, item.findings, low=0.5, high=0.9999, default=0.9999)
    scores = [found[name] for name in SEVERITIES if name in found]
    if any(milder >= worse for milder, worse in pairwise(scores)):
        mend = "as in {info: 0.5, warning: 0.8, critical: 0.99}"
        item.findings.error(item.at("severity"), "out-of-range", "a worse severity needs a higher score", mend)
    return found


def _labels(item: Section) -> Labels:
    labels: dict[str, str] = {}
    for name, value in item.mapping("labels").items():
        text = LABEL_VALUE(value, item.findings)
        if not _LABEL_NAME.fullmatch(name):
            mend = "letters, digits and underscores, no digit first"
            item.findings.error(value.place, "bad-label", f"{name!r} is not a label name", mend)
        elif name in OURS:
            mend = "remove it: its score, its entry and its metric decide"
            item.findings.error(value.place, "bad-label", f"the label {name!r} is the scorer's own", mend)
        elif text:
            labels[name] = text
    return labels


def _direction(item: Section) -> Direction:
    found = _one_of(item, "direction", get_args(Direction), "both")
    return "high" if found == "high" else "low" if found == "low" else "both"


def _sensitivity(item: Section) -> Sensitivity:
    found = _one_of(item, "sensitivity", get_args(Sensitivity), "normal")
    return "low" if found == "low" else "high" if found == "high" else "normal"


def _calendar(item: Section) -> Calendar:
    found = _one_of(item, "calendar", get_args(Calendar), "every-day")
    return "business" if found == "business" else "every-day"


def _mode(item: Section) -> Mode:
    match _one_of(item, "mode", get_args(Mode), "shadow"):
        case "assist":
            return "assist"
        case "alert":
            return "alert"
        case "adaptive":
            return "adaptive"
        case _:
            return "shadow"


def _one_of(item: Section, key: str, known: tuple[str, ...], default: str) -> str:
    text = item.string(key, default)
    if text not in known:
        mend = did_you_mean(text, known, ", ".join(known))
        item.findings.error(item.at(key), "bad-value", f"{text!r} is not a {key}", mend)
        return default
    return text
