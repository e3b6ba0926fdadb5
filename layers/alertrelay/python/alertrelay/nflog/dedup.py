"""Decides what a flush notifies, from a group's members and the ledger of what was notified."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alertrelay.config.durations import CRASH_MARGIN
from alertrelay.nflog.behind import OWN, Behind, fallbacks_in, may_know
from alertrelay.nflog.flaps import NO_DAMPING, Damping, once_notified
from alertrelay.nflog.group_state import GroupHeader, GroupState, Member, Progress
from alertrelay.nflog.ledger import Ledger
from alertrelay.nflog.together import all_together
from alertrelay.notification import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """The reason for which a firing alert is not shown now: a silence (`until` when), an inhibition, or a time
    interval."""

    reason: Reason
    detail: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Keys of what fires. `open` is what a message shows of it: what may be shown, and what was announced before it was
    muted, since that is still open for its readers. `shown` is what may be shown, `muted` what may not, and why.
    `damping`: what of it flaps."""

    firing: frozenset[str]
    open: frozenset[str]
    shown: frozenset[str]
    damping: Damping = NO_DAMPING
    muted: Mapping[str, Mute] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnChannel:
    """The content of the own channel's next message. `repeats`: what is open there is due again, whatever else
    is. `owed`: resolves and events that some of its recipients missed; `settled`: flapped, and fires on."""

    new: frozenset[str]
    resolved: frozenset[str]
    events: frozenset[str]
    repeats: bool
    owed: frozenset[str] = frozenset()
    settled: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackChannels:
    """`new` is announced nowhere yet: a fallback is notified of it if the own channel fails. `resolved` was announced
    by fallbacks, or may have been, and fires no more."""

    new: frozenset[str]
    resolved: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unnotified:
    """The updates since the last record that need no notification: `unheard` resolved without having been announced on
    the own channel, `lapsed` fired and reached its announced end before, `muted` is muted for a named reason, `held`
    resolved while it flaps."""

    unheard: frozenset[str]
    lapsed: frozenset[str]
    muted: Mapping[str, Mute]
    held: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Sets of alert keys. `reason` None: the group's own channel needs no notification."""

    ledger: Ledger
    reason: Reason | None
    view: View
    own: OwnChannel
    fallback: FallbackChannels
    unnotified: Unnotified


def decide(
    group: GroupState,
    members: Iterable[Member],
    *,
    now: datetime,
    repeat_interval: float,
    tick: datetime | None = None,
    mutes: Mapping[str, Mute] | None = None,
    leaving: frozenset[str] = frozenset(),
    damping: Damping = NO_DAMPING,
) -> Decision:
    """Compares what fires with what was notified. `repeat_interval` in seconds, counted from the last notification to
    the `tick` that this flush stands for (None: `now`); `leaving` goes to another group.

    What is to be resolved comes from the ledger alone, so that an announced alert is resolved even when it is muted or
    its member is missing. After a crash (`uncertain`) all that may have been announced is announced once more, and
    resolved if it has resolved since."""
    members, mutes, progress = list(members), mutes or {}, group.progress
    muted = frozenset(mutes)
    firing = (frozenset(m.key for m in members if is_firing(m, now)) | damping.held) - leaving
    present_events = frozenset(m.key for m in members if m.status == "event")
    ledger = _after_crash(group, members, now) if progress.uncertain else group.ledger
    # A muted event is over: nothing of it would be left to announce when the silence ends.
    events = present_events - ledger.events - muted
    storm = ledger.storm & firing
    shown = firing - muted - storm
    known = ledger.firing - ledger.unsure
    new, resolved = shown - known, ledger.firing - firing
    notified = known | ledger.fallback_firing | storm
    fresh = {m.key for m in members if progress.recorded_at is None or m.at > progress.recorded_at}
    open_ = shown | (firing & ledger.firing)
    repeats = bool(shown) and _repeat_is_due(progress, tick or now, repeat_interval)
    settled = damping.settles & shown & known
    return Decision(
        ledger=_with_events(replace(ledger, storm=storm, flaps=damping.flaps), muted, present_events),
        reason=_reason(ledger, open_, new, resolved, events, settled=bool(settled), repeats=repeats),
        view=View(firing=firing, open=open_, shown=shown, muted=mutes, damping=damping),
        own=OwnChannel(
            new=new,
            resolved=resolved,
            events=events,
            repeats=repeats,
            owed=_owed(ledger, firing, present_events),
            settled=settled,
        ),
        fallback=FallbackChannels(
            new=(shown - notified) | events,
            resolved=(ledger.fallback_firing | ledger.fallback_unsure) - firing,
        ),
        unnotified=_unnotified(
            group,
            members,
            ledger,
            fresh,
            now,
            muted={key: mutes[key] for key in muted & fresh - notified},
            held=damping.held & fresh,
        ),
    )


