"""Takes the webhooks of Alertmanager (any version) and of Grafana: each alert to the topic of its severity.

Nothing is absorbed here: a repeat, or the copy of the other Alertmanager of a pair, changes nothing where it arrives.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from alertrelay.intake.messages import empty_message, messages_of
from alertrelay.intake.ports import IntakeReport, RefusedBodies, Topics
from alertrelay.sources import alertmanager
from alertrelay.sources.parse import HOP_ATTRIBUTE


class NoAlerts(ValueError):
    """Raised for a body that is no webhook; the text says what was expected."""


EXPECTED = (
    'expected the webhook of Alertmanager or Grafana, {"version": "4", "alerts": [{"status", "labels", …}, …]}; a '
    "receiver with a `payload` of its own sends another body: take it out"
)


def take_webhook(topics: Topics, refused: RefusedBodies, report: IntakeReport, body: str, *, hop: bool = False) -> int:
    """Publishes the alerts of one webhook; returns their number. Raises NoAlerts, whose body was kept, and
    TopicFailure. `hop`: it is one of our own notifications, which goes to the ops topic alone."""
    try:
        group = json.loads(body)
    except (ValueError, RecursionError):
        raise _kept(refused, body, f"it is not JSON: {EXPECTED}") from None
    if not isinstance(group, Mapping) or not alertmanager.detect(group):
        raise _kept(refused, body, EXPECTED)
    entries = [entry if isinstance(entry, Mapping) else {"labels": {}} for entry in group["alerts"]]
    beside = {key: value for key, value in group.items() if key != "alerts"}
    attributes = {HOP_ATTRIBUTE: "1"} if hop else {}
    # A group without alerts still says that somebody sent it.
    messages = list(messages_of(entries, beside)) or [("info", empty_message(beside))]
    for topic, message in messages:
        topics.publish(topic, message, attributes=attributes)
    report.log("webhook", alerts=len(entries), messages=len(messages), receiver=str(group.get("receiver", ""))[:200])
    report.count("IntakeAlerts", len(entries))
    report.count("IntakePublished", len(entries))
    return len(entries)


def _kept(refused: RefusedBodies, body: str, why: str) -> NoAlerts:
    refused.keep(body, why=why)
    return NoAlerts(why)
