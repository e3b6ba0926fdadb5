"""E-mail: a message of text and HTML, by SMTP, or by SES where the receiver's transport says so."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import BaseHeader, HeaderRegistry, MessageIDHeader, UniqueAddressHeader
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8, Policy
from email.utils import format_datetime, getaddresses
from functools import partial
from typing import Any, cast

from alertrelay.channels.email import CHART_ID, EmailSettings, bare_addresses, recipient_name
from alertrelay.channels.transport.answer import needed
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.smtp import Answers, Mail, masked, transmit
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt, Recipients
from alertrelay.ports import Key, Permanent

NOTIFICATION_HEADER = "X-Alertrelay-Notification"
MESSAGE_ID_CHARACTERS = 985
"""A line of a mail has at most 998 characters (RFC 5322, 2.1.1), of which "In-Reply-To: " takes 13."""


@dataclass(frozen=True, slots=True)
class EmailSender:
    """The message is `{"subject", "text", "html", "chart"}`; the last two may be absent. `chart` is a PNG in base64."""

    network: Network = field(default_factory=Network)

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,
        notification_id: str,
        timeout: float,
        earlier: Receipt | None = None,
        edit: bool = False,  # noqa: ARG002 - a mail that was sent stays as it is
    ) -> Receipt:
        """One mail to all recipients. `earlier` names the first mail of the group: this one is sent as an answer to
        it, so that mail programs show them as one thread. The receipt's `ref` is `{"message_id"}` of the thread's
        first mail; its `recipients`, as those of a failure, are what became of it at each. Raises a
        DeliveryFailure."""
        settings = cast(EmailSettings, target.settings)
        first = earlier.ref.get("message_id", "") if earlier else ""
        if settings.transport == "ses":
            return self._by_ses(message, target, notification_id, answers=first)
        found = needed(key, settings.password) if settings.password else None
        own = message_id(notification_id, settings.sender)
        mail = Mail(
            sender=_bare(settings.sender),
            recipients=recipients(settings),
            content=bytes(compose(message, settings, notification_id=notification_id, answers=first)),
        )
        failure, answers = transmit(mail, settings, key=found, timeout=timeout, network=self.network)
        if failure:
            failure.recipients = _recipients((), answers)
            raise failure
        return Receipt(
            integration=target.integration,
            key_name=settings.password,
            key_version=found.version if found else "",
            ref={"message_id": first or own},
            recipients=_recipients(mail.recipients, answers),
        )

    def _by_ses(self, message: Message, target: Target, notification_id: str, *, answers: str) -> Receipt:
        """By the function's own permission. AWS's client has its own time bounds, which hold instead of `timeout`."""
        if self.network.ses is None:
            raise Permanent("transport: ses is configured, but this function has no SES")
        settings = cast(EmailSettings, target.settings)
        write = partial(ses_request, settings=settings, notification_id=notification_id, answers=answers)
        try:
            own = self.network.ses(write(message))
        except Permanent:  # an identity's policy may refuse finished mails alone
            if not has_picture(message):
                raise
            own = self.network.ses(write({name: text for name, text in message.items() if name != "chart"}))
        return Receipt(integration=target.integration, ref={"message_id": answers or own})

    def key_name(self, target: Target) -> str:
        """Returns the password of the mail server, "" where there is none or for SES."""
        return target.settings.key_name

    def edits(self, target: Target) -> bool:
        """A mail that was sent stays as it is."""
        return target.settings.can_edit


def message_id(notification_id: str, sender: str) -> str:
    """The same for each try of one notification, so that mail programs show a repeated one once."""
    safe = notification_id
    if not re.fullmatch(r"[A-Za-z0-9._-]{1,120}", safe):
        safe = hashlib.sha256(notification_id.encode("utf-8", "replace")).hexdigest()[:32]
    domain = _bare(sender).rpartition("@")[2]
    made = f"<{safe}@{domain}>"
    fits = domain and domain.isascii() and len(made) <= MESSAGE_ID_CHARACTERS
    return made if fits else f"<{safe}@alertrelay.invalid>"


def _recipients(addressed: tuple[str, ...], answers: Answers) -> Recipients:
    """Returns what became of a mail at each recipient: `addressed` took it but for those that answered otherwise."""
    named = {address: (code, f"{masked(address)} ({text})") for address, (code, text) in answers.items()}
    return Recipients(
        taken=frozenset(recipient_name(address) for address in addressed if address not in answers),
        deferred={recipient_name(address): text for address, (code, text) in named.items() if code < 500},
        refused={recipient_name(address): text for address, (code, text) in named.items() if code >= 500},
    )


def recipients(settings: EmailSettings) -> tuple[str, ...]:
    """Bare addresses, in order, each once. Raises Permanent where there is none."""
    found = bare_addresses(settings.to)
    if not found:
        raise Permanent(f"no e-mail address in {', '.join(settings.to) or 'an empty `to`'}")
    return found


def compose(message: Message, settings: EmailSettings, *, notification_id: str, answers: str = "") -> EmailMessage:
    """Returns the mail. Every header value is one line: an alarm's name cannot add a header."""
    plain = all(address.isascii() for address in (_bare(settings.sender), *recipients(settings)))
    mail = EmailMessage(policy=(SMTP if plain else SMTPUTF8).clone(header_factory=_header_classes()))
    mail["From"] = one_line(settings.sender)
    mail["To"] = ", ".join(one_line(to) for to in settings.to)
    mail["Subject"] = one_line(str(message.get("subject") or "alert"))
    mail["Message-ID"] = message_id(notification_id, settings.sender)
    mail["Date"] = format_datetime(datetime.now(UTC))
    for name, value in mail_headers(notification_id, answers).items():
        mail[name] = value
    mail.set_content(_utf8(str(message.get("text") or "")), charset="utf-8", cte="quoted-printable")
    if message.get("html"):
        mail.add_alternative(_utf8(str(message["html"])), subtype="html", charset="utf-8", cte="quoted-printable")
        if has_picture(message):
            shown = cast(EmailMessage, list(mail.iter_parts())[-1])
            picture = base64.b64decode(str(message["chart"]))
            shown.add_related(picture, "image", "png", cid=f"<{CHART_ID}>", filename="chart.png", disposition="inline")
    return mail


