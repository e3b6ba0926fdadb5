from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.sources import Envelope, parse
from alertrelay.values.times import LATEST, instant
from hypothesis import given, settings
from hypothesis import strategies as st

AT = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-20T03:04:05Z",
        "2026-11-20t03:04:05z",
        "2026-11-20T03:04:05",
        "2026-11-20 03:04:05",
        "2026-11-20T03:04:05+00:00",
        "2026-11-20T03:04:05.000+0000",
        "2026-11-20T05:04:05+02",
        "2026-11-20T05:04:05+0200",
        "2026-11-19T22:34:05-04:30",
        "2026-11-20T03:04:05.000000000Z",
        "2026-11-20 03:04:05 +0000 UTC",
        "2026-11-20 11:04:05 +0800 CST",
        "2026-11-20 03:04:05 +0000 UTC m=+0.123456789",
        "2026-11-20 03:04:05 UTC",
        "Fri, 20 Nov 2026 03:04:05 GMT",
        " 2026-11-20T03:04:05Z ",
        1795143845,
        1795143845000,
        1795143845.0,
    ],
)
def test_every_spelling_of_one_moment_is_that_moment(text: object) -> None:
    assert instant(text) == AT


@pytest.mark.parametrize(
    ("text", "microsecond"), [("2026-11-20T03:04:05.5Z", 500_000), ("2026-11-20 03:04:05.678901234 +0000 UTC", 678_901)]
)
def test_fractions_are_cut_to_microseconds(text: str, microsecond: int) -> None:
    assert instant(text) == AT.replace(microsecond=microsecond)


def test_a_date_alone_is_its_midnight() -> None:
    assert instant("2026-11-20") == datetime(2026, 11, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    "value",
    [
        None,
        "",
        "date",
        "0001-01-01T00:00:00Z",
        "0001-01-01T00:00:00+05:00",
        "1970-01-01T00:00:00.000Z",
        "2026-13-40T00:00:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T00:00:00+99:00",
        "9999-12-31T23:59:59-12:00",
        "٢٠٢٦-11-20T00:00:00Z",
        "a, b",
        ", , , ,",
        0,
        -5,
        10**30,
        float("nan"),
        float("inf"),
        True,
        {},
        [],
        "x" * 10_000,
    ],
)
def test_what_is_no_time_is_none(value: object) -> None:
    assert instant(value) is None


@pytest.mark.parametrize("text", ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59.9999999+14:00", "2200-01-01T00:00:00Z"])
def test_a_time_that_means_never_is_none(text: str) -> None:
    assert instant(text) is None
    assert instant("2199-12-31T23:59:59Z") is not None


@pytest.mark.parametrize("value", [1795143845, 1795143845_000, 1795143845_000_000, 1795143845_000_000_000])
def test_numbers_are_seconds_or_fractions_of_them_by_their_size(value: int) -> None:
    assert instant(value) == instant(str(value)) == AT


DATES = st.datetimes(timezones=st.timezones() | st.just(UTC)).map(lambda at: at.isoformat())


@given(DATES | st.integers() | st.floats() | st.integers().map(str) | st.text(max_size=80))
@settings(deadline=None)
def test_any_time_leaves_room_for_every_interval(value: object) -> None:
    at = instant(value)
    if at is not None:
        assert datetime(1970, 1, 1, tzinfo=UTC) < at < LATEST
        assert at + timedelta(days=3_650) > at - timedelta(days=36_500) + timedelta(days=36_500)


@given(st.sampled_from(["endsAt", "startsAt", "updatedAt"]), DATES)
@settings(deadline=None)
def test_an_alert_of_any_time_can_be_ordered_and_expired(name: str, text: str) -> None:
    body = {"receiver": "r", "alerts": [{"labels": {"alertname": "X"}, name: text}, {"labels": {"alertname": "Y"}}]}
    first, second = parse(Envelope(text=json.dumps(body)), received_at=AT).alerts
    assert second.labels["alertname"] == "Y"
    for at in (first.starts_at, first.ends_at or AT, first.updated_at or AT):
        assert (at + timedelta(days=3_650)).year > 1970
