"""Counts what became of each alarm's firings, and which are noisy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Any

from alertrelay.nflog.history.episodes import Episode

FEW = 4
"""An alarm that fired less often is not called noisy, whatever became of it."""
AGAIN = timedelta(minutes=30)
"""An alarm that fires again within so long of its resolve has flapped."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmTally:
    """The firings of one alarm, or alert. Each count is of them: `fired` all, `notified` those that reached a channel;
    `ignored` were notified, and nobody acknowledged, silenced or judged them. `was` is its earlier name."""

    name: str
    fired: int
    notified: int
    by_itself: int
    acknowledged: int
    silenced: int
    ignored: int
    helpful: int
    not_helpful: int
    flapped: int
    was: str = ""

    def noisy(self, *, by_people: bool) -> bool:
        """Returns whether more than half were ignored. Where nobody acknowledges anything that would be all of them:
        then, whether more than half resolved by themselves within five minutes."""
        return self.notified >= FEW and (self.ignored if by_people else self.by_itself) * 2 > self.notified

    def as_json(self) -> dict[str, Any]:
        """Returns the counts by name."""
        return asdict(self)


def tallies(found: Iterable[Episode], renamed: Mapping[str, str]) -> list[AlarmTally]:
    """Returns the counts of each alarm, the most often fired first. `renamed` has the present name by an earlier
    one."""
    by_name: dict[str, list[Episode]] = {}
    for one in found:
        by_name.setdefault(renamed.get(one.name, one.name), []).append(one)
    earlier = {new: old for old, new in renamed.items()}
    every = [_tally(name, own, earlier.get(name, "")) for name, own in by_name.items()]
    return sorted(every, key=lambda one: (-one.fired, one.name))


def _tally(name: str, own: Sequence[Episode], was: str) -> AlarmTally:
    judged = [judgement for one in own for judgement in one.judgements]
    return AlarmTally(
        name=name,
        fired=len(own),
        notified=sum(one.notified for one in own),
        by_itself=sum(one.by_itself for one in own),
        acknowledged=sum(one.acknowledged is not None for one in own),
        silenced=sum(one.silenced for one in own),
        ignored=sum(one.ignored for one in own),
        helpful=judged.count(True),
        not_helpful=judged.count(False),
        flapped=_flaps(own),
        was=was,
    )


def _flaps(own: Sequence[Episode]) -> int:
    pairs = pairwise(sorted(own, key=lambda one: one.fired_at))
    return sum(a.resolved_at is not None and b.fired_at - a.resolved_at <= AGAIN for a, b in pairs)
