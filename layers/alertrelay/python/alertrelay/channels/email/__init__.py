"""E-mail, by SMTP or by SES."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from alertrelay.config.channel import ChannelDescriptor, Rate, Settings, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailSettings(Settings):
    """SMTP by `smarthost` (host:port), or SES where `transport` says so. `password` names a key, "" for none.
    `time_zone` is the one that times are shown in, by its name in the tz database; "" for UTC."""

    key_field: ClassVar[str] = "password"
    to: tuple[str, ...]
    sender: str
    transport: Literal["smtp", "ses"]
    smarthost: str
    hello: str
    username: str
    password: str
    require_tls: bool
    time_zone: str = ""

    @property
    def key_name(self) -> str:
        """SES goes by the function's own permission."""
        return self.password if self.transport == "smtp" else ""


CHANNEL = ChannelDescriptor(
    kind="email",
    title="e-mail",
    message="e-mail",
    configs="email_configs",
    keys=(
        *keys("to from smarthost hello auth_username auth_password_file", "decides"),
        *keys("auth_password auth_secret auth_secret_file require_tls", "setting"),
        *keys("headers", "rendered", "headers"),
        *keys("html text", "rendered"),
        *keys("auth_identity", "not_obeyed"),
        *keys("tls_config", "not_obeyed", "tls_config"),
        *keys("threading", "not_obeyed", "mapping"),
        *keys("force_implicit_tls", "not_obeyed", "flag"),
    ),
    settings=EmailSettings,
    sender="EmailSender",
    key_text="the SMTP password, where there is a user; none with SES: IAM",
    receipt="`message_id` of the thread's first mail; `refused`",
    send_resolved=False,
    retried=None,
    rate=Rate(people=3),
)
