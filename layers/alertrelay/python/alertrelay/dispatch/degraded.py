"""While the table fails: state makes us quieter, never silent.

Critical goes out at once, other severities when the event has come again for two minutes. No resolve is sent, since it
could close the incident of others in its group. All of it is put in the queue, to be recorded, or notified, later.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alertrelay.alert import Alert
from alertrelay.channels import channel
from alertrelay.config.durations import GIVE_UP, PATIENCE, RETRY
from alertrelay.groups.joining import Joining, Update
from alertrelay.groups.messages import ReceiveMessage, body_of
from alertrelay.groups.outcomes import of_alert
from alertrelay.nflog.behind import Behind
from alertrelay.nflog.group_state import GroupHeader, GroupIdentity
from alertrelay.nflog.ledger import Ledger, merged
from alertrelay.notification import Notification, Outcome, Reason
from alertrelay.notify.announce import OWN_BUDGET
from alertrelay.notify.compose import Writer, incident_key
from alertrelay.notify.deliver import Attempt, Courier, Delivery
from alertrelay.notify.fallback import Fallbacks, Tried
from alertrelay.notify.record import RECORD_RETRY
from alertrelay.notify.shown import without_query
from alertrelay.notify.targets import Targets
from alertrelay.ports import NotAccountedFor, Telemetry, Timers, TimersFailure
from alertrelay.state import StoreFailure
from alertrelay.values.tries import tried

PAUSE = 1.0
"""Seconds between two messages that no ledger knows, in one container."""
SEND_MARGIN = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """What goes out as one message: one group, or what is left of an integration's groups as a digest."""

    identity: GroupIdentity
    gids: tuple[str, ...]
    updates: tuple[Update, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Degraded:
    """Notifies without the table. `unrecorded`: when this container last did; at most one message a second goes out."""

    targets: Targets
    courier: Courier
    writer: Writer
    timers: Timers
    telemetry: Telemetry
    unrecorded: list[datetime] = field(default_factory=list)

    def notify(
        self,
        message: ReceiveMessage,
        groups: Mapping[str, Joining],
        failure: StoreFailure,
        *,
        deadline: datetime,
        inserted: bool = False,
    ) -> None:
        """Notifies what cannot wait, and queues the rest. What an earlier try notified for certain is not sent again.
        `inserted`: the updates stand in the table, so that a flush may notify them before they come back.

        Raises NotAccountedFor where the queue does not take it: an alert that nobody could be notified of, a resolve,
        or that an alert was notified. Forgotten, that could neither be resolved nor be kept from an older resolve.
        """
        self.telemetry.log("store_failing", failure=str(failure))
        now = self.courier.clock.now()
        known = {gid: ledger.notified for gid, ledger in message.notified.items()}
        open_ = {gid: _firing(joining, known.get(gid, frozenset())) for gid, joining in groups.items()}
        open_ = {gid: updates for gid, updates in open_.items() if updates}
        resolves = [u for joining in groups.values() for u in joining.updates if u.resolved]
        age = now - (message.envelope.sent_at or now)
        critical = any(u.alert.labels.get("severity") == "critical" for updates in open_.values() for u in updates)
        if open_ and not critical and age < PATIENCE:
            raise NotAccountedFor(f"the table fails ({failure}); not critical, so it waits {PATIENCE.seconds} s for it")
        sent, outcomes = dict(message.notified), list[Outcome]()
        for batch in _batches(groups, open_):
            ledger, results = self._send(batch, deadline=deadline)
            outcomes += results
            if ledger.notified or ledger.open:
                sent |= {gid: merged(sent.get(gid, Ledger()), ledger) for gid in batch.gids}
        outcomes += [of_alert(u.alert, "pending", Reason.STORE_FAILING) for u in resolves]
        try:
            self._queue(replace(message, notified=sent), age, delay=RECORD_RETRY if inserted else RETRY.total_seconds())
        except TimersFailure as lost:
            for outcome in outcomes:
                if outcome.outcome != "pending":
                    self.telemetry.emit(outcome)
            if groups:  # else nothing here is routed to this forwarder, and none of its groups can name it
                raise NotAccountedFor(f"the table fails ({failure}) and so does the queue ({lost})") from None
        for outcome in outcomes:
            self.telemetry.emit(outcome)

    def _queue(self, message: ReceiveMessage, age: timedelta, *, delay: float) -> None:
        """Queues the event with the ledger of what was sent: it comes back, joins its groups, and is recorded. After
        four days it is dead-lettered."""
        body = body_of(message)
        if age >= GIVE_UP:
            self.timers.dead_letter(body)
        else:
            tried(lambda: self.timers.send(body, delay_seconds=delay), TimersFailure)

    def _send(self, batch: _Batch, *, deadline: datetime) -> tuple[Ledger, list[Outcome]]:
        """Sends one message, by the batch's own channel or its fallbacks; with the ledger of what it announced, or may
        have."""
        self._pace()
        target = self.targets.of(batch.identity.integration)
        assert target is not None  # the batch comes from this configuration's route tree
        message = self._message(batch)
        send_by = deadline - SEND_MARGIN
        own = self.courier.attempt(Delivery(target=target, notification=message, send_by=send_by, within=OWN_BUDGET))
        if own.delivered:
            return _ledger(batch, message, own, Tried([], [])), _outcomes(batch, own, None)
        fallbacks = Fallbacks(
            gid=batch.gids[0], targets=self.targets, courier=self.courier, writer=self.writer, send_by=send_by
        )
        tried = fallbacks.fall_back(own, message, next_try_at=self.courier.clock.now() + RETRY)
        outcomes = [replace(o, outcome="pending", reason=Reason.CHANNEL_FAILED) for o in _outcomes(batch, own, own)]
        for fallback in tried.attempts:
            if fallback.delivered:
                outcomes += _outcomes(batch, fallback, own)
        return _ledger(batch, message, own, tried), outcomes

    def _pace(self) -> None:
        clock = self.courier.clock
        if self.unrecorded:
            clock.sleep(PAUSE - (clock.now() - self.unrecorded[0]).total_seconds())
        self.unrecorded[:] = [clock.now()]

    def _message(self, batch: _Batch) -> Notification:
        alerts: tuple[Alert, ...] = tuple(without_query(u.alert) for u in batch.updates)
        events = [u.key for u in batch.updates if u.alert.kind == "event"]
        alone = events if len(events) == len(batch.updates) else []
        site, identity = self.writer.site, batch.identity
        return Notification(
            id=self.writer.new_id(),
            integration=identity.integration,
            status="firing",
            reason=Reason.STORE_FAILING,
            environment=site.environment,
            group_key=identity.group_key,
            group_labels=identity.group_labels,
            dedup_key=incident_key(site, identity, sorted(alone)),
            alerts=alerts[:100],
            news=frozenset(alert.state_key for alert in alerts),
            firing_count=len(alerts),
            resolved_count=0,
            at=self.courier.clock.now(),
            without_state=True,
            home=site.home,
            console=site.console,
        )


def _firing(joining: Joining, notified: frozenset[str]) -> list[Update]:
    return [u for u in joining.updates if u.alert.status == "firing" and u.key not in notified]


def _batches(groups: Mapping[str, Joining], open_: Mapping[str, list[Update]]) -> Iterator[_Batch]:
    """Yields one message for the first group of each integration, one for all its others. A channel that pages has
    one a group, since an incident is resolved by its group's key."""
    identities: dict[str, GroupHeader] = {gid: found for gid in open_ if (found := groups[gid].header)}
    by_integration: dict[str, list[str]] = {}
    for gid, header in identities.items():
        by_integration.setdefault(str(header.identity.integration), []).append(gid)
    for gids in by_integration.values():
        identity = identities[gids[0]].identity
        alone = gids if channel(identity.integration.channel).pages else gids[:1]
        for gid in alone:
            yield _Batch(identity=identities[gid].identity, gids=(gid,), updates=tuple(open_[gid]))
        rest = gids[len(alone) :]
        if rest:
            digest = replace(identity, group_key="without state", group_labels={})
            updates = {u.key: u for gid in rest for u in open_[gid]}
            yield _Batch(identity=digest, gids=tuple(rest), updates=tuple(updates.values()))


def _ledger(batch: _Batch, message: Notification, own: Attempt, tried: Tried) -> Ledger:
    firing = frozenset(u.key for u in batch.updates if u.alert.kind == "alert")
    events = frozenset(u.key for u in batch.updates if u.alert.kind == "event")
    reached = {str(a.integration): a.receipt for a in (own, *tried.attempts) if a.receipt}
    fell_back, partly = bool(tried.reached), (*tried.unanswered, *tried.partly)
    theirs = (a for a in tried.attempts if a.receipt) if fell_back else ()
    here = firing if own.receipt or own.unanswered else frozenset[str]()
    return Ledger(
        firing=here,
        unsure=here if own.unanswered else frozenset(),
        fallback_firing=firing if fell_back else frozenset(),
        fallback_unsure=firing if partly and not fell_back else frozenset(),
        events=events if reached else frozenset(),
        fallbacks=frozenset(str(a.integration) for a in (*theirs, *partly)),
        behind={name: Behind(since=message.at, events=events) for name in own.recipients.deferred if own.receipt},
        dedup_key=message.dedup_key if here else "",
        receipts=reached,
    )


def _outcomes(batch: _Batch, tried: Attempt, failed: Attempt | None) -> list[Outcome]:
    text = failed.failure.text if failed and failed.failure else ""
    return [
        replace(
            of_alert(u.alert, "fallback" if failed else "delivered", Reason.STORE_FAILING, detail=text),
            receiver=tried.integration.receiver,
            channel=tried.integration.channel,
            attempts=tried.attempts,
            notification_id=tried.notification_id if tried.receipt else "",
            fallback_for=str(batch.identity.integration) if failed and tried is not failed else "",
            group_key=batch.identity.group_key,
        )
        for u in batch.updates
    ]
