"""Alertmanager's webhook, version 4 and older, and what sends the same shape."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alertrelay.alert import Alert, Labels, Source, Status, fingerprint
from alertrelay.sources import raw
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.severity import DEFAULT, of_topic
from alertrelay.values import text as texts
from alertrelay.values.times import instant

_ENVELOPE_KEYS = frozenset({"receiver", "groupLabels", "commonLabels", "groupKey", "externalURL"})
_FINGERPRINT = re.compile(r"[0-9a-f]{16}")
_RESOLVED_WORDS = frozenset({"resolved", "ok", "normal", "inactive"})
_BARE_MAX = 20  # entries without labels that are shown
_SUMMARY_KEYS = ("summary", "title", "message", "description", "details")
# What people write in place of the names that the messages look for.
_ALIASES: Mapping[str, tuple[str, ...]] = {
    "runbook_url": ("runbook", "runbookURL", "runbookUrl"),
    "dashboard_url": ("dashboard", "dashboardURL", "dashboardUrl"),
}


def detect(value: object) -> bool:
    """Recognises a list `alerts`, with the webhook's other keys or with an entry that looks like an alert."""
    fields = texts.mapping(value)
    alerts = fields.get("alerts")
    if not isinstance(alerts, list):
        return False
    looks = any("labels" in texts.mapping(entry) or "annotations" in texts.mapping(entry) for entry in alerts)
    return looks or not alerts or bool(_ENVELOPE_KEYS & fields.keys())


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert an entry, each with its own status: a group may mix firing and resolved."""
    return of_group(texts.mapping(value), arrival, source="alertmanager")


def of_group(group: Mapping[str, object], arrival: Arrival, *, source: Source) -> tuple[Alert, ...]:
    """Returns the alerts of a group in the webhook's shape; an empty group is one event, because somebody sent it."""
    entries = entries_of(group)
    if not entries:
        return (_empty(group, arrival, source),)
    alerts = [_of_entry(entry, number, group, arrival, source) for number, entry in enumerate(entries)]
    return tuple(_distinct(alerts, [_given(texts.mapping(entry), group) for entry in entries]))


def _empty(group: Mapping[str, object], arrival: Arrival, source: Source) -> Alert:
    """Return the event of a group without alerts. What the group has in common is shown and grades it; without any it
    is at most what its topic gives, since nothing fires."""
    common = texts.label_set(texts.mapping(group.get("commonLabels") or group.get("groupLabels")).items())
    said = _first(texts.mapping(group.get("commonAnnotations")), _SUMMARY_KEYS)
    hidden = _hidden(group, arrival)
    came = f"A notification without alerts came from {texts.printable(group.get('receiver')) or source}"
    summary = texts.one_line(f"{came}: {said or _what(common) if common or said else hidden}".removesuffix(": "))
    event = raw.event(arrival, alertname="EmptyNotification", source=source, summary=summary, note=hidden)
    known = bool(common or said or hidden)
    graded = of_topic(arrival.envelope.topic_arn).get("severity") or (DEFAULT if known else "info")
    return replace(event, labels={**event.labels, "severity": graded, **common, "alertname": "EmptyNotification"})


def entries_of(group: Mapping[str, object]) -> list[object]:
    """Return the entries of a group. Of many without labels only the first are kept, and one entry counts the rest.

    Entries without labels cannot be distinguished, and thousands of them would be as many notifications.
    """
    entries = list(texts.items(group.get("alerts")))
    bare = [number for number, entry in enumerate(entries) if not texts.mapping(texts.mapping(entry).get("labels"))]
    if len(bare) <= _BARE_MAX:
        return entries
    left_out = frozenset(bare[_BARE_MAX - 1 :])
    summary = f"{len(left_out):,} more entries without labels are in this notification"
    return [entry for number, entry in enumerate(entries) if number not in left_out] + [
        {"labels": {}, "annotations": {"summary": summary}}
    ]


def _of_entry(entry: object, number: int, group: Mapping[str, object], arrival: Arrival, source: Source) -> Alert:
    fields = texts.mapping(entry)
    given = _given(fields, group)
    own = texts.label_set(given.items())
    if not fields or not own:
        return _unnamed(fields or entry, number, arrival, source)
    sent = texts.printable(fields.get("fingerprint"))
    # The sender's own where it is one: Grafana's covers labels that it does not send.
    identity = sent if _FINGERPRINT.fullmatch(sent) else _over_labels(given)
    status, ends_at = _end(fields, group, arrival)
    url = texts.printable(fields.get("generatorURL"))
    return Alert(
        labels={**of_topic(arrival.envelope.topic_arn), **own, "alertname": _name(own)},
        annotations=_annotations(fields, group, own, arrival),
        status=status,
        kind="alert",
        starts_at=instant(fields.get("startsAt")) or arrival.at,
        ends_at=ends_at,
        updated_at=instant(fields.get("updatedAt")),
        source=source,
        fingerprint=identity,
        state_key=identity,
        generator_url=url if url.startswith(("http://", "https://")) else "",
    )


