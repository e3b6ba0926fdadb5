"""A CloudWatch alarm's message and a parser's call, with only what a test is about spelt out."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.alert import Alert
from alertrelay.sources import Envelope, Parsed, parse

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
TOPIC = "arn:aws:sns:eu-central-1:111122223333:alertrelay-prod-"

AlarmMessage = Callable[..., dict[str, Any]]
ParseMessage = Callable[..., Parsed]
ParseAlert = Callable[..., Alert]


@pytest.fixture
def alarm() -> AlarmMessage:
    """`alarm(NewStateValue="OK")`: a message with fields replaced; a field given as ... is left out."""

    def build(**fields: Any) -> dict[str, Any]:
        message: dict[str, Any] = {
            "AlarmName": "orders-cpu",
            "AlarmDescription": None,
            "AWSAccountId": "111122223333",
            "NewStateValue": "ALARM",
            "NewStateReason": "Threshold Crossed: 1 out of the last 1 datapoints [91.25 (20/11/26 08:59:00)] was "
            "greater than the threshold (80.0) (minimum 1 datapoint for OK -> ALARM transition).",
            "StateChangeTime": "2026-11-20T08:59:30.123+0000",
            "Region": "EU (Frankfurt)",
            "AlarmArn": "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:orders-cpu",
            "OldStateValue": "OK",
            "Trigger": {
                "MetricName": "CPUUtilization",
                "Namespace": "AWS/RDS",
                "StatisticType": "Statistic",
                "Statistic": "AVERAGE",
                "Unit": None,
                "Dimensions": [{"value": "orders-db", "name": "DBInstanceIdentifier"}],
                "Period": 60,
                "EvaluationPeriods": 10,
                "DatapointsToAlarm": 10,
                "ComparisonOperator": "GreaterThanThreshold",
                "Threshold": 80.0,
            },
        }
        return {name: value for name, value in {**message, **fields}.items() if value is not ...}

    return build


@pytest.fixture
def parsed() -> ParseMessage:
    """`parsed(message, topic="critical")`: a message, JSON or text, as a topic of ours would bring it."""

    def run(message: object, topic: str = "", **envelope: Any) -> Parsed:
        text = message if isinstance(message, str) else json.dumps(message)
        arn = TOPIC + topic if topic else ""
        return parse(Envelope(text=text, topic_arn=arn, **envelope), received_at=NOW)

    return run


@pytest.fixture
def one(parsed: ParseMessage) -> ParseAlert:
    """The only alert of a message."""

    def run(message: object, topic: str = "", **envelope: Any) -> Alert:
        (alert,) = parsed(message, topic, **envelope).alerts
        return alert

    return run
