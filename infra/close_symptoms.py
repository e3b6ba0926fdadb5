"""The symptoms that an environment with `audit` is watched for besides: events that wait, throttles, channels."""

from __future__ import annotations

from infra.symptoms import Symptom

EVENTS_WAIT = Symptom(
    alertname="AlertrelayEventsWait",
    namespace="AWS/Lambda",
    # From when Lambda took an event until a function gets it, in milliseconds, retries included: the third attempt
    # comes after 3 minutes. A tick a minute keeps it written.
    # Source: "Introducing new asynchronous invocation metrics for AWS Lambda", aws.amazon.com/blogs/compute.
    metric="AsyncEventAge",
    statistic="Maximum",
    threshold=300_000,
    datapoints=3,
    minutes=5,
    means="Events reach a forwarder more than 5 minutes after Lambda took them: its concurrency is used up, or Lambda "
    "itself is late. They are not lost for 6 hours.",
    impact="Alerts are late.",
)
TABLE_THROTTLED = Symptom(
    alertname="AlertrelayTableThrottled",
    namespace="AWS/DynamoDB",
    metric="ThrottleEvents",
    datapoints=3,
    minutes=5,
    means="DynamoDB throttles the state table or its index in three of five minutes. Requests are repeated and still "
    "succeed, or AlertrelayTableFailing fires too: a hot partition, a limit of the table, or the account's.",
    severity="warning",
    impact="Alerts are slower; further load would have them notified without the table.",
)
THROTTLES = ("ReadThrottleEvents", "WriteThrottleEvents")
"""The parts of the sum, each of the table and of its index: the dimension TableName alone leaves an index out.
Source: DynamoDB developer guide, "DynamoDB Metrics and dimensions"."""
CHANNEL_FAILS = Symptom(
    alertname="AlertrelayChannelFails",
    namespace="alertrelay",
    metric="ChannelFailures",
    # A notification that failed is tried again each minute: one that the retry mends wakes nobody.
    datapoints=3,
    minutes=15,
    means="The channel does not accept notifications, in three of fifteen minutes: alertrelay pending says what it "
    "answers, since when, and which fallbacks were notified instead.",
    severity="warning",
    impact="What is meant for this channel is late, or reaches people by a fallback.",
)
CLOSE = (EVENTS_WAIT, TABLE_THROTTLED, CHANNEL_FAILS)
