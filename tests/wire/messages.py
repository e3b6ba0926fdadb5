"""The messages and events that a deployment gets: of CloudWatch, of Alertmanager, of SNS and SQS."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

REGION, ACCOUNT = "eu-central-1", "123456789012"


def sns_event(text: str, *, at: datetime, message_id: str = "") -> dict[str, Any]:
    """Return the event that Lambda gets for a message of the critical topic."""
    sns = {
        "Type": "Notification",
        "MessageId": message_id or hashlib.sha256(f"{at} {text}".encode()).hexdigest()[:16],
        "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alertrelay-wire-critical",
        "Subject": "ALARM",
        "Message": text,
        "Timestamp": _rfc3339(at),
        "MessageAttributes": {"origin": {"Type": "String", "Value": "wire"}},
    }
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns}]}


def sqs_event(message: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event that Lambda gets for a message of a queue."""
    record = {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:wire",
        "awsRegion": REGION,
    }
    return {"Records": [record]}


def alarm(name: str, state: str = "ALARM", *, at: datetime, alertname: str = "HighCPU", **labels: str) -> str:
    """Return a CloudWatch alarm's message; `labels` stand in its description."""
    named = {"alertname": alertname, "severity": "critical", "service": "orders", **labels}
    message = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{name}",
        "AlarmDescription": f"{name} is high.\n\n" + "\n".join(f"{k}: {v}" for k, v in named.items()),
        "AWSAccountId": ACCOUNT,
        "NewStateValue": state,
        "OldStateValue": "OK" if state == "ALARM" else "ALARM",
        "NewStateReason": "Threshold Crossed: 1 datapoint [93.0] was greater than the threshold (90.0).",
        "StateChangeTime": _rfc3339(at).replace("Z", "+0000"),
        "Region": "EU (Frankfurt)",
        "Trigger": {"MetricName": "CPUUtilization", "Namespace": "AWS/RDS", "Dimensions": [], "Threshold": 90.0},
    }
    return json.dumps(message)


def webhook(names: Iterable[str], *, at: datetime, ended: datetime | None = None, **labels: str) -> str:
    """Return Alertmanager's webhook message of many alerts that began at `at`, and ended where `ended` says so."""
    alerts = [
        {
            "status": "resolved" if ended else "firing",
            "labels": {"alertname": name, "severity": "warning", "service": "batch", **labels},
            "annotations": {"summary": f"{name} is late"},
            "startsAt": _rfc3339(at),
            "endsAt": _rfc3339(ended) if ended else "0001-01-01T00:00:00Z",
            "generatorURL": "https://prometheus.example.com/graph",
        }
        for name in names
    ]
    status = "resolved" if ended else "firing"
    return json.dumps({"version": "4", "status": status, "groupKey": "{}", "receiver": "sns", "alerts": alerts})


def _rfc3339(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
