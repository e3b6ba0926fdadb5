"""Combines many rarities into one: each voice votes for itself, and the strongest counts.

A voice is the mean of some measures by one reading of `tail`. It has a doubt (how much more often it is wrong than it
says), a rarity from which on it speaks at all, and a rest: what moved a mean of 24 points moves it for hours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from alertrelay.anomaly.detector import measures
from alertrelay.anomaly.detector.rarity import Rarity

SILENT: Final = -math.inf
FLAT: Final = len(measures.NAMES)

_ALERT = 0.25
"""A week: the rarity of the default threshold. What speaks from here on only makes alerts, and no lesser scores."""
_FEW = 5.0
"""A week: what moves slowly, or is only new, is no sign of trouble where it comes more often."""
_MANY = 60.0
"""A week, with the doubt of 6: ten such points a week."""
_ROOM = 0.3
_BEND = 3.0


@dataclass(frozen=True, slots=True)
class Voice:
    """`up_to` is how often a week a point may come for the voice to speak of it; `rest` the points in which what is
    needed to score again halves; `doubt` a factor on how often it says such a point comes; `bulk` which reading."""

    name: str
    measures: tuple[int, ...]
    up_to: float
    rest: float
    doubt: float = 1.0
    bulk: bool = False


_SUDDEN = (measures.STEP, measures.STEP_OF_THREE, measures.SEASON, measures.FORECAST)
VOICES: Final = (
    Voice("a step", (measures.STEP,), up_to=_ALERT, rest=8.0, doubt=2.0),
    Voice("a step of three", (measures.STEP_OF_THREE,), up_to=_ALERT, rest=8.0),
    Voice("off the forecast", (measures.FORECAST,), up_to=_ALERT, rest=8.0, doubt=2.0),
    Voice("far from the bulk", _SUDDEN, up_to=_MANY, rest=8.0, doubt=6.0, bulk=True),
    Voice("a new value", (measures.NOVELTY,), up_to=_FEW, rest=64.0, doubt=2.5),
    Voice("a new value, by the bulk", (measures.NOVELTY,), up_to=_FEW, rest=64.0, bulk=True),
    Voice("off the time of day", (measures.SEASON_MEAN,), up_to=_FEW, rest=120.0, doubt=6.0),
    Voice("off what was expected", (measures.EXPECTED_MEAN,), up_to=_FEW, rest=120.0, doubt=6.0),
    Voice("a flat line", (FLAT,), up_to=_ALERT, rest=8.0),
)


def strengths(parts: Sequence[Rarity | None], voices: Sequence[Voice], points_a_week: float) -> tuple[float, ...]:
    """Returns -log10 of how often a usual week holds such a point, by each voice; SILENT where one has no vote. A part
    that is None has no say."""
    weekly = math.log10(points_a_week)
    return tuple([_strength(voice, parts, weekly) for voice in voices])


def _strength(voice: Voice, parts: Sequence[Rarity | None], weekly: float) -> float:
    reading, total, count = int(voice.bulk), 0.0, 0
    for place in voice.measures:
        part = parts[place]
        if part is not None:
            total += part[reading]
            count += 1
    if not total:
        return SILENT
    strength = total / count - weekly - math.log10(voice.doubt)
    if strength <= -math.log10(voice.up_to):
        return SILENT
    return _at_most_weekly(strength) if voice.bulk else strength


def _at_most_weekly(strength: float) -> float:
    """Bounds a distance, which alone is no proof: beyond once a week it grows ever more slowly, and never to an
    alert."""
    return strength if strength <= 0.0 else _ROOM * strength / (strength + _BEND)
