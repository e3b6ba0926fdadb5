from __future__ import annotations

import csv
import math
import random
from pathlib import Path

import pytest

from cli import command, score
from local import series

DAYS = 9


def _rows(count: int, *, seed: int = 1) -> list[tuple[str, str]]:
    """5-minute points of a metric with a daily course, some noise, and one spike near the end."""
    draw = random.Random(seed)
    rows = []
    for index in range(count):
        minute = index * 5
        at = f"2026-11-{1 + minute // 1440:02d} {minute // 60 % 24:02d}:{minute % 60:02d}:00"
        value = 100 + 40 * math.sin(2 * math.pi * index / 288) + draw.gauss(0, 2)
        rows.append((at, f"{value + (300 if index == 2400 else 0):.3f}"))
    return rows


def _write(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("timestamp,value\n" + "".join(f"{at},{value}\n" for at, value in rows))
    return path


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def _score(source: Path, target: Path, *more: str) -> list[dict[str, str]]:
    assert command.main(["score", "--input", str(source), "--output", str(target), *more]) == 0
    return _read(target) if target.is_file() else []


def test_a_spike_scores_above_the_threshold_and_the_daily_course_does_not(tmp_path: Path) -> None:
    scored = _score(_write(tmp_path / "in.csv", _rows(288 * DAYS)), tmp_path / "out.csv")
    high = [index for index, row in enumerate(scored) if float(row["anomaly_score"]) >= 0.8]
    assert high == [2400]


def test_a_score_rests_on_its_row_and_earlier_ones_alone(tmp_path: Path) -> None:
    rows = _rows(288 * DAYS)
    whole = _score(_write(tmp_path / "whole.csv", rows), tmp_path / "whole-out.csv")
    for length in (15, 25, 700, 2401):
        part = _score(_write(tmp_path / "part.csv", rows[:length]), tmp_path / "part-out.csv")
        assert part == whole[:length]


def test_rows_stay_one_to_one_with_their_texts(tmp_path: Path) -> None:
    rows = [("2026-11-01 00:00:00", " 1.50"), ("1793491500", "nan"), ("2026-11-01T00:10:00Z", ""), ("2026-11-01", "x")]
    scored = _score(_write(tmp_path / "in.csv", rows), tmp_path / "out.csv")
    assert [(row["timestamp"], row["value"]) for row in scored] == rows
    assert {row["anomaly_score"] for row in scored} == {"0.000000"}


def test_a_row_without_a_time_scores_nothing_and_the_others_are_scored(tmp_path: Path) -> None:
    rows = _rows(288 * 5)
    broken = [*rows[:700], ("soon", "5000"), *rows[700:]]
    scored = _score(_write(tmp_path / "in.csv", broken), tmp_path / "out.csv", "--explain")
    assert (scored[700]["anomaly_score"], scored[700]["reason"]) == ("0.000000", "no time")
    del scored[700]
    assert scored == _score(_write(tmp_path / "right.csv", rows), tmp_path / "out2.csv", "--explain")


def test_a_folder_is_mirrored_and_files_share_nothing(tmp_path: Path) -> None:
    rows = _rows(700)
    _write(tmp_path / "in/a/one.csv", rows)
    _write(tmp_path / "in/b/deep/two.csv", rows)
    _score(tmp_path / "in", tmp_path / "out")
    assert _read(tmp_path / "out/a/one.csv") == _read(tmp_path / "out/b/deep/two.csv")
    assert len(_read(tmp_path / "out/a/one.csv")) == 700


def test_explain_adds_the_reason(tmp_path: Path) -> None:
    scored = _score(_write(tmp_path / "in.csv", _rows(288 * DAYS)), tmp_path / "out.csv", "--explain")
    assert list(scored[0]) == ["timestamp", "value", "anomaly_score", "reason"]
    assert "usual" in scored[2400]["reason"]


def test_the_threshold_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["score", "--threshold"]) == 0
    assert 0.5 < float(capsys.readouterr().out) < 1.0


