"""Implements the intake's ports on SNS and SQS: the topics by severity, and the queue of refused bodies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from alertrelay.aws.errors import code, failures
from alertrelay.intake.ports import TopicFailure
from alertrelay.values.text import compact_json, fitted

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

BODY_BYTES = 200_000
"""Of a kept body: SQS takes 256 KB, and it is escaped."""


class SnsTopics:
    """See intake.ports.Topics; `arns` by severity."""

    def __init__(self, client: Callable[[], SNSClient], arns: Mapping[str, str]) -> None:
        self._client = client
        self._arns = arns

    def publish(self, topic: str, message: str, *, attributes: Mapping[str, str]) -> None:
        """See intake.ports.Topics."""
        marks = {name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()}
        request: dict[str, Any] = {"TopicArn": self._arns[topic], "Message": message}
        if marks:
            request["MessageAttributes"] = marks
        try:
            self._client().publish(**request)
            return
        except failures() as error:
            why = f"the {topic} topic: {code(error)}"
        raise TopicFailure(why)  # outside the handler: the error's context holds the message


class SqsRefusedBodies:
    """See intake.ports.RefusedBodies."""

    def __init__(self, client: Callable[[], SQSClient], url: str, log: Callable[..., None]) -> None:
        self._client = client
        self._url = url
        self._log = log

    def keep(self, body: str, *, why: str) -> None:
        """See intake.ports.RefusedBodies."""
        text = compact_json({"why": why, **fitted({"body": body}, BODY_BYTES)})
        try:
            self._client().send_message(QueueUrl=self._url, MessageBody=text)
        except failures() as error:
            self._log("refused_body_not_kept", failure=code(error))
