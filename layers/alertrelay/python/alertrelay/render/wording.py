"""The sentences that every channel shares: what, where, since when, and what the reader must know about the message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from alertrelay.alert import Alert, Channel, Notification, Reason, fingerprint
from alertrelay.render.text import clean, cut, one_line

ICONS: Mapping[str, str] = {"critical": "🔴", "error": "🟠", "warning": "🟡", "info": "🔵"}
OTHER_ICON = "⚪"
RESOLVED_ICON = "✅"
NOTICE_ICON = "⚠️"

CHANNEL_NAMES: Mapping[Channel, str] = {
    "pagerduty": "PagerDuty",
    "slack": "Slack",
    "email": "e-mail",
    "sns": "SNS",
    "webhook": "the webhook",
}
_MESSAGE_NAMES: Mapping[Channel, str] = {
    "pagerduty": "page",
    "slack": "Slack message",
    "email": "e-mail",
    "sns": "SNS message",
    "webhook": "webhook call",
}
_GROUP_ORDER = ("alertname", "service", "cluster", "env")


def lead(notification: Notification) -> Alert:
    """The alert that a message tells in full: the first. Where the caller has none, what the group's labels say."""
    if notification.alerts:
        return notification.alerts[0]
    labels = dict(notification.group_labels)
    return Alert(
        labels=labels,
        annotations={"summary": "The alert's details could not be read from the state table"},
        status=notification.status,
        kind="alert",
        starts_at=notification.at,
        ends_at=notification.at if notification.status == "resolved" else None,
        updated_at=None,
        source="raw",
        fingerprint=fingerprint(labels),
        state_key="",
    )


def total(notification: Notification) -> int:
    """How many alerts the group has, shown or not."""
    return max(notification.firing_count + notification.resolved_count, len(notification.alerts))


def only_events(notification: Notification) -> bool:
    """Whether everything shown is an event: something that has no end."""
    return bool(notification.alerts) and all(a.kind == "event" for a in notification.alerts)


def over(notification: Notification) -> bool:
    """Whether this message says that all has ended. An event does not end."""
    return notification.status == "resolved" and not only_events(notification)


# --- what


def severity_of(alert: Alert) -> str:
    """The severity label in lower case, `warning` where there is none."""
    return one_line(alert.labels.get("severity", "")).lower() or "warning"


def icon(notification: Notification) -> str:
    """One character for the notification's state."""
    if over(notification):
        return RESOLVED_ICON
    return ICONS.get(notification.severity.lower(), OTHER_ICON)


def alert_icon(alert: Alert) -> str:
    """One character for one alert's state."""
    if ended(alert):
        return RESOLVED_ICON
    return ICONS.get(severity_of(alert), OTHER_ICON)


def ended(alert: Alert) -> bool:
    """Whether this alert is over. An event does not end."""
    return alert.status == "resolved" and alert.kind == "alert"


def state_word(notification: Notification) -> str:
    """`CRITICAL`, `RESOLVED`, `WARNING EVENT`: the first word of every message."""
    if over(notification):
        return "RESOLVED"
    severity = cut(one_line(notification.severity).upper(), 20) or "WARNING"
    return f"{severity} EVENT" if only_events(notification) else severity


def summary(alert: Alert) -> str:
    """One line for people, "" where it says no more than the name."""
    text = one_line(alert.annotations.get("summary", ""))
    return "" if text == one_line(alert.name) else text


def description(alert: Alert) -> str:
    """The longer text, "" where it says no more than the summary."""
    text = clean(alert.annotations.get("description", ""))
    return "" if one_line(text) in ("", summary(alert), one_line(alert.name)) else text


def environment(notification: Notification) -> str:
    """The lead alert's own environment, else the relay's."""
    return one_line(lead(notification).labels.get("env", "")) or one_line(notification.environment)


def what(notification: Notification) -> str:
    """`RDSHighCPU: CPU of orders-db above 80 % (prod), 3 firing, 1 of 4 ended`. One line, not cut."""
    alert = lead(notification)
    name, text = one_line(alert.name), summary(alert)
    head = f"{name}: {text}" if text and not text.startswith(name) else text or name
    counts = tally(notification)
    env = environment(notification)
    place = f" ({env})" if env else ""
    return f"{head}{place}" + (f", {counts}" if counts else "")


def headline(notification: Notification) -> str:
    """`CRITICAL RDSHighCPU: … (prod)`, and for how long where it is over. One line, not cut."""
    text = f"{state_word(notification)} {what(notification)}"
    return f"{text}, after {lasted(notification)}" if over(notification) else text


