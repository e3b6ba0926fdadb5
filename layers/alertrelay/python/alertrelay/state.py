"""The state table as Protocols, one a noun. One request a method, save for a ledger in chunks.

Every method raises StoreFailure, also where an item was written by a newer version of us. Conditions are those of the
group protocol (docs/architecture.md): put the member, then read the header, arm only if unarmed; the lease of a flush
is the next due time. aws/state/ and memory/ hold implementations that pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from alertrelay.alert import AnomalyVerdict, Channel
from alertrelay.nflog.group_state import AlertItem, GroupChange, GroupHeader, GroupState, LeaseRefused, Member
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.policy.silence import Silence


class StoreFailure(Exception):
    """The state table did not answer. The alert goes on without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """The number of messages that a channel takes: `burst` at once, then one every `interval` seconds. With `quiet` a
    message that is refused closes the bucket for so many seconds."""

    interval: float
    burst: int
    quiet: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyNote:
    """The line that the anomaly-scorer adds to other alerts of a service: `text` is a sentence, `since` RFC 3339."""

    text: str
    score: float
    since: str
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetNote:
    """The state of an objective's error budget that the slo function keeps: as of `at` (seconds), `allowed` and
    `consumed` minutes of the `window` (seconds), of which there is a `history` of so many seconds, and burn `rates` by
    window in seconds."""

    at: float
    percent: float
    window: int
    allowed: float
    consumed: float
    history: float
    rates: Mapping[int, float]

    @property
    def remaining(self) -> float:
        """Returns the share of the budget that is left, below 0 where more was spent."""
        return 1 - self.consumed / self.allowed

    def exhausted_in(self, rate: float) -> float | None:
        """Returns the seconds until the budget is spent at a burn rate, 0 where it is spent; None where it lasts."""
        if self.remaining <= 0:
            return 0.0
        return self.remaining * self.window / rate if rate > 0 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waking:
    """The progress of waking all groups that sleep, after something changed that they do not notice by themselves: the
    `build` that ticks (since when it is the only one), and the version of the list of `silences`. `changed` is when the
    last of these was seen; from then on groups are woken by pages, from `token` on, until all are `done`."""

    build: str
    since: datetime
    silences: int
    changed: datetime
    token: str = ""
    done: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertContext:
    """The context of an alert, which messages show beside it. `anomalies`: what is unusual of a service now, by its
    name; `budgets`: of objectives, by their name; `verdicts`: what people said of anomalies, by their fingerprint."""

    anomalies: Mapping[str, Sequence[AnomalyNote]] = field(default_factory=dict)
    budgets: Mapping[str, BudgetNote] = field(default_factory=dict)
    verdicts: Mapping[str, AnomalyVerdict] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """The facts in the table beside a group. `inhibitors`: the alerts noted under (rule, equal values), each with
    whether it matches both sides of the rule. `headers` of other groups by gid, None where none was asked for. What is
    missing is left out."""

    alerts: Mapping[str, AlertItem] = field(default_factory=dict)
    inhibitors: Mapping[tuple[str, str], Mapping[str, bool]] = field(default_factory=dict)
    silences: Sequence[Silence] = ()
    context: AlertContext = field(default_factory=AlertContext)
    waking: Waking | None = None
    headers: Mapping[str, GroupHeader] | None = None


