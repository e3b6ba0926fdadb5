"""Writes what DescribeAlarms has of an alarm in the form in which SNS brings its updates."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.aws.alarms.asking import has_contributors, knows_contributors
from alertrelay.sources import Envelope

FOR_PEOPLE = ("ops", "last-resort")
"""Topics that no forwarder subscribes to: infra/topics.py."""
_CREATING = timedelta(seconds=1)
_STATE_OF = ("AlarmName", "AlarmArn", "AlarmDescription", "AlarmRule")


def has_changed(alarm: Mapping[str, Any]) -> bool:
    """Returns whether it fires, or its state is another than the one that it was created with: an alarm that never
    fired has nothing to resolve."""
    at, created = since(alarm), alarm.get("AlarmConfigurationUpdatedTimestamp")
    return alarm.get("StateValue") == "ALARM" or not (at and created) or at - created >= _CREATING


def since(said: Mapping[str, Any]) -> datetime | None:
    """Returns since when an alarm or a contributor is in its state."""
    return said.get("StateTransitionedTimestamp") or said.get("StateUpdatedTimestamp")


def our_topic(alarm: Mapping[str, Any], prefix: str) -> str:
    """Returns the first of our topics of alerts that the alarm notifies, "" for none. The two for people alone are none
    of them: what an alarm of the relay on itself says is no alert of ours."""
    ours = (action for action in alarm.get("AlarmActions", ()) if prefix in action)
    return next((topic for topic in ours if topic.partition(prefix)[2] not in FOR_PEOPLE), "")


def updates(
    client: Any, alarm: Mapping[str, Any], account: str, topic: str, now: datetime
) -> Iterator[tuple[Envelope, datetime]]:
    """Yields the update of an alarm, or of each of its contributors that fires, with the time since when it is so.
    Raises what botocore raises."""
    firing = _contributors(client, alarm) if alarm.get("StateValue") == "ALARM" else []
    yield from as_updates(alarm, firing, account=account, topic=topic, now=now)


def as_updates(
    alarm: Mapping[str, Any], firing: Sequence[Mapping[str, Any]], *, account: str, topic: str, now: datetime
) -> Iterator[tuple[Envelope, datetime]]:
    """Yields the update of an alarm, or of each contributor in `firing`, with the time since when it is so."""
    for part in firing or [{}]:
        said = {**alarm, **part}
        at = since(said) or now
        message = {
            **{name: alarm[name] for name in _STATE_OF if name in alarm},
            "AWSAccountId": account,
            "NewStateValue": alarm["StateValue"],
            "NewStateReason": said.get("StateReason", ""),
            "NewStateReasonData": alarm.get("StateReasonData", ""),
            "StateChangeTime": rfc3339(at),
            "AlarmActions": list(alarm.get("AlarmActions", ())),
            "Trigger": {name: value for name, value in alarm.items() if not name.startswith(("Alarm", "State"))},
        }
        if part:
            attributes = part.get("ContributorAttributes", {})
            message |= {"AlarmContributorId": part["ContributorId"], "AlarmContributorAttributes": attributes}
        text = json.dumps(message, default=str)
        identity = f"{alarm['AlarmArn']}#{part.get('ContributorId', '')}@{rfc3339(at)}"
        yield Envelope(text=text, message_id=identity, topic_arn=topic, sent_at=now), at


def _contributors(client: Any, alarm: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the contributors that fire of an alarm on a query that groups. Raises what botocore raises."""
    if not (has_contributors(alarm) and knows_contributors(client)):
        return []
    found: list[Mapping[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = client.describe_alarm_contributors(AlarmName=alarm["AlarmName"], **token)
        found += page.get("AlarmContributors", ())
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}
