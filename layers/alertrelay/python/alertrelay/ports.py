"""What the pipeline needs from the outside, as Protocols, and the ways in which the outside fails.

Clock, Timers, Sender and Store have a real implementation (aws/, channels/) and a memory twin (memory.py);
both pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from alertrelay.alert import Channel
from alertrelay.config.model import Config, Target
from alertrelay.nflog.ledger import AlertItem, Header, HeaderChange, Member, Standing
from alertrelay.notification import Message, Notification, Outcome, Receipt
from alertrelay.policy.inhibit import InhibitKey
from alertrelay.policy.silence import Silence
from alertrelay.render import render


class DeliveryFailure(Exception):
    """A channel did not take a message. `text` is a short sentence that is safe to log and to show.

    `ambiguous` says that the message may have arrived all the same (a read timeout, a 5xx after the body was sent).
    """

    def __init__(self, text: str, *, ambiguous: bool = False) -> None:
        super().__init__(text)
        self.text = text
        self.ambiguous = ambiguous


class RateLimited(DeliveryFailure):
    """429. `retry_after` is the channel's own delay in seconds, None where it named none."""

    def __init__(self, text: str, *, retry_after: float | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class Retryable(DeliveryFailure):
    """The same request may succeed later: refused, reset, timeout, 5xx."""


class AuthDead(DeliveryFailure):
    """The key is not accepted, or is missing: another version of the key may be."""


class Permanent(DeliveryFailure):
    """The channel will never take this request: 400, unknown channel, a bad address."""


class StoreFailure(Exception):
    """The state table did not answer. The alert goes on without it."""


class TimersFailure(Exception):
    """The queue did not take a message."""


class NotAccountedFor(Exception):
    """Neither the table nor the queue took an alert, and it is not told: the event must come again."""


class SecretMissing(Exception):
    """The secret cannot be read, or has no such key. The text names the key, never a value."""


class Clock(Protocol):
    """Time, as an argument."""

    def now(self) -> datetime:
        """The time, aware, UTC."""

    def sleep(self, seconds: float) -> None:
        """Waits; a manual clock only moves."""


class Timers(Protocol):
    """The forwarder's own queue: a message comes back after its delay."""

    @property
    def horizon(self) -> float:
        """Seconds: what is due later is not sent but found by the tick."""

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        """Delay 0 to 900 s (SQS's bound). Raises TimersFailure."""

    def send_all(self, bodies: Sequence[tuple[Mapping[str, Any], float]]) -> None:
        """Many, each with its delay. Raises TimersFailure where one was not taken; the others are."""

    def bury(self, body: Mapping[str, Any]) -> None:
        """Puts it in the dead-letter queue, whose alarm mails without our code. Raises TimersFailure."""


@dataclass(frozen=True, slots=True)
class Key:
    """One version of one key of the environment's secret. `repr` shows neither."""

    name: str
    value: str
    version: str

    def __repr__(self) -> str:
        return f"Key({self.name!r}, version {self.version!r})"


class Secrets(Protocol):
    """The environment's one secret, a JSON object of keys."""

    def versions(self, name: str, *, prefer: str = "") -> Iterable[Key]:
        """The versions of a key worth trying, in order and lazily: the cached one; after it was refused, what a read
        past the cache finds anew; then the one before the last rotation. `prefer` (a Key.version) is put first where
        it is still known. Raises SecretMissing when there is none at all."""


class Sender(Protocol):
    """One channel. Opens the socket; holds no state that a delivery depends on."""

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,
        notification_id: str,
        timeout: float,
        earlier: Receipt | None = None,
        edit: bool = False,
    ) -> Receipt:
        """Sends within `timeout` seconds. `earlier` is what this target gave back for the group's first message: the
        new one is threaded under it where the channel can, or with `edit` that message is changed instead (and a
        new one sent where the channel refuses the change). Raises a DeliveryFailure whose text holds no part of the
        key."""

    def key_name(self, target: Target) -> str:
        """Which key of the secret this target needs, "" for none."""

    def edits(self, target: Target) -> bool:
        """Whether an earlier message of this target can be changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """How many messages a channel takes: `burst` at once, then one every `interval` seconds."""

    interval: float
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnomalyNote:
    """What the anomaly-scorer lets other alerts of a service say: `text` is a sentence, `since` RFC 3339."""

    text: str
    score: float
    since: str
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What stands in the table beside a group. `inhibitors`: the alerts noted under (rule, equal values), each with
    whether it matches both sides of the rule. `anomalies`: what is unusual of a service now, by its name. What is
    missing is left out."""

    alerts: Mapping[str, AlertItem] = field(default_factory=dict)
    inhibitors: Mapping[tuple[str, str], Mapping[str, bool]] = field(default_factory=dict)
    silences: Sequence[Silence] = ()
    anomalies: Mapping[str, Sequence[AnomalyNote]] = field(default_factory=dict)


