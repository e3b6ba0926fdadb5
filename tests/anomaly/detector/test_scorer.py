"""What the scorer tells, and what it leaves alone."""

from __future__ import annotations

import math
import random
from datetime import datetime, tzinfo
from zoneinfo import ZoneInfo

import pytest
from alertrelay.anomaly.detector.detector import clock
from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.detector.scorer import Scorer
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.anomaly.detector.metrics import DAY, STEP, Points, daily, noisy, points, scores, told
from tools.made_metrics import KINDS


def test_a_spike_is_notified_once() -> None:
    values = noisy(5 * DAY)
    values[1200:1206] = [90.0, 91.0, 89.5, 90.5, 90.2, 90.1]
    assert told(points(values)) == [1200]


def test_a_daily_peak_is_left_alone() -> None:
    assert told(points(daily(14 * DAY))) == []


def test_noise_alone_is_left_alone() -> None:
    assert told(points(noisy(14 * DAY))) == []


def test_the_missing_peak_of_a_day_is_notified() -> None:
    values = daily(10 * DAY)
    peak = slice(8 * DAY + 20, 8 * DAY + 124)
    values[peak] = noisy(104, seed=2)
    found = told(points(values))
    assert found
    assert 8 * DAY + 20 <= found[0] < 8 * DAY + 124


def test_a_new_level_is_notified_and_then_becomes_usual() -> None:
    found = told(points(noisy(10 * DAY) + noisy(3 * DAY, level=70.0, seed=2)))
    assert found == [10 * DAY]


def test_a_slow_shift_under_the_noise_of_single_points_scores_above_the_usual() -> None:
    calm = scores(points(noisy(10 * DAY, noise=3.0)))
    moved = noisy(7 * DAY, noise=3.0) + noisy(3 * DAY, level=56.0, noise=3.0, seed=2)
    assert max(scores(points(moved))[7 * DAY : 7 * DAY + 36]) > max(calm[2 * DAY :])


def test_a_shift_of_the_variance_is_notified() -> None:
    found = told(points(noisy(5 * DAY) + noisy(DAY, noise=8.0, seed=2)))
    assert found
    assert 5 * DAY <= found[0] < 5 * DAY + 12


def test_a_quiet_day_that_comes_each_week_is_left_alone() -> None:
    values = daily(28 * DAY)
    for week in range(4):
        saturday = (6 + 7 * week) * DAY
        values[saturday : saturday + DAY] = daily(DAY, height=15.0, seed=week + 2)
    assert [place for place in told(points(values)) if place >= 14 * DAY] == []


def test_a_flat_line_of_a_lively_metric_is_notified() -> None:
    values = noisy(14 * DAY)
    values[4000:] = [values[3999]] * len(values[4000:])
    found = told(points(values))
    assert found
    assert 4000 <= found[0] < 4010


def test_a_metric_that_is_often_flat_may_be_flat_for_long() -> None:
    assert told(points([float(round(value / 4)) for value in noisy(4 * DAY)] + [12.0] * (4 * DAY))) == []


def test_a_constant_metric_scores_nothing_and_its_first_move_is_seen() -> None:
    found = scores(points([5.0] * 4000 + [6.0] + [5.0] * 20))
    assert max(found[:4000]) == 0.0
    assert found[4000] > 0.3


@pytest.mark.parametrize(("edge", "inward"), [(100.0, -1.0), (0.0, 1.0)])
def test_a_metric_at_the_edge_of_its_range_scores_nothing_for_staying_there(edge: float, inward: float) -> None:
    values = [max(0.0, min(100.0, edge + inward * (value - 50.0))) for value in noisy(6 * DAY, noise=4.0)]
    assert told(points(values)) == []


def test_leaving_the_edge_of_the_range_is_notified() -> None:
    values = [min(100.0, value) for value in noisy(6 * DAY, level=101.0)]
    values[1500:1510] = [20.0] * 10
    assert told(points(values))[:1] == [1500]


