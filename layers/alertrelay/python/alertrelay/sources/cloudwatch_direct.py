"""A CloudWatch alarm whose action is the Lambda function itself."""

from __future__ import annotations

from dataclasses import replace

from alertrelay.alert import Alert
from alertrelay.sources.alarm import alert_of
from alertrelay.sources.alarm_detail import update_of
from alertrelay.sources.arrival import Arrival
from alertrelay.values import text as texts
from alertrelay.values.times import instant


def detect(value: object) -> bool:
    """`alarmData` with a state, and whose."""
    event = texts.mapping(value)
    data = texts.mapping(event.get("alarmData"))
    return "state" in data and bool(texts.field(data, "alarmName") or texts.field(event, "alarmArn"))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert, under the same identity as the alarm's SNS message."""
    event = texts.mapping(value)
    data = texts.mapping(event.get("alarmData"))
    update = update_of(
        data,
        arn=texts.field(event, "alarmArn"),
        account=texts.field(event, "accountId"),
        region=texts.field(event, "region"),
        contributor=texts.mapping(data.get("alarmContributor")),
    )
    if update.changed_at is None:
        update = replace(update, changed_at=instant(event.get("time")))
    return (alert_of(update, arrival, source="cloudwatch-direct"),)
