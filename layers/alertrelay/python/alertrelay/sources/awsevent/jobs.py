"""Jobs and workflows: Glue, Step Functions, Batch, EMR and the like; failed invocations; records of triggers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import AlertDraft
from alertrelay.sources.awsevent.event import resource_name
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.awsevent.general import Reader, Row, always, never, page, routine
from alertrelay.sources.awsevent.news import is_bad, is_good
from alertrelay.values.arn import Arn


def is_invocation(fields: Fields) -> bool:
    """Returns whether it is Lambda's message to a destination, of a failed invocation or of one that succeeded."""
    asked = fields.inner("requestPayload")
    known = asked.has("Records") or asked.has("detail-type") or asked.has("NewStateValue")
    return fields.has("requestContext", "responsePayload") and not known


def read_invocation(fields: Fields, _: Arrival) -> AlertDraft:
    """Returns the function, the reason, and the number of tries."""
    arn = fields.text("requestContext.functionArn")
    name = re.sub(r":(\$LATEST|[0-9]+)$", "", Arn.of(arn).resource).removeprefix("function:")
    condition = fields.text("requestContext.condition")
    error = fields.text("responsePayload.errorMessage", "responseContext.functionError", "responsePayload.errorType")
    region = Arn.of(arn).region
    failed = condition.lower() != "success"
    tries = fields.text("requestContext.approximateInvokeCount")
    return AlertDraft(
        alertname="LambdaInvocationFailed" if failed else "LambdaInvocationSucceeded",
        summary=f"Lambda function {name or 'unknown'}: {condition or 'failed'}"
        + (f" after {tries} {'try' if tries == '1' else 'tries'}" if tries and failed else "")
        + (f". {error}" if error else ""),
        guess="warning" if failed else "info",
        labels={"aws_service": "lambda", "namespace": "AWS/Lambda", "resource": name, "FunctionName": name},
        identity=f"lambda:{fields.text('requestContext.requestId')}" if fields.has("requestContext") else "",
        description=fields.lines(),
        reason=error,
        link=page(region, f"/lambda/home?region={region}#/functions/{name}?tab=monitoring"),
        account=Arn.of(arn).account,
        region=region,
        at=fields.at("timestamp"),
    )


def is_records(fields: Fields) -> bool:
    """Records that a service triggers a function with: CodeCommit, SES, DynamoDB and others."""
    return any(record.text("eventSource").startswith("aws:") for record in fields.each("Records"))


def read_records(fields: Fields, _: Arrival) -> Iterator[AlertDraft]:
    """Reads one event a record, as information: they report that something was done."""
    for record in fields.each("Records"):
        service = record.text("eventSource").removeprefix("aws:") or "unknown"
        arn = record.text("eventSourceARN")
        name = record.text("eventName") or "event"
        ref = record.text("codecommit.references.ref", "ses.mail.commonHeaders.subject")
        where = resource_name(arn) or record.text("ses.mail.source")
        yield AlertDraft(
            alertname=f"{service.capitalize()} {name}",
            summary=f"{service} {name}: {where}{f' {ref}' if ref else ''}",
            guess="warning" if is_bad(name) else "info",
            labels={"aws_service": service, "resource": where},
            identity=f"{service}:{record.text('eventID')}" if record.text("eventID") else "",
            description=record.lines(),
            region=record.text("awsRegion") or Arn.of(arn).region,
            at=record.at("eventTime"),
        )


_QUALITY = Row(
    noun="Glue data quality of",
    name=("rulesetNames", "context.tableName", "context.jobName"),
    state=("state",),
    reason=("score",),
)
_MESSAGE = ("message", "statusReason", "cause", "error", "failureReason")

