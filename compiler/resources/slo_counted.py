"""Reads what an objective counts: the requests of a load balancer, two metrics, a latency, or an SLO that AWS has."""

from __future__ import annotations

import re
from dataclasses import dataclass

from alertrelay.alert import Labels
from alertrelay.config.slo import Signal

from compiler.reading.formats import LABEL_VALUE
from compiler.reading.section import Section, keys

SOURCES = ("load_balancer", "metrics", "application_signals", "latency")
METRIC_KEYS = keys("namespace metric dimensions")
LATENCY_KEYS = (*keys("load_balancer target_group threshold_seconds threshold"), *METRIC_KEYS)
ALB = "AWS/ApplicationELB"
LONGEST = 60
"""Seconds after which a load balancer gives up on a connection without data, where nothing else is set. Source: Elastic
Load Balancing, "Edit attributes for your Application Load Balancer"."""
_BALANCER = re.compile(r"app/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}")
_TARGETS = re.compile(r"targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}")
_SLO_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._ -]{0,126}[A-Za-z0-9])")
"""Source: AWS::ApplicationSignals::ServiceLevelObjective, Name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What is summed: `bad` or `good` of `total`, a `rank` of its events, or an SLO of Application Signals by name."""

    total: tuple[Signal, ...] = ()
    bad: tuple[Signal, ...] = ()
    good: Signal | None = None
    rank: Signal | None = None
    application_signals: str = ""


def counted(item: Section) -> Counted | None:
    """Returns what an objective counts, by the one key that says it."""
    chosen = [key for key in SOURCES if item.has(key)]
    if len(chosen) != 1:
        there = f", and there are {' and '.join(map(repr, chosen))}" if chosen else ""
        message = f"exactly one of {', '.join(map(repr, SOURCES))} is needed{there}"
        mend = "keep one of them" if chosen else "add `load_balancer: app/main/50dc6c495c0c9188`, or one of the others"
        item.findings.error(item.at(chosen[-1] if chosen else "load_balancer"), "one-of", message, mend)
        return None
    if item.has("target_group") and chosen[0] != "load_balancer":
        mend = "remove it; for a latency it stands under `latency`"
        item.findings.error(item.at("target_group"), "one-of", "'target_group' goes with 'load_balancer'", mend)
    return {"load_balancer": _balancer, "metrics": _metrics, "latency": _latency}.get(chosen[0], _of_signals)(item)


def _of_signals(item: Section) -> Counted:
    name = matching(item, "application_signals", _SLO_NAME, "checkout-availability", "the name of an SLO")
    return Counted(application_signals=name)


def _balancer(item: Section) -> Counted | None:
    """Counts a load balancer's requests. A whole load balancer also answers 5xx itself, and what it turns away with 503
    reached no target, so that RequestCount does not have it.

    Source: Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer", RequestCount.
    """
    dimensions = _dimensions(item)
    if dimensions is None:
        return None
    requests, failed = _alb("RequestCount", dimensions), _alb("HTTPCode_Target_5XX_Count", dimensions)
    if "TargetGroup" in dimensions:
        return Counted(total=(requests,), bad=(failed,))
    refused, own = _alb("HTTPCode_ELB_503_Count", dimensions), _alb("HTTPCode_ELB_5XX_Count", dimensions)
    return Counted(total=(requests, refused), bad=(failed, own))


def _dimensions(item: Section) -> Labels | None:
    if item.text("load_balancer").startswith(("net/", "gwy/")):
        message = f"{item.text('load_balancer')!r} has no metrics of requests, status codes or their time"
        mend = "name an Application Load Balancer (app/…), or count with `metrics` or `latency: {namespace: …}`"
        item.findings.error(item.at("load_balancer"), "bad-value", message, mend)
        return None
    balancer = matching(item, "load_balancer", _BALANCER, "app/main/50dc6c495c0c9188", "the last part of its ARN")
    targets = matching(
        item,
        "target_group",
        _TARGETS,
        "targetgroup/checkout/73e2d6bc24d8a067",
        "the last part of its ARN",
        needed=False,
    )
    if not balancer:
        return None
    return {"LoadBalancer": balancer, **({"TargetGroup": targets} if targets else {})}