def test_a_counter_that_begins_anew_is_no_anomaly() -> None:
    values, total = [], 0.0
    for place, growth in enumerate(noisy(6 * DAY, level=100.0, noise=5.0)):
        total = 0.0 if place in (900, 1500) else total + growth
        values.append(total)
    assert told(points(values)) == []


def test_blank_and_not_finite_values_score_nothing_and_are_not_learned() -> None:
    values: list[float | None] = list(noisy(5 * DAY))
    broken = list(values)
    extra: Points = []
    for place, (at, value) in enumerate(points(broken)):
        extra.append((at, value))
        if place % 50 == 0:
            extra += [(at + 1.0, None), (at + 2.0, math.nan), (at + 3.0, math.inf)]
    with_breaks = scores(extra)
    assert [score for (_, value), score in zip(extra, with_breaks, strict=True) if value not in values] == [0.0] * 87
    kept = [score for (_, value), score in zip(extra, with_breaks, strict=True) if value in values]
    assert kept == scores(points(values))


def test_duplicates_and_late_points_score_nothing_and_are_not_learned() -> None:
    series = points(noisy(5 * DAY))
    again: Points = []
    for place, point in enumerate(series):
        again.append(point)
        if place > 100 and place % 40 == 0:
            again += [point, (point[0] - 1234.0, 5000.0)]
    found = scores(again)
    assert max(score for (_, value), score in zip(again, found, strict=True) if value == 5000.0) == 0.0
    kept = [place for place, point in enumerate(again) if point not in again[:place][-2:] and point[1] != 5000.0]
    assert [found[place] for place in kept] == scores(series)


def test_nothing_is_compared_across_a_gap() -> None:
    values = daily(10 * DAY)
    series = points(values)
    assert told(series[: 6 * DAY + 60] + series[6 * DAY + 160 :]) == []


@pytest.mark.parametrize(("month", "day"), [(3, 1), (10, 25)])
def test_an_hour_of_daylight_saving_moves_the_day_of_the_people(month: int, day: int) -> None:
    zone = ZoneInfo("America/New_York")
    begin = datetime(2026, month, day, tzinfo=zone).timestamp()
    series = _of_the_people(begin, zone)
    found = scores(series, Scorer(zone=zone))
    assert max(found) < DEFAULT_THRESHOLD
    # Without the zone the day is an hour off.
    assert max(scores(series)[7 * DAY :]) > max(found[7 * DAY :])


def _of_the_people(begin: float, zone: tzinfo) -> Points:
    """Two weeks of a metric with office hours on the wall clock of the zone."""
    noise = noisy(14 * DAY, level=0.0)
    times = [begin + place * STEP for place in range(14 * DAY)]
    return [
        (at, noise[place] + (40.0 if 9 * 3600 <= clock(at, zone) % 86_400 < 17 * 3600 else 0.0))
        for place, at in enumerate(times)
    ]


def test_a_wall_clock_that_is_set_back_and_forth_is_no_anomaly() -> None:
    """Timestamps without a zone: in November an hour comes twice, in March one is missing."""
    zone = ZoneInfo("America/New_York")
    for month, day in ((3, 1), (10, 25)):
        begin = datetime(2026, month, day, tzinfo=zone).timestamp()
        assert told([(clock(at, zone), value) for at, value in _of_the_people(begin, zone)]) == []


def test_the_first_points_score_nothing() -> None:
    assert max(scores(points([1.0, 900.0] * 10))) == 0.0


def test_nothing_is_notified_in_the_first_day() -> None:
    values = noisy(4 * DAY)
    values[DAY - 20], values[3 * DAY + 100] = 90.0, 300.0
    assert told(points(values)) == [3 * DAY + 100]


def test_a_first_week_without_history_tells_nothing_of_a_usual_metric() -> None:
    for seed in range(5):
        assert told(points(daily(7 * DAY, seed=seed))) == []


