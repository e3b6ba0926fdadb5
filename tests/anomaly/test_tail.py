from __future__ import annotations

import random

import pytest
from alertrelay.anomaly.tail import WARM_UP, Tail
from hypothesis import given
from hypothesis import strategies as st


def _learned(sizes: list[float]) -> Tail:
    tail = Tail()
    for size in sizes:
        tail.learn(size)
    return tail


@pytest.mark.parametrize("share", [0.5, 0.1, 0.03])
def test_inside_of_what_was_seen_the_rarity_is_the_rank(share: float) -> None:
    draw = random.Random(1)
    sizes = [draw.expovariate(1.0) for _ in range(5000)]
    at = sorted(sizes)[int(len(sizes) * (1.0 - share))]
    assert 10 ** -_learned(sizes).rarity(at) == pytest.approx(share, rel=0.1)


def test_beyond_what_was_seen_the_tail_goes_on_as_it_did() -> None:
    draw = random.Random(2)
    tail = _learned([draw.expovariate(1.0) for _ in range(20_000)])
    assert tail.rarity(14.0) == pytest.approx(14.0 / 2.3026, rel=0.25)


def test_a_record_is_less_rare_where_records_were_large() -> None:
    draw = random.Random(3)
    thin = _learned([abs(draw.gauss(0.0, 1.0)) for _ in range(5000)])
    heavy = _learned([abs(draw.gauss(0.0, 1.0)) / max(draw.random(), 1e-3) for _ in range(5000)])
    ratio = heavy.median() / thin.median()
    assert heavy.rarity(30.0 * ratio) < thin.rarity(30.0) / 3.0


def test_few_numbers_claim_little() -> None:
    draw = random.Random(4)
    sizes = [draw.expovariate(1.0) for _ in range(5000)]
    assert _learned(sizes[:60]).rarity(20.0) < _learned(sizes).rarity(20.0)


def test_nothing_is_rare_while_warming_up() -> None:
    assert _learned([1.0] * (WARM_UP - 1)).rarity(1e9) == 0.0


def test_a_first_move_after_long_stillness_is_as_rare_as_the_stillness_was_long() -> None:
    assert _learned([0.0] * 999).rarity(3.0) == pytest.approx(3.3, abs=0.01)
    assert _learned([0.0] * 999).rarity(0.0) == 0.0


def test_the_far_past_fades() -> None:
    tail = _learned([100.0] * 26_000 + [1.0] * 80_000)
    assert tail.rarity(50.0) > _learned([100.0] * 26_000 + [1.0] * 1_000).rarity(50.0)


@given(st.lists(st.floats(min_value=0.0, max_value=1e300), min_size=30, max_size=80), st.floats(0.0, 1e300))
def test_a_larger_number_is_never_less_rare(sizes: list[float], size: float) -> None:
    tail = _learned(sizes)
    assert 0.0 <= tail.rarity(size / 2.0) <= tail.rarity(size) + 1e-9
