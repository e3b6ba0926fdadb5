"""Sending dead letters again from the console: by SQS, and by the rows of `alertrelay serve`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import pytest
from alertrelay.aws.intake.dead_letters import SqsDeadLetters
from alertrelay.groups.dead_letters import DeadLetterQueue, forwarder_queues
from alertrelay.intake.ports import NoSuchQueue, QueueFailure, QueueLength
from alertrelay.memory.ports import ManualClock
from alertrelay.sources import Envelope
from moto import mock_aws

from local.serve.database import DataFile
from local.serve.queues import DEAD, TIMERS, QueuedDeadLetters
from tests.intake.door import NOW

ALERT = json.dumps({"version": "4", "alerts": [{"status": "firing", "labels": {"alertname": "Down"}}]})


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-west-1")


def test_a_dead_letter_goes_to_its_forwarder_once_and_a_refused_post_stays(sqs: Any) -> None:
    refused = DeadLetterQueue(name="intake-refused", holder="refused")
    queues = {
        queue: sqs.create_queue(QueueName=queue.name)["QueueUrl"] for queue in (*forwarder_queues(["slack"]), refused)
    }
    timers = sqs.create_queue(QueueName="slack-timers")["QueueUrl"]
    letters = SqsDeadLetters(client=lambda: sqs, queues=queues, timers={"slack": timers})
    for queue, url in queues.items():
        sqs.send_message(QueueUrl=url, MessageBody=ALERT if queue.function else '{"why": "no alert"}')
    assert QueueLength(queue="slack-failed", messages=1) in letters.waiting()
    handled, more = letters.redrive("slack-failed", most=100)
    assert [(one.about, one.done) for one in handled] == [("Down firing", "sent")]
    assert not more
    assert letters.redrive("slack-failed", most=100) == ([], False)
    (sent,) = sqs.receive_message(QueueUrl=timers, MaxNumberOfMessages=10)["Messages"]
    assert sent["Body"] == ALERT
    for _ in range(2):  # it is visible again at once
        (left,), _more = letters.redrive("intake-refused", most=100)
        assert left.done == "left"
    with pytest.raises(NoSuchQueue, match="slack-undelivered"):
        letters.redrive("prod-orders", most=100)
    sqs.delete_queue(QueueUrl=queues[refused])
    assert letters.waiting()[-1].messages is None
    with pytest.raises(QueueFailure, match="intake-refused"):
        letters.redrive("intake-refused", most=100)


def test_at_most_so_many_go_at_once(sqs: Any) -> None:
    (queue, *_) = forwarder_queues(["slack"])
    url = sqs.create_queue(QueueName=queue.name)["QueueUrl"]
    timers = sqs.create_queue(QueueName="slack-timers")["QueueUrl"]
    for _ in range(5):
        sqs.send_message(QueueUrl=url, MessageBody=ALERT)
    letters = SqsDeadLetters(client=lambda: sqs, queues={queue: url}, timers={"slack": timers})
    counts = []
    more = True
    while more:
        handled, more = letters.redrive(queue.name, most=2)
        counts.append(len(handled))
    assert counts == [2, 2, 1]


def test_a_dead_letter_of_serve_comes_again_by_the_timers(tmp_path: Path) -> None:
    with DataFile(tmp_path) as database:
        letters = QueuedDeadLetters(database, ManualClock(NOW))
        envelope = Envelope(
            text=ALERT, topic_arn="arn:aws:sns:local:000000000000:alertrelay-local-critical", sent_at=NOW
        )
        database.send(DEAD, json.dumps(envelope.to_json()), due=NOW)
        database.send(DEAD, json.dumps({"do": "flush", "gid": "slack-1", "at": NOW.isoformat()}), due=NOW)
        assert letters.waiting() == [QueueLength(queue=DEAD, messages=2)]
        handled, more = letters.redrive(DEAD, most=1)
        assert ([(one.about, one.done) for one in handled], more) == ([("Down firing", "sent")], True)
        assert len(letters.redrive(DEAD, most=5)[0]) == 1
        assert letters.redrive(DEAD, most=5) == ([], False)
        message = database.take(TIMERS, now=datetime.now(UTC))
        assert message
        assert json.loads(message.body)["do"] == "receive"
        with pytest.raises(NoSuchQueue, match=DEAD):
            letters.redrive("topic", most=1)
