"""Grafana OnCall (IRM): alert groups, as its outgoing webhooks send them.

Source: Grafana OnCall documentation, "Outgoing webhooks": the default body has `event`, `alert_group` and the payload
of the last alert as its integration received it.
"""

from __future__ import annotations

import re

from alertrelay.alert import Alert
from alertrelay.sources import levels, sentence
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.third_party import alert, tag_labels
from alertrelay.values import text as texts

_MARK = re.compile(r"^\s{0,9}\[[^\]]{1,40}\]\s{0,9}")
_OVER = frozenset({"resolved", "resolve"})


def detect(value: object) -> bool:
    """Recognises an alert group with its state."""
    fields = Fields.of(value) if isinstance(value, dict) else Fields({}, {})
    group = fields.inner("alert_group")
    return bool(group) and bool(_id(fields, group)) and bool(group.text("state") or fields.text("event.type"))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Return one alert: the alert group, until it is resolved. Acknowledged and silenced groups still fire."""
    fields = Fields.of(value)
    group, payload = fields.inner("alert_group"), fields.inner("alert_payload")
    first = next(iter(payload.each("alerts")), Fields({}, {}))  # of a payload in Alertmanager's shape
    holders = (group.value("labels"), first.value("labels"), payload.value("commonLabels"), payload.value("labels"))
    labels = {name: value for each in holders for name, value in tag_labels(each).items()}
    title = _MARK.sub("", group.text("title")[: texts.READ_MAX])
    notes = payload.inner("annotations") or first.inner("annotations") or payload.inner("commonAnnotations")
    state = (group.text("state") or fields.text("event.type")).lower()
    said = sentence.best([notes.text("summary"), notes.text("description"), payload.text("message", "title"), title])
    return (
        alert(
            arrival,
            name=labels.get("alertname", "") or title or "GrafanaOnCallAlertGroup",
            summary=said,
            key=f"grafana-oncall:{_id(fields, group)}",
            status="resolved" if state in _OVER else "firing",
            severity=levels.level(labels.get("severity") or payload.text("severity", "priority")),
            labels={**labels, "provider": "grafana-oncall", "integration": fields.text("integration.name")},
            notes={
                "description": notes.text("description"),
                "runbook_url": notes.text("runbook_url", "runbook"),
                "dashboard_url": notes.text("dashboard_url", "dashboard"),
                "state": state,
                "alerts": group.text("alerts_count"),
            },
            links=(
                group.text("permalinks.web"),
                group.text("permalinks.web_app"),
                payload.text("generatorURL", "alert_url"),
            ),
            at=group.at("created_at", "started_at"),
            changed_at=fields.at("event.time") or group.at("resolved_at", "acknowledged_at", "created_at"),
        ),
    )


def _id(fields: Fields, group: Fields) -> str:
    return fields.text("alert_group_id") or group.text("id", "pk")
