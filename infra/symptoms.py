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
