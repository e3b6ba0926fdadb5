"""PagerDuty Events API v2: one incident a group.

Source: PagerDuty developer-docs, events-API-v2 (trigger events): summary at most 1024, event at most 512 KB.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from alertrelay.alert import Alert, rfc3339
from alertrelay.channels.pagerduty import PagerDutyImage, PagerDutySettings
from alertrelay.notification import Message, Notification, Reason
from alertrelay.render import facts, group_lines, notice, wording
from alertrelay.render.facts import Fact
from alertrelay.render.team_texts import text as team_text
from alertrelay.render.text import clean, cut, cut_each, link, one_line, short, shortened

SEVERITIES = frozenset({"critical", "error", "warning", "info"})
_SUMMARY = 1000
_NAME = 250
_DETAIL = 1024
_LABELS = 30
_LINES = 40
_LISTED = 1500
_STRUCTURE = 16_000


def render(notification: Notification, settings: PagerDutySettings) -> Message:
    """Returns the event's body without `routing_key`, which the sender adds. At most about 400 KB."""
    if notification.reason is Reason.ACKNOWLEDGED:
        return _shape({"event_action": "acknowledge", "dedup_key": notification.dedup_key}, settings)
    if wording.over(notification):
        return _shape({"event_action": "resolve", "dedup_key": notification.dedup_key}, settings)
    alert, found = wording.lead(notification), facts.of(notification)
    rows = [
        found.timing,
        *found.measure,
        *found.impact,
        *found.where,
        *found.long_texts,
        *found.links,
        *found.silence,
    ]
    details = _details(notification, alert, found.description, rows) | _own_details(settings)
    event: dict[str, Any] = {
        "event_action": "trigger",
        "dedup_key": notification.dedup_key,
        "payload": {**_payload(notification, alert, found.what, details), **_own(settings)},
        "links": [*({"href": f.href, "text": f.name} for f in found.links if f.href), *_own_links(settings)],
    }
    if settings.client:
        event["client"] = short(settings.client, _NAME)
    # PagerDuty shows it as the link "View in alertrelay": where the alert is, unless the configuration names another.
    if client_url := settings.client_url or link(alert.generator_url):
        event["client_url"] = client_url
    if images := _images(alert, settings):
        event["images"] = images
    return _shape(event, settings)


def _shape(event: dict[str, Any], settings: PagerDutySettings) -> Message:
    """Returns an event, or for a service key that of Events API v1."""
    return _v1(event) if settings.service_key else event


def _v1(event: dict[str, Any]) -> Message:
    """Source: developer.pagerduty.com/docs/events-api-v1: description at most 1,024, `contexts` are links and
    images."""
    found = {"event_type": event["event_action"], "incident_key": event["dedup_key"]}
    if event["event_action"] != "trigger":
        return found
    payload = event["payload"]
    contexts = [{"type": "link", **one} for one in event["links"]]
    contexts += [{"type": "image", **one} for one in event.get("images", ())]
    shown = {name: text for name, text in event.items() if name in ("client", "client_url")}
    return {**found, **shown, "description": payload["summary"], "details": _detailed(payload), "contexts": contexts}


def _detailed(payload: dict[str, Any]) -> dict[str, Any]:
    """Returns the details, with what Events API v1 has no field for."""
    named = {"Severity": payload["severity"], "Source": payload["source"]}
    return {**named, **payload["custom_details"]}


def _own(settings: PagerDutySettings) -> dict[str, Any]:
    """Returns the fields that the configuration sets."""
    found = {
        "severity": settings.severity.lower(),
        "source": short(settings.source, _NAME),
        "class": short(settings.class_, _NAME),
        "component": short(settings.component, _NAME),
        "group": short(settings.group, _NAME),
    }
    return {name: text for name, text in found.items() if text}


def _own_details(settings: PagerDutySettings) -> dict[str, Any]:
    """Returns the details of the configuration: a text on one line, anything else as it is while it is not too long."""
    found: dict[str, Any] = {}
    for name, value in settings.details.items():
        words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        whole = not isinstance(value, str) and len(words) <= _STRUCTURE
        found[short(name, 100)] = value if whole else short(words, _DETAIL)
    return found


