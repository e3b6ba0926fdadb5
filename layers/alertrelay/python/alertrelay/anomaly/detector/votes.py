"""Combines many rarities into one: each voice votes for itself, and the strongest counts.

A voice is the mean of some measures by one reading of `tail`. It has a doubt (how much more often it is wrong than it
says), a rarity from which on it speaks at all, and a rest: what moved a mean of 24 points moves it for hours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from alertrelay.anomaly.detector import measures
from alertrelay.anomaly.detector.rarity import Rarity

SILENT: Final = -math.inf
FLAT: Final = len(measures.NAMES)
HOUR: Final = FLAT + 1
DAY_MEAN: Final = FLAT + 2
MISSING: Final = FLAT + 3
WEEKDAY_MEAN: Final = FLAT + 4
NAMES: Final = (
    *measures.NAMES,
    "points without a change",
    "distance from all that this time of day had",
    "mean distance of the last day from usual",
    "a peak that this half-hour has on other days is missing",
    "mean distance of the last day from the same weekday",
)
"""The parts of a reading: the measures, and what looks at longer times."""

ALERTS: Final = math.log10(4.0)
"""The strength of the default threshold: once in four weeks."""
_ALERT = 0.25
"""A week: the rarity of the default threshold. What speaks from here on only makes alerts, and no lesser scores."""
_FEW = 5.0
"""A week: what moves slowly, or is only new, is no sign of trouble where it comes more often."""
_MANY = 60.0
"""A week, with the doubt of 6: ten such points a week."""
BUDGETS: Final = {"low": 25.0, "normal": 25.0, "high": _MANY}
"""Nominal alerts a week, with the doubt of 6, that distance from the bulk may cause, by sensitivity: an incident that
recurs is usual, and no less an incident. With `low`, and by feedback, fewer pass the entry's threshold."""
_ROOM = 0.3
_BEND = 3.0


@dataclass(frozen=True, slots=True)
class Voice:
    """`up_to` is how often a week a point may come for the voice to speak of it; `rest` the points in which what is
    needed to score again halves; `doubt` a factor on how often it says such a point comes; `bulk` which reading. `slow`
    ones are judged once in a half-hour. `spends` ones alert within the budget of the sensitivity."""

    name: str
    measures: tuple[int, ...]
    up_to: float
    rest: float
    doubt: float = 1.0
    bulk: bool = False
    slow: bool = False
    spends: bool = False

    @property
    def lasting(self) -> bool:
        """Returns whether it looks at more than the value of the point, which may be usual by itself."""
        return self.slow or self.measures == (FLAT,)

    @property
    def echoes(self) -> bool:
        """Returns whether it still has, or misses, a trouble of some hours ago."""
        return self.lasting or self.measures in ((measures.SEASON_MEAN,), (measures.EXPECTED_MEAN,))

    @property
    def by_day(self) -> bool:
        """Returns whether it compares with other days: it needs to have seen each weekday."""
        return self.slow or self.measures == (HOUR,)


_SUDDEN = (measures.STEP, measures.STEP_OF_THREE, measures.SEASON, measures.FORECAST)
VOICES: Final = (
    Voice("a step", (measures.STEP,), up_to=_ALERT, rest=8.0, doubt=2.0),
    Voice("a step of three", (measures.STEP_OF_THREE,), up_to=_ALERT, rest=8.0),
    Voice("off the forecast", (measures.FORECAST,), up_to=_ALERT, rest=8.0, doubt=2.0),
    Voice("far from the bulk", _SUDDEN, up_to=_MANY, rest=24.0, doubt=6.0, bulk=True, spends=True),
    Voice("a new value", (measures.NOVELTY,), up_to=_FEW, rest=64.0, doubt=5.0),
    Voice("a new value, by the bulk", (measures.NOVELTY,), up_to=_FEW, rest=64.0, bulk=True),
    Voice("off the time of day", (measures.SEASON_MEAN,), up_to=_FEW, rest=120.0, doubt=6.0),
    Voice("off what was expected", (measures.EXPECTED_MEAN,), up_to=_FEW, rest=120.0, doubt=6.0),
    Voice("a flat line", (FLAT,), up_to=_ALERT, rest=576.0),
    Voice("outside its hour", (HOUR,), up_to=_ALERT, rest=24.0, doubt=2.0),
    Voice("a day off", (DAY_MEAN,), up_to=_ALERT, rest=576.0, doubt=40.0, slow=True),
    Voice("missing", (MISSING,), up_to=_ALERT, rest=144.0, slow=True),
    Voice("unlike its weekday", (WEEKDAY_MEAN,), up_to=_ALERT, rest=576.0, doubt=150.0, slow=True),
)


class Pace(NamedTuple):
    """How often a week points come, and half-hours, as log10."""

    points: float
    half_hours: float


def strengths(parts: Sequence[Rarity | None], voices: Sequence[Voice], pace: Pace, budget: float) -> list[float]:
    """Returns -log10 of how often a usual week holds such a point, by each voice; SILENT where one has no vote. A part
    that is None has no say. `budget` are alerts a week, of the voices that may spend it."""
    return [_strength(voice, parts, pace, budget) for voice in voices]


def _strength(voice: Voice, parts: Sequence[Rarity | None], pace: Pace, budget: float) -> float:
    reading, total, count = int(voice.bulk), 0.0, 0
    for place in voice.measures:
        part = parts[place]
        if part is not None:
            total += part[reading]
            count += 1
    if not total:
        return SILENT
    weekly = pace.half_hours if voice.slow else pace.points
    strength = total / count - weekly - math.log10(voice.doubt)
    if strength <= -math.log10(voice.up_to):
        return SILENT
    if voice.spends:
        over = strength + math.log10(budget)
        return ALERTS + over if over >= 0.0 else strength
    return at_most_weekly(strength) if voice.bulk else strength


def below_weekly(strength: float) -> float:
    """Bounds what is usual by another measure: its order stays, and it is no sign of trouble."""
    return at_most_weekly(strength) - _ROOM


def at_most_weekly(strength: float) -> float:
    """Bounds what is no proof: beyond once a week it grows ever more slowly, and never to an alert."""
    return strength if strength <= 0.0 else _ROOM * strength / (strength + _BEND)
