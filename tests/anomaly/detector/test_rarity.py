from __future__ import annotations

import random

import pytest
from alertrelay.anomaly.detector.rarity import COMMON, WARM_UP, Tail
from hypothesis import given
from hypothesis import strategies as st


def _learned(sizes: list[float]) -> Tail:
    tail = Tail()
    for size in sizes:
        tail.learn(size)
    return tail


@pytest.mark.parametrize("share", [0.08, 0.05, 0.03])
def test_inside_of_what_was_seen_the_rarity_is_the_rank(share: float) -> None:
    draw = random.Random(1)
    sizes = [draw.expovariate(1.0) for _ in range(5000)]
    at = sorted(sizes)[int(len(sizes) * (1.0 - share))]
    assert 10 ** -_learned(sizes).rarity(at).tail == pytest.approx(share, rel=0.1)


def test_the_usual_nine_in_ten_are_common() -> None:
    draw = random.Random(1)
    sizes = [draw.expovariate(1.0) for _ in range(5000)]
    assert _learned(sizes).rarity(sorted(sizes)[4300]) == COMMON


def test_beyond_what_was_seen_the_tail_goes_on_as_it_did() -> None:
    draw = random.Random(2)
    tail = _learned([draw.expovariate(1.0) for _ in range(20_000)])
    assert tail.rarity(14.0).tail == pytest.approx(14.0 / 2.3026, rel=0.25)


def test_a_record_is_less_rare_where_records_were_large() -> None:
    draw = random.Random(3)
    thin = _learned([abs(draw.gauss(0.0, 1.0)) for _ in range(5000)])
    heavy = _learned([abs(draw.gauss(0.0, 1.0)) / max(draw.random(), 1e-3) for _ in range(5000)])
    heavy_middle, thin_middle = heavy.median(), thin.median()
    assert heavy_middle
    assert thin_middle
    ratio = heavy_middle / thin_middle
    assert heavy.rarity(30.0 * ratio).tail < thin.rarity(30.0).tail / 3.0


def test_few_numbers_claim_little() -> None:
    draw = random.Random(4)
    sizes = [draw.expovariate(1.0) for _ in range(5000)]
    assert _learned(sizes[:60]).rarity(20.0).tail < _learned(sizes).rarity(20.0).tail


def test_nothing_is_rare_while_warming_up() -> None:
    assert _learned([1.0] * (WARM_UP - 1)).rarity(1e9) == COMMON


def test_a_first_move_after_long_stillness_is_as_rare_as_the_stillness_was_long() -> None:
    assert _learned([0.0] * 999).rarity(3.0).tail == pytest.approx(3.3, abs=0.01)
    assert _learned([0.0] * 999).rarity(0.0) == COMMON


def test_the_far_past_fades() -> None:
    tail = _learned([100.0] * 26_000 + [1.0] * 80_000)
    assert tail.rarity(50.0).tail > _learned([100.0] * 26_000 + [1.0] * 1_000).rarity(50.0).tail


def _noise_with(outliers: int) -> Tail:
    """A history of noise, in which a size of 1,000 came now and then."""
    draw = random.Random(5)
    sizes = [draw.expovariate(1.0) for _ in range(5000)]
    for place in range(outliers):
        sizes[1000 + 200 * place] = 1000.0
    return _learned(sizes)


def test_one_outlier_hides_the_next_one_little_and_many_become_usual() -> None:
    never, once, often = (_noise_with(times).rarity(1000.0).tail for times in (0, 1, 15))
    assert once > 0.2 * never
    assert once > 8.0
    assert often < 3.5


def test_a_trouble_that_lasts_is_one_outlier() -> None:
    draw = random.Random(6)
    sizes = [draw.expovariate(1.0) for _ in range(5000)]
    sizes[3000:3010] = [1000.0] * 10
    assert _learned(sizes).rarity(1000.0).tail > _noise_with(10).rarity(1000.0).tail + 0.4


def test_by_the_bulk_what_came_before_stays_rare() -> None:
    often = _noise_with(15).rarity(1000.0)
    assert often.bulk > often.tail + 2.0


def test_by_the_bulk_a_heavy_tail_makes_a_large_number_usual() -> None:
    draw = random.Random(7)
    heavy = _learned([draw.paretovariate(1.5) for _ in range(5000)])
    assert heavy.rarity(100.0).bulk == pytest.approx(3.0, rel=0.2)


@given(st.lists(st.floats(min_value=0.0, max_value=1e300), min_size=30, max_size=80), st.floats(0.0, 1e300))
def test_a_larger_number_is_never_less_rare(sizes: list[float], size: float) -> None:
    tail = _learned(sizes)
    half, whole = tail.rarity(size / 2.0), tail.rarity(size)
    assert 0.0 <= half.tail <= whole.tail + 1e-9
    assert 0.0 <= half.bulk <= whole.bulk + 1e-9