def _own_links(settings: PagerDutySettings) -> list[dict[str, str]]:
    """Returns the links of the configuration; one without a text shows its address."""
    found = [(link(one.href), one.text) for one in settings.links]
    return [{"href": href, "text": short(text, _NAME) or href} for href, text in found if href]


def _images(alert: Alert, settings: PagerDutySettings) -> list[dict[str, str]]:
    """Returns the picture of the alert's panel, where its source made one, and those of the configuration. PagerDuty
    takes addresses by https alone."""
    panel = PagerDutyImage(src=alert.annotations.get("image_url", ""), alt=alert.name, href=alert.generator_url)
    images = []
    for one in (panel, *settings.images):
        image = {"src": link(one.src), "alt": short(one.alt, _NAME), "href": link(one.href)}
        if image["src"].startswith("https://"):
            images.append({key: value for key, value in image.items() if value})
    return images


def _payload(notification: Notification, alert: Alert, what: str, details: dict[str, Any]) -> dict[str, Any]:
    severity = notification.severity.lower()
    mark = notice.mark(notification)
    what = one_line(team_text(notification, "description")) or what
    payload = {
        "summary": cut(f"{mark}: {what}" if mark else what, _SUMMARY),
        "source": cut(_source(notification, alert), _NAME),
        # Routed here under a severity of the team's own: it is meant to page.
        "severity": severity if severity in SEVERITIES else "error",
        "timestamp": rfc3339(alert.starts_at),
        "component": cut(_first(alert, "service", "namespace"), _NAME),
        "group": cut(_first(alert, "cluster", "env") or one_line(notification.environment), _NAME),
        "class": cut(_first(alert, "metric", "alertname"), _NAME),
        "custom_details": details,
    }
    return {key: value for key, value in payload.items() if value}


def _source(notification: Notification, alert: Alert) -> str:
    named = facts.resource(alert) or _first(alert, "cluster", "service")
    return named or f"alertrelay {one_line(notification.environment)}".strip()


def _first(alert: Alert, *names: str) -> str:
    return next((text for n in names if n in alert.labels and (text := one_line(alert.labels[n]))), "")


def _details(notification: Notification, alert: Alert, description: str, rows: Sequence[Fact]) -> dict[str, Any]:
    details: dict[str, Any] = {}
    if noticed := notice.sentences(notification):
        details["Notice"] = " ".join(noticed)
    if text := description or clean(alert.annotations.get("summary", "")):
        details["Description"] = cut(text, _DETAIL)
    texts = cut_each({fact.name: fact.text for fact in reversed(rows)}, _DETAIL)
    hrefs = {fact.name: fact.href for fact in reversed(rows)}
    for name in dict.fromkeys(fact.name for fact in rows):
        details.setdefault(name, hrefs[name] or texts[name])
    details["Firing"] = notification.firing_count
    details["Resolved"] = notification.resolved_count
    details["Labels"] = shortened(dict(list(alert.labels.items())[:_LABELS]))
    if alert.kind == "event":
        details["End"] = "An event does not resolve: close this incident by hand"
    return {**details, **_others(notification), **_listing(notification)}


def _others(notification: Notification) -> dict[str, Any]:
    rest = notification.alerts[1 : _LINES + 1]
    hidden = wording.total(notification) - 1 - len(rest)
    if not rest and hidden <= 0:
        return {}
    differs = group_lines.differing(notification)
    lines = [cut(group_lines.line(notification, a, differs), 300) for a in rest]
    return {"Others of the group": [*lines, *([wording.more(hidden)] if hidden > 0 else [])]}


def _listing(notification: Notification) -> dict[str, Any]:
    """Returns all alerts of a digest by name: about 250 KB at most."""
    found = notification.listing
    if found is None or not found.firing:
        return {}
    lines = [cut(one_line(line), 160) for line in found.firing[:_LISTED]]
    hidden = wording.more(len(found.firing) - _LISTED)
    return {
        "Services": {cut(one_line(name), 100): count for name, count in found.services},
        "All that fire": [*lines, *([hidden] if hidden else [])],
    }
