"""Builds, deployments, pipelines and stacks: CodeBuild, CodeDeploy, CodePipeline, CodeCommit, CloudFormation.

Source: the user guides' chapters on EventBridge and on SNS; AWS CloudFormation user guide, stack notifications.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import Event, resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, Row, always, general, guessed, page, routine
from alertrelay.sources.awsevent.lasting import lasts
from alertrelay.sources.awsevent.news import is_bad, is_good
from alertrelay.sources.awsevent.sentences import outcome_word, sentence
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn

_BUILD = Row(
    noun="CodeBuild build of",
    name=("project-name",),
    state=("build-status", "completed-phase-status", "completed-phase"),
    reason=("additional-information.phases.phase-context", "completed-phase-context", "completed-phase"),
    labels={"project": "project-name", "initiator": "additional-information.initiator"},
    link="/codesuite/codebuild/projects/{name}/history?region={region}",
)
_DEPLOYMENT = Row(
    noun="CodeDeploy deployment of",
    name=("application", "deploymentId"),
    within=("deploymentGroup",),
    state=("state", "status"),
    reason=("errorInformation.errorMessage", "lifecycleEvent"),
    labels={"application": "application", "deployment_group": "deploymentGroup"},
    link="/codesuite/codedeploy/applications/{name}?region={region}",
)
_PIPELINE = Row(
    noun="CodePipeline",
    name=("pipeline",),
    within=("stage", "action"),
    state=("state",),
    reason=(
        "execution-result.external-execution-summary", "additionalAttributes.failedActions.additionalInformation",
    ),
    labels={"pipeline": "pipeline", "stage": "stage", "action": "action"},
    link="/codesuite/codepipeline/pipelines/{name}/view?region={region}",
)  # fmt: skip
_STACK_STATUS = (
    "status-details.stack-drift-status",
    "status-details.status",
    "status",
    "resource-status",
    "stack-drift-detection-status",
    "state",
)
_STACK_GOES_WELL = routine(
    "CREATE_COMPLETE", "CREATE_IN_PROGRESS", "UPDATE_COMPLETE", "UPDATE_IN_PROGRESS", "DELETE_COMPLETE",
    "DELETE_IN_PROGRESS", "IMPORT_COMPLETE", "IMPORT_IN_PROGRESS",
    "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", "REVIEW_IN_PROGRESS", "IN_SYNC", "DETECTION_COMPLETE",
    "DETECTION_IN_PROGRESS", "SUCCEEDED", "RUNNING", "CURRENT",
)  # fmt: skip
"""Source: AWS CloudFormation user guide, "Stack status codes"; drift and StackSets the API reference."""
_STACK = Row(
    noun="CloudFormation stack",
    name=("stack-name", "stack-id", "stack-set-arn"),
    state=_STACK_STATUS,
    within=("logical-resource-id",),
    reason=("status-details.status-reason", "resource-type"),
    link="/cloudformation/home?region={region}#/stacks?filteringText={name}",
    good=_STACK_GOES_WELL,
)


def is_deployment(fields: Fields) -> bool:
    """Recognises the notice of a CodeDeploy trigger."""
    return fields.has("deploymentId") and fields.has("applicationName")


def read_deployment(fields: Fields, _: Arrival) -> AlertDraft:
    """Of a deployment, or of one instance of it."""
    application, group = fields.text("applicationName"), fields.text("deploymentGroupName")
    instance = resource_name(fields.text("instanceId"))
    state = fields.text("instanceStatus") if instance else fields.text("status")
    reason = fields.text("errorInformation.ErrorMessage", "errorInformation.ErrorCode", "errorInformation")
    region = fields.text("region")
    deployment = fields.text("deploymentId")
    about = f"{application}/{group}" if group else application
    what = f"{about} on {instance}" if instance else about
    return AlertDraft(
        alertname=f"CodeDeployDeployment{outcome_word(state)}",
        summary=sentence("CodeDeploy deployment of", what, state, reason),
        guess=guessed(good=routine()(state), doubtful=is_bad(f"{state} {reason}")),
        labels={
            "aws_service": "codedeploy",
            "resource": application,
            "application": application,
            "deployment_group": group,
        },
        reason=reason,
        description=fields.lines(),
        identity="/".join(part for part in ("codedeploy", deployment, instance, state) if part),
        link=page(region, f"/codesuite/codedeploy/deployments/{quote(deployment, safe='')}?region={region}"),
        account=fields.text("accountId"),
        region=region,
        at=fields.at("completeTime", "lastUpdatedAt", "createTime"),
    )


def is_approval(fields: Fields) -> bool:
    """Recognises a pipeline that waits for a person."""
    return fields.has("approval") and bool(fields.inner("approval").text("pipelineName"))


def read_approval(fields: Fields, _: Arrival) -> AlertDraft:
    """Returns the pipeline that waits, until when, and where to answer. The token is a secret: it is not shown."""
    approval = fields.inner("approval")
    pipeline, stage = approval.text("pipelineName"), approval.text("stageName")
    expires, said = approval.text("expires"), approval.text("customData")
    until = f" until {expires}" if expires else ""
    return AlertDraft(
        alertname="CodePipelineApprovalNeeded",
        summary=f"CodePipeline {pipeline} waits for approval of {stage}/{approval.text('actionName')}{until}"
        + (f": {said}" if said else ""),
        guess="info",
        labels={"aws_service": "codepipeline", "resource": pipeline, "pipeline": pipeline, "stage": stage},
        description=said,
        link=approval.text("approvalReviewLink") or fields.text("consoleLink"),
        region=fields.text("region"),
    )


_OPENED = re.compile(r"(?P<key>[A-Za-z]{1,60})='")


def is_stack_text(text: str) -> bool:
    """Recognises a stack notification: lines of key='value'."""
    head = text[:3_000]
    return "StackId='" in head and "='" in head


def _pairs(text: str) -> dict[str, str]:
    """Read key='value' by lines, each once; a value may have line breaks and quotation marks, and ends a line."""
    found: dict[str, str] = {}
    key = ""
    value: list[str] = []
    for line in text.splitlines():
        opened = None if key else _OPENED.match(line)
        if opened:
            key, value, line = opened["key"], [], line[opened.end() :]
        if not key:
            continue
        value.append(line)
        if line.rstrip().endswith("'"):
            found[key] = "\n".join(value).rstrip().removesuffix("'")
            key = ""
    return found


def read_stack(text: str, _: Arrival) -> AlertDraft:
    """Of a stack, or of one resource of it."""
    fields = Fields.of(_pairs(text[:100_000]))
    stack_id = fields.text("StackId")
    arn = Arn.of(stack_id)
    stack = fields.text("StackName") or "".join(arn.resource.split("/")[1:2])
    resource, status = fields.text("LogicalResourceId"), fields.text("ResourceStatus")
    reason = fields.text("ResourceStatusReason")
    kind = fields.text("ResourceType")
    own = resource in ("", stack) or (
        kind == "AWS::CloudFormation::Stack" and fields.text("PhysicalResourceId") == stack_id
    )
    what = stack if own else f"{stack}, resource {resource} ({kind})"
    return AlertDraft(
        alertname=f"CloudFormation{'Stack' if own else 'Resource'}{outcome_word(status)}",
        summary=sentence("CloudFormation stack", what, status, reason),
        guess=guessed(good=_STACK_GOES_WELL(status), doubtful=is_bad(status) and "DELETE" not in status),
        labels={"aws_service": "cloudformation", "resource": stack, "stack": stack},
        reason=reason,
        description=texts.cut(text, 4_000),
        identity=f"cloudformation:{fields.text('EventId')}/{stack_id}" if fields.text("EventId") else "",
        link=page(
            arn.region, f"/cloudformation/home?region={arn.region}#/stacks/events?stackId={quote(stack_id, safe='')}"
        ),
        account=arn.account,
        region=arn.region,
        at=fields.at("Timestamp"),
    )


_BEANSTALK = re.compile(
    r"^(?P<key>Timestamp|Message|Environment|Application|Environment URL):(?P<value>.*)$", re.MULTILINE
)


def is_beanstalk_text(text: str) -> bool:
    """Elastic Beanstalk's notification: Timestamp, Message, Environment, Application."""
    return text.lstrip().startswith("Timestamp:") and "\nEnvironment:" in text[:5_000] and "\nMessage:" in text[:5_000]


