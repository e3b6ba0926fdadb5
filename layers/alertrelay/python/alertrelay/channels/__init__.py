"""The channels that open a socket: HTTP and SMTP. One file a channel; docs/channels.md describes each."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from alertrelay.alert import Channel
from alertrelay.channels.connection import Network
from alertrelay.channels.email import EmailSender
from alertrelay.channels.pagerduty import PagerDutySender
from alertrelay.channels.slack import SlackSender
from alertrelay.channels.webhook import WebhookSender
from alertrelay.ports import Sender


def senders(
    *,
    endpoints: Mapping[str, str],
    ses: Sender | None = None,
    haste: float = 1.0,
    tls: ssl.SSLContext | None = None,
) -> dict[Channel, Sender]:
    """The senders of pagerduty, slack, email and webhook; sns is aws.sns.SnsSender. `ses` serves e-mail receivers of
    that transport. `endpoints`, `haste` and `tls` are those of connection.Network: all but the first for local runs."""
    network = Network(endpoints=endpoints, haste=haste, tls=tls)
    return {
        "pagerduty": PagerDutySender(network),
        "slack": SlackSender(network),
        "email": EmailSender(network, ses),
        "webhook": WebhookSender(network),
    }
