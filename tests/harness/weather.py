"""The faults of one moment, as chances and switches; every draw comes from one seeded generator."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Literal

TroubleKind = Literal["refused", "tls", "reset", "hang", "trickle", "429", "5xx", "5xx-taken", "400", "401"]
Verdict = Literal["done", "before", "after", "fails", "fails-after"]
AMBIGUOUS: frozenset[TroubleKind] = frozenset({"reset", "hang", "trickle", "5xx", "5xx-taken"})


@dataclass(frozen=True, kw_only=True)
class Trouble:
    """The way in which a peer fails, and how often. `taken`: how often a message arrives although nobody confirms
    it; `retry_after` goes with 429, in seconds."""

    kind: TroubleKind
    chance: float = 1.0
    taken: float = 0.5
    retry_after: float | None = None


@dataclass(kw_only=True)
class Weather:
    """Chances between 0 and 1. `kill`: of each request, that the process dies before or after it; `kill_sent`: that it
    dies when a peer took its message, before that is recorded; `race`: that another invocation of the same function
    runs to its end before a request. `table_fails`: of each request, that it fails for good, once it was tried as often
    as a request is; `table_throttles`: of each such try, that it is refused for now. `table_lost`: a write is done and
    its answer is lost. `kill_in_turn`: of each invocation, that its process dies at a step, one step later each time.
    """

    rng: random.Random
    kill: float = 0.0
    kill_sent: float = 0.0
    kill_in_turn: float = 0.0
    race: float = 0.0
    secrets_fail: float = 0.0
    table_fails: float = 0.0
    table_throttles: float = 0.0
    table_lost: float = 0.0
    table_seconds: float = 0.0
    queue_fails: float = 0.0
    timers_lost: float = 0.0
    timers_doubled: float = 0.0
    timers_delayed: float = 0.0
    ticks_lost: float = 0.0
    sns_doubled: float = 0.0
    sns_delayed: float = 0.0
    peers: dict[str, Trouble] = field(default_factory=dict)
    """By destination or by channel."""
    accepted: dict[str, Sequence[str]] = field(default_factory=dict)
    """The values of a key that its peer accepts; all, where none is named."""

    def strikes(self, chance: float) -> bool:
        """Whether something of this chance happens now."""
        return chance > 0 and self.rng.random() < chance

    def clear(self) -> None:
        """Everything works again."""
        for one in fields(self):
            if one.name == "accepted":
                self.accepted.clear()
            elif one.name == "peers":
                self.peers.clear()
            elif one.name != "rng":
                setattr(self, one.name, 0.0)

    def table(self) -> Verdict:
        """What happens to a request to the table."""
        return next(self._drawn(fails=self.table_fails, lost=self.table_lost), "done")

    def queue(self) -> Verdict:
        """What happens to a request to the queue."""
        return next(self._drawn(fails=self.queue_fails, lost=0.0), "done")

    def peer(self) -> Verdict:
        """What happens to the process around a message."""
        sent: Verdict = "after" if self.strikes(self.kill_sent) else "done"
        return next(self._drawn(fails=0.0, lost=0.0), sent)

    def trouble(self, *names: str) -> Trouble | None:
        """What the peer of these names does with this message."""
        found = next((self.peers[name] for name in names if name in self.peers), None)
        return found if found and self.strikes(found.chance) else None

    def _drawn(self, *, fails: float, lost: float) -> Iterator[Verdict]:
        if self.strikes(self.kill):
            yield self.rng.choice(("before", "after"))
        if self.strikes(fails):
            yield "fails"
        if self.strikes(lost):
            yield "fails-after"
