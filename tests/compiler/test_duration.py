from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compiler.reading.duration import DurationError, parse_duration, spell_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        ("0s", 0),
        ("30s", 30),
        ("5m", 300),
        ("1h30m", 5400),
        ("1d", 86_400),
        ("1w2d3h4m5s6ms", 788_645.006),
        ("1y", 31_536_000),
        ("500ms", 0.5),
    ],
)
def test_a_duration_as_prometheus_writes_it_is_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "1.5h", "-5m", "5 m", "30s1m", "5m5m", "1H", "5µs", "٣s", "5m\n", "999999y"])
def test_other_spellings_are_refused(text: str) -> None:
    with pytest.raises(DurationError):
        parse_duration(text)


@given(st.integers(min_value=0, max_value=10**12))
def test_what_is_spelt_is_read_back(milliseconds: int) -> None:
    assert parse_duration(spell_duration(milliseconds / 1000)) == pytest.approx(milliseconds / 1000)
