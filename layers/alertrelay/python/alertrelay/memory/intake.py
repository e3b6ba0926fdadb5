"""Keeps the intake's ports in memory: for tests, and for the relay on this machine."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertrelay.intake.ports import HandledLetter, Known, NoSuchQueue, QueueLength, TopicFailure
from alertrelay.state import StoreFailure


class MemoryPostedAlerts:
    """intake.ports.PostedAlerts over a mapping. `failing` makes each call fail."""

    def __init__(self, kept: MutableMapping[str, Known] | None = None) -> None:
        self._kept: MutableMapping[str, Known] = {} if kept is None else kept
        self._lock = threading.Lock()
        self.failing = False

    def known(self, fingerprints: Collection[str]) -> Mapping[str, Known]:
        """See intake.ports.PostedAlerts."""
        self._check()
        with self._lock:
            return {name: self._kept[name] for name in fingerprints if name in self._kept}

    def put(self, found: Sequence[Known]) -> Sequence[str]:
        """See intake.ports.PostedAlerts."""
        self._check()
        lost = []
        with self._lock:
            for one in found:
                name = one.alert.fingerprint
                stands = self._kept.get(name)
                if (stands.version if stands else 0) != one.version:
                    lost.append(name)
                else:
                    self._kept[name] = replace(one, version=one.version + 1)
        return lost

    def doubt(self, found: Sequence[Known]) -> None:
        """See intake.ports.PostedAlerts."""
        self._check()
        with self._lock:
            for one in found:
                stands = self._kept.get(one.alert.fingerprint)
                version = (stands.version if stands else 0) + 1
                self._kept[one.alert.fingerprint] = replace(one, content="", fires=True, version=version)

    def over(self, now: datetime) -> Iterable[Known]:
        """See intake.ports.PostedAlerts."""
        self._check()
        with self._lock:
            return [one for one in self._kept.values() if one.fires and one.alert.ends_at <= now]

    def ending_after(self, at: datetime) -> Iterable[Known]:
        """See intake.ports.PostedAlerts."""
        self._check()
        with self._lock:
            return [one for one in self._kept.values() if one.alert.ends_at > at]

    def _check(self) -> None:
        if self.failing:
            raise StoreFailure("failing on purpose")


@dataclass
class MemoryTopics:
    """intake.ports.Topics that keeps what is published. `failing` makes each publish fail."""

    published: list[tuple[str, str, Mapping[str, str]]] = field(default_factory=list)
    failing: bool = False

    def publish(self, topic: str, message: str, *, attributes: Mapping[str, str]) -> None:
        """See intake.ports.Topics."""
        if self.failing:
            raise TopicFailure("failing on purpose")
        self.published.append((topic, message, dict(attributes)))


@dataclass
class MemoryRefusedBodies:
    """intake.ports.RefusedBodies in a list of (body, why)."""

    kept: list[tuple[str, str]] = field(default_factory=list)

    def keep(self, body: str, *, why: str) -> None:
        """See intake.ports.RefusedBodies."""
        self.kept.append((body, why))


class MemoryDeadLetters:
    """intake.ports.DeadLetters of one queue: each of its `letters` becomes what it says, and is in it no more."""

    def __init__(self, queue: str) -> None:
        self.queue = queue
        self.letters: list[HandledLetter] = []

    def waiting(self) -> Sequence[QueueLength]:
        """See intake.ports.DeadLetters."""
        return [QueueLength(queue=self.queue, messages=len(self.letters))]

    def redrive(self, queue: str, *, most: int) -> tuple[Sequence[HandledLetter], bool]:
        """See intake.ports.DeadLetters."""
        if queue != self.queue:
            raise NoSuchQueue(self.queue)
        handled, self.letters = self.letters[:most], self.letters[most:]
        return handled, bool(self.letters)
