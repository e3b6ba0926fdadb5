"""Rows of a series that are not as they should be: each is named with its line, and the rest counts."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from cli import command

DAY = 288
_BEGIN = datetime(2026, 10, 20, tzinfo=UTC)
Report = Callable[[Sequence[str]], tuple[str, str]]


def _rows(count: int = 3 * DAY, *, spike: int = 2 * DAY + 200) -> list[str]:
    """Rows of five minutes, with a trouble at one place."""
    draw = random.Random(1)
    values = [50.0 + draw.gauss(0.0, 1.0) for _ in range(count)]
    values[spike : spike + 4] = [90.0, 91.0, 92.0, 91.5]
    return [_row(place, f"{value:.3f}") for place, value in enumerate(values)]


def _row(place: int, value: str) -> str:
    return f"{_BEGIN + timedelta(minutes=5 * place):%Y-%m-%d %H:%M:%S},{value}"


@pytest.fixture
def report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Report:
    """Reports on rows; returns the last line of stdout behind the file's name, and what stderr has of the rows."""

    def run(rows: Sequence[str]) -> tuple[str, str]:
        source, target = tmp_path / "cpu.csv", tmp_path / "page.html"
        source.write_text("\n".join(["timestamp,value", *rows]) + "\n")
        assert command.main(["anomaly", "report", "--input", str(source), "--output", str(target)]) == 0
        shown = capsys.readouterr()
        return shown.out.strip().split(": ")[-1], shown.err.replace(f"alertrelay anomaly report: {source}: ", "")

    return run


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("yesterday,3", "rows left out, no time (expected 2026-11-20 03:05:00 or seconds): line 12 ('yesterday')"),
        ("1760123018000,3", "left out, no time (expected 2026-11-20 03:05:00 or seconds): line 12 ('1760123018000')"),
        ("nan,3", "left out, no time (expected 2026-11-20 03:05:00 or seconds): line 12 ('nan')"),
        (_row(10, "twelve"), "left out, no finite number: line 12 ('twelve')"),
        (_row(10, "inf"), "left out, no finite number: line 12 ('inf')"),
        (_row(10, "-1e400"), "left out, no finite number: line 12 ('-1e400')"),
        (_row(10, "NaN"), "without a value, each a gap of the metric: line 12 ('NaN')"),
        (_row(10, ""), "without a value, each a gap of the metric: line 12\n"),
        (_row(10, "").rstrip(","), "without a value, each a gap of the metric: line 12\n"),
        (_row(9, "3"), "left out, an earlier row has the same time: line 12 ('2026-10-20 00:45:00')"),
    ],
)
def test_a_row_that_cannot_count_is_named_with_its_line_and_the_rest_counts(
    report: Report, row: str, said: str
) -> None:
    rows = _rows()
    rows[10] = row
    shown, err = report(rows)
    assert f"1 of 864 rows {said.removeprefix('rows ')}" in err
    assert err.count("\n") == 1
    assert shown == "863 points, 1 alert at 0.8"


def test_each_line_of_many_is_named(report: Report) -> None:
    rows = _rows()
    for place in (3, 5, 6, 7, 20):
        rows[place] = f"day {place},1"
    _, err = report(rows)
    assert "5 of 864 rows left out, no time" in err
    assert err.endswith(": lines 5 ('day 3'), 7 to 9, 22\n")


def test_rows_in_no_order_are_judged_in_the_order_of_time(report: Report) -> None:
    rows = _rows()
    random.Random(2).shuffle(rows)
    assert report(rows) == ("864 points, 1 alert at 0.8", "")


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        (_rows()[: 2 * DAY] + _rows(4 * DAY, spike=3 * DAY + 200)[3 * DAY :], "864 points, 1 alert at 0.8"),
        ([_row(place, f"{1e6 + 40.0 * (place % 700)}") for place in range(3 * DAY)], "864 points, 0 alerts at 0.8"),
        ([*_rows()[:700], _row(700, "1e300"), *_rows()[701:]], "864 points, 2 alerts at 0.8"),
        ([_row(place, "7") for place in range(3 * DAY)], "864 points, 0 alerts at 0.8"),
    ],
    ids=["a gap of a day", "a counter begins anew", "1e300", "constant"],
)
def test_an_odd_course_is_read_whole(report: Report, rows: Sequence[str], shown: str) -> None:
    assert report(rows) == (shown, "")


def test_the_hour_that_comes_twice_in_autumn_is_named_and_with_its_zone_it_is_whole(report: Report) -> None:
    """On 25 October 2026 a clock of Berlin goes back from 03:00 to 02:00."""
    zone, rows = ZoneInfo("Europe/Berlin"), _rows(6 * DAY, spike=5 * DAY + 200)
    values = [row.split(",")[1] for row in rows]
    clocks = [(_BEGIN + timedelta(minutes=5 * place)).astimezone(zone) for place in range(6 * DAY)]
    whole = [f"{at.isoformat()},{value}" for at, value in zip(clocks, values, strict=True)]
    assert report(whole) == ("1,728 points, 1 alert at 0.8", "")
    bare = [f"{at:%Y-%m-%d %H:%M:%S},{value}" for at, value in zip(clocks, values, strict=True)]
    shown, err = report(bare)
    assert shown == "1,716 points, 1 alert at 0.8"
    assert "12 of 1,728 rows left out, an earlier row has the same time: lines 1454 to 1465" in err
