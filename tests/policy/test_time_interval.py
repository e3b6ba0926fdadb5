"""Time intervals, at their edges."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from alertrelay.config.calendar import Ranges, TimeInterval
from alertrelay.config.model import Route
from alertrelay.policy.time_interval import Intervals, Muted, active, muted

from tests.policy.trees import route

BERLIN = "Europe/Berlin"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def holds(at: str, *intervals: TimeInterval) -> bool:
    return active(intervals, utc(at))


@pytest.mark.parametrize(
    ("at", "expected"),
    [("08:59:59", False), ("09:00:00", True), ("16:59:59.999999", True), ("17:00:00", False)],
)
def test_a_time_range_includes_its_start_and_not_its_end(at: str, expected: bool) -> None:
    assert holds(f"2026-01-05T{at}", TimeInterval(times=((540, 1020),))) == expected


def test_24_00_is_the_end_of_the_day() -> None:
    evening = TimeInterval(times=((1320, 1440),))
    assert holds("2026-01-05T23:59:59", evening)
    assert not holds("2026-01-06T00:00:00", evening)


def test_a_night_is_two_ranges() -> None:
    night = TimeInterval(times=((1320, 1440), (0, 360)))
    assert [holds(f"2026-01-05T{h:02}:00:00", night) for h in (5, 6, 21, 22)] == [True, False, False, True]


def test_fields_are_a_conjunction_and_entries_a_disjunction() -> None:
    january = TimeInterval(months=((1, 1),), years=((2026, 2027),))
    assert holds("2027-01-31T00:00:00", january)
    assert not holds("2028-01-31T00:00:00", january)
    assert not holds("2026-02-01T00:00:00", january)
    assert holds("2026-02-01T00:00:00", january, TimeInterval(months=((2, 3),)))


def test_without_fields_it_always_holds_and_without_entries_never() -> None:
    assert holds("2026-02-01T00:00:00", TimeInterval())
    assert not holds("2026-02-01T00:00:00")


@pytest.mark.parametrize(("day", "expected"), [(3, False), (4, True), (5, True), (9, True), (10, False)])
def test_weekdays_count_from_sunday(day: int, expected: bool) -> None:
    """2026-01-04 is a Sunday; the range is Sunday to Friday."""
    assert holds(f"2026-01-{day:02}T12:00:00", TimeInterval(weekdays=((0, 5),))) == expected


@pytest.mark.parametrize(
    ("ranges", "month", "days"),
    [
        (((1, 3),), "2026-02", [1, 2, 3]),
        (((-3, -1),), "2026-02", [26, 27, 28]),
        (((-3, -1),), "2024-02", [27, 28, 29]),
        (((27, -1),), "2026-02", [27, 28]),
        (((29, 31),), "2026-02", []),  # it begins beyond the month's end, so nothing of it is left
        (((28, 31),), "2026-02", [28]),
        (((-31, -27),), "2026-02", [1, 2]),
        (((-31, -29),), "2026-02", []),
        (((31, 31), (-31, -31)), "2026-04", []),
        (((31, 31), (-31, -31)), "2026-05", [1, 31]),
    ],
)
def test_days_of_the_month(ranges: Ranges, month: str, days: list[int]) -> None:
    year, number = map(int, month.split("-"))
    length = (
        datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC) - datetime(year, number, 1, tzinfo=UTC)
    ).days
    interval = TimeInterval(days_of_month=ranges)
    assert [day for day in range(1, length + 1) if holds(f"{month}-{day:02}T12:00:00", interval)] == days


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-28T07:59:59", False),  # 08:59 in winter
        ("2026-03-28T08:00:00", True),  # 09:00
        ("2026-03-30T06:59:59", False),  # 08:59 in summer
        ("2026-03-30T07:00:00", True),
        ("2026-10-26T07:59:59", False),  # winter again
        ("2026-10-26T08:00:00", True),
    ],
)
def test_office_hours_move_with_the_clocks_of_their_place(at: str, expected: bool) -> None:
    assert holds(at, TimeInterval(times=((540, 1020),), location=BERLIN)) == expected


def test_an_hour_that_is_left_out_never_holds_and_one_that_comes_twice_holds_twice() -> None:
    two_to_three = TimeInterval(times=((120, 180),), location=BERLIN)
    spring = [hour for hour in range(4) if holds(f"2026-03-29T{hour:02}:30:00", two_to_three)]
    autumn = [hour for hour in range(4) if holds(f"2026-10-25T{hour:02}:30:00", two_to_three)]
    assert (spring, autumn) == ([], [0, 1])


def test_the_date_is_that_of_the_place() -> None:
    new_year = TimeInterval(days_of_month=((1, 1),), months=((1, 1),), years=((2027, 2027),), location="Asia/Tokyo")
    assert holds("2026-12-31T15:00:00", new_year)
    assert not holds("2027-01-01T15:00:00", new_year)


def test_the_last_day_of_a_month_with_a_change_of_the_clocks() -> None:
    """Releases up to 0.34 count 743 hours as 30 days, and take the 30th for the last."""
    last = TimeInterval(days_of_month=((-1, -1),), location=BERLIN)
    at = datetime(2026, 3, 31, 12, tzinfo=ZoneInfo(BERLIN))
    assert active([last], at)
    assert not active([last], at, compatible=True)
    assert active([last], at.replace(day=30), compatible=True)
    assert active([last], at.replace(month=10), compatible=True)


def test_a_place_that_the_machine_does_not_know_is_an_error_here() -> None:
    with pytest.raises(ZoneInfoNotFoundError):
        holds("2026-01-01T00:00:00", TimeInterval(location="Moon/Sea_of_Tranquillity"))


def _muting(mute: tuple[str, ...] = (), active: tuple[str, ...] = ()) -> tuple[Route, Intervals]:
    node = dataclasses.replace(route("r"), mute_time_intervals=mute, active_time_intervals=active)
    return node, {
        "night": (TimeInterval(times=((0, 360),)),),
        "weekend": (TimeInterval(weekdays=((0, 0),)), TimeInterval(weekdays=((6, 6),))),
        "moon": (TimeInterval(location="Moon/Sea_of_Tranquillity"),),
    }


MONDAY_NOON, MONDAY_NIGHT, SUNDAY_NOON = "2026-01-05T12:00:00", "2026-01-05T03:00:00", "2026-01-04T12:00:00"


def test_any_mute_interval_mutes_and_is_named() -> None:
    node, intervals = _muting(mute=("weekend", "night"))
    assert muted(node, intervals, utc(MONDAY_NOON)) is None
    assert muted(node, intervals, utc(MONDAY_NIGHT)) == Muted("mute_time_interval", "night")
    assert muted(node, intervals, utc(SUNDAY_NOON)) == Muted("mute_time_interval", "weekend")


def test_outside_all_active_intervals_it_is_muted() -> None:
    node, intervals = _muting(active=("weekend", "night"))
    assert muted(node, intervals, utc(MONDAY_NOON)) == Muted("active_time_interval", "weekend, night")
    assert muted(node, intervals, utc(MONDAY_NIGHT)) is None


def test_both_have_to_let_it_through_and_active_is_asked_first() -> None:
    node, intervals = _muting(mute=("night",), active=("weekend",))
    assert muted(node, intervals, utc(SUNDAY_NOON)) is None
    assert muted(node, intervals, utc("2026-01-04T03:00:00")) == Muted("mute_time_interval", "night")
    assert muted(node, intervals, utc(MONDAY_NIGHT)) == Muted("active_time_interval", "weekend")


def test_a_place_that_the_machine_does_not_know_mutes_nothing() -> None:
    assert muted(*_muting(mute=("moon",)), utc(MONDAY_NOON)) is None
    assert muted(*_muting(active=("moon",)), utc(MONDAY_NOON)) is None
