"""An alarm as EventBridge and the direct Lambda action describe it: one shape, two wrappings.

Source: Amazon CloudWatch user guide, "Alarm events and EventBridge" and "Invoke a Lambda function from an alarm".
"""

from __future__ import annotations

from collections.abc import Mapping

from alertrelay.sources import query_alarm, reason, trigger
from alertrelay.sources.alarm import child_of
from alertrelay.sources.alarm_update import AlarmUpdate
from alertrelay.sources.envelope import decoded
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn, partition_of
from alertrelay.values.times import instant


def update_of(
    detail: Mapping[str, object], *, arn: str, account: str, region: str, contributor: Mapping[str, object]
) -> AlarmUpdate:
    """`arn`, `account` and `region` come from the wrapping, and from each other where one is missing."""
    known = Arn.of(arn)
    state = texts.mapping(detail.get("state"))
    configuration = texts.mapping(detail.get("configuration"))
    data = _object(state.get("reasonData"))
    where, who = region or known.region, account or known.account
    name = texts.field(detail, "alarmName") or known.resource.removeprefix("alarm:")
    definition = _definition(configuration, data)
    query = query_alarm.read(configuration)
    return AlarmUpdate(
        name=name,
        arn=arn or f"arn:{partition_of(where)}:cloudwatch:{where}:{who}:alarm:{name}",
        account=who,
        region=where,
        state=texts.field(state, "value"),
        evaluation=texts.field(state, "evaluationState") or texts.field(detail, "evaluationState"),
        suppressed_by=_suppressed_by(detail, state),
        changed_at=instant(state.get("timestamp")),
        description=texts.field(configuration, "description"),
        previous_state=texts.field(texts.mapping(detail.get("previousState")), "value"),
        reason=texts.field(state, "reason"),
        reason_data=data,
        tags=texts.pairs(_decoded(detail.get("alarmTags"))),
        contributor_id=texts.field(contributor, "id"),
        contributor_attributes=texts.string_map(contributor.get("attributes")),
        metrics=trigger.metrics(definition),
        condition=query.condition if query else trigger.condition(definition),
        log_groups=query.log_groups if query else (),
        rule=texts.field(configuration, "alarmRule"),
        children=tuple(child_of(child) for child in texts.items(data.get("triggeringAlarms"))),
        notes=query.notes if query else {},
    )


def _object(value: object) -> Mapping[str, object]:
    return texts.mapping(_decoded(value))


def _decoded(value: object) -> object:
    return decoded(value) if isinstance(value, str) else value


def _suppressed_by(detail: Mapping[str, object], state: Mapping[str, object]) -> str:
    """What holds its actions back: a suppressor alarm or its waiting periods, or a mute rule."""
    by, reason = texts.field(state, "actionsSuppressedBy"), texts.field(state, "actionsSuppressedReason")
    if by or reason:
        return f"{by}: {reason}" if by and reason else by or reason
    mute = detail.get("muteDetail")
    if not mute:
        return ""
    rule = texts.field(texts.mapping(mute), "mutedByArn")
    until = texts.field(texts.mapping(mute), "muteWindowEnd")
    return f"mute rule {rule.rpartition(':')[2] or 'without a name'}" + (f" until {until}" if until else "")


def _definition(configuration: Mapping[str, object], data: Mapping[str, object]) -> Mapping[str, object]:
    """As a `Trigger`. Events leave the operator and the number of periods out; the threshold stands in the reason."""
    members = [_member(texts.mapping(member)) for member in texts.items(configuration.get("metrics"))]
    band = next((m["Id"] for m in members if texts.field(m, "Expression").startswith("ANOMALY_DETECTION_BAND")), None)
    threshold = None if band else reason.number(data.get("threshold"))
    return {"Metrics": members, "Threshold": threshold, "ThresholdMetricId": band}


def _member(member: Mapping[str, object]) -> dict[str, object]:
    stat = texts.mapping(member.get("metricStat"))
    metric = texts.mapping(stat.get("metric")) or (member if "namespace" in member else {})
    converted: dict[str, object] = {
        "Id": member.get("id"),
        "Expression": member.get("expression"),
        "Label": member.get("label"),
        "ReturnData": member.get("returnData"),
    }
    if metric:
        converted["MetricStat"] = {
            "Metric": {
                "Namespace": metric.get("namespace"),
                "MetricName": metric.get("name"),
                "Dimensions": metric.get("dimensions"),
            },
            "Period": stat.get("period"),
            "Stat": stat.get("stat"),
            "Unit": stat.get("unit"),
        }
    return converted
