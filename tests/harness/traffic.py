"""What the sources send during a scenario: alarms, alerts of Prometheus and plain messages that fire, flap and end."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.dispatch.survey import Alarms
from alertrelay.sources import Envelope, unwrap

from tests.harness.judge import Episode, Mute

ACCOUNT, REGION = "123456789012", "eu-central-1"
CRITICAL = ("pager", "slack-critical", "mail")
WARNING = ("slack-warning",)


@dataclass(kw_only=True)
class Alarm:
    """An alert of one source. `since` is None while it does not fire. One of the plane "root" inhibits those of the
    plane "leaf" of its service."""

    token: str
    source: str
    severity: str
    service: str
    since: datetime | None = None
    plane: str = ""

    @property
    def receivers(self) -> tuple[str, ...]:
        """Where the routes lead."""
        return CRITICAL if self.severity == "critical" else WARNING


@dataclass
class Traffic:
    """Makes updates, and keeps what is true of each alert. `muted`: until when a service is silenced; `changed`: when
    each alarm of CloudWatch changed, to which state, with the event of that."""

    rng: random.Random
    alarms: list[Alarm]
    episodes: list[Episode] = field(default_factory=list)
    muted: dict[str, datetime] = field(default_factory=dict)
    changed: dict[str, tuple[datetime, str, dict[str, Any]]] = field(default_factory=dict)
    updates: int = 0
    unnamed: int = 0
    """Messages of which nobody knows what they are about: they are announced, and name no alert."""

    def toggle(self, alarm: Alarm, at: datetime) -> dict[str, Any]:
        """Returns the event of an alarm's next update, and keeps what it did."""
        self.updates += 1
        if alarm.since is None:
            alarm.since = at
            return self._event(alarm, "firing", at)
        since, alarm.since = alarm.since, None
        muted_until, muted = self._muted(alarm, since, at)
        self.episodes.append(
            Episode(
                token=alarm.token,
                begins=since,
                ends=at,
                receivers=alarm.receivers,
                muted_until=muted_until,
                muted=muted,
                asked=alarm.source == "cloudwatch",
            )
        )
        return self._event(alarm, "resolved", at, since=since)

    def _muted(self, alarm: Alarm, since: datetime, ends: datetime) -> tuple[datetime | None, Mute | None]:
        """Returns until when an episode is muted, and how."""
        if self._inhibited(alarm, since):
            return ends, "inhibited"
        silenced = self.muted.get(alarm.service)
        return silenced, "silenced" if silenced else None

    def _inhibited(self, alarm: Alarm, since: datetime) -> bool:
        """Whether an alert that inhibits this one fired meanwhile, or shortly before."""
        roots = {one.token: one for one in self.alarms if one.plane == "root" and one.service == alarm.service}
        before = since - timedelta(minutes=6)
        return alarm.plane == "leaf" and (
            any(one.since for one in roots.values())
            or any(one.token in roots and one.ends >= before for one in self.episodes)
        )

    def remark(self, number: int, at: datetime) -> dict[str, Any]:
        """Returns a plain message, which is an event: it is announced once."""
        self.updates += 1
        token = f"tok{number}x"
        self.episodes.append(
            Episode(token=token, begins=at, ends=at + timedelta(hours=3), receivers=CRITICAL, event=True)
        )
        text = f"{token}: the nightly copy did not run"
        return sns_event(text, severity="critical", at=at, subject=f"{token} copy failed")

    def poison(self, number: int, before: str, after: str, at: datetime) -> dict[str, Any]:
        """Returns a message that no parser reads, around the name of an alert. What it is about nobody knows: it is
        announced once, as raw text."""
        self.updates += 1
        token = f"tok{number}x"
        self.episodes.append(
            Episode(token=token, begins=at, ends=at + timedelta(hours=3), receivers=CRITICAL, event=True)
        )
        return sns_event(f"{before}{token}{after}", severity="critical", at=at)

    def _event(self, alarm: Alarm, status: str, at: datetime, since: datetime | None = None) -> dict[str, Any]:
        if alarm.source != "cloudwatch":
            return sns_event(_alertmanager(alarm, status, at, since or at), severity=alarm.severity, at=at)
        state = "ALARM" if status == "firing" else "OK"
        event = sns_event(_cloudwatch(alarm, state, at), severity=alarm.severity, at=at)
        self.changed[alarm.token] = at, state, event
        return event

    def described(self, state: str, token: str) -> Alarms:
        """Returns a page of CloudWatch's alarms in a state, five at a time. What they were before is not said."""
        found = [(at, event) for _, (at, now, event) in sorted(self.changed.items()) if now == state]
        first = int(token or 0)
        page = [(_without_history(unwrap(event)[0]), at) for at, event in found[first : first + 5]]
        return Alarms(page, str(first + 5) if first + 5 < len(found) else "")


def _without_history(update: Envelope) -> Envelope:
    return replace(update, text=json.dumps(json.loads(update.text) | {"OldStateValue": ""}))


def alarms(count: int, *, services: int, ordered_only: bool = False) -> list[Alarm]:
    """Returns alarms of two sources and severities. `ordered_only`: of CloudWatch, whose updates have a clock."""
    return [
        Alarm(
            token=f"tok{number}x",
            source="alertmanager" if number % 3 == 2 and not ordered_only else "cloudwatch",
            severity="warning" if number % 4 == 3 else "critical",
            service=f"s{number % services}",
        )
        for number in range(count)
    ]


def sns_event(text: str, *, severity: str, at: datetime, subject: str = "ALARM") -> dict[str, Any]:
    """Returns the event that Lambda gets for a message of a topic."""
    sns = {
        "Type": "Notification",
        "MessageId": hashlib.sha256(f"{at} {text}".encode()).hexdigest()[:16],
        "TopicArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:alertrelay-harness-{severity}",
        "Subject": subject,
        "Message": text,
        "Timestamp": rfc3339(at),
        "MessageAttributes": {},
    }
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns}]}


def _cloudwatch(alarm: Alarm, state: str, at: datetime) -> str:
    labels = {"alertname": alarm.token, "severity": alarm.severity, "service": alarm.service, "plane": alarm.plane}
    message: Mapping[str, Any] = {
        "AlarmName": alarm.token,
        "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:{alarm.token}",
        "AlarmDescription": f"{alarm.token} is high.\n\n" + "\n".join(f"{k}: {v}" for k, v in labels.items() if v),
        "AWSAccountId": ACCOUNT,
        "NewStateValue": state,
        "OldStateValue": "OK" if state == "ALARM" else "ALARM",
        "NewStateReason": "Threshold Crossed: 1 datapoint [93.0] was greater than the threshold (90.0).",
        "StateChangeTime": rfc3339(at).replace("Z", "+0000"),
        "Region": "EU (Frankfurt)",
        "Trigger": {"MetricName": "CPUUtilization", "Namespace": "AWS/RDS", "Dimensions": [], "Threshold": 90.0},
    }
    return json.dumps(message)


def _alertmanager(alarm: Alarm, status: str, at: datetime, since: datetime) -> str:
    alert = {
        "status": status,
        "labels": {"alertname": alarm.token, "severity": alarm.severity, "service": alarm.service}
        | ({"plane": alarm.plane} if alarm.plane else {}),
        "annotations": {"summary": f"{alarm.token} is late"},
        "startsAt": rfc3339(since),
        "endsAt": rfc3339(at) if status == "resolved" else "0001-01-01T00:00:00Z",
        "generatorURL": "https://prometheus.example.com/graph",
    }
    body = {"version": "4", "status": status, "groupKey": "{}", "receiver": "sns", "alerts": [alert]}
    return json.dumps(body)
