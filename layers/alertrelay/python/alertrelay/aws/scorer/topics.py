"""Publishes what the anomaly-scorer found to the topic of its severity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from alertrelay.anomaly.scorer.ports import PublishFailure
from alertrelay.aws.errors import code

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


def publisher(client: Callable[[], SNSClient], topics: Mapping[str, str]) -> Callable[[str, str], None]:
    """Returns publish(severity, message); `topics` are ARNs by severity. It raises PublishFailure."""

    def publish(severity: str, message: str) -> None:
        try:
            client().publish(TopicArn=topics[severity], Message=message, Subject="alertrelay: anomalies")
        except (ClientError, BotoCoreError) as error:
            raise PublishFailure(f"the {severity} topic: {code(error)}") from None

    return publish
