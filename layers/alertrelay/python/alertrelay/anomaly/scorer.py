"""The scorer of one metric: what the Lambda and `alertrelay score` both run."""

from __future__ import annotations

import math
from dataclasses import dataclass

from alertrelay.anomaly.detector import COMBINATION, WEEK, Combination, Detector, Direction, Reading
from alertrelay.anomaly.episode import Refractory, score_of

_FIVE_MINUTES_A_WEEK = math.log10(WEEK / 300.0)


@dataclass(frozen=True, slots=True)
class Scored:
    """The score of a point, 0 to 1, and what it rests on; no reading for a point that was not learned."""

    score: float
    reading: Reading | None


class Scorer:
    """Takes the points of one metric in order."""

    __slots__ = ("_detector", "_refractory")

    def __init__(
        self, step: float | None = None, *, direction: Direction = "both", combination: Combination = COMBINATION
    ) -> None:
        """`step` is the period in seconds, where it is known."""
        self._detector = Detector(step, direction=direction, combination=combination)
        self._refractory = Refractory()

    def take(self, at: float, value: float | None) -> Scored:
        """Scores a point by itself and the earlier ones. `at` is in seconds; a blank value scores 0."""
        reading = self._detector.take(at, value)
        if reading is None:
            return Scored(0.0, None)
        strength = self._refractory.take(max(0.0, reading.rarity + _FIVE_MINUTES_A_WEEK))
        return Scored(score_of(strength - _FIVE_MINUTES_A_WEEK) if strength else 0.0, reading)
