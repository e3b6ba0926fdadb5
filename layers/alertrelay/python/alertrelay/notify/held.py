"""Finds what is open at a destination already, so that nobody hears of one alert twice in one place.

A fallback to a destination that holds the alert open, by a group of its own or by another group's fallback, is an
annotation there; and a group that announces what a fallback has announced at its destination takes over that message
or incident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from alertrelay.alert import Labels
from alertrelay.config.model import Route, Target
from alertrelay.nflog.group_state import GroupHeader, GroupState, Member, is_firing
from alertrelay.nflog.ledger import Ledger, events_at
from alertrelay.notification import Receipt
from alertrelay.notify.compose import Site, fallback_key
from alertrelay.notify.lease import Lease
from alertrelay.notify.targets import Targets
from alertrelay.policy.group_key import group_id
from alertrelay.policy.route import match_routes
from alertrelay.state import Facts, Groups, StoreFailure

READ = 100
"""Headers in one request."""
NEARBY = 10
"""New alerts, and headers of other groups, that the facts of a flush are asked with."""
About = Mapping[str, Labels]
"""Alerts by key, each with its labels."""
Beside = Mapping[str, frozenset[str]]
"""By name, the fallbacks at whose destination a group of its own has something open, with the keys of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An open message or incident: `receipt` of the message, `dedup_key` of the incident."""

    receipt: Receipt | None
    dedup_key: str


class Shared(NamedTuple):
    """Of the fallbacks of a group, by name: those that a group of their destination has `taken` over, and resolves
    there; and those `beside` which such a group has something open."""

    taken: frozenset[str]
    beside: Beside


Holders = Sequence[tuple[Target, str]]
"""Integrations at one destination, each with a group that may have something open there."""


@dataclass(frozen=True, kw_only=True)
class Headers:
    """Reads headers for one flush of the group `gid`: each once, and `READ` of them at a time. Where the table does not
    answer, nothing is open."""

    gid: str
    groups: Groups
    log: Callable[..., None]
    found: dict[str, GroupHeader | None] = field(default_factory=dict)

    def read(self, gids: Iterable[str]) -> None:
        """Reads those that have not been read, all in one request."""
        missing = sorted(set(gids) - set(self.found) - {self.gid})[:READ]
        if missing:
            self.found.update(dict.fromkeys(missing))
            try:
                self.found.update(self.groups.headers(missing))
            except StoreFailure as failure:
                self.log("store_failing", gid=self.gid, failure=str(failure))

    def ledger(self, gid: str) -> Ledger | None:
        """Returns the ledger of a group whose header was read; None where it has none."""
        found = self.found.get(gid)
        return found.ledger if found else None


@dataclass(frozen=True, kw_only=True)
class Destinations:
    """Looks up, for one flush, what other groups have open at a destination. `root` is the route tree's. Before a
    message of its own a group asks only while it is `in_time`: it must go out."""

    site: Site
    root: Route
    targets: Targets
    headers: Headers
    in_time: Callable[[], bool] = lambda: True

    def held_open(self, target: Target, about: About) -> Held | None:
        """Returns what holds all these alerts open at the target's destination; None where one is not held, and the
        target is to be notified."""
        own = {key: self._own(target, labels) for key, labels in about.items()}
        fallbacks = {key: self._fallbacks(target, labels) for key, labels in about.items()}
        self.headers.read(gid for holders in (*own.values(), *fallbacks.values()) for _, gid in holders)
        found = [self._held(key, own[key]) or self._served(key, target, fallbacks[key]) for key in about]
        return found[0] if all(found) and found else None

    def served(self, target: Target, about: About) -> Mapping[str, Held]:
        """Returns, by key, the alerts that a fallback of another group has announced at the target's destination."""
        if not self.in_time():
            return {}
        by_key = {key: self._fallbacks(target, labels) for key, labels in about.items()}
        self.headers.read(gid for holders in by_key.values() for _, gid in holders)
        found = {key: self._served(key, target, holders) for key, holders in by_key.items()}
        return {key: held for key, held in found.items() if held}

    def serving(self, target: Target, labels: Labels) -> Iterator[str]:
        """Yields the groups of whose headers `served` asks for an alert with these labels."""
        for _, gid in self._fallbacks(target, labels):
            if gid != self.headers.gid:
                yield gid

    def shared(self, ledger: Ledger, about: About, targets: Iterable[Target]) -> Shared:
        """Returns what of this group's fallbacks the groups of their destinations have taken over: the message or the
        incident; where it is none that can be named apart, all these alerts."""
        taken, beside = set(), {}
        for target in targets:
            own = {key: self._own(target, labels) for key, labels in about.items()}
            self.headers.read(gid for holders in own.values() for _, gid in holders)
            name = str(target.integration)
            theirs = partial(_taken, ledger.receipts.get(name), fallback_key(self.site, name, self.headers.gid))
            by_key = {
                key: [(found, other) for other, gid in holders if (found := self.headers.ledger(gid))]
                for key, holders in own.items()
            }
            if by_key and all(any(theirs(key, *one) for one in found) for key, found in by_key.items()):
                taken.add(name)
            elif open_ := frozenset(key for found in by_key.values() for one, _ in found for key in one.firing):
                beside[name] = open_
        return Shared(frozenset(taken), beside)

    def _held(self, key: str, own: Holders) -> Held | None:
        for other, gid in own:
            ledger = self.headers.ledger(gid)
            if ledger and key in ledger.firing - ledger.unsure:
                return Held(receipt=ledger.receipts.get(str(other.integration)), dedup_key=ledger.dedup_key)
        return None

    def _served(self, key: str, target: Target, fallbacks: Holders) -> Held | None:
        for via, gid in fallbacks:
            ledger, name = self.headers.ledger(gid), str(via.integration)
            if ledger and not events_at([key], [name]).isdisjoint(ledger.events_at):
                return Held(receipt=None, dedup_key="")
            if ledger and key in ledger.fallback_firing and _has_announced(name, ledger):
                receipt = replace(ledger.receipts[name], integration=target.integration)
                return Held(receipt=receipt, dedup_key=fallback_key(self.site, name, gid))
        return None

    def _own(self, target: Target, labels: Labels) -> Holders:
        """Returns the integrations of the same destination that an alert is routed to."""
        return [
            (other, group_id(other.integration, route, labels))
            for route in match_routes(self.root, labels)
            for other in self.targets.at.get(route.receiver, ())
            if _reaches(other, target)
        ]

    def _fallbacks(self, target: Target, labels: Labels) -> Holders:
        """Returns the fallbacks at the target's destination that stand behind where an alert is routed to, each with
        the group that it serves."""
        found: list[tuple[Target, str]] = []
        for route in match_routes(self.root, labels):
            stages = self.targets.stages.get(route.receiver, ())
            if behind := [via for stage in stages for via in stage if _reaches(via, target)]:
                origins = self.targets.at.get(route.receiver, ())
                gids = [group_id(origin.integration, route, labels) for origin in origins]
                found += [(via, gid) for via in behind for gid in gids]
        return found