def test_only_the_side_that_is_trouble_is_notified() -> None:
    for peak, side, other in ((95.0, "high", "low"), (5.0, "low", "high")):
        values = noisy(6 * DAY)
        values[1000] = peak
        assert told(points(values), Scorer(direction=side)) == [1000]  # type: ignore[arg-type]  # both are directions
        assert 1000 not in told(points(values), Scorer(direction=other))  # type: ignore[arg-type]  # as above


def test_a_greater_trouble_soon_after_is_notified_again() -> None:
    values = noisy(5 * DAY)
    values[1200], values[1205] = 58.0, 400.0
    assert 1205 in told(points(values))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True, width=32)), max_size=120),
    st.integers(min_value=0, max_value=120),
)
def test_any_values_score_between_0_and_1_and_a_score_never_looks_ahead(values: list[float | None], cut: int) -> None:
    found = scores(points(values))
    assert all(0.0 <= score < 1.0 for score in found)
    assert scores(points(values[:cut])) == found[:cut]


@pytest.mark.parametrize("cut", [300, 700, 1400, 1990])
def test_the_scores_of_a_beginning_are_the_beginning_of_the_scores(cut: int) -> None:
    values = daily(7 * DAY)
    values[900], values[1500:1530], values[1900] = 200.0, noisy(30, level=-40.0), 140.0
    series = points(values)
    assert scores(series[:cut]) == scores(series)[:cut]


def test_a_value_beyond_all_seen_is_notified_though_no_step_is_large() -> None:
    values = daily(12 * DAY)
    for place in range(40):
        values[10 * DAY + 60 + place] += 2.0 * place
    found = told(points(values))
    assert found
    assert 10 * DAY + 60 <= found[0] < 10 * DAY + 110


def test_an_incident_that_recurs_is_notified_each_time_and_is_a_warning() -> None:
    values = noisy(20 * DAY)
    begun = [day * DAY + 17 * day for day in range(4, 19, 2)]
    for place in begun:
        values[place : place + 3] = [95.0, 97.0, 93.0]
    found = scores(points(values))
    incidents = [max(found[place : place + 3]) for place in begun]
    assert all(score >= DEFAULT_THRESHOLD for score in incidents)
    assert all(score < 0.99 for score in incidents[1:])


_SPIKY = frozenset({"a power law", "a latency with slow calls", "bursts", "steps by deploys"})


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - _SPIKY))
def test_a_metric_without_trouble_is_hardly_ever_told(kind: str) -> None:
    for seed in range(2):
        values = KINDS[kind](random.Random(seed), 14 * DAY)
        assert sum(place >= 2 * DAY for place in told(points(values))) <= 1


def test_huge_values_do_not_break_the_arithmetic() -> None:
    values = [*noisy(100), 1e308, -1e308, 1e308, 5e-324, *noisy(50)]
    assert all(0.0 <= score < 1.0 for score in scores(points(values)))


@settings(max_examples=6, deadline=None, derandomize=True, phases=(Phase.generate,))
@given(
    st.integers(min_value=0, max_value=3),
    st.floats(min_value=-9.0, max_value=9.0),
    st.floats(min_value=-1e4, max_value=1e4),
)
def test_scale_and_shift_leave_scores_and_alerts_where_they_are(seed: int, power: float, shift: float) -> None:
    """The tolerance is for the usual ranges, kept as floats of four bytes: at a level of 10,000 times the noise
    a distance from them is known to a thousandth of the noise."""
    values = noisy(3 * DAY, seed=seed)
    values[650 + seed : 658 + seed] = [110.0] * 8
    values[800] = -80.0
    plain = scores(points(values))
    scale = 10.0**power
    moved = scores(points([scale * (value + shift) for value in values]))
    assert moved == pytest.approx(plain, abs=1e-4)
    alerts = [[place for place, score in enumerate(found) if score >= DEFAULT_THRESHOLD] for found in (plain, moved)]
    assert alerts[0] == alerts[1]
    assert alerts[0][:1] == [650 + seed]
