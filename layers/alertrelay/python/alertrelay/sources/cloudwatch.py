"""A CloudWatch alarm as its SNS action publishes it, in every form of the last ten years.

Source: Amazon CloudWatch user guide, "Notifying users on alarm changes", and messages seen since.
"""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.alert import Alert
from alertrelay.sources import text as texts
from alertrelay.sources.alarm import AlarmUpdate, Condition, Metric, alert_of
from alertrelay.sources.arn import Arn, partition_of, region_of_place
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.envelope import decoded
from alertrelay.sources.reason import number
from alertrelay.sources.times import instant


def detect(value: object) -> bool:
    """It has a new state, and says whose."""
    fields = texts.mapping(value)
    return "NewStateValue" in fields and bool(_text(fields, "AlarmName") or _text(fields, "AlarmArn"))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """One alert: an alarm's message is about one alarm, or one contributor of it."""
    return (alert_of(_update(texts.mapping(value), arrival), arrival, source="cloudwatch"),)


def _update(message: Mapping[str, object], arrival: Arrival) -> AlarmUpdate:
    given = _text(message, "AlarmArn")
    arn = Arn.of(given)
    topic = Arn.of(arrival.envelope.topic_arn)
    name = _text(message, "AlarmName") or arn.resource.removeprefix("alarm:") or given
    region = arn.region or topic.region or region_of_place(_text(message, "Region"))
    account = _text(message, "AWSAccountId") or arn.account or topic.account
    trigger = texts.mapping(message.get("Trigger"))
    return AlarmUpdate(
        name=name,
        # Messages before 2021 have no ARN; what is derived is the very ARN that a later message of this alarm carries.
        arn=given or f"arn:{topic.partition or partition_of(region)}:cloudwatch:{region}:{account}:alarm:{name}",
        account=account,
        region=region,
        state=_text(message, "NewStateValue"),
        changed_at=instant(message.get("StateChangeTime")),
        description=_text(message, "AlarmDescription"),
        previous_state=_text(message, "OldStateValue"),
        reason=_text(message, "NewStateReason"),
        reason_data=_reason_data(message.get("NewStateReasonData")),
        tags=tags(message.get("AlarmTags", message.get("alarmTags"))),
        contributor_id=_text(message, "AlarmContributorId"),
        contributor_attributes=_strings(message.get("AlarmContributorAttributes")),
        metrics=_metrics(trigger),
        condition=_condition(trigger),
        rule=_text(message, "AlarmRule"),
        children=tuple(_child(child) for child in texts.items(message.get("TriggeringChildren"))),
        notes=_notes(message),
    )


def tags(value: object) -> dict[str, str]:
    """Alarm tags as an object, or as the list of {Key, Value} that most of AWS writes."""
    if isinstance(value, list):
        pairs = [{key.lower(): each for key, each in texts.mapping(entry).items()} for entry in value]
        return {
            texts.printable(pair.get("key", pair.get("name"))): texts.printable(pair.get("value")) for pair in pairs
        }
    return _strings(value)


def _text(fields: Mapping[str, object], key: str) -> str:
    return texts.printable(fields.get(key)).strip()


def _strings(value: object) -> dict[str, str]:
    return {texts.printable(name): texts.printable(each) for name, each in texts.mapping(value).items()}


def _reason_data(value: object) -> Mapping[str, object]:
    """An object in log alarms, a JSON text elsewhere."""
    return texts.mapping(decoded(value) if isinstance(value, str) else value)


def _child(child: object) -> str:
    """The documentation has alarm names or ARNs, real messages have {"Arn", "State": {"Value"}}."""
    fields = texts.mapping(child)
    arn = _text(fields, "Arn") if fields else texts.printable(child)
    state = _text(texts.mapping(fields.get("State")), "Value")
    name = Arn.of(arn).resource.removeprefix("alarm:") or arn
    return f"{name} ({state})" if state else name


def _notes(message: Mapping[str, object]) -> dict[str, str]:
    if message.get("ActionExecutedAfterMuteWindow") is True:
        return {"note": "sent when the alarm's mute window ended; the state may have changed before"}
    return {}


def _metrics(trigger: Mapping[str, object]) -> tuple[Metric, ...]:
    members = [texts.mapping(member) for member in texts.items(trigger.get("Metrics"))]
    if members:
        return tuple(_member(member) for member in members if texts.mapping(member.get("MetricStat")))
    if not (_text(trigger, "MetricName") or _text(trigger, "Namespace")):
        return ()
    return (
        _metric(trigger, statistic=_text(trigger, "ExtendedStatistic") or _text(trigger, "Statistic"), unit=trigger),
    )


def _member(member: Mapping[str, object]) -> Metric:
    stat = texts.mapping(member.get("MetricStat"))
    metric = texts.mapping(stat.get("Metric"))
    return _metric(metric, statistic=_text(stat, "Stat"), unit=stat, returned=member.get("ReturnData") is True)


def _metric(
    fields: Mapping[str, object], *, statistic: str, unit: Mapping[str, object], returned: bool = True
) -> Metric:
    return Metric(
        namespace=_text(fields, "Namespace"),
        name=_text(fields, "MetricName"),
        dimensions=_dimensions(fields.get("Dimensions")),
        statistic=statistic,
        unit=_text(unit, "Unit"),
        returned=returned,
    )


def _dimensions(value: object) -> dict[str, str]:
    """[{"name", "value"}] in messages, {"Name", "Value"} in what people copy from the API, an object in events."""
    return tags(value)


def _condition(trigger: Mapping[str, object]) -> Condition:
    expression = _expression(trigger)
    return Condition(
        operator=_text(trigger, "ComparisonOperator"),
        threshold=number(trigger.get("Threshold")),
        period=_whole(trigger.get("Period")) or _shortest_period(trigger),
        evaluation_periods=_whole(trigger.get("EvaluationPeriods")),
        datapoints_to_alarm=_whole(trigger.get("DatapointsToAlarm")),
        expression=_text(expression, "Expression"),
        expression_label=_text(expression, "Label"),
    )


def _expression(trigger: Mapping[str, object]) -> Mapping[str, object]:
    """The expression that the threshold is held against; an anomaly alarm's band is the threshold, not that."""
    band = _text(trigger, "ThresholdMetricId")
    for member in texts.items(trigger.get("Metrics")):
        fields = texts.mapping(member)
        if fields.get("Expression") and fields.get("ReturnData") is True and (not band or _text(fields, "Id") != band):
            return fields
    return {}


def _shortest_period(trigger: Mapping[str, object]) -> int:
    stats = [texts.mapping(texts.mapping(member).get("MetricStat")) for member in texts.items(trigger.get("Metrics"))]
    return min((period for stat in stats if (period := _whole(stat.get("Period")))), default=0)


def _whole(value: object) -> int:
    found = number(value)
    return int(found) if found is not None and found > 0 else 0