def _unnamed(entry: object, number: int, arrival: Arrival, source: Source) -> Alert:
    """An entry without labels has no identity, so nothing could ever end it: it is announced once."""
    said = texts.mapping(texts.mapping(entry).get("annotations"))
    summary = _first(said, _SUMMARY_KEYS) or f"An entry without labels: {texts.as_json(entry)}"
    event = raw.event(arrival, alertname="UnnamedAlert", source=source, summary=texts.one_line(summary), part=entry)
    return replace(event, state_key=f"{event.state_key}#{number}")


def _name(own: Labels) -> str:
    """Return the alertname; a blank one names nothing."""
    names = (own.get(key, "") for key in ("alertname", "rulename", "__name__"))
    return next((name for name in names if name.strip()), "UnnamedAlert")


def _given(fields: Mapping[str, object], group: Mapping[str, object]) -> Mapping[str, object]:
    return texts.mapping(fields.get("labels")) or texts.mapping(group.get("commonLabels"))


def _over_labels(given: Mapping[str, object]) -> str:
    """Returns the fingerprint of the sender's labels, before any is cut or added."""
    whole = ((texts.printable(name), texts.printable(value)) for name, value in given.items())
    return fingerprint({name: value for name, value in whole if name and value})


def _end(fields: Mapping[str, object], group: Mapping[str, object], arrival: Arrival) -> tuple[Status, datetime | None]:
    """Returns whether the alert has ended, and when: by its own status, else by its end, else by the group's status.
    A posted alert whose `endsAt` has not come fires until then, unless it is posted again."""
    end = instant(fields.get("endsAt"))
    own = fields.get("status")
    if end and not (isinstance(own, str) and own):
        return ("resolved" if end <= arrival.at else "firing"), end
    said = own if isinstance(own, str) and own else texts.printable(group.get("status"))
    return ("resolved", end or arrival.at) if said.lower() in _RESOLVED_WORDS else ("firing", None)


def _annotations(
    fields: Mapping[str, object], group: Mapping[str, object], own: Labels, arrival: Arrival
) -> dict[str, str]:
    notes = texts.annotation_set(texts.mapping(fields.get("annotations")).items())
    for name, others in _ALIASES.items():
        found = notes.get(name) or _first(notes, others)
        if found:
            notes[name] = found
    notes["summary"] = texts.one_line(_first(notes, _SUMMARY_KEYS)) or _what(own)
    hidden = _hidden(group, arrival)
    if hidden:
        notes["truncated"] = hidden
    return notes


def _hidden(group: Mapping[str, object], arrival: Arrival) -> str:
    """A group that was cut hides alerts: people must know that there are more."""
    count = group.get("truncatedAlerts")
    if isinstance(count, int) and count > 0:
        were = "was" if count == 1 else "were"
        return f"{texts.how_many(count, 'more alert')} of this group {were} left out by the sender (max_alerts)"
    if arrival.envelope.attributes.get("truncated") == "true":
        return "the sender cut this message: there may be more alerts"
    return ""


def _what(own: Labels) -> str:
    """Returns a summary from labels alone: the name and what it is about."""
    about = [own[key] for key in ("service", "cluster", "namespace", "pod", "instance", "host", "job") if key in own]
    return texts.one_line(f"{_name(own)} on {', '.join(about[:3])}" if about else _name(own))


def _first(values: Mapping[str, object], keys: Iterable[str]) -> str:
    return next((said for key in keys if (said := texts.printable(values.get(key)).strip())), "")


def _distinct(alerts: Sequence[Alert], given: Sequence[Mapping[str, object]]) -> Iterator[Alert]:
    """A sender that gives one fingerprint to alerts of different labels would have them overwrite each other."""
    often = {key for key, count in Counter(alert.state_key for alert in alerts).items() if count > 1}
    labels_of: dict[str, set[str]] = {}
    for alert, own in zip(alerts, given, strict=True):
        if alert.state_key in often:
            labels_of.setdefault(alert.state_key, set()).add(_over_labels(own))
    for alert, own in zip(alerts, given, strict=True):
        shared = alert.kind == "alert" and len(labels_of.get(alert.state_key, ())) > 1
        yield replace(alert, state_key=_over_labels(own)) if shared else alert
