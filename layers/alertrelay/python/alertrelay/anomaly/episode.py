"""From rarity to the score that is told: once per trouble, between 0 and 1."""

from __future__ import annotations

import math

DEFAULT_THRESHOLD = 0.8
"""A usual metric shows such a point once in four weeks: a false alert a month and metric is what a team will bear."""

_FADE = 0.5 ** (1.0 / 16.0)
_LOUDER = 1.3
_BEND = 6.0
_CALM_POINTS = 3
_ROOM = 3.0


class Refractory:
    """After a rare point only a rarer one is told; what is needed halves in 16 points."""

    __slots__ = ("_needed",)

    def __init__(self) -> None:
        self._needed = 0.0

    def take(self, strength: float) -> float:
        """The strength, or 0 while an earlier point speaks for it."""
        self._needed *= _FADE
        if strength <= self._needed:
            return 0.0
        self._needed = strength * _LOUDER
        return strength


class Onset:
    """When the present trouble began: the first of the points in a row that are rarer than once a week."""

    __slots__ = ("_calm", "since")

    def __init__(self) -> None:
        self.since: float | None = None
        self._calm = 0

    def take(self, at: float, rarity: float) -> float | None:
        """The time of the first rare point, None while all is calm. A few calm points in between do not end it."""
        if rarity > 0.0:
            self._calm = 0
            self.since = at if self.since is None else self.since
        elif self.since is not None:
            self._calm += 1
            if self._calm > _CALM_POINTS:
                self.since = None
        return self.since


def score_of(rarity: float) -> float:
    """1 / (1 + λ), where λ is how often a usual week holds such a point: the probability that something is wrong,
    where that happens once a week. Never 1: beyond a millionth a week it grows ever more slowly."""
    if rarity == -math.inf:
        return 0.0
    if rarity > 3.0:
        over = rarity - 3.0
        rarity = 3.0 + _ROOM * over / (over + _BEND)
    return 1.0 / (1.0 + math.pow(10.0, -rarity))
