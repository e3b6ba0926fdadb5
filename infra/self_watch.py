"""Alarms on the relay's own queues, functions and topics. They mail by SNS directly, without any code of ours."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from alertrelay.config.own_runbooks import own_runbook
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from compiler.alarms.description import describe
from infra.anomaly import AnomalyScorer
from infra.close_symptoms import CHANNEL_FAILS, EVENTS_WAIT, TABLE_THROTTLED, THROTTLES
from infra.companion import CompanionConstruct
from infra.companion_symptoms import COMPANION_ARRIVALS, COMPANION_FUNCTION, COMPANION_LAPSED
from infra.forwarding import ForwarderConstruct
from infra.intake import IntakeConstruct
from infra.ops_page import OpsPage
from infra.option_symptoms import (
    INTAKE_FUNCTION,
    INTAKE_REFUSED,
    INTAKE_TICKS,
    SCORER_DEAD_LETTERS,
    SCORER_FUNCTION,
    SLO_DEAD_LETTERS,
    SLO_FUNCTION,
    SLO_RUNS,
    auditor_symptoms,
    drill_symptoms,
    intake_symptoms,
    scorer_symptoms,
)
from infra.rule_failures import NAME as RULES
from infra.slo import SloFunction
from infra.state import DUE_INDEX
from infra.symptoms import DEAD_LETTERS, FUNCTIONS, OPS_PAGE, RULE_FAILURES, TABLE, TIMERS, TOPICS, Symptom, ticks

EVENTS = "events"
SHARED = ("ticks", "table")
"""What the forwarders of an environment are watched for together."""


class SelfWatch(Construct):
    """Every symptom on everything that has it, published to the ops topic when it begins and when it ends."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: str,
        *,
        ops: sns.ITopic,
        forwarders: Mapping[str, ForwarderConstruct],
        topics: Mapping[str, sns.Topic],
        rule_failures: sqs.IQueue,
        runbook_base_url: str = "",
    ) -> None:
        super().__init__(scope, construct_id)
        self.environment = environment
        self.runbooks = runbook_base_url.rstrip("/")
        self.action = actions.SnsAction(ops)
        self.alarms: dict[tuple[str, str], cloudwatch.Alarm] = {}
        """Every alarm, by what it watches and by its alertname."""
        self.pages = [f"{environment}-alertrelay-{name}-" for name in (*forwarders, *SHARED, "topic", RULES, "sms")]
        """What the names of the critical ones begin with."""
        for name, forwarder in forwarders.items():
            for queue, kind in zip(forwarder.dead_letters, ("undelivered", "failed", "expired"), strict=True):
                self._watch(f"{name}-{kind}", {"QueueName": queue.queue_name}, DEAD_LETTERS)
            self._watch(f"{name}-timers", {"QueueName": forwarder.timers.queue_name}, TIMERS)
            if forwarder.arrivals:
                self._watch(f"{name}-arrivals", {"QueueName": forwarder.arrivals.queue_name}, TIMERS)
            self._watch(name, {"FunctionName": forwarder.function.function_name}, FUNCTIONS)
        # Of all forwarders together: the table is one, and a tick that is missing has the same mend whosever it is.
        together = {"service": "alertrelay", "env": environment}
        self._watch(SHARED[0], together, ticks(len(forwarders)))
        self._watch(SHARED[1], together, TABLE)
        for name, topic in topics.items():
            self._watch(f"topic-{name}", {"TopicName": topic.topic_name}, TOPICS)
        self._watch(RULES, {"QueueName": rule_failures.queue_name}, RULE_FAILURES)

    def watch_scorer(self, scorer: AnomalyScorer, name: str, *, every: int) -> None:
        """Watch the anomaly-scorer, which runs each `every` seconds and has metrics of its own."""
        self._watch(name, {"FunctionName": scorer.function.function_name}, SCORER_FUNCTION)
        self._watch(f"{name}-failed", {"QueueName": scorer.failed.queue_name}, SCORER_DEAD_LETTERS)
        self._watch(name, {"service": name}, scorer_symptoms(every))

    def watch_slo(self, slo: SloFunction, name: str) -> None:
        """Watch the slo function."""
        self._watch(name, {"FunctionName": slo.function.function_name}, SLO_FUNCTION)
        self._watch(f"{name}-failed", {"QueueName": slo.failed.queue_name}, SLO_DEAD_LETTERS)
        self._watch(name, {"service": name, "env": self.environment}, SLO_RUNS)

    def watch_companion(self, companion: CompanionConstruct, name: str) -> None:
        """Watch the companion, which no message waits for."""
        self._watch(name, {"FunctionName": companion.function.function_name}, COMPANION_FUNCTION)
        self._watch(f"{name}-arrivals", {"QueueName": companion.queue.queue_name}, COMPANION_ARRIVALS)
        self._watch(f"{name}-lapsed", {"QueueName": companion.expired.queue_name}, COMPANION_LAPSED)

    def watch_auditor(self, *, every: int, drill: int) -> None:
        """Watch the auditor, which compares alarms each `every` seconds, and drills each `drill`, 0 for never: by what
        it counts, since its own errors are runs that are missing."""
        symptoms = (*auditor_symptoms(every), *(drill_symptoms(drill) if drill else ()))
        self._watch("auditor", {"service": "alertrelay", "env": self.environment}, symptoms)

    def watch_closely(
        self, *, functions: Sequence[lambda_.IFunction], table: dynamodb.ITable, channels: Iterable[str]
    ) -> None:
        """Watch how long events wait for any of the functions, the throttles of the table and its index, and each of
        the channels: what has one mend is one alarm."""
        ages = {
            f"f{place}": _metric(EVENTS_WAIT, {"FunctionName": one.function_name})
            for place, one in enumerate(functions)
        }
        self._alarm(EVENTS, EVENTS_WAIT, _joined(f"MAX([{', '.join(ages)}])", ages))
        of_table = {"TableName": table.table_name}
        places = [of_table, of_table | {"GlobalSecondaryIndexName": DUE_INDEX}]
        throttles = {
            f"t{place}": _metric(replace(TABLE_THROTTLED, metric=name), dimensions)
            for place, (name, dimensions) in enumerate(itertools.product(THROTTLES, places))
        }
        # Alarms on a metric of AWS/DynamoDB keep their state where data is missing, whatever they are set to, and there
        # is none without a throttle. Source: CloudWatch API reference, PutMetricAlarm, TreatMissingData.
        filled = (f"FILL({name}, 0)" for name in throttles)
        self._alarm("throttles", TABLE_THROTTLED, _joined(" + ".join(filled), throttles))
        for channel in sorted(channels):
            dimensions = {"service": "alertrelay", "env": self.environment, "channel": channel}
            self._watch(f"channel-{channel}", dimensions, [CHANNEL_FAILS])

    def watch_intake(self, intake: IntakeConstruct, name: str) -> None:
        """Watch the intake: its function, what it could not do, and what its access log counts."""
        self._watch(name, {"FunctionName": intake.function.function_name}, INTAKE_FUNCTION)
        self._watch(f"{name}-failed", {"QueueName": intake.failed.queue_name}, INTAKE_TICKS)
        self._watch(f"{name}-refused", {"QueueName": intake.refused.queue_name}, INTAKE_REFUSED)
        self._watch(name, {}, intake_symptoms(intake.namespace))

    def watch_page(self, page: OpsPage, ops: sns.Topic) -> None:
        """Watch each of the two ways by which the relay's own trouble is known: mail about the page, and a page about
        the mail."""
        for action, rule in page.rules.items():
            self._watch(f"ops-page-{action}", {"RuleName": rule.rule_name}, OPS_PAGE)
        self._watch("topic-ops", {"TopicName": ops.topic_name}, TOPICS)

    def rollback(self, names: Iterable[str]) -> list[cloudwatch.Alarm]:
        """Return the alarms that a bad version of one of the functions sets off. CodeDeploy takes at most ten.

        Missing ticks are not among them: of a canary's ticks a tenth, never four minutes of them in a row.
        """
        wanted = ("AlertrelayErrors", "AnomalyScorerErrors", "SloFunctionErrors", "AlertrelayIntakeErrors")
        failed = [self.alarms.get((f"{name}-failed", "AlertrelayDeadLetters")) for name in names]
        found = [self.alarms.get((name, alertname)) for name in names for alertname in wanted]
        return [alarm for alarm in (*found, *failed) if alarm]

    def _watch(self, name: str, dimensions: Mapping[str, str], symptoms: Iterable[Symptom]) -> None:
        for symptom in symptoms:
            self._alarm(name, symptom, _metric(symptom, dimensions))

    def _alarm(self, name: str, symptom: Symptom, metric: cloudwatch.IMetric) -> None:
        alarm_name = f"{self.environment}-alertrelay-{name}-{symptom.alertname}"
        if symptom.severity == "critical" and not alarm_name.startswith(tuple(self.pages)):
            self.pages.append(alarm_name)
        alarm = cloudwatch.Alarm(
            self,
            f"{name}-{symptom.alertname}",
            alarm_name=alarm_name,
            alarm_description=self._description(name, symptom),
            metric=metric,
            threshold=symptom.threshold,
            comparison_operator=(
                cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
                if symptom.pulse
                else cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
            ),
            evaluation_periods=symptom.minutes,
            datapoints_to_alarm=symptom.datapoints,
            treat_missing_data=(
                cloudwatch.TreatMissingData.BREACHING if symptom.pulse else cloudwatch.TreatMissingData.NOT_BREACHING
            ),
        )
        alarm.add_alarm_action(self.action)
        alarm.add_ok_action(self.action)
        self.alarms[name, symptom.alertname] = alarm

    def _description(self, name: str, symptom: Symptom) -> str:
        metadata = {
            "alertname": symptom.alertname,
            "severity": symptom.severity,
            "service": "alertrelay",
            "env": self.environment,
            "category": "alerting",
            "runbook": f"{self.runbooks}/{own_runbook(symptom.alertname)}" if self.runbooks else "",
            "impact": symptom.impact,
        }
        return describe(f"{name}: {symptom.means}", metadata)


def _metric(symptom: Symptom, dimensions: Mapping[str, str]) -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace=symptom.namespace,
        metric_name=symptom.metric,
        dimensions_map=dict(dimensions),
        statistic=symptom.statistic,
        period=Duration.minutes(1),
    )


def _joined(expression: str, metrics: Mapping[str, cloudwatch.IMetric]) -> cloudwatch.MathExpression:
    return cloudwatch.MathExpression(expression=expression, using_metrics=dict(metrics), period=Duration.minutes(1))
