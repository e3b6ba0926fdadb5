"""What a join does last: it sees to it that somebody will look at each group that has something to be told, and says
what became of the updates that need no look.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from alertrelay.config.model import Route
from alertrelay.groups.insert import Joining, Update, integration_of, member_of, outcomes_of_replaced
from alertrelay.groups.outcomes import of_alert, report
from alertrelay.groups.wake import wake
from alertrelay.nflog.ledger import Ledger, Standing
from alertrelay.notification import Reason
from alertrelay.notify.pipeline import flush
from alertrelay.notify.rate_limit import join_digest
from alertrelay.policy.timing import first_flush, next_tick
from alertrelay.ports import Relay


def settle(relay: Relay, gid: str, joining: Joining, *, deadline: datetime) -> None:
    """Sees to it that somebody will look at the group: we now, whoever holds its lease, or a timer. Raises
    StoreFailure, TimersFailure."""
    header = relay.store.header(gid)
    report(relay, outcomes_of_replaced(joining, header))
    waiting = list(_unsettled(relay, joining, header))
    known = header or joining.header
    if not waiting or known is None:
        if joining.repeated and header and header.next_due:
            # A first attempt may have died while it held the group: what joined meanwhile relies on its closing look.
            wake(relay, gid, at=header.next_due)
        return
    if header:
        _into_the_digest(relay, header, waiting)
    starts_at = min(update.alert.starts_at for update in waiting)
    repeated = bool(joining.repeated)
    if _looked_at_now(relay, gid, header, known, starts_at, deadline=deadline, redelivered=repeated):
        return
    in_chunks = header is not None and header.ledger is None
    for update in waiting:
        if in_chunks and update.key in joining.repeated:
            # Told or not, this very update came before; if it is still to be told, its flush says what became of it.
            outcome = of_alert(update.alert, "suppressed", Reason.DUPLICATE, integration=known.integration)
        else:
            outcome = of_alert(update.alert, "pending", Reason.WAITING, integration=known.integration)
        relay.emit(outcome)


def _into_the_digest(relay: Relay, header: Standing, updates: list[Update]) -> None:
    """A digest speaks for these, and this group not before it has seen them ended. Where one has ended and fires again
    since the group was looked at, the digest must hear of it: now, or from the flush (notify/backlog.py)."""
    storm = header.ledger.storm if header.ledger else frozenset()
    firing = [u for u in updates if u.alert.status == "firing" and u.key in storm]
    if firing:
        join_digest(relay, header, [member_of(relay, update) for update in firing])


def _unsettled(relay: Relay, joining: Joining, header: Standing | None) -> Iterator[Update]:
    """The updates that the group's next flush must look at; what became of the others is emitted. All of them where the
    ledger stands in chunks: that flush emits what became of the repeats (notify/backlog.py)."""
    ledger = header.ledger if header else Ledger()
    if ledger is None:
        yield from joining.updates
        return
    busy = header is not None and (header.maybe or header.next_due is not None)
    known = integration_of(joining, header)
    for update in joining.updates:
        told = update.key in (ledger.firing - ledger.unsure) | ledger.events
        owed = update.key in ledger.fallback_firing and not told
        firing = told or owed
        if update.alert.status == "resolved":
            settled, why = not firing and not busy, Reason.NOT_ANNOUNCED
        else:
            # A firing alert that stands in the ledger was told; a crash in between leaves `maybe`, never the ledger.
            settled, why = firing and not (header and header.maybe), Reason.DUPLICATE
        if settled and update.key in joining.repeated:
            why = Reason.DUPLICATE
        elif settled and owed:
            # Its fallbacks know; the own channel hears of it with the next try.
            relay.emit(of_alert(update.alert, "pending", Reason.CHANNEL_FAILED, integration=known))
            continue
        if settled:
            relay.emit(of_alert(update.alert, "suppressed", why, integration=known))
        else:
            yield update


def _looked_at_now(
    relay: Relay,
    gid: str,
    header: Standing | None,
    known: Standing,
    starts_at: datetime,
    *,
    deadline: datetime,
    redelivered: bool,
) -> bool:
    """Flushes the group if it is due; else sees to it that it will be."""
    now = relay.clock.now()
    route = relay.config.route_of(known.route_id) or relay.config.route
    if header and header.next_due is not None and not header.closing:
        return _already_armed(relay, gid, header, route, deadline=deadline, redelivered=redelivered)
    due = first_flush(route, starts_at=starts_at, now=now)
    if due <= now and flush(relay, gid, deadline=deadline, arm=known):
        return True
    if relay.store.arm(gid, known, due=due):
        wake(relay, gid, at=due)
    return False


def _already_armed(
    relay: Relay, gid: str, header: Standing, route: Route, *, deadline: datetime, redelivered: bool
) -> bool:
    """Somebody holds the lease, or a timer is on its way. A group that waits to try a failed channel again does not
    make a new alert wait as long: it is looked at by its next tick."""
    now, due = relay.clock.now(), header.next_due or relay.clock.now()
    if due <= now:
        return flush(relay, gid, deadline=deadline)
    tick = next_tick(route, due=header.due or now, now=now)
    if header.failures and not header.owner and due > tick:
        if relay.store.hasten(gid, due=tick, seen=due):
            wake(relay, gid, at=tick)
    elif redelivered:
        # Its timer may have died with the invocation that armed it: a second one costs a request and does no harm.
        wake(relay, gid, at=due)
    return False
