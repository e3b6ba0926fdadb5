"""The symptoms of the relay itself: metrics that should stay low, or that should be there, and what each means."""

from __future__ import annotations

from dataclasses import dataclass

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


NO_AUDIT = "An alarm whose notification is lost would not be noticed. Alerts that arrive are unaffected."
NO_ANOMALIES = "Anomalies are notified late, or not at all. Other alerts are unaffected."
DEAD_LETTERS = (
    Symptom(
        alertname="AlertrelayDeadLetters",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        means="Alerts lie in this dead-letter queue and nobody was notified of them: docs/operations.md shows how to "
        "read them and send them again. SQS deletes each 14 days after it was first sent.",
    ),
)
TIMERS = (
    Symptom(
        alertname="AlertrelayTimersStuck",
        namespace="AWS/SQS",
        metric="ApproximateAgeOfOldestMessage",
        statistic="Maximum",
        threshold=HOUR_SECONDS,
        means="Nothing reads this queue. A message is delayed for 15 minutes at most and retried for 15: look at the "
        "function's event source and throttles.",
    ),
)
TABLE = (
    Symptom(
        alertname="AlertrelayTableFailing",
        namespace="alertrelay",
        metric="StoreFailures",
        # Each tick asks the table, so that it fails each minute also at rest. One throttle wakes nobody.
        datapoints=2,
        minutes=3,
        means="The state table does not answer. Alerts go out without it: with duplicates, without silences, and at "
        "most one a second; alerts that wait in groups are late. Check the table's throttles, and whether it exists.",
    ),
)
RULE_FAILURES = (
    Symptom(
        alertname="AlertrelayRuleFailed",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        means="EventBridge could not hand an event to its target; the message names its rule and target. A tick may be "
        "deleted, since the next one did its work; any other event is an alert that nobody saw: docs/operations.md.",
    ),
)
OPS_PAGE = (
    Symptom(
        alertname="AlertrelayPageFailed",
        namespace="AWS/Events",
        metric="FailedInvocations",
        means="PagerDuty did not accept a page about the relay itself: is its routing key still right? After a change "
        "of the key in the secret, deploy the connection again: docs/deploy.md.",
        impact="When the relay is unwell, only mail reports it.",
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
        means="The function fails on every attempt: its logs show why, and its failed queue holds the events.",
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
        # Whatever the cause is, and whether or not the failed queue took the event: the destination's own failures are
        # among these, and what a recursion guard stops comes to a dead-letter queue.
        metric="AsyncEventsDropped",
        means="Lambda dropped events without running the function to its end: the failed queue should hold them. What "
        "is missing there only the alarms' history still has. Is the function's recursive loop setting Allow?",
    ),
)
TOPICS = (
    Symptom(
        alertname="AlertrelayNotificationsFailed",
        namespace="AWS/SNS",
        # Counts each notification that no attempt delivered, whether or not a dead-letter queue took it.
        metric="NumberOfNotificationsFailed",
        means="SNS could not deliver from this topic: an alert lies in a forwarder's undelivered queue or, where that "
        "did not take it, nowhere but in the alarms' history. Look at the topic's subscriptions and their permissions.",
    ),
)

SCORER_DEAD_LETTERS = (
    Symptom(
        alertname="AnomalyScorerGaveUp",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        means="Lambda gave up on a run of the anomaly-scorer, or on recording a deployment. A run may be deleted, "
        "since the next one did its work.",
        severity="warning",
        impact=NO_ANOMALIES,
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
        means="Runs of the anomaly-scorer fail on every attempt: its logs name the cause. The next run continues "
        "where this one stopped.",
        severity="warning",
        impact=NO_ANOMALIES,
    ),
)

OLD_BUDGETS = (
    "Messages about error budgets show old numbers, or none. The alarms fire as before: they need no function."
)
SLO_FUNCTION = (
    Symptom(
        alertname="SloFunctionErrors",
        namespace="AWS/Lambda",
        metric="Errors",
        # A run is tried at 0, 1 and 3 minutes; each of the three that fails is one that nothing mended.
        datapoints=3,
        minutes=15,
        means="Runs of the slo function fail on every attempt: its logs name the cause. The next run does the same "
        "work.",
        severity="warning",
        impact=OLD_BUDGETS,
    ),
)
SLO_DEAD_LETTERS = (
    Symptom(
        alertname="SloFunctionGaveUp",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        means="Lambda gave up on a run of the slo function. It may be deleted, since the next one did its work.",
        severity="warning",
        impact=OLD_BUDGETS,
    ),
)
SLO_RUNS = (
    Symptom(
        alertname="SloBudgetsMissing",
        namespace="alertrelay",
        metric="SloObjectives",
        threshold=1,
        datapoints=30,
        minutes=30,
        pulse=True,
        means="The slo function has worked out no error budget for 30 minutes: it did not run, or failed each time. Is "
        "its schedule enabled, and what do its logs say?",
        severity="warning",
        impact=OLD_BUDGETS,
    ),
)


INTAKE_FUNCTION = (
    Symptom(
        alertname="AlertrelayIntakeErrors",
        namespace="AWS/Lambda",
        metric="Errors",
        datapoints=3,
        minutes=5,
        means="The intake fails: its logs show why. Alertmanager repeats what was answered 503; Prometheus posts what "
        "still fires again each minute.",
    ),
    Symptom(
        alertname="AlertrelayIntakeThrottled",
        namespace="AWS/Lambda",
        metric="Throttles",
        datapoints=2,
        minutes=5,
        means="Lambda refuses requests of the intake: the account's concurrency is used up, and posts are answered "
        "503. docs/scale.md shows what to raise.",
    ),
)
INTAKE_TICKS = (
    Symptom(
        alertname="AlertrelayIntakeTickFailed",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        means="Lambda gave up on a tick of the intake. Posted alerts that nobody posts any more are resolved late, or "
        "by their published end half an hour later. The message may be deleted: the next tick did its work.",
        severity="warning",
        impact="Resolves are late.",
    ),
)
INTAKE_REFUSED = (
    Symptom(
        alertname="AlertrelayIntakeRefused",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        means="Somebody with a valid token posts what is no alert: each body lies in this queue with the reason. A "
        "webhook with a payload of its own, or a rule without labels, notifies nobody.",
    ),
)


