"""Writes the further alerts of a group, one line each: by the labels in which they differ."""

from __future__ import annotations

from alertrelay.alert import Alert
from alertrelay.notification import Notification
from alertrelay.render import when, wording
from alertrelay.render.notice import ACKNOWLEDGED
from alertrelay.render.text import cut, one_line


def differing(notification: Notification) -> frozenset[str]:
    """Returns the labels in which the shown alerts differ: they distinguish the lines of a group."""
    seen: dict[str, set[str | None]] = {}
    names = {name for a in notification.alerts for name in a.labels}
    for name in names - {"alertname", "alarm_name", "severity"}:
        seen[name] = {a.labels.get(name) for a in notification.alerts}
    return frozenset(name for name, values in seen.items() if len(values) > 1)


def line(notification: Notification, alert: Alert, differs: frozenset[str], *, timed: bool = True) -> str:
    """Returns one alert of a group in one line: name, the labels that distinguish it, value, duration. Not cut. Without
    `timed` the channel says itself since when it fires."""
    distinct = [one_line(alert.labels[n]) for n in alert.labels if n in differs][:4]
    text = ", ".join([t for t in distinct if t] or [t for t in (wording.summary(alert),) if t])
    text = ". ".join([text, *_own_text(notification, alert)])
    head = one_line(alert.name) + (f": {text}" if text else "")
    value = one_line(alert.annotations.get("value", ""))
    if wording.ended(alert):
        seconds = ((alert.ends_at or notification.at) - alert.starts_at).total_seconds()
        return f"{head}, resolved" + (f" after {when.span(seconds)}" if seconds > 0 else "")
    ago = wording.ago(notification, alert)
    since = ago if alert.kind == "event" or ago == "just now" else f"for {ago.removesuffix(' ago')}"
    measured = [f"value {cut(value, 40)}"] if value else []
    on = ["acknowledged"] if ACKNOWLEDGED in alert.annotations else []
    return ", ".join([head, *measured, *([since] if timed else []), *on, *_news(notification, alert)])


def _own_text(notification: Notification, alert: Alert) -> list[str]:
    """Returns what an event says otherwise than the one shown in full, where both are of one identity."""
    shown = notification.alerts[0]
    if alert.kind != "event" or alert is shown or alert.state_key != shown.state_key:
        return []
    texts = ((name, alert.annotations.get(name, "")) for name in ("summary", "description", "affected"))
    return [cut(one_line(text), 300) for name, text in texts if text and text != shown.annotations.get(name)]


def _news(notification: Notification, alert: Alert) -> list[str]:
    fresh = notification.reason == "new_alerts_added" and alert.state_key in notification.news
    return ["new"] if fresh else []
