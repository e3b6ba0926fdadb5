"""Defines what travels through the pipeline: a notification before it is rendered, its receipt, and the outcome of
each update with its named reason.

Standard library only, immutable, keyword-only. All times are aware datetimes in UTC.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from alertrelay.alert import SEVERITY_RANK, Alert, Channel, Integration, Labels, Status


class Reason(StrEnum):
    """The reason of an outcome. The same names stand in logs, metrics, `replay` and docs/decisions.md."""

    # notified
    FIRST = "first_notification"
    NEW_ALERTS = "new_alerts_added"
    SOME_RESOLVED = "some_alerts_resolved"
    ALL_RESOLVED = "all_alerts_resolved"
    EVENT = "event"
    REPEAT = "repeat_interval_elapsed"
    ACKNOWLEDGED = "acknowledged"  # somebody is on what fires: an edit, or an event of its own, and no message more
    STORE_FAILING = "store_failing"  # notified without dedupe, because the table did not answer
    REACHED_AGAIN = "channel_reached_again"  # the first channel answers again; its fallbacks are notified
    SETTLED = "settled_after_flapping"  # a flapping alert has not changed for long enough, and fires
    CHANNEL_FAILED = "channel_failed"  # the channel did not take it: a fallback did, or it is pending
    # merged, suppressed
    MERGED = "merged_into_group_notification"
    DUPLICATE = "duplicate"
    STALE = "stale"
    NOT_ANNOUNCED = "resolve_of_unannounced"
    SILENCED = "silence"
    INHIBITED = "inhibition"
    MUTED = "mute_time_interval"
    NOT_ACTIVE = "active_time_interval"
    NOT_DUE = "escalation_not_due"  # not acknowledged, but not for so long
    IN_INCIDENT = "incident_channel_has_it"  # a channel that escalates by itself: no tier is notified
    RESOLVED_EARLY = "resolved_before_notification"
    SUPERSEDED = "superseded"
    FLAPPING = "flapping"  # a change of an alert that was announced as flapping
    INSUFFICIENT_DATA = "insufficient_data"
    MUTED_AT_SOURCE = "muted_at_source"
    NO_INTEGRATIONS = "receiver_without_integrations"
    NOT_OURS = "not_this_forwarder"
    SEND_RESOLVED_FALSE = "send_resolved_false"
    RECEIVER_GONE = "receiver_gone"
    LOOP = "alertrelay_loop"
    # pending, failed
    STORM = "joined_storm_digest"
    WAITING = "waiting_for_next_flush"
    RETRY_EXHAUSTED = "retries_exhausted"


OutcomeName = Literal["delivered", "fallback", "merged", "suppressed", "pending", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The fate of one alert update at one integration. `detail` is for people; it never holds a secret."""

    alertname: str
    fingerprint: str
    state_key: str
    status: Status
    receiver: str
    channel: Channel | None
    outcome: OutcomeName
    reason: Reason
    detail: str = ""
    attempts: int = 0
    notification_id: str = ""
    fallback_for: str = ""  # the integration that failed, where outcome is `fallback`
    group_key: str = ""
    latency_seconds: float | None = None  # from the source's clock to delivered
    accepted: str = ""  # what the channel's success leaves open, where it does not say that people have it
    starts_at: str = ""  # when the alert fired, as RFC 3339: it names the episode that the update belongs to
    ended_at: str = ""  # of a resolve: when the alert resolved by its source's clock, "" where that is not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A channel that did not take a notification, as a fallback message names it. `text` is safe to show.

    `title` and `message` are the channel's own words for itself and its message; alertrelay.channels.named sets them.
    `tried` is False where nothing was sent to it: no time was left, or it is no longer in the configuration.
    """

    integration: Integration
    text: str  # "PagerDuty answered 503"
    attempts: int
    seconds: float
    title: str = ""  # "PagerDuty"
    message: str = ""  # "page"
    tried: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """All alerts of a digest: `services` with how many of them fire, the most first; `firing` names each on a line, and
    so does `resolved`. No other message names what resolves here: some of it was announced alone."""

    services: tuple[tuple[str, int], ...]
    firing: tuple[str, ...]
    resolved: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """The alerts of a group that fire and are not in its message: how many are silenced and inhibited, and when the
    first of those silences ends. `alike`: all end then."""

    silenced: int
    inhibited: int
    until: datetime | None = None
    alike: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """The content of one channel's message about one group, before it is rendered.

    `alerts` is what may be shown (firing first, then by severity, the news first among equals; of a digest, what has
    resolved comes after the first, since its `listing` names what fires); `firing_count`
    and `resolved_count` count the whole group, so a renderer can say how many it does not show.
    `news` holds the state_keys that this notification is about; the others are the rest of the group.
    `failed` is set on a fallback message, and on the notice that the first channel answers again
    (reason `channel_reached_again`). `texts` are the team's own texts for it by key of the configuration, rendered;
    `text_failures` says of each that could not be rendered which and why: ours stands in its place.
    """

    id: str
    integration: Integration
    status: Literal["firing", "resolved"]
    reason: Reason
    environment: str
    group_key: str
    group_labels: Labels
    dedup_key: str
    alerts: tuple[Alert, ...]
    news: frozenset[str]
    firing_count: int
    resolved_count: int
    at: datetime
    failed: Failed | None = None
    next_try_at: datetime | None = None  # of the failed channel
    listing: Listing | None = None  # of a digest: every alert by name, also those that `alerts` leaves out
    without_state: bool = False  # the state table did not answer: there may be duplicates
    home: Labels = field(default_factory=dict)  # region and account_id of the relay: a title names only others
    tier: int = 0  # of an escalation, 0 for none
    unacknowledged: float = 0.0  # seconds after which that tier is notified
    contacts: tuple[str, ...] = ()  # who is mentioned at that tier where the channel can
    console: str = ""  # the address of the relay's console, which has a page for each alert
    texts: Mapping[str, Any] = field(default_factory=dict)
    text_failures: tuple[str, ...] = ()
    withheld: Withheld | None = None  # None where nothing of the group is silenced or inhibited
    edit: bool = False  # it changes an earlier message, which notifies nobody
    gid: str = ""  # the group's id, by which a button names it; "" where there is no group to ask about

    @property
    def severity(self) -> str:
        """The highest severity among the firing alerts, else among all; `warning` where none has any."""
        pool = [a for a in self.alerts if a.status == "firing"] or list(self.alerts)
        best = max(pool, key=lambda a: SEVERITY_RANK.get(a.labels.get("severity", ""), 0), default=None)
        return best.labels.get("severity", "warning") if best else "warning"

    @property
    def not_shown(self) -> int:
        """Returns the number of the group's alerts that are in no line of `alerts`."""
        return max(0, self.firing_count + self.resolved_count - len(self.alerts))


Message = Mapping[str, Any]
"""A rendered message: plain JSON in the channel's own shape, without any secret. The sender adds the key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """The outcome of one message at each of its recipients, by short name, where a channel answers for each: `taken`,
    `deferred` (refused for now) or `refused` for good, with the recipient and the answer in words for people."""

    taken: frozenset[str] = frozenset()
    deferred: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)

    @property
    def missed(self) -> frozenset[str]:
        """Returns those who did not take it."""
        return frozenset(self.deferred) | frozenset(self.refused)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A channel's answer to a message, kept in the ledger so that the message can be resolved or edited later.
    `recipients` is not kept: who is still owed something stands in the ledger itself."""

    integration: Integration
    key_name: str = ""  # name of the key in the secret
    key_version: str = ""  # short hash of the key's value: names a version, shows nothing of it
    ref: Mapping[str, str] = field(default_factory=dict)  # Slack: {"channel", "ts"}; e-mail: {"message_id"}
    recipients: Recipients | None = field(default=None, compare=False)
