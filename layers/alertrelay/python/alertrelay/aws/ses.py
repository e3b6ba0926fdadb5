"""Sending mail by SES, and what each refusal of it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from alertrelay.aws.errors import THROTTLED, answered, code, failures, in_doubt, refused_here, status
from alertrelay.ports import DeliveryFailure, Permanent, RateLimited, Retryable

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

QUOTA_SECONDS = 600.0
"""A daily quota is not worth waiting for: the fallback is notified, and a timer tries again."""


def mailer(client: Callable[[], SESV2Client], *, region: str) -> Callable[[Mapping[str, Any]], str]:
    """Return a function that sends one mail and returns its Message-ID, which SES sets itself:
    https://docs.aws.amazon.com/ses/latest/dg/header-fields.html. It raises a DeliveryFailure."""
    domain = "email.amazonses.com" if region == "us-east-1" else f"{region}.amazonses.com"

    def send(request: Mapping[str, Any]) -> str:
        failure: DeliveryFailure
        try:
            return f"<{client().send_email(**request)['MessageId']}@{domain}>"
        except failures() as error:
            failure = _failure(error)
        raise failure  # outside the handler: the error's context holds the request

    return send


def _failure(error: Exception) -> DeliveryFailure:
    """Codes: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors."""
    name = code(error)
    text = f"SES answered {name}" if answered(error) is not None else f"SES cannot be reached: {name}"
    if name == "LimitExceededException":
        return RateLimited(text, retry_after=QUOTA_SECONDS)
    if name in THROTTLED:
        daily = "daily" in str(error).lower()
        return RateLimited(text, retry_after=QUOTA_SECONDS if daily else None)
    if refused_here(error):
        return Permanent(f"botocore refused the request to SES: {name}")
    if answered(error) is None:
        return Retryable(text, ambiguous=in_doubt(error))
    if status(error) >= 500:
        return Retryable(text, ambiguous=True)
    return Permanent(text)
