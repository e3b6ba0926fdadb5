"""Publishing to SNS, and what each refusal of it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError, ReadTimeoutError

from alertrelay.aws.errors import THROTTLED, code, status
from alertrelay.ports import DeliveryFailure, Permanent, RateLimited, Retryable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_TRANSIENT = frozenset(
    {"InternalError", "InternalFailure", "InternalErrorException", "ServiceUnavailable", "RequestTimeout"}
)


def publisher(client: Callable[[str], SNSClient]) -> Callable[[Mapping[str, Any], str], str]:
    """Return a function that publishes a request in a region and returns the message's id. `client` gives the client
    of a region, "" being the function's own. The returned function raises a DeliveryFailure."""

    def publish(request: Mapping[str, Any], region: str) -> str:
        failure: DeliveryFailure
        try:
            return client(region).publish(**request).get("MessageId", "")
        except (ClientError, BotoCoreError) as error:
            failure = _failure(error)
        raise failure  # outside the handler: the error's context holds the request

    return publish


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
