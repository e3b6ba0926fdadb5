"""Reads the facts beside a group in one batch: once for all groups that one invocation flushes, where they need the
same.

An alert that several integrations are notified of has a group at each, and each asks for the same alert, inhibitors and
silences. So what the first flush of an invocation reads is kept for those that follow within seconds. What a group
stands for is never kept: its lease and its members are read anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alertrelay.alert import JUDGED, severity_rank
from alertrelay.config.model import InhibitRule
from alertrelay.nflog.group_state import GroupState, Member
from alertrelay.notify.mute import live_members
from alertrelay.policy import inhibit
from alertrelay.state import Facts, Lookup, StoreFailure

BATCH = 98
"""Items beside the silences and the mark of those that sleep in the one batch that a flush reads."""
SERVICES = 5
"""Services of a group whose anomalies its messages may name."""
OBJECTIVES = 5
"""Objectives of a group whose error budgets its messages may show."""
ANOMALIES = 5
"""Anomalies of a group of which its messages may show what people said."""
FRESH = timedelta(seconds=5)
"""So long facts serve the next group: a silence that is made meanwhile might have come too late for it anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsWanted:
    """What a flush asks for: alerts by key, each with the order of the update that the group has of it."""

    alerts: Mapping[str, str]
    inhibitors: frozenset[tuple[str, str]]
    services: frozenset[str]
    objectives: frozenset[str]
    judged: frozenset[str]
    headers: frozenset[str]
    """Of groups with a fallback at the same destination: read anew for each group, since a flush may change them."""

    def __len__(self) -> int:
        parts = (self.alerts, self.inhibitors, self.services, self.objectives, self.judged, self.headers)
        return sum(len(part) for part in parts)

    def covers(self, other: FactsWanted) -> bool:
        """Returns whether the other asks for nothing else."""
        return (
            other.alerts.keys() <= self.alerts.keys()
            and other.inhibitors <= self.inhibitors
            and other.services <= self.services
            and other.objectives <= self.objectives
            and other.judged <= self.judged
        )

    def with_more(self, more: FactsWanted) -> FactsWanted:
        """Returns both, or this alone where they are too much for one batch."""
        both = FactsWanted(
            alerts={**more.alerts, **self.alerts},
            inhibitors=self.inhibitors | more.inhibitors,
            services=self.services | more.services,
            objectives=self.objectives | more.objectives,
            judged=self.judged | more.judged,
            headers=self.headers,
        )
        return both if len(both) <= BATCH else self


@dataclass(slots=True, kw_only=True)
class SeenFacts:
    """The facts that an invocation read last, at `at`, and what it had asked for. `expected`: members of other groups
    that it is about to flush, of which the first asks along."""

    expected: Sequence[Member] = ()
    asked: FactsWanted | None = None
    found: Facts = field(default_factory=Facts)
    at: datetime | None = None

    def answers(self, wanted: FactsWanted, now: datetime) -> bool:
        """Returns whether they were read just now, and show each alert as new as the group has it."""
        if self.at is None or self.asked is None or not timedelta() <= now - self.at < FRESH:
            return False
        alerts = self.found.alerts
        return self.asked.covers(wanted) and all(
            key in alerts and alerts[key].order_key >= order_key for key, order_key in wanted.alerts.items()
        )


def look_up(
    group: GroupState,
    members: Sequence[Member],
    nearby: frozenset[str],
    *,
    rules: Sequence[InhibitRule],
    lookup: Lookup,
    forwarder: str,
    seen: SeenFacts,
    now: datetime,
    log: Callable[..., None],
) -> Facts:
    """Reads in one batch the alerts that may be notified, their possible inhibitors, the silences, the anomalies of the
    services, what people said of anomalies, the error budgets, and the headers of the groups `nearby` (notify/held.py);
    or returns what was read for another group just now, without these headers. Returns nothing where the table fails,
    and then nothing is muted."""
    live = live_members(group, members, now)
    # What has been notified is shown rarely, but it is not repeated while it is inhibited.
    known = group.ledger.firing - group.ledger.unsure
    wanted = _wanted([m for m in live if m.key not in known], live, members, rules, nearby)
    if seen.answers(wanted, now):
        # Of other alerts this group may know newer updates: only what it asks for was compared.
        return replace(seen.found, alerts={key: seen.found.alerts[key] for key in wanted.alerts})
    wanted = wanted.with_more(_wanted(seen.expected, seen.expected, seen.expected, rules)) if seen.expected else wanted
    try:
        found = lookup.facts(
            alerts=list(wanted.alerts),
            inhibitors=sorted(wanted.inhibitors),
            services=sorted(wanted.services),
            objectives=sorted(wanted.objectives),
            judged=sorted(wanted.judged),
            waking=forwarder,
            headers=sorted(wanted.headers),
        )
    except StoreFailure as failure:
        log("mutes_not_asked", failure=str(failure))
        return Facts()
    seen.asked, seen.found, seen.at = wanted, replace(found, headers=None), now
    return found


def _wanted(
    new: Iterable[Member],
    live: Iterable[Member],
    members: Sequence[Member],
    rules: Sequence[InhibitRule],
    nearby: frozenset[str] = frozenset(),
) -> FactsWanted:
    services, objectives = _named(members, "service")[:SERVICES], _named(members, "slo")[:OBJECTIVES]
    pairs = {(key.rule, key.equal) for m in live for key in inhibit.questions(rules, m.alert.labels)}
    judged = [m.alert.fingerprint for m in members if m.alert.labels.get("alertname") == JUDGED[1]][:ANOMALIES]
    shown = sorted(new, key=lambda m: (-severity_rank(m.alert.labels), m.alert.starts_at))
    shown = shown[: max(0, BATCH - len(services) - len(objectives) - len(judged) - len(pairs) - len(nearby))]
    return FactsWanted(
        alerts={m.key: m.order_key for m in shown},
        inhibitors=frozenset(pairs),
        services=frozenset(services),
        objectives=frozenset(objectives),
        judged=frozenset(judged),
        headers=nearby,
    )


def _named(members: Iterable[Member], label: str) -> list[str]:
    """Returns the values of a label, each once."""
    values = (member.alert.labels.get(label, "") for member in members)
    return list(dict.fromkeys(value for value in values if value))
