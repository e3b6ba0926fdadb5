"""When an anomaly opens, gets worse and ends."""

from __future__ import annotations

from alertrelay.anomaly.scorer.lifecycle import BACK, LEARNED_AFTER, Open, ScoredPoint, step
from alertrelay.anomaly.scorer.threshold import ScoreLevel
from hypothesis import given
from hypothesis import strategies as st

from tests.anomaly.scorer.world import START

LEVELS = (ScoreLevel(severity="warning", score=0.8), ScoreLevel(severity="critical", score=0.99))


def _seen(value: float = 100.0, *, score: float = 0.0, at: float = START, calm: bool = True) -> ScoredPoint:
    return ScoredPoint(at=at, value=value, score=score, calm=calm, since=at, band=(70.0, 130.0))


def test_it_opens_under_the_worst_severity_that_the_score_reaches() -> None:
    for score, severities in ((0.79, None), (0.8, ("warning",)), (0.995, ("critical",))):
        opened, change = step(None, _seen(300, score=score), LEVELS)
        assert (opened.severities if opened else None) == severities
        assert (change is None) is (severities is None)


def test_it_gets_worse_once_and_never_better() -> None:
    opened, _ = step(None, _seen(300, score=0.9), LEVELS)
    worse, change = step(opened, _seen(900, score=0.999, at=START + 300), LEVELS)
    assert worse is not None
    assert change is not None
    assert (change.kind, change.severities, worse.severities) == ("worse", ("critical",), ("warning", "critical"))
    again, nothing = step(worse, _seen(900, score=0.999, at=START + 600), LEVELS)
    assert (again, nothing) == (worse, None)
    critical, _ = step(None, _seen(900, score=0.999), LEVELS)
    milder, nothing = step(critical, _seen(400, score=0.9, at=START + 300), LEVELS)
    assert (milder and milder.severities, nothing) == (("critical",), None)


def test_it_ends_when_it_is_back_for_some_points_and_not_for_one() -> None:
    now, _ = step(None, _seen(300, score=0.9), LEVELS)
    for place in range(1, BACK):
        now, change = step(now, _seen(105, at=START + place * 300), LEVELS)
        assert change is None
    now, _ = step(now, _seen(300, at=START + 1200), LEVELS)
    for place in range(BACK):
        now, change = step(now, _seen(95, at=START + 1500 + place * 300), LEVELS)
    assert now is None
    assert change is not None
    assert (change.kind, change.learned) == ("ended", False)


def test_what_is_calm_but_still_far_away_stays_open_for_three_days_and_is_usual_then() -> None:
    now, _ = step(None, _seen(300, score=0.9), LEVELS)
    for place in range(1, 3 * 288):
        now, change = step(now, _seen(300, at=START + place * 300), LEVELS)
        assert (change, now is None) == (None, False)
    _, change = step(now, _seen(300, at=START + LEARNED_AFTER), LEVELS)
    assert change is not None
    assert (change.kind, change.learned) == ("ended", True)


def test_what_never_left_its_time_of_day_ends_when_it_is_calm() -> None:
    now, _ = step(None, _seen(101, score=0.9), LEVELS)
    assert now is not None
    assert now.side == ""
    now, _ = step(now, _seen(101, at=START + 300, calm=False), LEVELS)
    for place in range(BACK):
        assert now is not None
        now, _ = step(now, _seen(101, at=START + 600 + place * 300), LEVELS)
    assert now is None


def test_the_fall_after_a_rush_is_no_fall_below_what_is_usual() -> None:
    assert step(None, _seen(100, score=0.99), LEVELS, "low") == (None, None)
    assert step(None, _seen(40, score=0.99), LEVELS, "low")[0] is not None
    assert step(None, _seen(100, score=0.99), LEVELS, "high") == (None, None)
    assert step(None, _seen(160, score=0.99), LEVELS, "high")[0] is not None


def test_a_level_that_goes_on_climbing_stays_open() -> None:
    now, _ = step(None, _seen(140, score=0.9), LEVELS)
    for place in range(1, 6 * 288):
        now, change = step(now, _seen(140 + 0.3 * place, at=START + place * 300), LEVELS)
        assert (change, now is None) == (None, False)


def test_the_way_back_is_no_worse_and_the_worst_value_is_the_one_farthest_from_usual() -> None:
    now, _ = step(None, _seen(300, score=0.9), LEVELS)
    now, _ = step(now, _seen(500, score=0.1, at=START + 300, calm=False), LEVELS)
    for place, value in enumerate((350, 250, 20), 2):
        now, change = step(now, _seen(value, score=0.999, at=START + place * 300, calm=False), LEVELS)
        assert change is None
    assert now is not None
    assert (now.value, now.severities) == (500, ("warning",))


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0, 1), st.booleans()), max_size=400))
def test_whatever_comes_each_begin_has_one_end_or_is_open(points: list[tuple[float, float, bool]]) -> None:
    now: Open | None = None
    begun: list[str] = []
    for place, (value, score, calm) in enumerate(points):
        before = now
        now, change = step(now, _seen(value, score=score, calm=calm, at=START + place * 300), LEVELS)
        if change and change.kind in ("opened", "worse"):
            begun += change.severities
        if change and change.kind == "ended":
            assert before is not None
            assert sorted(change.severities) == sorted(begun)
            begun = []
    assert sorted(begun) == sorted(now.severities if now else ())