SurveyPhase = Literal["firing", "over", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The progress of what CloudWatch is asked where the table is new, or was lost: the `phase` is what it is asked
    for, by pages, from `token` on; `tries` counts the ticks without an answer."""

    phase: SurveyPhase = "firing"
    token: str = ""
    tries: int = 0


class Alerts(Protocol):
    """The newest update of each alert, by hash of its state_key."""

    def put_alert(self, item: AlertItem, *, groups: Iterable[str]) -> tuple[bool, AlertItem]:
        """Stores the newest update and adds `groups`, unless the stored one is newer (or as new and of higher rank):
        then False, with the stored one. Labels and starts_at stay those of the firing. An order that lies more than
        policy.group_key.AHEAD in the future is wrong and loses to any; so it does in put_member."""

    def get_alerts(self, keys: Sequence[str]) -> Mapping[str, AlertItem]:
        """Reads up to 100 alerts in one batch; what is missing is left out."""

    def add_groups(self, member: Member, groups: Iterable[str]) -> bool:
        """Adds groups to an alert. False where it has a newer update than the member's."""


class Groups(Protocol):
    """Groups of one integration, by gid: members, header, ledger."""

    def put_member(self, gid: str, member: Member) -> tuple[bool, Member | None]:
        """False where the group has this update or a newer one; with the update that stood there until now, if any."""

    def members(self, gid: str) -> Sequence[Member]:
        """All members, strongly consistent, expired ones left out."""

    def header(self, gid: str) -> GroupHeader | None:
        """The header's item alone, at most 4 KB, strongly consistent: a GroupState, save where its ledger is too large
        and stands in chunks."""

    def headers(self, gids: Sequence[str]) -> Mapping[str, GroupHeader]:
        """Reads the headers of up to 100 groups in one batch, each as `header` does; what is missing is left out."""

    def state(self, gid: str) -> GroupState | None:
        """The header with its ledger, strongly consistent. Each chunk costs a read of its size, so a join asks for it
        only while a channel fails. Without a lease it may be `lost` for a moment, while a flush replaces its chunks."""

    def arm(self, gid: str, header: GroupHeader, *, due: datetime) -> bool:
        """Makes the group due unless it is armed and not closing; `header` gives the identity of a new group."""

    def bring_forward(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """Moves an unleased group's due time from `seen` to `due`."""

    def wake(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """Makes a group that sleeps until `seen` due at `due`, as its own tick."""

    def note_joined(self, gid: str) -> bool:
        """Marks a group that is held as woken, so that its owner neither lets it sleep nor closes it at once. False:
        nobody holds it."""

    def lease(
        self,
        gid: str,
        *,
        owner: str,
        now: datetime,
        until: datetime,
        arm: GroupHeader | None = None,
        again: bool = False,
    ) -> GroupState | LeaseRefused:
        """Takes the group if it is due and unleased; with `arm` (a wait of 0) if it is unarmed or closing and unleased;
        `again` also where this owner holds it, since the answer of its first try was lost. Returns the state before the
        write with its whole ledger, or the header as it stands where it is refused."""

    def intend(self, gid: str, *, owner: str, fallbacks: frozenset[str]) -> bool:
        """Writes which fallbacks are about to be notified, only for the owner; the next record removes it. False: the
        lease is lost, send nothing more."""

    def record(self, gid: str, *, owner: str, change: GroupChange, before: GroupState | None = None) -> bool:
        """One write after a send, only for the owner. False: the lease is lost, write nothing more. A group that is to
        sleep although it was woken while it was held stays awake, by a second write.

        A ledger that is too large is written in chunks first, and those of `before`, the state as it was leased, that
        this record replaces are deleted after it. Without `before` they stay, as garbage."""

    def close(
        self, gid: str, *, owner: str, change: GroupChange, expires: datetime, before: GroupState | None = None
    ) -> bool:
        """Records and disarms in one write, only for the owner, and only where nobody has joined while it held the
        group. False: nothing was written; `record` it as closing. See `record` for chunks."""

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:
        """Disarms a closing group of ours. False: a joiner armed it meanwhile."""

    def release(self, gid: str, *, owner: str, unsent_due: datetime | None = None) -> None:
        """Gives the lease back; nothing where it is no longer ours. `unsent_due`: nothing was sent, and the group is
        due then; what its mark left uncertain is certain again."""

    def due(self, channels: Collection[Channel], *, before: datetime) -> Iterable[tuple[str, datetime]]:
        """The groups of these channels that fall due before then, with when, in no order; eventually consistent. One
        that is held has the due time that it was taken at."""

    def armed_after(self, channels: Collection[Channel], *, after: datetime, token: str) -> tuple[Sequence[str], str]:
        """A page of the groups of these channels that fall due after then, from `token` ("" at first) on, with the
        token of the next page, "" after the last; eventually consistent."""

    def mark_moved(self, gid: str, member: Member, *, expires: datetime) -> None:
        """Marks a member as moved away, unless it has been updated since."""


class Inhibitors(Protocol):
    """The alerts that may inhibit others, by rule and equal values."""

    def note_source(self, entry: InhibitKey, key: str, *, fires: bool) -> None:
        """Puts an alert under, or takes it from, what it inhibits by."""


class Lookup(Protocol):
    """The reads of a flush beside its group."""

    def facts(
        self,
        *,
        alerts: Sequence[str],
        inhibitors: Sequence[tuple[str, str]],
        services: Sequence[str] = (),
        objectives: Sequence[str] = (),
        judged: Sequence[str] = (),
        waking: str = "",
        headers: Sequence[str] = (),
    ) -> Facts:
        """Reads in one batch of a hundred items: alerts by hash of state_key, what is noted under (rule, equal values),
        the anomalies of services, the budgets of objectives, the verdicts on anomalies `judged` by fingerprint, all
        silences, the `waking` of the forwarder of that name, and the headers of groups by gid."""


class Rates(Protocol):
    """Token buckets, by the name that a channel's rate is counted by."""

    def take(self, key: str, *, now: datetime, limit: Limit) -> bool:
        """Takes one message from the bucket of `key`; False where it is empty, or closed."""

    def refill(self, key: str) -> None:
        """Fills the bucket of `key`, and opens it."""


class Silences(Protocol):
    """The list of silences, read and written whole."""

    def silences(self) -> tuple[Sequence[Silence], int]:
        """All silences that are kept, and the version of the list, 0 where there is none yet."""

    def put_silences(self, silences: Sequence[Silence], *, seen: int) -> bool:
        """Replaces the list of version `seen`. False where somebody else did: read again."""


class Surveys(Protocol):
    """The surveys of CloudWatch's alarms, by the name of a forwarder."""

    def survey(self, name: str) -> tuple[Survey, int]:
        """The survey and its version, strongly consistent; one that has not begun and 0 where there is none."""

    def put_survey(self, name: str, survey: Survey, *, seen: int) -> bool:
        """Replaces the one of version `seen`. False where somebody else did, or the table was lost: read again."""


class Wakings(Protocol):
    """The marks of what groups that sleep must be woken for, by the name of a forwarder."""

    def waking(self, name: str) -> tuple[Waking | None, int, int]:
        """The mark and its version, None and 0 where there is none; and the version of the list of silences. Strongly
        consistent."""

    def put_waking(self, name: str, waking: Waking, *, seen: int) -> bool:
        """Replaces the one of version `seen`. False where somebody else did."""


class Store(Alerts, Groups, Inhibitors, Lookup, Rates, Silences, Surveys, Wakings, Protocol):
    """The whole table, as a composition root hands it out by its parts."""
