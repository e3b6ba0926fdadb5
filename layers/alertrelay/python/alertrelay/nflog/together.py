"""Recipients of a channel who are notified together with all the others once more."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from alertrelay.nflog.ledger import Ledger


def for_recipients(ledger: Ledger, names: Collection[str]) -> Ledger:
    """Returns the ledger for the recipients that the channel has now: who has left it is owed nothing, and where all of
    them are behind they are notified together again."""
    if not ledger.behind:
        return ledger
    ledger = replace(ledger, behind={name: one for name, one in ledger.behind.items() if name in names})
    return ledger if frozenset(names) - frozenset(ledger.behind) else all_together(ledger)


def all_together(ledger: Ledger) -> Ledger:
    """Returns the ledger of what all recipients may know, with none of them behind."""
    behind = ledger.behind.values()
    if not behind:
        return ledger
    firing = ledger.firing.union(*(one.firing | one.unsure for one in behind))
    known = (ledger.firing - ledger.unsure).intersection(*(one.firing for one in behind))
    events = ledger.events.difference(*(one.events for one in behind))
    return replace(ledger, firing=firing, unsure=firing - known, events=events, behind={})
