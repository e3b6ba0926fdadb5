"""Takes a recorded alarm through parsing, routing and rendering: what a new version must do before it gets traffic.

Pure but for the log: no table is read, nothing is sent, nobody is notified.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from alertrelay.alert import Alert, Channel
from alertrelay.channels import render
from alertrelay.config.model import Config, Target
from alertrelay.notification import Notification, Reason
from alertrelay.policy.route import match_routes
from alertrelay.sources import parse, unwrap

SELF_TEST: Mapping[str, str] = {"do": "self_test"}
"""The event by which it is asked for. A message of a topic or of a queue comes within `Records`, and is never this."""
PASSED = "passed"
SENT_AT = datetime(2026, 11, 20, 8, 21, 31, tzinfo=UTC)
ALARM: Mapping[str, Any] = {
    "AlarmName": "TEST_alertrelay_self_test",
    "AlarmDescription": "CPU of database orders-db is above 90 %.\n\nalertname: RDSHighCPU\nseverity: critical\n"
    "service: orders\nenv: test\nrunbook: https://wiki.example.com/runbooks/rds-high-cpu.md",
    "AWSAccountId": "111122223333",
    "NewStateValue": "ALARM",
    "NewStateReason": "Threshold Crossed: 5 out of the last 5 datapoints were greater than the threshold (90.0).",
    "StateChangeTime": "2026-11-20T08:21:31.377+0000",
    "Region": "EU (Frankfurt)",
    "AlarmArn": "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:TEST_alertrelay_self_test",
    "OldStateValue": "OK",
    "Trigger": {
        "MetricName": "CPUUtilization",
        "Namespace": "AWS/RDS",
        "StatisticType": "Statistic",
        "Statistic": "AVERAGE",
        "Dimensions": [{"value": "orders-db", "name": "DBInstanceIdentifier"}],
        "Period": 60,
        "EvaluationPeriods": 5,
        "ComparisonOperator": "GreaterThanThreshold",
        "Threshold": 90.0,
    },
}
WANTED: Mapping[str, str] = {"alertname": "RDSHighCPU", "severity": "critical", "service": "orders"}


class SelfTestFailed(Exception):
    """A version does not do with the recorded alarm what it must. The text says what was expected and what came."""


def self_test(config: Config, channels: frozenset[Channel], *, now: datetime) -> dict[str, Any]:
    """Return what was done: the number of routes that matched, and of integrations whose message was rendered.

    Every integration of `channels` is rendered, whether the alarm's routes reach it or not. Raises SelfTestFailed, or
    what parsing, routing or rendering raises.
    """
    alert = _parsed(now)
    receivers = {receiver.name: receiver for receiver in config.receivers}
    routes = match_routes(config.route, alert.labels)
    if missing := [route.receiver for route in routes if route.receiver not in receivers]:
        raise SelfTestFailed(f"a receiver for each route was expected; there is none for {', '.join(missing)}")
    own = [target for receiver in config.receivers for target in receiver.targets]
    own = [target for target in own if target.integration.channel in channels]
    for target in own:
        _rendered(alert, target, environment=config.environment, now=now)
    return {"self_test": PASSED, "routes": len(routes), "rendered": len(own)}


def _parsed(now: datetime) -> Alert:
    record = {
        "EventSource": "aws:sns",
        "EventVersion": "1.0",
        "Sns": {
            "Type": "Notification",
            "MessageId": "00000000-0000-0000-0000-000000000000",
            "TopicArn": "arn:aws:sns:eu-central-1:111122223333:alertrelay-test-critical",
            "Timestamp": SENT_AT.isoformat(),
            "Message": json.dumps(ALARM),
            "MessageAttributes": {},
        },
    }
    alerts = [alert for envelope in unwrap({"Records": [record]}) for alert in parse(envelope, received_at=now).alerts]
    if len(alerts) != 1:
        raise SelfTestFailed(f"one alert was expected of the recorded alarm; there are {len(alerts)}")
    (alert,) = alerts
    found = {name: alert.labels.get(name, "") for name in WANTED}
    if (alert.status, found) != ("firing", WANTED):
        raise SelfTestFailed(f"a firing alert with {dict(WANTED)} was expected; it is {alert.status} with {found}")
    return alert


def _rendered(alert: Alert, target: Target, *, environment: str, now: datetime) -> None:
    notification = Notification(
        id="self-test",
        integration=target.integration,
        status="firing",
        reason=Reason.FIRST,
        environment=environment,
        group_key="self-test",
        group_labels=WANTED,
        dedup_key="self-test",
        alerts=(alert,),
        news=frozenset({alert.state_key}),
        firing_count=1,
        resolved_count=0,
        at=now,
    )
    json.dumps(render(notification, target))
    ours = dataclasses.replace(target, texts={})  # the team's own texts may name the alert or not
    text = json.dumps(render(notification, ours), ensure_ascii=False)
    if WANTED["alertname"] not in text:
        shown = f"{target.integration.receiver}/{target.integration.channel}/{target.integration.index}"
        raise SelfTestFailed(f"the alert's name was expected in the message for {shown}; it is not there")
