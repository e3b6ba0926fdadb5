"""A mail server: a real SMTP server on loopback, by aiosmtpd, in one thread that ends with `stop`.

With `transport: ses` the emulated AWS stands in (local/stack/emulator.py).
"""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
import json
import logging
import ssl
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from email.message import EmailMessage
from typing import Any, cast

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from alertrelay.channels.email import EmailSettings
from alertrelay.channels.email.sender import NOTIFICATION_HEADER

from local.standins.board import TRICKLE_SECONDS, Board, Fault, RecordedRequest
from local.standins.peer import Peer, SentMessage

_HTTP_STATUSES = frozenset({429, 500, 503})
"""`--down email=503` means a mail server that is unwell; to SMTP 503 is a bad order of commands."""


class SmtpListener:
    """`tls` makes it offer STARTTLS. `passwords` by user; None takes any."""

    def __init__(
        self,
        board: Board,
        *,
        tls: ssl.SSLContext | None = None,
        passwords: Mapping[str, str] | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.port = port
        self._host = host
        self._board = board
        self._tls = tls
        self._passwords = passwords
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._server: asyncio.Server | None = None
        self._over: asyncio.Event | None = None
        self._open: set[asyncio.BaseTransport] = set()

    def start(self) -> None:
        """Listens."""
        logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd warns of its own deprecated attribute
        ready: Future[None] = Future()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)))
        self._thread.start()
        ready.result()

    def stop(self) -> None:
        """Closes the port and every connection, and waits for the thread."""
        if self._loop is None or self._over is None or self._thread is None:
            return
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join()
        self._thread = self._loop = self._over = None

    def refuse(self) -> None:
        """Closes the port until `accept`."""
        if self._loop is not None:
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()

    def accept(self) -> None:
        """Opens the port again, if it is closed."""
        if self._loop is not None and self._server is None:
            asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()

    async def _serve(self, ready: Future[None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._over = asyncio.Event()
        try:
            await self._listen()
        except OSError as error:
            ready.set_exception(error)
            return
        ready.set_result(None)
        await self._over.wait()
        await self._close()

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(self._session, self._host, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _close(self) -> None:
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for transport in self._open:
            cast(asyncio.Transport, transport).abort()
        await server.wait_closed()
        while self._open:  # a transport is closed when its protocol knows of it
            await asyncio.sleep(0)

    def _session(self) -> SMTP:
        return _Session(
            _Mailbox(self._board),
            self._open,
            hostname="mail.standin.invalid",
            enable_SMTPUTF8=True,
            tls_context=self._tls,
            authenticator=self._authenticate,
            auth_require_tls=self._tls is not None,
            timeout=3600,
        )

    def _authenticate(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
        if not isinstance(data, LoginPassword):
            return AuthResult(success=False, handled=False)
        known = self._passwords is None or self._passwords.get(data.login.decode()) == data.password.decode()
        return AuthResult(success=known, handled=False)


class _Session(SMTP):
    """Keeps account of its transports, so that none is left open."""

    def __init__(self, handler: Any, transports: set[asyncio.BaseTransport], **options: Any) -> None:
        self._transports = transports
        self._mine: list[asyncio.BaseTransport] = []
        super().__init__(handler, **options)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transports.add(transport)
        self._mine.append(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._transports.difference_update(self._mine)


class _Mailbox:
    """aiosmtpd's hooks: their names are its own."""

    def __init__(self, board: Board) -> None:
        self._board = board

    async def handle_MAIL(  # noqa: N802
        self, server: Any, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """The point where the server as a whole fails."""
        fault = self._board.fault_for("email", frozenset())
        if fault is None:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
            return "250 OK"
        self._record(envelope, str(fault))
        return await self._fail(fault, server)

    async def handle_RCPT(  # noqa: N802
        self, server: Any, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """The point where one recipient fails."""
        fault = self._board.fault_for("email", frozenset({address}))
        if fault is None:
            envelope.rcpt_tos.append(address)
            return "250 OK"
        self._record(envelope, str(fault), address)
        return await self._fail(fault, server)

    async def handle_DATA(self, server: Any, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        """The mail."""
        fault = self._board.fault_for("email", frozenset(envelope.rcpt_tos), late=True)
        self._record(envelope, str(fault) if fault else "250")
        return await self._fail(fault, server) if fault else "250 OK: taken"

    async def _fail(self, fault: Fault, server: Any) -> str:
        if fault.kind == "status":
            return _text(fault)
        if fault.kind == "trickle":
            await self._trickle(server)
        if fault.kind == "timeout":
            await asyncio.Event().wait()  # ends with the connection
        server.transport.abort()
        return "421 closing"

    async def _trickle(self, server: Any) -> None:
        for byte in b"451-" + b"." * 60_000:
            server.transport.write(bytes([byte]))
            await asyncio.sleep(TRICKLE_SECONDS)

    def _record(self, envelope: Envelope, answered: str, address: str = "") -> None:
        recipients = [*envelope.rcpt_tos, address] if address else list(envelope.rcpt_tos)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        sent = _read(content, envelope.mail_from or "", recipients)
        self._board.record(
            RecordedRequest(
                channel="email",
                at=self._board.now(),
                path="",
                headers=sent.headers,
                body=sent.body,
                request_id=sent.request_id,
                answered=answered,
                tokens=frozenset(recipients),
                raw=content,
            )
        )


def _read(content: bytes, sender: str, recipients: list[str]) -> SentMessage:
    mail = email.message_from_bytes(content, policy=email.policy.default)
    headers = {name.lower(): str(value) for name, value in mail.items()}
    body = {
        "from": sender,
        "to": recipients,
        "subject": headers.get("subject", ""),
        "text": _part(mail, "plain"),
        "html": _part(mail, "html"),
    }
    return SentMessage(headers=headers, body=body, request_id=headers.get(NOTIFICATION_HEADER.lower(), ""))


def _part(mail: EmailMessage, subtype: str) -> str:
    part = mail.get_body(preferencelist=(subtype,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


def _text(fault: Fault) -> str:
    code = 451 if fault.status in _HTTP_STATUSES else fault.status
    return f"{code} {fault.body or 'failed on purpose'}"


def _mailed(body: bytes, path: str) -> SentMessage | None:
    return sent_by_ses(json.loads(body)) if path.endswith("/outbound-emails") else None


def sent_by_ses(request: Mapping[str, Any]) -> SentMessage:
    """Reads a request of SES's SendEmail: a finished mail, as bytes or as they travel, or one that SES builds."""
    sender, recipients = request["FromEmailAddress"], request["Destination"]["ToAddresses"]
    if raw := request["Content"].get("Raw"):
        data = raw["Data"]
        return _read(data if isinstance(data, bytes) else base64.b64decode(data), sender, recipients)
    mail = request["Content"]["Simple"]
    headers = {one["Name"].lower(): one["Value"] for one in mail.get("Headers", ())}
    message = {
        "from": sender,
        "to": recipients,
        "subject": mail["Subject"]["Data"],
        "text": mail["Body"]["Text"]["Data"],
        "html": mail["Body"].get("Html", {}).get("Data", ""),
    }
    return SentMessage(headers=headers, body=message, request_id=headers.get(NOTIFICATION_HEADER.lower(), ""))


def _fake_key(name: str, _settings: EmailSettings) -> str:
    return f"FAKE-password-{name}"


PEER = Peer(
    headline=lambda body: str(body.get("subject", "")),
    fake_key=_fake_key,
    port=4574,
    hosts=("smtp",),
    scheme="",
    listen=lambda board, host, port: SmtpListener(board, host=host, port=port),
    service=lambda settings: "ses" if settings.transport == "ses" else "",
    readers={"ses": _mailed},
)
