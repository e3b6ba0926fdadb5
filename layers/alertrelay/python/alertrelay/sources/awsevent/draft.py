"""Holds the content of an event before it is an alert."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice

from alertrelay.alert import Alert, Kind, fingerprint
from alertrelay.sources.arrival import Arrival, identity_of
from alertrelay.sources.severity import DEFAULT, higher, of_topic
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn

MOST = 100
"""Alerts of one message. EventBridge carries at most 100 findings in an event; what is beyond is one alert more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertDraft:
    """`summary` is the sentence for people, without the region, which is added to it.

    `identity` is the source's id of it, "" for none: then it is the message's own.

    `severity` is known: the event's own word, or an id in a table. It wins over the topic. `guess` is what the words of
    a state suggest: it may raise what the topic gives and never lowers it, so that a wrong guess silences nobody.
    Without both it is the topic's, else a warning.

    `ended` makes it the end of what an earlier one with this identity began.
    """

    alertname: str
    summary: str
    identity: str = ""
    severity: str = ""
    guess: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    reason: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)
    link: str = ""
    account: str = ""
    region: str = ""
    at: datetime | None = None
    updated_at: datetime | None = None
    kind: Kind = "event"
    ended: bool = False


def alert_of(draft: AlertDraft, arrival: Arrival) -> Alert:
    """Returns the alert; where the event does not say its account or region, the topic's are taken."""
    topic = Arn.of(arrival.envelope.topic_arn)
    region = draft.region or topic.region
    given = of_topic(arrival.envelope.topic_arn)
    labels = texts.label_set(
        {
            **given,
            **draft.labels,
            "severity": draft.severity or higher(given.get("severity", ""), draft.guess) or DEFAULT,
            "account_id": draft.account or topic.account,
            "region": region,
            "alertname": camel(draft.alertname) or "AWSEvent",
        }.items()
    )
    starts = draft.at or draft.updated_at or arrival.at
    return Alert(
        labels=labels,
        annotations=texts.annotation_set(
            [
                ("summary", _placed(draft.summary or labels["alertname"], region)),
                ("description", draft.description),
                ("reason", draft.reason),
                *draft.notes.items(),
            ]
        ),
        status="resolved" if draft.ended else "firing",
        kind=draft.kind,
        starts_at=starts,
        ends_at=(draft.updated_at or arrival.at) if draft.ended else None,
        updated_at=draft.updated_at,
        source="aws-event",
        fingerprint=fingerprint(labels),
        state_key=f"aws:{texts.printable(draft.identity)}" if draft.identity else identity_of(arrival),
        generator_url=draft.link if draft.link.startswith(("https://", "http://")) else "",
    )


def alerts_of(found: Iterable[AlertDraft], arrival: Arrival) -> tuple[Alert, ...]:
    """Return an alert for each, at most MOST; where there are more, one that shows the message itself."""
    first = list(islice(found, MOST + 1))
    alerts = [alert_of(each, arrival) for each in first[:MOST]]
    if len(first) > MOST:
        alerts.append(alert_of(_rest(first[MOST], arrival), arrival))
    return distinct(alerts)


def _rest(beyond: AlertDraft, arrival: Arrival) -> AlertDraft:
    return AlertDraft(
        alertname="AWSEventTooLong",
        summary=f"One message with over {MOST} parts: the rest stands only in its text",
        labels={"aws_service": beyond.labels.get("aws_service", "")},
        description=arrival.envelope.text,
        account=beyond.account,
        region=beyond.region,
        at=beyond.at,
    )


def distinct(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Events of one message that are known only by the message would be taken for one: they are numbered."""
    seen: set[str] = set()
    found = []
    for number, alert in enumerate(alerts):
        again = alert.kind == "event" and alert.state_key in seen
        seen.add(alert.state_key)
        found.append(replace(alert, state_key=f"{alert.state_key}#{number}") if again else alert)
    return tuple(found)


def _placed(summary: str, region: str) -> str:
    """Returns the summary with where it happened, which is never cut off."""
    where = f" ({region})" if region and region not in summary else ""
    return texts.one_line(summary, texts.SUMMARY_MAX - len(where)) + where


def camel(words: str) -> str:
    """EC2 Instance State-change Notification → EC2InstanceStateChangeNotification; names that are one word are kept."""
    parts = re.findall(r"[A-Za-z0-9]+", words)
    shaped = [part.capitalize() if part.islower() or (part.isupper() and len(part) > 5) else part for part in parts]
    return texts.cut("".join(shaped), 120)
