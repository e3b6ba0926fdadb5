"""Unwraps what carries a message: a Lambda event of SNS or SQS, an SNS envelope alone, or nothing at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.sources.masking import masked
from alertrelay.values import text as texts
from alertrelay.values.arn import Arn
from alertrelay.values.times import instant

_SNS_TYPES = ("Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation")
_STRICT, _LENIENT = json.JSONDecoder(), json.JSONDecoder(strict=False)
_EMBEDDED = 1_000  # objects of one text that are read
NOT_JSON = object()
"""What `decoded` gives for text that is no JSON. (JSON has a null, so None is taken.)"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """One message as a topic or a queue handed it over.

    `text` is the message itself. `sent_at` is when SNS took it, for a raw SQS body when SQS did. `attributes` are the
    message attributes' values. `record_id` is the SQS messageId, by which a failed record is named back to SQS.
    """

    text: str
    message_id: str = ""
    topic_arn: str = ""
    subject: str = ""
    sent_at: datetime | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    record_id: str = ""

    def __post_init__(self) -> None:
        """Hide the routing keys in it, so that no parser, no store and no log ever holds one."""
        object.__setattr__(self, "text", masked(self.text))
        object.__setattr__(self, "subject", masked(self.subject))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for a queue."""
        return {
            "text": self.text,
            "message_id": self.message_id,
            "topic_arn": self.topic_arn,
            "subject": self.subject,
            "sent_at": rfc3339(self.sent_at) if self.sent_at else None,
            "attributes": dict(self.attributes),
            "record_id": self.record_id,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Envelope:
        """Returns the envelope that `to_json` wrote; missing keys get their defaults."""
        return cls(
            text=texts.printable(value.get("text")),
            message_id=texts.printable(value.get("message_id")),
            topic_arn=texts.printable(value.get("topic_arn")),
            subject=texts.printable(value.get("subject")),
            sent_at=instant(value.get("sent_at")),
            attributes=_attributes(value.get("attributes")),
            record_id=texts.printable(value.get("record_id")),
        )


def unwrap(event: object) -> list[Envelope]:
    """Returns the messages in `event`: decoded JSON, or its text or bytes. At least one; never raises.

    Knows the Lambda events of SNS and SQS (with SNS envelopes or raw bodies), lists of their records, SNS's own
    envelope, what our own queues hold when it is sent back (Lambda's record of a failed invocation of ours, a `receive`
    of the timers' queue, a message, or a list of them, as `aws sqs receive-message` prints it), and these within each
    other. All else is one bare message: another list, null, bytes that are no UTF-8."""
    if isinstance(event, bytes | bytearray):
        event = bytes(event).decode("utf-8-sig", "replace")
    value = decoded(event) if isinstance(event, str) else event
    found = list(_wrapped(value))
    if not found:
        found = [Envelope(text=texts.printable(event if isinstance(event, str) else texts.as_json(event)))]
    return [inner for envelope in found for inner in _unwrapped(envelope, _NESTED)]


_NESTED = 16
"""How many envelopes may stand within each other: more than 256 KB hold, since each escapes what is within it. What
was sent back and failed again is deeper by two or three."""


def _unwrapped(envelope: Envelope, depth: int) -> Iterator[Envelope]:
    """Returns the envelopes within one, which keep what only the outer one knows."""
    value = decoded(envelope.text) if depth and any(key in envelope.text for key in _INNER) else NOT_JSON
    value = decoded(value) if isinstance(value, str) else value
    within = list(_wrapped(value))
    if not within:
        yield envelope
    for inner in within:
        whole = replace(
            inner,
            message_id=inner.message_id or envelope.message_id,
            topic_arn=inner.topic_arn or envelope.topic_arn,
            subject=inner.subject or envelope.subject,
            sent_at=inner.sent_at or envelope.sent_at,
            attributes={**envelope.attributes, **inner.attributes},
            record_id=envelope.record_id or inner.record_id,
        )
        yield from _unwrapped(whole, depth - 1)


_INNER = ("Message", "Records", "Sns", "body", "requestPayload", "envelope", "Body")
OUR_FUNCTIONS = "function:alertrelay-"
"""What the resource of our functions' ARNs begins with. Another function's record is news of that function."""


def decoded(text: str, *, strict: bool = True) -> object:
    """Return the JSON value that `text` is, else NOT_JSON.

    Not strict, raw line breaks and tabs within strings are taken as they stand: DMS and many templates write them.
    """
    try:
        return (_STRICT if strict else _LENIENT).decode(text.removeprefix("\ufeff"))
    except (ValueError, RecursionError):
        return NOT_JSON


def embedded(text: str) -> object:
    """Return the JSON objects that begin a line of a text: one alone, a list of several, NOT_JSON for none.

    Writers put a line before an object, a signature behind it, or one object a line. Where one of them is broken all
    stay unread, and so does a list that was cut: its first entry must not hide the others.
    """
    at = 0 if text.startswith("{") else -1 if text.lstrip().startswith("[") else text.find("\n{") + 1
    found: list[object] = []
    while len(found) < _EMBEDDED and at >= 0 and text[at : at + 1] == "{":
        try:
            value, end = _LENIENT.raw_decode(text, at)
        except (ValueError, RecursionError):
            return NOT_JSON
        found.append(value)
        at = end + len(text[end : end + 100]) - len(text[end : end + 100].lstrip())
    return NOT_JSON if not found else found[0] if len(found) == 1 else found


def too_deep(text: str) -> bool:
    """Return whether a text that `decoded` does not take is JSON as far as it can be read: its objects stand within
    each other too often."""
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError:
        return False
    return False


def _wrapped(value: object) -> Iterator[Envelope]:
    """Returns the messages of a value that is an envelope of some kind; none for a bare message."""
    event = texts.mapping(value)
    records = texts.items(value if isinstance(value, list) else event.get("Records"))
    if any(_is_sns(record) or _is_sqs(record) for record in records):
        for record in records:
            yield _of_record(record)
    elif _is_sns(event):
        yield _of_record(event)
    elif _is_sns_message(event):
        yield _of_sns(event, value)
    elif "requestPayload" in event and _is_ours(event):
        yield _of_failed_invocation(event)
    elif event.get("do") == "receive" and isinstance(event.get("envelope"), dict):
        yield Envelope.from_json(texts.mapping(event["envelope"]))
    else:
        messages = texts.items(value if isinstance(value, list) else event.get("Messages")) or (event,)
        if any(map(_is_printed, messages)):
            yield from map(_as_printed, messages)


def _is_ours(record: Mapping[str, object]) -> bool:
    function = texts.field(texts.mapping(record.get("requestContext")), "functionArn")
    return Arn.of(function).resource.startswith(OUR_FUNCTIONS)


def _of_failed_invocation(record: Mapping[str, object]) -> Envelope:
    """Returns the event of a Lambda destination's record: Lambda developer guide, "Retaining records of asynchronous
    invocations"."""
    payload = record.get("requestPayload")
    return Envelope(
        text=payload if isinstance(payload, str) else texts.as_json(payload),
        message_id=texts.field(texts.mapping(record.get("requestContext")), "requestId"),
        sent_at=instant(record.get("timestamp")),
    )


def _is_printed(message: object) -> bool:
    fields = texts.mapping(message)
    return isinstance(fields.get("Body"), str) and "MessageId" in fields and not fields.keys().isdisjoint(_PRINTED)


_PRINTED = ("ReceiptHandle", "MD5OfBody")


def _as_printed(message: object) -> Envelope:
    """Reads a message of SQS's API, which has capitals where Lambda's record has none."""
    fields = texts.mapping(message)
    if not _is_printed(message):
        return Envelope(text=texts.as_json(message))
    return _of_sqs(
        {
            "body": fields["Body"],
            "attributes": fields.get("Attributes"),
            "messageAttributes": {
                name: {"stringValue": texts.mapping(value).get("StringValue")}
                for name, value in texts.mapping(fields.get("MessageAttributes")).items()
            },
        },
        message,
    )


def _is_sns(record: object) -> bool:
    return isinstance(texts.mapping(record).get("Sns"), dict)


def _is_sqs(record: object) -> bool:
    fields = texts.mapping(record)
    return fields.get("eventSource") == "aws:sqs" or ("body" in fields and "messageId" in fields)


def _is_sns_message(fields: Mapping[str, object]) -> bool:
    return fields.get("Type") in _SNS_TYPES and "Message" in fields and ("TopicArn" in fields or "MessageId" in fields)


def _of_record(record: object) -> Envelope:
    fields = texts.mapping(record)
    if _is_sns(record):
        return _of_sns(texts.mapping(fields["Sns"]), record)
    if _is_sqs(record):
        return _of_sqs(fields, record)
    return Envelope(text=texts.as_json(record))


def _of_sns(message: Mapping[str, object], whole: object, *, record_id: str = "") -> Envelope:
    """`whole` is what people see where the message itself is missing."""
    text = message.get("Message")
    return Envelope(
        text=texts.printable(whole if text is None else text),
        message_id=texts.printable(message.get("MessageId")),
        topic_arn=texts.printable(message.get("TopicArn")),
        subject=texts.printable(message.get("Subject")),
        sent_at=instant(message.get("Timestamp")),
        attributes=_attributes(message.get("MessageAttributes")),
        record_id=record_id,
    )


def _of_sqs(record: Mapping[str, object], whole: object) -> Envelope:
    record_id = texts.printable(record.get("messageId"))
    body = record.get("body")
    text = texts.printable(whole if body is None else body)
    message = texts.mapping(decoded(text))
    if _is_sns_message(message):
        return _of_sns(message, message, record_id=record_id)
    sent = texts.mapping(record.get("attributes")).get("SentTimestamp")
    return Envelope(
        text=text,
        sent_at=instant(int(sent) if isinstance(sent, str) and sent.isdecimal() and len(sent) < 20 else sent),
        attributes=_attributes(record.get("messageAttributes")),
        record_id=record_id,
    )


def _attributes(value: object) -> dict[str, str]:
    """Returns values by name, from SNS's {"Type", "Value"}, SQS's {"stringValue"}, or plain text."""
    found: dict[str, str] = {}
    for name, attribute in texts.mapping(value).items():
        fields = texts.mapping(attribute)
        text = fields.get("Value", fields.get("stringValue")) if fields else attribute
        found[texts.printable(name)] = texts.printable(text)
    return found
