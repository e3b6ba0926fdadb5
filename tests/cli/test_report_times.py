"""A time of `anomaly report` that cannot be read is wrong usage."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.command import main


def test_a_time_that_cannot_be_read_is_wrong_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = tmp_path / "a.csv"
    series.write_text("timestamp,value\n2026-11-20T00:00:00,1\n2026-11-20T00:05:00,2\n", encoding="utf-8")
    page = str(tmp_path / "a.html")
    assert main(["anomaly", "report", "--input", str(series), "--output", page, "--from", "nonsense"]) == 2
    assert "'nonsense' is not a time" in capsys.readouterr().err
