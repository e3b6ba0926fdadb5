"""E-mail by SES, for receivers whose transport is `ses`: by the function's own permission, without a secret."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError, ReadTimeoutError

from alertrelay.aws.errors import THROTTLED, code, status
from alertrelay.config.model import EmailSettings, Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import DeliveryFailure, Key, Permanent, RateLimited, Retryable

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client
    from mypy_boto3_sesv2.type_defs import MessageHeaderTypeDef

NOTIFICATION_HEADER = "X-Alertrelay-Notification"
QUOTA_SECONDS = 600.0
"""A daily quota is not worth waiting for: the fallback is told, and a timer tries again."""


class SesSender:
    """The message is `{"subject", "text", "html"}`; html may be absent. The client's own bounds hold, not `timeout`."""

    def __init__(self, client: Callable[[], SESV2Client], *, region: str) -> None:
        self._client = client
        self._region = region

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,  # noqa: ARG002 - permission comes from IAM
        notification_id: str,
        timeout: float,  # noqa: ARG002 - the client has its own
        earlier: Receipt | None = None,
        edit: bool = False,  # noqa: ARG002 - a mail that was sent stays as it is
    ) -> Receipt:
        """Sends one mail to all recipients, as an answer to the mail that `earlier` names. Raises a DeliveryFailure."""
        settings = cast(EmailSettings, target.settings)
        first = earlier.ref.get("message_id", "") if earlier else ""
        body = {"Text": {"Data": str(message.get("text") or ""), "Charset": "UTF-8"}}
        if message.get("html"):
            body["Html"] = {"Data": str(message["html"]), "Charset": "UTF-8"}
        failure: DeliveryFailure
        try:
            answer = self._client().send_email(
                FromEmailAddress=settings.sender,
                Destination={"ToAddresses": list(settings.to)},
                Content={
                    "Simple": {
                        "Subject": {"Data": _one_line(str(message.get("subject") or "alert")), "Charset": "UTF-8"},
                        "Body": body,  # type: ignore[typeddict-item]  # the same keys, built step by step
                        "Headers": _headers(notification_id, first),
                    }
                },
            )
            own = f"<{answer['MessageId']}@{self._mail_domain()}>"
            return Receipt(integration=target.integration, ref={"message_id": first or own})
        except (ClientError, BotoCoreError) as error:
            failure = _failure(error)
        raise failure

    def key_name(self, target: Target) -> str:  # noqa: ARG002 - the same for every target
        """None: permission comes from IAM."""
        return ""

    def edits(self, target: Target) -> bool:  # noqa: ARG002 - the same for every target
        """Never."""
        return False

    def _mail_domain(self) -> str:
        """SES sets the Message-ID itself: https://docs.aws.amazon.com/ses/latest/dg/header-fields.html."""
        return "email.amazonses.com" if self._region == "us-east-1" else f"{self._region}.amazonses.com"


def _headers(notification_id: str, answers: str) -> list[MessageHeaderTypeDef]:
    headers = {NOTIFICATION_HEADER: notification_id, "Auto-Submitted": "auto-generated"}
    if answers:
        headers |= {"In-Reply-To": answers, "References": answers}
    return [{"Name": name, "Value": _one_line(value)} for name, value in headers.items()]


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _failure(error: ClientError | BotoCoreError) -> DeliveryFailure:
    """Codes: https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_SendEmail.html#API_SendEmail_Errors."""
    name = code(error)
    text = f"SES answered {name}" if isinstance(error, ClientError) else f"SES cannot be reached: {name}"
    if name == "LimitExceededException":
        return RateLimited(text, retry_after=QUOTA_SECONDS)
    if name in THROTTLED:
        daily = "daily" in str(error).lower()
        return RateLimited(text, retry_after=QUOTA_SECONDS if daily else None)
    if isinstance(error, ParamValidationError):
        return Permanent(f"botocore refused the request to SES: {name}")
    if not isinstance(error, ClientError):
        return Retryable(text, ambiguous=isinstance(error, ReadTimeoutError))
    if status(error) >= 500:
        return Retryable(text, ambiguous=True)
    return Permanent(text)
