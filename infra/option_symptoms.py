"""The symptoms of what an environment may have beside the forwarders: scorer, slo function, intake and auditor."""

from __future__ import annotations

from infra.symptoms import Symptom

NO_AUDIT = "An alarm whose notification is lost would not be noticed. Alerts that arrive are unaffected."

NO_ANOMALIES = "Anomalies are notified late, or not at all. Other alerts are unaffected."

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