def has_picture(message: Message) -> bool:
    """Return whether the mail shows a picture, which its HTML names."""
    return bool(message.get("html") and message.get("chart"))


class _OneLine(MessageIDHeader):
    """A header of ids on one line. Python takes In-Reply-To and References for plain text, and from 78 characters on
    folds them into encoded words, which no mail program takes for an id."""

    def fold(self, *, policy: Policy) -> str:
        """Returns the header, with its name and its end."""
        return f"{cast(BaseHeader, self).name}: {self}{policy.linesep}"


class _LineEach(UniqueAddressHeader):
    """Addresses, each folded alone. In a list, Python makes an encoded word of the comma behind a name outside ASCII,
    and an empty line, which ends the headers, before an address that is too long for its line."""

    def fold(self, *, policy: Policy) -> str:
        """Returns the header, with its name and its end."""
        header = cast(BaseHeader, self)
        if len(self.addresses) < 2:
            return cast(str, super().fold(policy=policy))  # type: ignore[misc] # of BaseHeader, behind it
        alone = cast(type[Any], type(self))
        lines = [alone(header.name, str(address)).fold(policy=policy) for address in self.addresses]
        folded = [line.removeprefix(f"{header.name}:").strip() for line in lines]
        return f"{header.name}: {f',{policy.linesep} '.join(folded)}{policy.linesep}"


def _header_classes() -> HeaderRegistry:
    classes = HeaderRegistry()
    classes.map_to_type("To", cast(type[BaseHeader], _LineEach))
    for name in ("Message-ID", "In-Reply-To", "References"):
        classes.map_to_type(name, cast(type[BaseHeader], _OneLine))
    return classes


def ses_request(
    message: Message, settings: EmailSettings, *, notification_id: str, answers: str = ""
) -> dict[str, Any]:
    """Return the request of SES's SendEmail. SES builds the mail itself but for one with a picture, since an older
    botocore refuses its attachments. A finished mail is allowed as `ses:SendRawEmail`, gets SES's Message-ID and Date
    too, and has at most 40 MB (https://docs.aws.amazon.com/ses/latest/dg/quotas.html)."""
    addressed = {"FromEmailAddress": settings.sender, "Destination": {"ToAddresses": list(settings.to)}}
    if has_picture(message):
        mail = compose(message, settings, notification_id=notification_id, answers=answers)
        return {**addressed, "Content": {"Raw": {"Data": bytes(mail)}}}
    body = {"Text": {"Data": str(message.get("text") or ""), "Charset": "UTF-8"}}
    if message.get("html"):
        body["Html"] = {"Data": str(message["html"]), "Charset": "UTF-8"}
    headers = mail_headers(notification_id, answers).items()
    return {
        **addressed,
        "Content": {
            "Simple": {
                "Subject": {"Data": one_line(str(message.get("subject") or "alert")), "Charset": "UTF-8"},
                "Body": body,
                "Headers": [{"Name": name, "Value": value} for name, value in headers],
            }
        },
    }


def mail_headers(notification_id: str, answers: str) -> Mapping[str, str]:
    """Headers beyond the usual ones: our mark, no out-of-office answers (RFC 3834), and the thread."""
    headers = {NOTIFICATION_HEADER: one_line(notification_id), "Auto-Submitted": "auto-generated"}
    if len(answers) <= MESSAGE_ID_CHARACTERS and re.fullmatch(r"<[!-~]+@[!-~]+>", answers):
        headers |= {"In-Reply-To": answers, "References": answers}
    return headers


def one_line(text: str) -> str:
    """Printable characters of `text` on one line."""
    return " ".join("".join(c if c.isprintable() else " " for c in _utf8(text)).split())


def _bare(sender: str) -> str:
    return getaddresses([sender])[0][1]


def _utf8(text: str) -> str:
    """Lone surrogates, which JSON can carry and UTF-8 cannot, become question marks."""
    return text.encode("utf-8", "replace").decode("utf-8")
