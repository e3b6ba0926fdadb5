"""Judges one metric, one point at a time, by how rare each point is."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Final, Literal, NamedTuple

from alertrelay.anomaly.detector import measures
from alertrelay.anomaly.detector.baseline import DAY
from alertrelay.anomaly.detector.claim import Claim, claimed
from alertrelay.anomaly.detector.flat_line import FlatLine
from alertrelay.anomaly.detector.history import Passed, Usual, UsualHistory
from alertrelay.anomaly.detector.hour_noise import HourNoise
from alertrelay.anomaly.detector.measures import Measured, Measures
from alertrelay.anomaly.detector.rarity import COMMON, WARM_UP, Rarity, Tail
from alertrelay.anomaly.detector.slow import DayMean, SlowCourse
from alertrelay.anomaly.detector.trouble import OpenTrouble, certainty_of, is_within
from alertrelay.anomaly.detector.votes import ALERTS, BUDGETS, SILENT, VOICES, Pace, Voice, below_weekly, strengths

WEEK = 604_800.0
_LARGEST = 1e100
_QUARTER = 900.0
_SUDDEN: Final = frozenset((measures.STEP, measures.STEP_OF_THREE, measures.SEASON, measures.FORECAST))
_WIDE = 4.0
"""The usual distances from its time of day that a point has by chance."""
_HANGS = 2.0
"""The rarity from which on a flat line goes on, rather than being how the metric is."""
_UNLIKE = 5.0
"""The rarity from which on a day is unlike its weekday: until its last half-hour is a day ago, that goes on."""
REPEATED: Final = 1.5
"""The strength of a trouble that was there within two weeks: a warning, and no more."""

Direction = Literal["high", "low", "both"]
_HalfHour = tuple[tuple[float | None, float | None], tuple[Rarity, Rarity, Rarity]]
_NO_MEAN: Final = (None, COMMON)
_NO_HALF_HOUR: Final[_HalfHour] = ((None, None), (COMMON, COMMON, COMMON))


class Reading(NamedTuple):
    """The result of one point. `voices` are -log10 of how often a usual week holds such a point, by the detector's
    voices, and `rarity` is the strongest of them; `parts` are the rarity of each measure, by votes.NAMES. `usual` is
    what the time of the point had while calm; `points` are those of the history before it. `lasts`: the metric stands
    still, or its last day is unlike the weekday, as hardly ever."""

    rarity: float
    voices: tuple[float, ...]
    parts: Sequence[Rarity | None]
    measured: Measured | None
    flat: int = 0  # points in a row without a change
    usual: Usual | None = None
    day_mean: float | None = None
    weekday_mean: float | None = None
    points: int = 0
    lasts: bool = False


class Detector:
    """The state of one metric. It sees each point once, in order, and never a later one."""

    __slots__ = (
        "_budget",
        "_direction",
        "_first",
        "_flat",
        "_history",
        "_hour_noise",
        "_hour_tail",
        "_last",
        "_measures",
        "_pending",
        "_slow",
        "_step",
        "_tails",
        "_trouble",
        "_unlearned",
        "_unlike",
        "_voices",
        "_waiting",
        "_weekday",
        "_zone",
    )

    def __init__(
        self,
        step: float | None = None,
        *,
        direction: Direction = "both",
        zone: tzinfo | None = None,
        voices: Sequence[Voice] = VOICES,
        budget: float = BUDGETS["normal"],
    ) -> None:
        """`step` is the metric's period in seconds; where it is not known it is learned from the first points.
        `direction` is the side that is trouble; the other is learned and never scores. `zone` is where the people live
        whose day the metric follows: an hour of daylight saving moves their day. `budget`: see votes.BUDGETS."""
        self._step = step
        self._direction = direction
        self._zone = zone
        self._voices = voices
        self._budget = budget
        self._flat = FlatLine()
        self._waiting: list[tuple[float, float]] = []
        self._measures: Measures | None = None
        self._tails = tuple(Tail() for _ in measures.NAMES)
        self._history = UsualHistory(step or 0.0)
        self._hour_noise = HourNoise()
        self._hour_tail = Tail()
        self._slow = SlowCourse()
        self._weekday = DayMean()
        self._unlike = False
        self._trouble = OpenTrouble()
        self._pending = (SILENT, 0.0)  # what the point before would have alerted by its distance alone, and its side
        self._unlearned: tuple[float | None, ...] | None = None  # the measures of the first point of a trouble
        self._last = -math.inf
        self._first = math.inf  # the first point; nothing scores for a day from it: its course is not known yet

    def take(self, at: float, value: float | None) -> Reading | None:
        """Reads a point at a time in seconds. None for a blank, not finite, late or repeated one: it is not learned."""
        if value is None or not math.isfinite(value) or at <= self._last:
            return None
        self._last = at
        if at < self._first:
            self._first = at
        if not -_LARGEST <= value <= _LARGEST:
            value = math.copysign(_LARGEST, value)
        if self._measures is not None:
            return self._read(at, value)
        self._waiting.append((at, value))
        if len(self._waiting) >= WARM_UP:
            self._begin()
        return Reading(SILENT, (), (), None)

    def seed_history(self) -> None:
        """Fills the usual ranges from the time of day, for a state that was kept before there were any."""
        known, sigma = self._measures, self._tails[measures.SEASON].median()
        if known is None or sigma is None:
            return

        def around(time_of_day: float) -> tuple[float, float] | None:
            middle = known.usual(time_of_day)
            return None if middle is None else (middle - _WIDE * sigma, middle + _WIDE * sigma)

        self._history.seed(clock(self._last, self._zone), around)

    def _begin(self) -> None:
        gaps = sorted(later - earlier for (earlier, _), (later, _) in itertools.pairwise(self._waiting))
        self._step = self._step or gaps[len(gaps) // 2]
        self._history = UsualHistory(self._step)
        self._measures = Measures(self._step, self._waiting[0][1])
        for at, value in self._waiting:
            self._read(at, value)
        self._waiting = []

    def _read(self, at: float, value: float) -> Reading:
        assert self._measures is not None
        assert self._step is not None
        wall = clock(at, self._zone)
        measured = self._measures.take(at, value, wall)
        passed = self._history.enter(wall)
        usual = self._history.usual()
        beyond = usual.beyond(value) if usual else 0.0
        sizes = self._sizes(measured, wall, beyond if usual and usual.same_time else None)
        parts = self._rarities(sizes, new=measured.new)
        flat, flat_rarity = self._flat.take(value)
        if flat_rarity and self._history.is_at_edge(value):
            flat_rarity = 0.0  # what rests at its edge is idle, or full: it does not hang
        hour = parts.pop() or COMMON
        means, slow = self._of_half_hour(passed) if passed else _NO_HALF_HOUR
        parts += (Rarity(flat_rarity, 0.0) if flat_rarity else COMMON, hour, *slow)
        voices: tuple[float, ...] = ()
        rarity = SILENT
        if at - self._first >= DAY:
            voices = self._voiced(parts, at, value, beyond)
            rarity = max(voices, default=SILENT)
        lasts = flat_rarity >= _HANGS or self._unlike
        self._follow(at, value, beyond, sizes, alerts=rarity >= ALERTS, calm=rarity <= 0.0 and not lasts)
        return Reading(rarity, voices, parts, measured, flat, usual, *means, self._measures.count, lasts)

    def _sizes(self, measured: Measured, wall: float, beyond: float | None) -> list[float | None]:
        """Returns the measures, the sudden ones in the noise of their hour, and the distance from that hour's range."""
        found = [*measured.sizes, beyond]
        factor = self._hour_noise.factor(wall, found[measures.FORECAST])
        if factor > 1.0:
            for place in _SUDDEN:
                size = found[place]
                if size is not None:
                    found[place] = size / factor
        return found

    def _rarities(self, sizes: Sequence[float | None], *, new: bool) -> list[Rarity | None]:
        """Returns the rarity of each measure, and last that of the distance from the hour's range."""
        found = [
            None if size is None else COMMON if -tail.common < size < tail.common else tail.rarity(abs(size))
            for tail, size in zip((*self._tails, self._hour_tail), sizes, strict=True)
        ]
        if self._direction != "both":
            for place, size in enumerate(sizes):
                if size is not None and self._welcome(size):
                    found[place] = COMMON
        if not new and found[measures.NOVELTY] is not None:
            found[measures.NOVELTY] = COMMON
        return found

    def _of_half_hour(self, passed: Passed) -> _HalfHour:
        """Returns the means of a day, beside usual and beside its weekday, and the rarities of the first, of a missing
        peak and of the second, where a half-hour has just passed."""
        calm = self._trouble.since is None
        span = self._history.span()
        missing = self._slow.missing(passed, span[0]) if span else COMMON
        day, of_day = self._slow.day_mean(passed, calm=calm) or _NO_MEAN
        weekday, of_weekday = self._weekday.beside(passed.middle, passed.weekday, calm=calm) or _NO_MEAN
        if day is not None and self._welcome(day):
            of_day = COMMON
        if weekday is not None and self._welcome(weekday):
            of_weekday = COMMON
        self._unlike = of_weekday.tail >= _UNLIKE
        return (day, weekday), (of_day, COMMON if self._direction == "high" else missing, of_weekday)

    def _voiced(self, parts: Sequence[Rarity | None], at: float, value: float, beyond: float) -> tuple[float, ...]:
        """Returns the strengths of the voices. What lies within its usual range is no alert, except by what looks at
        longer times; and a young metric claims little."""
        if parts.count(COMMON) + parts.count(None) == len(parts):
            self._pending = (SILENT, 0.0)
            return (SILENT,) * len(self._voices)
        assert self._step is not None
        found = strengths(parts, self._voices, _pace(self._step, self._history.a_week), self._budget)
        claim: Claim | None = None  # only where a voice needs one
        for place, (strength, voice) in enumerate(zip(found, self._voices, strict=True)):
            if voice.spends:
                strength = found[place] = self._confirmed(strength, beyond)
            if strength > 0.0:
                claim = claim or self._claim(at, value, beyond)
                found[place] = claimed(strength, voice, claim)
        return tuple(found)

    def _claim(self, at: float, value: float, beyond: float) -> Claim:
        weeks, trouble = (at - self._first) / WEEK, self._trouble
        return Claim(
            usual=is_within(value, self._history.usual(), self._history.span(), weeks) or trouble.returns(beyond),
            lingers=trouble.lingers(at),
            most=min(certainty_of(weeks), REPEATED if trouble.repeats(at, beyond) else math.inf),
            weeks=weeks,
        )

    def _confirmed(self, strength: float, beyond: float) -> float:
        """Returns the strength of a distance that the next point confirms: a single spike that recurs is how the metric
        is."""
        before, side = self._pending
        self._pending = (strength, beyond)
        if before >= ALERTS and side * beyond > 0.0:
            return max(strength, before)
        return below_weekly(strength) if strength >= ALERTS else strength

    def _follow(
        self, at: float, value: float, beyond: float, sizes: Sequence[float | None], *, alerts: bool, calm: bool
    ) -> None:
        """Follows the trouble, and learns the point where there is none: an incident is no usual course."""
        held = self._trouble.take(at, beyond, alerts=alerts, calm=calm)
        if held:
            self._history.accept()
        self._history.learn(value, calm=self._trouble.since is None)
        if sizes[-1] is not None:
            self._hour_tail.learn(abs(sizes[-1]))
        kept, self._unlearned = self._unlearned, None
        if beyond == 0.0:
            if kept is not None:  # one spike alone is how the metric is
                self._learn(kept)
            self._learn(sizes)
        elif not self._trouble.is_fresh:
            self._learn(sizes)
        elif self._trouble.is_new:
            self._unlearned = tuple(sizes)

    def _learn(self, sizes: Sequence[float | None]) -> None:
        for tail, size in zip(self._tails, sizes, strict=False):
            if size is not None:
                tail.learn(size if size >= 0.0 else -size)

    def _welcome(self, size: float) -> bool:
        return (self._direction == "high" and size < 0.0) or (self._direction == "low" and size > 0.0)

    @property
    def voices(self) -> Sequence[Voice]:
        """Returns the voices, in the order of a reading's."""
        return self._voices


@lru_cache(maxsize=64)
def _pace(step: float, half_hours: float) -> Pace:
    return Pace(math.log10(WEEK / step), math.log10(half_hours))


def clock(at: float, zone: tzinfo | None) -> float:
    """Returns the seconds that a wall clock of the zone shows; UTC without one."""
    return at if zone is None else at + _offset(at // _QUARTER, zone)


@lru_cache(maxsize=256)
def _offset(quarter: float, zone: tzinfo) -> float:
    """Returns the seconds by which the zone is ahead of UTC: it changes at a quarter of an hour, if ever."""
    offset = datetime.fromtimestamp(quarter * _QUARTER, zone).utcoffset()
    return offset.total_seconds() if offset else 0.0
