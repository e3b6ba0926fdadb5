"""Reads the objectives under `slos` of `config/environments/<env>.yml`. Faults are findings and count as absent."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from alertrelay.alert import Labels
from alertrelay.config.slo import Objective, Signal

from compiler.reading.finding import Place
from compiler.reading.formats import LABEL_VALUE
from compiler.reading.section import Section, keys
from compiler.resources.listing import STACK, labels_of
from compiler.resources.resource import NOWHERE

SOURCES = ("load_balancer", "metrics", "application_signals", "latency")
KEYS = keys(
    "id service objective window load_balancer target_group metrics application_signals latency min_requests "
    "labels stack"
)
METRIC_KEYS = keys("namespace metric dimensions")
LATENCY_KEYS = (*keys("load_balancer target_group threshold_seconds threshold"), *METRIC_KEYS)
DAY = 86_400
LEAST_WINDOW, MOST_WINDOW = 7 * DAY, 90 * DAY
LEAST_PERCENT, MOST_PERCENT = 50, 99.999
MIN_REQUESTS = 100
ALB = "AWS/ApplicationELB"
_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_BALANCER = re.compile(r"app/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}")
_TARGETS = re.compile(r"targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}")
_SLO_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._ -]{0,126}[A-Za-z0-9])")
"""Source: AWS::ApplicationSignals::ServiceLevelObjective, Name."""
_STACK = re.compile(STACK[0])
OURS = frozenset({"alertname", "category", "service", "severity", "slo"})
"""Labels that the alerts of an objective always have from us."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedObjective:
    """An objective of an environment, with the further stack of its alarms and where its keys stand, "" the whole."""

    objective: Objective
    stack: str = ""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def at(self, key: str = "") -> Place:
        """Returns the place of a key, else that of the objective itself."""
        return self.places.get(key) or self.places.get("", NOWHERE)


def slos(section: Section) -> tuple[ListedObjective, ...]:
    """Returns the objectives that are listed, after an error for each whose id is defined twice."""
    items = section.sections("slos", KEYS)
    first: dict[str, Section] = {}
    for item in items:
        earlier = first.setdefault(item.text("id"), item)
        if earlier is not item and item.has("id"):
            message = f"{item.text('id')!r} is defined twice, first in line {earlier.place.line}"
            mend = "rename one of the two: alarms, metrics and messages are called by it"
            section.findings.error(item.at("id"), "duplicate-id", message, mend)
    return tuple(found for item in items if (found := _slo(item)))


def _slo(item: Section) -> ListedObjective | None:
    """Returns one objective; None where what it counts is not known."""
    name = _matching(item, "id", _ID, "checkout-availability", "small letters, digits and hyphens")
    service = _service(item)
    percent, window = _percent(item), _window(item)
    counted = _counted(item)
    if counted is None:
        return None
    objective = Objective(
        id=name,
        service=service,
        percent=percent,
        window=window,
        total=counted.total,
        bad=counted.bad,
        good=counted.good,
        rank=counted.rank,
        application_signals=counted.application_signals,
        min_requests=_min_requests(item),
        labels=_labels(item),
    )
    stack = _matching(item, "stack", _STACK, STACK[1], "small letters, digits and hyphens", needed=False)
    places = {key: item.at(key) for key in KEYS if item.has(key)}
    return ListedObjective(objective=objective, stack=stack, places={**places, "": item.place})


def _labels(item: Section) -> Labels:
    """Returns the labels of an objective, without those that the relay sets on its alerts, after an error for each."""
    found = labels_of(item)
    for name in sorted(OURS & set(found)):
        mend = "remove it: the objective itself decides"
        place = item.mapping("labels")[name].place
        item.findings.error(place, "bad-label", f"the label {name!r} of an objective is set by alertrelay", mend)
    return {name: text for name, text in found.items() if name not in OURS}


def _service(item: Section) -> str:
    value = item.get("service")
    if not item.require("service", "add `service: checkout`: routes and messages name it") or value is None:
        return ""
    return LABEL_VALUE(value, item.findings)


