from __future__ import annotations

import pytest
from alertrelay.anomaly.detector.history import UsualHistory

_DAY = 86_400.0


@pytest.mark.parametrize("value", [0.1, 0.7, -0.1, 1e-9 / 3.0, 16_777_217.0, -1_234_567.891])
def test_a_value_that_was_there_is_usual_also_where_no_float_of_four_bytes_holds_it(value: float) -> None:
    history = UsualHistory(300.0)
    for day in range(4):
        history.enter(day * _DAY)
        history.learn(value, calm=True)
    usual = history.usual()
    assert usual is not None
    assert usual.beyond(value) == 0.0
    assert history.is_at_edge(value)
    assert (usual.low, usual.high) == pytest.approx((value, value), rel=1e-6)
