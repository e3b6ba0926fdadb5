"""A metric that stops reporting."""

from __future__ import annotations

from alertrelay.anomaly.scorer.reporting import GIVEN_UP_AFTER, Presence, heard, silence

from tests.anomaly.scorer.world import START, STEP


def _reporting(*, every: int = 1, periods: int = 600) -> Presence:
    found = Presence()
    for place in range(0, periods, every):
        found = heard(found, START + place * STEP, STEP)
    return found


def test_a_dense_metric_is_missing_after_three_periods() -> None:
    now = _reporting()
    last = START + 599 * STEP
    assert silence(now, last + 3 * STEP, STEP) is None
    assert silence(now, last + 4 * STEP, STEP) == last + STEP
    assert silence(now, last + STEP + GIVEN_UP_AFTER, STEP) is None


def test_a_sparse_metric_and_a_young_one_are_never_missing() -> None:
    assert silence(_reporting(every=3), START + 700 * STEP, STEP) is None
    assert silence(_reporting(periods=100), START + 200 * STEP, STEP) is None


def test_a_metric_that_was_silent_for_an_hour_is_missing_only_after_two() -> None:
    now = _reporting()
    last = START + 599 * STEP
    now = heard(now, last + 12 * STEP, STEP)
    assert silence(now, last + 22 * STEP, STEP) is None
    assert silence(now, last + 40 * STEP, STEP) is not None


def test_an_outage_is_no_habit() -> None:
    now = _reporting()
    back = heard(now, START + 700 * STEP, STEP, outage=True)
    assert (back.gap, back.share) == (0.0, now.share)
