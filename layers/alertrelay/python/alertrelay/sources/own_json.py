"""JSON that somebody's own script or an input transformer writes: a title, a severity, a link, by their usual names.

Nobody documents this shape, so it comes after all others. A severity in `severity` counts as it is; a `priority`, a
`level` or an `urgency` may only raise what the topic gives, since `low` and `normal` are said of many things. Where no
`severity` names one, that of the labels or tags counts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.alert import Alert, Status
from alertrelay.sources import levels, sentence
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.states import marked, state_of
from alertrelay.sources.third_party import alert, tag_labels, web_link
from alertrelay.values import text as texts

_TITLES = (
    "summary", "title", "headline", "alert_title", "alert_subject", "subject", "message", "text", "msg", "description",
    "long_description", "alert_details", "output", "reason", "event_name", "name",
)  # fmt: skip
_SEVERITY = ("severity", "severity.label", "severityLabel", "alert_severity", "event_severity", "sev")
_GUESSES = (
    *("priority", "level", "alert_level", "urgency", "criticality", "alert_priority", "log_level"),
    "importance_level",
)
_STATES = (
    *("status", "state", "alert_status", "alert_state", "event_action", "current_state", "transition", "action"),
    "alert_type_friendly_name",
)
_KINDS = ("event_type", "event", "type")
_OF_KIND = re.compile(
    r"(?:.*\.)?(?:incident|alert|alarm|issue|problem|monitor|outage|check)s?\.(?P<state>[a-z_-]{1,40})"
)
"""The state that a type ends in: incident.resolved; but account.closed is no good news of an alert."""
_IDS = (
    *("dedup_key", "dedup_id", "deduplication_key", "incident_key", "fingerprint", "alert_id", "alarm_id"),
    *("incident_id", "issue_id", "rule_id", "alert_uid", "check_id", "monitor_id"),
)
_ANY_IDS = ("id", "uuid")
"""An id of anything: of an alert where the message also has a severity."""
_NAMES = (
    *("alertname", "alert_name", "rule_name", "rule", "check_name", "check", "alarm_name", "monitor_name"),
    *("monitor_friendly_name", "event_type", "type"),
)
_NAMED = _NAMES[:-2]
"""Names that stand in for a title; a type is none."""
_LINKS = (
    "link", "url", "html_url", "console_url", "console_link", "alert_url", "rule_url", "details_url", "permalink",
    "href", "web_url", "source_url", "generator_url", "monitor_url",
)  # fmt: skip
_LABELS = {
    "service": ("service", "service_name", "application", "app", "component"),
    "env": ("env", "environment", "stage"),
    "cluster": ("cluster", "cluster_name"),
    "team": ("team", "owner_team"),
    "region": ("region", "aws_region"),
    "account_id": ("account_id", "account", "aws_account", "aws_account_id"),
    "resource": ("resource", "resource_id", "resource_name", "resource_arn"),
    "host": ("host", "hostname", "host_name", "device"),
    "instance": ("instance", "instance_id"),
}
_OVER = frozenset({"resolved", "recovered", "closed", "cleared", "resolve", "close"})
_HOLDERS = ("alert", "incident", "issue", "alarm")
_LISTED = 60  # fields that are shown


def detect(value: object) -> bool:
    """Recognises an informative text with a severity, a state, a link or an object `labels`; or a severity with such
    labels."""
    if not isinstance(value, dict) or not value:
        return False
    fields = _flat(value)
    said = any(sentence.informative(fields.text(name)) for name in (*_TITLES, *_NAMED))
    if fields.inner("labels"):
        return said or bool(levels.level(fields.text(*_SEVERITY)))
    if not said:
        # The end of an event for PagerDuty has no text.
        return fields.has("routing_key") and bool(_key(fields) and _state(fields)[0])
    marks = marked(_title(fields))
    stated = _state(fields)[0] or (marks.status and marks.certain) or any(map(levels.level, marks.words))
    return bool(stated or _graded(fields) or web_link(fields.text(name) for name in _LINKS))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Return one alert where there are a state and an id, by which its end finds it; else one event."""
    fields = _flat(value)
    tags = _tags(fields)
    title = _title(fields) or _nameless(fields, tags)
    marks = marked(title)  # [P2] [Triggered] CPU is high
    status, word = _state(fields)
    status = status or (marks.status if marks.certain else None)
    key = _key(fields) if status else ""
    if key and sentence.informative(marks.rest):
        title = marks.rest
    # Of an alert the notification itself names the state; an event has none.
    over = word in _OVER and not key and marks.status is None
    own = {label: said for label, names in _LABELS.items() if (said := fields.text(*names))}
    said = fields.text("description", "message", "text", "details", "reason")
    listed = Fields.of(value).lines(_LISTED)
    return (
        alert(
            arrival,
            name=texts.one_line(fields.text(*_NAMES) or tags.get("alertname", ""), 120) or "CustomMessage",
            summary=f"Resolved: {title}" if over else title,
            key=key,
            source="custom",
            status=status or "firing",
            severity=_severity(fields),
            guess=levels.higher(levels.level(fields.text(*_GUESSES)), *map(levels.level, marks.words)),
            labels={**tags, **own},
            notes={
                "description": listed if said in ("", title) else f"{said}\n\n{listed}",
                "runbook_url": fields.text("runbook_url", "runbook", "playbook"),
                "dashboard_url": fields.text("dashboard_url", "dashboard"),
                "value": fields.text("value", "current_value", "metric_value"),
                "threshold": fields.text("threshold"),
            },
            links=(fields.text(name) for name in _LINKS),
            at=fields.at("starts_at", "started_at", "opened_at", "created_at", "timestamp", "time", "date"),
            changed_at=fields.at("updated_at", "resolved_at", "timestamp", "time"),
        ),
    )


