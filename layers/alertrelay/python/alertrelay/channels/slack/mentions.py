"""Mentions people in a message that notifies: never in an edit, which notifies nobody, and never of a resolve.

Source: https://docs.slack.dev/messaging/formatting-message-text, "Mentioning users", "groups", "Special mentions".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from alertrelay.alert import Alert
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.slack.mrkdwn import section
from alertrelay.notification import Notification, Reason
from alertrelay.policy.matchers import matches
from alertrelay.render import wording

MOST = 20


def of_message(notification: Notification, settings: SlackSettings) -> list[dict[str, Any]]:
    """Returns the block that mentions those whom an alert of the news concerns, and the contacts of the tier that it is
    escalated to; none where nobody is."""
    if not (settings.mentions or notification.contacts) or notification.edit or wording.over(notification):
        return []
    if notification.reason in (Reason.SOME_RESOLVED, Reason.REACHED_AGAIN):
        return []
    alerts = list(_about(notification))
    concerned = [one.who for one in settings.mentions if any(matches(one.matchers, a.labels) for a in alerts)]
    named = [who for group in (notification.contacts, *concerned) for who in group]
    shown = " ".join(map(_markup, dict.fromkeys(named[:MOST])))
    return [section(shown)] if shown else []


def _about(notification: Notification) -> Iterator[Alert]:
    """Yields the alerts that the message notifies of: the news, or all that fire where it repeats them."""
    for alert in notification.alerts:
        new = not notification.news or alert.state_key in notification.news
        if new and not wording.ended(alert):
            yield alert


def _markup(who: str) -> str:
    if who.startswith("@"):
        return f"<!{who[1:]}>"
    return f"<!subteam^{who}>" if who.startswith("S") else f"<@{who}>"
