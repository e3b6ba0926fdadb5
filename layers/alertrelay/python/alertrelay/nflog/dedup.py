"""What a flush has to say, from a group's members and the ledger of what people were told."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alertrelay.nflog.ledger import Header, Ledger, Member, Standing
from alertrelay.notification import Reason

CRASH_MARGIN = timedelta(seconds=40)
"""The function's timeout and 10 s: how long before the last record an update may have been told by a crashed flush."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """Why a firing alert is not shown now: a silence (`until` when), an inhibition, or a time interval."""

    reason: Reason
    detail: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Sets of alert keys. `reason` None: the group's own channel has nothing to hear.

    `firing` is all that fires; `open` what of it a message shows: what may be shown, and what was announced before it
    was muted, since that is still open for whoever was told. `own_new` and `own_gone` concern the own channel,
    `fallback_gone` the fallbacks that announced something; `news` is announced nowhere yet: it is what a fallback must
    say if the own channel fails. `unheard` are ends that came since the last record of what the own channel has not
    heard of, `lapsed` what fired and by its own announcement has ended so; `muted` came since the last record and is
    kept from people for a named reason. `repeats`: what is open there is due to be told again, whatever else is.
    """

    ledger: Ledger
    firing: frozenset[str]
    open: frozenset[str]
    shown: frozenset[str]
    events: frozenset[str]
    own_new: frozenset[str]
    own_gone: frozenset[str]
    fallback_gone: frozenset[str]
    news: frozenset[str]
    unheard: frozenset[str]
    lapsed: frozenset[str]
    muted: Mapping[str, Mute]
    repeats: bool
    reason: Reason | None


def decide(
    header: Header,
    members: Iterable[Member],
    *,
    now: datetime,
    repeat_interval: float,
    tick: datetime | None = None,
    muted: Mapping[str, Mute] | None = None,
    leaving: frozenset[str] = frozenset(),
) -> Decision:
    """Compares what is with what was told. `repeat_interval` in seconds, counted from `told_at` to the `tick` that this
    flush stands for (None: `now`); `leaving` goes to another group.

    `own_gone` comes from the ledger alone, so that an announced alert is ended even when it is muted or its member is
    missing. After a crash (`maybe`) all that may have been told is told once more, and ended if it has ended since.
    """
    members, muted = list(members), muted or {}
    firing = frozenset(m.key for m in members if is_firing(m, now)) - leaving
    present_events = frozenset(m.key for m in members if m.status == "event")
    ledger = _after_crash(header, members, now) if header.maybe else header.ledger
    # A muted event is over: nothing of it would be left to tell when the silence ends.
    events = present_events - ledger.events - frozenset(muted)
    storm = ledger.storm & firing
    shown = firing - frozenset(muted) - storm
    own_new = shown - (ledger.firing - ledger.unsure)
    own_gone = ledger.firing - firing
    told = (ledger.firing - ledger.unsure) | ledger.fallback_firing | storm
    fresh = {m.key for m in members if header.rec_at is None or m.at > header.rec_at}
    ended = frozenset(m.key for m in members if m.key in fresh and m.status == "resolved")
    open_ = shown | (firing & ledger.firing)
    since = (tick or now) - header.told_at if header.told_at else timedelta()
    repeats = bool(shown) and header.told_at is not None and since >= timedelta(seconds=repeat_interval)
    return Decision(
        ledger=replace(ledger, events=(ledger.events | frozenset(muted)) & present_events, storm=storm),
        firing=firing,
        open=open_,
        shown=shown,
        events=events,
        own_new=own_new,
        own_gone=own_gone,
        fallback_gone=ledger.fallback_firing - firing,
        news=(shown - told) | events,
        unheard=ended - ledger.firing - ledger.storm,
        lapsed=_lapsed(header, members, fresh, now) - ledger.firing - ledger.storm,
        muted={key: why for key, why in muted.items() if key in fresh and key not in told},
        repeats=repeats,
        reason=_reason(ledger, open_, own_new, own_gone, events, repeats=repeats),
    )


def without_ends(decision: Decision) -> Decision:
    """The same for a channel that hears of no end: what has ended is settled, and stands in no message."""
    ends_only = decision.reason in (Reason.SOME_RESOLVED, Reason.ALL_RESOLVED)
    rest = Reason.REPEAT if decision.repeats else None
    ledger, gone = decision.ledger, decision.own_gone
    return replace(
        decision,
        ledger=replace(ledger, firing=ledger.firing - gone, unsure=ledger.unsure - gone),
        own_gone=frozenset(),
        reason=rest if ends_only else decision.reason,
    )


def is_firing(member: Member, now: datetime) -> bool:
    """Whether the alert fires at `now`; one whose announced end has passed does not."""
    return member.status == "firing" and (member.ends_at is None or member.ends_at > now)


def unsettled(before: Member, header: Standing | None) -> bool:
    """Whether an update that a newer one has just replaced was still to be told: no flush has looked at it, or the one
    that did could not tell it. While somebody holds the group that flush may be telling it, and speaks for it.

    Where the ledger stands in chunks the join does not know what a failed flush had still to tell, and leaves it to the
    next one (notify/backlog.py)."""
    if header is None:
        return before.status != "moved"
    if header.owner or header.maybe or before.status == "moved":
        return False
    looked_at = header.rec_at is not None and before.at <= header.rec_at
    if header.ledger is None:
        return not looked_at
    told = before.key in header.ledger.firing | header.ledger.storm | header.ledger.events
    if before.status == "resolved":
        return (told and header.failures > 0) if looked_at else (told or header.next_due is not None)
    return not told and (header.failures > 0 or not looked_at)


def _after_crash(header: Header, members: list[Member], now: datetime) -> Ledger:
    """What may have been told: all that fires, and what ended since the last record, or ever where there is none, or
    where the ledger is lost."""
    since = header.rec_at - CRASH_MARGIN if header.rec_at and not header.lost else None
    live = {
        m.key
        for m in members
        if is_firing(m, now) or (m.status in ("resolved", "firing") and (since is None or m.at >= since))
    }
    firing = header.ledger.firing | live
    by_fallbacks = frozenset(live) if header.lost and header.ledger.fallbacks else header.ledger.fallback_firing
    return replace(header.ledger, firing=firing, unsure=firing, fallback_firing=by_fallbacks)


def _lapsed(header: Header, members: Iterable[Member], fresh: Collection[str], now: datetime) -> frozenset[str]:
    """What had an end announced that came since the last record, while its firing was still to be told."""
    over = [m for m in members if m.status == "firing" and m.ends_at and m.ends_at <= now]
    since = [m for m in over if m.ends_at and (header.rec_at is None or m.ends_at > header.rec_at)]
    return frozenset(m.key for m in since if m.key in fresh or header.failures)


def _reason(
    ledger: Ledger,
    open_: frozenset[str],
    own_new: frozenset[str],
    own_gone: frozenset[str],
    events: frozenset[str],
    *,
    repeats: bool,
) -> Reason | None:
    if own_new:
        return Reason.NEW_ALERTS if ledger.firing - own_new else Reason.FIRST
    if events:
        return Reason.EVENT
    if own_gone:
        return Reason.SOME_RESOLVED if open_ else Reason.ALL_RESOLVED
    return Reason.REPEAT if repeats else None


def told_own(decision: Decision) -> Ledger:
    """The ledger once the own channel took the message."""
    ledger = decision.ledger
    return replace(
        ledger,
        firing=(ledger.firing - decision.own_gone) | decision.shown,
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
