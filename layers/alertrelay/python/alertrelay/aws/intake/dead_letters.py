"""Implements the intake's DeadLetters on SQS: a message is sent to its forwarder's own queue before it is deleted, so
that where the second step fails it comes twice, which a forwarder takes for a duplicate."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alertrelay.aws.dead_letters import letter_of, messages, release, waiting
from alertrelay.aws.errors import code, failures
from alertrelay.groups.dead_letters import DeadLetterQueue, done_of, judge
from alertrelay.intake.ports import HandledLetter, NoSuchQueue, QueueFailure, QueueLength

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsDeadLetters:
    """See intake.ports.DeadLetters. `queues` are the addresses of the queues, `timers` those of the forwarders' own
    queues by function."""

    client: Callable[[], SQSClient]
    queues: Mapping[DeadLetterQueue, str]
    timers: Mapping[str, str]

    def waiting(self) -> Sequence[QueueLength]:
        """See intake.ports.DeadLetters."""
        return [self._length(queue, url) for queue, url in self.queues.items()]

    def redrive(self, queue: str, *, most: int) -> tuple[Sequence[HandledLetter], bool]:
        """See intake.ports.DeadLetters."""
        found = next((one for one in self.queues if one.name == queue), None)
        if found is None:
            raise NoSuchQueue(", ".join(one.name for one in self.queues))
        sqs, url = self.client(), self.queues[found]
        handled, held = list[HandledLetter](), list[str]()
        try:
            for message in messages(sqs, url, most=most):
                handled.append(self._handled(sqs, url, found, message))
                if handled[-1].done not in ("sent", "deleted"):
                    held.append(message["ReceiptHandle"])
        except failures() as error:
            raise QueueFailure(f"the queue {queue}: {code(error)}") from None
        finally:
            release(sqs, url, held)
        return handled, len(handled) == most

    def _handled(self, sqs: SQSClient, url: str, queue: DeadLetterQueue, message: Mapping[str, Any]) -> HandledLetter:
        letter = letter_of(message)
        judged = judge(queue, letter, functions=tuple(self.timers))
        fault = ""
        if judged.action != "leave":
            try:
                for function in judged.to:
                    sqs.send_message(QueueUrl=self.timers[function], MessageBody=judged.body)
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            except failures() as error:
                fault = code(error)
        return HandledLetter(
            about=judged.about,
            sent_at=letter.sent_at,
            done=done_of(judged, failed=bool(fault)),
            why=fault or judged.why,
        )

    def _length(self, queue: DeadLetterQueue, url: str) -> QueueLength:
        try:
            return QueueLength(queue=queue.name, messages=waiting(self.client(), url))
        except failures() as error:
            return QueueLength(queue=queue.name, messages=None, fault=code(error))
