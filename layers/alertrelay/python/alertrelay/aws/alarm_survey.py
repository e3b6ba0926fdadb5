"""Asks CloudWatch page by page for the alarms of this environment, in the form in which SNS brings their updates.

An alarm is one of ours where it notifies one of the environment's topics; that topic gives its severity, as it does for
an update. Source: DescribeAlarms and DescribeAlarmContributors of the CloudWatch API reference.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from alertrelay.alert import rfc3339
from alertrelay.aws.errors import code, failures
from alertrelay.dispatch.survey import Alarms, AskAlarms
from alertrelay.sources import Envelope

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient

PAGE = 25
"""Alarms a request: of each that fires its contributors may have to be asked for, too."""
_CREATING = timedelta(seconds=1)
_STATE_OF = ("AlarmName", "AlarmArn", "AlarmDescription", "AlarmRule")


def surveyed_alarms(
    client: Callable[[], CloudWatchClient],
    *,
    account: str,
    region: str,
    topics: str,
    now: Callable[[], datetime],
    log: Callable[..., None],
) -> AskAlarms:
    """Return the port `AskAlarms` of dispatch/survey.py. `topics`: how the names of the environment's topics begin."""
    prefix = f":sns:{region}:{account}:{topics}"

    def ask(state: str, token: str) -> Alarms | None:
        cloudwatch: Any = client()
        types = list(cloudwatch.meta.service_model.shape_for("AlarmType").enum)
        question = {"StateValue": state, "AlarmTypes": types, "MaxRecords": PAGE}
        try:
            page = cloudwatch.describe_alarms(**question, **({"NextToken": token} if token else {}))
            ours = [(alarm, topic) for alarm in _alarms(page) if _changed(alarm) and (topic := _topic(alarm, prefix))]
            found = [each for alarm, topic in ours for each in _updates(cloudwatch, alarm, account, topic, now())]
        except failures() as error:
            log("alarms_not_surveyed", failure=code(error))
            return None
        return Alarms(updates=found, token=page.get("NextToken", ""))

    return ask


def _alarms(page: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for listed in page.values():
        if isinstance(listed, list):
            yield from (alarm for alarm in listed if isinstance(alarm, dict) and "AlarmArn" in alarm)


def _changed(alarm: Mapping[str, Any]) -> bool:
    """Returns whether it fires, or its state is another than the one that it was created with: an alarm that never
    fired has nothing to resolve."""
    since, created = _since(alarm), alarm.get("AlarmConfigurationUpdatedTimestamp")
    return alarm.get("StateValue") == "ALARM" or not (since and created) or since - created >= _CREATING


def _since(said: Mapping[str, Any]) -> datetime | None:
    return said.get("StateTransitionedTimestamp") or said.get("StateUpdatedTimestamp")


def _topic(alarm: Mapping[str, Any], prefix: str) -> str:
    """Returns the first of our topics that the alarm notifies, "" for none."""
    return next((action for action in alarm.get("AlarmActions", ()) if prefix in action), "")


def _updates(
    client: Any, alarm: Mapping[str, Any], account: str, topic: str, now: datetime
) -> Iterator[tuple[Envelope, datetime]]:
    """Yields the update of an alarm, or of each of its contributors that fires, with the time since when it is so."""
    parts = _contributors(client, alarm) if alarm.get("StateValue") == "ALARM" else []
    for part in parts or [{}]:
        said = {**alarm, **part}
        since = _since(said) or now
        message = {
            **{name: alarm[name] for name in _STATE_OF if name in alarm},
            "AWSAccountId": account,
            "NewStateValue": alarm["StateValue"],
            "NewStateReason": said.get("StateReason", ""),
            "NewStateReasonData": alarm.get("StateReasonData", ""),
            "StateChangeTime": rfc3339(since),
            "AlarmActions": list(alarm.get("AlarmActions", ())),
            "Trigger": {name: value for name, value in alarm.items() if not name.startswith(("Alarm", "State"))},
        }
        if part:
            attributes = part.get("ContributorAttributes", {})
            message |= {"AlarmContributorId": part["ContributorId"], "AlarmContributorAttributes": attributes}
        text = json.dumps(message, default=str)
        identity = f"{alarm['AlarmArn']}#{part.get('ContributorId', '')}@{rfc3339(since)}"
        yield Envelope(text=text, message_id=identity, topic_arn=topic, sent_at=now), since


def _contributors(client: Any, alarm: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Returns the contributors that fire of an alarm on a query that groups. Raises what botocore raises."""
    definition = json.dumps([alarm.get("Metrics"), alarm.get("EvaluationCriteria")], default=str).upper()
    groups = "GROUP BY" in definition or "EvaluationCriteria" in alarm or "ScheduledQueryConfiguration" in alarm
    if not groups or "DescribeAlarmContributors" not in client.meta.service_model.operation_names:
        return []
    found: list[Mapping[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = client.describe_alarm_contributors(AlarmName=alarm["AlarmName"], **token)
        found += page.get("AlarmContributors", ())
        if not page.get("NextToken"):
            return found
        token = {"NextToken": page["NextToken"]}
