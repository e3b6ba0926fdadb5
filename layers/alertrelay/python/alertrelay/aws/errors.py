"""Names an error of botocore in a word that is safe to show."""

from __future__ import annotations

from botocore import exceptions
from botocore.exceptions import BotoCoreError, ClientError

THROTTLED = frozenset(
    {
        "Throttling", "ThrottlingException", "Throttled", "ThrottledException", "TooManyRequestsException",
        "RequestThrottled", "RequestLimitExceeded", "KMSThrottlingException", "KMSThrottling",
    }
)  # fmt: skip


def code(error: BotoCoreError | ClientError) -> str:
    """Returns AWS's own error code (`AuthorizationError`), or botocore's class (`EndpointConnectionError`)."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code", "") or "ClientError"
    return type(error).__name__


def status(error: BotoCoreError | ClientError) -> int:
    """Returns the HTTP status of the answer, 0 where none came."""
    if isinstance(error, ClientError):
        return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return 0


def unanswered(error: BotoCoreError | ClientError) -> bool:
    """Returns whether the same request may be answered if it is sent once more: no answer came, or a 5xx."""
    return isinstance(error, exceptions.ConnectionError | exceptions.HTTPClientError) or status(error) >= 500
