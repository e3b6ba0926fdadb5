"""incident.io, by an alert source of the type Alertmanager."""

from __future__ import annotations

from dataclasses import dataclass

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, HttpAuth, Rate, Settings, keys


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentIoSettings(Settings):
    """`url` inline, or `url_key`: the name of the secret's key that holds it. `token` names that of the source's token,
    unless `auth` does. `max_alerts` 0 = all."""

    url: str
    url_key: str
    token: str
    auth: HttpAuth
    max_alerts: int

    @property
    def key_name(self) -> str:
        """The address where it is a secret, and the token."""
        return " ".join(filter(None, (self.url_key, self.token, *self.auth.keys)))


CHANNEL = ChannelDescriptor(
    kind="incidentio",
    title="incident.io",
    message="incident.io alert",
    configs="incidentio_configs",
    keys=(
        ConfigKey(
            name="url",
            use="decides",
            shape="url_or_file",
            field="url_key",
            inline_field="url",
            missing="add `url: https://api.incident.io/v2/alert_events/alertmanager/…`",
        ),
        ConfigKey(name="alert_source_token", use="decides", shape="secret", field="token"),
        ConfigKey(name="max_alerts", shape="whole", field="max_alerts", default=0),
        *keys("timeout", "not_obeyed", "seconds"),
    ),
    auth="auth",
    auth_needed="add `alert_source_token_file: /etc/alertmanager/secrets/incidentio_token`",
    settings=IncidentIoSettings,
    key_text="the alert source's token; the address, with `url_file`",
    receipt="none: an event of the same group is the update",
    accepted="incident.io processes it afterwards",
    limits={"event bytes": 512 * 1024},
    rate=Rate(people=20, counted_by=("url", "url_key", "token")),
    pages=True,
    acknowledged="nothing: an alert source knows no status but firing and resolved",
    retried=frozenset({429}),
)
