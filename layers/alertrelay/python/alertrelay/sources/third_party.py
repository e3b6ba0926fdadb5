"""Alerts of other monitoring services: what Datadog, New Relic, PagerDuty and Grafana OnCall have in common."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import islice

from alertrelay.alert import Alert, Kind, Source, Status, fingerprint
from alertrelay.sources import levels
from alertrelay.sources.arrival import Arrival, identity_of
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.origin import origin
from alertrelay.sources.severity import of_topic
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn

_NAME = re.compile(r"[^A-Za-z0-9_]+")
_TAGS_READ = 100


def alert(
    arrival: Arrival,
    *,
    name: str,
    summary: str,
    key: str,
    status: Status,
    source: Source = "third-party",
    severity: str = "",
    guess: str = "",
    labels: Mapping[str, str] | None = None,
    notes: Mapping[str, str] | None = None,
    links: Iterable[str] = (),
    at: datetime | None = None,
    changed_at: datetime | None = None,
    kind: Kind = "alert",
) -> Alert:
    """Return the alert of a message that is about one thing.

    `key` is the sender's own id of it, by which a resolve finds its alert; without one it is an event, known by its
    message. `severity` is the sender's own word, mapped; `guess` counts only where it raises what the topic gives.
    `at` is when it began, `changed_at` the sender's clock. Of `links` the first that a browser can open counts.
    """
    known = kind if key else "event"
    own = _labels(arrival, name=name, severity=severity, guess=guess, given=labels or {})
    over = status == "resolved" and known == "alert"
    if status == "resolved" and not over and source == "third-party":
        summary = f"Resolved: {summary}"  # of an alert the notification itself names the state; an event has none
    return Alert(
        labels=own,
        annotations=_annotations(own, summary, notes or {}),
        status="resolved" if over else "firing" if known == "event" else status,
        kind=known,
        starts_at=at or changed_at or arrival.at,
        ends_at=(changed_at or arrival.at) if over else None,
        updated_at=changed_at if known == "alert" else None,
        source=source,
        fingerprint=fingerprint(own),
        state_key=texts.cut(texts.printable(key), texts.LABEL_MAX) if key else identity_of(arrival),
        generator_url=web_link(links),
    )


def _annotations(labels: Mapping[str, str], summary: str, notes: Mapping[str, str]) -> dict[str, str]:
    return texts.annotation_set(
        [
            ("summary", texts.one_line(summary) or labels["alertname"]),
            ("runbook_url", labels.get("runbook_url") or labels.get("runbook")),
            ("dashboard_url", labels.get("dashboard_url") or labels.get("dashboard")),
            *notes.items(),
        ]
    )


def _labels(arrival: Arrival, *, name: str, severity: str, guess: str, given: Mapping[str, str]) -> dict[str, str]:
    """What the sender gives over what the topic gives; the alertname, the severity and where it is from are ours."""
    topic = Arn.of(arrival.envelope.topic_arn)
    by_topic = of_topic(arrival.envelope.topic_arn)
    return texts.label_set(
        [
            ("account_id", topic.account),
            ("region", topic.region),
            *by_topic.items(),
            *given.items(),
            *origin(given).items(),
            ("severity", severity or levels.guessed(guess, by_topic.get("severity", ""))),
            ("alertname", texts.cut(texts.one_line(name) or "UnnamedAlert", 200)),
        ]
    )


def partner_detail(event: Fields, partner: str) -> Fields:
    """Return the detail of an EventBridge event of a partner (`datadog.com`), no fields for any other."""
    sent = event.text("source").lower().startswith(f"aws.partner/{partner}")
    return event.inner("detail") if sent else Fields({}, {})


def tag_labels(tags: object) -> dict[str, str]:
    """Return tags as labels: `env:prod` in a list or between commas, or an object; a tag without a value is none."""
    if isinstance(tags, str):
        tags = tags[: texts.READ_MAX].split(",")
    if isinstance(tags, list):
        split = (texts.printable(tag).strip().partition(":") for tag in islice(tags, _TAGS_READ))
        pairs = [(name, value) for name, _, value in split]
    else:
        pairs = list(islice(texts.string_map(tags).items(), _TAGS_READ))
    return {label_name(name): value.strip() for name, value in pairs if label_name(name) and value.strip()}


def label_name(name: str) -> str:
    """Return a name that a matcher can spell without quotation marks, "" where nothing is left."""
    plain = _NAME.sub("_", name[:100].strip()).strip("_")
    return f"_{plain}" if plain[:1].isdigit() else plain


def web_link(links: Iterable[str]) -> str:
    """Return the first address that a browser can open, "" for none."""
    return next((link for link in links if link.startswith(("https://", "http://")) and " " not in link), "")