def _with_events(ledger: Ledger, muted: frozenset[str], present: frozenset[str]) -> Ledger:
    """Returns the ledger of the events that are still there; a muted one is over as if it were announced."""
    at = frozenset(one for one in ledger.events_at if one.partition(" ")[0] in present)
    return replace(ledger, events=(ledger.events | muted) & present, events_at=at)


def _unnotified(
    group: GroupState,
    members: Sequence[Member],
    ledger: Ledger,
    fresh: Set[str],
    now: datetime,
    *,
    muted: Mapping[str, Mute],
    held: frozenset[str],
) -> Unnotified:
    ours = ledger.firing | ledger.storm
    ended = frozenset(m.key for m in members if m.key in fresh and m.status == "resolved")
    return Unnotified(unheard=ended - ours, lapsed=_lapsed(group, members, fresh, now) - ours, muted=muted, held=held)


def _repeat_is_due(progress: Progress, tick: datetime, repeat_interval: float) -> bool:
    notified_at = progress.notified_at
    return notified_at is not None and tick - notified_at >= timedelta(seconds=repeat_interval)


def nothing(firing: frozenset[str]) -> Decision:
    """Returns the decision that notifies nobody of what fires, and leaves an empty ledger."""
    none = frozenset[str]()
    return Decision(
        ledger=Ledger(),
        reason=None,
        view=View(firing=firing, open=none, shown=none),
        own=OwnChannel(new=none, resolved=none, events=none, repeats=False),
        fallback=FallbackChannels(new=none, resolved=none),
        unnotified=Unnotified(unheard=none, lapsed=none, muted={}),
    )


def without_resolves(decision: Decision) -> Decision:
    """Returns the same for a channel that is notified of no resolve: what has resolved is settled, and in no
    message."""
    resolves_only = decision.reason in (Reason.SOME_RESOLVED, Reason.ALL_RESOLVED)
    rest = Reason.REPEAT if decision.own.repeats else None
    ledger, resolved = decision.ledger, decision.own.resolved
    return replace(
        decision,
        ledger=replace(ledger, firing=ledger.firing - resolved, unsure=ledger.unsure - resolved),
        own=replace(decision.own, resolved=frozenset()),
        reason=rest if resolves_only else decision.reason,
    )


def without_refusals(decision: Decision) -> Decision:
    """Returns the same once nothing waits for the own channel: who refused the last message gets the next one."""
    return replace(decision, ledger=replace(decision.ledger, refused=frozenset()))


def is_firing(member: Member, now: datetime) -> bool:
    """Returns whether the alert fires at `now`; one whose announced end has passed does not."""
    return member.status == "firing" and (member.alert.ends_at is None or member.alert.ends_at > now)


