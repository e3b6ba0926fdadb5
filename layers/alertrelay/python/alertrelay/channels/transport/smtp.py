"""One SMTP transaction within a time bound, and what each refusal in it means. RFC 5321 and 4954."""

from __future__ import annotations

import io
import ipaddress
import re
import smtplib
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alertrelay.channels.transport.answer import mentions, shown
from alertrelay.channels.transport.connection import CONNECT_SECONDS, Bounded, Network, NotConnected, connect, handshake
from alertrelay.ports import AuthDead, DeliveryFailure, Key, Permanent, RateLimited, Retryable

PEER = "the mail server"
IMPLICIT_TLS_PORT = 465
Answers = Mapping[str, tuple[int, str]]
"""The code and the text of the server's answer, by the recipient that it refused, for now (4xx) or for good (5xx)."""
QUOTA_SECONDS = 600.0
"""SES asks to wait up to 10 minutes after 454 "Daily message quota exceeded"."""


class MailServer(Protocol):
    """A mail server and the user there. `password` is the name of the secret's key."""

    @property
    def smarthost(self) -> str:
        """host:port."""

    @property
    def hello(self) -> str:
        """Our own host name."""

    @property
    def username(self) -> str:
        """The user, "" where the server asks for none."""

    @property
    def password(self) -> str:
        """The name of the password's key in the secret."""

    @property
    def require_tls(self) -> bool:
        """Returns whether the connection must be encrypted."""

    @property
    def implicit_tls(self) -> str:
        """Returns whether TLS is spoken from the first byte: `always`, `never`, or `by port`, which is at 465."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A built message (headers and body, CRLF or LF lines) and its envelope."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


def transmit(
    mail: Mail, settings: MailServer, *, key: Key | None, timeout: float, network: Network
) -> tuple[DeliveryFailure | None, Answers]:
    """Hands the mail over to all recipients that the server takes. Returns the failure where none took it, and the
    answers of those that were refused. `timeout` in seconds bounds the whole call except the name lookup.

    A failure is ambiguous only where the end of the data was sent and no answer came.
    """
    if timeout <= 0:
        return Retryable(f"no time was left to ask {PEER}"), {}
    server = _Server(settings, mail, key, deadline=time.monotonic() + timeout / network.haste, network=network)
    failure: DeliveryFailure
    try:
        server.hand_over()
        return None, server.answers
    except NotConnected as error:
        failure = Retryable(f"{PEER} {error.text}")
    except _Refused as error:
        failure = error.failure
    except smtplib.SMTPResponseException as error:
        failure = _classed(error.smtp_code, _text(error.smtp_error), server.said(error.smtp_error))
    except (OSError, smtplib.SMTPException):  # smtplib turns a timeout into a disconnection
        how = (
            f"did not answer within {round(timeout, 2):g} s"
            if server.out_of_time()
            else "closed the connection unasked"
        )
        failure = Retryable(f"{PEER} {how}", ambiguous=server.data_sent)
    return failure, server.answers


class _Refused(Exception):
    def __init__(self, failure: DeliveryFailure) -> None:
        super().__init__()
        self.failure = failure


class _Server(smtplib.SMTP):
    """smtplib's dialogue, with one deadline for all of it and no name lookup of our own host."""

    def __init__(self, settings: MailServer, mail: Mail, key: Key | None, *, deadline: float, network: Network) -> None:
        super().__init__(local_hostname=settings.hello or "localhost")
        self.data_sent = False
        self.answers: dict[str, tuple[int, str]] = {}
        self._mail = mail
        self._settings = settings
        self._key = key
        self._deadline = deadline
        local = network.endpoints.get("smtp", "")
        self._host_name, self._port = _host_and_port(local or settings.smarthost)
        self._tls = network.tls
        # A local stand-in has no certificate that anybody trusts, unless the caller brings the trust.
        self._needs_tls = settings.require_tls and not (local and network.tls is None)

    def hand_over(self) -> None:
        try:
            self._open()
            self._log_in()
            self._envelope()
            code, answer = self._data(self._mail.content)
            if code != 250:
                raise smtplib.SMTPDataError(code, answer)
        finally:
            self.close()  # no QUIT: the mail is taken, and a slow goodbye would cost the time of others

    def said(self, answer: bytes | str) -> str:
        text = _text(answer)
        for recipient in self._mail.recipients:  # servers do echo them
            text = re.sub(re.escape(recipient), masked(recipient), text, flags=re.IGNORECASE)
        return shown(text, self._key.value if self._key else "")

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = io.BufferedReader(Bounded(self.sock, deadline=self._deadline))
        return super().getreply()

    def send(self, s: Any) -> None:
        if self.sock is not None:
            self.sock.settimeout(self._left())
        super().send(s)

    def out_of_time(self) -> bool:
        return time.monotonic() >= self._deadline

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this mail is over")
        return left

    def _open(self) -> None:
        sock = connect(self._host_name, self._port, seconds=min(CONNECT_SECONDS, self._left()))
        if self._settings.implicit_tls == "always" or (
            self._settings.implicit_tls == "by port" and self._port == IMPLICIT_TLS_PORT
        ):
            sock = handshake(sock, self._context(), self._host_name)
            self._needs_tls = False
        self.sock = sock
        code, answer = self.getreply()
        if code != 220:
            raise smtplib.SMTPResponseException(code, answer)
        self.ehlo_or_helo_if_needed()
        if self._needs_tls:
            self._start_tls()

    def _start_tls(self) -> None:
        if not self.has_extn("starttls"):
            raise _Refused(Permanent(f"{PEER} offers no STARTTLS, which require_tls asks for"))
        code, answer = self.docmd("STARTTLS")
        if code != 220:
            raise smtplib.SMTPResponseException(code, answer)
        assert self.sock is not None
        self.sock.settimeout(min(CONNECT_SECONDS, self._left()))
        self.sock = handshake(self.sock, self._context(), self._host_name)
        self.file = None
        self.ehlo_resp = self.helo_resp = None  # what was said in clear does not count: RFC 3207, 4.2
        self.esmtp_features = {}
        self.does_esmtp = False
        self.ehlo_or_helo_if_needed()

    def _context(self) -> ssl.SSLContext:
        return self._tls or ssl.create_default_context()

    def _log_in(self) -> None:
        if not self._settings.username:
            return
        if self._key is None:
            raise _Refused(AuthDead(f"the secret has no key {self._settings.password or '(none is configured)'}"))
        if not isinstance(self.sock, ssl.SSLSocket) and not _is_loopback(self._host_name):
            raise _Refused(Permanent("the password would be sent in the clear: set require_tls for this receiver"))
        try:
            self.login(self._settings.username, self._key.value)
        except smtplib.SMTPNotSupportedError:
            raise _Refused(Permanent(f"{PEER} offers no AUTH, but a username is configured")) from None
        except UnicodeError:
            raise _Refused(AuthDead(f"key {self._key.name} holds characters that SMTP's AUTH cannot carry")) from None

    def _envelope(self) -> None:
        sender, recipients = self._mail.sender, self._mail.recipients
        code, answer = self.mail(sender, ["SMTPUTF8"] if self._needs_utf8() else [])
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, answer, sender)
        for recipient in recipients:
            code, answer = self.rcpt(recipient)
            if code == 421:
                raise smtplib.SMTPResponseException(code, answer)
            if code not in (250, 251):
                self.answers[recipient] = (code, f"{code} {self.said(answer)}".strip())
        if len(self.answers) == len(recipients):
            raise _Refused(self._all_refused())

    def _needs_utf8(self) -> bool:
        if all(address.isascii() for address in (self._mail.sender, *self._mail.recipients)):
            return False
        if not self.has_extn("smtputf8"):
            raise _Refused(Permanent(f"{PEER} accepts no addresses outside ASCII (it offers no SMTPUTF8)"))
        self.command_encoding = "utf-8"
        return True

    def _all_refused(self) -> DeliveryFailure:
        named = ", ".join(f"{masked(recipient)} ({text})" for recipient, (_, text) in self.answers.items())
        if all(code >= 500 for code, _ in self.answers.values()):
            return Permanent(f"{PEER} refused every recipient: {named}")
        return Retryable(f"{PEER} did not take any recipient: {named}")

    def _data(self, content: bytes) -> tuple[int, bytes]:
        code, answer = self.docmd("DATA")
        if code != 354:
            raise smtplib.SMTPDataError(code, answer)
        lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n")
        stuffed = b"\r\n".join(b"." + line if line.startswith(b".") else line for line in lines)
        self.data_sent = True
        self.send(stuffed.rstrip(b"\r\n") + b"\r\n.\r\n")
        return self.getreply()


def _text(answer: bytes | str) -> str:
    return answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer


def _classed(code: int, answer: str, said: str) -> DeliveryFailure:
    """4xx is for now, 5xx for good; 530, 534, 535 and 538 are about the password (RFC 4954, 6). `said` is what may be
    shown of the answer."""
    text = f"{PEER} answered {code}" + (f": {said}" if said else "")
    if code in (530, 534, 535, 538):
        return AuthDead(text)
    if code == 454 and mentions(answer, "quota"):
        return RateLimited(text, retry_after=QUOTA_SECONDS)
    if code == 454 and mentions(answer, "rate"):
        return RateLimited(text)
    if 500 <= code < 600:
        return Permanent(text)
    return Retryable(text if code > 0 else f"{PEER} answered with something other than SMTP")


def masked(address: str) -> str:
    """Returns an address as anybody but its owner may see it: `o…@example.com`."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"


def _host_and_port(address: str) -> tuple[str, int]:
    host, _, port = address.removeprefix("smtp://").rpartition(":")
    if not host or not port.isdecimal():
        raise Permanent(f"the smarthost {address!r} is malformed: host:port was expected")
    return host.strip("[]"), int(port)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
