"""What is usual at a time of the day."""

from __future__ import annotations

import json
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest
from alertrelay.anomaly.scorer.time_of_day import Course

from tests.anomaly.scorer.world import DAY, START, STEP, course


def test_the_course_knows_the_hour_and_the_kind_of_day() -> None:
    known = Course()
    for at, value in course(START, START + 14 * DAY):
        weekend = int((at - START) // DAY) % 7 >= 5
        known.learn(at, value / 4 if weekend else value, UTC)
    noon, night, saturday = START + 14 * DAY + 15 * 3600, START + 14 * DAY + 3 * 3600, START + 12 * DAY + 15 * 3600
    for at, expected in ((noon, 900), (night, 100), (saturday, 225)):
        found = known.usual(at, UTC)
        assert found is not None
        assert found[0] == pytest.approx(expected, abs=30)
        assert 1 < found[1] < 40
    assert Course.of_json(json.loads(json.dumps(known.to_json()))).usual(noon, UTC) == pytest.approx(
        known.usual(noon, UTC), rel=1e-4
    )


def test_the_course_follows_the_clock_of_the_people_when_it_changes() -> None:
    zone = ZoneInfo("Europe/Berlin")
    before = 1_761_350_400.0  # 2025-10-25 00:00 UTC, the day before the clocks go back
    known = Course()
    for day in range(-14, 0):
        for hour in range(24):
            at = before + day * DAY + hour * 3600
            known.learn(at, 100.0 if hour == 7 else 0.0, zone)  # nine in the morning in summer
            known.learn(at + 1800, 100.0 if hour == 7 else 0.0, zone)
    monday = before + 2 * DAY
    found = known.usual(monday + 8 * 3600 + 900, zone)  # nine in the morning in winter
    assert found is not None
    assert found[0] == pytest.approx(100.0)


def test_a_constant_metric_may_change_its_course_all_the_same() -> None:
    known = Course()
    for at in range(int(START), int(START + 10 * DAY), STEP):
        known.learn(at, 5.0, UTC)
    for at in range(int(START + 10 * DAY), int(START + 30 * DAY), STEP):
        known.learn(at, 9.0, UTC)
    found = known.usual(START + 30 * DAY, UTC)
    assert found is not None
    assert found[0] > 8.0
