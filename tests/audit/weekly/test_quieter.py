"""A threshold is proposed from the points of a metric, and never one that loses an alert that people acted on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from alertrelay.config.alarm_file import Tunable
from alertrelay.dispatch.audit.weekly.quieter import Points, firings, quieter

from tests.nflog.history.lines import MONDAY

MINUTE = timedelta(minutes=1)
CPU = Tunable(
    alarm="orders-cpu", key="cpu_percent", number=80, scale=1, low=0, high=90, operator=">", period=60, datapoints=3,
    of=5, missing="missing", runbook="", queries=({"Id": "m"},), edit=None,
)  # fmt: skip


def series(*peaks: tuple[int, int, float], usual: float = 50.0) -> Points:
    """Points of a day; a peak is (its hour, minutes, value)."""
    found = {MONDAY + n * MINUTE: usual for n in range(1440)}
    for hour, minutes, value in peaks:
        found.update({MONDAY + timedelta(hours=hour) + n * MINUTE: value for n in range(minutes)})
    return found


def hours(spans: Sequence[tuple[object, object]]) -> list[int]:
    return [int((began - MONDAY).total_seconds()) // 3600 for began, _ in spans]  # type: ignore[operator]


def test_an_alarm_fires_by_m_of_n_points() -> None:
    points = series((1, 2, 95), (3, 3, 95), (5, 30, 81))
    assert hours(firings(points, CPU, 80)) == [3, 5]
    assert hours(firings(points, CPU, 90)) == [3]
    assert hours(firings({at: -value for at, value in points.items()}, replace(CPU, operator="<"), -80)) == [3, 5]
    assert firings({}, CPU, 80) == []


def test_gaps_are_treated_as_the_alarm_says() -> None:
    points = {
        at: value for at, value in series((3, 4, 95)).items() if not 4 <= (at - MONDAY).total_seconds() / 3600 < 5
    }
    assert hours(firings(points, CPU, 80)) == [3]
    assert hours(firings(points, replace(CPU, missing="breaching"), 80)) == [3, 4]


def test_the_smallest_change_that_quietens_is_proposed() -> None:
    found = quieter(series(*((hour, 10, 83.5) for hour in range(9)), (12, 20, 93)), CPU, [])
    assert found is not None
    assert (found.number, found.alerts, found.instead_of_alerts, found.since) == (85, 1, 10, MONDAY)


@pytest.mark.parametrize(("value", "number"), [(95.0, 85.0), (83.0, None)])
def test_what_people_acted_on_still_fires(value: float, number: float | None) -> None:
    acted_on = (MONDAY + timedelta(hours=12), MONDAY + timedelta(hours=13))
    found = quieter(series(*((hour, 10, 83.5) for hour in range(9)), (12, 20, value)), CPU, [acted_on])
    assert (found.number if found else None) == number


def test_none_is_proposed_beyond_its_bounds_or_without_points() -> None:
    assert quieter(series(*((hour, 10, 97) for hour in range(9))), CPU, []) is None
    assert quieter({}, CPU, []) is None
    assert quieter(series((1, 10, 85)), replace(CPU, number=None), []) is None


def test_a_number_in_another_unit_than_the_metric_is_scaled() -> None:
    """Free memory in percent of 16 GB: less is worse."""
    memory = replace(CPU, number=10, scale=16e9 / 100, low=5, high=100, operator="<")
    points = series(*((hour, 10, 1.5e9) for hour in range(9)), usual=8e9)
    found = quieter(points, memory, [])
    assert found is not None
    assert (found.number, found.alerts, found.instead_of_alerts) == (9, 0, 9)
