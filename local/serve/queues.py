"""The queues of `alertrelay serve`: topics, timers, refused bodies and dead letters are rows of its file."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alertrelay.groups.dead_letters import DeadLetterQueue, Letter, done_of, judge
from alertrelay.groups.messages import ReceiveMessage, body_of, own_body
from alertrelay.intake.ports import HandledLetter, NoSuchQueue, QueueLength
from alertrelay.ports import Clock
from alertrelay.sources import Envelope

from local.serve.database import DataFile

TOPIC, TIMERS, LATER, DEAD, REFUSED = "topic", "timers", "later", "dead-letters", "refused"
"""The queues of messages."""
ACCOUNT, REGION = "000000000000", "local"
MOST_BYTES, MOST_LINES = 20_000_000, 1_000
"""What is read of the log: its end."""


@dataclass(frozen=True, slots=True)
class QueuedTopics:
    """intake.ports.Topics: a message is durable when its row is written. `published` is called after it."""

    database: DataFile
    clock: Clock
    published: Callable[[], None]

    def publish(self, topic: str, message: str, *, attributes: Mapping[str, str]) -> None:
        """See intake.ports.Topics."""
        self.hand_over(Envelope(text=message, attributes=attributes), topic)

    def hand_over(self, envelope: Envelope, topic: str) -> None:
        """Queues what was recorded elsewhere as if it were published now to the topic of that severity."""
        now = self.clock.now()
        arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:alertrelay-local-{topic}"
        envelope = replace(envelope, message_id=str(uuid.uuid4()), topic_arn=arn, sent_at=now)
        self.database.send(TOPIC, json.dumps(envelope.to_json()), due=now)
        self.published()


@dataclass(frozen=True, slots=True)
class QueuedTimers:
    """ports.Timers in the same file."""

    database: DataFile
    clock: Clock
    horizon: float = 120.0

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        """See ports.Timers."""
        self.database.send(TIMERS, json.dumps(body), due=self.clock.now() + timedelta(seconds=delay_seconds))

    def send_all(self, bodies: Sequence[tuple[Mapping[str, Any], float]]) -> None:
        """See ports.Timers."""
        with self.database.at_once():
            for body, delay in bodies:
                self.send(body, delay_seconds=delay)

    def dead_letter(self, body: Mapping[str, Any]) -> None:
        """See ports.Timers."""
        self.database.send(DEAD, json.dumps(body), due=self.clock.now())


@dataclass(frozen=True, slots=True)
class QueuedRefusals:
    """intake.ports.RefusedBodies in the same file."""

    database: DataFile
    clock: Clock

    def keep(self, body: str, *, why: str) -> None:
        """See intake.ports.RefusedBodies."""
        self.database.send(REFUSED, json.dumps({"why": why, "body": body}), due=self.clock.now())


@dataclass(frozen=True, slots=True)
class QueuedDeadLetters:
    """intake.ports.DeadLetters in the same file. A message of a topic comes again by the timers, as from AWS."""

    database: DataFile
    clock: Clock

    def waiting(self) -> Sequence[QueueLength]:
        """See intake.ports.DeadLetters."""
        ((number,),) = self.database.execute("SELECT count(*) FROM messages WHERE queue = ?", DEAD)
        return [QueueLength(queue=DEAD, messages=int(number))]

    def redrive(self, queue: str, *, most: int) -> tuple[Sequence[HandledLetter], bool]:
        """See intake.ports.DeadLetters."""
        if queue != DEAD:
            raise NoSuchQueue(DEAD)
        with self.database.at_once():
            found = self.database.execute(
                "SELECT id, body, due FROM messages WHERE queue = ? ORDER BY id LIMIT ?", DEAD, most + 1
            )
            return [self._handled(*row) for row in found[:most]], len(found) > most

    def _handled(self, number: int, body: str, due: float) -> HandledLetter:
        if own_body(body) is None:
            body = json.dumps(body_of(ReceiveMessage(envelope=Envelope.from_json(json.loads(body)))))
        sent_at = datetime.fromtimestamp(due, UTC)
        letter = Letter(message_id=str(number), body=body, sent_at=sent_at, attributes={})
        judged = judge(DeadLetterQueue(name=DEAD, holder="forwarder", function=TIMERS), letter, functions=(TIMERS,))
        if judged.action != "leave":
            self.database.execute("DELETE FROM messages WHERE id = ?", number)
        if judged.action == "replay":
            self.database.send(TIMERS, judged.body, due=self.clock.now())
        return HandledLetter(about=judged.about, sent_at=sent_at, done=done_of(judged), why=judged.why)


@dataclass(frozen=True, slots=True)
class LoggedLines:
    """intake.ports.DecisionLog over the file that the relay logs to, None where it logs to none."""

    path: Path | None

    def lines(self, fingerprint: str, *, since: datetime, now: datetime) -> Sequence[str] | None:  # noqa: ARG002 - lines have their own times
        """See intake.ports.DecisionLog."""
        if self.path is None or not self.path.exists():
            return None
        with self.path.open("rb") as file:
            file.seek(max(0, self.path.stat().st_size - MOST_BYTES))
            found = [line for line in file if fingerprint.encode() in line]
        return [line.decode("utf-8", "replace") for line in found[-MOST_LINES:]]
