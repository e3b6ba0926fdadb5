"""Scores that no longer mean what they say."""

from __future__ import annotations

from alertrelay.anomaly.scorer.drift import Drift, drifted, watched

from tests.anomaly.scorer.world import DAY, START, STEP


def _lived(*, troubles_a_week: float, points: int, weeks: int = 3) -> Drift:
    now = Drift(based=START - 30 * DAY, at=START)
    between = int(7 * 288 / troubles_a_week)
    for place in range(weeks * 7 * 288):
        in_trouble = place % between < points
        since = START + (place - place % between) * STEP if in_trouble else None
        now = watched(now, START + place * STEP, since)
    return now


def test_a_trouble_a_week_is_usual_and_ten_are_drift() -> None:
    assert drifted(_lived(troubles_a_week=1, points=6)) == ""
    assert "troubles within about a week" in drifted(_lived(troubles_a_week=14, points=6))


def test_an_incident_of_six_hours_is_no_drift_and_one_of_a_day_is() -> None:
    for hours, expected in ((6, ""), (24, "in trouble for")):
        now = Drift(based=START - 30 * DAY, at=START)
        for place in range(hours * 12):
            now = watched(now, START + place * STEP, START)
        assert drifted(now).startswith(expected)
        assert bool(drifted(now)) is bool(expected)


def test_a_metric_that_was_learned_anew_rests_for_a_week() -> None:
    now = Drift(based=START, at=START)
    for place in range(288):
        now = watched(now, START + place * STEP, START)
    assert drifted(now) == ""
