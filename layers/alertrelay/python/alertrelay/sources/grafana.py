"""Grafana's alerting webhook: Alertmanager's shape with links, values and a state of its own.

Source: Grafana documentation, "Webhook notifier" and "Stale alert instances, No Data and Error states": a rule that
cannot be evaluated fires as an alert called DatasourceError or DatasourceNoData, with the labels and annotations of the
rule and its name in `rulename`; the annotation `grafana_state_reason` gives the reason of a state that is not the
query's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from alertrelay.alert import Alert
from alertrelay.sources import alertmanager
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.reason import number
from alertrelay.values import text as texts
from alertrelay.values import units

_LINKS: Mapping[str, str] = {
    "dashboard_url": "dashboardURL",
    "panel_url": "panelURL",
    "silence_url": "silenceURL",
    "image_url": "imageURL",
}

_ERROR, _NO_DATA = "{} cannot be evaluated", "Grafana has no data for {}"
_NOT_EVALUATED: Mapping[str, str] = {"DatasourceError": _ERROR, "DatasourceNoData": _NO_DATA}
_REASONS: Mapping[str, str] = {
    "error": _ERROR,
    "nodata": _NO_DATA,
    "missingseries": _NO_DATA,
    "paused": "{} was paused",
    "updated": "{} was changed",
    "ruledeleted": "{} was deleted",
}
_ERRORS = ("Error", "error", "errorMessage")
_ERROR_SHOWN = 200  # characters of the error in the summary; it is an annotation as well


def detect(value: object) -> bool:
    """Alertmanager's shape with an organisation, or with links that only Grafana gives."""
    group = texts.mapping(value)
    if not alertmanager.detect(value):
        return False
    return "orgId" in group or any("silenceURL" in texts.mapping(entry) for entry in texts.items(group.get("alerts")))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert an entry. Grafana's fingerprint covers labels that it does not send, so it is taken as it
    is."""
    group = texts.mapping(value)
    entries = alertmanager.entries_of(group)
    whole = {**group, "status": group.get("status") or group.get("state"), "alerts": entries}
    alerts = alertmanager.of_group(whole, arrival, source="grafana")
    if not entries:
        return alerts
    return tuple(_with_links(alert, texts.mapping(entry)) for alert, entry in zip(alerts, entries, strict=True))


def _with_links(alert: Alert, entry: Mapping[str, object]) -> Alert:
    links = ((name, entry.get(key)) for name, key in _LINKS.items())
    hindered = _hindrance(alert)
    found = texts.annotation_set([("value", "" if hindered else _values(entry)), *links])
    notes = {**found, **alert.annotations}  # what the rule's author wrote wins
    if hindered:
        # The rule's own sentence speaks of a value that was not measured.
        notes = {**notes, "rule_summary": notes["summary"], "summary": texts.one_line(hindered)}
    return replace(alert, annotations=notes)


def _hindrance(alert: Alert) -> str:
    """Return a sentence where the state is not the result of the rule's query, else ""."""
    notes = alert.annotations
    words = _NOT_EVALUATED.get(alert.labels.get("alertname", ""))
    # "Alerting (NoData)", "Error", "MissingSeries": the last word within or without brackets.
    reason = notes.get("grafana_state_reason", "")[:100].rpartition("(")[2].strip(" )").lower().replace(" ", "")
    words = words or _REASONS.get(reason)
    if not words:
        return ""
    rule = alert.labels.get("rulename") or (alert.name if alert.name not in _NOT_EVALUATED else "an alert rule")
    said = words.format(rule.replace("{", "(").replace("}", ")"))
    error = texts.one_line(next((notes[name] for name in _ERRORS if name in notes), ""), _ERROR_SHOWN)
    if error:
        return f"{said}: {error}"
    if reason == "missingseries":
        return f"{said}: its series are missing, so Grafana resolved the alert"
    query = alert.labels.get("ref_id", "")
    return f"{said} (query {query})" if query and words is _NO_DATA else said


def _values(entry: Mapping[str, object]) -> str:
    """`B=12, C=1`: the values by the name of their query; older versions have only a text."""
    values = texts.mapping(entry.get("values"))
    if not values:
        return texts.field(entry, "valueString")
    shown = []
    for name, value in values.items():
        found = number(value)
        if value is not None:
            shown.append(f"{name}={texts.printable(value) if found is None else units.shown(found)}")
    return ", ".join(shown)