def intake_symptoms(namespace: str) -> tuple[Symptom, ...]:
    """Return the symptoms of what the access log of an intake counts, also where the gateway itself answered."""
    return (
        Symptom(
            alertname="AlertrelayIntakeLost",
            namespace=namespace,
            metric="IntakeLost",
            means="A post was answered 413 or 429, and no client repeats these: its body had more than 4 MB, or the "
            "gateway throttled. Post fewer alerts at once; raise the gateway's quota: docs/scale.md.",
        ),
        Symptom(
            alertname="AlertrelayIntakeNotAllowed",
            namespace=namespace,
            metric="IntakeNotAllowed",
            datapoints=3,
            minutes=5,
            means="Posts are answered 401 or 403, which no client repeats: a token was replaced and a client still has "
            "the old one, or somebody guesses. The access log has the address of each.",
        ),
        Symptom(
            alertname="AlertrelayIntakeUnavailable",
            namespace=namespace,
            metric="IntakeUnavailable5xx",
            datapoints=3,
            minutes=5,
            means="The intake answers 503: a topic, the secret or the function fails, or the account's concurrency is "
            "used up. Alertmanager repeats these; what Prometheus posts once only is lost.",
        ),
    )


def ticks(forwarders: int) -> tuple[Symptom, ...]:
    """Return the symptom of ticks: each of the `forwarders` counts its own, each minute, under the environment."""
    return (
        Symptom(
            alertname="AlertrelayTickMissing",
            namespace="alertrelay",
            metric="TicksDone",
            threshold=forwarders,
            datapoints=4,
            minutes=4,
            pulse=True,
            means=f"For 4 minutes fewer than {forwarders} forwarders have completed their tick: one was not invoked, "
            "or failed each time. Its groups that wait for longer than a minute are not notified: new alerts of open "
            "groups, retries, resolves. Is its rule enabled, and what do the logs of the forwarders say?",
        ),
    )


def auditor_symptoms(every: int) -> tuple[Symptom, ...]:
    """By the auditor's own metrics; `every` are the seconds between two comparisons."""
    patience = 3 * every // 60
    return (
        Symptom(
            alertname="AlertrelayAuditMissing",
            namespace="alertrelay",
            metric="AuditsDone",
            threshold=1,
            datapoints=patience,
            minutes=patience,
            pulse=True,
            means=f"For {patience} minutes nobody has compared CloudWatch's alarms with the open alerts: the auditor "
            "did not run, or failed each time. Are its rules enabled, and what do its logs say?",
            severity="warning",
            impact=NO_AUDIT,
        ),
        Symptom(
            alertname="AlertrelayAccountNotRead",
            namespace="alertrelay",
            metric="AccountsNotRead",
            datapoints=2,
            minutes=patience,
            means="The alarms of an account could not be read whole, so nothing is known of them: the auditor's log "
            "lines account_not_read have the account and AWS's answer.",
            severity="warning",
            impact=NO_AUDIT,
        ),
        Symptom(
            alertname="AlertrelayDrifted",
            namespace="alertrelay",
            metric="Drifts",
            datapoints=2,
            minutes=patience,
            means="Something is not as it was deployed: a subscription, a rule, the configuration of a function, or a "
            "secret that is a year old. The auditor's log lines drifted say what.",
            severity="warning",
            impact="Alerts may reach nobody, or by another configuration than the files'.",
        ),
        Symptom(
            alertname="AlertrelayTimersOverdue",
            namespace="alertrelay",
            metric="TimersOverdue",
            datapoints=2,
            minutes=patience,
            means="Groups were due five minutes ago and were not flushed, at two looks in a row: ticks or timers do "
            "not reach the forwarders, or their flushes fail. alertrelay pending lists them.",
        ),
        Symptom(
            alertname="AlertrelayAlarmMissed",
            namespace="alertrelay",
            metric="AlarmsMissed",
            minutes=60,
            means="An alarm was in ALARM for ten minutes without an alert here: it was sent now. The auditor's log "
            "lines alarm_differs name it; find out why its notification did not arrive.",
            severity="warning",
            impact="An alert was late, and others may be.",
        ),
    )


def drill_symptoms(every: int) -> tuple[Symptom, ...]:
    """Return the symptoms of a fire drill each `every` seconds, by what the auditor counts of it."""
    return (
        Symptom(
            alertname="AlertrelayDrillLate",
            namespace="alertrelay",
            metric="DrillsLate",
            minutes=every // 60,
            means="A fire drill by the real path was not accepted, or not resolved, in time: the auditor's log lines "
            "drilled name each integration. Its channel, its key or the way to it fails for real alerts too.",
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
            means="The anomaly-scorer finishes its runs far too late: it has too many metrics, or is throttled.",
            severity="warning",
            impact=NO_ANOMALIES,
        ),
        Symptom(
            alertname="AnomalyMetricsLeftOut",
            namespace="alertrelay",
            metric="MetricsLeftOut",
            means="The patterns of config/anomaly.yml match more metrics than max_metrics, and the rest is not "
            "watched: narrow them, or raise max_metrics after checking its cost.",
            severity="warning",
            impact="Some of the intended metrics are not watched.",
        ),
    )
