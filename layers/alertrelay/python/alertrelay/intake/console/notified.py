"""Shows what became of an alert at each integration, by the ledgers of its groups."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Literal

from alertrelay.alert import Integration, Labels, rfc3339
from alertrelay.config.model import Config
from alertrelay.groups.reroute import DIGEST
from alertrelay.intake.view import Listed
from alertrelay.nflog.group_state import GroupState
from alertrelay.policy.acknowledgement import standing
from alertrelay.policy.rehearsal import targets_of
from alertrelay.state import Groups

State = Literal[
    "notified", "by_fallback", "pending", "failing", "uncertain", "in_digest", "quiet", "escalates", "acknowledged"
]
"""`escalates` and `acknowledged` are of a tier that was not called yet: it will be, or somebody is on the alert."""


def notifications(config: Config, groups: Groups, one: Listed) -> list[dict[str, Any]]:
    """Returns what each group that the alert was put in did, and where it is still to arrive; by integration, the tiers
    of its escalation last. Raises StoreFailure."""
    tiers = {tier.route_id: tier.number for tier in config.escalation}
    found = {gid: state for gid in sorted(one.item.groups) if (state := groups.state(gid))}
    shown = [_of_group(state, one, tiers.get(state.identity.route_id, 0)) for state in found.values()]
    if one.item.alert.status == "firing":
        shown += _awaited(config, one, set(found))
    return sorted(shown, key=lambda each: (each["tier"], str(each["integration"])))


def _awaited(config: Config, one: Listed, known: set[str]) -> Iterator[dict[str, Any]]:
    """Yields the integrations that no group has it for yet: it was posted a moment ago, or the configuration has
    changed since."""
    for target in targets_of(config, one.item.alert.labels):
        if target.gid not in known:
            state: State = "quiet" if one.silenced or one.inhibited or one.muted else "pending"
            yield _entry(target.integration, {}, state)


def _of_group(state: GroupState, one: Listed, tier: int) -> dict[str, Any]:
    progress, ledger = state.progress, state.ledger
    entry = _entry(state.identity.integration, state.identity.group_labels, _state(state, one, tier))
    return entry | {
        "at": _time(progress.notified_at),
        "next": _time(state.schedule.next_due),
        "failures": progress.failures,
        "failingSince": _time(progress.failing_since),
        "fallbacks": sorted(ledger.fallbacks),
        "digest": state.identity.route_id == DIGEST,
        "tier": tier,
    }


def _entry(integration: Integration, labels: Labels, state: State) -> dict[str, Any]:
    return {
        "integration": str(integration),
        "receiver": integration.receiver,
        "channel": integration.channel,
        "group": dict(labels),
        "state": state,
        "at": None,
        "next": None,
        "failures": 0,
        "failingSince": None,
        "fallbacks": [],
        "digest": False,
        "tier": 0,
    }


def _state(state: GroupState, one: Listed, tier: int) -> State:
    key, ledger = one.item.key, state.ledger
    if key in ledger.storm:
        return "in_digest"
    if key in ledger.unsure or key in ledger.fallback_unsure:
        return "uncertain"
    if key in ledger.firing:
        return "notified"
    if key in ledger.fallback_firing:
        return "by_fallback"
    if one.item.alert.status != "firing" or one.silenced or one.inhibited or one.muted:
        return "quiet"
    if state.progress.failures or state.progress.failing_since:
        return "failing"
    if tier:
        return "acknowledged" if standing(one.item.acknowledged, one.item.alert) else "escalates"
    return "pending"


def _time(at: datetime | None) -> str | None:
    return rfc3339(at) if at else None
