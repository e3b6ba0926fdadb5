"""The functions of the stack, invoked as Lambda would: from SNS with two retries, from SQS by its visibility."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.memory.ports import ManualClock

import lambdas
from local.stack.functions import DeployedFunction

RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=2))
"""Lambda's pauses before the second and the third attempt of an asynchronous invocation:
https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html"""

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """An invocation that raised. `text` is what Lambda would put in its on-failure record."""

    at: datetime
    function: str
    kind: str
    text: str


class FunctionRaised(Exception):
    """An error of a function in a process of its own, or its end by a signal, as its runtime reports it."""


@dataclass(frozen=True, slots=True)
class Context:
    """The context of an invocation, as handlers read it; the time left is the manual clock's."""

    function_name: str
    aws_request_id: str
    ends: datetime
    clock: ManualClock

    def get_remaining_time_in_millis(self) -> int:
        """As of Lambda's context."""
        return max(0, int((self.ends - self.clock.now()).total_seconds() * 1000))


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocable:
    """A function with its handler bound to this run. `handles` are the channels whose integrations are its own."""

    function: DeployedFunction
    handler: Handler
    handles: frozenset[str]
    clock: ManualClock
    logs: io.StringIO

    def __call__(self, event: Mapping[str, Any]) -> Any:
        """Runs it; what it prints goes to the logs, as in CloudWatch. Raises Failed."""
        name = self.function.name
        context = Context(
            name, str(uuid.uuid4()), self.clock.now() + timedelta(seconds=self.function.timeout_seconds), self.clock
        )
        with contextlib.redirect_stdout(self.logs):
            try:
                return self.handler(json.loads(json.dumps(event)), context)
            except FunctionRaised as error:  # in a process of its own, whose runtime has written why
                failure = Failure(at=self.clock.now(), function=name, kind=type(error).__name__, text=str(error))
            except Exception as error:  # noqa: BLE001 - whatever it raises, Lambda tries the event again
                self.logs.write(traceback.format_exc())  # as the runtime does
                failure = Failure(at=self.clock.now(), function=name, kind=type(error).__name__, text=str(error))
        raise HandlerFailed(failure)


class HandlerFailed(Exception):
    """The handler raised."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(f"{failure.function} raised {failure.kind}: {failure.text}")
        self.failure = failure


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class AsyncRetry:
    """An asynchronous event that is to be tried again. `number` counts the attempts before."""

    due: datetime
    number: int
    function: Invocable = field(compare=False)
    event: Mapping[str, Any] = field(compare=False)


def load(handler: str) -> Any:
    """Return what a template's Handler string names. In a wheel lambdas/ is a package of alertrelay."""
    module, _, name = handler.rpartition(".")
    own = module.removeprefix("lambdas.")
    return getattr(importlib.import_module(f"{lambdas.__name__}.{own}"), name)


def from_sns(
    notification: Mapping[str, Any], *, subscription: str, sent_at: datetime, message_id: str
) -> dict[str, Any]:
    """The event that Lambda would have got for what SNS put in the inbox."""
    attributes = notification.get("MessageAttributes") or {}
    return {
        "Records": [
            {
                "EventSource": "aws:sns",
                "EventVersion": "1.0",
                "EventSubscriptionArn": subscription,
                "Sns": {
                    "Type": "Notification",
                    "MessageId": message_id,
                    "TopicArn": notification["TopicArn"],
                    "Subject": notification.get("Subject"),
                    "Message": notification["Message"],
                    "Timestamp": rfc3339(sent_at),
                    "SignatureVersion": "1",
                    "Signature": "local",
                    "SigningCertUrl": "",
                    "UnsubscribeUrl": "",
                    "MessageAttributes": attributes,
                },
            }
        ]
    }


def from_sqs(message: Mapping[str, Any], *, queue: str, region: str) -> dict[str, Any]:
    """The event that Lambda would have got for a message of a queue."""
    return {
        "Records": [
            {
                "messageId": message["MessageId"],
                "receiptHandle": message["ReceiptHandle"],
                "body": message["Body"],
                "attributes": message.get("Attributes", {}),
                "messageAttributes": {},
                "md5OfBody": message["MD5OfBody"],
                "eventSource": "aws:sqs",
                "eventSourceARN": queue,
                "awsRegion": region,
            }
        ]
    }


def on_failure_record(attempt: AsyncRetry, failure: Failure) -> dict[str, Any]:
    """Returns Lambda's record of an event that it gave up, for the destination:
    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""
    return {
        "version": "1.0",
        "timestamp": rfc3339(failure.at),
        "requestContext": {
            "functionArn": attempt.function.function.arn,
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempt.number + 1,
        },
        "requestPayload": attempt.event,
        "responseContext": {"statusCode": 200, "functionError": "Unhandled"},
        "responsePayload": {"errorType": failure.kind, "errorMessage": failure.text},
    }
