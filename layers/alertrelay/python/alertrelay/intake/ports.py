"""States what the intake needs from the outside, as Protocols. aws/intake/ and memory/intake.py implement them, and
pass the same contract tests."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from alertrelay.alert import Acknowledgement
from alertrelay.groups.dead_letters import Done
from alertrelay.intake.posted import PostedAlert
from alertrelay.nflog.group_state import AlertItem


class TopicFailure(Exception):
    """A topic did not take a message. The text is safe to log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is recorded of a posted alert: only what was published is known.

    `content` is the digest of the published update, "" where two writers met and nobody knows whose was published
    last: the next post is then published. `until`: the end that was published of a firing alert. `fires`: it was
    published as firing, so that its end is still to be published. `version` counts writes, 0 for one that is not
    stored.
    """

    alert: PostedAlert
    content: str
    until: datetime
    fires: bool
    version: int = 0


class PostedAlerts(Protocol):
    """The posted alerts, by fingerprint. Every method raises state.StoreFailure."""

    def known(self, fingerprints: Collection[str]) -> Mapping[str, Known]:
        """Reads up to 500 of them, strongly consistent; what is missing is left out."""

    def put(self, found: Sequence[Known]) -> Sequence[str]:
        """Writes each over the version that it carries, and returns the fingerprints of those that somebody else wrote
        meanwhile."""

    def doubt(self, found: Sequence[Known]) -> None:
        """Writes each whatever stands there, as firing and with no content: the next post of it is published, and so is
        its end."""

    def over(self, now: datetime) -> Iterable[Known]:
        """Reads what was published as firing and whose end has passed, eventually consistent."""

    def ending_after(self, at: datetime) -> Iterable[Known]:
        """Reads what fires then or later, strongly consistent: what a put has written is among it."""


class Topics(Protocol):
    """The topics by severity: critical, warning, info."""

    def publish(self, topic: str, message: str, *, attributes: Mapping[str, str]) -> None:
        """Returns when the topic has stored the message durably. Raises TopicFailure."""


class OpenAlerts(Protocol):
    """What the relay holds of alerts, from whatever source. Raises state.StoreFailure."""

    def firing(self, now: datetime) -> Sequence[AlertItem]:
        """Reads the newest update of each alert that fires, and of those that ended at most half an hour ago."""


class Acknowledgements(Protocol):
    """Who is on which alert, beside the alert and its copies in its groups. Every method raises state.StoreFailure."""

    def acknowledge(self, seen: AlertItem, new: Acknowledgement) -> AlertItem | None:
        """Writes it to the alert, unless that has another one than `seen` has. Returns the alert as it stands then,
        with the acknowledgement that counts; None where it fires no longer as `seen` does, or is unknown."""

    def withdraw(self, seen: AlertItem) -> bool:
        """Removes the acknowledgement that `seen` has. False where the alert has another one by now, or none."""

    def note(self, gid: str, key: str, acknowledged: Acknowledgement | None) -> bool:
        """Writes it to the alert's firing member of a group, or removes it there. False where there is none."""


RECENT = timedelta(minutes=30)
"""How long a resolved alert is still listed to itself, as Alertmanager keeps it in memory."""


def recent(item: AlertItem, now: datetime) -> bool:
    """Returns whether an alert fires, or ended a short while ago. An event is announced once, and does not fire."""
    alert = item.alert
    if alert.kind == "event":
        return False
    return (alert.status == "firing" and alert.ends_at is None) or (
        alert.ends_at is not None and alert.ends_at > now - RECENT
    )


class RefusedBodies(Protocol):
    """A queue that keeps what was posted and is no alert, until a person has seen it."""

    def keep(self, body: str, *, why: str) -> None:
        """Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeReport:
    """What the intake writes about itself: a line of the log, and counters."""

    log: Callable[..., None]
    count: Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFigures:
    """The last day in numbers: deliveries by outcome, suppressed updates by reason, and how long alerts took to their
    notification, in seconds by percentile."""

    deliveries: Mapping[str, int]
    suppressed: Mapping[str, int]
    latency: Mapping[str, float]


class Statistics(Protocol):
    """Counts what became of updates."""

    def last_day(self, now: datetime) -> DayFigures | None:
        """Returns None where it cannot be counted now. Never raises."""


class DecisionLog(Protocol):
    """What the functions logged of an alert."""

    def lines(
        self, fingerprint: str, *, since: datetime, now: datetime
    ) -> Sequence[str] | Sequence[tuple[datetime, str]] | None:
        """Returns the lines that name it, oldest first, a thousand at most, maybe each with when it was received; None
        where they cannot be read now. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueLength:
    """About how many messages a dead-letter queue holds, None where it cannot be read now: `fault` says why."""

    queue: str
    messages: int | None
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandledLetter:
    """What became of a dead letter that was to be sent again. `about` names its alerts."""

    about: str
    sent_at: datetime
    done: Done
    why: str


class NoSuchQueue(Exception):
    """Raised for a queue that there is not; the text names those that there are."""


class QueueFailure(Exception):
    """Raised where a queue does not answer. The text is safe to log."""


class DeadLetters(Protocol):
    """The dead-letter queues of an environment."""

    def waiting(self) -> Sequence[QueueLength]:
        """Counts the messages of each. Never raises."""

    def redrive(self, queue: str, *, most: int) -> tuple[Sequence[HandledLetter], bool]:
        """Sends the messages of a queue to their forwarders again, at most so many, and returns whether there may be
        more. Raises NoSuchQueue, QueueFailure."""
