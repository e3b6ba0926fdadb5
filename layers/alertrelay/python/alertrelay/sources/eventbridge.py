"""CloudWatch alarms by EventBridge: state changes of alarms and of contributors, and changes of an alarm itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from alertrelay.alert import Alert, fingerprint
from alertrelay.sources.alarm import alert_of
from alertrelay.sources.alarm_detail import update_of
from alertrelay.sources.alarm_update import AlarmUpdate
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.envelope import decoded
from alertrelay.values import text as texts
from alertrelay.values.times import instant

_STATE_CHANGE = "CloudWatch Alarm State Change"
_CONTRIBUTOR = "CloudWatch Alarm Contributor State Change"
_CONFIGURATION = "CloudWatch Alarm Configuration Change"


def detect(value: object) -> bool:
    """Recognises one of the three detail types, about a named alarm."""
    event, detail = _read(value)
    known = event.get("detail-type") in (_STATE_CHANGE, _CONTRIBUTOR, _CONFIGURATION)
    return known and bool(texts.field(detail, "alarmName") or texts.items(event.get("resources")))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert of a state change, under the same identity as the alarm's SNS message; one event of another
    change."""
    event, detail = _read(value)
    resources = texts.items(event.get("resources"))
    update = update_of(
        detail,
        arn=texts.printable(resources[0]) if resources else "",
        account=texts.field(event, "account"),
        region=texts.field(event, "region"),
        contributor=texts.mapping(detail.get("alarmContributor")),
    )
    if event.get("detail-type") == _CONFIGURATION:
        return (_configuration_change(update, event, detail, arrival),)
    if update.changed_at is None:
        update = replace(update, changed_at=instant(event.get("time")))
    return (alert_of(update, arrival, source="eventbridge"),)


def _deleted(alert: Alert, update: AlarmUpdate, at: datetime) -> Alert:
    summary = texts.one_line(f"Alarm {update.name} was deleted")
    annotations = {**alert.annotations, "summary": summary, "reason": "The alarm was deleted: no OK will come."}
    return replace(alert, annotations=annotations, status="resolved", kind="alert", ends_at=at, updated_at=at)


def _read(value: object) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Returns the event and its detail, which some publishers encode as text."""
    event = texts.mapping(value)
    detail = event.get("detail")
    named = {**event, "detail-type": event.get("detail-type", event.get("detailType"))}
    return named, texts.mapping(decoded(detail) if isinstance(detail, str) else detail)


def _configuration_change(
    update: AlarmUpdate, event: Mapping[str, object], detail: Mapping[str, object], arrival: Arrival
) -> Alert:
    """Somebody changed the alarm. A deleted one sends no OK any more: that ends its alert, under the alarm's identity.
    All else is information, under the event's own id."""
    alert = alert_of(update, arrival, source="eventbridge")
    operation = texts.field(detail, "operation") or "update"
    if operation == "delete":
        return _deleted(alert, update, instant(event.get("time")) or arrival.at)
    done = {"create": "created", "update": "updated", "delete": "deleted"}.get(operation, operation)
    labels = {**alert.labels, "alertname": "AlarmConfigurationChange", "severity": "info"}
    at = instant(event.get("time")) or arrival.at
    return replace(
        alert,
        labels=labels,
        annotations={
            **alert.annotations,
            "summary": texts.one_line(f"Alarm {update.name} was {done}; its state is {update.state or 'not known'}"),
        },
        status="firing",
        kind="event",
        starts_at=at,
        ends_at=None,
        updated_at=None,
        fingerprint=fingerprint(labels),
        state_key=f"eventbridge:{texts.field(event, 'id') or f'{update.arn}@{at.isoformat()}'}",
    )
