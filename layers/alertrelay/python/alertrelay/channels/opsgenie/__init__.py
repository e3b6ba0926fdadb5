"""Opsgenie's Alert API, and Jira Service Management Operations, whose integrations speak it at another address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, templated


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsgenieResponder:
    """Who is to handle an alert: one of id, name and username, of a team, user, escalation or schedule."""

    id: str
    name: str
    username: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpsgenieSettings(Settings):
    """`api_key` names the secret's key. `url` is the API's address, to which `v2/alerts` is added. `tags` and `actions`
    are lists with commas. `updates`: an open alert gets the newest message and description."""

    key_field: ClassVar[str] = "api_key"
    api_key: str
    url: str
    source: str
    entity: str
    tags: str
    actions: str
    priority: str
    updates: bool
    responders: tuple[OpsgenieResponder, ...] = ()

    @property
    def acknowledges(self) -> bool:
        """An alert is acknowledged by its alias."""
        return True

    @property
    def resolves_by_key(self) -> bool:
        """Opsgenie accepts to close an alert that it does not know."""
        return True


CHANNEL = ChannelDescriptor(
    kind="opsgenie",
    title="Opsgenie",
    message="Opsgenie alert",
    configs="opsgenie_configs",
    keys=(
        ConfigKey(
            name="api_key",
            use="decides",
            shape="secret",
            field="api_key",
            inherits="opsgenie_api_key",
            missing="add `api_key_file: /etc/alertmanager/secrets/opsgenie_key`",
        ),
        ConfigKey(
            name="api_url",
            use="decides",
            shape="url",
            field="url",
            inherits="opsgenie_api_url",
            default="https://api.opsgenie.com/",
        ),
        ConfigKey(
            name="responders",
            use="decides",
            shape="items",
            field="responders",
            items=("id", "name", "username", "type"),
            needed=("type",),
            made=OpsgenieResponder,
        ),
        ConfigKey(
            name="source",
            use="filled",
            upstream="opsgenie.default.source",
            shape="plain",
            field="source",
            default="alertrelay",
        ),
        ConfigKey(name="entity", use="filled", shape="plain", field="entity"),
        ConfigKey(name="tags", use="filled", shape="plain", field="tags"),
        ConfigKey(name="actions", use="filled", shape="plain", field="actions"),
        ConfigKey(
            name="priority", use="filled", shape="plain", field="priority", choices=("P1", "P2", "P3", "P4", "P5")
        ),
        ConfigKey(name="update_alerts", shape="flag", field="updates", default=False),
        *templated("opsgenie.default", "message=message description=description note"),
        ConfigKey(name="details", use="templated", shape="texts"),
    ),
    settings=OpsgenieSettings,
    key_text="the API integration's key",
    receipt="`alias`",
    accepted="Opsgenie processes it afterwards, and a failure shows in its log alone",
    limits={"message characters": 130, "description characters": 15_000, "details characters": 8_000},
    rate=Rate(people=20, counted_by=("api_key",)),
    pages=True,
    acknowledged="the alert is acknowledged, with who and the comment as its note",
    retried=frozenset({429}),
)
