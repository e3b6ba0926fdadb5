"""The numbers of an error budget: factors, burn rates, minutes, the time to the end."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from alertrelay.config.slo import PAIRS, SloConfig
from alertrelay.slo.budget import Counts, EventCounts, burn_rate, counted, note_of, note_of_attainment
from alertrelay.state import BudgetNote

from tests.slo.objectives import AVAILABILITY, DAYS, LATENCY, METRICS, SIGNALS, WHOLE_BALANCER, objective

AT = 1_800_000_000.0 // 3600 * 3600


@pytest.mark.parametrize(
    ("days", "factors"), [(30, (14.4, 6, 3, 1)), (7, (3.36, 1.4, 0.7, 0.2333333333)), (90, (43.2, 18, 9, 3))]
)
def test_the_factors_spend_2_5_10_and_10_percent_of_the_budget(days: int, factors: tuple[float, ...]) -> None:
    assert tuple(pair.factor(days * DAYS) for pair in PAIRS) == factors
    for pair, share in zip(PAIRS, (0.02, 0.05, 0.10, 0.10), strict=True):
        assert pair.factor(days * DAYS) * pair.long / (days * DAYS) == pytest.approx(share)


def test_99_9_percent_of_30_days_allow_43_2_minutes() -> None:
    assert objective().allowed_minutes == pytest.approx(43.2)
    assert objective(percent=99, days=7).allowed_minutes == pytest.approx(100.8)


def test_a_quarter_of_the_budget_spent_is_10_8_of_43_2_minutes() -> None:
    hours = {AT - n * 3600: Counts(1000, 0.25) for n in range(74, 721)}
    short = {AT - n * 300: Counts(1000 / 12, 0.25 / 12) for n in range(1, 73 * 12 + 1)}
    note = note_of(objective(), EventCounts(at=AT, recent=short, older=hours))
    assert note.consumed == pytest.approx(10.8)
    assert note.remaining == pytest.approx(0.75)
    assert note.history == 30 * DAYS
    assert note.rates[3600] == pytest.approx(0.25)
    # A rate of 0.25 needs four windows for the whole budget, and three for what is left.
    assert note.exhausted_in(0.25) == pytest.approx(3 * 30 * DAYS)


def test_an_hour_at_14_4_spends_2_percent_also_of_a_history_of_one_hour() -> None:
    short = {AT - n * 300: Counts(10_000, 144) for n in range(1, 13)}
    note = note_of(objective(), EventCounts(at=AT, recent=short, older={}))
    assert note.rates[3600] == pytest.approx(14.4)
    assert note.consumed == pytest.approx(0.02 * 43.2)
    assert note.history == 3600


def test_without_any_traffic_nothing_burns() -> None:
    note = note_of(objective(), EventCounts(at=AT, recent={}, older={}))
    assert (note.consumed, note.remaining, note.history, set(note.rates.values())) == (0, 1, 0, {0.0})
    assert note.exhausted_in(0.0) is None


def test_a_spent_budget_has_no_time_left() -> None:
    note = BudgetNote(at=AT, percent=99.9, window=30 * DAYS, allowed=43.2, consumed=50, history=30 * DAYS, rates={})
    assert note.remaining < 0
    assert note.exhausted_in(14.4) == 0


@pytest.mark.parametrize(
    ("what", "values", "expected"),
    [
        (AVAILABILITY, (1000, 7), Counts(1000, 7)),
        (AVAILABILITY, (1000, None), Counts(1000, 0)),
        # RequestCount lacks what the load balancer turned away with 503: without any target all of it is bad.
        (WHOLE_BALANCER, (None, 500, None, 500), Counts(500, 500)),
        (WHOLE_BALANCER, (1000, 100, 20, 130), Counts(1100, 150)),
        (METRICS, (200, 190), Counts(200, 10)),
        (METRICS, (200, None), Counts(200, 200)),
        (LATENCY, (400, 97.5), Counts(400, 10)),
    ],
)
def test_events_are_counted_by_each_kind(what: str, values: tuple[float | None, ...], expected: Counts) -> None:
    one = objective(what)
    points = {s.key: {AT: v} for s, v in zip(one.signals, values, strict=True) if v is not None}
    assert counted(one, points)[AT] == pytest.approx(expected)


def test_a_period_without_requests_counts_nothing_though_errors_come_late() -> None:
    one = objective()
    assert counted(one, {one.bad[0].key: {AT: 5.0}}) == {}
    assert burn_rate(one, Counts(0, 0)) == 0


def test_application_signals_gives_the_attainment_and_the_rates() -> None:
    one = objective(SIGNALS)
    note = note_of_attainment(one, at=AT, attainment=99.95, rates={3600: 5.0})
    assert note.consumed == pytest.approx(21.6)
    assert (note.rates[3600], note.rates[300]) == (5.0, 0.0)
    assert note_of_attainment(one, at=AT, attainment=None, rates={}).history == 0


@pytest.mark.parametrize("what", [AVAILABILITY, WHOLE_BALANCER, METRICS, LATENCY, SIGNALS])
def test_objectives_are_read_back_from_their_json(what: str) -> None:
    config = SloConfig(environment="prod", objectives=(replace(objective(what), labels={"team": "shop"}),))
    assert SloConfig.from_json(json.loads(json.dumps(config.to_json()))) == config
    with pytest.raises(ValueError, match="schema 1 of the objectives was expected, got 2"):
        SloConfig.from_json({**config.to_json(), "schema": 2})
