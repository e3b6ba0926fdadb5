"""The ledger after a message was sent: to the own channel, to some of its recipients, to a fallback."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from alertrelay.nflog.behind import Behind
from alertrelay.nflog.decision import Decision
from alertrelay.nflog.flaps import once_notified
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Reason


def notified_own(decision: Decision) -> Ledger:
    """Returns the ledger once the own channel took the message."""
    ledger, own = decision.ledger, decision.own
    return replace(
        ledger,
        firing=(ledger.firing - own.resolved) | decision.view.shown,
        unsure=frozenset(),
        events=ledger.events | own.events,
        flaps=once_notified(decision.view.damping, shown=decision.view.shown, resolved=own.resolved),
    )


def left_behind(ledger: Ledger, decision: Decision, names: Iterable[str], *, certain: bool, now: datetime) -> Ledger:
    """Returns the ledger once some recipients did not take what the others took: they know what all of them knew
    before. Not `certain`: an earlier try may have reached them."""
    names = list(names)
    if not names:
        return ledger
    before, own = decision.ledger, decision.own
    one = Behind(
        since=now,
        firing=before.firing - before.unsure,
        unsure=before.unsure if certain else before.unsure | own.new,
        events=own.events,
        repeats=decision.reason == Reason.REPEAT,
    )
    return replace(ledger, behind={**dict.fromkeys(names, one), **ledger.behind})


def notified_fallback(decision: Decision, ledger: Ledger) -> Ledger:
    """Returns the ledger once a fallback took the news; it is still owed to the own channel.

    Events are never repeated, so a fallback settles them.
    """
    events = decision.own.events & decision.fallback.new
    firing = ledger.fallback_firing | (decision.fallback.new - events)
    return replace(
        ledger,
        fallback_firing=firing,
        fallback_unsure=ledger.fallback_unsure - firing,
        events=ledger.events | events,
    )


def may_have_notified_fallback(decision: Decision, ledger: Ledger) -> Ledger:
    """Returns the ledger once a fallback was sent the news and did not answer: it is to be resolved there, and still to
    be notified."""
    news = decision.fallback.new - decision.own.events
    return replace(ledger, fallback_unsure=(ledger.fallback_unsure | news) - ledger.fallback_firing)
