"""Reads a dead-letter queue of SQS, for a person who looks at it or sends its messages again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from alertrelay.aws.errors import failures
from alertrelay.groups.dead_letters import Letter

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BATCH = 10
"""What SQS gives at most in one answer."""
HELD_SECONDS = 600
"""A message that is being looked at is invisible for so long at most."""
EMPTY_ANSWERS = 3
"""In a row, after which a queue is taken to be empty: one answer asks only some of SQS's servers."""


def messages(sqs: SQSClient, url: str, *, most: int = 1_000_000, batch: int = BATCH) -> Iterator[Mapping[str, Any]]:
    """Yields each message once, as SQS gives it, at most so many, and takes a `batch` at once: one that became visible
    again meanwhile ends the reading. Raises what the client raises."""
    seen, empty = set[str](), 0
    while empty < EMPTY_ANSWERS and len(seen) < most:
        answer = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=min(batch, most - len(seen)),
            VisibilityTimeout=HELD_SECONDS,
            WaitTimeSeconds=0,
            AttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        fresh = [one for one in answer.get("Messages", ()) if one["MessageId"] not in seen]
        empty = 0 if fresh else empty + 1
        for message in fresh:
            seen.add(message["MessageId"])
            yield message


def letter_of(message: Mapping[str, Any]) -> Letter:
    """Returns the dead letter that a message of SQS is."""
    millis = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    return Letter(
        message_id=message["MessageId"],
        body=message["Body"],
        sent_at=datetime.fromtimestamp(millis / 1000, UTC),
        attributes={
            name: str(value.get("StringValue", "")) for name, value in message.get("MessageAttributes", {}).items()
        },
    )


def release(sqs: SQSClient, url: str, held: Sequence[str]) -> None:
    """Makes messages visible again. One that cannot be comes back by itself after HELD_SECONDS."""
    for start in range(0, len(held), BATCH):
        handles = held[start : start + BATCH]
        try:
            sqs.change_message_visibility_batch(
                QueueUrl=url,
                Entries=[
                    {"Id": str(number), "ReceiptHandle": handle, "VisibilityTimeout": 0}
                    for number, handle in enumerate(handles)
                ],
            )
        except failures():
            return


def waiting(sqs: SQSClient, url: str) -> int:
    """Returns about how many messages a queue holds, also those that somebody looks at. Raises what the client
    raises."""
    answer = sqs.get_queue_attributes(
        QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    )
    return sum(int(number) for number in answer["Attributes"].values())


def held(sqs: SQSClient, url: str) -> int:
    """Returns about how many messages of a queue nobody else can read now, since somebody looks at them. Raises what
    the client raises."""
    name: Literal["ApproximateNumberOfMessagesNotVisible"] = "ApproximateNumberOfMessagesNotVisible"
    return int(sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name])
