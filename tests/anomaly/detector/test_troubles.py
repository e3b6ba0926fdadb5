"""Troubles that each were judged wrong once, on metrics that are made here."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import pytest
from alertrelay.anomaly.detector.detector import Reading
from alertrelay.anomaly.detector.refractory import DEFAULT_THRESHOLD
from alertrelay.anomaly.detector.scorer import Scorer
from alertrelay.anomaly.scorer.drift import Drift
from alertrelay.anomaly.scorer.entry_rules import rules_of
from alertrelay.anomaly.scorer.lifecycle import AnomalyChange
from alertrelay.anomaly.scorer.reporting import Presence
from alertrelay.anomaly.scorer.score_points import feed, new_scorer
from alertrelay.anomaly.scorer.shard_state import Track

from tests.anomaly.detector.metrics import DAY, noisy, points, scores, told
from tests.anomaly.scorer.world import config, metric, watch

MONDAY = datetime(2026, 10, 5, tzinfo=UTC).timestamp()


def _changes(values: Sequence[float]) -> tuple[list[AnomalyChange], Track]:
    """What an entry with the levels of the guide would publish."""
    entry = watch(severity={"warning": 0.8, "critical": 0.99})
    rule = rules_of(config(watches=(entry,)), {})[entry.name]
    track = Track(metric=metric(), read_to=0.0, presence=Presence(), drift=Drift(based=0.0, at=0.0))
    return feed(track, new_scorer(track.metric, rule), rule, _points(values)), track


def _points(values: Sequence[float]) -> list[tuple[float, float]]:
    return [(MONDAY + 300.0 * place, value) for place, value in enumerate(values)]


def _places(changes: Sequence[AnomalyChange]) -> list[tuple[str, int]]:
    return [(change.kind, round((change.at - MONDAY) / 300.0)) for change in changes]


def _office(draw: random.Random, days: int, *, lost: int = -1) -> list[float]:
    """Business days from Monday on; on one of them nobody comes."""

    def level(place: int) -> float:
        day, hour = place // DAY, place % DAY / 12
        return 220.0 if day % 7 < 5 and day != lost and 8 <= hour < 18 else 20.0

    return [level(place) * draw.gauss(1.0, 0.05) for place in range(days * DAY)]


def test_a_queue_that_is_emptied_after_three_hours_ends_and_gets_no_worse() -> None:
    ramp = [10.0 + 4.0 * place + noise for place, noise in enumerate(noisy(36, level=0.0))]
    changes, track = _changes([*noisy(14 * DAY, level=10.0), *ramp, *noisy(60, level=10.0, seed=2)])
    begun = 14 * DAY
    assert {kind for kind, _ in _places(changes)} <= {"opened", "worse", "ended"}
    assert all(begun <= place < begun + 36 for kind, place in _places(changes) if kind != "ended")
    kind, place = _places(changes)[-1]
    assert (kind, begun + 36 < place < begun + 48) == ("ended", True)
    assert changes[-1].open.value == max(ramp)
    assert track.said is not None
    assert "at the worst" in track.said.reason


def test_a_leak_stays_open_while_it_climbs_and_its_restart_ends_it() -> None:
    leak = [40.0 + 55.0 * place / 864 + noise for place, noise in enumerate(noisy(864, level=0.0))]
    changes, _ = _changes([*noisy(21 * DAY, level=40.0), *leak, *noisy(60, level=40.0, seed=2)])
    begun = 21 * DAY
    assert begun < _places(changes)[0][1] < begun + 100
    assert [kind for kind, _ in _places(changes)].count("ended") == 1
    assert begun + 864 < _places(changes)[-1][1] < begun + 890


def test_the_return_of_a_blip_to_0_is_nothing() -> None:
    found = told(points([0.0] * 1158 + [0.2] + [0.0] * 20))
    assert found in ([], [1158])


def test_one_two_among_sparse_ones_is_no_certainty() -> None:
    for seed in range(5):
        draw = random.Random(seed)
        values = [float(draw.random() < 0.03) for _ in range(900)] + [2.0] + [0.0] * 30
        assert max(scores(points(values))) < 0.99


def test_whole_numbers_that_stand_still_for_hours_are_notified_once() -> None:
    values = [float(round(value)) for value in noisy(5000, level=40.0, noise=6.0)]
    changes, _ = _changes([*values, *[40.0] * 144])
    assert [kind for kind, _ in _places(changes)] == ["opened"]
    assert 5000 < _places(changes)[0][1] < 5036


def test_a_business_day_on_which_nobody_comes_is_notified_and_no_other() -> None:
    changes, _ = _changes(_office(random.Random(1), 35, lost=30))
    opened = [place for kind, place in _places(changes) if kind == "opened"]
    assert [place // DAY for place in opened] == [30]
    assert opened[0] - 30 * DAY <= 9 * 12
    assert _places(changes)[-1][0] == "ended"


def test_an_incident_a_day_or_two_is_notified_each_time() -> None:
    draw = random.Random(1)
    values, begun, place = [200.0 * draw.lognormvariate(0.0, 0.08) for _ in range(28 * DAY)], [], 600
    while place < 28 * DAY - 50:
        values[place : place + 6] = [4.0 * value for value in values[place : place + 6]]
        begun.append(place)
        place += draw.randrange(288, 576)
    found = told(points(values))
    assert all(any(place <= at < place + 6 for at in found) for place in begun)
    assert all(any(place <= at < place + 6 for place in begun) for at in found)


def test_a_nightly_job_that_does_not_run_is_notified_by_the_morning() -> None:
    nights = [40.0 if place % DAY in range(24, 36) and place // DAY != 25 else 0.0 for place in range(28 * DAY)]
    found = told(
        points([10.0 + night + noise for night, noise in zip(nights, noisy(28 * DAY, level=0.0), strict=True)])
    )
    assert [place // DAY for place in found] == [25] * len(found)
    assert found
    assert found[0] <= 25 * DAY + 48


@pytest.mark.parametrize(("days", "trouble"), [((0, 7, 14), 21), ((0, 7, 14, 21, 28, 29), 29)])
def test_a_weekday_unlike_itself_is_notified_though_all_its_values_are_usual(days: Sequence[int], trouble: int) -> None:
    """A job of Mondays that does not run, and one that also runs on a Tuesday: a working day may have either level."""
    values = [
        noise + (25.0 if place // DAY in days else 0.0)
        for place, noise in enumerate(noisy((trouble + 3) * DAY, noise=3.0))
    ]
    changes, _ = _changes(values)
    assert [(kind, place // DAY) for kind, place in _places(changes)] == [("opened", trouble), ("ended", trouble + 1)]
    assert _places(changes)[0][1] < trouble * DAY + 48


def test_a_trouble_of_a_week_ago_does_not_make_its_weekday_unlike_itself() -> None:
    values = noisy(25 * DAY, noise=3.0)
    values[16 * DAY : 17 * DAY] = [value + 60.0 for value in values[16 * DAY : 17 * DAY]]
    assert {place // DAY for place in told(points(values, start=MONDAY))} == {16}


def test_a_cpu_at_its_limit_is_notified_at_noon_and_not_at_night() -> None:
    course = [100.0 if place % DAY < 36 else 20.0 for place in range(21 * DAY)]
    values = [min(100.0, level + noise) for level, noise in zip(course, noisy(21 * DAY, level=0.0), strict=True)]
    noon = 20 * DAY + 144
    values[noon : noon + 12] = [100.0] * 12
    found = told(points(values))
    assert found[:1] == [noon]
    assert all(noon <= place < noon + 36 for place in found)


def test_a_small_step_that_lasts_is_notified_within_two_days() -> None:
    values = noisy(21 * DAY, noise=3.0) + noisy(3 * DAY, level=53.0, noise=3.0, seed=2)
    found = told(points(values))
    assert found
    assert 21 * DAY <= found[0] < 23 * DAY


@pytest.mark.parametrize(
    "make", [lambda draw: _office(draw, 8), lambda draw: [draw.lognormvariate(2.0, 1.0) for _ in range(8 * DAY)]]
)
def test_a_young_metric_is_never_critical(make: Callable[[random.Random], list[float]]) -> None:
    for seed in range(2):
        assert max(scores(points(make(random.Random(seed)), start=MONDAY))) < 0.99


@pytest.fixture(scope="module")
def whole_steps() -> list[float]:
    """Values that scale and shift without rounding, with a trouble and a drop after the first week."""
    values = [round(value * 256.0) / 256.0 for value in noisy(9 * DAY)]
    values[2200:2210], values[2450] = [80.0] * 10, 20.0
    return values


@pytest.fixture(scope="module")
def plain(whole_steps: list[float]) -> list[float]:
    found = scores(points(whole_steps))
    assert max(found) >= DEFAULT_THRESHOLD
    return found


@pytest.mark.parametrize(("scale", "shift"), [(1024.0, 0.0), (1.0, 4096.0), (0.25, -512.0)])
def test_scale_and_shift_do_not_matter(
    whole_steps: list[float], plain: list[float], scale: float, shift: float
) -> None:
    moved = scores(points([scale * value + shift for value in whole_steps]))
    assert moved == pytest.approx(plain, abs=1e-4)


def test_every_usual_range_is_what_the_rows_before_had() -> None:
    checked, draw = 0, random.Random(0)
    values = _office(draw, 21)
    for place in range(0, len(values), 211):
        values[place] *= draw.choice((0.2, 3.0, 5.0))
    scorer = Scorer()
    for place, (at, value) in enumerate(_points(values)):
        reading = scorer.take(at, value).reading
        assert isinstance(reading, Reading)
        if place > 8 * DAY and reading.usual is not None and (reading.rarity > 0.0 or place % 3 == 0):
            checked += 1
            _check(reading, values, place)
    assert checked > 1_000


def _check(reading: Reading, values: Sequence[float], place: int) -> None:
    usual = reading.usual
    assert usual is not None
    weekend = place // DAY % 7 >= 5
    days = [day for day in range(max(0, place // DAY - 14), place // DAY) if (day % 7 >= 5) == weekend]
    slot = place % DAY // 6 * 6
    there = [value for day in days for value in values[day * DAY + slot : day * DAY + slot + 6]]
    assert min(there) * 0.999 <= usual.low <= usual.high <= max(there) * 1.001
    assert usual.low >= 0.0
