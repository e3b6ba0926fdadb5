"""SNS: a topic, a phone number (SMS) or an endpoint, by the function's own permission: it needs no secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError, ReadTimeoutError

from alertrelay.aws.errors import THROTTLED, code, status
from alertrelay.config.model import SnsSettings, Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import DeliveryFailure, Key, Permanent, RateLimited, Retryable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

HOP_ATTRIBUTE = "alertrelay-hop"
NOTIFICATION_ATTRIBUTE = "alertrelay-notification"
_TRANSIENT = frozenset(
    {"InternalError", "InternalFailure", "InternalErrorException", "ServiceUnavailable", "RequestTimeout"}
)


class SnsSender:
    """The message is `{"subject", "message"}`; a phone number gets no subject. `client` gives the client of a region,
    "" being the function's own. The client's own bounds hold, not `timeout`."""

    def __init__(self, client: Callable[[str], SNSClient]) -> None:
        self._client = client

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,  # noqa: ARG002 - permission comes from IAM
        notification_id: str,
        timeout: float,  # noqa: ARG002 - the client has its own
        earlier: Receipt | None = None,  # noqa: ARG002 - what was published cannot be changed
        edit: bool = False,  # noqa: ARG002 - what was published cannot be changed
    ) -> Receipt:
        """Publishes, with the marks of a loop and of the notification. Raises a DeliveryFailure."""
        settings = cast(SnsSettings, target.settings)
        request = _request(message, settings, notification_id)
        failure: DeliveryFailure
        try:
            answer = self._client(_region(settings)).publish(**request)
            return Receipt(integration=target.integration, ref={"message_id": answer.get("MessageId", "")})
        except (ClientError, BotoCoreError) as error:
            failure = _failure(error)
        raise failure

    def key_name(self, target: Target) -> str:  # noqa: ARG002 - the same for every target
        """None: permission comes from IAM."""
        return ""

    def edits(self, target: Target) -> bool:  # noqa: ARG002 - the same for every target
        """Never."""
        return False


def _request(message: Message, settings: SnsSettings, notification_id: str) -> dict[str, Any]:
    marks = {HOP_ATTRIBUTE: "1", NOTIFICATION_ATTRIBUTE: notification_id}
    request: dict[str, Any] = {
        "Message": message["message"],
        "MessageAttributes": {n: {"DataType": "String", "StringValue": v} for n, v in marks.items() if v},
    }
    if settings.phone_number:
        return {**request, "PhoneNumber": settings.phone_number}
    if message.get("subject"):
        request["Subject"] = message["subject"]
    return {
        **request,
        **({"TopicArn": settings.topic_arn} if settings.topic_arn else {"TargetArn": settings.target_arn}),
    }


def _region(settings: SnsSettings) -> str:
    parts = (settings.topic_arn or settings.target_arn).split(":")
    return parts[3] if len(parts) > 3 else ""


def _failure(error: ClientError | BotoCoreError) -> DeliveryFailure:
    """Codes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors."""
    name = code(error)
    text = f"SNS answered {name}" if isinstance(error, ClientError) else f"SNS cannot be reached: {name}"
    if name in THROTTLED:
        return RateLimited(text)
    if isinstance(error, ParamValidationError):
        return Permanent(f"botocore refused the request to SNS: {name}")
    if not isinstance(error, ClientError):
        return Retryable(text, ambiguous=isinstance(error, ReadTimeoutError))
    if name in _TRANSIENT or status(error) >= 500:
        return Retryable(text, ambiguous=True)
    return Permanent(text)
