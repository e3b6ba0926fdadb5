"""A CloudWatch alarm as its SNS action publishes it, in every form of the last ten years.

Source: Amazon CloudWatch user guide, "Notifying users on alarm changes", and messages seen since.
"""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Alert
from alertrelay.sources import query_alarm, trigger
from alertrelay.sources.alarm import alert_of, child_of
from alertrelay.sources.alarm_update import AlarmUpdate
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.envelope import decoded
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn, partition_of, region_of_place
from alertrelay.values.times import instant


def detect(value: object) -> bool:
    """It has a new state, and says whose."""
    fields = texts.mapping(value)
    return "NewStateValue" in fields and bool(texts.field(fields, "AlarmName") or texts.field(fields, "AlarmArn"))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert: an alarm's message is about one alarm, or one contributor of it."""
    return (alert_of(_update(texts.mapping(value), arrival), arrival, source="cloudwatch"),)


_READ = (
    "AlarmArn",
    "AlarmName",
    "Region",
    "AWSAccountId",
    "NewStateValue",
    "EvaluationState",
    "AlarmDescription",
    "OldStateValue",
    "NewStateReason",
    "AlarmContributorId",
    "AlarmRule",
)
"""Keys of an alarm's message whose values are texts."""


def _update(message: Mapping[str, object], arrival: Arrival) -> AlarmUpdate:
    said = texts.texts_of(message, *_READ)
    given = said["AlarmArn"]
    arn = Arn.of(given)
    topic = Arn.of(arrival.envelope.topic_arn)
    name = said["AlarmName"] or arn.resource.removeprefix("alarm:") or given
    region = arn.region or topic.region or region_of_place(said["Region"])
    account = said["AWSAccountId"] or arn.account or topic.account
    definition = texts.mapping(message.get("Trigger"))
    query = query_alarm.read(definition) or query_alarm.read(_definition_of_query(message))
    return AlarmUpdate(
        name=name,
        # Old messages have no ARN; what is derived is the very ARN that a later message of this alarm carries.
        arn=given or f"arn:{topic.partition or partition_of(region)}:cloudwatch:{region}:{account}:alarm:{name}",
        account=account,
        region=region,
        state=said["NewStateValue"],
        evaluation=said["EvaluationState"],
        changed_at=instant(message.get("StateChangeTime")),
        description=said["AlarmDescription"],
        previous_state=said["OldStateValue"],
        reason=said["NewStateReason"],
        reason_data=_reason_data(message.get("NewStateReasonData")),
        tags=_tags(message),
        contributor_id=said["AlarmContributorId"],
        contributor_attributes=texts.string_map(message.get("AlarmContributorAttributes")),
        metrics=trigger.metrics(definition),
        condition=query.condition if query else trigger.condition(definition),
        log_groups=query.log_groups if query else (),
        rule=said["AlarmRule"],
        children=tuple(child_of(child) for child in texts.items(message.get("TriggeringChildren"))),
        notes={**(query.notes if query else {}), **_notes(message, definition)},
    )


def _tags(message: Mapping[str, object]) -> Mapping[str, str]:
    """The documentation does not say in which shape; other notifications of AWS have all of these."""
    given = next((message[key] for key in ("AlarmTags", "alarmTags", "Tags", "tags") if message.get(key)), None)
    return texts.pairs(decoded(given) if isinstance(given, str) else given)


def _reason_data(value: object) -> Mapping[str, object]:
    """Returns the data of the reason: an object in log alarms, a JSON text elsewhere."""
    return texts.mapping(decoded(value) if isinstance(value, str) else value)


_LOG_LINES = ("ActionLogLines", "LogLines", "LogEvents", "ActionLogEvents")
_LINES_SHOWN = 50  # CloudWatch sends no more


def _definition_of_query(message: Mapping[str, object]) -> Mapping[str, object]:
    """Returns the definition of a query alarm that stands beside the state instead of within `Trigger`."""
    names = ("ScheduledQueryConfiguration", "EvaluationCriteria", "AggregationExpression", "QueryString")
    return message if any(name in message for name in names) else {}


def _notes(message: Mapping[str, object], definition: Mapping[str, object]) -> dict[str, str]:
    notes = {"log_lines": _log_lines(message) or _log_lines(definition)}
    if message.get("ActionExecutedAfterMuteWindow") is True:
        notes["note"] = "sent when the alarm's mute window ended; the state may have changed before"
    return notes


def _log_lines(fields: Mapping[str, object]) -> str:
    """Returns the log lines that a log alarm sends along (ActionLogLineCount). The documentation does not name their
    field."""
    if fields.keys().isdisjoint(_LOG_LINES):
        return ""
    lines = next((texts.items(fields[name]) for name in _LOG_LINES if texts.items(fields.get(name))), ())
    said = (texts.field(texts.mapping(line), "message") or texts.printable(line) for line in lines[:_LINES_SHOWN])
    return "\n".join(said)
