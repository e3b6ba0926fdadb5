"""Reads the dead-letter queues of a deployed environment, and sends their messages again.

A message is sent before it is deleted: where the second step fails it comes twice, which the forwarders take for a
duplicate. What is shown or left is made visible again at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from alertrelay.aws.dead_letters import BATCH, HELD_SECONDS, held, letter_of, messages, release, waiting
from alertrelay.aws.errors import code
from alertrelay.groups.dead_letters import DeadLetterQueue, Judged, Letter, forwarder_queues, judge
from alertrelay.ports import Clock
from botocore.exceptions import ClientError

from cli.cloud import UNREADABLE, Client, CloudUnreadable, DeployedStack, unreadable

RULES = "rule-failures"
Done = Literal["sent", "deleted", "left", "would send", "would delete", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handled:
    """What became of a dead letter. `fault` is AWS's answer where `done` is failed."""

    queue: str
    letter: Letter
    judged: Judged
    done: Done
    fault: str = ""

    def as_json(self) -> dict[str, object]:
        """The documented object."""
        return {
            "queue": self.queue,
            "message_id": self.letter.message_id,
            "sent_at": self.letter.sent_at.isoformat(),
            "about": self.judged.about,
            "done": self.done,
            "why": self.fault or self.judged.why,
            "to": list(self.judged.to),
        }


def queues_of(deployed: DeployedStack, only: Sequence[str] = ()) -> tuple[DeadLetterQueue, ...]:
    """The dead-letter queues of a stack, those whose name ends with one of `only` where it is given."""
    found = list(forwarder_queues(deployed.forwarders))
    found.append(DeadLetterQueue(name=f"{deployed.stack}-{RULES}", holder="rules"))
    if scorer := deployed.outputs.get("AnomalyFunction"):
        found.append(DeadLetterQueue(name=f"{scorer}-failed", holder="scorer"))
    if slo := deployed.outputs.get("SloFunction"):
        found.append(DeadLetterQueue(name=f"{slo}-failed", holder="runs"))
    if intake := deployed.outputs.get("FunctionIntake"):
        found.append(DeadLetterQueue(name=f"{intake}-failed", holder="runs"))
        found.append(DeadLetterQueue(name=f"{intake}-refused", holder="refused"))
    if companion := deployed.outputs.get("CompanionFunction"):
        found.append(DeadLetterQueue(name=f"{companion}-lapsed", holder="companion", function=companion))
    return tuple(one for one in found if not only or one.name.endswith(tuple(only)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """Handles the dead letters of queues. Without `replay` nothing is changed; `per_second` bounds how many messages
    are sent."""

    client: Client
    clock: Clock
    functions: Sequence[str]
    replay: bool
    per_second: float

    def go(self, queue: DeadLetterQueue) -> Iterator[Handled]:
        """Yields what became of each message of a queue. Raises CloudUnreadable where the queue cannot be read."""
        sqs, url = self.client("sqs"), self._url(queue)
        left: list[str] = []
        try:
            for message in messages(sqs, url, batch=self._batch()):
                handled = self._one(sqs, url, queue, message)
                if handled.done not in ("sent", "deleted"):
                    left.append(message["ReceiptHandle"])
                yield handled
        except UNREADABLE as error:
            raise unreadable(f"the queue {queue.name}", error) from None
        finally:
            release(sqs, url, left)

    def held(self, queue: DeadLetterQueue) -> int:
        """Returns about how many messages of a queue another reader holds, which `go` does not see: ask before it.
        Raises CloudUnreadable."""
        url = self._url(queue)
        try:
            return held(self.client("sqs"), url)
        except UNREADABLE as error:
            raise unreadable(f"what is held of the queue {queue.name}", error) from None

    def _url(self, queue: DeadLetterQueue) -> str:
        what = f"the queue {queue.name}"
        try:
            return str(self.client("sqs").get_queue_url(QueueName=queue.name)["QueueUrl"])
        except UNREADABLE as error:
            if isinstance(error, ClientError) and "NonExistentQueue" in code(error):
                raise CloudUnreadable(f"{what} does not exist: deploy the environment again") from None
            raise unreadable(what, error) from None

    def _batch(self) -> int:
        """Returns how many messages are sent well before they are visible to others again, each to all functions."""
        if not self.replay:
            return BATCH
        within = self.per_second * HELD_SECONDS / 2 / max(1, len(self.functions))
        return max(1, min(BATCH, int(within)))

    def _one(self, sqs: Any, url: str, queue: DeadLetterQueue, message: Mapping[str, Any]) -> Handled:
        letter = letter_of(message)
        judged = judge(queue, letter, functions=self.functions)

        def handled(done: Done, fault: str = "") -> Handled:
            return Handled(queue=queue.name, letter=letter, judged=judged, done=done, fault=fault)

        if judged.action == "leave":
            return handled("left")
        if not self.replay:
            return handled("would send" if judged.action == "replay" else "would delete")
        try:
            for function in judged.to:
                self.clock.sleep(1 / self.per_second)
                again = sqs.get_queue_url(QueueName=f"{function}-{queue.into}")["QueueUrl"]
                sqs.send_message(QueueUrl=again, MessageBody=judged.body)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        except UNREADABLE as error:
            return handled("failed", str(unreadable(f"the message {letter.message_id}", error)))
        return handled("sent" if judged.action == "replay" else "deleted")


def counted(queue: DeadLetterQueue, client: Client) -> int:
    """Return about how many messages a queue holds. Raises CloudUnreadable."""
    sqs = client("sqs")
    try:
        url = sqs.get_queue_url(QueueName=queue.name)["QueueUrl"]
        return waiting(sqs, url)
    except UNREADABLE as error:
        raise unreadable(f"the queue {queue.name}", error) from None


def report(handled: Sequence[Handled], held_by: Mapping[str, int], faults: Sequence[str], *, replay: bool) -> str:
    """The documented JSON; `held_by` counts what another reader holds, by queue."""
    found = [one.as_json() for one in handled]
    shown = {"replayed": replay, "messages": found, "held": dict(held_by), "unreadable": list(faults)}
    return json.dumps(shown, indent=2)