def nearby_groups(
    lease: Lease, group: GroupState, members: Sequence[Member], *, target: Target | None, places: Destinations
) -> frozenset[str]:
    """Returns the groups whose headers are to be read with the facts, so that the page of a new alert waits for one
    request less; none where they are many, which are read for what is notified alone."""
    known = group.ledger.firing - group.ledger.unsure
    new = [m for m in members if m.key not in known and is_firing(m, lease.began)]
    if target is None or len(new) > NEARBY:
        return frozenset()
    found = frozenset(gid for member in new for gid in places.serving(target, member.alert.labels))
    return found if len(found) <= NEARBY else frozenset()


def note_nearby(nearby: frozenset[str], facts: Facts, *, places: Destinations) -> None:
    """Keeps what was read of these groups; where it was not, they are read when they are asked for."""
    if facts.headers is not None:
        places.headers.found.update((gid, facts.headers.get(gid)) for gid in nearby)


def _has_announced(name: str, ledger: Ledger) -> bool:
    """Returns whether this fallback certainly announced something: it gave a receipt, and owes nothing. One that did
    not answer is among the fallbacks too, while another one took what it was asked."""
    return name in ledger.fallbacks and name in ledger.receipts and name not in ledger.fallbacks_owed


def _reaches(other: Target, target: Target) -> bool:
    """Returns whether everybody who reads the target reads the other one too."""
    if other.settings == target.settings:
        return True
    if other.integration.channel != target.integration.channel:
        return False
    place = target.settings.destination
    return bool(place) and place <= other.settings.destination


def _taken(receipt: Receipt | None, dedup_key: str, key: str, ledger: Ledger, other: Target) -> bool:
    if not ledger.firing:
        return False
    theirs = ledger.receipts.get(str(other.integration))
    if other.settings.resolves_by_key:
        return ledger.dedup_key == dedup_key
    if receipt and receipt.ref and other.settings.can_edit:
        return theirs is not None and theirs.ref == receipt.ref
    return key in ledger.firing - ledger.unsure
