"""Systems Manager: automations, commands, windows, parameters, compliance, OpsItems.

Source: AWS Systems Manager user guide, "Monitoring Systems Manager events with Amazon EventBridge".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, Row, guessed, never, routine
from alertrelay.sources.awsevent.lasting import lasts
from alertrelay.sources.awsevent.news import folded, is_bad
from alertrelay.sources.awsevent.sentences import outcome_word, sentence

_AUTOMATION = Row(
    noun="SSM automation",
    name=("Definition", "DefinitionName", "documentName"),
    state=("Status",),
    reason=("FailureMessage", "StepName", "Message"),
    labels={"execution": "ExecutionId"},
    link="/systems-manager/automation/execution/{execution}?region={region}",
)
_COMMAND = Row(
    noun="SSM command",
    name=("document-name",),
    state=("detailed-status", "status"),
    reason=("instance-id", "status-details"),
    labels={"command": "command-id", "InstanceId": "instance-id"},
    link="/systems-manager/run-command/{command}?region={region}",
)
_WINDOW = Row(
    noun="SSM maintenance window",
    name=("window-id", "windowId"),
    state=("status",),
    reason=("status-details", "window-task-id"),
    labels={"window": "window-id"},
    link="/systems-manager/maintenance-windows/{window}/description?region={region}",
)


def is_command(fields: Fields) -> bool:
    """Recognises the notice of a Run Command."""
    return fields.has("commandId", "documentName")


def read_command(fields: Fields, _: Arrival) -> AlertDraft:
    """Of a command, or of its run on one instance."""
    state = fields.text("detailedStatus", "status")
    document = fields.text("documentName")
    where = fields.text("instanceId", "instanceIds")
    return AlertDraft(
        alertname=f"SSMCommand{outcome_word(state)}",
        summary=sentence("SSM command", f"{document}{f' on {where}' if where else ''}", state),
        guess=guessed(good=routine()(state), doubtful=is_bad(state)),
        identity="/".join(["ssm", fields.text("commandId"), where, state]),
        labels={"aws_service": "ssm", "resource": document, "command": fields.text("commandId")},
        description=fields.lines(),
        at=fields.at("eventTime", "requestedDateTime"),
    )


_POLICY = Row(
    noun="SSM parameter", name=("parameter-name",), state=("action-status",), reason=("action-reason", "policy-type")
)


def _policy(event: Event) -> AlertDraft:
    """A policy of a parameter acted: that it could (Success) is no good news, what it announces may be an expiry."""
    reason = event.detail.text("action-reason")
    return replace(
        _POLICY(event),
        alertname=f"SSMParameter {event.detail.text('policy-type') or 'Policy'}",
        summary=sentence("SSM parameter", event.detail.text("parameter-name"), "", reason)
        if reason
        else _POLICY(event).summary,
        guess="warning",
    )


_COMPLIANCE = Row(
    noun="SSM compliance of",
    name=("resource-id",),
    state=("compliance-status",),
    reason=("compliance-type", "patch-baseline-id"),
    good=routine("COMPLIANT"),
)


def _ssm_compliance(event: Event) -> AlertDraft:
    """What an instance has to comply with lasts until it does."""
    detail = event.detail
    status, resource = detail.text("compliance-status"), detail.text("resource-id")
    identity = "/".join(["ssm-compliance:" + event.account, event.region, resource, detail.text("compliance-type")])
    found = replace(_COMPLIANCE(event), alertname="SSMNonCompliant")
    known = resource and folded(status) in ("compliant", "noncompliant")
    return lasts(found, identity if known else "", ended=folded(status) == "compliant", updated_at=event.at)


_OPS_ITEM = Row(noun="SSM OpsItem", name=("title", "ops-item-id"), state=("status",), good=never)


def _ops_item(event: Event) -> AlertDraft:
    """An OpsItem is open until it is resolved."""
    detail = event.detail
    item = detail.text("ops-item-id", "opsItemId")
    status = folded(detail.text("status"))
    identity = f"opsitem:{event.account}/{event.region}/{item}" if item and status else ""
    guess = {"1": "critical", "2": "error"}.get(detail.text("severity"), "warning")
    found = replace(_OPS_ITEM(event), alertname="SSMOpsItem", guess=guess)
    return lasts(found, identity, ended=status in ("resolved", "closed"), updated_at=event.at)


READERS: Mapping[str, Reader] = {
    "EC2 Automation Execution Status-change Notification": _AUTOMATION,
    "EC2 Automation Step Status-change Notification": _AUTOMATION,
    "EC2 Command Status-change Notification": _COMMAND,
    "EC2 Command Invocation Status-change Notification": _COMMAND,
    "Maintenance Window State-change Notification": _WINDOW,
    "Maintenance Window Execution State-change Notification": _WINDOW,
    "Maintenance Window Task Execution State-change Notification": _WINDOW,
    "Maintenance Window Task Target Invocation State-change Notification": _WINDOW,
    "Maintenance Window Target Registration Notification": _WINDOW,
    "Maintenance Window Task Registration Notification": _WINDOW,
    "Parameter Store Change": Row(
        noun="SSM parameter",
        name=("name",),
        state=("operation",),
        reason=("description",),
        link="/systems-manager/parameters/{name}/description?region={region}",
        good=routine("Create", "Update", "LabelParameterVersion"),
    ),
    "Parameter Store Policy Action": _policy,
    "EC2 State Manager Association State Change": Row(
        noun="SSM association", name=("association-name", "association-id"), reason=("status", "document-name")
    ),
    "EC2 State Manager Instance Association State Change": Row(
        noun="SSM association on", name=("instance-id",), reason=("detailed-status", "error-code", "document-name")
    ),
    "Configuration Compliance State Change": _ssm_compliance,
    "Calendar State Change": Row(
        noun="SSM change calendar", state=("state",), reason=("message",), good=routine("OPEN", "CLOSED")
    ),
    "OpsItem Create": _ops_item,
    "OpsItem Update": _ops_item,
}
