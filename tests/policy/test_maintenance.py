"""When a maintenance window is open, also where the clocks change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.config.calendar import Cron
from alertrelay.config.model import MaintenanceWindow, Matcher
from alertrelay.policy.maintenance import in_maintenance, open_until

EVERY = Cron(minutes=(0,), hours=(2,), days=tuple(range(1, 32)), months=tuple(range(1, 13)), weekdays=tuple(range(7)))
ORDERS = (Matcher(name="service", op="=", value="orders"),)


def window(**changes: object) -> MaintenanceWindow:
    given = {"name": "patch", "cron": EVERY, "once": "", "duration": 3 * 3600.0, "location": "", "matchers": ORDERS}
    return MaintenanceWindow(**{**given, **changes})  # type: ignore[arg-type]


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        ("2026-11-20T01:59:59", None),
        ("2026-11-20T02:00:00", "2026-11-20T05:00"),
        ("2026-11-20T04:59:59", "2026-11-20T05:00"),
        ("2026-11-20T05:00:00", None),
    ],
)
def test_a_window_is_open_from_its_start_for_its_duration(moment: str, until: str | None) -> None:
    assert open_until(window(), at(moment)) == (at(until) if until else None)


def test_it_goes_on_over_midnight_and_over_the_end_of_a_month() -> None:
    late = Cron(minutes=(30,), hours=(23,), days=(31,), months=tuple(range(1, 13)), weekdays=tuple(range(7)))
    long = window(cron=late, duration=2 * 86_400.0)
    assert open_until(long, at("2026-09-01T12:00")) == at("2026-09-02T23:30")
    assert open_until(long, at("2026-10-01T12:00")) is None  # September has no 31st


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-03-29T01:00", "2026-03-29T04:00"),  # 02:00 is left out in Berlin: 03:00 CEST is 01:00 UTC
        ("2026-10-25T00:00", "2026-10-25T03:00"),  # 02:00 comes twice: the first, CEST
        ("2026-03-28T01:00", "2026-03-28T04:00"),
        ("2026-03-30T00:00", "2026-03-30T03:00"),
    ],
)
def test_a_start_is_by_the_clock_on_the_wall_and_a_duration_is_elapsed_time(start: str, end: str) -> None:
    berlin = window(location="Europe/Berlin")
    assert open_until(berlin, at(start) - timedelta(seconds=1)) is None
    assert open_until(berlin, at(start)) == at(end)
    assert open_until(berlin, at(end)) is None


def test_one_at_a_time_is_open_once() -> None:
    once = window(cron=None, once="2026-12-24T22:00", location="Europe/Berlin")
    assert open_until(once, at("2026-12-24T21:00")) == at("2026-12-25T00:00")
    assert open_until(once, at("2027-12-24T21:30")) is None


def test_it_holds_for_its_receivers_and_matchers_alone() -> None:
    windows = (window(receivers=("chat",)), window(name="longer", duration=4 * 3600.0, receivers=("chat",)))
    moment, orders = at("2026-11-20T03:00"), {"service": "orders"}
    assert in_maintenance(windows, "chat", orders, moment) == ("longer", at("2026-11-20T06:00"))
    assert in_maintenance(windows, "pager", orders, moment) is None
    assert in_maintenance(windows, "chat", {"service": "billing"}, moment) is None
    assert in_maintenance((window(location="No/Where"),), "chat", orders, moment) is None