def _title(fields: Fields) -> str:
    return sentence.best(fields.text(name) for name in (*_TITLES, *_NAMED))


def _state(fields: Fields) -> tuple[Status | None, str]:
    """Return the status, and the word for it in lower case; None where no field has such a word."""
    words = [fields.text(name).lower() for name in _STATES]
    kinds = (_OF_KIND.fullmatch(fields.text(name).lower()[:200]) for name in _KINDS)
    words += [kind["state"] for kind in kinds if kind]
    return next(((found, word) for word in words if (found := state_of(word))), (None, ""))


def _key(fields: Fields) -> str:
    number = fields.text(*_IDS) or (fields.text(*_ANY_IDS) if _graded(fields) else "")
    return f"json:{number}" if number else ""


def _severity(fields: Fields) -> str:
    """Return the severity of its own field, else that of its tags, which lowers no priority or level; "" for none."""
    tagged = levels.level(Fields.of(_tags(fields)).text(*_SEVERITY))
    raised = levels.higher(tagged, levels.level(fields.text(*_GUESSES))) if tagged else ""
    return levels.level(fields.text(*_SEVERITY)) or raised


def _graded(fields: Fields) -> str:
    return _severity(fields) or levels.level(fields.text(*_GUESSES))


def _tags(fields: Fields) -> dict[str, str]:
    return {**tag_labels(fields.value("tags")), **tag_labels(fields.value("labels"))}


def _nameless(fields: Fields, tags: Mapping[str, str]) -> str:
    """Return a summary of what has no text."""
    if fields.has("routing_key"):
        return f"PagerDuty event {fields.text(*_IDS)}"
    return tags.get("alertname") or ", ".join(f"{name}={value}" for name, value in tags.items())


def _flat(value: object) -> Fields:
    """Returns the fields of an object, and of the alert, incident or issue within it, which many senders put one level
    down."""
    fields = Fields.of(value)
    # An event for PagerDuty (Events API v2) has its text in `payload`. Anybody else's is tried as a message of its own.
    inner = fields.inner(*_HOLDERS, *(["payload"] if fields.has("routing_key") else []))
    named = {"id": inner.value("id")} if inner.has("id") else {}  # the other is the id of this message
    return Fields.of({**inner.given, **fields.given, **named}) if inner else fields
