"""Most events say the same four things under other names: what, its state, why, and its id. A `Row` names them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from alertrelay.alert import SEVERITY_RANK
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.told import Told, camel, severity_of
from alertrelay.sources.severity import severity
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn, console

Teller = Callable[[Event], Told | Iterable[Told]]
"""From an event to what is to be told of it: one thing, or one a finding."""

_NAMES = [
    "name",
    "resourceName",
    "resourceId",
    "instance-id",
    "instanceId",
    "clusterName",
    "dbClusterIdentifier",
    "jobName",
    "functionName",
    "workflow",
    "pipeline",
    "project-name",
    "application",
    "applicationName",
    "repository-name",
    "repositoryName",
    "bucket.name",
    "bucketName",
    "queueName",
    "topicName",
    "ruleName",
    "alarmName",
    "domainName",
    "volume",
    "volumeId",
    "snapshot_id",
    "snapshotId",
    "streamName",
    "tableName",
    "stackName",
    "stack-id",
    "resourceArn",
    "resource",
    "arn",
    "id",
    "title",
    "subject",
]
_STATES = [
    "state",
    "status",
    "state-name",
    "state.value",
    "state.name",
    "state.code",
    "status.state",
    "currentState",
    "currentStatus",
    "lastStatus",
    "newState",
    "newStatus",
    "new-state",
    "executionStatus",
    "jobStatus",
    "build-status",
    "result",
    "eventName",
    "eventType",
    "event",
    "action",
    "operation",
    "outcome",
    "type",
]
_REASONS = [
    "message",
    "reason",
    "statusReason",
    "stateReason",
    "status-reason",
    "status-message",
    "statusMessage",
    "detailedMessage",
    "errorMessage",
    "error",
    "cause",
    "failureReason",
    "failure-reason",
    "stoppedReason",
    "description",
    "summary",
    "errorDetails",
    "errorCode",
    "errorInformation.errorMessage",
    "details",
]
_LINKS = ("deep-link", "consoleLink", "console-link", "url", "link", "additional-information.logs.deep-link")

# The labels that CloudWatch's alarms of the same service carry, so that one route takes both.
NAMESPACES: Mapping[str, str] = {
    "autoscaling": "AWS/AutoScaling",
    "backup": "AWS/Backup",
    "codebuild": "AWS/CodeBuild",
    "dms": "AWS/DMS",
    "docdb": "AWS/DocDB",
    "ebs": "AWS/EBS",
    "ec2": "AWS/EC2",
    "ecr": "AWS/ECR",
    "ecs": "AWS/ECS",
    "eks": "AWS/EKS",
    "elasticache": "AWS/ElastiCache",
    "glue": "AWS/Glue",
    "lambda": "AWS/Lambda",
    "neptune": "AWS/Neptune",
    "rds": "AWS/RDS",
    "redshift": "AWS/Redshift",
    "s3": "AWS/S3",
    "ses": "AWS/SES",
    "states": "AWS/States",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """Where an event says what, which part of it (`within`), in what state, and why; paths as in `Fields`.

    `link` is the console's path, with {name}, {region} and the names of `labels` to be filled in. `severity` overrules
    what the word for the state means.
    """

    noun: str
    name: tuple[str, ...] = ()
    within: tuple[str, ...] = ()
    state: tuple[str, ...] = ("state", "status")
    reason: tuple[str, ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    severity: Callable[[str], str] = severity_of

    def __call__(self, event: Event) -> Told:
        """What the event tells."""
        detail = event.detail
        name = detail.text(*self.name) or ", ".join(dict.fromkeys(map(resource_name, event.resources[:3])))
        name = resource_name(name) if name.startswith("arn:") else name
        parts = [part for path in self.within if (part := detail.text(path))]
        state = detail.text(*self.state)
        reason = texts.cut(detail.text(*self.reason, "errorMessage", "statusReason"), 2_000)
        own = {label: detail.text(path) for label, path in self.labels.items()}
        return told(
            event,
            alertname=f"{re.sub(r' (of|for|on)$', '', self.noun)} {outcome_word(state)}",
            summary=sentence(self.noun, "/".join([name, *parts]), state, reason),
            severity=severity_said(detail) or self.severity(state),
            resource=name,
            labels=own,
            reason=reason,
            path=self.link.format_map(_Quoted({**own, "name": name, "region": event.region})),
        )


class _Quoted(dict[str, str]):
    """For a link: every value fit for an address, a missing one empty."""

    def __getitem__(self, key: str) -> str:
        return quote(self.get(key, ""), safe="")


def told(
    event: Event,
    *,
    alertname: str,
    summary: str,
    resource: str = "",
    severity: str = "",
    labels: Mapping[str, str] | None = None,
    description: str = "",
    reason: str = "",
    path: str = "",
    identity: str = "",
) -> Told:
    """An event of the envelope's id, account, region and time, with the labels that all events of AWS have."""
    link = event.detail.text(*_LINKS)
    return Told(
        alertname=alertname,
        summary=summary,
        identity=identity or event.id,
        severity=severity,
        labels=texts.label_set(
            [
                ("aws_service", event.service),
                ("namespace", NAMESPACES.get(event.service, "")),
                ("resource", resource),
                *(labels or {}).items(),
            ]
        ),
        description=description or event.detail.lines(),
        reason=reason,
        link=link
        if link.startswith("https://")
        else page(event.region, path or f"/{event.service}/home", event.source),
        account=event.account,
        region=event.region,
        at=event.at,
    )


