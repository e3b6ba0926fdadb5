"""Decides when each group with pending updates is flushed, and reports what became of updates that need no flush."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Protocol

from alertrelay.config.model import Config
from alertrelay.groups.flush_timer import Trouble, note_joined, postponed, wake
from alertrelay.groups.insert import member_of, outcomes_of_replaced
from alertrelay.groups.joining import Joining, Update
from alertrelay.groups.outcomes import of_alert, of_unknown_resolve
from alertrelay.groups.unknown_resolves import unknown_resolves
from alertrelay.nflog.group_state import GroupHeader, GroupState, LeaseRefused, Member
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Outcome, OutcomeName, Reason
from alertrelay.notify.lease import Taken
from alertrelay.notify.rate_limit import Digests
from alertrelay.notify.seen import SeenFacts
from alertrelay.policy.timing import first_flush, next_tick
from alertrelay.ports import Clock
from alertrelay.state import Groups, StoreFailure
from alertrelay.values.times import LATEST

NONE_READ: Mapping[str, GroupHeader | None] = MappingProxyType({})


LATELY = timedelta(minutes=5)
"""For so long a container takes a group that it found armed for armed, and reads its header before it leases it."""
REMEMBERED = 1000
"""Groups that a container remembers."""


class Flush(Protocol):
    """Flushes a group; false where it is not ours to do now. See notify/pipeline.py."""

    def __call__(
        self,
        gid: str,
        *,
        deadline: datetime,
        arm: GroupHeader | None = None,
        amend: Callable[[GroupState], GroupState] = ...,
        reported: frozenset[str] = ...,
        put: Sequence[Member] | None = ...,
        seen: SeenFacts | None = ...,
    ) -> Taken | LeaseRefused:
        """Raises StoreFailure only while nothing has been sent. `reported`: keys whose outcomes are known already;
        `put`: all members, if the lease makes the header; `seen`: facts that this invocation has read for other
        groups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlushPlan:
    """What is left to do for a group that updates joined: it is flushed `now`, or is due `at` a time for which a timer
    is sent, or neither. `arm`: the header of a group that is unarmed, which its flush arms. `put`: the members that
    joined, where nothing of the group was read; a flush that is refused shows its header, and the group is planned
    anew. `waiting`: the outcomes of what waits where that flush is refused. `unknown`: what may be open although the
    ledger does not name it. `again`: the message is to come again, since nothing shows yet what the group is."""

    now: bool = False
    at: datetime | None = None
    arm: GroupHeader | None = None
    put: Sequence[Member] | None = None
    waiting: Sequence[Outcome] = ()
    unknown: Ledger | None = None
    again: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheduler:
    """Decides when a group that updates joined is flushed. It sends no timer and flushes nothing by itself, so that
    what a message needs of all of its groups is done together (dispatch/portion.py)."""

    config: Config
    groups: Groups
    clock: Clock
    emit: Callable[[Outcome], None]
    digests: Digests
    trouble: Trouble = field(default_factory=Trouble)
    armed: dict[str, datetime] = field(default_factory=dict)

    def unread(self, gid: str, joining: Joining) -> FlushPlan | None:
        """Returns the plan of a group that is armed and leased before anything of it is read: what joins it is new, and
        is to be notified at once. None where its header is to be read first, since it may well be armed, or since
        something else needs it."""
        known, now = joining.header, self.clock.now()
        if known is None or joining.repeated or joining.doubted:
            return None
        if any(update.resolved or update.alert.kind == "event" for update in joining.updates):
            return None  # they may well need no flush, which the header shows
        if self.trouble.recent(now) or now - self.armed.get(gid, now - LATELY) < LATELY:
            return None
        if not joining.updates or self._first_due(known, joining.updates, now) > now:
            return None
        self._found_armed(gid, now)  # by us, or by whom we are refused for
        return FlushPlan(now=True, arm=known, put=[joining.put[key] for key in sorted(joining.put)])

    def _found_armed(self, gid: str, now: datetime) -> None:
        self.armed.pop(gid, None)
        self.armed[gid] = now
        if len(self.armed) > REMEMBERED:
            del self.armed[next(iter(self.armed))]

    def joined_unread(self, joining: Joining, group: GroupState) -> GroupState:
        """Returns a group that was leased unread as it is flushed, and reports what updates took the place of: its
        flush finds what was notified before."""
        stored = group.stored
        for outcome in outcomes_of_replaced(joining, None if stored.created else group, group):
            self.emit(outcome)
        return replace(group, stored=replace(stored, backlog=not stored.created))

    def schedule(self, gid: str, joining: Joining, *, read: Mapping[str, GroupHeader | None] = NONE_READ) -> FlushPlan:
        """Makes sure that the group is due, and returns by whom it is flushed: now by us, by the owner of its lease, or
        by a timer. `read`: headers that were read since the members were put, by gid. Raises StoreFailure,
        TimersFailure."""
        header = read[gid] if gid in read else self.groups.header(gid)
        header = note_joined(self.groups, gid, header)
        unknown, keys = unknown_resolves(joining, header, self.config)
        if keys:
            self._report_unknown(joining, header, unknown, keys)
            joining = replace(joining, updates=[u for u in joining.updates if u.key not in keys])
        if header:
            self._join_digest(header, joining.updates)
        pending, known = self._pending(gid, joining, header), header or joining.header
        plan = self._plan(gid, joining, pending, header, known)
        for outcome in () if plan.now else plan.waiting:
            self.emit(outcome)
        return replace(plan, unknown=unknown if keys else None)

    def _plan(
        self, gid: str, joining: Joining, pending: list[Update], header: GroupHeader | None, known: GroupHeader | None
    ) -> FlushPlan:
        """Returns what the group needs. Raises StoreFailure."""
        now = self.clock.now()
        if header and header.schedule.armed:
            self._found_armed(gid, now)
        if not pending or known is None:
            if (joining.repeated or _ends_sooner(joining)) and header and header.schedule.next_due:
                # A first attempt may have died before it woke the group, or while it held it: what joined meanwhile
                # relies on its closing query. And a group sleeps until the first `ends_at` that it knew of.
                return FlushPlan(at=self._woken(gid, header) or header.schedule.next_due)
            # A resolve of an alert that is routed elsewhere by now: who joined it here may be about to make the header.
            return FlushPlan(again=any(not update.settled for update in pending))
        waiting = _outcomes_of_pending(pending, joining, header, known)
        if header and header.schedule.armed:
            route = self.config.route_of(known.identity.route_id) or self.config.route
            plan = self._plan_armed(gid, header, route.group_interval, redelivered=bool(joining.repeated))
            return replace(plan, waiting=waiting)
        due = self._first_due(known, pending, now)
        if due <= now:
            return FlushPlan(now=True, at=due, arm=known, waiting=waiting)
        return FlushPlan(at=self.arm(gid, known, due=due), waiting=waiting)

    def arm(self, gid: str, known: GroupHeader, *, due: datetime) -> datetime | None:
        """Makes the group due, unless somebody else has armed it meanwhile: whose flush may have read no members, so it
        is kept awake. Returns for when a timer is to be sent. Raises StoreFailure."""
        if self.groups.arm(gid, known, due=due):
            return due
        header = note_joined(self.groups, gid, self.groups.header(gid))
        return self._woken(gid, header) if header and header.schedule.armed else None

    def _first_due(self, known: GroupHeader, pending: Sequence[Update], now: datetime) -> datetime:
        route = self.config.route_of(known.identity.route_id) or self.config.route
        # A tier waits from now on, however old the alert is: nobody could have acknowledged it.
        starts_at = now if self.config.tier_of(route.id) else min(update.alert.starts_at for update in pending)
        return first_flush(route.group_wait, starts_at=starts_at, now=now)

    def _woken(self, gid: str, header: GroupHeader) -> datetime | None:
        """Wakes the group; returns its next tick, where it slept."""
        route = self.config.route_of(header.identity.route_id) or self.config.route
        return wake(self.groups, self.clock, gid, header, group_interval=route.group_interval)

    def _pending(self, gid: str, joining: Joining, header: GroupHeader | None) -> list[Update]:
        """Returns the updates that the next flush must see, and reports what became of the others."""
        for outcome in outcomes_of_replaced(joining, header, self._owing(gid, joining, header)):
            self.emit(outcome)
        return list(_unsettled(joining, header, self.emit))

    def _owing(self, gid: str, joining: Joining, header: GroupHeader | None) -> GroupState | None:
        """Returns the group with what a failed flush had still to notify, where an update of that may have been
        replaced: a ledger in chunks is read for it, only while the channel fails."""
        if header is None or header.ledger is not None or not (joining.replaced and header.progress.failures):
            return None
        with contextlib.suppress(StoreFailure):
            found = self.groups.state(gid)
            return found if found and not found.stored.lost else None
        return None

    def _report_unknown(
        self, joining: Joining, header: GroupHeader | None, unknown: Ledger, keys: frozenset[str]
    ) -> None:
        """Reports the resolves that only a fallback is sent now, in case it paged: their own channel is not notified,
        or when they come again."""
        integration = joining.identity_of(header)
        for update in joining.updates:
            if integration and update.resolved and update.key in keys - unknown.firing:
                waits = not update.settled and any(one.key == update.key for one in joining.doubted)
                self.emit(of_unknown_resolve(update.alert, integration, comes_again=waits))

    def _join_digest(self, header: GroupHeader, updates: list[Update]) -> None:
        """Gives the storm digest those of its alerts that fire again: it owns them until they resolve. One that has
        resolved and fires again since the last flush joins it anew: now, or by the flush (notify/backlog.py)."""
        storm = header.ledger.storm if header.ledger else frozenset()
        firing = [u for u in updates if u.alert.status == "firing" and u.key in storm]
        if firing:
            now = self.clock.now()
            self.digests.join(header.identity.integration, [member_of(update, now) for update in firing])

    def _plan_armed(self, gid: str, header: GroupHeader, group_interval: float, *, redelivered: bool) -> FlushPlan:
        """Flushes an armed group now where it is due. Else the owner of its lease or a timer on its way will; where the
        group waits to try a failed channel again the flush is brought forward to the next tick, so that a new alert
        does not wait as long."""
        now, schedule = self.clock.now(), header.schedule
        due = schedule.next_due or now
        if due <= now:
            later = postponed(self.groups, self.clock, gid, schedule, self.trouble)
            return FlushPlan(at=later) if later else FlushPlan(now=True)
        tick = next_tick(group_interval, due=schedule.due or now, now=now)
        if woken := self._woken(gid, header):
            return FlushPlan(now=True) if woken <= now else FlushPlan(at=woken)
        if header.progress.failures and not schedule.owner and due > tick:
            brought = self.groups.bring_forward(gid, due=tick, seen=due)
            return FlushPlan(at=tick if brought else None)
        # Its timer may have died with the invocation that armed it: a second one costs a request and does no harm.
        return FlushPlan(at=due if redelivered else None)


