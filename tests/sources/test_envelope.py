from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from alertrelay.sources import Envelope, unwrap

TOPIC = "arn:aws:sns:eu-central-1:111122223333:alertrelay-prod-critical"
SENT = datetime(2026, 11, 20, 8, 21, 31, 557_000, tzinfo=UTC)


def sns(message: object = "hello", **fields: Any) -> dict[str, Any]:
    return {
        "Type": "Notification",
        "MessageId": "m-1",
        "TopicArn": TOPIC,
        "Subject": "Greeting",
        "Message": message,
        "Timestamp": "2026-11-20T08:21:31.557Z",
        **fields,
    }


def lambda_record(**fields: Any) -> dict[str, Any]:
    return {"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns(**fields)}


def sqs_record(body: object, **fields: Any) -> dict[str, Any]:
    return {"messageId": "q-1", "eventSource": "aws:sqs", "body": body, "attributes": {}, **fields}


WHOLE = Envelope(text="hello", message_id="m-1", topic_arn=TOPIC, subject="Greeting", sent_at=SENT)


def test_a_lambda_event_has_an_envelope_a_record() -> None:
    first, second = unwrap({"Records": [lambda_record(), lambda_record(MessageId="m-2", Message="again")]})
    assert first == WHOLE
    assert (second.message_id, second.text) == ("m-2", "again")


def test_attributes_are_their_values() -> None:
    attributes = {
        "alertrelay-hop": {"Type": "String", "Value": "1"},
        "odd": None,
        "number": {"Type": "Number", "Value": 3},
    }
    (envelope,) = unwrap({"Records": [lambda_record(MessageAttributes=attributes)]})
    assert envelope.attributes == {"alertrelay-hop": "1", "odd": "", "number": "3"}


@pytest.mark.parametrize(
    "form",
    [lambda e: e, json.dumps, lambda e: json.dumps(e).encode(), lambda e: b"\xef\xbb\xbf" + json.dumps(e).encode()],
)
def test_objects_text_and_bytes_are_one(form: Any) -> None:
    assert unwrap(form(sns())) == [WHOLE]


def test_an_sqs_event_with_an_sns_envelope_keeps_both_ids() -> None:
    (envelope,) = unwrap({"Records": [sqs_record(json.dumps(sns()))]})
    assert (envelope.text, envelope.message_id, envelope.record_id) == ("hello", "m-1", "q-1")
    assert (envelope.topic_arn, envelope.sent_at) == (TOPIC, SENT)


def test_an_sqs_event_with_a_raw_body_has_the_queues_time_and_attributes() -> None:
    record = sqs_record(
        '{"AlarmName": "a"}',
        attributes={"SentTimestamp": "1795162891557"},
        messageAttributes={"k": {"stringValue": "v", "dataType": "String"}},
    )
    (envelope,) = unwrap({"Records": [record]})
    assert (envelope.text, envelope.record_id, envelope.message_id) == ('{"AlarmName": "a"}', "q-1", "")
    assert envelope.sent_at == SENT
    assert envelope.attributes == {"k": "v"}


def test_an_sns_record_without_message_is_its_own_text() -> None:
    record = lambda_record()
    del record["Sns"]["Message"]
    (envelope,) = unwrap({"Records": [record]})
    assert json.loads(envelope.text) == record
    assert envelope.message_id == "m-1"


def test_a_message_that_is_an_object_is_its_json() -> None:
    (envelope,) = unwrap(sns({"AlarmName": "Köln"}))
    assert envelope.text == '{"AlarmName": "Köln"}'


def test_a_subscription_confirmation_is_its_message_and_shows_no_token() -> None:
    fields = sns(
        "You have chosen to subscribe", Type="SubscriptionConfirmation", Token="t0ken", SubscribeURL="https://x"
    )
    (envelope,) = unwrap(fields)
    assert envelope.text == "You have chosen to subscribe"
    assert "t0ken" not in repr(envelope)


@pytest.mark.parametrize(
    "event",
    [
        None,
        True,
        42,
        1.5,
        [],
        [1],
        {},
        {"Records": []},
        {"Records": None},
        {"Records": [{"s3": {}}]},
        {"AlarmName": "a"},
        {"detail-type": "x", "source": "aws.health"},
        {"Type": "Notification"},
    ],
)
def test_anything_else_is_one_bare_message(event: object) -> None:
    (envelope,) = unwrap(event)
    assert json.loads(envelope.text) == event
    assert envelope == Envelope(text=envelope.text)


@pytest.mark.parametrize("text", ["", "hello", "{", "null", '{"a":  1}', "é"])
def test_a_bare_text_is_kept_to_the_letter(text: str) -> None:
    assert unwrap(text) == unwrap(text.encode()) == [Envelope(text=text)]


def test_bytes_that_are_no_utf8_are_replaced_not_refused() -> None:
    assert unwrap(b"caf\xe9 \xff") == [Envelope(text="caf\ufffd \ufffd")]


def test_an_odd_record_among_others_is_kept() -> None:
    envelopes = unwrap({"Records": [lambda_record(), None, {"x": 1}, sqs_record(None)]})
    assert [envelope.text for envelope in envelopes[:3]] == ["hello", "null", '{"x": 1}']
    assert json.loads(envelopes[3].text)["messageId"] == "q-1"


def test_a_message_of_256_kb_is_kept_whole() -> None:
    (envelope,) = unwrap({"Records": [lambda_record(Message="x" * 262_144)]})
    assert len(envelope.text) == 262_144


def test_an_envelope_survives_a_queue() -> None:
    envelope = Envelope(
        text="é\n{",
        message_id="m",
        topic_arn=TOPIC,
        subject="s",
        sent_at=SENT,
        attributes={"a": "b"},
        record_id="r",
    )
    assert Envelope.from_json(json.loads(json.dumps(envelope.to_json()))) == envelope


@pytest.mark.parametrize("body", [{}, {"text": None, "attributes": [], "sent_at": "soon"}])
def test_an_incomplete_envelope_from_a_queue_is_still_one(body: dict[str, Any]) -> None:
    assert Envelope.from_json(body) == Envelope(text="")