def _alb(metric: str, dimensions: Labels, statistic: str = "Sum") -> Signal:
    return Signal(namespace=ALB, name=metric, dimensions=dimensions, statistic=statistic)


def _metrics(item: Section) -> Counted | None:
    inner = item.section("metrics", ("good", "total"))
    if inner is None:
        return None
    found = {}
    for key in ("good", "total"):
        if not inner.require(key, f"add `{key}: {{namespace: Shop, metric: OrdersPlaced}}`"):
            continue
        section = inner.section(key, METRIC_KEYS)
        found[key] = _signal(section, "Sum") if section else None
    good, total = found.get("good"), found.get("total")
    if good is None or total is None:
        return None
    if good == total:
        message = "'good' and 'total' are one metric, so that nothing is ever bad"
        item.findings.error(inner.at("good"), "bad-value", message, "name the metric that counts good events alone")
        return None
    return Counted(total=(total,), good=good)


def _latency(item: Section) -> Counted | None:
    """Counts the events within a threshold: PR(:0.5) is the percentage of values of at most 0.5 in a period.

    Source: Amazon CloudWatch user guide, "CloudWatch statistics definitions", percentile rank.
    """
    inner = item.section("latency", LATENCY_KEYS)
    if inner is None:
        return None
    if inner.has("load_balancer") is inner.has("metric"):
        mend = "`load_balancer: app/…` with `threshold_seconds: 0.5`, or a metric with `threshold: …` in its unit"
        inner.findings.error(inner.place, "one-of", "exactly one of 'load_balancer' and 'metric' is needed", mend)
        return None
    key = "threshold_seconds" if inner.has("load_balancer") else "threshold"
    if not inner.require(key, f"add `{key}: 0.5`: what is slower is bad"):
        return None
    value = inner.get(key)
    if value and isinstance(value.data, int | float) and not isinstance(value.data, bool) and value.data <= 0:
        mend = "write more than 0, as in 0.5"
        inner.findings.error(value.place, "out-of-range", f"{value.text} is out of range", mend)
        return None
    threshold = inner.number(key, 0, low=0.000_001, high=1_000_000_000)
    if key == "threshold_seconds" and threshold > LONGEST:
        message = f"{threshold:g} s is longer than a load balancer waits, where nothing else is set"
        mend = f"it is in seconds: write {threshold / 1000:g} for {threshold:g} ms"
        inner.findings.warning(inner.at(key), "bad-value", message, mend)
    if inner.has("load_balancer"):
        dimensions = _dimensions(inner)
        base = _alb("TargetResponseTime", dimensions) if dimensions else None
    else:
        base = _signal(inner, "Sum")
    if base is None or not threshold:
        return None
    return Counted(total=(_with(base, "SampleCount"),), rank=_with(base, f"PR(:{threshold:.10g})"))


def _with(signal: Signal, statistic: str) -> Signal:
    return Signal(namespace=signal.namespace, name=signal.name, dimensions=signal.dimensions, statistic=statistic)


def _signal(section: Section, statistic: str) -> Signal | None:
    known = [section.require(key, f"add `{key}: …`") for key in ("namespace", "metric")]
    dimensions = {}
    for name, value in section.mapping("dimensions").items():
        dimensions[name] = LABEL_VALUE(value, section.findings)
    if not all(known) or not all(dimensions.values()):
        return None
    return Signal(
        namespace=section.string("namespace"),
        name=section.string("metric"),
        dimensions=dimensions,
        statistic=statistic,
    )


def matching(
    item: Section, key: str, pattern: re.Pattern[str], example: str, expected: str, *, needed: bool = True
) -> str:
    """Returns the text of a key, "" after an error where it is missing or not of the pattern."""
    if not item.has(key) and not needed:
        return ""
    if not item.require(key, f"add `{key}: {example}`"):
        return ""
    text = item.string(key)
    if text and not pattern.fullmatch(text):
        what = "name of an SLO" if key == "application_signals" else key.replace("_", " ")
        message = f"{text!r} is not a valid {what}"
        item.findings.error(item.at(key), "bad-value", message, f"{expected}, as in {example}")
        return ""
    return text
