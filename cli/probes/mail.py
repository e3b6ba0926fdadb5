"""Tries a mail server up to the point where a mail would begin: TLS, login, sender and recipients, then RSET.

Source: RFC 5321: a transaction begins with MAIL, and RSET ends it with nothing sent.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from typing import Any

from alertrelay.channels.email import bare_addresses

from cli.probes.http import NETWORK_MEND
from cli.probes.row import NotTaken
from cli.probes.secret import Values, value_of

SECONDS = 8.0
_SMTPS = 465


def smtp(settings: Any, values: Values, *, trust: Callable[[], ssl.SSLContext] = ssl.create_default_context) -> str:
    """Logs in, and asks whether the server takes the sender and each recipient. Raises NotTaken."""
    host, _, port = settings.smarthost.rpartition(":")
    implicit = settings.implicit_tls == "always" or (settings.implicit_tls == "by port" and port == str(_SMTPS))
    password = value_of(values, settings.password) if settings.password else ""
    try:
        with _server(host, int(port), trust(), implicit=implicit) as server:
            server.ehlo(settings.hello or "localhost")
            if not implicit and server.has_extn("starttls"):
                server.starttls(context=trust())
                server.ehlo(settings.hello or "localhost")
            elif not implicit and settings.require_tls:
                text = f"{settings.smarthost} offers no STARTTLS, which require_tls asks for"
                raise NotTaken("refused", text, "turn TLS on there; require_tls: false sends mails in plain text")
            if settings.username:
                server.login(settings.username, password)
            return _envelope(server, settings)
    except smtplib.SMTPAuthenticationError as error:
        text = f"{settings.smarthost} refused the login ({error.smtp_code})"
        raise NotTaken(
            "not authorised", text, f"put the password of {settings.username} under {settings.password}"
        ) from None
    except ssl.SSLError:
        mend = "renew it, or name the host that it is for"
        raise NotTaken("not reached", f"the certificate of {host} is not valid here", mend) from None
    except (OSError, smtplib.SMTPException, ValueError):
        raise NotTaken(
            "not reached", f"{settings.smarthost} cannot be reached, or is no mail server", NETWORK_MEND
        ) from None


def _server(host: str, port: int, trust: ssl.SSLContext, *, implicit: bool) -> smtplib.SMTP:
    if implicit:
        return smtplib.SMTP_SSL(host, port, timeout=SECONDS, context=trust)
    return smtplib.SMTP(host, port, timeout=SECONDS)


def _envelope(server: smtplib.SMTP, settings: Any) -> str:
    sender = (bare_addresses([settings.sender]) or (settings.sender,))[0]
    code, _ = server.mail(sender)
    if code >= 400:
        raise NotTaken(
            "refused", f"{settings.smarthost} refused the sender {sender} ({code})", "verify the sender there"
        )
    refused = [f"{to} ({code})" for to in settings.addresses if (code := server.rcpt(to)[0]) >= 400]
    server.rset()
    if refused:
        text = f"{settings.smarthost} refused {', '.join(refused)}"
        raise NotTaken("refused", text, "correct the address, or ask why the server refuses it")
    return f"logged in, and it takes mails to {', '.join(settings.addresses)}"
