"""Routes an update, stores it, and puts it in its groups: the alert first, then each member.

Order and dedupe are the table's conditions: an update that is older than the stored one is stale, and an equal one
goes on, since it may be the retry of an attempt that crashed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple

from alertrelay.alert import Acknowledgement, Alert, severity_rank
from alertrelay.config.durations import ALERT_KEPT, MEMBER_KEPT
from alertrelay.groups.bounded import bounded
from alertrelay.groups.joining import Joining, Update
from alertrelay.groups.outcomes import of_alert, of_member, of_unknown_resolve
from alertrelay.groups.router import Router, account_for_unrouted, groups_for, inhibitor_entries, own_groups
from alertrelay.groups.unknown_resolves import fired_before, resolves_by_key, resolves_by_own_key
from alertrelay.groups.unrouted import is_kept, keep, unrouted_group
from alertrelay.nflog.dedup import unsettled
from alertrelay.nflog.group_state import AlertBrief, AlertItem, GroupHeader, Member, MemberStatus
from alertrelay.notification import Outcome, Reason
from alertrelay.policy.acknowledgement import standing
from alertrelay.policy.group_key import channel_of, clock_of, key_of, order_of
from alertrelay.ports import SelfAlert, Telemetry
from alertrelay.state import Alerts, Groups, Inhibitors

BEHIND = timedelta(minutes=5)
"""By so much an update that is refused as stale is late; beyond, a clock may be wrong."""
_STALE = (
    f"An update is more than {BEHIND.seconds // 60} minutes older than the latest one of its alert, by their clocks,"
    " and was not notified (reason stale). Unless old messages were sent again, a source's clock is wrong: the log"
    " lines `stale_update` name the alerts."
)


def updates_of(
    alerts: Iterable[Alert], *, received: datetime, late: bool = False, settled: bool = False
) -> list[Update]:
    """Orders alerts; `received` is when the message reached its topic: the clock of sources that have none, or one that
    is wrong."""
    possible = (bounded(alert, received=received) for alert in alerts)
    return [
        Update(
            alert=alert,
            key=_key(alert),
            order_key=order_of(alert, received=received, index=index),
            late=late,
            settled=settled,
        )
        for index, alert in enumerate(possible)
    ]


_TEXTS = ("summary", "description", "affected")
_NUMBER = re.compile(r"[^\w]{0,9}[0-9][0-9.,]{0,30}[^\w]{0,9}")
_IDENTITY = re.compile("[0-9]{9}")
"""So many digits in a row are no count but the name of something: an account."""


def _key(alert: Alert) -> str:
    """Returns the key that an alert stands under. Events of one identity that name different things, in a label or in
    their text, are different events: none replaces another before it was notified. One that only counts on is not."""
    if alert.kind != "event":
        return key_of(alert.state_key)
    words = set(alert.labels.get("resource", "").split(", "))
    words.update(*(alert.annotations.get(name, "").split() for name in _TEXTS))
    named = {word.strip(".,;:()") for word in words if not _NUMBER.fullmatch(word) or _IDENTITY.search(word)}
    return key_of(" ".join([alert.state_key, *sorted(named)]))


def insert(
    update: Update,
    joinings: dict[str, Joining],
    *,
    router: Router,
    alerts: Alerts,
    groups: Groups,
    inhibitors: Inhibitors,
    now: datetime,
    telemetry: Telemetry,
) -> bool:
    """Stores one update and adds it to `joinings`, by gid: the groups that have one to flush. Returns whether it must
    come again: a resolve that may have overtaken its firing. Raises StoreFailure."""
    store = _store_resolve if update.resolved else _store_firing
    stored = store(update, router, alerts, now, telemetry)
    written = stored.written
    if written:
        # An entry that outlives its alert does no harm: a flush asks the alert itself.
        for entry in inhibitor_entries(router, update.alert):
            inhibitors.note_source(entry, update.key, fires=update.alert.status == "firing")
    member = member_of(update, now, stored.acknowledged)
    if written:
        keep(stored.unrouted, member, groups, interval=router.config.route.group_interval, now=now)
    for gid, header in stored.headers.items():
        put, before = groups.put_member(gid, member) if written else (False, None)
        joining = joinings.setdefault(gid, Joining(header=header))
        joining.header = joining.header or header
        if written:
            joining.updates.append(update)
        if stored.doubted:
            joining.doubted.append(update)
        if put:
            joining.put[update.key] = member
            joining.replaced += [before] if before else []
        else:
            joining.repeated[update.key] = before or member
    return stored.unsettled


class _Stored(NamedTuple):
    """The result of storing an update: whether it was written, and the groups that it joins. `doubted`: its alert may
    be open in them although the table has not seen it fire; `unsettled`: that shows when the update comes again.
    `unrouted`: the group that keeps it although it leads to nobody. `acknowledged`: the alert's, of its present
    firing."""

    written: bool
    headers: dict[str, GroupHeader | None]
    doubted: bool = False
    unsettled: bool = False
    unrouted: Mapping[str, GroupHeader] = {}
    acknowledged: Acknowledgement | None = None


def _store_firing(update: Update, router: Router, alerts: Alerts, now: datetime, telemetry: Telemetry) -> _Stored:
    escalates = update.alert.kind == "alert"  # an event has nothing to acknowledge
    found, unrouted = groups_for(router, update.alert.labels, escalates=escalates), dict[str, GroupHeader]()
    if not found:
        nobody = account_for_unrouted(router, update.alert, telemetry)
        if nobody and is_kept(router, update.alert):
            unrouted = unrouted_group(router)
        elif not inhibitor_entries(router, update.alert):
            return _Stored(False, {})
    written, stored = alerts.put_alert(_item(update, now), groups=[*found, *unrouted])
    if not written:
        why = _why_refused(update, stored, telemetry)
        for header in found.values():
            integration = header.identity.integration
            telemetry.emit(of_alert(update.alert, "suppressed", why, integration=integration))
    overtaken = not written and stored.alert.status == "resolved" and stored.order_key > update.order_key
    if overtaken:
        # By now the table has seen it fire: what waits for that needs no resolve.
        alerts.add_groups(replace(member_of(update, now), order_key=stored.order_key), found)
    by = standing(stored.acknowledged, stored.alert)
    return _Stored(written, dict(found), doubted=overtaken and update.late, unrouted=unrouted, acknowledged=by)


def _store_resolve(update: Update, router: Router, alerts: Alerts, now: datetime, telemetry: Telemetry) -> _Stored:
    """Stores a resolve, and returns the groups that it goes to: all that the alert was put in, by the labels of its
    firing, and those in which it may be open although the table does not know it (groups/unknown_resolves.py)."""
    written, stored = alerts.put_alert(_item(update, now), groups=())
    if written and stored.from_elsewhere:
        key = update.alert.state_key
        telemetry.log(
            "resolve_from_elsewhere", state_key=key, opened_by=stored.opened_by, resolved_by=stored.resolved_by
        )
    kept = unrouted_group(router)
    unrouted = {gid: header for gid, header in kept.items() if gid in stored.groups and router.accounts_for_unrouted}
    if not written:
        _report_refused(update, router, _why_refused(update, stored, telemetry), telemetry)
    found: dict[str, GroupHeader | None] = dict.fromkeys(
        sorted(gid for gid in stored.groups if channel_of(gid) in router.channels and gid not in kept)
    )
    routed = groups_for(router, stored.alert.labels) if written else {}
    found |= {gid: header for gid, header in routed.items() if gid in found}
    # What was escalated is in the table, and never unknown: it was read there when it was.
    routed = own_groups(router, stored.alert.labels) if written else {}
    unknown = written and stored.groups <= set(kept)
    unseen = written and bool(routed) and not stored.groups and fired_before(update.alert)
    again = unseen and not update.settled and _notifies_unseen(router, routed.values())
    for gid, header in routed.items():
        by_key = resolves_by_key(router.config, header.identity.integration, stored.alert.labels)
        if by_key or (unseen and update.settled):
            found[gid] = header
        elif unknown:
            telemetry.emit(of_unknown_resolve(update.alert, header.identity.integration, comes_again=again))
    if unknown and router.accounts_for_unrouted and not own_groups(router, stored.alert.labels, every_channel=True):
        telemetry.emit(of_alert(update.alert, "suppressed", Reason.NOT_ANNOUNCED))
    return _Stored(written, found, doubted=unseen, unsettled=again, unrouted=unrouted)


def _notifies_unseen(router: Router, headers: Iterable[GroupHeader]) -> bool:
    """Returns whether a group is notified of a resolve that no table knows only when it comes again."""
    return any(not resolves_by_own_key(router.config, header.identity.integration) for header in headers)


def _report_refused(update: Update, router: Router, why: Reason, telemetry: Telemetry) -> None:
    """Reports a resolve that is not stored; one that came again, at each integration where it waited for that."""
    if router.accounts_for_unrouted:
        telemetry.emit(of_alert(update.alert, "suppressed", why))
    if update.settled and why is Reason.STALE:
        for header in own_groups(router, update.alert.labels).values():
            superseded = of_alert(
                update.alert, "suppressed", Reason.SUPERSEDED, integration=header.identity.integration
            )
            telemetry.emit(superseded)


def _why_refused(update: Update, stored: AlertItem, telemetry: Telemetry) -> Reason:
    if stored.order_key == update.order_key:
        return Reason.DUPLICATE
    behind = clock_of(stored.order_key) - clock_of(update.order_key)
    if behind > BEHIND:
        seconds = int(behind.total_seconds())
        telemetry.log("stale_update", state_key=update.alert.state_key, status=update.alert.status, seconds=seconds)
        # One text for all, so that its sender can limit it.
        telemetry.alert_ops(SelfAlert(name="StaleUpdate", text=_STALE))
    return Reason.STALE


def _item(update: Update, now: datetime) -> AlertItem:
    alert = update.alert
    keeps = alert.status == "firing" and alert.kind == "alert" and not alert.ends_at
    return AlertItem(
        key=update.key,
        order_key=update.order_key,
        rank=severity_rank(alert.labels),
        alert=alert,
        expires=None if keeps else max(now, alert.ends_at or alert.starts_at) + ALERT_KEPT,
        opened_by=origin_of(alert) if alert.status == "firing" else "",
        resolved_by=origin_of(alert) if update.resolved else "",
    )


def origin_of(alert: Alert) -> str:
    """Returns the origin of an update, as `cloudwatch 111122223333 eu-west-1`: its kind of source, and the account and
    region of the alarm's ARN, else those of its labels, else "-"."""
    parts = alert.state_key.split(":")
    arn = parts if len(parts) > 5 and parts[0] == "arn" else ()
    region, account = arn[3:5] if arn else (alert.labels.get("region", ""), alert.labels.get("account_id", ""))
    return " ".join("".join(part.split())[:64] or "-" for part in (alert.source, account, region))