def _outcomes_of_pending(
    pending: list[Update], joining: Joining, header: GroupHeader | None, known: GroupHeader
) -> list[Outcome]:
    in_chunks = header is not None and header.ledger is None
    found = []
    for update in pending:
        # Notified or not, a repeated update came before; if it is still to be notified, its flush reports it.
        repeated = in_chunks and update.key in joining.repeated
        what: OutcomeName = "suppressed" if repeated else "pending"
        reason = Reason.DUPLICATE if repeated else Reason.WAITING
        found.append(of_alert(update.alert, what, reason, integration=known.identity.integration))
    return found


def _unsettled(joining: Joining, header: GroupHeader | None, emit: Callable[[Outcome], None]) -> Iterator[Update]:
    """Yields the updates that the group's next flush must see, and reports what became of the others. All of them where
    the ledger stands in chunks: that flush reports the repeats (notify/backlog.py)."""
    ledger = header.ledger if header else Ledger()
    if ledger is None:
        yield from joining.updates
        return
    uncertain = header is not None and header.progress.uncertain
    busy = uncertain or (header is not None and header.schedule.next_due is not None)
    integration = joining.identity_of(header)
    known = (ledger.firing - ledger.unsure) | ledger.events | _owned_by_digest(joining, ledger)
    for update in joining.updates:
        notified = update.key in known
        owed = update.key in ledger.fallback_firing and not notified
        if update.resolved:
            seen = header and _seen(joining.repeated.get(update.key), header)
            waits = (busy and not seen) or (header is None and _was_member(update, joining))
            settled, why = not (notified or owed or waits), Reason.NOT_ANNOUNCED
        else:
            # A firing alert in the ledger was notified; a crash in between leaves `uncertain`, never the ledger.
            flap = ledger.flaps.get(update.key)
            why = Reason.FLAPPING if flap and flap.damped else Reason.DUPLICATE
            settled = (notified or owed) and not uncertain
        if not settled:
            yield update
        elif update.key in joining.repeated and not update.settled:
            emit(of_alert(update.alert, "suppressed", Reason.DUPLICATE, integration=integration))
        elif owed:
            # Its fallbacks know; the own channel is notified with the next try.
            emit(of_alert(update.alert, "pending", Reason.CHANNEL_FAILED, integration=integration))
        else:
            emit(of_alert(update.alert, "suppressed", why, integration=integration))


def _was_member(update: Update, joining: Joining) -> bool:
    """Returns whether the alert of a resolve may have been a member before. Where there is no header the joiner of its
    firing may be about to make it, and then reads no member but its own."""
    return update.key in joining.repeated or any(member.key == update.key for member in joining.replaced)


def _ends_sooner(joining: Joining) -> bool:
    """Returns whether an alert that fires on is to end by itself before the group knew."""
    before = {member.key: member.alert.ends_at for member in joining.replaced if member.status == "firing"}
    return any(
        update.alert.ends_at is not None and update.alert.ends_at < (before[update.key] or LATEST)
        for update in joining.updates
        if not update.resolved and update.key in before
    )


def _owned_by_digest(joining: Joining, ledger: Ledger) -> frozenset[str]:
    """Returns what the storm digest was given when it fired last, and announces itself."""
    before = (*joining.replaced, *joining.repeated.values())
    return ledger.storm & frozenset(member.key for member in before if member.status == "firing")


def _seen(before: Member | None, header: GroupHeader) -> bool:
    """Returns whether a flush has seen a resolve that came before, and has nothing left to try."""
    progress = header.progress
    if before is None or progress.recorded_at is None or progress.uncertain or progress.failures:
        return False
    return before.at <= progress.recorded_at
