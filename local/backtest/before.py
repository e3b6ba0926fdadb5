"""Counts what people had of alarms alone: each change of state, to each reader of the topics that it notifies. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from alertrelay.channels import KINDS, channel

from local.backtest.history import StateChange

ACTIONS_OF = {"ALARM": "AlarmActions", "OK": "OKActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}
UNKNOWN = "sns"
"""The channel of a topic whose subscriptions are not known: one reader."""
Counts = Counter[tuple[str, str]]
"""Messages by channel and alarm."""


def messages_before(
    changes: Iterable[StateChange], alarms: Mapping[str, Mapping[str, Any]], readers: Mapping[str, Sequence[str]]
) -> Counts:
    """Returns the messages by channel and alarm. `alarms` by name as DescribeAlarms has them; `readers` by topic."""
    counts: Counts = Counter()
    for change in changes:
        alarm = alarms.get(change.alarm, {})
        if alarm.get("ActionsEnabled") is False:
            continue
        for action in alarm.get(ACTIONS_OF[change.state]) or ():
            if action.split(":")[2:3] == ["sns"]:
                heard = readers.get(action, (UNKNOWN,))
                counts.update((kind, change.alarm) for kind in heard if change.state == "ALARM" or not pages(kind))
    return counts


def pages(kind: str) -> bool:
    """Returns whether a channel pages: only an incident that opens rings there, and a resolve closes it."""
    return kind in KINDS and channel(kind).pages


def readers_of(subscriptions: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Returns the channel of each subscription of each topic, by topic: a mail to three people is three messages."""
    found: dict[str, list[str]] = {}
    for one in subscriptions:
        channel = _channel(str(one.get("Protocol", "")), str(one.get("Endpoint", "")))
        found.setdefault(str(one["TopicArn"]), []).append(channel)
    return found


def _channel(protocol: str, endpoint: str) -> str:
    """Returns the channel of a subscription. Amazon Q Developer posts to Slack or Teams: it counts as Slack."""
    if protocol in ("email", "email-json"):
        return "email"
    if "sns-api.chatbot.amazonaws.com" in endpoint:
        return "slack"
    host = endpoint.partition("://")[2].partition("/")[0]
    if host.endswith("pagerduty.com"):
        return "pagerduty"
    if host.endswith("opsgenie.com"):
        return "opsgenie"
    return "sns" if protocol == "sms" else protocol
