"""Jobs and workflows: Glue, Step Functions, Batch, EMR, Scheduler, MediaConvert, SageMaker, DataSync, Transcribe."""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.sources.awsevent.general import Row, Teller

_MESSAGE = ("message", "statusReason", "cause", "error", "failureReason")

TELLERS: Mapping[str, Teller] = {
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
    "Glue Data Quality Evaluation Results Available": Row(
        noun="Glue data quality of",
        name=("rulesetNames", "context.tableName", "context.jobName"),
        state=("state",),
        reason=("score",),
    ),
    "Step Functions Execution Status Change": Row(
        noun="Step Functions execution of",
        name=("stateMachineArn",),
        state=("status",),
        reason=("cause", "error", "name"),
        labels={"execution": "name", "execution_arn": "executionArn"},
        link="/states/home?region={region}#/v2/executions/details/{execution_arn}",
    ),
    "Batch Job State Change": Row(
        noun="Batch job",
        name=("jobName",),
        state=("status",),
        reason=("statusReason", "attempts.statusReason"),
        labels={"job": "jobName", "job_queue": "jobQueue"},
        link="/batch/home?region={region}#jobs",
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
        noun="Athena query", name=("queryExecutionId",), state=("currentState",), reason=("athenaError.errorMessage",)
    ),
    "SageMaker Training Job State Change": Row(
        noun="SageMaker training job",
        name=("TrainingJobName",),
        state=("TrainingJobStatus",),
        reason=("FailureReason", "SecondaryStatus"),
    ),
    "SageMaker Endpoint State Change": Row(
        noun="SageMaker endpoint", name=("EndpointName",), state=("EndpointStatus",), reason=("FailureReason",)
    ),
    "Transcribe Job State Change": Row(
        noun="Transcribe job",
        name=("TranscriptionJobName",),
        state=("TranscriptionJobStatus",),
        reason=("FailureReason",),
    ),
    "Scheduled Event": Row(noun="Schedule", severity=lambda _: "info"),
    "Scheduled": Row(noun="Schedule", severity=lambda _: "info"),
}
