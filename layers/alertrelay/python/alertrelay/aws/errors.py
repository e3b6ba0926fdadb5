"""Names an error of an AWS client in a word that is safe to show: botocore's, and our own (alertrelay.aws.direct).

Botocore is not imported here. A function that has not loaded it meets none of its errors, and `failures()` is asked
only once something was raised.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

THROTTLED = frozenset(
    {
        "Throttling", "ThrottlingException", "Throttled", "ThrottledException", "TooManyRequestsException",
        "RequestThrottled", "RequestLimitExceeded", "KMSThrottlingException", "KMSThrottling",
    }
)  # fmt: skip


class Refused(Exception):
    """AWS answered with an error. `response` is as botocore's ClientError has it."""

    def __init__(self, response: Mapping[str, Any], operation: str) -> None:
        super().__init__(f"{response['Error']['Code']}: {operation}")
        self.response = response


class Unanswered(Exception):
    """No answer came. Its classes are named as botocore's are, which the log shows."""


class ConnectTimeoutError(Unanswered):
    """No connection in time, so the request was not sent."""


class EndpointConnectionError(Unanswered):
    """No connection, so the request was not sent."""


class ReadTimeoutError(Unanswered):
    """The request was sent, and no answer came in time."""


class ConnectionClosedError(Unanswered):
    """The request was sent, and the connection ended without an answer."""


def failures() -> tuple[type[Exception], ...]:
    """Return the classes of what a client raises, for an `except`."""
    exceptions = sys.modules.get("botocore.exceptions")
    if exceptions is None:
        return Refused, Unanswered
    return Refused, Unanswered, exceptions.ClientError, exceptions.BotoCoreError


def answered(error: Exception) -> Mapping[str, Any] | None:
    """Return the answer that an error is, None where none came."""
    found: Mapping[str, Any] | None = getattr(error, "response", None)
    return found if isinstance(found, Mapping) else None


def code(error: Exception) -> str:
    """Returns AWS's own error code (`AuthorizationError`), or botocore's class (`EndpointConnectionError`)."""
    answer = answered(error)
    return type(error).__name__ if answer is None else answer.get("Error", {}).get("Code", "") or "ClientError"


def status(error: Exception) -> int:
    """Returns the HTTP status of the answer, 0 where none came."""
    return int((answered(error) or {}).get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def unanswered(error: Exception) -> bool:
    """Returns whether the same request may be answered if it is sent once more: no answer came, or a 5xx."""
    return isinstance(error, _no_answer()) or status(error) >= 500


def in_doubt(error: Exception) -> bool:
    """Returns whether a request was sent to which no answer came: it may have been done."""
    return type(error).__name__ in ("ReadTimeoutError", "ConnectionClosedError")


def refused_here(error: Exception) -> bool:
    """Returns whether botocore itself found the request wrong, and sent none."""
    return type(error).__name__ == "ParamValidationError"


def _no_answer() -> tuple[type[Exception], ...]:
    exceptions = sys.modules.get("botocore.exceptions")
    if exceptions is None:
        return (Unanswered,)
    return Unanswered, exceptions.ConnectionError, exceptions.HTTPClientError
