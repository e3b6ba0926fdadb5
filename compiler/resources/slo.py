"""Reads the objectives under `slos` of `config/environments/<env>.yml`. Faults are findings and count as absent."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from alertrelay.alert import Labels
from alertrelay.config.slo import Objective

from compiler.reading.finding import Place
from compiler.reading.formats import LABEL_VALUE
from compiler.reading.section import Section, keys
from compiler.resources.listing import STACK, labels_of
from compiler.resources.resource import NOWHERE
from compiler.resources.slo_counted import counted, matching

KEYS = keys(
    "id service objective window load_balancer target_group metrics application_signals latency min_requests "
    "labels stack"
)
DAY = 86_400
LEAST_WINDOW, MOST_WINDOW = 7 * DAY, 90 * DAY
LEAST_PERCENT, MOST_PERCENT = 50, 99.999
MIN_REQUESTS = 100
_ID = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
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
    name = matching(item, "id", _ID, "checkout-availability", "small letters, digits and hyphens")
    service = _service(item)
    percent, window = _percent(item), _window(item)
    found = counted(item)
    if found is None:
        return None
    objective = Objective(
        id=name,
        service=service,
        percent=percent,
        window=window,
        total=found.total,
        bad=found.bad,
        good=found.good,
        rank=found.rank,
        application_signals=found.application_signals,
        min_requests=_min_requests(item),
        labels=_labels(item),
    )
    stack = matching(item, "stack", _STACK, STACK[1], "small letters, digits and hyphens", needed=False)
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
    if isinstance(number, str) and (meant := _meant(number)):
        quoted = value is not None and meant == number.strip()
        mend = f"take off the quotes: `objective: {meant}`" if quoted else f"write it as `objective: {meant}`"
        item.findings.error(item.at("objective"), "wrong-type", "expected a number, got text", mend)
        return 99.0
    return item.number("objective", 99.0, low=LEAST_PERCENT, high=MOST_PERCENT)


def _meant(text: str) -> str:
    """Returns the number that is meant by `99,9` or `99.9 %`, "" for none."""
    found = text.strip().removesuffix("%").strip().replace(",", ".")
    try:
        return found if math.isfinite(float(found)) else ""
    except ValueError:
        return ""


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
