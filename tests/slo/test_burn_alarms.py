"""The planned alarms fire exactly when the definition says: simulated requests and errors, against a direct sum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pytest
from alertrelay.config.slo import PAIRS, WINDOWS, Objective
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from local.cloudwatch.alarms import HOUR, MINUTE, Minutes, Series, states
from tests.slo.objectives import (
    AVAILABILITY,
    LATENCY,
    METRICS,
    SIGNALS,
    WHOLE_BALANCER,
    environment,
    planned,
    template,
)

KINDS = (AVAILABILITY, WHOLE_BALANCER, METRICS, LATENCY, SIGNALS)
TEMPLATES = {what: template(planned(environment(what))) for what in KINDS}
Stretch = tuple[int, int, int]
"""Minutes, requests a minute, bad ones among each thousand."""
stretches = st.lists(
    st.tuples(
        st.sampled_from([1, 5, 30, 60, 125, 360, 1440, 3000]),
        st.sampled_from([0, 1, 2, 40, 1000]),
        st.sampled_from([0, 0, 1, 2, 4, 8, 16, 30, 150, 1000]),
    ),
    min_size=1,
    max_size=7,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A metric of which each value is an event: how many there were, and how many of them at most the limit of `rank`,
    a percentile rank (`PR(:0.5)`)."""

    rank: str
    events: Minutes
    inside: Minutes

    def value(self, statistic: str, begin: float, end: float) -> float | None:
        if statistic != self.rank:
            return self.events.value(statistic, begin, end)
        events = self.events.within(begin, end)
        return 100 * (self.inside.within(begin, end) or 0.0) / events if events else None


