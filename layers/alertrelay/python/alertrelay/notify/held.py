"""Finds what is open at a destination already, so that nobody hears of one alert twice in one place.

A fallback to a destination that holds the alert open, by a group of its own or by another group's fallback, is an
annotation there; and a group that announces what a fallback has announced at its destination takes over that message
or incident.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

from alertrelay.alert import Labels
from alertrelay.config.model import Config, Target
from alertrelay.nflog.group_state import GroupHeader
from alertrelay.nflog.ledger import Ledger, events_at
from alertrelay.notification import Receipt
from alertrelay.notify.compose import Site, fallback_key
from alertrelay.policy.group_key import group_id
from alertrelay.policy.route import match_routes
from alertrelay.state import Groups, StoreFailure

READ = 100
"""Headers in one request."""
About = Mapping[str, Labels]
"""Alerts by key, each with its labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An open message or incident: `receipt` of the message, `dedup_key` of the incident."""

    receipt: Receipt | None
    dedup_key: str


class Shared(NamedTuple):
    """Of the fallbacks of a group, by name: those that a group of their destination has `taken` over, and resolves
    there; and for those `beside` which such a group has something open, the keys of that."""

    taken: frozenset[str]
    beside: Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Destinations:
    """Looks up, for one flush of the group `gid`, what other groups have open at a destination. Each header is read
    once, and `READ` of them at a time; where the table does not answer, nothing is open. Before a message of its own a
    group asks only while it is `in_time`: it must go out."""

    gid: str
    site: Site
    config: Config
    groups: Groups
    log: Callable[..., None]
    in_time: Callable[[], bool] = lambda: True
    headers: dict[str, GroupHeader | None] = field(default_factory=dict)

    def held_open(self, target: Target, about: About) -> Held | None:
        """Returns what holds all these alerts open at the target's destination; None where one is not held, and the
        target is to be notified."""
        self._read(target, about, own=True, fallbacks=True)
        found = [self._held(key, target, labels) or self._served(key, target, labels) for key, labels in about.items()]
        return found[0] if all(found) and found else None

    def served(self, target: Target, about: About) -> Mapping[str, Held]:
        """Returns, by key, the alerts that a fallback of another group has announced at the target's destination."""
        if not self.in_time():
            return {}
        self._read(target, about, own=False, fallbacks=True)
        found = {key: self._served(key, target, labels) for key, labels in about.items()}
        return {key: held for key, held in found.items() if held}

    def shared(self, ledger: Ledger, about: About, targets: Iterable[Target]) -> Shared:
        """Returns what of this group's fallbacks the groups of their destinations have taken over: the message or the
        incident; where it is none that can be named apart, all these alerts."""
        taken, beside = set(), {}
        for target in targets:
            self._read(target, about, own=True, fallbacks=False)
            name = str(target.integration)
            theirs = partial(_taken, ledger.receipts.get(name), fallback_key(self.site, name, self.gid))
            by_key = {
                key: [(found, other) for other, gid in self._siblings(target, labels) if (found := self._ledger(gid))]
                for key, labels in about.items()
            }
            if by_key and all(any(theirs(key, *one) for one in found) for key, found in by_key.items()):
                taken.add(name)
            elif open_ := frozenset(key for found in by_key.values() for one, _ in found for key in one.firing):
                beside[name] = open_
        return Shared(frozenset(taken), beside)

    def _held(self, key: str, target: Target, labels: Labels) -> Held | None:
        for other, gid in self._siblings(target, labels):
            ledger = self._ledger(gid)
            if ledger and key in ledger.firing - ledger.unsure:
                return Held(receipt=ledger.receipts.get(str(other.integration)), dedup_key=ledger.dedup_key)
        return None

    def _served(self, key: str, target: Target, labels: Labels) -> Held | None:
        for via, gid in self._served_by(target, labels):
            ledger, name = self._ledger(gid), str(via.integration)
            if ledger and not events_at([key], [name]).isdisjoint(ledger.events_at):
                return Held(receipt=None, dedup_key="")
            if ledger and key in ledger.fallback_firing and name in ledger.fallbacks:
                receipt = ledger.receipts.get(name)
                mine = replace(receipt, integration=target.integration) if receipt else None
                return Held(receipt=mine, dedup_key=fallback_key(self.site, name, gid))
        return None

    def _ledger(self, gid: str) -> Ledger | None:
        found = self.headers.get(gid)
        return found.ledger if found else None

    def _read(self, target: Target, about: About, *, own: bool, fallbacks: bool) -> None:
        """Reads the headers that these alerts may be held by, all in one request."""
        wanted = {gid for labels in about.values() for _, gid in self._siblings(target, labels) if own}
        wanted |= {gid for labels in about.values() for _, gid in self._served_by(target, labels) if fallbacks}
        missing = sorted(wanted - set(self.headers) - {self.gid})[:READ]
        if missing:
            self.headers.update(dict.fromkeys(missing))
            try:
                self.headers.update(self.groups.headers(missing))
            except StoreFailure as failure:
                self.log("store_failing", gid=self.gid, failure=str(failure))

    def _siblings(self, target: Target, labels: Labels) -> Iterator[tuple[Target, str]]:
        """Yields the integrations of the same destination that an alert is routed to, each with its group."""
        for route in match_routes(self.config.route, labels):
            receiver = self.config.receiver(route.receiver)
            for other in receiver.targets if receiver else ():
                if other.settings == target.settings:
                    yield other, group_id(other.integration, route, labels)

    def _served_by(self, target: Target, labels: Labels) -> Iterator[tuple[Target, str]]:
        """Yields the fallbacks at the target's destination that stand behind where an alert is routed to, each with the
        group that it serves."""
        for route in match_routes(self.config.route, labels):
            receiver = self.config.receiver(route.receiver)
            stages = self.config.fallbacks.get(route.receiver, ())
            behind = [found for stage in stages for name in stage if (found := self.config.receiver(name))]
            for via in (one for each in behind for one in each.targets if one.settings == target.settings):
                for origin in receiver.targets if receiver else ():
                    yield via, group_id(origin.integration, route, labels)


def _taken(receipt: Receipt | None, dedup_key: str, key: str, ledger: Ledger, other: Target) -> bool:
    if not ledger.firing:
        return False
    theirs = ledger.receipts.get(str(other.integration))
    if other.settings.resolves_by_key:
        return ledger.dedup_key == dedup_key
    if receipt and receipt.ref and other.settings.can_edit:
        return theirs is not None and theirs.ref == receipt.ref
    return key in ledger.firing - ledger.unsure
