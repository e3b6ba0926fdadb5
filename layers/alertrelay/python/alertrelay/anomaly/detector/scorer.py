"""Scores one metric, for the Lambda and for `alertrelay score`."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import tzinfo
from typing import NamedTuple

from alertrelay.anomaly.detector.detector import WEEK, Detector, Direction, Reading, clock
from alertrelay.anomaly.detector.explain import explain, number, strongest
from alertrelay.anomaly.detector.refractory import Onset, Refractory, score_of
from alertrelay.anomaly.detector.votes import BUDGETS, SILENT, VOICES, Voice

_FIVE_MINUTES_A_WEEK = math.log10(WEEK / 300.0)


class Scored(NamedTuple):
    """The score of a point, 0 to 1, and what it rests on; no reading for a point that was not learned.

    `since` is when the present trouble began, in seconds; None while all is calm.
    """

    score: float
    reading: Reading | None
    since: float | None = None


class Scorer:
    """Takes the points of one metric in order."""

    __slots__ = ("_detector", "_fades", "_onset", "_refractory", "_zone")

    def __init__(
        self,
        step: float | None = None,
        *,
        direction: Direction = "both",
        zone: tzinfo | None = None,
        voices: Sequence[Voice] = VOICES,
        budget: float = BUDGETS["normal"],
    ) -> None:
        """The arguments are those of Detector."""
        self._zone = zone
        self._detector = Detector(step, direction=direction, zone=zone, voices=voices, budget=budget)
        self._fades = tuple(0.5 ** (1.0 / voice.rest) for voice in voices)
        self._refractory = Refractory()
        self._onset = Onset()

    def take(self, at: float, value: float | None) -> Scored:
        """Scores a point by itself and the earlier ones. `at` is in seconds; a blank value scores 0."""
        reading = self._detector.take(at, value)
        if reading is None:
            return Scored(0.0, None)
        score = 0.0
        if reading.rarity == SILENT:
            self._refractory.rest()
        else:
            voices = [voice + _FIVE_MINUTES_A_WEEK for voice in reading.voices]
            strength = self._refractory.take(voices, self._fades)
            score = score_of(strength - _FIVE_MINUTES_A_WEEK) if strength else 0.0
        return Scored(score, reading, self._onset.take(at, reading.rarity))

    def seed_history(self) -> None:
        """Fills the usual ranges of a state that was kept before there were any."""
        self._detector.seed_history()

    def lasts(self, reading: Reading) -> bool:
        """Returns whether the strongest voice looks at what lasts, whatever the value of the point."""
        if reading.rarity == SILENT:
            return False
        return self._detector.voices[reading.voices.index(reading.rarity)].lasting

    def explain(self, at: float, value: float, scored: Scored, shown: Callable[[float], str] = number) -> str:
        """Explains the score of the point that was just taken. Times are those of the zone; `shown` puts a value into
        words, with its unit."""
        since = None if scored.since is None else clock(scored.since, self._zone)
        return explain(clock(at, self._zone), value, scored.reading, since, shown)

    def strongest(self, scored: Scored, shown: Callable[[float], str] = number) -> str:
        """Returns the measure that was rarest for the point; "" while learning."""
        return strongest(scored.reading, shown) if scored.reading else ""
