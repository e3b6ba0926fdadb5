"""PagerDuty, Events API v2, and v1 for the integrations that have a service key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, keys, templated


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyImage:
    """A picture of an incident: its address, a text in its place, and where it leads; "" for none."""

    src: str
    alt: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutyLink:
    """A link of an incident, with the text that is shown for it."""

    href: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDutySettings(Settings):
    """`routing_key` names the secret's key, or `service_key` that of an integration of Events API v1. `url` is the
    address of Events v2 (the EU host by configuration). `images` and `links` stand in every incident, behind those of
    its alert, and `details` too. `severity` to `group` stand in place of the alert's own, "" for those."""

    key_field: ClassVar[str] = "routing_key"
    routing_key: str
    url: str
    client: str
    client_url: str
    images: tuple[PagerDutyImage, ...] = ()
    links: tuple[PagerDutyLink, ...] = ()
    service_key: str = ""
    severity: str = ""
    source: str = ""
    class_: str = ""
    component: str = ""
    group: str = ""
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key_name(self) -> str:
        """The integration's key; that of v1 first, as Alertmanager has it."""
        return self.service_key or self.routing_key

    @property
    def destination(self) -> frozenset[object]:
        """Returns the service, which its key names."""
        return frozenset({(self.url, self.routing_key)})

    @property
    def acknowledges(self) -> bool:
        """An incident is acknowledged by an event of its key."""
        return True

    @property
    def resolves_by_key(self) -> bool:
        """PagerDuty drops a resolve of a `dedup_key` that it does not know."""
        return True


CHANNEL = ChannelDescriptor(
    kind="pagerduty",
    title="PagerDuty",
    message="page",
    configs="pagerduty_configs",
    keys=(
        ConfigKey(
            name="routing_key",
            use="decides",
            shape="secret",
            field="routing_key",
            missing="add `routing_key_file: /etc/alertmanager/secrets/pagerduty_key`",
            instead="service_key",
        ),
        ConfigKey(name="service_key", use="decides", shape="secret", field="service_key"),
        ConfigKey(
            name="url",
            use="decides",
            shape="url",
            field="url",
            inherits="pagerduty_url",
            default="https://events.pagerduty.com/v2/enqueue",
        ),
        ConfigKey(
            name="client",
            use="filled",
            upstream="pagerduty.default.client",
            shape="plain",
            field="client",
            default="alertrelay",
        ),
        ConfigKey(
            name="client_url",
            use="filled",
            upstream="pagerduty.default.clientURL",
            schemes=("https", "http"),
            shape="plain",
            field="client_url",
        ),
        *templated("pagerduty.default", "description=description"),
        ConfigKey(name="details", use="filled", shape="json", field="details"),
        ConfigKey(
            name="severity",
            use="filled",
            shape="plain",
            field="severity",
            choices=("CRITICAL", "ERROR", "WARNING", "INFO"),
        ),
        ConfigKey(name="source", use="filled", shape="plain", field="source"),
        ConfigKey(name="class", use="filled", shape="plain", field="class_"),
        ConfigKey(name="component", use="filled", shape="plain", field="component"),
        ConfigKey(name="group", use="filled", shape="plain", field="group"),
        ConfigKey(
            name="images",
            use="filled",
            shape="items",
            field="images",
            items=("src", "alt", "href"),
            made=PagerDutyImage,
            schemes=("https",),
        ),
        ConfigKey(
            name="links",
            use="filled",
            shape="items",
            field="links",
            items=("href", "text"),
            made=PagerDutyLink,
            schemes=("https", "http"),
        ),
        *keys("timeout", "not_obeyed", "seconds"),
    ),
    settings=PagerDutySettings,
    key_text="the integration's routing key, or its service key",
    receipt="`dedup_key`",
    limits={"summary characters": 1024, "event bytes": 512 * 1024},
    rate=Rate(people=20, counted_by=("key_name",)),  # of about 120 events a minute a routing key
    pages=True,
    acknowledged="the incident is acknowledged",
    retried=frozenset({429}),
)
