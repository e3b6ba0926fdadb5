"""Splunk On-Call, which was VictorOps: its REST endpoint."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, templated

FIXED = frozenset(
    [
        "routing_key",
        "message_type",
        "state_message",
        "entity_display_name",
        "monitoring_tool",
        "entity_id",
        "entity_state",
    ]
)
"""Fields that no custom field may replace, as Alertmanager has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VictorOpsSettings(Settings):
    """`api_key` names the secret's key. `url` is the endpoint's address, to which that key and `routing_key` are
    added. `type` is the message type of what fires."""

    key_field: ClassVar[str] = "api_key"
    api_key: str
    url: str
    routing_key: str
    type: str
    tool: str
    custom_fields: Mapping[str, str] = field(default_factory=dict)

    @property
    def acknowledges(self) -> bool:
        """An incident is acknowledged by an event of its entity."""
        return True

    @property
    def resolves_by_key(self) -> bool:
        """A recovery of an entity that is not open resolves nothing."""
        return True


CHANNEL = ChannelDescriptor(
    kind="victorops",
    title="Splunk On-Call",
    message="Splunk On-Call page",
    configs="victorops_configs",
    keys=(
        ConfigKey(
            name="api_key",
            use="decides",
            shape="secret",
            field="api_key",
            inherits="victorops_api_key",
            missing="add `api_key_file: /etc/alertmanager/secrets/victorops_key`",
        ),
        ConfigKey(
            name="api_url",
            use="decides",
            shape="url",
            field="url",
            inherits="victorops_api_url",
            default="https://alert.victorops.com/integrations/generic/20131114/alert/",
        ),
        ConfigKey(name="routing_key", use="decides", field="routing_key", missing="add `routing_key: …`"),
        ConfigKey(
            name="message_type",
            use="filled",
            shape="plain",
            field="type",
            default="CRITICAL",
            choices=("CRITICAL", "WARNING", "INFO", "ACKNOWLEDGEMENT", "RECOVERY"),
        ),
        ConfigKey(
            name="monitoring_tool",
            use="filled",
            upstream="victorops.default.monitoring_tool",
            shape="plain",
            field="tool",
            default="alertrelay",
        ),
        ConfigKey(name="custom_fields", use="filled", shape="texts", field="custom_fields", reserved=FIXED),
        *templated("victorops.default", "state_message=state_message entity_display_name=entity_display_name"),
    ),
    settings=VictorOpsSettings,
    key_text="the REST endpoint's key",
    receipt="`entity_id`",
    accepted="Splunk On-Call processes it afterwards, and an unknown routing key leads to its default team",
    limits={"message characters": 20_480},
    rate=Rate(people=20, counted_by=("api_key", "routing_key")),
    pages=True,
    acknowledged="the incident is acknowledged, with who and the comment as its message",
)
