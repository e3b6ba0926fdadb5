from __future__ import annotations

import json
from typing import Any

import pytest
from alertrelay.aws.clients import Clients
from alertrelay.aws.timers import MAX_BODY_BYTES, SqsTimers
from alertrelay.ports import TimersFailure
from botocore.exceptions import EndpointConnectionError


class Recording:
    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []

    def send_message(self, **request: Any) -> None:
        self.sent.append(request)


@pytest.fixture
def recording() -> Recording:
    return Recording()


@pytest.fixture
def timers(recording: Recording) -> SqsTimers:
    return SqsTimers(lambda: recording, queue_url="queue", dlq_url="dlq")  # type: ignore[arg-type,return-value]


@pytest.mark.parametrize(("asked", "sent"), [(-1, 0), (0, 0), (60, 60), (900, 900), (3600, 900)])
def test_a_delay_is_cut_to_what_sqs_takes(timers: SqsTimers, recording: Recording, asked: int, sent: int) -> None:
    timers.send({"gid": "g"}, delay_seconds=asked)
    assert recording.sent == [{"QueueUrl": "queue", "MessageBody": '{"gid":"g"}', "DelaySeconds": sent}]


def test_what_is_buried_goes_to_the_dead_letter_queue_at_once(timers: SqsTimers, recording: Recording) -> None:
    timers.dead_letter({"gid": "g"})
    assert (recording.sent[0]["QueueUrl"], recording.sent[0]["DelaySeconds"]) == ("dlq", 0)


def test_a_body_that_is_too_large_names_its_size(timers: SqsTimers, recording: Recording) -> None:
    fits = {"t": "x" * (MAX_BODY_BYTES - len('{"t":""}'))}
    timers.send(fits, delay_seconds=0)
    with pytest.raises(TimersFailure, match=f"of {MAX_BODY_BYTES + 1} bytes"):
        timers.send({"t": fits["t"] + "x"}, delay_seconds=0)
    assert len(recording.sent) == 1


def test_a_body_of_238_kb_of_japanese_text_is_taken(timers: SqsTimers, recording: Recording) -> None:
    text = "障害" * 40_000
    timers.send({"text": text}, delay_seconds=0)
    (request,) = recording.sent
    assert len(request["MessageBody"].encode()) < 241_000
    assert json.loads(request["MessageBody"]) == {"text": text}


def test_what_sqs_refuses_in_a_body_is_escaped(timers: SqsTimers, recording: Recording) -> None:
    """The API reference of SendMessage names what it takes."""
    text = "\uffff \ufffe \x00 \ud83d 🔥 \\ufffe"
    timers.send({"text": text}, delay_seconds=0)
    body = recording.sent[0]["MessageBody"]
    assert json.loads(body) == {"text": text}
    assert not set(body) & {"\uffff", "\ufffe", "\x00", "\ud83d"}


def test_a_message_arrives_as_it_was(aws: Clients) -> None:
    url = aws.sqs().create_queue(QueueName="timers")["QueueUrl"]
    SqsTimers(aws.sqs, queue_url=url, dlq_url=url).send({"text": "Größe \ud83d"}, delay_seconds=0)
    (message,) = aws.sqs().receive_message(QueueUrl=url)["Messages"]
    assert json.loads(message["Body"]) == {"text": "Größe \ud83d"}


def test_a_queue_that_is_not_there_is_a_failure(aws: Clients) -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/none"
    with pytest.raises(TimersFailure, match=r"the queue did not take the message: .*NonExistentQueue"):
        SqsTimers(aws.sqs, queue_url=url, dlq_url=url).send({}, delay_seconds=0)


def test_a_queue_that_does_not_answer_is_a_failure() -> None:
    def none() -> Any:
        raise EndpointConnectionError(endpoint_url="x")

    with pytest.raises(TimersFailure, match="dead-letter queue did not take the message: EndpointConnectionError"):
        SqsTimers(none, queue_url="q", dlq_url="d").dead_letter({})
