"""The figures that `make bench-anomaly` requires: it exits 1 where one is missed."""

from __future__ import annotations

import json
import re
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from alertrelay.anomaly.detector.history import Usual, UsualHistory

from tests.anomaly.detector.metrics import DAY, STEP, noisy
from tools import bench_anomaly
from tools.anomaly_figures import BoundedFigure
from tools.anomaly_reasons import is_outside

_DAY = 86_400.0
_GOOD = {"precision": 0.9, "recall": 0.4, "F0.5": 0.7, "false alerts a week": 0.1}


@pytest.fixture
def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the command with given figures of one corpus; what scores and judges is left out."""
    monkeypatch.setattr(sys, "path", list(sys.path))  # the command adds the folder
    (tmp_path / "nabscore.py").write_text("", encoding="utf-8")
    (tmp_path / "ops_dev.windows.json").write_text(json.dumps({}), encoding="utf-8")
    for name in ("_show", "_shifted", "_first_week"):
        monkeypatch.setattr(bench_anomaly, name, lambda *_: None)
    monkeypatch.setattr(bench_anomaly, "_footprint", lambda: (36.0, 14.0))
    monkeypatch.setattr(bench_anomaly, "measure", lambda *_: ([], 30.0))

    def run(**figures: float) -> int:
        found = {**_GOOD, **{name.replace("_", " "): value for name, value in figures.items()}}
        bounded = {name: BoundedFigure(value, value, value) for name, value in found.items()}
        monkeypatch.setattr(bench_anomaly, "at_default", lambda *_: bounded)
        return bench_anomaly.main([str(tmp_path)])

    return run


def test_it_exits_0_with_all_figures(measured: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert measured() == 0
    assert "missed" not in capsys.readouterr().out


@pytest.mark.parametrize(("name", "value"), [("precision", 0.83), ("recall", 0.2), ("false_alerts_a_week", 0.2)])
def test_it_exits_1_with_a_missed_figure_and_names_it(
    measured: Callable[..., int], capsys: pytest.CaptureFixture[str], name: str, value: float
) -> None:
    assert measured(**{name: value}) == 1
    assert f"missed: ops_dev: {name.replace('_', ' ')} is {value:.3f}" in capsys.readouterr().out


@dataclass
class _Rows:
    """A series as the judge has it."""

    v: array[float]
    key: str = "made"

    @property
    def t(self) -> array[float]:
        return array("d", [STEP * place for place in range(len(self.v))])


@pytest.fixture
def troubled() -> array[float]:
    """Ten days of noise, at the end with an hour of trouble."""
    return array("d", noisy(9 * DAY, level=50.0) + noisy(DAY, level=50.0, seed=2)[:-12] + [80.0] * 12)


def test_it_counts_the_reasons_whose_usual_the_rows_bear_out(
    measured: Callable[..., int],
    troubled: array[float],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bench_anomaly, "measure", lambda *_: ([_Rows(troubled)], 30.0))
    assert measured() == 0
    assert re.search(r"outside every value of that time in 14 days \| 0 of [1-9]", capsys.readouterr().out)


def test_it_exits_1_where_reasons_state_a_usual_that_follows_the_trouble(
    measured: Callable[..., int],
    troubled: array[float],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(bench_anomaly, "measure", lambda *_: ([_Rows(troubled)], 30.0))
    read_usual = UsualHistory.usual

    def follows(history: UsualHistory) -> Usual | None:
        usual = read_usual(history)
        return usual and usual._replace(high=usual.high + 10.0)

    monkeypatch.setattr(UsualHistory, "usual", follows)
    assert measured() == 1
    assert "missed: ops_dev: 100.0% of reasons state what was not usual" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("low", "high", "outside"), [(48.0, 52.0, False), (48.0, 52.1, True), (47.9, 52.0, True), (60.0, 61.0, True)]
)
def test_a_usual_is_held_against_that_half_hour_on_days_of_its_kind(low: float, high: float, outside: bool) -> None:
    """Tuesday to Monday, midnight and noon: the noons of working days had 48 and 52, those of the weekend 90."""
    days = [5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]  # of the epoch, whose day 0 was a Thursday
    times = [at for day in days for at in (day * _DAY, day * _DAY + 43_200.0)]
    weekend = {9.0, 10.0}
    values = [value for day in days for value in (10.0, 90.0 if day in weekend else 48.0 + 4.0 * (day % 2))]
    usual = Usual(low, high, (low, high), 4, same_time=True)
    assert is_outside(times, values, len(times) - 1, usual) is outside


def test_it_exits_2_without_a_judge(tmp_path: Path) -> None:
    assert bench_anomaly.main([str(tmp_path)]) == 2
