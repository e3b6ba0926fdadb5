"""Keeps the ports of alertrelay.ports in memory: for tests, for the local stack and for simulation.

They keep the promises of the ports and pass the contract tests of the real ones.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import Clock, DeliveryFailure, Key, SecretMissing


class ManualClock:
    """A clock that moves only when it is set, or when somebody sleeps on it."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start

    def now(self) -> datetime:
        """Returns the time of this clock."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Moves by `seconds`."""
        self._now += timedelta(seconds=max(0.0, seconds))

    def move_to(self, at: datetime) -> None:
        """Moves forward to `at`; never backwards."""
        self._now = max(self._now, at)


def _time(entry: tuple[datetime, Mapping[str, Any]]) -> datetime:
    return entry[0]


@dataclass
class MemoryTimers:
    """ports.Timers in a list, in order of time; `due` takes out what has come back by now."""

    clock: Clock
    horizon: float = 120.0
    waiting: list[tuple[datetime, Mapping[str, Any]]] = field(default_factory=list)
    dead_lettered: list[Mapping[str, Any]] = field(default_factory=list)

    def send_all(self, bodies: Sequence[tuple[Mapping[str, Any], float]]) -> None:
        """See ports.Timers."""
        for body, delay in bodies:
            self.send(body, delay_seconds=delay)

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        """See ports.Timers."""
        if not 0 <= delay_seconds <= 900:
            raise ValueError(f"expected a delay of 0 to 900 s, got {delay_seconds}")
        self.put(body, at=self.clock.now() + timedelta(seconds=delay_seconds))

    def put(self, body: Mapping[str, Any], *, at: datetime) -> None:
        """Adds a message that becomes visible at `at`."""
        bisect.insort(self.waiting, (at, body), key=_time)

    def dead_letter(self, body: Mapping[str, Any]) -> None:
        """See ports.Timers."""
        self.dead_lettered.append(body)

    def due(self) -> list[Mapping[str, Any]]:
        """Removes and returns the messages that are visible by now, in order of time."""
        count = bisect.bisect_right(self.waiting, self.clock.now(), key=_time)
        ready = self.waiting[:count]
        del self.waiting[:count]
        return [body for _, body in ready]

    def next_at(self) -> datetime | None:
        """Returns the time at which the next one becomes visible."""
        return self.waiting[0][0] if self.waiting else None


@dataclass(frozen=True)
class MemorySecrets:
    """ports.Secrets over a dictionary of key name -> values, the current one first."""

    values: Mapping[str, Sequence[str]]

    def versions(self, name: str, *, prefer: str = "") -> Iterator[Key]:
        """See ports.Secrets. A version is the place of its values: "0" is current. Of several keys each one that was
        not changed stands in the earlier versions too."""
        keys = name.split()
        if missing := [one for one in keys if not self.values.get(one)]:
            raise SecretMissing(f"the secret has no key {missing[0]!r}")
        values = [self.values[one] for one in keys]
        found = [
            Key(name, "\n".join(one[min(n, len(one) - 1)] for one in values), str(n))
            for n in range(max(map(len, values), default=0))
        ]
        yield from sorted(found, key=lambda key: key.version != prefer)


@dataclass
class CollectingSender:
    """ports.Sender that keeps what it is given. `faults` are raised first, one a call."""

    sent: list[tuple[Target, Message, Receipt | None, bool]] = field(default_factory=list)
    faults: list[DeliveryFailure] = field(default_factory=list)
    key: str = ""
    can_edit: bool = False
    always: DeliveryFailure | None = None

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,
        notification_id: str,
        timeout: float,  # noqa: ARG002 - memory answers at once
        earlier: Receipt | None = None,
        edit: bool = False,
    ) -> Receipt:
        """See ports.Sender."""
        if self.faults:
            raise self.faults.pop(0)
        if self.always:
            raise self.always
        self.sent.append((target, message, earlier, edit))
        return Receipt(
            integration=target.integration,
            key_name=key.name if key else "",
            key_version=key.version if key else "",
            ref={"id": notification_id},
        )

    def key_name(self, target: Target) -> str:  # noqa: ARG002 - one key for all
        """See ports.Sender."""
        return self.key

    def edits(self, target: Target) -> bool:  # noqa: ARG002 - all or none
        """See ports.Sender."""
        return self.can_edit
