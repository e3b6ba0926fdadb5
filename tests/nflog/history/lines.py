"""Writes log lines as the functions do, for the tests of history and of the audit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

MONDAY = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
ARN = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:"


def line(at: datetime, event: str, **fields: Any) -> str:
    stamp = f"{at:%Y-%m-%d %H:%M:%S},{at.microsecond // 1000:03d}+0000"
    own = {"level": "INFO", "location": "log:1", "message": event, "timestamp": stamp, "service": "slack-forwarder"}
    return json.dumps({**own, **fields})


def outcome(at: datetime, name: str, status: str = "firing", **fields: Any) -> str:
    own = {"alertname": name.split("-")[-1], "fingerprint": f"f-{name}", "state_key": ARN + name, "status": status}
    place = {"receiver": "slack-critical", "channel": "slack", "group_key": '{}/{severity="critical"}:{}'}
    said = {"outcome": "delivered", "reason": "first_notification", "attempts": 1, "latency_seconds": 2.5}
    return line(at, "outcome", **{**own, **place, **said, **fields})


def firing(at: datetime, name: str, minutes: float, **fields: Any) -> list[str]:
    """One firing of an alarm that notifies Slack a few seconds after it fired, and resolves after so many minutes."""
    ended = at + timedelta(minutes=minutes)
    starts = at.isoformat()
    resolve = {"reason": "all_alerts_resolved", "ended_at": ended.isoformat(), "starts_at": starts}
    return [
        outcome(at + timedelta(seconds=3), name, starts_at=starts, **fields),
        outcome(ended + timedelta(seconds=40), name, "resolved", **resolve),
    ]
