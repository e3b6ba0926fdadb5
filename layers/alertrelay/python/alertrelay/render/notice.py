"""Words notices about a message itself: that it is a fallback and why, or that state is missing."""

from __future__ import annotations

from datetime import UTC, tzinfo

from alertrelay.notification import Failed, Notification, Reason
from alertrelay.render import when, wording
from alertrelay.render.text import cut, one_line
from alertrelay.values.text import how_many

FROM_ELSEWHERE = "resolved_from_elsewhere"
"""An annotation of ours: a resolve that came from another source or account than its alert, and in words, which."""

SILENCED = "alertrelay_silenced"
"""An annotation of ours: until when an alert that was notified is silenced, by whom and why, in words."""
ACKNOWLEDGED = "alertrelay_acknowledged"
"""An annotation of ours: who is on an alert, since when, and with which comment, in words."""

VERDICT = "alertrelay_verdict"
"""An annotation of ours: what a person said last of an anomaly, who and when, in words."""


def is_fallback(notification: Notification) -> bool:
    """Returns whether the reader receives this because another channel did not accept it."""
    return notification.failed is not None and notification.reason is not Reason.REACHED_AGAIN


def mark(notification: Notification) -> str:
    """Return `PagerDuty FAILED` on a fallback, `PagerDuty NOT TRIED` where nothing was sent to it, `PagerDuty answers
    again` on that notice, else ""."""
    name = _title(notification.failed) if notification.failed else "First channel"
    name = name.removeprefix("the ")
    name = f"{name[:1].upper()}{name[1:]}"
    if notification.reason is Reason.REACHED_AGAIN:
        return f"{name} answers again"
    if not is_fallback(notification):
        return ""
    return f"{name} FAILED" if notification.failed and notification.failed.tried else f"{name} NOT TRIED"


def icon(notification: Notification) -> str:
    """Returns one character for a notice about the message itself."""
    return "\u2139\ufe0f" if notification.reason is Reason.REACHED_AGAIN else "\u26a0\ufe0f"


def sentences(notification: Notification, zone: tzinfo = UTC) -> list[str]:
    """Returns the sentences at the top of a message: a fallback and why, the first channel answers again, an
    escalation, no state, a resolve from elsewhere."""
    found = []
    if notification.reason is Reason.REACHED_AGAIN:
        found.append(_reached_again(notification))
    elif notification.failed:
        found.append(_not_delivered(notification, zone))
    if notification.tier and not wording.over(notification):
        found.append(_escalated(notification))
    if notification.without_state:
        found.append(
            "The state table did not answer: duplicates are possible, and other alerts of the group may be missing."
        )
    return found + _from_elsewhere(notification)


def acknowledged(notification: Notification) -> str:
    """Returns who is on the alerts, a line each: `Acknowledged by ana at 03:06 UTC: on it`."""
    texts = dict.fromkeys(alert.annotations.get(ACKNOWLEDGED, "") for alert in notification.alerts)
    return "\n".join(f"Acknowledged {one_line(text)}" for text in texts if text)


def _escalated(notification: Notification) -> str:
    return f"Not acknowledged for {when.span(notification.unacknowledged)}: escalated to tier {notification.tier}."


def _from_elsewhere(notification: Notification) -> list[str]:
    """Returns one sentence about all resolves that came from elsewhere than their alerts."""
    ended = [alert for alert in notification.alerts if wording.ended(alert) and alert.annotations.get(FROM_ELSEWHERE)]
    if not ended:
        return []
    first = ended[0]
    named = cut(one_line(first.name), 100) if len(notification.alerts) > 1 else "this alert"
    more = f" (and {len(ended) - 1} more)" if len(ended) > 1 else ""
    why = cut(one_line(first.annotations[FROM_ELSEWHERE]), 250)
    return [f"The resolve of {named}{more} did not come from where the alert was opened: {why}. Check that it is over."]


def _title(failed: Failed) -> str:
    return failed.title or failed.integration.channel


def _not_delivered(notification: Notification, zone: tzinfo) -> str:
    failed = notification.failed
    assert failed is not None
    why = _failure_text(notification)
    if failed.attempts:
        why += f", {how_many(failed.attempts, 'try', 'tries')} in {when.span(failed.seconds)}"
    why += "."
    if wording.over(notification):
        text = f"{_title(failed)} was NOT notified of the resolve and may still show this as open: {why}"
    else:
        what = "NOT delivered" if failed.tried else "NOT sent"
        text = f"This {failed.message or 'message'} was {what}: {why}"
    if notification.next_try_at:
        text += f" It will be retried at {when.clock(notification.next_try_at, notification.at, zone)}."
    receiver = cut(one_line(failed.integration.receiver), 100)
    return f"{text} You received this because receiver {receiver} could not be notified."


def _reached_again(notification: Notification) -> str:
    text = f"{mark(notification)} and was notified."
    return f"{text} Its last failure: {_failure_text(notification)}." if notification.failed else text


def _failure_text(notification: Notification) -> str:
    text = one_line(notification.failed.text) if notification.failed else ""
    return cut(text.rstrip("."), 300) or "no answer"


def withheld(notification: Notification) -> str:
    """Returns `2 more alerts of this group are silenced until 16:03 UTC, 1 is inhibited`, "" for none."""
    found = notification.withheld
    if found is None:
        return ""
    parts = []
    if found.silenced:
        end = when.clock(found.until, notification.at) if found.until else ""
        until = f" until {end}" if end and found.alike else f", the first until {end}" if end else ""
        parts.append(f"{_more_alerts(found.silenced)} silenced{until}")
    if found.inhibited:
        parts.append(f"{_more_alerts(found.inhibited)} inhibited")
    return "; ".join(parts)


def _more_alerts(count: int) -> str:
    return "1 more alert of this group is" if count == 1 else f"{count} more alerts of this group are"
