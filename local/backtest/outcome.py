"""Compares what people had of alarms alone with what a relay sends, by channel and by alarm. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local.backtest.before import Counts
from local.backtest.play import Sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """The messages of a channel, of an alarm, or of all. `against` is None where no other configuration was played."""

    name: str
    before: int
    after: int
    against: int | None = None

    @property
    def reduction(self) -> float | None:
        """Returns by how many per cent the messages became fewer, below 0 where they became more; None for a channel
        that had none before."""
        return _reduction(self.before, self.after)

    @property
    def reduction_against(self) -> float | None:
        """Returns the same for the other configuration."""
        return None if self.against is None else _reduction(self.before, self.against)

    def as_json(self) -> dict[str, Any]:
        """Returns plain JSON."""
        found: dict[str, Any] = {
            "name": self.name,
            "before": self.before,
            "after": self.after,
            "reduction_percent": self.reduction,
        }
        if self.against is not None:
            found |= {"against": self.against, "against_reduction_percent": self.reduction_against}
        return found


def _reduction(before: int, after: int) -> float | None:
    return round(100 * (before - after) / before, 1) if before else None


def by_channel(before: Counts, after: Sent, against: Sent | None) -> list[Compared]:
    """Returns the channels, the one with the most messages before first, and last the sum of all."""
    had: Counter[str] = Counter()
    for (channel, _), count in before.items():
        had[channel] += count
    sides = [had, after.messages, *([against.messages] if against else [])]
    channels = sorted({name for side in sides for name in side}, key=lambda name: (-had[name], name))
    return [*(_compared(name, [side[name] for side in sides]) for name in channels), _compared("all", _totals(sides))]


def by_alarm(before: Counts, after: Sent, against: Sent | None) -> list[Compared]:
    """Returns the alarms, the one with the most messages before first. A message with news of two alarms counts for
    both, so that the alarms are more than all messages."""
    sides = [_of_alarms(counts) for counts in (before, after.by_alarm, *([against.by_alarm] if against else []))]
    names = sorted({name for side in sides for name in side}, key=lambda name: (-sides[0][name], name))
    return [_compared(name, [side[name] for side in sides]) for name in names]


def _of_alarms(counts: Counts) -> Counter[str]:
    found: Counter[str] = Counter()
    for (_, alarm), count in counts.items():
        found[alarm] += count
    return found


def _totals(sides: Sequence[Mapping[str, int]]) -> list[int]:
    return [sum(side.values()) for side in sides]


def _compared(name: str, counts: Sequence[int]) -> Compared:
    return Compared(name=name, before=counts[0], after=counts[1], against=counts[2] if len(counts) > 2 else None)
