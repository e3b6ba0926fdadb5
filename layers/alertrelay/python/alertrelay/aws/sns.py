"""Publishing to SNS, and what each refusal of it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from alertrelay.aws.errors import THROTTLED, answered, code, failures, in_doubt, refused_here, status
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
        except failures() as error:
            failure = _failure(error)
        raise failure  # outside the handler: the error's context holds the request

    return publish


def _failure(error: Exception) -> DeliveryFailure:
    """Codes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors."""
    name = code(error)
    text = f"SNS answered {name}" if answered(error) is not None else f"SNS cannot be reached: {name}"
    if name in THROTTLED:
        return RateLimited(text)
    if refused_here(error):
        return Permanent(f"botocore refused the request to SNS: {name}")
    if answered(error) is None:
        return Retryable(text, ambiguous=in_doubt(error))
    if name in _TRANSIENT or status(error) >= 500:
        return Retryable(text, ambiguous=True)
    return Permanent(text)
