"""Alarms on the relay's own queues, functions and topics. They mail by SNS directly, without any code of ours."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from constructs import Construct

from compiler.alarms.description import describe
from infra.forwarding import Forwarder

DAY_SECONDS = 86_400
HOUR_SECONDS = 3_600


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """A metric of ours that should stay at `threshold` or below. `means` says what happened and what to do first.

    It fires when `datapoints` of the last `minutes` are above. No data is good news: these metrics are absent at rest.
    With `pulse` it is the other way round: it fires when they are below, and no data is no pulse.
    """

    alertname: str
    namespace: str
    metric: str
    means: str
    statistic: str = "Sum"
    threshold: float = 0
    datapoints: int = 1
    minutes: int = 1
    pulse: bool = False
    severity: str = "critical"
    impact: str = "Alerts may reach nobody, or late."


NO_ANOMALIES = "Anomalies are told late, or not at all. All other alerts are as ever."
DEAD_LETTERS = (
    Symptom(
        alertname="AlertrelayDeadLetters",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        means="Alerts lie in this dead-letter queue and nobody was told of them: docs/deploy.md says how to read them "
        "and how to send them again.",
    ),
    Symptom(
        alertname="AlertrelayDeadLettersForgotten",
        namespace="AWS/SQS",
        metric="ApproximateAgeOfOldestMessage",
        statistic="Maximum",
        threshold=DAY_SECONDS,
        means="A message lies in this dead-letter queue for a day; SQS deletes it 14 days after it was first sent.",
    ),
)
TIMERS = (
    Symptom(
        alertname="AlertrelayTimersStuck",
        namespace="AWS/SQS",
        metric="ApproximateAgeOfOldestMessage",
        statistic="Maximum",
        threshold=HOUR_SECONDS,
        means="Nothing reads this queue. A message is at most 15 minutes delayed and then retried for 15: look at the "
        "function's event source and throttles.",
    ),
)
TICKS = (
    Symptom(
        alertname="AlertrelayTickMissing",
        namespace="AWS/Events",
        metric="Invocations",
        threshold=1,
        datapoints=3,
        minutes=3,
        pulse=True,
        means="The rule that wakes the function each minute has not done so for 3 minutes. Groups that wait for longer "
        "than a minute are not told: new alerts of open groups, retries, ends. Is the rule enabled?",
    ),
)
FUNCTIONS = (
    Symptom(
        alertname="AlertrelayErrors",
        namespace="AWS/Lambda",
        metric="Errors",
        # Lambda tries an event at once, after 1 minute and after 2 more: errors in three of five minutes are an event
        # that failed to the last attempt, or many that fail. A single error that the retry mends wakes nobody.
        datapoints=3,
        minutes=5,
        means="The function fails on every attempt: its logs say why, its failed queue holds what it gave up.",
    ),
    Symptom(
        alertname="AlertrelayThrottled",
        namespace="AWS/Lambda",
        metric="Throttles",
        means="Lambda refuses invocations: the account's concurrency is used up. Alerts wait for up to 6 hours.",
    ),
    Symptom(
        alertname="AlertrelayEventsDropped",
        namespace="AWS/Lambda",
        metric="AsyncEventsDropped",
        means="Lambda dropped events without running the function: compare the failed queue with the alarms' history.",
    ),
    Symptom(
        alertname="AlertrelayDestinationFailed",
        namespace="AWS/Lambda",
        metric="DestinationDeliveryFailures",
        means="Lambda could not put a failed event into the failed queue: it is lost but for the alarms' history.",
    ),
    Symptom(
        alertname="AlertrelayRecursionStopped",
        namespace="AWS/Lambda",
        metric="RecursiveInvocationsDropped",
        means="Lambda took timers for a loop and dropped them: the function's recursive loop setting must be Allow.",
    ),
)
TOPICS = (
    Symptom(
        alertname="AlertrelayNotificationsFailed",
        namespace="AWS/SNS",
        metric="NumberOfNotificationsFailed",
        means="SNS could not deliver from this topic: look at its subscriptions and their permissions.",
    ),
    Symptom(
        alertname="AlertrelayNotificationsDeadLettered",
        namespace="AWS/SNS",
        metric="NumberOfNotificationsRedrivenToDlq",
        means="SNS could not hand an alert to a forwarder and put it into that forwarder's undelivered queue.",
    ),
    Symptom(
        alertname="AlertrelayNotificationsLost",
        namespace="AWS/SNS",
        metric="NumberOfNotificationsFailedToRedriveToDlq",
        means="SNS could neither deliver an alert nor put it into a dead-letter queue: see the alarms' history.",
    ),
)


SCORER_FUNCTION = (
    Symptom(
        alertname="AnomalyScorerErrors",
        namespace="AWS/Lambda",
        metric="Errors",
        # A run is tried at 0, 1 and 3 minutes; each of the three that fails is one that nothing mended.
        datapoints=3,
        minutes=15,
        means="Runs of the anomaly-scorer fail to the last attempt: its logs name what did not answer. The next run "
        "goes on where this one stopped.",
        severity="warning",
        impact=NO_ANOMALIES,
    ),
)


def scorer_symptoms(every: int) -> tuple[Symptom, ...]:
    """By the scorer's own metrics; `every` are the seconds between two runs."""
    patience = min(1440, max(30, 3 * every // 60))
    return (
        Symptom(
            alertname="AnomalyScorerScoredNothing",
            namespace="alertrelay",
            metric="MetricsScored",
            threshold=1,
            datapoints=patience,
            minutes=patience,
            pulse=True,
            means=f"The anomaly-scorer has scored nothing for {patience} minutes: it did not run, or no metric "
            "answered. Is its schedule enabled, and does config/anomaly.yml name metrics that exist?",
            severity="warning",
            impact=NO_ANOMALIES,
        ),
        Symptom(
            alertname="AnomalyScorerLags",
            namespace="alertrelay",
            metric="ScorerLag",
            statistic="Maximum",
            threshold=max(900, every),
            datapoints=2,
            minutes=30,
            means="The anomaly-scorer ends its runs long after their time: it has too many metrics, or is throttled.",
            severity="warning",
            impact=NO_ANOMALIES,
        ),
        Symptom(
            alertname="AnomalyMetricsLeftOut",
            namespace="alertrelay",
            metric="MetricsLeftOut",
            means="The patterns of config/anomaly.yml find more metrics than max_metrics, and the rest is not watched: "
            "narrow them, or raise max_metrics after a look at what it costs.",
            severity="warning",
            impact="Some of the metrics that were meant are not watched.",
        ),
    )


class SelfWatch(Construct):
    """Every symptom on everything that has it, told to the ops topic when it begins and when it ends."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        environment: str,
        *,
        ops: sns.ITopic,
        forwarders: Mapping[str, Forwarder],
        topics: Mapping[str, sns.Topic],
    ) -> None:
        super().__init__(scope, construct_id)
        self.environment = environment
        self.tell = actions.SnsAction(ops)
        for name, forwarder in forwarders.items():
            for queue, kind in zip(forwarder.dead_letters, ("undelivered", "failed", "expired"), strict=True):
                self._watch(f"{name}-{kind}", {"QueueName": queue.queue_name}, DEAD_LETTERS)
            self._watch(f"{name}-timers", {"QueueName": forwarder.timers.queue_name}, TIMERS)
            self._watch(name, {"RuleName": forwarder.tick.rule_name}, TICKS)
            self._watch(name, {"FunctionName": forwarder.function.function_name}, FUNCTIONS)
        for name, topic in topics.items():
            self._watch(f"topic-{name}", {"TopicName": topic.topic_name}, TOPICS)

    def watch_scorer(self, function: lambda_.IFunction, name: str, *, every: int) -> None:
        """The anomaly-scorer, which runs each `every` seconds and says itself what it did."""
        self._watch(name, {"FunctionName": function.function_name}, SCORER_FUNCTION)
        self._watch(name, {"service": name}, scorer_symptoms(every))

    def _watch(self, name: str, dimensions: Mapping[str, str], symptoms: Iterable[Symptom]) -> None:
        for symptom in symptoms:
            alarm = cloudwatch.Alarm(
                self,
                f"{name}-{symptom.alertname}",
                alarm_name=f"{self.environment}-alertrelay-{name}-{symptom.alertname}",
                alarm_description=self._description(name, symptom),
                metric=cloudwatch.Metric(
                    namespace=symptom.namespace,
                    metric_name=symptom.metric,
                    dimensions_map=dict(dimensions),
                    statistic=symptom.statistic,
                    period=Duration.minutes(1),
                ),
                threshold=symptom.threshold,
                comparison_operator=(
                    cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
                    if symptom.pulse
                    else cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD
                ),
                evaluation_periods=symptom.minutes,
                datapoints_to_alarm=symptom.datapoints,
                treat_missing_data=(
                    cloudwatch.TreatMissingData.BREACHING
                    if symptom.pulse
                    else cloudwatch.TreatMissingData.NOT_BREACHING
                ),
            )
            alarm.add_alarm_action(self.tell)
            alarm.add_ok_action(self.tell)

    def _description(self, name: str, symptom: Symptom) -> str:
        metadata = {
            "alertname": symptom.alertname,
            "severity": symptom.severity,
            "service": "alertrelay",
            "env": self.environment,
            "category": "alerting",
            "impact": symptom.impact,
        }
        return describe(f"{name}: {symptom.means}", metadata)