def test_a_file_that_is_no_series_is_named_and_the_others_are_scored(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(tmp_path / "in/good.csv", _rows(30))
    (tmp_path / "in/bad.csv").write_text("time,number\n1,2\n")
    (tmp_path / "in/bytes.csv").write_bytes(bytes(range(256)) * 8)
    (tmp_path / "in/long.csv").write_text("timestamp,value\n" + "9" * 200_000 + ",1\n")
    (tmp_path / "in/worse.csv").write_text("timestamp,value\nyesterday,2\n")
    assert command.main(["score", "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out")]) == 1
    told = capsys.readouterr().err
    assert all(name in told for name in ("bad.csv", "bytes.csv", "long.csv"))
    assert "worse.csv:2: 'yesterday'" in told
    assert len(_read(tmp_path / "out/good.csv")) == 30


def test_a_missing_input_exits_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    missing = str(tmp_path / "none.csv")
    assert command.main(["score", "--input", missing, "--output", str(tmp_path / "out.csv")]) == 2
    assert "none.csv" in capsys.readouterr().err


@pytest.mark.parametrize("factor", [1000, -1000, 1e290])
def test_times_that_no_calendar_has_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], factor: float
) -> None:
    rows = [(f"{(1_793_491_200 + 300 * place) * factor}", f"{place % 7}") for place in range(700)]
    arguments = ["--input", str(_write(tmp_path / "in.csv", rows)), "--output", str(tmp_path / "out.csv"), "--explain"]
    assert command.main(["score", *arguments]) == 1
    assert f"in.csv:2: '{rows[0][0]}' is not a time" in capsys.readouterr().err


def test_times_at_the_ends_of_the_calendar_are_explained(tmp_path: Path) -> None:
    rows = [(f"{year:04d}-01-03 {hour:02d}:00", f"{hour}") for year in (1, 9999) for hour in range(24)]
    scored = _score(_write(tmp_path / "in.csv", rows), tmp_path / "out.csv", "--explain")
    assert scored[-1]["reason"].startswith("23; usual")
    assert scored[0]["reason"] == "learning: too few points yet"


def test_a_folder_that_is_named_like_a_file_is_no_file(tmp_path: Path) -> None:
    _write(tmp_path / "in/by-name.csv/one.csv", _rows(30))
    _score(tmp_path / "in", tmp_path / "out")
    assert len(_read(tmp_path / "out/by-name.csv/one.csv")) == 30


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_disk_that_is_full_is_named_with_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = str(_write(tmp_path / "in.csv", _rows(30)))
    assert command.main(["score", "--input", source, "--output", "/dev/full"]) == 2
    assert command.main(["anomaly", "report", "--input", source, "--output", "/dev/full"]) == 2
    assert capsys.readouterr().err.count("/dev/full cannot be written: No space left on device") == 2


def test_a_file_with_its_newest_row_first_scores_0_and_says_why(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = _rows(30)
    _score(_write(tmp_path / "in.csv", rows[::-1]), tmp_path / "out.csv")
    told = capsys.readouterr().err
    assert "in.csv: 29 of 30 rows are not newer than one before them and score 0; sort the file" in told
    _score(_write(tmp_path / "in.csv", [*rows, rows[-1]]), tmp_path / "out.csv")
    assert not capsys.readouterr().err


def test_a_long_file_says_how_far_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score, "_PROGRESS", 20)
    _score(_write(tmp_path / "in.csv", _rows(50)), tmp_path / "out.csv")
    assert [line.split(": ")[-1] for line in capsys.readouterr().err.splitlines()] == [
        "20 of 50 rows",
        "40 of 50 rows",
    ]


def test_a_file_that_ends_in_capitals_is_scored_too(tmp_path: Path) -> None:
    _write(tmp_path / "in/EXPORT.CSV", _rows(30))
    _score(tmp_path / "in", tmp_path / "out")
    assert len(_read(tmp_path / "out/EXPORT.CSV")) == 30


def test_a_folder_without_any_csv_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "in").mkdir()
    _score(tmp_path / "in", tmp_path / "out")
    assert "in: expected .csv files in this folder, and there is none" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1760123018", 1_760_123_018.0),
        ("1760123018.5", 1_760_123_018.5),
        ("20251010", 1_760_054_400.0),
        (" 2025-10-10 02:03:38+02:00 ", 1_760_054_618.0),
        ("20251010T000338Z", 1_760_054_618.0),
        ("-86400", -86_400.0),
        ("1760123018000", None),
        ("17601230180", 17_601_230_180.0),
        ("20251010000338", None),
        ("10/10/2025", None),
        ("", None),
    ],
)
def test_a_time_is_iso_or_a_number_of_seconds_and_nothing_else(text: str, seconds: float | None) -> None:
    assert series.seconds_of(text) == seconds
