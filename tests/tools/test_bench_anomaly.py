"""The figures that `make bench-anomaly` requires: it exits 1 where one is missed."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import bench_anomaly
from tools.anomaly_figures import BoundedFigure

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


def test_it_exits_2_without_a_judge(tmp_path: Path) -> None:
    assert bench_anomaly.main([str(tmp_path)]) == 2
