"""E-mail, by SMTP or by SES."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar, Literal, Self

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, keys

CHART_ID = "chart@alertrelay.invalid"
"""The Content-ID of the picture of a mail's metric."""
_ADDRESS = r"[\w%+-]+(?:\.[\w%+-]+)*@[\w-]+(?:\.[\w-]+)*"
_PLAIN = re.compile(f"{_ADDRESS}(?: *, *{_ADDRESS})*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings(Settings):
    """SMTP by `smarthost` (host:port), or SES where `transport` says so. `password` names a key, "" for none.
    `on_call`: bare addresses of `to` that have to take a mail, or it counts as failed. `time_zone` is the one of the
    times in a mail, by its name in the tz database; "" for UTC. `implicit_tls`: whether TLS is spoken from the first
    byte, which is by the port where the configuration says nothing."""

    key_field: ClassVar[str] = "password"
    to: tuple[str, ...]
    sender: str
    transport: Literal["smtp", "ses"]
    smarthost: str
    hello: str
    username: str
    password: str
    require_tls: bool
    on_call: tuple[str, ...] = ()
    time_zone: str = ""
    implicit_tls: Literal["by port", "always", "never"] = "by port"

    @property
    def key_name(self) -> str:
        """SES goes by the function's own permission."""
        return self.password if self.transport == "smtp" else ""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The recipients' addresses without names."""
        return bare_addresses(self.to)

    @property
    def destination(self) -> frozenset[object]:
        """Returns the mailboxes."""
        return frozenset(address.casefold() for address in self.addresses) or frozenset(self.to)

    @property
    def recipients(self) -> Mapping[str, bool]:
        """An SMTP server answers for each recipient; SES takes a mail as a whole."""
        if self.transport != "smtp":
            return {}
        on_call = {recipient_name(address) for address in self.on_call}
        return {name: name in on_call for name in map(recipient_name, self.addresses)}

    def only_for(self, names: Collection[str]) -> Self:
        """Returns the settings for some of its recipients."""
        kept = tuple(to for to in self.to if any(recipient_name(one) in names for one in bare_addresses([to])))
        return replace(self, to=kept)

    def at(self, places: Mapping[str, str]) -> Self:
        """Returns the settings for those of its recipients whom a group's labels name; `to` holds all whom they may."""
        return self.only_for({recipient_name(one) for one in bare_addresses([places["to"]])})


def bare_addresses(to: Iterable[str]) -> tuple[str, ...]:
    """Returns the addresses without names, in order, each once."""
    return tuple(dict.fromkeys(address for text in to for _, address in pairs_of(text) if "@" in address))


def pairs_of(text: str) -> list[tuple[str, str]]:
    """Returns the names and addresses of a list with commas, as email.utils does."""
    if _PLAIN.fullmatch(text):
        return [("", address) for address in re.split(" *, *", text)]
    from email.utils import getaddresses  # it loads socket, which a list of bare addresses has no need of

    return getaddresses([text])


def recipient_name(address: str) -> str:
    """Returns what a recipient is called in the state table and in the log: 12 hex digits of a hash, no address."""
    return hashlib.sha256(address.casefold().encode("utf-8", "replace")).hexdigest()[:12]


CHANNEL = ChannelDescriptor(
    kind="email",
    title="e-mail",
    message="e-mail",
    configs="email_configs",
    keys=(
        *keys("to from smarthost hello auth_username auth_password_file", "decides"),
        *keys("auth_password auth_secret auth_secret_file require_tls", "setting"),
        *keys("force_implicit_tls", "setting", "flag"),
        ConfigKey(name="headers", use="templated", shape="headers", upstream="email.default.subject"),
        ConfigKey(name="html", use="templated", upstream="email.default.html", html=True),
        *keys("text", "templated"),
        *keys("auth_identity", "not_obeyed"),
        *keys("tls_config", "not_obeyed", "tls_config"),
        *keys("threading", "not_obeyed", "mapping"),
    ),
    settings=EmailSettings,
    sender="EmailSender",
    key_text="the SMTP password, where there is a user; none with SES: IAM",
    receipt="`message_id` of the thread's first mail",
    send_resolved=False,
    retried=None,
    rate=Rate(people=3),
    charts=True,
)