def member_of(update: Update, now: datetime, acknowledged: Acknowledgement | None = None) -> Member:
    """Returns the update as it stands in each of its groups, with who is on its alert."""
    alert = update.alert
    status: MemberStatus = "resolved" if update.resolved else "event" if alert.kind == "event" else "firing"
    lasts = status == "firing" and not alert.ends_at
    return Member(
        key=update.key,
        order_key=update.order_key,
        status=status,
        at=now,
        expires=None if lasts else max(now, alert.ends_at or alert.starts_at) + MEMBER_KEPT,
        alert=AlertBrief(
            state_key=alert.state_key,
            fingerprint=alert.fingerprint,
            labels=alert.labels,
            starts_at=alert.starts_at,
            ends_at=alert.ends_at if status == "firing" else None,
            late=update.late and status == "firing",
            acknowledged=acknowledged,
        ),
    )


def outcomes_of_replaced(
    joining: Joining, header: GroupHeader | None, owing: GroupHeader | None = None
) -> Iterator[Outcome]:
    """Yields the outcome of each update that was still to be notified when a newer one of its alert took its place.
    `owing`: the group with its ledger, where that stands in chunks and a failed flush had something still to notify."""
    resolved = {update.key for update in joining.updates if update.resolved}
    integration = joining.identity_of(header)
    for before in joining.replaced:
        if unsettled(before, header) or (owing and unsettled(before, owing)):
            early = before.status != "resolved" and before.key in resolved
            yield of_member(before, Reason.RESOLVED_EARLY if early else Reason.SUPERSEDED, integration)
