"""What no other parser knows: a message that a person can read, announced once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from alertrelay.alert import Alert, Source, fingerprint
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.envelope import NOT_JSON
from alertrelay.sources.severity import DEFAULT, of_topic
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn

_TELLING_KEYS = (
    "summary",
    "title",
    "subject",
    "message",
    "Message",
    "text",
    "description",
    "detail-type",
    "Description",
)


def parse(value: object, arrival: Arrival, *, part: bool = False) -> tuple[Alert, ...]:
    """One event of any message, or of one part of it."""
    summary = _summary(value, arrival)
    return (event(arrival, alertname="RawMessage", source="raw", summary=summary, part=value if part else None),)


def event(
    arrival: Arrival, *, alertname: str, source: Source, summary: str, note: str = "", part: object = None
) -> Alert:
    """An event that is the message itself: identified by the SNS MessageId, else the SQS one, else a hash of the text.

    `part` is what is shown of a message of many parts: each must not carry the whole of it.

    The alertname is added after the fingerprint is taken: it is a word of ours, and a better one must not make it
    another alert.
    """
    envelope = arrival.envelope
    topic = Arn.of(envelope.topic_arn)
    own = texts.label_set(
        [("account_id", topic.account), ("region", topic.region), ("topic", envelope.topic_arn.rpartition(":")[2])]
    )
    given = of_topic(envelope.topic_arn)
    return Alert(
        labels={"severity": DEFAULT, **given, **own, "alertname": alertname},
        annotations=texts.annotation_set(
            [
                ("summary", summary),
                ("description", envelope.text if part is None else part),
                ("subject", envelope.subject),
                ("reason", note),
            ]
        ),
        status="firing",
        kind="event",
        starts_at=arrival.at,
        ends_at=None,
        updated_at=None,
        source=source,
        fingerprint=fingerprint(own),
        state_key=identity_of(arrival),
    )


def identity_of(arrival: Arrival) -> str:
    """Which event a message is that says nothing of it itself: SNS's id, else that of SQS, else a hash of its text."""
    envelope = arrival.envelope
    if envelope.message_id:
        return f"sns:{envelope.message_id}"
    if envelope.record_id:
        return f"sqs:{envelope.record_id}"
    return "text:" + hashlib.sha256(envelope.text.encode("utf-8", "replace")).hexdigest()[:32]


def _summary(value: object, arrival: Arrival) -> str:
    """The Subject, else what the message itself seems to say, else what it is."""
    said = texts.one_line(arrival.envelope.subject)
    if said:
        return said
    if value is NOT_JSON:
        return texts.one_line(_unbroken(arrival.envelope.text)) or "An empty message"
    if isinstance(value, dict):
        return _telling(value) or texts.one_line(f"A message of unknown form: {texts.as_json(value)}")
    return texts.one_line(f"A message that is only {json.dumps(value) if value is None else texts.as_json(value)}")


def _unbroken(text: str) -> str:
    """Broken JSON on one line, because its first line is only a bracket; any other text as it is."""
    if not text.lstrip().startswith(("{", "[")):
        return text
    return f"A message that is broken JSON: {' '.join(text[:_READ].split())}"


_READ = 2_000


def _telling(value: Mapping[str, object]) -> str:
    for key in _TELLING_KEYS:
        said = value.get(key)
        if isinstance(said, str) and said.strip():
            return texts.one_line(texts.printable(said))
    return ""
