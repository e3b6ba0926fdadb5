"""The alerts of one message, one after the other, within the time of one invocation.

One bad alert never stops the others: it goes out plainly. What time does not suffice for is left to a message of the
forwarder's own queue, which goes on where this invocation stopped.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from alertrelay.alert import SEVERITY_RANK
from alertrelay.dispatch.scheduling import settle
from alertrelay.groups.insert import Joining, Update, join_one
from alertrelay.nflog.ledger import Ledger
from alertrelay.policy.group_key import key_of
from alertrelay.ports import Relay, StoreFailure
from alertrelay.sources import raw
from alertrelay.sources.arrival import Arrival
from alertrelay.values import text as texts

JOINING = 1 / 2
"""Of an invocation: the rest is for telling. Whatever joins a group before its first flush stands in one message."""
SETTLING = timedelta(seconds=10)
"""Before the deadline: as long as one flush may take, so none is begun later, save the first."""


@dataclass(slots=True, kw_only=True)
class Portion:
    """What of a message was done. `groups` are in the order of `first`, the place of the first update of each; `joined`
    updates are durable. `failed`: the names of alerts that could not even go out plainly."""

    groups: dict[str, Joining] = field(default_factory=dict)
    first: dict[str, int] = field(default_factory=dict)
    joined: int = 0
    failed: list[str] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Settled:
    """The groups of a portion after somebody was made to look at each: `failing` by the table, which is why `last`
    was raised; `broken` by anything else. `rest`: where the next invocation goes on, None where nothing is left."""

    failing: dict[str, Joining] = field(default_factory=dict)
    last: StoreFailure | None = None
    broken: list[Exception] = field(default_factory=list)
    rest: int | None = None


def join_in_time(relay: Relay, updates: Sequence[Update], arrival: Arrival, *, deadline: datetime) -> Portion:
    """Join the updates one after the other, at least one, until half of the time is over. Raises StoreFailure."""
    portion = Portion()
    now = relay.clock.now()
    until = now + JOINING * (deadline - now)
    for place, update in enumerate(updates):
        if place and relay.clock.now() >= until:
            break
        guarded(relay, update, arrival, portion.failed, lambda one: join_one(relay, one, portion.groups))
        for gid in portion.groups:
            portion.first.setdefault(gid, place)
        portion.joined = place + 1
    return portion


def guarded(relay: Relay, update: Update, arrival: Arrival, failed: list[str], act: Callable[[Update], object]) -> None:
    """Do `act` with the update, and where it raises, with its plain form. Raises StoreFailure, nothing else."""
    for plainly in (False, True):
        try:
            act(plain(update, arrival) if plainly else update)
            return
        except StoreFailure:
            raise
        except Exception as error:  # noqa: BLE001 - whatever is wrong with one alert, the others go on
            # Only the type is logged: the text may quote what came.
            relay.log("alert_failed", state_key=update.alert.state_key, error=type(error).__name__)
    failed.append(texts.printable(update.alert.state_key))


def plain(update: Update, arrival: Arrival) -> Update:
    """Return the alert as an event that a person can read: its labels as text, all else in its description. An end is
    announced so, too. Its state_key names the one of the alert."""
    alert = update.alert
    labels = texts.label_set(alert.labels.items())
    name = labels.get("alertname", "alert")
    event = raw.event(
        arrival,
        alertname=name,
        source="raw",
        summary=texts.one_line(f"{name} ({alert.status}) could not be processed; this is all that came of it"),
        note="An error of alertrelay stopped its processing: the log line `alert_failed` names it.",
        part={"labels": alert.labels, "annotations": alert.annotations, "status": alert.status},
    )
    if labels.get("severity") not in SEVERITY_RANK:
        labels.pop("severity", None)
    state_key = f"plain:{texts.printable(alert.state_key)}@{update.k}"
    event = replace(event, labels={**event.labels, **labels}, state_key=state_key)
    return Update(alert=event, key=key_of(state_key), k=update.k)


def settle_in_time(
    relay: Relay, portion: Portion, *, of: int, told: Mapping[str, Ledger], deadline: datetime
) -> Settled:
    """See to it that somebody looks at each group, at least at the first, while there is time. `of` is how many updates
    there are; a group in `told` was told already."""
    settled = Settled(rest=portion.joined if portion.joined < of else None)
    for place, (gid, joining) in enumerate(portion.groups.items()):
        if place and relay.clock.now() >= deadline - SETTLING:
            # Groups stand in the order of their first updates: all that comes before it is done.
            settled.rest = portion.first[gid]
            break
        try:
            if gid not in told:
                settle(relay, gid, joining, deadline=deadline)
        except StoreFailure as caught:
            settled.failing[gid], settled.last = joining, caught
        except Exception as error:  # noqa: BLE001 - the other groups go on; the event comes again
            relay.log("group_failed", gid=gid, error=type(error).__name__)
            settled.broken.append(error)
    return settled
