"""Forecasts of limits: what fills or runs out is said in time, and what turns by itself never is."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence

import pytest
from alertrelay.anomaly.detector.limit import LevelCourse

from tests.anomaly.detector.metrics import DAY, START, STEP, daily, noisy
from tools.made_metrics import KINDS

HOUR = 12


def _begun(values: Sequence[float], limit: float, *, low: bool = False) -> list[tuple[str, int, LevelCourse]]:
    """What began and ended, with the place of its point."""
    course, found = LevelCourse(low=low), []
    for place, value in enumerate(values):
        if course.take(START + place * STEP, value, step=STEP, limit=limit):
            kind = "ends" if course.since is None else "begins"
            found.append((kind, place, course))
    return found


def _climb(days: float, *, a_day: float, before: int = 10, then: Sequence[float] = ()) -> list[float]:
    """A daily course of some days, then one that climbs."""
    count = int(days * DAY)
    course = daily(before * DAY + count, height=5.0)
    rise = [max(0, place - before * DAY) / DAY * a_day for place in range(len(course))]
    return [value - 20.0 + more for value, more in zip(course, rise, strict=True)] + list(then)


def test_what_fills_over_days_is_said_days_before_it_is_full() -> None:
    values = _climb(5.0, a_day=12.0)
    [(kind, place, course)] = _begun(values, 100.0)
    left = (100.0 - 5.0 - 30.0 - (place / DAY - 10.0) * 12.0) / 12.0 * 24.0
    assert (kind, course.seen) == ("begins", 72.0)
    assert 12.9 < place / DAY < 13.5
    assert course.hours == pytest.approx(left, abs=24.0)
    assert course.pace == pytest.approx(0.5, abs=0.05)


def test_what_fills_within_hours_is_said_by_the_pace_of_hours() -> None:
    values = _climb(14 / 24, a_day=120.0)
    (kind, place, course), *_ = _begun(values, 100.0)
    assert (kind, course.seen) == ("begins", 4.0)
    full = 10 * DAY + int((70.0 - 5.0) / 5.0 * HOUR)
    assert full - place > 2 * HOUR
    assert place + course.hours * HOUR == pytest.approx(full, abs=3 * HOUR)


def test_what_runs_out_is_said_too() -> None:
    values = [100.0 - value for value in _climb(5.0, a_day=12.0)]
    [(kind, place, course)] = _begun(values, 0.0, low=True)
    assert (kind, course.low) == ("begins", True)
    assert 0.0 < course.reached < 45.0
    assert 12.9 < place / DAY < 13.5


def test_it_ends_where_it_is_emptied_and_not_where_it_is_full() -> None:
    emptied = _climb(4.0, a_day=12.0, then=[value - 20.0 for value in daily(DAY, height=5.0)])
    assert [kind for kind, _, _ in _begun(emptied, 100.0)] == ["begins", "ends"]
    assert 14 * DAY < _begun(emptied, 100.0)[1][1] <= 14 * DAY + 3 * HOUR
    full = [min(100.0, value) for value in _climb(9.0, a_day=12.0)]
    assert [kind for kind, _, _ in _begun(full, 100.0)] == ["begins"]


def test_a_climb_that_stops_is_claimed_no_longer() -> None:
    stopped = [min(80.0, value) for value in _climb(7.0, a_day=12.0)]
    assert [kind for kind, _, _ in _begun(stopped, 100.0)] == ["begins", "ends"]


def test_the_first_week_claims_nothing() -> None:
    assert _begun(_climb(4.0, a_day=12.0, before=2), 85.0) == []


@pytest.mark.parametrize("kind", sorted(KINDS.keys() - {"wandering", "growing", "a ramp"}))
@pytest.mark.parametrize("low", [False, True])
def test_a_metric_that_never_gets_there_is_left_alone(kind: str, low: bool) -> None:
    values = KINDS[kind](random.Random(1), 21 * DAY)
    room = 0.1 * (max(values) - min(values))
    assert _begun(values, min(values) - room if low else max(values) + room, low=low) == []


@pytest.mark.parametrize(
    "tooth", [lambda place: place % DAY / DAY, lambda place: place % (7 * DAY) / (7 * DAY)], ids=["daily", "weekly"]
)
def test_what_is_emptied_each_day_or_week_is_left_alone(tooth: Callable[[int], float]) -> None:
    values = [10.0 + 80.0 * tooth(place) + noise for place, noise in enumerate(noisy(28 * DAY, level=0.0))]
    assert _begun(values, 100.0) == []


def test_gaps_old_points_and_huge_values_are_no_pace() -> None:
    values = _climb(5.0, a_day=12.0)
    course = LevelCourse()
    for place, value in enumerate(values):
        if place // DAY not in (11, 12):
            course.take(START + place * STEP, value, step=STEP, limit=100.0)
    before = (course.slot, course.count, len(course.levels))
    assert not course.take(START, 99.0, step=STEP, limit=100.0)
    assert (course.slot, course.count, len(course.levels)) == before
    assert course.since is None
    assert _begun([1e300 * (-1) ** place for place in range(9 * DAY)], 1e14) == []


@pytest.mark.parametrize(("scale", "shift"), [(3.7, 0.0), (1.0, -5_000.0), (1e-6, 12.0)])
def test_scale_and_shift_do_not_matter(scale: float, shift: float) -> None:
    values = _climb(4.0, a_day=12.0)
    [(_, place, course)] = _begun(values, 100.0)
    [(_, moved, other)] = _begun([scale * value + shift for value in values], scale * 100.0 + shift)
    assert moved == place
    assert other.hours == pytest.approx(course.hours, rel=1e-3)
    assert math.isclose(other.pace, scale * course.pace, rel_tol=1e-3)


def test_its_memory_is_eight_days_of_half_hours() -> None:
    [(_, _, course)] = _begun(_climb(12.0, a_day=3.0), 65.0)
    assert len(course.levels) == 8 * 48