READERS: Mapping[str, Reader] = {
    "Glue Job State Change": Row(
        noun="Glue job",
        name=("jobName",),
        reason=_MESSAGE,
        labels={"job": "jobName"},
        link="/gluestudio/home?region={region}#/editor/job/{name}/runs",
    ),
    "Glue Job Run Status": Row(
        noun="Glue job run of",
        name=("jobName",),
        reason=_MESSAGE,
        labels={"job": "jobName"},
        link="/gluestudio/home?region={region}#/editor/job/{name}/runs",
    ),
    "Glue Crawler State Change": Row(
        noun="Glue crawler",
        name=("crawlerName",),
        reason=("errorMessage", "message"),
        labels={"crawler": "crawlerName"},
        link="/glue/home?region={region}#/v2/data-catalog/crawlers/view/{name}",
    ),
    "Glue Data Catalog Table State Change": Row(
        noun="Glue table", name=("tableName",), state=("typeOfChange",), reason=("databaseName",)
    ),
    "Glue Data Catalog Database State Change": Row(
        noun="Glue database", name=("databaseName",), state=("typeOfChange",), reason=("changedTables",)
    ),
    "Data Quality Evaluation Results Available": _QUALITY,
    "Glue Data Quality Evaluation Results Available": _QUALITY,
    "Step Functions Execution Status Change": Row(
        noun="Step Functions execution of",
        name=("stateMachineArn", "executionArn", "name"),
        state=("status",),
        reason=("cause", "cause.errorMessage", "error"),
        labels={"execution": "name", "execution_arn": "executionArn"},
        link="/states/home?region={region}#/v2/executions/details/{execution_arn}",
    ),
    "Batch Job State Change": Row(
        noun="Batch job",
        name=("jobName",),
        state=("status",),
        reason=("container.reason", "statusReason", "attempts.container.reason", "attempts.statusReason"),
        labels={"job": "jobName", "job_queue": "jobQueue"},
        link="/batch/home?region={region}#jobs",
    ),
    "Batch Job Queue Blocked": Row(
        noun="Batch job queue blocked by job",
        alertname="BatchJobQueueBlocked",
        name=("jobName", "jobQueue"),
        state=("status",),
        reason=("statusReason",),
        labels={"job": "jobName", "job_queue": "jobQueue"},
        link="/batch/home?region={region}#queues",
        good=never,
    ),
    "EMR Serverless Job Run State Change": Row(
        noun="EMR Serverless job run",
        name=("jobRunName", "jobRunId"),
        reason=("stateDetails",),
        labels={"application": "applicationId", "job_run": "jobRunId"},
    ),
    "EMR Serverless Application State Change": Row(
        noun="EMR Serverless application",
        name=("applicationName", "applicationId"),
        reason=("stateDetails",),
        good=routine("CREATING", "CREATED", "STARTING", "STARTED"),
    ),
    "AppRunner Service Status Change": Row(
        noun="App Runner service",
        name=("serviceName",),
        state=("currentServiceStatus",),
        reason=("message",),
        good=routine("RUNNING", "OPERATION_IN_PROGRESS"),
    ),
    "AppRunner Service Operation Status Change": Row(
        noun="App Runner service",
        name=("serviceName",),
        state=("operationStatus",),
        reason=("message",),
        good=lambda state: is_good(state),
    ),
    "EMR Cluster State Change": Row(
        noun="EMR cluster",
        name=("name", "clusterId"),
        reason=("message", "stateChangeReason"),
        labels={"cluster": "clusterId"},
    ),
    "EMR Step Status Change": Row(
        noun="EMR step", name=("name", "stepId"), reason=("message",), labels={"cluster": "clusterId"}
    ),
    "EMR Auto Scaling Policy State Change": Row(noun="EMR scaling of", name=("clusterId",), reason=("message",)),
    "EMR Instance Group State Change": Row(noun="EMR group of", name=("clusterId",), reason=("message",)),
    "EMR Instance Fleet State Change": Row(noun="EMR fleet of", name=("clusterId",), reason=("message",)),
    "MediaConvert Job State Change": Row(
        noun="MediaConvert job", name=("jobId",), state=("status",), reason=("errorMessage",), labels={"queue": "queue"}
    ),
    "DataSync Task Execution State Change": Row(noun="DataSync task", state=("State",), reason=("errorCode",)),
    "Athena Query State Change": Row(
        noun="Athena query",
        name=("workgroupName", "queryExecutionId"),
        state=("currentState",),
        reason=("athenaError.errorMessage",),
    ),
    "SageMaker Training Job State Change": Row(
        noun="SageMaker training job",
        name=("TrainingJobName",),
        state=("TrainingJobStatus",),
        reason=("FailureReason", "SecondaryStatus"),
    ),
    "SageMaker Endpoint State Change": Row(
        noun="SageMaker endpoint",
        name=("EndpointName",),
        state=("EndpointStatus",),
        reason=("FailureReason",),
        good=routine("IN_SERVICE", "CREATING", "UPDATING", "SYSTEM_UPDATING"),
    ),
    "Transcribe Job State Change": Row(
        noun="Transcribe job",
        name=("TranscriptionJobName",),
        state=("TranscriptionJobStatus",),
        reason=("FailureReason",),
    ),
    "Scheduled Event": Row(noun="Schedule", good=always),
    "Scheduled": Row(noun="Schedule", good=always),
}