class Store(Protocol):
    """The items of docs/architecture.md "State", one request a method, save for a ledger in chunks.

    Every method raises StoreFailure, also where an item was written by a newer version of us.

    Conditions are those of the group protocol: put the member, then read the header, arm only if unarmed; the lease
    of a flush is the next due time.
    """

    def put_alert(self, item: AlertItem, *, homes: Iterable[str]) -> tuple[bool, AlertItem]:
        """Stores the newest update and adds `homes`, unless the stored one is newer (or as new and of higher rank):
        then False, with the stored one. Labels and starts_at stay those of the firing. An order that lies more than
        policy.group_key.AHEAD in the future is wrong and loses to any; so it does in put_member."""

    def get_alerts(self, keys: Sequence[str]) -> Mapping[str, AlertItem]:
        """Alerts by hash of state_key, up to 100, in one batch; what is missing is left out."""

    def put_member(self, gid: str, member: Member) -> tuple[bool, Member | None]:
        """False where the group has this update or a newer one; with the update that stood there until now, if any."""

    def members(self, gid: str) -> Sequence[Member]:
        """All members, strongly consistent, expired ones left out."""

    def header(self, gid: str) -> Standing | None:
        """The header's item alone, at most 4 KB, strongly consistent: a Header, save where its ledger is too large and
        stands in chunks."""

    def whole_header(self, gid: str) -> Header | None:
        """The header with its ledger, strongly consistent; for no join: each chunk costs a read of its size. Without a
        lease it may be `lost` for a moment, while a flush replaces its chunks."""

    def arm(self, gid: str, header: Standing, *, due: datetime) -> bool:
        """Makes the group due unless it is armed and not closing; `header` gives the identity of a new group."""

    def hasten(self, gid: str, *, due: datetime, seen: datetime) -> bool:
        """Moves an unleased group's due time from `seen` forward to `due`."""

    def lease(
        self, gid: str, *, owner: str, now: datetime, until: datetime, arm: Standing | None = None
    ) -> Header | None:
        """Takes the group if it is due and unleased; with `arm` (a wait of 0) if it is unarmed or closing and unleased.
        Returns the header before the write with its whole ledger, None where it is refused."""

    def record(self, gid: str, *, owner: str, change: HeaderChange, before: Header | None = None) -> bool:
        """One write after a send, only for the owner. False: the lease is lost, write nothing more.

        A ledger that is too large is written in chunks first, and those of `before`, the header as it was leased, that
        this record replaces are deleted after it. Without `before` they stay, as garbage."""

    def finish(self, gid: str, *, owner: str, expires: datetime | None) -> bool:
        """Disarms a closing group of ours. False: a joiner armed it meanwhile."""

    def release(self, gid: str, *, owner: str) -> None:
        """Gives the lease back; nothing where it is no longer ours."""

    def due(self, channel: Channel, *, before: datetime) -> Iterable[tuple[str, datetime]]:
        """The groups of a channel that fall due before then, with when; eventually consistent."""

    def add_homes(self, member: Member, homes: Iterable[str]) -> bool:
        """Adds groups to an alert. False where it has a newer update than the member's."""

    def mark_moved(self, gid: str, member: Member, *, expires: datetime) -> None:
        """Marks a member as moved away, unless it has been updated since."""

    def note_source(self, entry: InhibitKey, key: str, *, fires: bool) -> None:
        """Puts an alert under, or takes it from, what it inhibits by."""

    def facts(
        self, *, alerts: Sequence[str], inhibitors: Sequence[tuple[str, str]], services: Sequence[str] = ()
    ) -> Facts:
        """What a flush asks beside its members, in one batch of a hundred items: alerts by hash of state_key, what is
        noted under (rule, equal values), the anomalies of services, and all silences."""

    def take(self, key: str, *, now: datetime, limit: Limit) -> bool:
        """Takes one message from the bucket of `key`; False where it is empty."""

    def silences(self) -> tuple[Sequence[Silence], int]:
        """All silences that are kept, and the version of the list, 0 where there is none yet."""

    def put_silences(self, silences: Sequence[Silence], *, seen: int) -> bool:
        """Replaces the list of version `seen`. False where somebody else did: read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAlert:
    """Something is wrong with the relay itself: goes to the ops topic by SNS, never to our own topics."""

    name: str  # a fixed word: SecretKeyRefused, ReceiverGone, LoopDetected, …
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Relay:
    """Everything that the pipeline works with. Built once a container by `runtime`, or by a test.

    `channels` are those whose integrations this forwarder handles; `senders` has every channel, since a fallback may
    need any. `speaks_for_nobody` marks the one forwarder that accounts for alerts that end at an empty receiver,
    `notes_sources` the one that writes down what may inhibit others, whoever is told of it.
    `emit` takes what became of an update; `tell_ops` must not raise.
    """

    config: Config
    account: str
    region: str
    channels: frozenset[Channel]
    speaks_for_nobody: bool
    notes_sources: bool
    store: Store
    timers: Timers
    clock: Clock
    secrets: Secrets
    senders: Mapping[Channel, Sender]
    last_resort: Target | None
    emit: Callable[[Outcome], None]
    tell_ops: Callable[[SelfAlert], None]
    log: Callable[..., None]  # log(event, **fields)
    ended: Callable[[Mapping[str, str]], frozenset[str]]
    """Which of these alarms, by state_key, certainly no longer fire. The value is the alarm's type as CloudWatch names
    it (MetricAlarm, CompositeAlarm), "" where it is not known. Must not raise."""
    new_id: Callable[[], str]
    failing: dict[Channel, datetime] = field(default_factory=dict)
    """Circuit breaker, per container: a channel that did not answer is tried once and shortly until then."""
    limits: Mapping[Channel, Limit] = field(default_factory=dict)
    """What exceeds it joins the digest of its integration."""
    unrecorded: list[datetime] = field(default_factory=list)
    """When this container last told something without the table: at most one message a second goes out so."""
    render: Callable[[Notification, Target], Message] = render
    """The channel's own shape of a notification; a simulation takes the notification itself."""
    shown: int = 100
    """Alerts of a group that are read for a message (one batch); the rest is counted."""
