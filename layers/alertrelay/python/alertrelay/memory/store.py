"""Keeps the ports in memory: for tests, for the local stack and for simulation.

They keep the promises of ports.py and pass the contract tests of the real ones. One lock: safe under threads.
"""

from __future__ import annotations

import bisect
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.alert import Channel
from alertrelay.config.model import Target
from alertrelay.nflog.chunks import spills
from alertrelay.nflog.group_state import (
    AlertItem,
    GroupChange,
    GroupHeader,
    GroupState,
    Member,
    Schedule,
    before_own_lease,
    unknown,
)
from alertrelay.notification import Message, Receipt
from alertrelay.policy.group_key import order_ahead
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.policy.silence import Silence
from alertrelay.ports import Clock, DeliveryFailure, Key, SecretMissing
from alertrelay.state import AnomalyNote, BudgetNote, Facts, Limit, Survey, Waking

WAKE_PAGE = 3
"""Groups of a page: so few that tests see several."""


class ManualClock:
    """A clock that moves only when it is set, or when somebody sleeps on it."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """Returns the time of this clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Moves by `seconds`."""
        self._now += timedelta(seconds=max(0.0, seconds))

    def move_to(self, at: datetime) -> None:
        """Moves forward to `at`; never backwards."""
        self._now = max(self._now, at)


class MemoryStore:
    """state.Store in dictionaries."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._alerts: dict[str, AlertItem] = {}
        self._members: dict[str, dict[str, Member]] = {}
        self._headers: dict[str, GroupState] = {}
        self._sources: dict[tuple[str, str], dict[str, bool]] = {}
        self.anomalies: dict[str, Sequence[AnomalyNote]] = {}  # written by the scorer's own port
        self.budgets: dict[str, BudgetNote] = {}  # written by the slo function's own port
        self._buckets: dict[str, datetime] = {}
        self._surveys: dict[str, tuple[Survey, int]] = {}
        self._wakings: dict[str, tuple[Waking, int]] = {}
        self._silences: tuple[Sequence[Silence], int] = ((), 0)

    def put_alert(self, item: AlertItem, *, groups: Iterable[str]) -> tuple[bool, AlertItem]:
        """See state.Store."""
        with self._lock:
            old = self._alerts.get(item.key)
            if old and not self._ahead(old.order_key) and (old.order_key, old.rank) > (item.order_key, item.rank):
                return False, old
            alert = item.alert
            if old and alert.status == "resolved":
                alert = replace(alert, labels=old.alert.labels, starts_at=old.alert.starts_at)
            if alert.status == "resolved":
                item = replace(item, opened_by=old.opened_by if old else "")
            else:
                item = replace(item, resolved_by=old.resolved_by if old else "")
            new = replace(item, alert=alert, groups=(old.groups if old else frozenset()) | frozenset(groups))
            self._alerts[item.key] = new
            return True, new

    def _ahead(self, order_key: str) -> bool:
        """Returns whether it is of a source whose clock was wrong, and loses to any."""
        return order_key > order_ahead(self._clock.now())

    def get_alerts(self, keys: Sequence[str]) -> Mapping[str, AlertItem]:
        """See state.Store."""
        with self._lock:
            return {key: self._alerts[key] for key in keys if key in self._alerts}

    def put_member(self, gid: str, member: Member) -> tuple[bool, Member | None]:
        """See state.Store."""
        with self._lock:
            old = self._members.setdefault(gid, {}).get(member.key)
            newer = old is None or old.order_key < member.order_key or self._ahead(old.order_key)
            if old and not newer and not (old.order_key == member.order_key and old.status == "moved"):
                return False, old
            self._members[gid][member.key] = member
            return True, old

    def members(self, gid: str) -> Sequence[Member]:
        """See state.Store."""
        now = self._clock.now()
        with self._lock:
            found = self._members.get(gid, {})
            return [found[key] for key in sorted(found) if (ends := found[key].expires) is None or ends > now]

    def headers(self, gids: Sequence[str]) -> Mapping[str, GroupHeader]:
        """See state.Groups."""
        return {gid: found for gid in gids if (found := self.header(gid))}

    def header(self, gid: str) -> GroupHeader | None:
        """See state.Groups."""
        found = self.state(gid)
        if found is None or not spills(found.ledger):
            return found
        return GroupHeader(
            identity=found.identity,
            schedule=found.schedule,
            progress=found.progress,
            config_hash=found.config_hash,
            stored=found.stored,
        )

    def state(self, gid: str) -> GroupState | None:
        """See state.Store."""
        with self._lock:
            return self._headers.get(gid)

    def arm(self, gid: str, header: GroupHeader, *, due: datetime) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid) or unknown(header)
            if old.schedule.armed:
                return False
            self._headers[gid] = _scheduled(old, next_due=due, due=due, closing=False)
            return True

    def bring_forward(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.next_due != seen or old.schedule.owner:
                return False
            self._headers[gid] = _scheduled(old, next_due=due)
            return True

    def wake(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.next_due != seen or old.schedule.owner or not old.schedule.asleep:
                return False
            self._headers[gid] = _scheduled(old, next_due=due, due=due, asleep=False)
            return True

    def note_joined(self, gid: str) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or not old.schedule.owner:
                return False
            self._headers[gid] = _scheduled(old, woken=True)
            return True

    def lease(
        self,
        gid: str,
        *,
        owner: str,
        now: datetime,
        until: datetime,
        arm: GroupHeader | None = None,
        again: bool = False,
    ) -> GroupState | None:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid) or (unknown(arm) if arm else None)
            if again and old and old.schedule.owner == owner:
                return before_own_lease(old)
            if old is None or ((held := old.schedule.lease_until) is not None and held >= now):
                return None
            schedule, progress = old.schedule, old.progress
            due = schedule.next_due is not None and schedule.next_due <= now
            if not (not schedule.armed if arm else due):
                return None
            taken = _scheduled(
                old,
                owner=owner,
                lease_until=until,
                next_due=until,
                due=now if arm else schedule.due,
                closing=False,
                woken=False,
            )
            self._headers[gid] = replace(taken, progress=replace(progress, uncertain=True, tries=progress.tries + 1))
            return replace(old, stored=replace(old.stored, backlog=old.stored.backlog or spills(old.ledger)))

    def intend(self, gid: str, *, owner: str, fallbacks: frozenset[str]) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.owner != owner:
                return False
            self._headers[gid] = replace(old, progress=replace(old.progress, intent=fallbacks))
            return True

    def record(
        self,
        gid: str,
        *,
        owner: str,
        change: GroupChange,
        before: GroupState | None = None,  # noqa: ARG002 - memory has no chunks
    ) -> bool:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.owner != owner:
                return False
            new = replace(
                old,
                ledger=change.ledger,
                progress=replace(change.progress, tries=0),
                config_hash=change.config_hash,
                stored=replace(old.stored, backlog=spills(old.ledger)),
            )
            if change.closing:
                self._headers[gid] = _scheduled(new, closing=True, asleep=False, woken=False)
            elif change.asleep_until and not old.schedule.woken:
                until = change.asleep_until
                self._headers[gid] = replace(new, schedule=Schedule(next_due=until, due=until, asleep=True))
            else:
                self._headers[gid] = replace(new, schedule=Schedule(next_due=change.next_due, due=change.due))
            return True

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:  # noqa: ARG002 - memory keeps all
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.owner != owner or not old.schedule.closing:
                return False
            self._headers[gid] = replace(old, schedule=Schedule())
            return True

    def release(self, gid: str, *, owner: str, unsent_due: datetime | None = None) -> None:
        """See state.Groups."""
        with self._lock:
            old = self._headers.get(gid)
            if old is None or old.schedule.owner != owner:
                return
            given = _scheduled(old, owner="", lease_until=None)
            if unsent_due:
                given = _scheduled(given, next_due=unsent_due)
                given = replace(given, progress=replace(given.progress, uncertain=False))
            self._headers[gid] = given

    def due(self, channels: Collection[Channel], *, before: datetime) -> Iterable[tuple[str, datetime]]:
        """See state.Groups."""
        with self._lock:
            return [
                (gid, due)
                for gid, header in self._headers.items()
                if header.identity.integration.channel in channels
                and (due := header.schedule.next_due)
                and due <= before
            ]

    def armed_after(self, channels: Collection[Channel], *, after: datetime, token: str) -> tuple[Sequence[str], str]:
        """See state.Groups. The token is the last group of the page before."""
        with self._lock:
            found = sorted(
                gid
                for gid, header in self._headers.items()
                if header.identity.integration.channel in channels
                and gid > token
                and (due := header.schedule.next_due)
                and due > after
            )
            return found[:WAKE_PAGE], found[WAKE_PAGE - 1] if len(found) > WAKE_PAGE else ""

    def add_groups(self, member: Member, groups: Iterable[str]) -> bool:
        """See state.Store."""
        with self._lock:
            item = self._alerts.get(member.key)
            if item is None or item.order_key > member.order_key:
                return False
            self._alerts[member.key] = replace(item, groups=item.groups | frozenset(groups))
            return True

    def mark_moved(self, gid: str, member: Member, *, expires: datetime) -> None:
        """See state.Store."""
        with self._lock:
            old = self._members.get(gid, {}).get(member.key)
            if old and old.order_key == member.order_key:
                self._members[gid][member.key] = replace(old, status="moved", expires=expires)

    def note_source(self, entry: InhibitKey, key: str, *, fires: bool) -> None:
        """See state.Store."""
        with self._lock:
            noted = self._sources.setdefault((entry.rule, entry.equal), {})
            if fires:
                noted[key] = entry.two_sided
            else:
                noted.pop(key, None)

    def facts(
        self,
        *,
        alerts: Sequence[str],
        inhibitors: Sequence[tuple[str, str]],
        services: Sequence[str] = (),
        objectives: Sequence[str] = (),
        waking: str = "",
    ) -> Facts:
        """See state.Store."""
        with self._lock:
            return Facts(
                alerts=self.get_alerts(alerts),
                inhibitors={one: dict(self._sources[one]) for one in inhibitors if one in self._sources},
                silences=self._silences[0],
                anomalies={name: self.anomalies[name] for name in services if self.anomalies.get(name)},
                budgets={name: self.budgets[name] for name in objectives if name in self.budgets},
                waking=self.waking(waking)[0],
            )

    def take(self, key: str, *, now: datetime, limit: Limit) -> bool:
        """See state.Store."""
        step = timedelta(seconds=limit.interval)
        with self._lock:
            full = self._buckets.get(key, now)
            last = now + step * (limit.burst - 1)
            if full > last:
                self._buckets[key] = max(full, last + timedelta(seconds=limit.quiet))
                return False
            self._buckets[key] = max(full, now) + step
            return True

    def silences(self) -> tuple[Sequence[Silence], int]:
        """See state.Store."""
        return self._silences

    def put_silences(self, silences: Sequence[Silence], *, seen: int) -> bool:
        """See state.Store."""
        with self._lock:
            if self._silences[1] != seen:
                return False
            self._silences = (tuple(silences), seen + 1)
            return True

    def survey(self, name: str) -> tuple[Survey, int]:
        """See state.Store."""
        return self._surveys.get(name, (Survey(), 0))

    def waking(self, name: str) -> tuple[Waking | None, int, int]:
        """See state.Wakings."""
        with self._lock:
            return (*self._wakings.get(name, (None, 0)), self._silences[1])

    def put_waking(self, name: str, waking: Waking, *, seen: int) -> bool:
        """See state.Wakings."""
        with self._lock:
            if self.waking(name)[1] != seen:
                return False
            self._wakings[name] = (waking, seen + 1)
            return True

    def put_survey(self, name: str, survey: Survey, *, seen: int) -> bool:
        """See state.Store."""
        with self._lock:
            if self.survey(name)[1] != seen:
                return False
            self._surveys[name] = (survey, seen + 1)
            return True


def _scheduled(group: GroupState, **changes: Any) -> GroupState:
    return replace(group, schedule=replace(group.schedule, **changes))


def _time(entry: tuple[datetime, Mapping[str, Any]]) -> datetime:
    return entry[0]


@dataclass
class MemoryTimers:
    """ports.Timers in a list, in order of time; `due` takes out what has come back by now."""

    clock: Clock
    horizon: float = 60.0
    waiting: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    dead_lettered: list[Mapping[str, Any]] = field(default_factory=list)

    def send_all(self, bodies: Sequence[tuple[Mapping[str, Any], float]]) -> None:
        """See ports.Timers."""
        for body, delay in bodies:
            self.send(body, delay_seconds=delay)

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        """See ports.Timers."""
        if not 0 <= delay_seconds <= 900:
            raise ValueError(f"expected a delay of 0 to 900 s, got {delay_seconds}")
        self.put(body, at=self.clock.now() + timedelta(seconds=delay_seconds))

    def put(self, body: Mapping[str, Any], *, at: datetime) -> None:
        """Adds a message that becomes visible at `at`."""
        bisect.insort(self.waiting, (at, body), key=_time)

    def dead_letter(self, body: Mapping[str, Any]) -> None:
        """See ports.Timers."""
        self.dead_lettered.append(body)

    def due(self) -> list[Mapping[str, Any]]:
        """Removes and returns the messages that are visible by now, in order of time."""
        count = bisect.bisect_right(self.waiting, self.clock.now(), key=_time)
        ready = self.waiting[:count]
        del self.waiting[:count]
        return [body for _, body in ready]

    def next_at(self) -> datetime | None:
        """Returns the time at which the next one becomes visible."""
        return self.waiting[0][0] if self.waiting else None


@dataclass(frozen=True)
class MemorySecrets:
    """ports.Secrets over a dictionary of key name -> values, the current one first."""

    values: Mapping[str, Sequence[str]]

    def versions(self, name: str, *, prefer: str = "") -> Iterator[Key]:
        """See ports.Secrets. A version is the value's place: "0" is current."""
        found = [Key(name, value, str(n)) for n, value in enumerate(self.values.get(name, ()))]
        if not found:
            raise SecretMissing(f"the secret has no key {name!r}")
        yield from sorted(found, key=lambda key: key.version != prefer)


@dataclass
class CollectingSender:
    """ports.Sender that keeps what it is given. `faults` are raised first, one a call."""

    sent: list[tuple[Target, Message, Receipt | None, bool]] = field(default_factory=list)
    faults: list[DeliveryFailure] = field(default_factory=list)
    key: str = ""
    can_edit: bool = False
    always: DeliveryFailure | None = None

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,
        notification_id: str,
        timeout: float,  # noqa: ARG002 - memory answers at once
        earlier: Receipt | None = None,
        edit: bool = False,
    ) -> Receipt:
        """See ports.Sender."""
        if self.faults:
            raise self.faults.pop(0)
        if self.always:
            raise self.always
        self.sent.append((target, message, earlier, edit))
        return Receipt(
            integration=target.integration,
            key_name=key.name if key else "",
            key_version=key.version if key else "",
            ref={"id": notification_id},
        )

    def key_name(self, target: Target) -> str:  # noqa: ARG002 - one key for all
        """See ports.Sender."""
        return self.key

    def edits(self, target: Target) -> bool:  # noqa: ARG002 - all or none
        """See ports.Sender."""
        return self.can_edit
