"""What an event tells, before it is an alert."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from alertrelay.alert import Alert, Kind, fingerprint
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.raw import identity_of
from alertrelay.sources.severity import DEFAULT, of_topic
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn

_BAD = re.compile(
    r"fail|error|abort|time.?d?.?out|fault|reject|denied|unable|expired|roll.?back|impaired|unhealthy|breach|lost|"
    r"non.?compliant|stopped|terminated|cancel|partial|unsuccess|incomplete|critical|interrupt|exceed|degrad|violat|"
    r"bounce|complaint|misconfig|disconnected|inaccessible|crash",
    re.IGNORECASE,
)
_GOOD = re.compile(
    r"succe|complet|available|running|active|passed|^pass$|finish|resolved|start|ready|creat|health|progress|pending|"
    r"queued|ok$|compliant|deliver|launch|connected|enabled|provisioned|^normal|submitted|recover|"
    r"published|runnable|in.?service|registered|updat|steady|opened|^open$|attach",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """`summary` is the sentence for people, without the region, which is added to it.

    `identity` is the source's id of it, "" for none: then it is the message's own. `severity` "" leaves it to the
    topic, else it is a warning. `ended` makes it the end of what an earlier one with this identity began.
    """

    alertname: str
    summary: str
    identity: str = ""
    severity: str = ""
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


def alert_of(told: Told, arrival: Arrival) -> Alert:
    """The alert; where the event does not say its account or region, the topic's are taken."""
    topic = Arn.of(arrival.envelope.topic_arn)
    region = told.region or topic.region
    labels = texts.label_set(
        {
            "severity": DEFAULT,
            **of_topic(arrival.envelope.topic_arn),
            **told.labels,
            **({"severity": told.severity} if told.severity else {}),
            "account_id": told.account or topic.account,
            "region": region,
            "alertname": camel(told.alertname) or "AWSEvent",
        }.items()
    )
    starts = told.at or told.updated_at or arrival.at
    return Alert(
        labels=labels,
        annotations=texts.annotation_set(
            [
                ("summary", _placed(told.summary or labels["alertname"], region)),
                ("description", told.description),
                ("reason", told.reason),
                *told.notes.items(),
            ]
        ),
        status="resolved" if told.ended else "firing",
        kind=told.kind,
        starts_at=starts,
        ends_at=(told.updated_at or arrival.at) if told.ended else None,
        updated_at=told.updated_at,
        source="aws-event",
        fingerprint=fingerprint(labels),
        state_key=f"aws:{texts.printable(told.identity)}" if told.identity else identity_of(arrival),
        generator_url=told.link if told.link.startswith(("https://", "http://")) else "",
    )


def told_apart(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Events of one message that are known only by the message would be taken for one: they are numbered."""
    seen: set[str] = set()
    found = []
    for number, alert in enumerate(alerts):
        again = alert.kind == "event" and alert.state_key in seen
        seen.add(alert.state_key)
        found.append(replace(alert, state_key=f"{alert.state_key}#{number}") if again else alert)
    return tuple(found)


def _placed(summary: str, region: str) -> str:
    """The summary with where it happened, which is never cut off."""
    where = f" ({region})" if region and region not in summary else ""
    return texts.one_line(summary, texts.SUMMARY_MAX - len(where)) + where


def camel(words: str) -> str:
    """EC2 Instance State-change Notification → EC2InstanceStateChangeNotification; names that are one word are kept."""
    parts = re.findall(r"[A-Za-z0-9]+", words)
    shaped = [part.capitalize() if part.islower() or (part.isupper() and len(part) > 5) else part for part in parts]
    return texts.cut("".join(shaped), 120)


def severity_of(state: str) -> str:
    """Of the word for a state: info where all goes well or goes on, "" (the topic's, else warning) for all else."""
    if _BAD.search(state):
        return ""
    return "info" if _GOOD.search(state) else ""
