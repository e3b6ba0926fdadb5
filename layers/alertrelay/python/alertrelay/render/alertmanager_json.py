"""A notification in Alertmanager's JSON, so that what reads Alertmanager's reads ours.

Source: prometheus/alertmanager docs/configuration.md `<webhook_config>` and notify/webhook/webhook.go.
"""

from __future__ import annotations

from typing import Any

from alertrelay.alert import Alert, Labels, rfc3339
from alertrelay.notification import Notification, Reason
from alertrelay.render import notice, wording
from alertrelay.render.text import cut
from alertrelay.values.charted import POINTS

_NO_END = "0001-01-01T00:00:00Z"
REASONS = {
    Reason.FIRST: "first notification",
    Reason.NEW_ALERTS: "new alerts added",
    Reason.SOME_RESOLVED: "some alerts resolved",
    Reason.ALL_RESOLVED: "all alerts resolved",
    Reason.REPEAT: "repeat interval elapsed",
}
"""What Alertmanager calls the reason of a notification; any other is "unknown"."""
NOTICE = "alertrelay_notice"
"""An annotation of every alert on a message that is a fallback, or that was sent without state."""


def body(notification: Notification, *, version: str = "4", max_alerts: int = 0) -> dict[str, Any]:
    """Returns the body with at most so many alerts, 0 for all. Labels and annotations are as given, but for lone
    surrogates, which are no JSON."""
    shown = notification.alerts[: max_alerts or None]
    said = " ".join(notice.sentences(notification))
    alerts = [_alert(alert, said) for alert in shown]
    return {
        "version": version,
        "groupKey": _text(notification.group_key),
        "truncatedAlerts": max(0, wording.total(notification) - len(shown)),
        "status": notification.status,
        "receiver": _text(notification.integration.receiver),
        "groupLabels": _texts(notification.group_labels),
        "commonLabels": _common([a["labels"] for a in alerts]),
        "commonAnnotations": _common([a["annotations"] for a in alerts]),
        "externalURL": "",
        "notification_reason": REASONS.get(notification.reason, "unknown"),
        "alerts": alerts,
    }


def shortened(message: dict[str, Any], limit: int) -> dict[str, Any]:
    """Returns a body whose texts are at most so long each, for a service that takes no more."""
    alerts = [
        {**one, **{part: _cut(one[part], limit) for part in ("labels", "annotations")}} for one in message["alerts"]
    ]
    return {
        **message,
        "alerts": alerts,
        "groupLabels": _cut(message["groupLabels"], limit),
        "commonLabels": _common([one["labels"] for one in alerts]),
        "commonAnnotations": _common([one["annotations"] for one in alerts]),
    }


def _cut(texts: Labels, limit: int) -> dict[str, str]:
    return {cut(name, 200): cut(text, limit) for name, text in texts.items()}


def _alert(alert: Alert, said: str) -> dict[str, Any]:
    own = {name: text for name, text in alert.annotations.items() if name != POINTS}
    return {
        "status": "resolved" if wording.ended(alert) else "firing",
        "labels": _texts(alert.labels),
        "annotations": {**_texts(own), **({NOTICE: said} if said else {})},
        "startsAt": rfc3339(alert.starts_at),
        "endsAt": rfc3339(alert.ends_at) if wording.ended(alert) and alert.ends_at else _NO_END,
        "generatorURL": _text(alert.generator_url),
        "fingerprint": alert.fingerprint,
    }


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")


def _texts(given: Labels) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in given.items()}


def _common(given: list[dict[str, str]]) -> dict[str, str]:
    first = given[0] if given else {}
    return {name: value for name, value in first.items() if all(g.get(name) == value for g in given)}
