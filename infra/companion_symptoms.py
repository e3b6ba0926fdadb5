"""The symptoms of the companion: its function, its queue, and the queue of what was tried for half an hour."""

from __future__ import annotations

from dataclasses import replace

from infra.symptoms import TIMERS, Symptom

NOT_BESIDE = "Incidents are not annotated in Grafana, and allowed runbooks do not start. Messages are unaffected."

COMPANION_FUNCTION = (
    Symptom(
        alertname="CompanionErrors",
        namespace="AWS/Lambda",
        metric="Errors",
        # A batch comes again each six minutes: three of these fail before it lapses.
        datapoints=3,
        minutes=20,
        means="The companion fails on every attempt: its logs name the cause, and its queue holds the messages.",
        severity="warning",
        impact=NOT_BESIDE,
    ),
)

COMPANION_ARRIVALS = (
    replace(
        TIMERS[0],
        alertname="CompanionStuck",
        means="Nothing reads the companion's queue: a message is tried for 36 minutes at most. Look at the function's "
        "event source and throttles.",
        severity="warning",
        impact=NOT_BESIDE,
    ),
)

COMPANION_LAPSED = (
    Symptom(
        alertname="CompanionLapsed",
        namespace="AWS/SQS",
        metric="ApproximateNumberOfMessagesVisible",
        statistic="Maximum",
        means="Messages were tried for half an hour, and Grafana did not take their annotations, or the companion "
        "failed. They were notified all the same; alertrelay redrive sends them to the companion again.",
        severity="warning",
        impact=NOT_BESIDE,
    ),
)