def general(event: Event) -> Told:
    """An event of which nothing is known but its envelope."""
    detail = event.detail
    name = detail.text(*_NAMES) or ", ".join(map(resource_name, event.resources[:3])) or detail.ending("name", "id")
    state = detail.text(*_STATES) or detail.ending("status", "state")
    reason = texts.cut(detail.text(*_REASONS) or detail.ending("reason", "message", "description"), 2_000)
    kind = event.detail_type or f"{event.source or 'unknown'} event"
    by_type = severity_of(state) if state else severity_of(kind)
    service = "" if event.service.split(".")[0] in kind.lower().replace(" ", "") else f"{event.source}: "
    short = resource_name(name) if Arn.of(name).resource else name
    return told(
        event,
        alertname=camel(kind) or "AWSEvent",
        summary=sentence(f"{service}{kind}", texts.cut(short, 120), "" if state == name else state, reason),
        severity=severity_said(detail) or (by_type if event.source.startswith("aws.") else ""),
        resource=texts.cut(short, 200),
        reason=reason,
    )


def severity_said(detail: Fields) -> str:
    """The event's own word for how bad it is, where it has one that is known."""
    word = severity(detail.text("severity", "severity.label", "severityLevel", "insightSeverity", "logLevel"))
    return word if word in SEVERITY_RANK else ""


def sentence(noun: str, name: str, state: str, reason: str = "") -> str:
    """CodeBuild build shop-api: failed. The reason."""
    head = " ".join(word for word in (noun, name) if word)
    said = shown_state(state)
    reason = "" if reason in (state, name) else texts.one_line(reason, 180)
    if said and reason:
        return f"{head}: {said}. {reason}"
    return f"{head}: {said or reason}" if said or reason else head


def shown_state(state: str) -> str:
    """IN_PROGRESS → in progress; names that mix cases are kept."""
    state = texts.one_line(state, 80)
    return state.lower().replace("_", " ") if re.fullmatch(r"[A-Z_ ]+|[A-Z][a-z]+", state) else state


def outcome_word(state: str) -> str:
    """A state as the last word of an alertname: Failed, TimedOut; "" for what is no single word."""
    return "".join(p.capitalize() if p.isupper() else p[:1].upper() + p[1:] for p in re.findall(r"[A-Za-z]+", state))[
        :40
    ]


def page(region: str, path: str, source: str = "aws.") -> str:
    """A page of the console; "" where the region is unknown, or the event is not AWS's."""
    base = console(region)
    if not base or (source and not source.startswith("aws")):
        return ""
    return f"{base}{path}" + ("" if "region=" in path else f"{'&' if '?' in path else '?'}region={region}")
