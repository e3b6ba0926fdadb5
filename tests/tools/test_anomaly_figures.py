"""The bounds of `make bench-anomaly`: bootstrap over series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from tools.anomaly_figures import at_default


class _Judge:
    """Gives four alerts and four windows a series; a series is the share of both that are right."""

    @staticmethod
    def alerts(series: Sequence[float], threshold: float) -> dict[str, Any]:
        (share,) = series
        hits = round(4 * share)
        assert threshold == 0.8
        return {"alerts": 4, "true": hits, "windows": 4, "found": hits, "metric_weeks": 2.0}


def test_series_that_are_all_alike_leave_no_doubt() -> None:
    figure = at_default(_Judge, [0.5] * 6, 0.8)["recall"]
    assert (figure.value, figure.low, figure.high) == (0.5, 0.5, 0.5)


def test_the_bounds_are_those_of_draws_of_whole_series() -> None:
    figures = at_default(_Judge, [0.0, 0.0, 1.0, 1.0], 0.8)
    for name in ("precision", "recall", "F0.5"):
        assert figures[name].value == pytest.approx(0.5)
        assert figures[name].low <= 0.25
        assert figures[name].high >= 0.75
    # Half of 16 alerts are false, in 8 metric-weeks.
    assert figures["false alerts a week"].value == 1.0
