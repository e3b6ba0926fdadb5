"""Decides how long a group may sleep: until something of it is due by itself.

A flush that finds nothing new only costs. So a group of which people know everything leaves out its ticks until the
first at which there may be something to do: a repeat, an announced end, a silence that begins. Who joins it wakes it
(groups/flush_timer.py), and so does the tick of the minute where a build or the list of silences is new
(dispatch/wakings.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertrelay.config.durations import ALONE
from alertrelay.config.model import Target
from alertrelay.groups.reroute import DIGEST, Moved
from alertrelay.nflog.decision import Mute
from alertrelay.nflog.group_state import GroupState
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Reason
from alertrelay.notify.acknowledged import is_shown
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content
from alertrelay.notify.lease import Lease, Timing
from alertrelay.policy.silence import begins_at
from alertrelay.state import Facts, Waking

KEPT_BACK = frozenset({Reason.ACKNOWLEDGED, Reason.IN_INCIDENT})
"""Mutes of a tier that end by a resolve, or by what brings the group forward: an acknowledgement that is taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sleep:
    """The name of a forwarder's mark, "" where its groups are not to sleep, and its build: a version of the function,
    with its configuration."""

    name: str
    build: str

    def allowed(self, waking: Waking | None, now: datetime) -> bool:
        """Returns whether everybody who may join a group knows that it may sleep: no other build has ticked for a
        while."""
        return bool(self.name) and waking is not None and waking.build == self.build and now - waking.since >= ALONE


def wakes_at(
    lease: Lease,
    group: GroupState,
    content: Content,
    announced: Announced,
    moved: Moved,
    mutes: Mapping[str, Mute],
    facts: Facts,
    *,
    timing: Timing,
    target: Target | None,
    sleep: Sleep,
) -> datetime | None:
    """Returns when something of the group is due by itself, None where it is not to sleep: something is muted for now,
    not notified everywhere, in a digest, moving, or flaps."""
    firing, now = content.decision.view.firing, lease.began
    busy = announced.unfinished or announced.owed_tries or moved.members or not moved.all
    busy = busy or any(flap.damped for flap in announced.ledger.flaps.values())
    kept = frozenset(key for key, mute in mutes.items() if mute.reason in KEPT_BACK)
    if busy or len(kept) < len(mutes) or not firing or target is None or group.identity.route_id == DIGEST:
        return None
    if (
        not is_shown(content, announced.ledger)
        or not sleep.allowed(facts.waking, now)
        or not _all_know(announced.ledger, firing - kept)
    ):
        return None
    notified_at = lease.tick if announced.sent or firing <= kept else group.progress.notified_at
    if notified_at is None:
        return None
    members = [content.members[key] for key in firing]
    times = [notified_at + timedelta(seconds=timing.repeat_interval)]
    times += [member.alert.ends_at for member in members if member.alert.ends_at]
    begins = (begins_at(facts.silences, member.alert.labels, now) for member in members) if facts.silences else ()
    return min((*times, *(at for at in begins if at)))


def closes_at_once(lease: Lease, group: GroupState, moved: Moved, facts: Facts, *, sleep: Sleep) -> bool:
    """Returns whether the record may close the group in one write, if nothing of it fires and nobody has joined: who
    joins while it is held marks it, as a build does that ticks alone. Who joins a digest does not. A lease that made
    the header read no members."""
    calm = moved.all and not moved.members and group.identity.route_id != DIGEST and not group.stored.created
    return calm and sleep.allowed(facts.waking, lease.began)


def _all_know(ledger: Ledger, firing: frozenset[str]) -> bool:
    """Returns whether the own channel has certainly announced what fires, and nothing is left to do anywhere else."""
    elsewhere = ledger.fallback_firing | ledger.fallback_unsure | ledger.fallbacks_owed | ledger.storm
    return firing <= ledger.firing - ledger.unsure and not ledger.unsure and not ledger.behind and not elsewhere
