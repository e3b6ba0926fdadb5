"""Holds an alert back in the group of a tier until nobody has acknowledged it for so long, and for good where a channel
that escalates by itself has it.

A tier is a group like any other: its members join with the alert, its first flush is due after the tier's time, and
its lease, ledger and resolves are those of every group. What is muted, silenced or inhibited does not come so far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alertrelay.channels import channel
from alertrelay.config.escalation import Tier
from alertrelay.config.model import Route, Target
from alertrelay.groups.router import Router, own_groups
from alertrelay.nflog.decision import Mute
from alertrelay.nflog.escalation import OwnGroup, due_at, in_incident, with_announced
from alertrelay.nflog.group_state import GroupHeader, GroupState, Member, is_firing
from alertrelay.notification import Reason
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content
from alertrelay.notify.targets import Targets
from alertrelay.policy.acknowledgement import standing
from alertrelay.policy.route import match_routes
from alertrelay.policy.time_interval import Intervals, muted
from alertrelay.ports import Telemetry
from alertrelay.state import Facts, Groups, StoreFailure

BATCH = 100
Tiers = Mapping[str, Tier]
"""By what stands in place of a route's id."""


def tiers_of(tiers: Iterable[Tier]) -> Tiers:
    """Returns the tiers by what stands in place of a route's id in their groups."""
    return {tier.route_id: tier for tier in tiers}


def hold_back(
    group: GroupState,
    members: Sequence[Member],
    facts: Facts,
    mutes: Mapping[str, Mute],
    *,
    tiers: Tiers,
    router: Router,
    groups: Groups,
    targets: Targets,
    intervals: Intervals,
    now: datetime,
    log: Callable[..., None],
) -> tuple[Mapping[str, Mute], datetime | None]:
    """Returns the mutes with those of what is not to be escalated now, and when the first of it is due. Nothing changes
    in a group of the route tree. A table that fails here holds nothing back."""
    tier = tiers.get(group.identity.route_id)
    if tier is None:
        return mutes, None
    held, asked = dict(mutes), list[Member]()
    for member in members:
        if member.key in held or not is_firing(member, now):
            continue
        if by := _acknowledged(member, facts):
            held[member.key] = Mute(reason=Reason.ACKNOWLEDGED, detail=by)
        elif member.key not in group.ledger.firing - group.ledger.unsure:
            asked.append(member)
    try:
        found = _own(asked, router, groups, targets)
    except StoreFailure as failure:
        log("escalation_not_asked", failure=str(failure))
        found = {}
    due = []
    for member in asked:
        mute = _mute(member, found.get(member.key, ()), tier, _quiet(router.config.route, member, intervals, now), now)
        if mute:
            held[member.key] = mute
            due += [mute.until] if mute.until and mute.until > now else []
    return held, min(due, default=None)


def _acknowledged(member: Member, facts: Facts) -> str:
    item = facts.alerts.get(member.key)
    by = member.alert.acknowledged or (standing(item.acknowledged, item.alert) if item else None)
    return f"by {by.by}" if by else ""


def _mute(member: Member, own: Sequence[OwnGroup], tier: Tier, quiet: str, now: datetime) -> Mute | None:
    if in_incident(member.key, own):
        return Mute(reason=Reason.IN_INCIDENT, detail="a channel that escalates by itself has it")
    if quiet:
        return Mute(reason=Reason.MUTED, detail=quiet)
    after = timedelta(seconds=tier.after)
    due = due_at(member.key, own, after=after, member=member, now=now)
    return Mute(reason=Reason.NOT_DUE, detail=f"tier {tier.number}", until=due) if due > now else None


def _quiet(root: Route, member: Member, intervals: Intervals, now: datetime) -> str:
    """Returns the time interval that mutes all routes of an alert, "" where one of them is not muted."""
    found = [muted(route, intervals, now) for route in match_routes(root, member.alert.labels)]
    return found[0].interval if found and all(found) and found[0] else ""


def _own(
    members: Sequence[Member], router: Router, groups: Groups, targets: Targets
) -> Mapping[str, Sequence[OwnGroup]]:
    """Reads the groups that the route tree leads these alerts to, by key. Raises StoreFailure."""
    gids = {member.key: tuple(own_groups(router, member.alert.labels, every_channel=True)) for member in members}
    wanted = sorted({gid for found in gids.values() for gid in found})
    headers: dict[str, GroupHeader] = {}
    for start in range(0, len(wanted), BATCH):
        headers |= groups.headers(wanted[start : start + BATCH])
    for gid, header in headers.items():
        if header.ledger is None:  # in chunks
            headers[gid] = groups.state(gid) or header
    found = {gid: _own_group(header, targets) for gid, header in headers.items()}
    return {key: [found[gid] for gid in own if gid in found] for key, own in gids.items()}


def _own_group(header: GroupHeader, targets: Targets) -> OwnGroup:
    names = header.ledger.fallbacks if header.ledger else ()
    paging = {name for name in names if (target := targets.named(name)) and _pages(target)}
    pages = channel(header.identity.integration.channel).pages
    return OwnGroup(header=header, incident=pages, incident_fallbacks=frozenset(paging))


def _pages(target: Target) -> bool:
    return channel(target.integration.channel).pages


def note_announced(
    content: Content, announced: Announced, *, tiers: Tiers, now: datetime, telemetry: Telemetry
) -> Announced:
    """Notes when each critical alert was announced first, by which its tiers are due; logs what a tier was notified
    of."""
    if not tiers:
        return announced
    identity, ledger = content.group.identity, announced.ledger
    tier = tiers.get(identity.route_id)
    if tier is None:
        critical = frozenset(
            key
            for key in content.decision.view.firing
            if key in content.members and content.members[key].alert.labels.get("severity") == "critical"
        )
        return replace(announced, ledger=with_announced(ledger, critical, now))
    before = content.group.ledger
    news = (ledger.firing | ledger.fallback_firing) - before.firing - before.fallback_firing
    for key in sorted(news & content.decision.own.new):
        member = content.members[key]
        telemetry.log(
            "escalated",
            fingerprint=member.alert.fingerprint,
            alertname=member.name,
            state_key=member.alert.state_key,
            tier=tier.number,
            receiver=identity.integration.receiver,
            after=int(tier.after),
        )
    return announced
