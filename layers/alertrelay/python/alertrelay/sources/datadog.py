"""Datadog's monitors: by EventBridge (partner events), and by a webhook that somebody publishes to a topic.

Source: Datadog documentation, "Webhooks" (the variables), "Monitor notifications" and "Amazon EventBridge".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.alert import Alert, Status
from alertrelay.sources import levels, sentence
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.third_party import alert, label_name, partner_detail, tag_labels
from alertrelay.values import text as texts

_TITLE = re.compile(
    r"(?:\[P[1-5]\]\s{0,9})?\[(?P<state>[A-Za-z -]{2,30}?)(?: on \{?(?P<scope>[^\]}]{1,400})\}?)?\]\s{0,9}(?P<name>.*)",
    re.DOTALL,
)
_PAGE = re.compile(r"https://[a-z0-9.-]{1,60}/monitors/(?P<id>[0-9]{1,20})")
_BY = re.compile(r"\bby\s{0,9}\{(?P<names>[^{}]{1,300})\}")
_HANDLES = re.compile(r"%%%|(?<!\S)@[\w.-]{1,100}|\{\{[^{}]{0,100}\}\}|!?\[[^\[\]]{0,200}\]\([^()\s]{0,500}\)")
_WORDS: Mapping[str, Status] = {
    "recovered": "resolved",
    "ok": "resolved",
    "resolved": "resolved",
    "success": "resolved",
}
_SITE = "https://app.datadoghq.com"
"""Datadog's first site; an event by EventBridge does not name its own."""


def detect(value: object) -> bool:
    """Recognises a partner event about a monitor, the default body of a webhook, or a body made of its variables."""
    fields = Fields.of(value) if isinstance(value, dict) else Fields({}, {})
    if not fields:
        return False
    if partner_detail(fields, "datadog.com"):
        return bool(fields.inner("detail.meta.monitor") or fields.inner("detail.monitor"))
    default = fields.text("event_type").endswith("_alert_monitor") or (
        fields.has("event_type", "last_updated", "org") and bool(_TITLE.match(fields.text("title")[: texts.READ_MAX]))
    )
    return default or fields.has("alert_transition") or (fields.has("alert_id", "alert_status"))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Return one alert: of one monitor, or of one group of a monitor that has several."""
    event = Fields.of(value)
    fields = partner_detail(event, "datadog.com") or event
    monitor = fields.inner("meta.monitor") or fields.inner("monitor")
    body = fields.text("message", "text_only_msg", "body", "event_msg")
    title = _TITLE.match(fields.text("title", "alert_title", "event_title")[: texts.READ_MAX])
    page = _PAGE.search(body[: texts.READ_MAX])
    number = monitor.text("id") or fields.text("alert_id", "monitor_id") or (page["id"] if page else "")
    name = monitor.text("name") or (title["name"].strip() if title else fields.text("alert_title", "title"))
    state = fields.text("meta.states.dest_state", "states.dest_state", "meta.transition.destination_state")
    changed = fields.text("meta.transition.trans_name", "alert_transition") or (title["state"] if title else "")
    tags = tag_labels(fields.value("tags") or monitor.value("tags"))
    group = _group(fields, monitor, tags) or (title["scope"] if title and title["scope"] else "")
    over = _status(state, changed, fields.text("alert_type")) == "resolved"
    query = monitor.text("query") or fields.text("alert_query")
    text = _without_handles(monitor.text("message") or body)
    return (
        alert(
            arrival,
            name=name or "DatadogMonitor",
            summary=_summary(name or "A Datadog monitor", "OK" if over else state or changed, text, query, over=over),
            key=_key(number, group, fields),
            status="resolved" if over else "firing",
            severity=_severity(fields, monitor, tags),
            guess="warning" if "warn" in f"{state} {changed}".lower() else "error",
            labels={**_placed(event, tags), "provider": "datadog", "monitor_id": number},
            notes={
                "description": text,
                "condition": query,
                "group": group,
                "previous_state": fields.text("meta.states.source_state", "states.source_state"),
            },
            links=(fields.text("link", "url", "alert_url", "event_url"), page[0] if page else "", _page(number)),
            changed_at=event.at("time") or fields.at("last_updated", "date", "date_posix", "result.result_ts"),
        ),
    )


def _without_handles(message: str) -> str:
    """Returns the message without whom it notifies, its markers and its pictures; a picture may stand within a link."""
    text = message[: texts.ANNOTATION_MAX]
    for _ in range(2):
        text = _HANDLES.sub("", text)
    return "\n".join(line for line in text.splitlines() if sentence.informative(line.replace("Notify:", ""))).strip()


def _status(state: str, changed: str, kind: str) -> Status:
    """The state that it is in now counts before the word for the change: "Recovered" may be to a warning."""
    said = next((word for word in (state, changed, kind) if word), "").strip().lower()
    return _WORDS.get(said, "firing")


def _severity(fields: Fields, monitor: Fields, tags: Mapping[str, str]) -> str:
    """Returns the monitor's priority (1 to 5), else a tag's word. The event's own `priority` is another thing: normal,
    low."""
    priority = monitor.text("priority") or fields.text("alert_priority")
    word = f"P{priority}" if priority.isdecimal() else priority
    return levels.level(word) or levels.level(tags.get("severity", "")) or levels.level(tags.get("priority", ""))


def _group(fields: Fields, monitor: Fields, tags: Mapping[str, str]) -> str:
    """Which group of a monitor that watches several: as it is named, else the tags by which its query divides."""
    said = fields.text("monitor_groups", "meta.monitor_groups", "meta.result.group", "meta.group", "alert_scope")
    if said:
        return said
    by = _BY.search(monitor.text("query")[: texts.READ_MAX])
    names = [name.strip() for name in by["names"].split(",")] if by else []
    return ",".join(f"{name}:{tags[label_name(name)]}" for name in names if label_name(name) in tags)


def _key(number: str, group: str, fields: Fields) -> str:
    if number:
        return f"datadog:{number}#{group}" if group else f"datadog:{number}"
    cycle = fields.text("alert_cycle_key", "aggreg_key", "aggregation_key")
    return f"datadog:{cycle}" if cycle else ""


def _summary(name: str, state: str, text: str, query: str, *, over: bool) -> str:
    said = texts.first_sentence(text)
    if sentence.informative(said) and len(said.split()) > 2:
        return said if name.lower() in said.lower() else f"{name}: {said}"
    if over:
        return name
    return f"{name} is in state {state or 'Alert'}" + (f": {query}" if query else "")


def _page(number: str) -> str:
    return f"{_SITE}/monitors/{number}" if number.isdecimal() else ""


def _placed(event: Fields, tags: Mapping[str, str]) -> dict[str, str]:
    """Returns the tags, with the account and region that they name, else those of the event bus."""
    account = tags.get("aws_account") or tags.get("account_id") or event.text("account")
    return {**tags, "account_id": account, "region": tags.get("region") or event.text("region")}