def _played(several: list[Stretch]) -> dict[int, tuple[int, int]]:
    """Returns total and bad of each minute from 0 on, the bad ones spread evenly; minutes without requests are left
    out."""
    minutes: dict[int, tuple[int, int]] = {}
    at = owed = 0
    for length, total, permille in several:
        for _ in range(length):
            owed += total * permille
            bad, owed = min(total, owed // 1000), owed - 1000 * min(total, owed // 1000)
            if total:
                minutes[at] = (total, bad)
            at += MINUTE
    return minutes


@dataclass(frozen=True)
class Published:
    """The burn rate over one window as Application Signals publishes it each minute, none without requests."""

    totals: Minutes
    bads: Minutes
    window: int
    budget: float

    def value(self, statistic: str, begin: float, end: float) -> float | None:
        """Of one minute: the rate at its end."""
        assert (statistic, end - begin) == ("Maximum", MINUTE)
        total = self.totals.within(end - self.window, end)
        return (self.bads.within(end - self.window, end) or 0.0) / total / self.budget if total else None


def _series(one: Objective, minutes: Mapping[int, tuple[int, int]]) -> Series:
    """Returns the metrics as they are published: a count of nothing is not published at all."""
    totals = Minutes.of({at: float(total) for at, (total, _) in minutes.items()})
    if one.application_signals:
        bads = Minutes.of({at: float(bad) for at, (_, bad) in minutes.items()})
        named = {"SloName": one.application_signals}
        return {
            (
                "AWS/ApplicationSignals",
                "BurnRate",
                _dimensions(named | {"BurnRateWindowMinutes": str(window // MINUTE)}),
            ): Published(totals, bads, window, one.budget)
            for window in WINDOWS
        }
    if one.rank:
        inside = Minutes.of({at: float(total - bad) for at, (total, bad) in minutes.items()})
        metric = (one.rank.namespace, one.rank.name, _dimensions(one.rank.dimensions))
        return {metric: Ranked(rank=one.rank.statistic, events=totals, inside=inside)}
    return _counted(one, minutes)


def _dimensions(named: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    return frozenset(named.items())


def _counted(one: Objective, minutes: Mapping[int, tuple[int, int]]) -> Series:
    totals = {at: float(total) for at, (total, _) in minutes.items()}
    second = {at: float(total - bad if one.good else bad) for at, (total, bad) in minutes.items()}
    counts = [totals, {at: n for at, n in second.items() if n}]
    signals = [one.total[0], one.good or one.bad[0]]
    return {
        (signal.namespace, signal.name, _dimensions(signal.dimensions)): Minutes.of(points)
        for signal, points in zip(signals, counts, strict=True)
    }


def _defined(one: Objective, minutes: Mapping[int, tuple[int, int]], at: int) -> dict[str, bool]:
    """The definition: both windows of a pair burn faster than its factor, and the long one has enough requests. What
    looks back over more than a day sees whole hours; Application Signals counts each window anew each minute, without
    a least number of requests."""
    given = bool(one.application_signals)

    def burns(window: int, factor: float, least: int) -> bool:
        end = at // HOUR * HOUR if window > 86_400 and not given else at
        held = [counts for minute, counts in minutes.items() if end - window <= minute < end]
        total, bad = sum(t for t, _ in held), sum(b for _, b in held)
        # In whole numbers: bad / total / 0.001 > factor. Where both are equal floats decide: no case.
        rate, limit = bad * 1000 * 10**6, round(factor * 10**6) * total
        assume(rate != limit or not total)
        return total >= (1 if given else least) and rate > limit

    found: dict[str, bool] = {}
    for pair in PAIRS:
        factor = pair.factor(one.window)
        fires = burns(pair.long, factor, one.min_requests) and burns(pair.short, factor, 1)
        found[pair.alertname] = found.get(pair.alertname, False) or fires
    return found


@pytest.mark.parametrize("what", KINDS)
@settings(max_examples=25, deadline=None)
@given(several=stretches, offsets=st.lists(st.integers(-400, 4400), min_size=3, max_size=3))
@example(several=[(3000, 1000, 0), (60, 1000, 30), (360, 1000, 0)], offsets=[3005, 3060, 3064])  # a burst, then its end
@example(several=[(3000, 1000, 2)], offsets=[2999, 2000, 700])  # a slow burn
@example(several=[(125, 2, 1000)], offsets=[10, 60, 124])  # few requests, all of them bad
@example(several=[(60, 1000, 1000), (1440, 0, 0)], offsets=[61, 66, 400])  # the traffic ends with the outage
def test_the_alarms_fire_exactly_when_the_definition_says(
    what: str, several: list[Stretch], offsets: list[int]
) -> None:
    one = environment(what).slos[0].objective
    minutes = _played(several)
    series, ends, at = _series(one, minutes), [], 0
    for length, _, _ in several:
        at += length
        ends += [at, at + 5]
    for minute in {*ends, *offsets}:
        found = states(TEMPLATES[what], series, minute * MINUTE)
        named = {name.split("-")[-2]: state == "ALARM" for name, state in found.items()}
        assert named == _defined(one, minutes, minute * MINUTE), minute


def test_an_outage_pages_after_a_minute_and_ends_half_an_hour_after_it() -> None:
    one = environment().slos[0].objective
    series = _series(one, _played([(3000, 100, 0), (30, 100, 1000), (600, 100, 0)]))
    fast = "prod-slo-checkout-ErrorBudgetBurningFast-critical"
    fires = [m for m in range(2990, 3300) if states(TEMPLATES[AVAILABILITY], series, m * MINUTE)[fast] == "ALARM"]
    # One minute of 60 is more than 14.4 per mille. Half an hour of six is above the limit of the second pair, too.
    assert (fires[0], fires[-1]) == (3001, 3059)


def test_too_few_requests_never_page_and_a_hundred_do() -> None:
    one = environment().slos[0].objective
    fast = "prod-slo-checkout-ErrorBudgetBurningFast-critical"
    few = _series(one, _played([(99, 1, 1000)]))
    assert states(TEMPLATES[AVAILABILITY], few, 99 * MINUTE)[fast] == "OK"
    enough = _series(one, _played([(50, 2, 1000)]))
    assert states(TEMPLATES[AVAILABILITY], enough, 50 * MINUTE)[fast] == "ALARM"
