"""PagerDuty, Events API v2."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from alertrelay.config.channel import ChannelDescriptor, ConfigKey, Rate, Settings, keys


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
    """`routing_key` names the secret's key. `url` is the Events v2 address (the EU host by configuration). `images` and
    `links` stand in every incident, behind those of its alert."""

    key_field: ClassVar[str] = "routing_key"
    routing_key: str
    url: str
    client: str
    client_url: str
    images: tuple[PagerDutyImage, ...] = ()
    links: tuple[PagerDutyLink, ...] = ()

    @property
    def destination(self) -> frozenset[object]:
        """Returns the service, which its key names."""
        return frozenset({(self.url, self.routing_key)})

    @property
    def resolves_by_key(self) -> bool:
        """PagerDuty drops a resolve of a `dedup_key` that it does not know."""
        return True


def _old(name: str) -> ConfigKey:
    mend = "make an integration 'Events API v2' in PagerDuty and name its key with `routing_key_file`"
    return ConfigKey(name=name, use="refused", problem=f"{name!r} is of PagerDuty's old Events API v1", mend=mend)


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
        ),
        _old("service_key"),
        _old("service_key_file"),
        ConfigKey(
            name="url",
            use="decides",
            shape="url",
            field="url",
            inherits="pagerduty_url",
            default="https://events.pagerduty.com/v2/enqueue",
        ),
        ConfigKey(name="client", shape="plain", field="client", default="alertrelay"),
        ConfigKey(name="client_url", shape="plain", field="client_url"),
        *keys("description", "rendered"),
        *keys("details", "rendered", "mapping"),
        ConfigKey(
            name="images",
            shape="items",
            field="images",
            items=("src", "alt", "href"),
            made=PagerDutyImage,
            schemes=("https",),
        ),
        ConfigKey(
            name="links",
            shape="items",
            field="links",
            items=("href", "text"),
            made=PagerDutyLink,
            schemes=("https", "http"),
        ),
        *keys("source severity class component group", "rendered"),
        *keys("timeout", "not_obeyed", "seconds"),
    ),
    settings=PagerDutySettings,
    sender="PagerDutySender",
    key_text="the integration's routing key",
    receipt="`dedup_key`",
    limits={"summary characters": 1024, "event bytes": 512 * 1024},
    rate=Rate(people=20, counted_by=("routing_key",)),  # of about 120 events a minute a routing key
    pages=True,
    own_forwarder=True,
    retried=frozenset({429}),
)
