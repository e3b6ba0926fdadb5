"""PagerDuty's incidents, as its V3 webhook and its EventBridge integration send them.

Source: PagerDuty developer documentation, "Webhooks V3": one event a body, `event.data` is the incident, or a note, a
responder or an update that names its incident.
"""

from __future__ import annotations

from alertrelay.alert import Alert
from alertrelay.sources import levels
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.third_party import alert, partner_detail
from alertrelay.values import text as texts

_STATES = ("triggered", "acknowledged", "resolved")


def detect(value: object) -> bool:
    """Recognises an event with PagerDuty's type and data, alone or as the detail of a partner event."""
    event = _event(value)
    return bool(event.text("event_type")) and bool(event.inner("data")) and event.has("occurred_at")


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Return one alert of an incident; of anything else that happened to one, an event."""
    event = _event(value)
    data = event.inner("data")
    state = data.text("status").lower()
    if state in _STATES:
        return (_incident(event, data, state, arrival),)
    return (_about_incident(event, data, arrival),)


def _event(value: object) -> Fields:
    fields = Fields.of(value) if isinstance(value, dict) else Fields({}, {})
    detail = partner_detail(fields, "pagerduty.com") or fields
    inner = detail.inner("event")
    return inner if inner else detail if detail.has("event_type", "resource_type") else Fields({}, {})


def _incident(event: Fields, incident: Fields, state: str, arrival: Arrival) -> Alert:
    title = incident.text("title", "summary")
    number, service = incident.text("id"), incident.text("service.summary", "service.name")
    over = state == "resolved"
    return alert(
        arrival,
        name="PagerDutyIncident",
        summary=title or f"PagerDuty incident {number}",
        key=f"pagerduty:{number}" if number else "",
        status="resolved" if over else "firing",
        severity=levels.level(incident.text("priority.summary", "priority.name", "priority")),
        guess="error" if incident.text("urgency").lower() == "high" else "",
        labels=_labels(service, incident.text("urgency").lower()),
        notes={
            "state": state,
            "assignees": incident.text("assignees.summary"),
            "incident_number": incident.text("number"),
            "description": incident.text("body.details", "description"),
        },
        links=(incident.text("html_url"),),
        at=incident.at("created_at"),
        changed_at=event.at("occurred_at"),
    )


def _about_incident(event: Fields, data: Fields, arrival: Arrival) -> Alert:
    """Reads a note, a responder, a status update: nothing that fires or ends, so it is an event of its own."""
    incident = data.inner("incident")
    kind = event.text("event_type")
    said = data.text("content", "message", "summary", "title")
    about = incident.text("summary", "title", "id")
    return alert(
        arrival,
        name=f"PagerDuty {kind}",
        summary=": ".join(filter(None, (f"PagerDuty {kind}", about, said))),
        key=f"pagerduty-event:{event.text('id')}" if event.text("id") else "",
        kind="event",
        status="firing",
        labels=_labels(incident.text("service.summary") or data.text("service.summary"), ""),
        notes={"description": texts.cut_with_note(said)},
        links=(incident.text("html_url"), data.text("html_url")),
        at=event.at("occurred_at"),
    )


def _labels(service: str, urgency: str) -> dict[str, str]:
    return {"provider": "pagerduty", "service": service, "urgency": urgency}
