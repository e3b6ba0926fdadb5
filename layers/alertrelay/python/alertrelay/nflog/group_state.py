"""The items of a group: its members, and its header with the ledger of what was notified.

Keys and conditions follow the model-checked group protocol (docs/architecture.md, "State"). `order_key` orders the
updates of one alert as a sortable string: 20 digits of microseconds, then 1 if resolved else 0; larger is newer, and
at an equal clock resolved wins.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from alertrelay.alert import Acknowledgement, Alert, Integration, Labels
from alertrelay.nflog.ledger import Ledger, Spill

MemberStatus = Literal["firing", "resolved", "moved", "event"]
"""`moved` marks a member that a configuration change took to another group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertItem:
    """The newest update of one alert, shared by all forwarders. `groups` are those that it was put in.

    Its labels and starts_at stay those of the firing: a resolve is routed and shown with what was stored then. So does
    `opened_by`: from where the firing came, as kind of source, account and region, each "-" where not known;
    `resolved_by` is the resolve's. "" for items of earlier versions. `acknowledged` is what somebody acknowledged last;
    policy/acknowledgement.py decides whether it is the present firing, and a resolve removes it.
    """

    key: str  # hash of state_key
    order_key: str
    rank: int  # severity_rank, for two copies of one update
    alert: Alert
    groups: frozenset[str] = frozenset()
    expires: datetime | None = None
    opened_by: str = ""
    resolved_by: str = ""
    acknowledged: Acknowledgement | None = None

    @property
    def from_elsewhere(self) -> bool:
        """Whether the resolve came from elsewhere than the alert that it resolves."""
        pairs = zip(self.opened_by.split(), self.resolved_by.split(), strict=False)
        return self.alert.status == "resolved" and any(a != b and "-" not in (a, b) for a, b in pairs)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertBrief:
    """An alert as a member of a group carries it. Small: what a flush decides by; long text stays in the AlertItem.

    `ends_at` is set where the source announced when the alert ends (Alertmanager's API); labels are those that it was
    routed by, so that a flush can ask about silences and routes without a further read. `late`: its message may have
    come before, and may have been notified then. `acknowledged` is a copy of the alert's: what fires and was notified
    is not read again.
    """

    state_key: str
    fingerprint: str
    labels: Labels
    starts_at: datetime
    ends_at: datetime | None = None
    late: bool = False
    acknowledged: Acknowledgement | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One alert in one group."""

    key: str
    order_key: str
    status: MemberStatus
    at: datetime  # the writer's clock
    alert: AlertBrief
    expires: datetime | None = None

    @property
    def name(self) -> str:
        """The alertname."""
        return self.alert.labels.get("alertname", "alert")


def is_firing(member: Member, now: datetime) -> bool:
    """Returns whether the alert fires at `now`; one whose announced end has passed does not."""
    return member.status == "firing" and (member.alert.ends_at is None or member.alert.ends_at > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupIdentity:
    """The group and its integration; never changes."""

    integration: Integration
    route_id: str
    group_key: str
    group_labels: Labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """The time of the next flush, and the holder of the lease.

    `next_due` None = unarmed; a group that is held shows the end of its lease, before which nobody can take it. `due`
    is the group's own tick, from which the next one is counted; a retry moves `next_due` alone. `asleep`: the last
    record left out ticks; `woken`: somebody joined while the group was held.
    """

    next_due: datetime | None = None
    due: datetime | None = None
    owner: str = ""
    lease_until: datetime | None = None
    closing: bool = False
    asleep: bool = False
    woken: bool = False

    @property
    def sleeps(self) -> bool:
        """Returns whether a joiner must bring its flush forward: nothing has moved it since the record."""
        return self.asleep and not self.owner and self.next_due is not None and self.next_due == self.due

    @property
    def armed(self) -> bool:
        """Returns whether a flush of it is due, now or later."""
        return self.next_due is not None and not self.closing


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """The progress of the group's flushes."""

    recorded_at: datetime | None = None  # when the member query of the last record began
    notified_at: datetime | None = None  # the last flush that notified anybody
    uncertain: bool = False  # an owner vanished, or an answer was ambiguous
    tries: int = 0  # leases without a record
    failures: int = 0  # sends that failed in a row
    failing_since: datetime | None = None
    intent: frozenset[str] = frozenset()  # fallbacks that were about to be notified, since the last record


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """The form in which the ledger was found in the table.

    `spill` is set where it stands in chunks beside the item. `chunks`: the names of all that were found there, also of
    those that nothing points to. `backlog`: joins since the last record did not read the ledger, and left it to the
    flush to find the repeats. `lost`: a chunk is missing, so that the ledger holds no alerts although some were
    announced. `created`: there was no header until the lease that this is the state before.
    """

    spill: Spill | None = None
    chunks: frozenset[str] = frozenset()
    backlog: bool = False
    lost: bool = False
    created: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupHeader:
    """A group of one integration as its header's item alone shows it, which is all that a join may read.

    `ledger` is None where it stands in chunks beside the item, which only a flush reads. `config_hash` names the
    configuration of the last record.
    """

    identity: GroupIdentity
    schedule: Schedule = field(default_factory=Schedule)
    progress: Progress = field(default_factory=Progress)
    config_hash: str = ""
    ledger: Ledger | None = None
    stored: Stored = field(default_factory=Stored, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupState(GroupHeader):
    """A group with its whole ledger."""

    ledger: Ledger = field(default_factory=Ledger)


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseRefused:
    """A lease that was refused; false. `header`: the group as it stands, None where there is none."""

    header: GroupHeader | None

    def __bool__(self) -> Literal[False]:
        """Returns False: nothing was taken."""
        return False


def shown(schedule: Schedule) -> Schedule:
    """Returns a schedule as it is read, from one as it is stored: a lease leaves the due time where it is."""
    due, until = schedule.next_due, schedule.lease_until
    return replace(schedule, next_due=until) if due and until and due < until else schedule


def unknown(group: GroupHeader, *, created: bool = False) -> GroupState:
    """Returns the state of a group of which nothing is known but its identity."""
    return GroupState(identity=group.identity, config_hash=group.config_hash, stored=Stored(created=created))


def before_own_lease(group: GroupState) -> GroupState:
    """Returns the state before a lease whose answer was lost, as far as the lease shows it. It was certain where this
    is the only lease since the last record, and that record left no failed delivery behind."""
    progress = group.progress
    certain = progress.tries == 1 and not progress.failures
    return replace(group, progress=replace(progress, uncertain=progress.uncertain and not certain))


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupChange:
    """The writes of one record. With `closing` the lease is kept for the closing query, else it is given back and the
    group is due at `next_due`, or at `asleep_until`, a later tick, where nobody joined while it was held. The tries of
    `progress` are not written: a record ends them."""

    ledger: Ledger
    progress: Progress
    due: datetime | None
    next_due: datetime | None
    closing: bool
    config_hash: str
    asleep_until: datetime | None = None
