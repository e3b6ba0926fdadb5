"""Follows a trouble from its alert to its end: on which side it left the usual range, and how far at the worst."""

from __future__ import annotations

import math

from alertrelay.anomaly.detector.baseline import DAY
from alertrelay.anomaly.detector.history import Usual

ACCEPTED_AFTER = 3 * 86_400.0
"""Seconds for which a level has to hold before it is usual."""
_BACK = 3
"""So many points in a row have to be back."""
_NO_EXAMPLE = 6
"""Points."""
FURTHER = 1.1
"""A level holds while nothing lies this much further from usual than before."""


_REMEMBERED = 14 * 86_400.0
_ALIKE = 1.5
"""A trouble that goes no more than so many times as far as an earlier one is its repeat."""
_YOUNG_ROOM = 0.5
_DOUBT = 1.0
_LEAST_WEEKS = 0.1
WHOLE_WEEK = 8 / 7
"""Weeks after which every weekday was seen once."""
_WEEKS_OF_PROOF = 50.0
"""A week of history proves a rate of once in so many weeks at most: two weeks of it make a score of 0.99 possible."""


class OpenTrouble:
    """The trouble that goes on, if any. `worst` is the largest distance from the usual range, below 0 on the low
    side."""

    __slots__ = ("_back", "_ended", "_held", "_largest", "_level", "_points", "since", "worst")

    def __init__(self) -> None:
        self.since: float | None = None
        self.worst = 0.0
        self._held = 0.0
        self._level = 0.0  # the distance that it has had since then
        self._back = 0
        self._points = 0
        self._ended = -math.inf
        self._largest = 0.0  # of the troubles within two weeks

    @property
    def is_fresh(self) -> bool:
        """Returns whether the trouble has just begun: its first points are no example of what is usual, or the next
        trouble of the kind would be. What goes on for longer is learned, lest a new course stays rare for ever."""
        return self.since is not None and self._points <= _NO_EXAMPLE

    @property
    def is_new(self) -> bool:
        """Returns whether the trouble began with the newest point."""
        return self.since is not None and self._points == 1

    def returns(self, beyond: float) -> bool:
        """Returns whether a point at this distance from usual is on its way back: no further than the worst one, or
        on the other side without calm in between."""
        if self.since is None:
            return False
        return beyond * self.worst < 0.0 or abs(beyond) <= abs(self.worst)

    def lingers(self, at: float) -> bool:
        """Returns whether a trouble goes on, or was there within a day: a mean of the day still has it."""
        return self.since is not None or at - self._ended < DAY

    def repeats(self, at: float, beyond: float) -> bool:
        """Returns whether a trouble much like this one ended within two weeks."""
        return at - self._ended <= _REMEMBERED and abs(beyond) <= _ALIKE * self._largest

    def take(self, at: float, beyond: float, *, alerts: bool, calm: bool) -> bool:
        """Follows a point. Returns True where the level has held for so long that it is usual from now on."""
        if self.since is None:
            if alerts:
                self.since = self._held = at
                self.worst, self._level, self._back, self._points = beyond, abs(beyond), 0, 1
            return False
        self._points += 1
        if beyond * self.worst >= 0.0 and abs(beyond) > abs(self.worst):
            self.worst = beyond
            if abs(beyond) > FURTHER * self._level:
                self._held, self._level = at, abs(beyond)
        self._back = self._back + 1 if beyond == 0.0 and calm else 0
        held = at - self._held >= ACCEPTED_AFTER
        if held or self._back >= _BACK:
            self._end(at)
        return held and self._back < _BACK

    def _end(self, at: float) -> None:
        before = self._largest if at - self._ended <= _REMEMBERED else 0.0
        self._largest = max(before, abs(self.worst))
        self._ended, self.since, self.worst = at, None, 0.0


def is_within(value: float, usual: Usual | None, span: tuple[float, float] | None, weeks: float) -> bool:
    """Returns whether a value is usual, as far as `weeks` of history reach: within what its time of the day had, or,
    where no whole week is known, near to what any hour had: the shorter the history, the wider."""
    if usual is None or span is None:
        return False
    if weeks >= WHOLE_WEEK:
        return usual.low <= value <= usual.high
    low, high = span
    room = (high - low) * _YOUNG_ROOM / max(weeks, _LEAST_WEEKS)
    return low - room <= value <= high + room


def doubt_of(weeks: float) -> float:
    """Returns the log10 by which a history of so many weeks doubts what it says: tenfold after two days, hardly
    from a month on."""
    return math.log10(1.0 + _DOUBT / max(weeks, _LEAST_WEEKS) ** 2)


def certainty_of(weeks: float) -> float:
    """Returns the strength beyond which a history of so many weeks proves nothing."""
    return math.log10(_WEEKS_OF_PROOF * max(weeks, _LEAST_WEEKS))
