"""Lambda's asynchronous invocations: the events of topics, tried again after a while, and the queue of those that fail.

Source: AWS Lambda Developer Guide, "Asynchronous invocation": two retries, and an on-failure destination.
"""

from __future__ import annotations

import heapq
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from alertrelay.memory.ports import ManualClock

from local.stack.emulator import Emulator
from local.stack.invocation import (
    RETRY_AFTER,
    AsyncRetry,
    Failure,
    HandlerFailed,
    Invocable,
    from_sns,
    on_failure_record,
)


class AsyncInvocations:
    """`observe` gets each invocation that raised, with the time and the function's name."""

    def __init__(
        self, emulator: Emulator, clock: ManualClock, observe: Callable[[datetime, str, Failure], None]
    ) -> None:
        self._emulator = emulator
        self._sqs = emulator.client("sqs")
        self._clock = clock
        self._observe = observe
        self._again: list[AsyncRetry] = []
        self._published: dict[str, tuple[str, datetime]] = {}

    def published(self, sns_id: str, message_id: str, at: datetime) -> None:
        """Has functions see a message that SNS took under one id as another one, of another time."""
        self._published[sns_id] = (message_id, at)

    def take_inbox(self, function: Invocable) -> bool:
        """Invokes the function with one message of the queue that stands for its subscriptions. Returns whether there
        was one."""
        url = function.function.inbox_url
        if not self._emulator.queued(url):
            return False
        found = self._sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=0).get("Messages", [])
        for message in found:
            self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            notification = json.loads(message["Body"])
            # What somebody else published, with a client of their own, is as SNS says.
            message_id, sent_at = self._published.get(
                notification["MessageId"], (notification["MessageId"], self._clock.now())
            )
            subscription = f"{notification['TopicArn']}:{function.function.name}"
            event = from_sns(notification, subscription=subscription, sent_at=sent_at, message_id=message_id)
            self.invoke(function, event)
        return bool(found)

    def take_retry(self) -> bool:
        """Invokes once more with the event that is due first. Returns whether one was due."""
        if not (self._again and self._again[0].due <= self._clock.now()):
            return False
        self._try(heapq.heappop(self._again))
        return True

    def invoke(self, function: Invocable, event: Mapping[str, Any]) -> None:
        """Hands an event to a function as SNS would."""
        self._try(AsyncRetry(due=self._clock.now(), number=0, function=function, event=event))

    @property
    def waiting(self) -> list[AsyncRetry]:
        """The events that are tried again, the first that is due first."""
        return sorted(self._again)

    def _try(self, attempt: AsyncRetry) -> None:
        function = attempt.function.function
        try:
            attempt.function(attempt.event)
        except HandlerFailed as failed:
            self._observe(failed.failure.at, function.name, failed.failure)
            if attempt.number < function.retries:
                due = self._clock.now() + RETRY_AFTER[min(attempt.number, len(RETRY_AFTER) - 1)]
                heapq.heappush(self._again, replace(attempt, due=due, number=attempt.number + 1))
                return
            record = json.dumps(on_failure_record(attempt, failed.failure))
            self._sqs.send_message(QueueUrl=function.failed_url, MessageBody=record)
