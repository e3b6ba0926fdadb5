"""Counts the flushes of each group that brought nothing, so that a replay ends although groups are flushed for ever."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from alertrelay.nflog.group_state import GroupHeader
from alertrelay.notification import Outcome, Reason
from alertrelay.notify.limits import QUIET
from alertrelay.notify.rate_limit import RESOLVES

from local.stack.ticks import collects

DIGEST_FLUSHES = 1 + int(RESOLVES.total_seconds() // QUIET)
"""After so many flushes that brought nothing a storm's digest has announced the resolves that it collected."""


class VainFlushes:
    """A subject is a group, or an event that waits for the table. A channel that fails is tried `retries` times."""

    def __init__(self, *, retries: int) -> None:
        self._retries = retries
        self._fruitless: Counter[str] = Counter()
        self._quiet: Counter[str] = Counter()  # the same, since the last message arrived
        self._notified = False

    def arrived(self) -> None:
        """A message arrived: what was flushed in vain may have news by now."""
        self._quiet.clear()

    def begin(self) -> None:
        """A flush begins."""
        self._notified = False

    def note(self, outcome: Outcome) -> None:
        """Of the flush that runs: a repeat is nothing new, and what is pending nothing yet."""
        self._notified = self._notified or (outcome.outcome != "pending" and outcome.reason != Reason.REPEAT)

    def end(self, subject: str) -> None:
        """The flush of a subject has ended."""
        for brought_nothing in (self._fruitless, self._quiet):
            brought_nothing[subject] = 0 if self._notified else brought_nothing[subject] + 1

    def tick_failed(self, groups: Iterable[str]) -> None:
        """The tick that should have flushed these groups raised."""
        self._quiet.update(groups)

    def is_quiet(self, gid: str) -> bool:
        """Returns whether the last flush of a group brought nothing, and no message has arrived since."""
        return self._quiet[gid] > 0

    def nothing_new(self, groups: Mapping[str, GroupHeader], events: Collection[str]) -> bool:
        """Returns whether every group sleeps, or has been flushed in vain since the last message; one whose channel
        fails, and an event that waits, `retries` times; a storm's digest, for as long as it may collect resolves."""
        waited = all(self._fruitless[event] >= self._retries for event in events)
        return waited and all(self._settled(gid, header) for gid, header in groups.items())

    def _settled(self, gid: str, header: GroupHeader) -> bool:
        if header.progress.failures:
            return self._fruitless[gid] >= self._retries
        return header.schedule.sleeps or self._quiet[gid] >= (DIGEST_FLUSHES if collects(header) else 1)
