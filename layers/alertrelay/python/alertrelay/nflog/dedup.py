"""Decides what a flush notifies, from a group's members and the ledger of what was notified."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import replace
from datetime import datetime, timedelta

from alertrelay.nflog.crash import after_crash
from alertrelay.nflog.decision import Decision, FallbackChannels, Mute, OwnChannel, Unnotified, View
from alertrelay.nflog.flaps import NO_DAMPING, Damping
from alertrelay.nflog.group_state import GroupHeader, GroupState, Member, Progress, is_firing
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Reason


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
    ledger = after_crash(group, members, now) if progress.uncertain else group.ledger
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
        ledger=replace(
            ledger,
            storm=storm,
            flaps=damping.flaps,
            # An event that is muted is over as if it were announced.
            events=(ledger.events | muted) & present_events,
            events_at=frozenset(one for one in ledger.events_at if one.partition(" ")[0] in present_events),
        ),
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
