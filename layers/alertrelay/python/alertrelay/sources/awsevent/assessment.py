"""The notices of an assessment of the first Inspector, by SNS.

Source: Amazon Inspector Classic user guide, "Setting up an SNS topic for Amazon Inspector Classic notifications".
"""

from __future__ import annotations

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft, camel
from alertrelay.sources.awsevent.event import resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.news import is_bad
from alertrelay.values.arn import Arn


def is_assessment(fields: Fields) -> bool:
    """Recognises the notice of an assessment of the first Inspector."""
    return fields.text("event") in _ASSESSMENT and (
        fields.has("template") or fields.has("run") or fields.has("finding")
    )


_ASSESSMENT = (
    "ASSESSMENT_RUN_STARTED",
    "ASSESSMENT_RUN_COMPLETED",
    "ASSESSMENT_RUN_STATE_CHANGED",
    "FINDING_REPORTED",
    "ENABLE_ASSESSMENT_NOTIFICATIONS",
    "DISABLE_ASSESSMENT_NOTIFICATIONS",
)


def read_assessment(fields: Fields, _: Arrival) -> AlertDraft:
    """Reads a run that began or ended, or a finding of it."""
    event = fields.text("event")
    arn = fields.text("finding", "run", "template")
    counts = fields.text("findingsCount")
    state = fields.text("newstate")
    said = ", ".join(part for part in (state.lower(), f"findings {counts}" if counts else "") if part)
    return AlertDraft(
        alertname=f"Inspector{camel(event.replace('_', ' ').title())}",
        summary=f"Inspector {event.lower().replace('_', ' ')}{f': {said}' if said else ''} ({resource_name(arn)})",
        guess="warning" if event == "FINDING_REPORTED" or is_bad(state) else "info",
        labels={"aws_service": "inspector", "resource": resource_name(fields.text("target", "template"))},
        description=fields.lines(),
        account=Arn.of(arn).account,
        region=Arn.of(arn).region,
        at=fields.at("time"),
    )
