"""Reads what no other parser knows: a message that a person can read, announced once."""

from __future__ import annotations

import json
import re
from dataclasses import replace

from alertrelay.alert import Alert, Source, fingerprint
from alertrelay.sources import sentence
from alertrelay.sources.arrival import Arrival, identity_of
from alertrelay.sources.awsevent.fields import Fields
from alertrelay.sources.envelope import NOT_JSON, too_deep
from alertrelay.sources.severity import DEFAULT, of_topic
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn

_TEXT_KEYS = (
    "summary",
    "title",
    "subject",
    "message",
    "Message",
    "text",
    "msg",
    "description",
    "detail-type",
    "Description",
    "content",
    "body",
    "errorMessage",
    "error",
    "Cause",
    "cause",
    "Error",
    "reason",
)
_TEXT_ENDINGS = (
    *("title", "summary", "message", "subject", "description", "errormessage", "error", "cause", "reason"),
    *("eventname", "alertname", "output"),
)
"""What a sentence one or two objects deeper is called."""
_FIELD = re.compile(
    r'"(?:summary|title|alertname|AlarmName|alarmName|message|description|detail-type)"\s{0,9}:\s{0,9}"(?P<said>[^"\\]{3,300})'
)
"""Of JSON that is broken or was cut, the first informative field."""
_JSON = re.compile(r"\s{0,99}(?:\{|\[\s{0,99}(?:[\"\[{\]]|-?[0-9.eE+]{1,40}\s{0,99},|(?:true|false|null)\b))")
"""What begins like JSON; "[Open] Position" and "[1/2] Report" do not."""
_PAGE = re.compile(r"\s{0,99}<(?:!doctype|html|head|body|table|div|p|h[1-6])\b", re.IGNORECASE)
_TAG = re.compile(r"<(?:style|script)\b.{0,2000}?</(?:style|script)>|<[^<>]{1,1000}>", re.IGNORECASE | re.DOTALL)
_LINES_READ = 200
_READ = 2_000
_LINKS = ("link", "url", "Link", "Url", "URL", "html_url", "console_url")


def parse(value: object, arrival: Arrival, *, part: bool = False) -> tuple[Alert, ...]:
    """Returns one event of any message, or of one part of it."""
    shown = value if part or isinstance(value, str) else None
    found = event(arrival, alertname="RawMessage", source="raw", summary=_summary(value, arrival), part=shown)
    links = (texts.field(value, name) for name in _LINKS) if isinstance(value, dict) else ()
    return (replace(found, generator_url=next((link for link in links if link.startswith("https://")), "")),)


def event(
    arrival: Arrival, *, alertname: str, source: Source, summary: str, note: str = "", part: object = None
) -> Alert:
    """Returns an event that is the message itself: identified by the SNS MessageId, else the SQS one, else a hash of
    the text.

    `part` is what is shown of a message of many parts: each must not carry the whole of it."""
    envelope = arrival.envelope
    topic = Arn.of(envelope.topic_arn)
    own = texts.label_set(
        [("account_id", topic.account), ("region", topic.region), ("topic", envelope.topic_arn.rpartition(":")[2])]
    )
    labels = {"severity": DEFAULT, **of_topic(envelope.topic_arn), **own, "alertname": alertname}
    return Alert(
        labels=labels,
        annotations=texts.annotation_set(
            [
                ("summary", summary),
                ("description", envelope.text if part is None else texts.printable(part)),
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
        fingerprint=fingerprint(labels),
        state_key=identity_of(arrival),
    )


def _summary(value: object, arrival: Arrival) -> str:
    """Return the Subject where it is informative, else the message's own sentence, else its shape."""
    subject = texts.one_line(arrival.envelope.subject)
    if sentence.informative(subject):
        return subject
    return _said(value, arrival) or _shape(value, arrival)


def _said(value: object, arrival: Arrival) -> str:
    if value is NOT_JSON or isinstance(value, str):
        text = arrival.envelope.text if value is NOT_JSON else str(value)
        if _JSON.match(text):
            return _of_unread_json(text)
        if _PAGE.match(text):
            text = _TAG.sub(" ", text[: texts.READ_MAX])
        return sentence.best(texts.unquoted(text).splitlines()[:_LINES_READ])
    if isinstance(value, dict):
        own = [said for key in _TEXT_KEYS if isinstance(said := value.get(key), str)]
        found = sentence.best(map(texts.printable, own))
        within = Fields.of(value).under(*_TEXT_ENDINGS) if not sentence.informative(found) else ()
        return found if sentence.informative(found) else sentence.best([*filter(sentence.informative, within), found])
    return ""


def _of_unread_json(text: str) -> str:
    """Describe JSON that is broken, was cut, or is nested deeper than any parser of ours goes."""
    field = _FIELD.search(text[: texts.READ_MAX])
    what = "is nested too deep to be read" if too_deep(text) else "is broken JSON"
    # On one line, because the first line of broken JSON is only a bracket.
    return texts.one_line(field["said"] if field else f"A message that {what}: {text[:_READ]}")


def _shape(value: object, arrival: Arrival) -> str:
    """Describe a message without any words of its own."""
    subject = texts.one_line(arrival.envelope.subject)
    if subject:
        return subject
    if value is NOT_JSON or value == "":
        return "An empty message"
    if isinstance(value, dict):
        return texts.one_line(f"A message of unknown form: {texts.as_json(value)}")
    return texts.one_line(f"A message that is only {json.dumps(value) if value is None else texts.as_json(value)}")
