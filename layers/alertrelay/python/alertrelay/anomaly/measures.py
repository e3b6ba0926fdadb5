"""What is measured at each point: numbers that are near 0 while all is as before.

Each compares the newest point, or the mean of the newest few, with what came before. All of them are in the unit of the
metric; `tail` says how rare each is.
"""

from __future__ import annotations

from typing import Final

from alertrelay.anomaly.baseline import DAY, DailyProfile

STEP: Final = 0
STEP_OF_THREE: Final = 1
SEASON: Final = 2
SEASON_WITH_LEVEL: Final = 3
FORECAST: Final = 4
SEASON_MEAN: Final = 5
SHIFT_LONG: Final = 6
SHIFT_SHORT: Final = 7
LEVEL: Final = 8
NAMES: Final = (
    "step", "step of three", "time of day", "time of day and level", "forecast",
    "mean against time of day", "shift of level (24)", "shift of level (6)", "level against the day",
)  # fmt: skip
_WINDOW = 48
_RATE = 0.02


class Measures:
    """The state behind the measures of one metric."""

    __slots__ = ("_day_rate", "_error", "_fast", "_level", "_mean", "_offset", "_profile", "_recent", "_season",
                 "_short", "_weights", "count", "usual")  # fmt: skip

    def __init__(self, step: float, first: float) -> None:
        self.count = 0
        self.usual = first  # what was expected of the newest point
        self._profile = DailyProfile(step)
        self._day_rate = 2.0 / (DAY / max(step, 1.0) + 1.0)
        self._recent: list[float] = []
        self._season: list[float] = []
        self._fast = self._level = self._mean = self._short = first
        self._offset = 0.0
        self._weights = [1.0, 0.0, 0.0, 0.0, 0.0]
        self._error = 1e-9

    def take(self, at: float, x: float) -> tuple[float, ...]:
        """The measures of a point, in the order of NAMES; then the point is learned."""
        recent, profile = self._recent, self._profile
        slot = profile.slot(at)
        usual = profile.usual(slot)
        if usual is None:
            usual = self._level
        before = recent[-1] if recent else x
        recent.append(x)
        apart = x - usual
        self._season.append(apart)
        self.usual = usual + self._offset
        found = (
            x - before,
            _shift(recent, 3, 3),
            apart,
            apart - self._offset,
            self._forecast_error(x, usual, slot),
            _mean_of(self._season, 24),
            _shift(recent, 24, 24),
            _shift(recent, 6, 25),
            self._short - self._level,
        )
        self._learn(x, apart, slot)
        return found

    def _forecast_error(self, x: float, usual: float, slot: int) -> float:
        """A linear forecast that learns its weights (normalised least mean squares), its steps kept short."""
        recent = self._recent
        if len(recent) < 4:
            return 0.0
        centre, weights = self._mean, self._weights
        earlier = self._profile.usual((slot - 1) % self._profile.slots)
        inputs = (
            recent[-2] - centre,
            recent[-3] - centre,
            self._fast - centre,
            usual - centre,
            earlier - centre if earlier is not None else 0.0,
        )
        forecast = centre
        power = 1e-9
        for weight, part in zip(weights, inputs, strict=True):
            forecast += weight * part
            power += part * part
        error = x - forecast
        bound = 4.0 * self._error
        step = _RATE * max(-bound, min(bound, error)) / (power + 5.0 * self._error * self._error)
        self._weights = [weight + step * part for weight, part in zip(weights, inputs, strict=True)]
        self._error += 0.01 * (abs(error) - self._error)
        return error

    def _learn(self, x: float, apart: float, slot: int) -> None:
        self.count += 1
        rate = max(self._day_rate, 1.0 / self.count)
        self._level += rate * (x - self._level)
        self._mean = self._level
        self._fast += 2.0 / 7.0 * (x - self._fast)
        self._short += 2.0 / 25.0 * (x - self._short)
        self._offset += 2.0 / 13.0 * (apart - self._offset)
        self._profile.learn(slot, x)
        if len(self._recent) >= 2 * _WINDOW:
            del self._recent[:-_WINDOW]
            del self._season[:-_WINDOW]


def _shift(values: list[float], newest: int, before: int) -> float:
    """The mean of the newest values less the mean of those before them, 0 while there are too few."""
    if len(values) < newest + before:
        return 0.0
    return sum(values[-newest:]) / newest - sum(values[-newest - before : -newest]) / before


def _mean_of(values: list[float], newest: int) -> float:
    part = values[-newest:]
    return sum(part) / len(part)
