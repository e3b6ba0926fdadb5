"""New Relic's issues: by EventBridge (a workflow's destination), and by a webhook that somebody publishes to a topic.

Source: New Relic documentation, "Workflows" and "Message templates"; the older notification channels' JSON.
"""

from __future__ import annotations

from alertrelay.alert import Alert
from alertrelay.sources import levels, sentence
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.third_party import alert, partner_detail, tag_labels
from alertrelay.values import text as texts

_OVER = frozenset({"closed", "resolved"})
_LINKS = ("issueUrl", "issuePageUrl", "incident_url", "violationUrl", "issueLink")
_NAMES = ("alertConditionNames", "conditionName", "condition_name", "accumulations.conditionName")


def detect(value: object) -> bool:
    """Recognises a partner event about an issue, or a webhook's body about an issue or an incident."""
    fields = Fields.of(value) if isinstance(value, dict) else Fields({}, {})
    if not fields:
        return False
    detail = partner_detail(fields, "newrelic.com")
    if detail:
        return _is_issue(detail)
    page = fields.text(*_LINKS).lower()
    return _is_issue(fields) and ("newrelic.com" in page or fields.has("alertConditionNames") or _is_old(fields))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Return one alert: an issue from its activation to its close."""
    event = Fields.of(value)
    issue = partner_detail(event, "newrelic.com") or event
    number = issue.text("issueId", "id", "incident_id", "incidentId")
    entities = issue.texts("impactedEntities", "entitiesData.names", "targets.name")
    title = sentence.best([*issue.texts("title", "annotations.title"), issue.text("details", "condition_description")])
    name = next(iter(issue.texts(*_NAMES)), "") or title
    over = _state(issue) in _OVER
    tags = tag_labels(issue.value("tags", "labels", "accumulations.tag"))
    return (
        alert(
            arrival,
            name=name or "NewRelicIssue",
            summary=title or f"New Relic issue {number}",
            key=f"newrelic:{number}" if number else "",
            status="resolved" if over else "firing",
            severity=levels.level(issue.text("priority", "severity")),
            labels={
                "account_id": event.text("account"),
                "region": event.text("region"),
                **tags,
                "entity": entities[0] if len(entities) == 1 else "",
                "policy": issue.text("alertPolicyNames", "policyName", "policy_name"),
                "provider": "newrelic",
            },
            notes={
                "description": texts.cut_with_note(issue.text("details", "annotations.description", "description")),
                "entities": ", ".join(entities[:20]),
                "conditions": issue.text(*_NAMES),
                "state": issue.text("state", "current_state"),
                "workflow": issue.text("workflowName"),
                "runbook_url": issue.text("runbook_url", "runbookUrl"),
            },
            links=(issue.text(name) for name in _LINKS),
            at=issue.at("activatedAt", "createdAt", "timestamp"),
            changed_at=event.at("time") or issue.at("closedAt", "updatedAt", "timestamp"),
        ),
    )


def _is_issue(fields: Fields) -> bool:
    return bool(_state(fields)) and bool(fields.text(*_LINKS, "issueId", "alertConditionNames", "priority"))


def _is_old(fields: Fields) -> bool:
    return fields.has("current_state", "condition_name") and fields.has("incident_id")


def _state(fields: Fields) -> str:
    return fields.text("state", "current_state", "issueState", "status").lower()
