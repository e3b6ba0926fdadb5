"""ports.Timers on SQS: the forwarder's own queue, and the dead-letter queue behind it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from alertrelay.aws.errors import code
from alertrelay.ports import TimersFailure

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_DELAY_SECONDS = 900
MAX_BODY_BYTES = 256 * 1024
"""SQS takes 1 MiB, but a Lambda's asynchronous event and SNS, where a body may go on to, take 256 KB."""


class SqsTimers:
    """`client` makes or gives the client; it is called with the first message."""

    def __init__(self, client: Callable[[], SQSClient], *, queue_url: str, dlq_url: str) -> None:
        self._client = client
        self._queue_url = queue_url
        self._dlq_url = dlq_url

    def send(self, body: Mapping[str, Any], *, delay_seconds: int) -> None:
        """Delays beyond 0 to 900 s are cut to these bounds. Raises TimersFailure."""
        self._put(self._queue_url, "queue", body, delay=min(MAX_DELAY_SECONDS, max(0, delay_seconds)))

    def bury(self, body: Mapping[str, Any]) -> None:
        """Raises TimersFailure."""
        self._put(self._dlq_url, "dead-letter queue", body, delay=0)

    def _put(self, url: str, name: str, body: Mapping[str, Any], *, delay: int) -> None:
        text = json.dumps(body, separators=(",", ":"))
        if len(text) > MAX_BODY_BYTES:  # json.dumps escapes: a character is a byte
            raise TimersFailure(f"a message of {len(text)} bytes is too large for the {name}: {MAX_BODY_BYTES} at most")
        try:
            self._client().send_message(QueueUrl=url, MessageBody=text, DelaySeconds=delay)
        except (ClientError, BotoCoreError) as error:
            raise TimersFailure(f"the {name} did not take the message: {code(error)}") from None
