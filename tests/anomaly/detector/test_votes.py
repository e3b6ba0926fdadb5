from __future__ import annotations

import math

import pytest
from alertrelay.anomaly.detector import measures
from alertrelay.anomaly.detector.rarity import Rarity
from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD, Refractory, score_of
from alertrelay.anomaly.detector.votes import ALERTS, BUDGETS, NAMES, SILENT, VOICES, Pace, Voice, strengths

_WEEK = 2016.0
_BUDGET = BUDGETS["normal"]


def _pace(points_a_week: float = _WEEK) -> Pace:
    return Pace(math.log10(points_a_week), math.log10(336.0))


def _parts(**rarities: Rarity) -> list[Rarity | None]:
    places = {name: getattr(measures, name.upper()) for name in rarities}
    parts: list[Rarity | None] = [None] * len(NAMES)
    for name, rarity in rarities.items():
        parts[places[name]] = rarity
    return parts


def _alone(rarity: Rarity, voice: Voice, points_a_week: float = _WEEK) -> float:
    return strengths(_parts(novelty=rarity), (voice,), _pace(points_a_week), _BUDGET)[0]


_PLAIN = Voice("plain", (measures.NOVELTY,), up_to=1e9, rest=8.0)


def test_a_strength_is_how_often_a_week_holds_such_a_point() -> None:
    assert _alone(Rarity(4.0, 0.0), _PLAIN) == pytest.approx(4.0 - math.log10(_WEEK))


def test_an_hourly_metric_has_fewer_chances_in_a_week() -> None:
    rarity = Rarity(4.0, 0.0)
    assert _alone(rarity, _PLAIN, _WEEK / 12.0) == pytest.approx(_alone(rarity, _PLAIN) + math.log10(12.0))


def test_a_voice_is_believed_less_by_its_doubt() -> None:
    doubted = Voice("doubted", (measures.NOVELTY,), up_to=1e9, rest=8.0, doubt=10.0)
    assert _alone(Rarity(4.0, 0.0), doubted) == pytest.approx(_alone(Rarity(4.0, 0.0), _PLAIN) - 1.0)


def test_a_voice_is_silent_on_what_comes_more_often_than_it_speaks_of() -> None:
    rare = Voice("rare", (measures.NOVELTY,), up_to=5.0, rest=8.0)
    at = math.log10(_WEEK / 5.0)
    assert _alone(Rarity(at + 0.01, 0.0), rare) > SILENT
    assert _alone(Rarity(at - 0.01, 0.0), rare) == SILENT


def test_a_part_that_is_none_has_no_say() -> None:
    together = Voice("together", (measures.STEP, measures.FORECAST), up_to=1e9, rest=8.0)
    one, both = _parts(step=Rarity(5.0, 0.0)), _parts(step=Rarity(5.0, 0.0), forecast=Rarity(3.0, 0.0))
    assert strengths(one, (together,), _pace(), _BUDGET)[0] == pytest.approx(
        strengths(both, (together,), _pace(), _BUDGET)[0] + 1.0
    )
    assert strengths(_parts(), (together,), _pace(), _BUDGET) == [SILENT]


def test_distance_from_the_bulk_alerts_within_its_budget_and_a_new_value_by_it_never() -> None:
    (spends,) = (voice for voice in VOICES if voice.spends)
    nominal = math.log10(_WEEK * spends.doubt)
    for budget in (1.0, 10.0):
        just, less = (Rarity(0.0, nominal - math.log10(budget) + step) for step in (0.01, -0.01))
        for rarity, alerts in ((just, True), (less, False)):
            parts = _parts(step=rarity, step_of_three=rarity, season=rarity, forecast=rarity)
            assert (strengths(parts, (spends,), _pace(), budget)[0] >= ALERTS) is alerts
    said = max(strengths(_parts(novelty=Rarity(0.0, 1e6)), VOICES, _pace(), _BUDGET))
    assert 0.5 < score_of(said) < DEFAULT_THRESHOLD


def test_what_is_notified_quiets_every_voice_for_its_rest() -> None:
    refractory, fades = Refractory(), (0.5 ** (1 / 8), 0.5 ** (1 / 64))
    assert refractory.take((4.0, SILENT), fades) == 4.0
    quiet = [refractory.take((SILENT, SILENT), fades) for _ in range(16)]
    assert quiet == [0.0] * 16
    assert refractory.take((SILENT, 4.0), fades) == 0.0
    assert refractory.take((4.0, SILENT), fades) == 4.0


def test_a_stronger_point_is_notified_at_once() -> None:
    refractory, fades = Refractory(), (0.9,)
    assert [refractory.take((strength,), fades) for strength in (4.0, 4.5, 6.0)] == [4.0, 0.0, 6.0]


def test_a_score_of_0_99_is_once_in_99_weeks() -> None:
    assert score_of(math.log10(99.0)) == pytest.approx(0.99)
    assert score_of(math.log10(4.0)) == pytest.approx(DEFAULT_THRESHOLD)
