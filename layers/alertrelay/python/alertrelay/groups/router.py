"""Finds the groups of this forwarder that an alert belongs to, by the route tree alone, and its keys as a
source."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from alertrelay.alert import Alert, Channel, Labels
from alertrelay.config.model import Config, Route, Target
from alertrelay.groups.outcomes import of_alert
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity
from alertrelay.notification import Reason
from alertrelay.policy.group_key import group_id, group_key, group_labels
from alertrelay.policy.inhibit import InhibitKey, source_entries
from alertrelay.policy.route import match_routes
from alertrelay.ports import Telemetry


@dataclass(frozen=True, slots=True, kw_only=True)
class Router:
    """The part of the routing that a forwarder does.

    `channels` are those whose integrations it handles. `accounts_for_unrouted` marks the one forwarder that records
    the outcome of alerts that end at an empty receiver, and keeps them in a group of `unrouted_channel`;
    `notes_sources` the one that notes what may inhibit others, whatever receivers that has.
    """

    config: Config
    channels: frozenset[Channel]
    accounts_for_unrouted: bool
    notes_sources: bool
    unrouted_channel: Channel


def groups_for(
    router: Router, labels: Labels, *, every_channel: bool = False, escalates: bool = True
) -> dict[str, GroupHeader]:
    """Returns the groups of this forwarder (or of all) that a firing alert belongs to, by gid; with those in which a
    critical alert waits to be escalated, if it `escalates`."""
    found = own_groups(router, labels, every_channel=every_channel)
    if not (escalates and router.config.escalation) or labels.get("severity") != "critical":
        return found
    routes = match_routes(router.config.route, labels)
    notified = [route for route in routes if any(_targets(router, [route.receiver], every_channel=True))]
    for tier in router.config.escalation if notified else ():
        by = router.config.route_of(tier.route_id)
        if by:
            # Grouped as by the first of its own routes: what is one message there is one message here.
            route = replace(by, group_by=notified[0].group_by)
            targets = _targets(router, tier.receivers, every_channel=every_channel)
            found |= dict(_groups(router, route, targets, labels))
    return found


def own_groups(router: Router, labels: Labels, *, every_channel: bool = False) -> dict[str, GroupHeader]:
    """Returns the groups that the route tree alone leads to."""
    found: dict[str, GroupHeader] = {}
    for route in match_routes(router.config.route, labels):
        targets = _targets(router, [route.receiver], every_channel=every_channel)
        found |= dict(_groups(router, route, targets, labels))
    return found


def _targets(router: Router, names: Sequence[str], *, every_channel: bool) -> Iterator[Target]:
    for receiver in filter(None, map(router.config.receiver, names)):
        for target in receiver.targets:
            if every_channel or target.integration.channel in router.channels:
                yield target


def _groups(
    router: Router, route: Route, targets: Iterable[Target], labels: Labels
) -> Iterator[tuple[str, GroupHeader]]:
    targets = list(targets)
    if not targets:  # most routes lead to another forwarder's channels
        return
    key, named = group_key(route, labels), group_labels(route, labels)
    for target in targets:
        identity = GroupIdentity(integration=target.integration, route_id=route.id, group_key=key, group_labels=named)
        yield (
            group_id(target.integration, route, labels),
            GroupHeader(identity=identity, config_hash=router.config.hash),
        )


def inhibitor_entries(router: Router, alert: Alert) -> Sequence[InhibitKey]:
    """Returns what this forwarder notes an alert under, whatever its receivers: a source often notifies nobody
    itself."""
    return source_entries(router.config.inhibit_rules, alert.labels, kind=alert.kind) if router.notes_sources else ()


def account_for_unrouted(router: Router, alert: Alert, telemetry: Telemetry) -> bool:
    """Records why this forwarder does not notify: by name where nobody at all is notified, which is returned."""
    routes = match_routes(router.config.route, alert.labels)
    receivers = [router.config.receiver(route.receiver) for route in routes]
    if any(receiver and receiver.targets for receiver in receivers):
        telemetry.log("not_this_forwarder", fingerprint=alert.fingerprint, reason=Reason.NOT_OURS)
        return False
    if router.accounts_for_unrouted:
        names = ", ".join(sorted({receiver.name for receiver in receivers if receiver}))
        telemetry.emit(of_alert(alert, "suppressed", Reason.NO_INTEGRATIONS, receiver=names))
    return True
