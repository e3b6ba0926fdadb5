"""Collects the results of a flush, for the stages after it and its record."""

from __future__ import annotations

from dataclasses import dataclass

from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Outcome
from alertrelay.notify.deliver import Attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """Holds what came of a flush. `attempts`: that of the own channel first, then those of its fallbacks.
    `unfinished`: something is still to be notified, by a later try. `owed_tries`: how often the recipient who is tried
    again next was tried, 0 where none is."""

    ledger: Ledger
    outcomes: tuple[Outcome, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    sent: bool = False
    unfinished: bool = False
    owed_tries: int = 0

    @property
    def uncertain(self) -> bool:
        """Returns whether the own channel's message may have arrived although it did not confirm it."""
        return bool(self.attempts) and self.attempts[0].unanswered
