"""Writes messages for the topics, in the webhook's shape, split so that a topic takes each.

SNS takes 262,144 bytes of message and attributes: https://docs.aws.amazon.com/sns/latest/api/API_Publish.html.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from alertrelay.alert import Labels, fingerprint, rfc3339
from alertrelay.intake.posted import NEVER, PostedAlert
from alertrelay.sources.severity import severity
from alertrelay.values.text import compact_json, fitted

MOST_BYTES = 240_000
"""Of a message: below SNS's limit by what the attributes and an envelope may take."""
LABELS_BYTES, TEXT_BYTES = 60_000, 80_000
"""Of the labels and annotations of an alert that alone exceeds a message: the longest are cut, with a note."""
GROUP_BYTES = 60_000
"""Of what a group says beside its alerts; of one with more only its short texts are kept."""
_SHORT = ("status", "startsAt", "endsAt", "generatorURL", "fingerprint")
_SHORT_TEXT, _NAME, _NAMES = 2_000, 200, 200
_TOPICS: Mapping[str, str] = {"critical": "critical", "info": "info"}
RECEIVER = "alertrelay-intake"


def topic_of(labels: Mapping[str, Any]) -> str:
    """Returns the topic of an alert by its severity: critical, info, else warning."""
    word = labels.get("severity")
    return _TOPICS.get(severity(word), "warning") if isinstance(word, str) else "warning"


def entry_of(alert: PostedAlert, *, until: datetime, now: datetime) -> dict[str, Any]:
    """Returns an alert as an entry of a message. A firing one has no status but its end, so that the alert is over then
    even if nothing is ever published again."""
    resolved = alert.status(now) == "resolved"
    end = alert.ends_at if resolved else until
    return {
        **({"status": "resolved"} if resolved else {}),
        "labels": dict(alert.labels),
        "annotations": dict(alert.annotations),
        "startsAt": rfc3339(alert.starts_at),
        **({} if end == NEVER else {"endsAt": rfc3339(end)}),
        "generatorURL": alert.generator_url,
        "fingerprint": alert.fingerprint,
    }


def messages_of(entries: Iterable[Mapping[str, Any]], group: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yields (topic, message): the entries by topic, each message with what the group says beside its alerts."""
    by_topic: dict[str, list[Mapping[str, Any]]] = {}
    group = _bounded(group)
    common = group.get("commonLabels")
    shared: Labels = common if isinstance(common, Mapping) else {}
    for entry in entries:
        labels = entry.get("labels")
        named = labels if isinstance(labels, Mapping) and labels else shared
        by_topic.setdefault(topic_of(named), []).append(entry)
    for topic, found in sorted(by_topic.items()):
        for part in _parts(found, MOST_BYTES - stored_bytes_of(group)):
            yield topic, compact_json({**group, "alerts": part})


def empty_message(group: Mapping[str, Any]) -> str:
    """Returns the message of a group without alerts."""
    return compact_json({**_bounded(group), "alerts": []})


def _bounded(group: Mapping[str, Any]) -> Mapping[str, Any]:
    if stored_bytes_of(group) <= GROUP_BYTES:
        return group
    return {key: value for key, value in group.items() if stored_bytes_of(value) <= _SHORT_TEXT}


def stored_bytes_of(value: object) -> int:
    """Returns the bytes that a value takes as JSON in UTF-8."""
    return len(compact_json(value).encode())


def _parts(entries: Sequence[Mapping[str, Any]], room: int) -> Iterator[list[Mapping[str, Any]]]:
    part: list[Mapping[str, Any]] = []
    taken = 0
    for entry in entries:
        size = stored_bytes_of(entry) + 1
        if size > room:
            entry = _shortened(entry)
            size = stored_bytes_of(entry) + 1
        if part and taken + size > room:
            yield part
            part, taken = [], 0
        part.append(entry)
        taken += size
    if part:
        yield part


def _shortened(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """Cuts the texts of an alert of a quarter of a megabyte. Its identity stays: a fingerprint over all its labels."""
    labels, notes = (_as_texts(entry.get(key)) for key in ("labels", "annotations"))
    short = {key: value for key, value in entry.items() if key in _SHORT and isinstance(value, str)}
    named = short.get("fingerprint") or fingerprint(labels)
    return {
        **{key: value[:_SHORT_TEXT] for key, value in short.items()},
        "fingerprint": named,
        "labels": fitted(labels, LABELS_BYTES),
        "annotations": fitted(notes, TEXT_BYTES),
    }


def _as_texts(value: object) -> dict[str, str]:
    return (
        {str(name)[:_NAME]: str(text) for name, text in list(value.items())[:_NAMES]}
        if isinstance(value, Mapping)
        else {}
    )
