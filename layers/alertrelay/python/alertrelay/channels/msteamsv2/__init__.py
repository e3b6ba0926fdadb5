"""Microsoft Teams, by the webhook of a Workflow (Power Automate) that posts the Adaptive Card which it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, templated


@dataclass(frozen=True, slots=True, kw_only=True)
class MsTeamsSettings(Settings):
    """`webhook_url` names the secret's key that holds the workflow's address, whose signature is the permission."""

    key_field: ClassVar[str] = "webhook_url"
    webhook_url: str


CHANNEL = ChannelDescriptor(
    kind="msteamsv2",
    title="Microsoft Teams",
    message="Teams message",
    configs="msteamsv2_configs",
    keys=(
        ConfigKey(
            name="webhook_url",
            use="decides",
            shape="secret",
            field="webhook_url",
            missing="add `webhook_url_file: /etc/alertmanager/secrets/teams_workflow`",
        ),
        *templated("msteamsv2.default", "title=title text=text"),
    ),
    settings=MsTeamsSettings,
    key_text="the workflow's whole address, with its `sig`",
    receipt="none: a card cannot be edited",
    accepted="the workflow posts the card afterwards, and a failure shows in its run history alone",
    limits={"message bytes": 28 * 1024, "actions": 6},
    # A connection of the Teams connector takes about 100 calls a minute, and delays or drops what exceeds it unseen.
    rate=Rate(people=5, counted_by=("webhook_url",)),
)