def subject(notification: Notification) -> str:
    """What the group is about, the same for its firing and its resolved message: mail clients thread by it."""
    alert = lead(notification)
    labels = {k: one_line(v) for k, v in notification.group_labels.items() if one_line(v)}
    if "alertname" not in labels and len({a.name for a in notification.alerts}) <= 1:
        labels["alertname"] = one_line(alert.name)
    env = environment(notification)
    labels.pop("severity", None)
    names = [n for n in _GROUP_ORDER if n in labels and n != "env"]
    names += sorted(n for n in labels if n not in _GROUP_ORDER)
    told = " ".join(dict.fromkeys(labels[n] for n in names)) or "several alerts"
    return f"{told} ({env})" if env else told


def tally(notification: Notification) -> str:
    """`3 firing, 1 of 4 ended`; "" for a single alert."""
    count, gone = total(notification), notification.resolved_count
    if count <= 1:
        return ""
    if only_events(notification):
        return f"{count} events"
    if over(notification):
        return f"all {count} ended"
    firing = f"{notification.firing_count} firing"
    if notification.reason is Reason.NEW_ALERTS and 0 < len(notification.news) < notification.firing_count:
        firing += f" ({len(notification.news)} new)"
    return f"{firing}, {gone} of {count} ended" if gone else firing


# --- when


def moment(at: datetime) -> str:
    """`2026-11-20 03:04 UTC`."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def span(seconds: float) -> str:
    """`40 s`, `4 min`, `5 h 10 min`, `3 d 4 h`. A clock that runs ahead gives `0 s`."""
    whole = max(0, int(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def age(notification: Notification, alert: Alert) -> str:
    """How long ago it started, at the time of the message."""
    return span((notification.at - alert.starts_at).total_seconds())


def bounds(notification: Notification) -> tuple[datetime, datetime]:
    """First start and last end of what is over; the message's own time where an end is unknown."""
    alerts = notification.alerts or (lead(notification),)
    return min(a.starts_at for a in alerts), max(a.ends_at or notification.at for a in alerts)


def lasted(notification: Notification) -> str:
    """How long it lasted, from the first start to the last end."""
    start, end = bounds(notification)
    return span((end - start).total_seconds())


# --- what the reader must know about this message


def is_fallback(notification: Notification) -> bool:
    """Whether the reader gets this because another channel did not take it."""
    return notification.failed is not None and notification.reason is not Reason.REACHED_AGAIN


def notices(notification: Notification) -> list[str]:
    """Sentences that stand at the top: a fallback and why, the first channel answers again, no state."""
    told = []
    if notification.reason is Reason.REACHED_AGAIN:
        told.append(_reached_again(notification))
    elif notification.failed:
        told.append(_not_delivered(notification))
    if notification.without_state:
        told.append(
            "The state table did not answer: you may get this message twice, and it may not show the whole group."
        )
    return told


def _not_delivered(notification: Notification) -> str:
    failed = notification.failed
    assert failed is not None
    channel = failed.integration.channel
    tries = "1 try" if failed.attempts == 1 else f"{failed.attempts} tries"
    why = f"{_failure_text(notification)}, {tries} in {span(failed.seconds)}."
    if over(notification):
        told = f"{CHANNEL_NAMES[channel]} was NOT told that this ended, it may still show it as open: {why}"
    else:
        told = f"This {_MESSAGE_NAMES[channel]} was NOT delivered: {why}"
    if notification.next_try_at:
        told += f" It is tried again at {_clock(notification.next_try_at, notification.at)}."
    return f"{told} You are told instead of receiver {cut(one_line(failed.integration.receiver), 100)}."


def _reached_again(notification: Notification) -> str:
    failed = notification.failed
    name = CHANNEL_NAMES[failed.integration.channel] if failed else "The first channel"
    told = f"{name[:1].upper()}{name[1:]} answers again and was told."
    if not failed:
        return told
    return f"{told} Before: {_failure_text(notification)}."


def _failure_text(notification: Notification) -> str:
    text = one_line(notification.failed.text) if notification.failed else ""
    return cut(text.rstrip("."), 300) or "no answer"


def _clock(at: datetime, now: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M} UTC" if at.astimezone(UTC).date() == now.astimezone(UTC).date() else moment(at)


def more(hidden: int) -> str:
    """`and 3 more not shown`, "" for none."""
    return f"and {hidden} more not shown" if hidden > 0 else ""
