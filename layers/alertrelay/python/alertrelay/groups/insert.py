"""Route an update, remember it, and put it in its groups: the alert first, then each member.

Order and dedupe are the table's conditions: an update that is older than the stored one is stale, and an equal one
goes on, since it may be the retry of an attempt that crashed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from alertrelay.alert import Alert, Integration, Labels, severity_rank
from alertrelay.groups.bounded import bounded
from alertrelay.groups.outcomes import of_alert, of_member
from alertrelay.nflog.dedup import unsettled
from alertrelay.nflog.ledger import AlertItem, Header, Member, MemberStatus, Standing
from alertrelay.notification import Outcome, Reason
from alertrelay.policy.group_key import channel_of, clock_of, group_id, group_key, group_labels, key_of, order_of
from alertrelay.policy.inhibit import InhibitKey, source_entries
from alertrelay.policy.route import match_routes
from alertrelay.ports import Relay, SelfAlert

ALERT_KEPT = timedelta(days=30)
"""An alert's latest state, after its end or as an event. While it fires it is kept without end."""
MEMBER_KEPT = timedelta(days=3)
BEHIND = timedelta(minutes=5)
"""By so much an update that is refused as stale is late; beyond, a clock may be wrong."""
_STALE = (
    f"An update is more than {BEHIND.seconds // 60} minutes older than the one known of its alert, by their clocks, and"
    " was not notified (reason stale). Where nothing old was sent again, a source's clock is wrong: the log lines"
    " `stale_update` name the alerts."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """One alert update. `k` orders it among the updates of its alert."""

    alert: Alert
    key: str
    k: str


@dataclass(slots=True, kw_only=True)
class Joining:
    """What joins one group. `header` is the identity of a group that may be new; None where only an end joins it.

    `replaced` are the updates that stood in the group until now.
    `repeated` holds the keys of updates that came before: a first attempt may have died while it held the group.
    """

    header: Header | None
    updates: list[Update] = field(default_factory=list)
    replaced: list[Member] = field(default_factory=list)
    repeated: set[str] = field(default_factory=set)


def updates_of(alerts: Iterable[Alert], *, received: datetime) -> list[Update]:
    """`received` is when the message reached its topic: the clock of sources that have none, or one that is wrong."""
    times_right = (bounded(alert, received=received) for alert in alerts)
    return [
        Update(alert=alert, key=key_of(alert.state_key), k=order_of(alert, received=received, index=index))
        for index, alert in enumerate(times_right)
    ]


def groups_for(relay: Relay, labels: Labels, *, every_channel: bool = False) -> dict[str, Header]:
    """The groups of this forwarder (or of all) that a firing alert belongs to, by the route tree alone."""
    found = {}
    for route in match_routes(relay.config.route, labels):
        receiver = relay.config.receiver(route.receiver)
        for target in receiver.targets if receiver else ():
            if every_channel or target.integration.channel in relay.channels:
                header = Header(
                    integration=target.integration,
                    route_id=route.id,
                    group_key=group_key(route, labels),
                    group_labels=group_labels(route, labels),
                    config_hash=relay.config.hash,
                )
                found[group_id(target.integration, route, labels)] = header
    return found


def say_not_ours(relay: Relay, alert: Alert) -> None:
    """Accounts for an alert that this forwarder tells nobody: by name where nobody at all is told."""
    receivers = [relay.config.receiver(route.receiver) for route in match_routes(relay.config.route, alert.labels)]
    told = any(receiver and receiver.targets for receiver in receivers)
    if told:
        relay.log("not_this_forwarder", fingerprint=alert.fingerprint, reason=Reason.NOT_OURS)
    elif relay.speaks_for_nobody:
        names = ", ".join(sorted({r.name for r in receivers if r}))
        relay.emit(of_alert(alert, "suppressed", Reason.NO_INTEGRATIONS, receiver=names))


def join(relay: Relay, updates: Sequence[Update]) -> dict[str, Joining]:
    """Writes every update down and returns the groups that have one to look at. Raises StoreFailure."""
    groups: dict[str, Joining] = {}
    for update in updates:
        join_one(relay, update, groups)
    return groups


def join_one(relay: Relay, update: Update, groups: dict[str, Joining]) -> None:
    """Write one update down and add it to the groups that have to look at it. Raises StoreFailure."""
    written, homes = (_remember_end if update.alert.status == "resolved" else _remember)(relay, update)
    if written:
        _note_as_source(relay, update)
    for gid, header in homes.items():
        put, before = relay.store.put_member(gid, member_of(relay, update)) if written else (False, None)
        joining = groups.setdefault(gid, Joining(header=header))
        joining.header = joining.header or header
        if written:
            joining.updates.append(update)
        if not put:
            joining.repeated.add(update.key)
        elif before:
            joining.replaced.append(before)


def _remember(relay: Relay, update: Update) -> tuple[bool, Mapping[str, Header | None]]:
    homes = groups_for(relay, update.alert.labels)
    if not homes:
        say_not_ours(relay, update.alert)
        if not _entries(relay, update.alert):
            return False, {}
    written, item = relay.store.put_alert(_item(relay, update), homes=homes)
    if not written:
        why = _why_refused(relay, update, item)
        for header in homes.values():
            relay.emit(of_alert(update.alert, "suppressed", why, integration=header.integration))
    return written, homes


def _remember_end(relay: Relay, update: Update) -> tuple[bool, Mapping[str, Header | None]]:
    """An end goes to every group that the alert was put in, never by the end's own labels."""
    written, item = relay.store.put_alert(_item(relay, update), homes=())
    if written and not item.homes and relay.speaks_for_nobody:
        relay.emit(of_alert(update.alert, "suppressed", Reason.NOT_ANNOUNCED))
    if not written and relay.speaks_for_nobody:
        relay.emit(of_alert(update.alert, "suppressed", _why_refused(relay, update, item)))
    ours = sorted(gid for gid in item.homes if channel_of(gid) in relay.channels)
    return written, dict.fromkeys(ours)


def _note_as_source(relay: Relay, update: Update) -> None:
    """Where the alert may inhibit others it stands under the rule and its equal values while it fires. An entry that
    outlives its alert does no harm: a flush asks the alert itself."""
    for entry in _entries(relay, update.alert):
        relay.store.note_source(entry, update.key, fires=update.alert.status == "firing")


def _entries(relay: Relay, alert: Alert) -> Sequence[InhibitKey]:
    """What this forwarder notes an alert under, whatever its receivers: a source often tells nobody itself."""
    rules = relay.config.inhibit_rules
    return source_entries(rules, alert.labels, kind=alert.kind) if relay.notes_sources else ()


def _why_refused(relay: Relay, update: Update, stored: AlertItem) -> Reason:
    if stored.k == update.k:
        return Reason.DUPLICATE
    behind = clock_of(stored.k) - clock_of(update.k)
    if behind > BEHIND:
        seconds = int(behind.total_seconds())
        relay.log("stale_update", state_key=update.alert.state_key, status=update.alert.status, seconds=seconds)
        # One text for all, so that its sender can limit it.
        relay.tell_ops(SelfAlert(name="StaleUpdate", text=_STALE))
    return Reason.STALE


def _item(relay: Relay, update: Update) -> AlertItem:
    alert = update.alert
    keeps = alert.status == "firing" and alert.kind == "alert" and not alert.ends_at
    return AlertItem(
        key=update.key,
        k=update.k,
        rank=severity_rank(alert.labels),
        alert=alert,
        expires=None if keeps else max(relay.clock.now(), _announced_end(alert)) + ALERT_KEPT,
    )


def member_of(relay: Relay, update: Update) -> Member:
    """The update as it stands in each of its groups."""
    alert, now = update.alert, relay.clock.now()
    firing: MemberStatus = "event" if alert.kind == "event" else "firing"
    status: MemberStatus = "resolved" if alert.status == "resolved" else firing
    return Member(
        key=update.key,
        k=update.k,
        status=status,
        state_key=alert.state_key,
        fingerprint=alert.fingerprint,
        labels=alert.labels,
        starts_at=alert.starts_at,
        at=now,
        ends_at=alert.ends_at if status == "firing" else None,
        expires=None if status == "firing" and not alert.ends_at else max(now, _announced_end(alert)) + MEMBER_KEPT,
    )


def _announced_end(alert: Alert) -> datetime:
    return alert.ends_at or alert.starts_at


def outcomes_of_replaced(joining: Joining, header: Standing | None) -> Iterator[Outcome]:
    """Updates that were still to be told when a newer one of their alert took their place."""
    ends = {update.key for update in joining.updates if update.alert.status == "resolved"}
    integration = integration_of(joining, header)
    for before in joining.replaced:
        if unsettled(before, header):
            early = before.status != "resolved" and before.key in ends
            yield of_member(before, Reason.RESOLVED_EARLY if early else Reason.SUPERSEDED, integration)


def integration_of(joining: Joining, header: Standing | None) -> Integration | None:
    """Whose group it is, where that is known."""
    known = header or joining.header
    return known.integration if known else None