_TRANSITION = re.compile(r"\bto (?P<now>Ok|Info|Pending|Warning|Degraded|Severe|NoData|Suspended|Unknown)\b")
_GOOD_HEALTH = ("Ok", "Info")


def read_beanstalk(text: str, arrival: Arrival) -> AlertDraft:
    """Returns the state of an environment; a transition of its health lasts until it is Ok again."""
    fields = Fields.of({match["key"]: match["value"].strip() for match in _BEANSTALK.finditer(text[:20_000])})
    topic = Arn.of(arrival.envelope.topic_arn)
    found = _environment(
        fields.text("Environment"), fields.text("Application"), fields.text("Message"), topic.account, topic.region
    )
    at = fields.at("Timestamp")
    return replace(found, description=texts.cut(text, 4_000), at=at, updated_at=at or found.updated_at)


def _beanstalk(event: Event) -> AlertDraft:
    detail = event.detail
    name, message = detail.text("EnvironmentName"), detail.text("Message")
    if not name:
        return general(event)
    found = _environment(name, detail.text("ApplicationName"), message, event.account, event.region)
    if found.kind == "event":
        found = replace(found, identity=event.id)
    return replace(found, description=detail.lines(), at=event.at, updated_at=event.at)


def _environment(name: str, application: str, message: str, account: str, region: str) -> AlertDraft:
    """By EventBridge and by SNS under one name and identity."""
    health = _TRANSITION.search(message)
    now = health["now"] if health else ""
    bad = is_bad(message) or now in ("Severe", "Degraded", "Warning", "NoData")
    found = AlertDraft(
        alertname="ElasticBeanstalkEnvironment",
        summary=f"Elastic Beanstalk environment {name}: {message}",
        guess=guessed(good=now in _GOOD_HEALTH or is_good(message), doubtful=bad),
        labels={
            "aws_service": "elasticbeanstalk",
            "resource": name,
            "environment": name,
            "application": application,
        },
        link=page(region, f"/elasticbeanstalk/home?region={region}#/environments"),
        account=account,
        region=region,
    )
    known = "environment health has transitioned" in message.lower() and now and name
    identity = f"elasticbeanstalk:{account}/{region}/{name}/health" if known else ""
    return lasts(found, identity, ended=now in _GOOD_HEALTH, updated_at=None)


READERS: Mapping[str, Reader] = {
    "elasticbeanstalk:": _beanstalk,
    "codebuild:": _BUILD,
    "codedeploy:": _DEPLOYMENT,
    "codepipeline:": _PIPELINE,
    "cloudformation:": _STACK,
    "CodeCommit Pull Request State Change": Row(
        noun="CodeCommit pull request of",
        name=("repositoryNames", "repositoryName"),
        state=("pullRequestStatus", "event"),
        reason=("title", "notificationBody"),
        good=always,
        doubts=(),
    ),
    "CodeCommit Repository State Change": Row(
        noun="CodeCommit repository",
        name=("repositoryName",),
        state=("event",),
        reason=("referenceFullName", "referenceName"),
        good=always,
        doubts=(),
    ),
}
