"""When a group is flushed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.policy.timing import first_flush, last_tick, next_tick
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 20, 3, 4, 5, 678_901, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("age", "due_in"),
    [(0, 30), (29.999, 30), (30, 30), (30.001, 0), (86_400, 0), (-5, 30)],
)
def test_a_new_group_waits_unless_its_first_alert_is_older_than_the_wait(age: float, due_in: float) -> None:
    due = first_flush(30, starts_at=NOW - age * SECOND, now=NOW)
    assert due == NOW + due_in * SECOND


@pytest.mark.parametrize(
    ("late", "next_in"),
    [(0, 300), (1, 300), (299.999_999, 300), (300, 600), (301, 600), (900, 1200), (-1, 0), (-300, 0), (-301, -300)],
)
def test_a_flush_that_takes_long_skips_ticks_and_one_before_its_tick_leaves_it(late: float, next_in: float) -> None:
    assert next_tick(300, due=NOW, now=NOW + late * SECOND) == NOW + next_in * SECOND


@given(
    interval=st.integers(1, 10**9).map(lambda micros: micros / 1e6),
    passed=st.integers(-(10**12), 10**12).map(lambda micros: timedelta(microseconds=micros)),
)
def test_the_next_tick_is_the_first_after_now_to_the_microsecond(interval: float, passed: timedelta) -> None:
    now = NOW + passed
    tick, last = next_tick(interval, due=NOW, now=now), last_tick(interval, due=NOW, now=now)
    step = timedelta(seconds=interval)
    assert last <= now < tick
    assert tick - last == step
    assert (tick - NOW) % step == timedelta()


def test_a_tick_of_a_fifth_of_a_second_is_not_its_own_next() -> None:
    """In floating point 0.6 is less than three times 0.2."""
    assert next_tick(0.2, due=NOW, now=NOW + 0.6 * SECOND) == NOW + 0.8 * SECOND
