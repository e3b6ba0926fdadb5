"""`email_configs`: addresses, and the mail server of the integration or of `global`."""

from __future__ import annotations

import re
from typing import Literal

from alertrelay.channels.email import EmailSettings, bare_addresses, pairs_of

from compiler.alertmanager.kinds.reading import ReceiverContext
from compiler.reading.section import Section

_ADDRESS = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+")


def read_email(section: Section, reading: ReceiverContext) -> EmailSettings:
    smtp = reading.transport == "smtp"
    to: tuple[str, ...] = ()
    if section.require("to", "add `to: oncall@example.com`"):
        to = _addresses(section, "to")
    for name, value in section.mapping("headers").items():
        if name.lower() != "subject":
            section.findings.not_obeyed(value.place, f"the header {name!r}")
    sender = section.text("from") or reading.global_.text("smtp_from")
    if not sender:
        section.require("from", "add `from: …`, or `smtp_from: …` under global")
    elif section.has("from"):
        _addresses(section, "from")
    smarthost = section.text("smarthost") or reading.global_.text("smtp_smarthost")
    if not smarthost and smtp:
        section.require("smarthost", "add `smarthost: smtp.example.com:587`, or `smtp_smarthost` under global")
    elif section.get("smarthost"):
        check_smarthost(section, "smarthost")
    if section.has("auth_secret") or section.has("auth_secret_file"):
        reading.secrets.one_of(section, "auth_secret")
        message = "auth_secret (CRAM-MD5) is not supported by alertrelay"
        place = section.at("auth_secret" if section.has("auth_secret") else "auth_secret_file")
        section.findings.error(place, "unsupported", message, "use auth_username and auth_password_file")
    password = reading.secrets.one_of(section, "auth_password")
    if not password and not section.has("auth_password"):
        password = reading.secrets.name(reading.global_, "smtp_auth_password_file")
    return EmailSettings(
        to=to,
        sender=sender,
        transport=reading.transport,
        smarthost=smarthost,
        hello=section.text("hello") or reading.global_.text("smtp_hello", "localhost"),
        username=section.text("auth_username") or reading.global_.text("smtp_auth_username"),
        password=password,
        require_tls=section.flag("require_tls", default=reading.global_.flag("smtp_require_tls", default=True)),
        time_zone=reading.time_zone,
        implicit_tls=_implicit_tls(section, reading),
        on_call=_on_call(to, reading),
    )


def _implicit_tls(section: Section, reading: ReceiverContext) -> Literal["by port", "always", "never"]:
    """Source: prometheus/alertmanager notify/email: true and false hold for any port, and without it 465 is TLS."""
    for holder, key in ((section, "force_implicit_tls"), (reading.global_, "smtp_force_implicit_tls")):
        if holder.has(key):
            return "always" if holder.flag(key, default=False) else "never"
    return "by port"


def _on_call(to: tuple[str, ...], reading: ReceiverContext) -> tuple[str, ...]:
    """Returns which of its own addresses are on call, as they stand there."""
    named = {address.casefold() for address in reading.on_call}
    return tuple(address for address in bare_addresses(to) if address.casefold() in named)


def check_smarthost(section: Section, key: str) -> None:
    """host:port with a port from 1 to 65535."""
    host, _, port = section.text(key).rpartition(":")
    if not host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        message = f"{section.text(key)!r} is not host:port"
        code = "bad-address" if port and ":" in section.text(key) else "bad-value"  # without a port nobody takes it
        section.findings.error(section.at(key), code, message, "as in smtp.example.com:587")


def _addresses(section: Section, key: str) -> tuple[str, ...]:
    """The addresses of a list with commas, each with its name if it has one. A template is refused elsewhere."""
    text = section.text(key)
    pairs = pairs_of(text)
    if "{{" not in text and not (text.isprintable() and all(_ADDRESS.fullmatch(address) for _, address in pairs)):
        message = f"{text!r} is not a list of e-mail addresses"
        mend = "as in oncall@example.com, Ops <ops@example.com>"
        section.findings.error(section.at(key), "bad-address", message, mend)
    return tuple(_named(*pair) if pair[0] else pair[1] for pair in pairs)


def _named(name: str, address: str) -> str:
    from email.utils import formataddr  # it loads socket, and few addresses have a name

    return formataddr((name, address))