def _min_requests(item: Section) -> int:
    if item.has("application_signals"):
        if item.has("min_requests"):
            message = "the burn rates of Application Signals come without a count of requests"
            item.findings.error(item.at("min_requests"), "one-of", message, "remove it")
        return 0
    return item.whole("min_requests", MIN_REQUESTS, low=1, high=1_000_000_000)


def _percent(item: Section) -> float:
    if not item.require("objective", "add `objective: 99.9`: the percentage of events that have to be good"):
        return 99.0
    value = item.get("objective")
    number = value.data if value else None
    if isinstance(number, int | float) and not isinstance(number, bool):
        mend = ""
        if 0 < number <= 1:
            mend = f"it is a percentage: write {number * 100:g}" if number < 1 else "write a percentage, as in 99.9"
        elif MOST_PERCENT < number <= 100:
            mend = f"{number:g} % leaves no error budget to burn: write {MOST_PERCENT} or less, as in 99.9"
        if mend:
            item.findings.error(item.at("objective"), "out-of-range", f"{number:g} is not an objective", mend)
            return 99.0
    if isinstance(number, str) and _is_number(number):
        mend = f"take off the quotes: `objective: {number.strip()}`"
        item.findings.error(item.at("objective"), "wrong-type", "expected a number, got text", mend)
        return 99.0
    return item.number("objective", 99.0, low=LEAST_PERCENT, high=MOST_PERCENT)


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def _window(item: Section) -> int:
    if not item.require("window", "add `window: 30d`: the days that the budget is for"):
        return 30 * DAY
    without_unit = item.text("window").strip().isdecimal()
    seconds = 0 if without_unit else item.seconds("window")
    if seconds is None:
        return 30 * DAY
    if not LEAST_WINDOW <= seconds <= MOST_WINDOW or seconds % DAY:
        message = f"{item.text('window')!r} is not a window of an objective"
        item.findings.error(item.at("window"), "out-of-range", message, "write whole days from 7d to 90d, as in 30d")
        return 30 * DAY
    return int(seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    total: tuple[Signal, ...] = ()
    bad: tuple[Signal, ...] = ()
    good: Signal | None = None
    rank: Signal | None = None
    application_signals: str = ""


def _counted(item: Section) -> _Counted | None:
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


def _of_signals(item: Section) -> _Counted:
    name = _matching(item, "application_signals", _SLO_NAME, "checkout-availability", "the name of an SLO")
    return _Counted(application_signals=name)


def _balancer(item: Section) -> _Counted | None:
    """Counts a load balancer's requests. A whole load balancer also answers 5xx itself, and what it turns away with 503
    reached no target, so that RequestCount does not have it.

    Source: Elastic Load Balancing, "CloudWatch metrics for your Application Load Balancer", RequestCount.
    """
    dimensions = _dimensions(item)
    if dimensions is None:
        return None
    requests, failed = _alb("RequestCount", dimensions), _alb("HTTPCode_Target_5XX_Count", dimensions)
    if "TargetGroup" in dimensions:
        return _Counted(total=(requests,), bad=(failed,))
    refused, own = _alb("HTTPCode_ELB_503_Count", dimensions), _alb("HTTPCode_ELB_5XX_Count", dimensions)
    return _Counted(total=(requests, refused), bad=(failed, own))


def _dimensions(item: Section) -> Labels | None:
    balancer = _matching(item, "load_balancer", _BALANCER, "app/main/50dc6c495c0c9188", "the last part of its ARN")
    targets = _matching(
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


def _metrics(item: Section) -> _Counted | None:
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
    return _Counted(total=(total,), good=good)


def _latency(item: Section) -> _Counted | None:
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
    if inner.has("load_balancer"):
        dimensions = _dimensions(inner)
        base = _alb("TargetResponseTime", dimensions) if dimensions else None
    else:
        base = _signal(inner, "Sum")
    if base is None or not threshold:
        return None
    return _Counted(total=(_with(base, "SampleCount"),), rank=_with(base, f"PR(:{threshold:.10g})"))


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


def _matching(
    item: Section, key: str, pattern: re.Pattern[str], example: str, expected: str, *, needed: bool = True
) -> str:
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
