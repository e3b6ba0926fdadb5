"""What a flush has to say, from a group's members and the ledger of what people were told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

from alertrelay.alert import Reason
from alertrelay.policy.ledger import Header, Ledger, Member

CRASH_MARGIN = timedelta(seconds=40)
"""The function's timeout and 10 s: how long before the last record an update may have been told by a crashed flush."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Sets of alert keys. `reason` None: the group's own channel has nothing to hear.

    `own_new` and `own_gone` concern the own channel, `fallback_gone` the fallbacks that announced something;
    `news` is announced nowhere yet: it is what a fallback must say if the own channel fails. `unheard` ended before
    anybody was told of it.
    """

    ledger: Ledger
    firing: frozenset[str]
    events: frozenset[str]
    own_new: frozenset[str]
    own_gone: frozenset[str]
    fallback_gone: frozenset[str]
    news: frozenset[str]
    unheard: frozenset[str]
    reason: Reason | None


def decide(header: Header, members: Iterable[Member]) -> Decision:
    """Compares what is with what was told.

    `own_gone` comes from the ledger alone, so that an announced alert is ended even when its member is missing.
    After a crash (`maybe`) all that may have been told is told once more, and ended if it has ended since.
    """
    members = list(members)
    firing = frozenset(m.key for m in members if m.status == "firing")
    present_events = frozenset(m.key for m in members if m.status == "event")
    ledger = _after_crash(header, members) if header.maybe else header.ledger
    own_new = firing - (ledger.firing - ledger.unsure)
    own_gone = ledger.firing - firing
    events = present_events - ledger.events
    told = (ledger.firing - ledger.unsure) | ledger.fallback_firing
    ended = {m.key for m in members if m.status == "resolved" and (header.rec_at is None or m.at > header.rec_at)}
    return Decision(
        ledger=replace(ledger, events=ledger.events & present_events),
        firing=firing,
        events=events,
        own_new=own_new,
        own_gone=own_gone,
        fallback_gone=ledger.fallback_firing - firing,
        news=(firing - told) | events,
        unheard=frozenset(ended) - ledger.firing - ledger.fallback_firing,
        reason=_reason(ledger, firing, own_new, own_gone, events),
    )


def _after_crash(header: Header, members: list[Member]) -> Ledger:
    """What may have been told: all that fires, and what ended since the last record, or ever where there is none."""
    since = header.rec_at - CRASH_MARGIN if header.rec_at else None
    live = {
        m.key for m in members if m.status == "firing" or (m.status == "resolved" and (since is None or m.at >= since))
    }
    firing = header.ledger.firing | live
    return replace(header.ledger, firing=firing, unsure=firing)


def _reason(
    ledger: Ledger, firing: frozenset[str], own_new: frozenset[str], own_gone: frozenset[str], events: frozenset[str]
) -> Reason | None:
    if own_new:
        return Reason.NEW_ALERTS if ledger.firing - own_new else Reason.FIRST
    if events:
        return Reason.EVENT
    if own_gone:
        return Reason.SOME_RESOLVED if firing else Reason.ALL_RESOLVED
    return None


def told_own(decision: Decision) -> Ledger:
    """The ledger once the own channel took the message."""
    ledger = decision.ledger
    return replace(
        ledger,
        firing=(ledger.firing - decision.own_gone) | decision.firing,
        unsure=frozenset(),
        events=ledger.events | decision.events,
    )


def told_fallback(decision: Decision, ledger: Ledger) -> Ledger:
    """The ledger once a fallback said the news; the own channel is still owed it.

    Events are never repeated, so a fallback settles them.
    """
    firing_news = decision.news - decision.events
    return replace(
        ledger,
        fallback_firing=ledger.fallback_firing | firing_news,
        events=ledger.events | decision.events,
    )
