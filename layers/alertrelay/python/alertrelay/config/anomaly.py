"""`config/anomaly.yml`: which metrics the anomaly scorer watches, and what it may do about them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alertrelay.alert import Labels
from alertrelay.config.finding import Findings, did_you_mean
from alertrelay.config.formats import LABEL_VALUE
from alertrelay.config.section import Section, keys, number_of, section_of, string_of
from alertrelay.config.yamlfile import Value

Direction = Literal["high", "low", "both"]
Sensitivity = Literal["low", "normal", "high"]
Mode = Literal["shadow", "assist", "alert", "adaptive"]

KEYS = keys("max_metrics period timezone holidays watch")
WATCH_KEYS = keys(
    "name namespace metric dimensions tags statistic period unit direction sensitivity severity labels mode"
)
SEVERITIES = ("info", "warning", "critical")
PERIODS = (60, 300, 900, 3600)
"""Seconds. What CloudWatch keeps for two weeks, from which lost state is rebuilt."""
MOST_METRICS = 20_000
_DEFAULT_METRICS = 500
_DEFAULT_PERIOD = 300
_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_STATISTIC = re.compile(
    r"Average|Sum|Minimum|Maximum|SampleCount|IQM|p(100|[0-9]{1,2}(\.[0-9]{1,10})?)|(tm|wm|tc|ts)[0-9]{1,2}(\.[0-9]+)?"
)
_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MOST_DIMENSIONS = 30  # of a metric, by CloudWatch


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One entry. Without `metric` it is every metric of the namespace that the dimensions and tags fit.

    A dimension's value may hold `*`; `tags` are those of the resource that the dimensions name.
    """

    name: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    tags: Mapping[str, str]
    statistic: str
    period: int  # seconds
    unit: str  # only shown: "ms"
    direction: Direction  # which side is trouble
    sensitivity: Sensitivity
    severity: Mapping[str, float]  # from which score on, by severity
    labels: Labels
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyConfig:
    """The file's values. `timezone` is that of the people whose day the metrics follow; on a holiday nothing is told
    or learned, since it is like no other day. A run asks for `max_metrics` at most."""

    max_metrics: int
    timezone: str
    holidays: tuple[date, ...]
    watches: tuple[Watch, ...]


def parse_anomaly(root: Value, findings: Findings) -> AnomalyConfig | None:
    """Reads the file; faults are findings and count as absent. None where it is no mapping at all."""
    section = section_of(root, KEYS, findings)
    if section is None:
        return None
    period = _period(section, _DEFAULT_PERIOD)
    watches = tuple(_watch(item, period) for item in section.sections("watch", WATCH_KEYS))
    _check_names(section, watches)
    return AnomalyConfig(
        max_metrics=section.whole("max_metrics", _DEFAULT_METRICS, low=1, high=MOST_METRICS),
        timezone=_timezone(section),
        holidays=tuple(filter(None, (_day(item, findings) for item in section.list("holidays")))),
        watches=watches,
    )


def _watch(item: Section, period: int) -> Watch:
    item.require("namespace", "add `namespace: AWS/ApplicationELB`")
    return Watch(
        name=_name(item),
        namespace=item.string("namespace"),
        metric=item.string("metric"),
        dimensions=_texts(item, "dimensions", most=_MOST_DIMENSIONS),
        tags=_texts(item, "tags"),
        statistic=_statistic(item),
        period=_period(item, period),
        unit=item.string("unit"),
        direction=_direction(item),
        sensitivity=_sensitivity(item),
        severity=_severity(item),
        labels=_labels(item),
        mode=_mode(item),
    )


def _name(item: Section) -> str:
    if not item.require("name", "add `name: checkout-latency`: alerts and feedback are known by it"):
        return ""
    name = item.string("name")
    if name and not _NAME.fullmatch(name):
        mend = "small letters, digits and hyphens, as in checkout-latency"
        item.findings.error(item.at("name"), "bad-value", f"{name!r} is no name of an entry", mend)
    return name


def _check_names(section: Section, watches: tuple[Watch, ...]) -> None:
    seen: set[str] = set()
    for value, watch in zip(section.list("watch"), watches, strict=False):
        if watch.name and watch.name in seen:
            message = f"{watch.name!r} stands twice"
            section.findings.error(value.place, "duplicate-id", message, "rename one of the two")
        seen.add(watch.name)


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
        message = f"{section.text('period')} is no period of the scorer"
        section.findings.error(section.at("period"), "bad-value", message, "1m, 5m, 15m or 1h")
        return default
    return int(seconds)


def _timezone(section: Section) -> str:
    name = section.string("timezone", "UTC")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        mend = "a name as in Europe/Berlin, or UTC"
        section.findings.error(section.at("timezone"), "bad-value", f"{name!r} is no time zone", mend)
        return "UTC"
    return name


def _day(value: Value, findings: Findings) -> date | None:
    try:
        return date.fromisoformat(value.text)
    except ValueError:
        findings.error(value.place, "bad-value", f"{value.text!r} is no day", "as in 2026-12-25")
        return None


def _texts(item: Section, key: str, *, most: int = 50) -> Mapping[str, str]:
    found = {name: string_of(value, item.findings) for name, value in item.mapping(key).items()}
    if len(found) > most:
        message = f"{len(found)} stand here, at most {most} are possible"
        item.findings.error(item.at(key), "out-of-range", message, "remove some")
    return {name: text for name, text in found.items() if text}


def _severity(item: Section) -> Mapping[str, float]:
    found: dict[str, float] = {}
    for name, value in item.mapping("severity").items():
        if name not in SEVERITIES:
            message = f"{name!r} is no severity"
            item.findings.error(value.place, "unknown-key", message, did_you_mean(name, SEVERITIES))
        else:
            found[name] = number_of(value, item.findings, low=0.0, high=1.0, default=1.0)
    return found


def _labels(item: Section) -> Labels:
    labels: dict[str, str] = {}
    for name, value in item.mapping("labels").items():
        text = LABEL_VALUE(value, item.findings)
        if not _LABEL_NAME.fullmatch(name):
            mend = "letters, digits and underscores, no digit first"
            item.findings.error(value.place, "bad-label", f"{name!r} is no label name", mend)
        elif text:
            labels[name] = text
    return labels


def _direction(item: Section) -> Direction:
    found = _one_of(item, "direction", get_args(Direction), "both")
    return "high" if found == "high" else "low" if found == "low" else "both"


def _sensitivity(item: Section) -> Sensitivity:
    found = _one_of(item, "sensitivity", get_args(Sensitivity), "normal")
    return "low" if found == "low" else "high" if found == "high" else "normal"


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
        mend = did_you_mean(text, known) or ", ".join(known)
        item.findings.error(item.at(key), "bad-value", f"{text!r} is no {key}", mend)
        return default
    return text
