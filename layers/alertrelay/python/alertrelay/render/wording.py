"""Words the parts that every channel shares: alert, place, time, number."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from alertrelay.alert import Alert, fingerprint
from alertrelay.notification import Notification, Reason
from alertrelay.render.text import clean, cut, one_line
from alertrelay.render.when import span

ICONS: Mapping[str, str] = {"critical": "🔴", "error": "🟠", "warning": "🟡", "info": "🔵"}
OTHER_ICON = "⚪"
RESOLVED_ICON = "✅"

ALARM_SOURCES = frozenset({"cloudwatch", "eventbridge", "cloudwatch-direct"})
PLACES = ("service", "cluster", "env", "region", "account_id", "team")
NOT_RESOURCE = frozenset(
    {
        "alertname",
        "alarm_name",
        "severity",
        "plane",
        "category",
        "namespace",
        "metric",
        "BurnRateWindowMinutes",
        *PLACES,
    }
)
"""Labels that do not name the thing itself; all others do: dimensions, instance, pod."""
RESOURCE_LABELS = 8
"""So many of the others a message names at most."""
_GROUP_ORDER = ("alertname", "service", "cluster", "env")


STORM = "AlertStorm"
"""The name of a digest: alerts of many groups that were too many for their channel."""


def lead(notification: Notification) -> Alert:
    """Returns the alert that a message shows in full: the first. Where the caller has none, one made of the group's
    labels."""
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
    """Returns the number of the group's alerts, shown or not."""
    return max(notification.firing_count + notification.resolved_count, len(notification.alerts))


def only_events(notification: Notification) -> bool:
    """Returns whether everything shown is an event, which never resolves."""
    return bool(notification.alerts) and all(a.kind == "event" for a in notification.alerts)


def over(notification: Notification) -> bool:
    """Returns whether this message resolves everything. An event never resolves."""
    return notification.status == "resolved" and not only_events(notification)


def severity_of(alert: Alert) -> str:
    """Returns the severity label in lower case, `warning` where there is none."""
    return one_line(alert.labels.get("severity", "")).lower() or "warning"


def icon(notification: Notification) -> str:
    """Returns one character for the notification's state."""
    if over(notification):
        return RESOLVED_ICON
    return ICONS.get(notification.severity.lower(), OTHER_ICON)


def alert_icon(alert: Alert) -> str:
    """Returns one character for one alert's state."""
    if ended(alert):
        return RESOLVED_ICON
    return ICONS.get(severity_of(alert), OTHER_ICON)


def ended(alert: Alert) -> bool:
    """Returns whether this alert has resolved. An event never resolves."""
    return alert.status == "resolved" and alert.kind == "alert"


def state_word(notification: Notification) -> str:
    """Returns `CRITICAL`, `RESOLVED` or `WARNING EVENT`: the first word of every message."""
    if over(notification):
        return "RESOLVED"
    severity = cut(one_line(notification.severity).upper(), 20) or "WARNING"
    return f"{severity} EVENT" if only_events(notification) else severity


def summary(alert: Alert) -> str:
    """Returns one line for people, "" where it adds nothing to the name."""
    given, name = alert.annotations.get("summary", ""), alert.labels.get("alertname", "alert")
    if given.isprintable() and name.isprintable():
        text = " ".join(given.split())
        return "" if text == " ".join(name.split()) else text
    text = one_line(given)
    return "" if text == one_line(name) else text


def description(alert: Alert) -> str:
    """Returns the longer text without the summary that it often begins with; "" where it adds nothing."""
    text, short = clean(alert.annotations.get("description", "")), summary(alert)
    if short and text.startswith(stem := short.rstrip(".")):
        text = _after_sentence(text, text[len(stem) :])
    return "" if one_line(text) in ("", short, one_line(alert.name)) else text


def _after_sentence(text: str, rest: str) -> str:
    """Returns `rest` of a text without the full stop that it begins with; the whole text where no sentence ends
    there."""
    if rest.startswith("."):
        return rest[1:].strip() if not rest[1:] or rest[1].isspace() else text
    return rest.strip() if not rest or rest[0] == "\n" else text


def environment(notification: Notification) -> str:
    """Returns the lead alert's own environment, else the relay's."""
    return one_line(lead(notification).labels.get("env", "")) or one_line(notification.environment)


def what(notification: Notification) -> str:
    """Returns `RDSHighCPU (prod, orders-db-1), 3 firing: CPU is above 80 %`. One line, not cut.

    Name, place and counts come first, so that they outlive any cut.
    """
    alert = lead(notification)
    text, counts = summary(alert), tally(notification)
    others = any(a.name != alert.name for a in notification.alerts[1:])
    head = one_line(alert.name) + (" and others" if others else "")
    if notification.group_labels.get("alertname") == STORM != alert.name:
        head = f"{STORM}: {head}"
    places = dict.fromkeys((environment(notification), _thing(notification, alert), *_elsewhere(notification, alert)))
    place = [p for p in places if p and not _says(head, p)]
    head += f" ({', '.join(place)})" if place else ""
    head += f", {counts}" if counts else ""
    flapping = alert.annotations.get("flapping", "")
    if flapping and not ended(alert):
        head += ", settled" if flapping.startswith("settled") else ", flapping"
    if not text:
        return head
    describes_now = _describes_its_state(alert) or alert.name == STORM
    return f"{head}, was: {text}" if over(notification) and not describes_now else f"{head}: {text}"