def unsettled(before: Member, header: GroupHeader | None) -> bool:
    """Returns whether an update that a newer one has just replaced was still to be notified: no flush has seen it, or
    the one that did could not notify it. While somebody holds the group that flush accounts for it.

    While a channel fails, what a flush had still to notify stands in the ledger, and a join reads it where that stands
    in chunks (dispatch/scheduling.py)."""
    if before.status == "moved":
        return False
    if header is None:
        return True
    progress, schedule, ledger = header.progress, header.schedule, header.ledger
    if schedule.owner or progress.uncertain:
        return False
    seen = progress.recorded_at is not None and before.at <= progress.recorded_at
    if ledger is None:
        return not seen
    notified = before.key in ledger.firing | ledger.storm | ledger.events
    if before.status == "resolved":
        return (notified and progress.failures > 0) if seen else (notified or schedule.next_due is not None)
    return not notified and (progress.failures > 0 or not seen)


def _owed(ledger: Ledger, firing: frozenset[str], events: frozenset[str]) -> frozenset[str]:
    behind = ledger.behind.values()
    return frozenset().union(*((one.firing | one.unsure) - firing | one.events & events for one in behind))


def _after_crash(group: GroupState, members: list[Member], now: datetime) -> Ledger:
    """Returns the ledger with what may have been announced: all that fires, and what resolved since the last record, or
    ever where there is none, or where the ledger is lost; by the fallbacks too that were about to be notified. Who was
    behind is notified with all the others, unless only those behind may have been."""
    ledger, recorded_at = group.ledger, group.progress.recorded_at
    intent = fallbacks_in(group.progress.intent)
    if ledger.behind and OWN not in group.progress.intent and not group.stored.lost:
        unsure = ledger.fallback_unsure | ledger.firing if intent else ledger.fallback_unsure
        return replace(
            ledger,
            behind=may_know(ledger.behind, ledger.firing),
            fallback_unsure=unsure - ledger.fallback_firing,
            fallbacks=ledger.fallbacks | intent,
        )
    ledger = all_together(ledger)
    since = recorded_at - CRASH_MARGIN if recorded_at and not group.stored.lost else None
    came = [m for m in members if m.status in ("resolved", "firing")]
    live = {m.key for m in came if is_firing(m, now) or since is None or m.at >= since}
    firing = ledger.firing | live
    # An alert that came since may have been resolved there by the flush that died, and fire again. Clocks have no
    # margin here: a flush whose own channel did not answer has recorded, and its fallbacks know.
    fresh = {m.key for m in came if recorded_at is None or m.at > recorded_at}
    by_fallbacks = frozenset(live) if group.stored.lost and ledger.fallbacks else ledger.fallback_firing - fresh
    unsure = ledger.fallback_unsure | (ledger.fallback_firing - by_fallbacks)
    return replace(
        ledger,
        firing=firing,
        unsure=firing,
        fallback_firing=by_fallbacks,
        fallback_unsure=(unsure | live if intent else unsure) - by_fallbacks,
        fallbacks=ledger.fallbacks | intent,
    )


def _lapsed(group: GroupState, members: Iterable[Member], fresh: Collection[str], now: datetime) -> frozenset[str]:
    """Returns what reached its announced end since the last record, while its firing was still to be notified."""
    recorded_at, failures = group.progress.recorded_at, group.progress.failures
    over = [m for m in members if m.status == "firing" and m.alert.ends_at and m.alert.ends_at <= now]
    since = [m for m in over if m.alert.ends_at and (recorded_at is None or m.alert.ends_at > recorded_at)]
    return frozenset(m.key for m in since if m.key in fresh or failures)


def _reason(
    ledger: Ledger,
    open_: frozenset[str],
    new: frozenset[str],
    resolved: frozenset[str],
    events: frozenset[str],
    *,
    settled: bool,
    repeats: bool,
) -> Reason | None:
    if new:
        return Reason.NEW_ALERTS if ledger.firing - new else Reason.FIRST
    if events:
        return Reason.EVENT
    if resolved:
        return Reason.SOME_RESOLVED if open_ else Reason.ALL_RESOLVED
    if settled:
        return Reason.SETTLED
    return Reason.REPEAT if repeats else None


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
