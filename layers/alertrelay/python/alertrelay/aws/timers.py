"""Queues timers on SQS: the forwarder's own queue, and the dead-letter queue behind it."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from alertrelay.aws.errors import code, failures
from alertrelay.ports import TimersFailure
from alertrelay.values.text import compact_json

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

MAX_DELAY_SECONDS = 900
MAX_BODY_BYTES = 1024 * 1024
"""SQS's own limit. A message of a topic, 256 KB at most, grows by its quotes when it stands in a body; Lambda reads a
queue in batches of up to 6 MB."""


class SqsTimers:
    """`client` makes or gives the client; it is called with the first message."""

    def __init__(self, client: Callable[[], SQSClient], *, queue_url: str, dlq_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._dlq_url = dlq_url

    @property
    def horizon(self) -> float:
        """Returns this minute and the next, of which a tick has sent the other timers: ticks of later minutes find what
        is due later, so that no chain of messages outlives a day."""
        return 120.0

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        """Delays beyond 0 to 900 s are cut to these bounds; SQS takes whole seconds, and this rounds up, so that a
        timer does not come back before it is due. Raises TimersFailure."""
        self._put(self._queue_url, "queue", body, delay=_whole(delay_seconds))

    def send_all(self, bodies: Sequence[tuple[Mapping[str, Any], float]]) -> None:
        """Sends ten a request. Raises TimersFailure where one was not accepted, after trying all."""
        refused = ""
        for start in range(0, len(bodies), 10):
            entries: list[SendMessageBatchRequestEntryTypeDef] = [
                {"Id": str(n), "MessageBody": json.dumps(body), "DelaySeconds": _whole(delay)}
                for n, (body, delay) in enumerate(bodies[start : start + 10])
            ]
            try:
                answer = self._client().send_message_batch(QueueUrl=self._queue_url, Entries=entries)
            except failures() as error:
                refused = code(error)
                continue
            refused = next((failed["Code"] for failed in answer.get("Failed", ())), refused)
        if refused:
            raise TimersFailure(f"the queue did not take every message: {refused}")

    def dead_letter(self, body: Mapping[str, Any]) -> None:
        """Raises TimersFailure."""
        self._put(self._dlq_url, "dead-letter queue", body, delay=0)

    def _put(self, url: str, name: str, body: Mapping[str, Any], *, delay: int) -> None:
        text = compact_json(body)
        size = len(text.encode())
        if size > MAX_BODY_BYTES:
            raise TimersFailure(f"a message of {size} bytes is too large for the {name}: {MAX_BODY_BYTES} at most")
        try:
            self._client().send_message(QueueUrl=url, MessageBody=text, DelaySeconds=delay)
        except failures() as error:
            raise TimersFailure(f"the {name} did not take the message: {code(error)}") from None


def _whole(delay_seconds: float) -> int:
    return min(MAX_DELAY_SECONDS, max(0, math.ceil(delay_seconds)))