def _elsewhere(notification: Notification, alert: Alert) -> list[str]:
    """Returns the alert's region and account where they are not the relay's own: an environment may have several."""
    labels = ((name, alert.labels.get(name, "")) for name in ("region", "account_id"))
    return [one_line(value) for name, value in labels if value and notification.home.get(name, value) != value]


def _describes_its_state(alert: Alert) -> bool:
    """Returns whether the summary was made from the resolve: that of an alarm without a description is made of each
    update."""
    return alert.source in ALARM_SOURCES and not alert.annotations.get("description")


def _says(text: str, word: str) -> bool:
    """Returns whether a text has the word as a whole one."""
    at = text.find(word)
    while at >= 0:
        if not _in_word(text[at - 1 : at]) and not _in_word(text[at + len(word) :][:1]):
            return True
        at = text.find(word, at + 1)
    return False


def _in_word(char: str) -> bool:
    return char.isalnum() or char == "_"


def _thing(notification: Notification, alert: Alert) -> str:
    """Returns the thing to look at: an alarm's own dimension, else the cluster, else the service."""
    names = ["cluster", "service"]
    if total(notification) == 1 and alert.source in ALARM_SOURCES:
        names = [*resource_labels(alert), *names]
    return next((text for n in names if n in alert.labels and (text := one_line(alert.labels[n]))), "")


def resource_labels(alert: Alert) -> list[str]:
    """Returns the names of the labels that name the thing itself, without those that only repeat the cluster."""
    cluster = alert.labels.get("cluster")
    return [n for n, value in alert.labels.items() if n not in NOT_RESOURCE and value != cluster]


def headline(notification: Notification) -> str:
    """Returns `CRITICAL RDSHighCPU (prod, orders-db-1): …`, `RESOLVED after 12 min: …`. One line, not cut."""
    return f"{state(notification)} {what(notification)}"


def state(notification: Notification) -> str:
    """Returns `CRITICAL` or `RESOLVED after 12 min:`."""
    word = state_word(notification)
    if not over(notification):
        return word
    time = lasted(notification)
    return f"{word} after {time}:" if time else f"{word}:"


def subject(notification: Notification) -> str:
    """Returns the subject of the group, the same for its firing and its resolved message: mail clients thread by it."""
    alert = lead(notification)
    group = {k: v for k, v in notification.group_labels.items() if notification.home.get(k) != v}
    labels = {k: text for k, v in group.items() if (text := one_line(v))}
    if "alertname" not in labels and len({a.name for a in notification.alerts}) <= 1:
        labels["alertname"] = one_line(alert.name)
    env = environment(notification)
    labels.pop("severity", None)
    names = [n for n in _GROUP_ORDER if n in labels and n != "env"]
    names += sorted(n for n in labels if n not in _GROUP_ORDER)
    named = cut(" ".join(dict.fromkeys(labels[n] for n in names)), 90) or "several alerts"
    return f"{named} ({cut(env, 30)})" if env else named


def tally(notification: Notification) -> str:
    """Returns `3 firing, 1 of 4 resolved`; "" for a single alert."""
    count, resolved = total(notification), notification.resolved_count
    if count <= 1:
        return ""
    if only_events(notification):
        return f"{count} events"
    if over(notification):
        return f"{resolved} resolved" if lead(notification).name == STORM else f"all {count} resolved"
    firing = f"{notification.firing_count} firing"
    if notification.reason is Reason.NEW_ALERTS and 0 < len(notification.news) < notification.firing_count:
        firing += f" ({len(notification.news)} new)"
    return f"{firing}, {resolved} of {count} resolved" if resolved else firing


def age(notification: Notification, alert: Alert) -> str:
    """Returns the time since its start, at the time of the message."""
    return span((notification.at - alert.starts_at).total_seconds())


def ago(notification: Notification, alert: Alert) -> str:
    """Formats `4 min ago`, `just now`."""
    return "just now" if (notification.at - alert.starts_at).total_seconds() < 1 else f"{age(notification, alert)} ago"


def bounds(notification: Notification) -> tuple[datetime, datetime]:
    """Returns the first start and the last end of the resolved alerts; the message's own time where one is
    unknown."""
    alerts = notification.alerts or (lead(notification),)
    return min(a.starts_at for a in alerts), max(a.ends_at or notification.at for a in alerts)


def lasted(notification: Notification) -> str:
    """Returns the duration, from the first start to the last end; "" where only the end is known."""
    start, end = bounds(notification)
    return span((end - start).total_seconds()) if start < end else ""


def more(hidden: int) -> str:
    """Returns `and 3 more not shown`, "" for none."""
    return f"and {hidden} more not shown" if hidden > 0 else ""
