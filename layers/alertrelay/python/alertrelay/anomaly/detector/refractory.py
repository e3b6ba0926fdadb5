"""Turns rarity into a score between 0 and 1, once per anomaly."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence

DEFAULT_THRESHOLD = 0.8
"""A usual metric shows such a point once in four weeks: a false alert a month and metric is what a team will bear."""

_LOUDER = 1.3
_BEND = 6.0
_CALM_POINTS = 3
_ROOM = 3.0


class Refractory:
    """After a point scored, only a stronger one does. What is needed halves in the rest of a voice: what moved a mean
    of 24 points moves it for hours."""

    __slots__ = ("_needed", "_rested")

    def __init__(self) -> None:
        self._needed = array("d")
        self._rested = 0  # points for which what is needed has faded since

    def rest(self) -> None:
        """Takes a point of which no voice says anything."""
        self._rested += 1

    def take(self, strengths: Sequence[float], fades: Sequence[float]) -> float:
        """Returns the strongest that scores, or 0. A fade is the share of the requirement that a point leaves."""
        self._rested += 1
        if not strengths or max(strengths) <= 0.0:
            return 0.0
        if not self._needed:
            self._needed = array("d", bytes(8 * len(strengths)))
        self._needed = array("d", [n * fade**self._rested for n, fade in zip(self._needed, fades, strict=True)])
        self._rested = 0
        strongest = max([s for s, needed in zip(strengths, self._needed, strict=True) if s > needed], default=0.0)
        if strongest:
            self._needed = array("d", [max(needed, strongest * _LOUDER) for needed in self._needed])
        return strongest


class Onset:
    """The beginning of the present trouble: the first of the points in a row that are rarer than once a week."""

    __slots__ = ("_calm", "since")

    def __init__(self) -> None:
        self.since: float | None = None
        self._calm = 0

    def take(self, at: float, rarity: float) -> float | None:
        """Returns the time of the first rare point, None while all is calm. A few calm points in between do not end
        it."""
        if rarity > 0.0:
            self._calm = 0
            self.since = at if self.since is None else self.since
        elif self.since is not None:
            self._calm += 1
            if self._calm > _CALM_POINTS:
                self.since = None
        return self.since


def score_of(rarity: float) -> float:
    """Returns 1 / (1 + λ), where λ is how often a usual week holds such a point: the probability that something is
    wrong, where that happens once a week. Never 1: beyond a millionth a week it grows ever more slowly."""
    if rarity == -math.inf:
        return 0.0
    if rarity > 3.0:
        over = rarity - 3.0
        rarity = 3.0 + _ROOM * over / (over + _BEND)
    return 1.0 / (1.0 + math.pow(10.0, -rarity))
