"""What a client without botocore does with refusals, lost answers and a clock that is wrong."""

from __future__ import annotations

import json
import traceback
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, cast

import pytest
from alertrelay.aws import protocols
from alertrelay.aws.direct import MAX_ANSWER_BYTES, DirectService, Skew, Way
from alertrelay.aws.errors import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    Refused,
    Unanswered,
    code,
    failures,
    in_doubt,
    unanswered,
)
from alertrelay.aws.signing import Credentials, SigningScope
from alertrelay.aws.state.store import DynamoStore
from alertrelay.channels.transport.connection import NotConnected
from alertrelay.channels.transport.wire import BadAddress, HttpAnswer, NotAnswered, Wire
from alertrelay.memory.ports import ManualClock

NOW = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
SECRET = "obviously-not-a-token"
OK = HttpAnswer(status=200, headers={}, body=b'{"MessageId": "m"}', complete=True)


def refusal(name: str, status: int = 400, date: datetime | None = None, **fields: Any) -> HttpAnswer:
    headers = {"date": format_datetime(date, usegmt=True)} if date else {}
    body = {"__type": f"com.amazonaws.x#{name}", "message": f"about {SECRET}", **fields}
    return HttpAnswer(status=status, headers=headers, body=json.dumps(body).encode(), complete=True)


@dataclass
class Scripted:
    """A wire that answers, or raises, what is next."""

    script: list[HttpAnswer | Exception]
    sent: list[dict[str, Any]] = field(default_factory=list)

    def ask(self, url: str, body: bytes, headers: Any, **bounds: Any) -> HttpAnswer:
        self.sent.append({"url": url, "body": body, "headers": headers, **bounds})
        found = self.script.pop(0)
        if isinstance(found, Exception):
            raise found
        return found


def service(wire: Scripted, *, attempts: int = 2, slept: list[float] | None = None) -> DirectService:
    way = Way(
        wire=wire,  # type: ignore[arg-type]  # a ten-line stand-in
        credentials=Credentials(key_id="FAKE", secret=SECRET, token=SECRET),
        skew=Skew(lambda: NOW),
        sleep=(slept if slept is not None else []).append,
    )
    scope = SigningScope(region="eu-west-1", service="sqs")
    url = "https://sqs.eu-west-1.amazonaws.com"
    return DirectService(protocol=protocols.SQS, way=way, url=url, scope=scope, seconds=2.0, attempts=attempts)


def ask(*script: HttpAnswer | Exception, attempts: int = 2, slept: list[float] | None = None) -> tuple[Scripted, Any]:
    wire = Scripted(list(script))
    return wire, service(wire, attempts=attempts, slept=slept).send_message(QueueUrl="q", MessageBody="b")


def test_a_request_is_bounded_and_signed() -> None:
    wire, answer = ask(OK)
    (sent,) = wire.sent
    assert (sent["url"], sent["connecting"], sent["seconds"]) == ("https://sqs.eu-west-1.amazonaws.com/", 1.0, 3.0)
    assert sent["headers"]["X-Amz-Target"] == "AmazonSQS.SendMessage"
    assert sent["headers"]["X-Amz-Date"] == "20261120T030405Z"
    assert sent["headers"]["X-Amz-Security-Token"] == SECRET
    assert json.loads(sent["body"]) == {"QueueUrl": "q", "MessageBody": "b"}
    assert answer == {"MessageId": "m", "ResponseMetadata": {"HTTPStatusCode": 200, "RetryAttempts": 0}}


@pytest.mark.parametrize(
    "first",
    [
        refusal("InternalFailure", 500),
        refusal("ServiceUnavailable", 503),
        refusal("ThrottlingException"),
        NotConnected("refused"),
        NotAnswered(in_time=False),
        NotAnswered(in_time=True),
        HttpAnswer(status=200, headers={}, body=b"{", complete=False),
    ],
    ids=str,
)
def test_what_may_pass_is_tried_once_more_after_a_pause(first: HttpAnswer | Exception) -> None:
    slept: list[float] = []
    wire, answer = ask(first, OK, slept=slept)
    assert len(wire.sent) == 2
    assert answer["ResponseMetadata"]["RetryAttempts"] == 1
    assert len(slept) == 1
    assert 0 <= slept[0] <= 1


@pytest.mark.parametrize("name", ["AccessDeniedException", "ValidationException", "ResourceNotFoundException"])
def test_what_stays_refused_is_not_tried_again(name: str) -> None:
    with pytest.raises(Refused) as caught:
        ask(refusal(name), OK)
    assert code(caught.value) == name


def test_with_one_attempt_the_caller_decides() -> None:
    slept: list[float] = []
    with pytest.raises(Refused):
        ask(refusal("ThrottlingException"), attempts=1, slept=slept)
    assert slept == []


@pytest.mark.parametrize(
    ("raised", "kind", "doubt"),
    [
        (NotConnected("x", late=True), ConnectTimeoutError, False),
        (NotConnected("x"), EndpointConnectionError, False),
        (NotAnswered(in_time=False), ReadTimeoutError, True),
        (NotAnswered(in_time=True), ConnectionClosedError, True),
        (BadAddress("x"), EndpointConnectionError, False),
    ],
)
def test_a_request_without_an_answer_has_botocores_word_for_it(
    raised: Exception, kind: type[Unanswered], doubt: bool
) -> None:
    with pytest.raises(failures()) as caught:
        ask(raised, attempts=1)
    assert type(caught.value) is kind
    assert code(caught.value) == kind.__name__
    assert unanswered(caught.value)
    assert in_doubt(caught.value) is doubt


@pytest.mark.parametrize("minutes", [-6, 6])
@pytest.mark.parametrize("name", ["InvalidSignatureException", "RequestExpired", "SignatureDoesNotMatch"])
def test_a_clock_that_is_six_minutes_wrong_is_corrected_once_from_the_answer(name: str, minutes: int) -> None:
    theirs = NOW + timedelta(minutes=minutes)
    wire = Scripted([refusal(name, 403, date=theirs), OK, OK])
    client = service(wire, attempts=1)
    assert client.send_message(QueueUrl="q", MessageBody="b")["MessageId"] == "m"
    client.send_message(QueueUrl="q", MessageBody="b")
    dates = [sent["headers"]["X-Amz-Date"] for sent in wire.sent]
    assert dates == ["20261120T030405Z", *[theirs.strftime("%Y%m%dT%H%M%SZ")] * 2]


def test_a_clock_that_stays_refused_is_no_loop() -> None:
    theirs = NOW + timedelta(minutes=6)
    wire = Scripted([refusal("InvalidSignatureException", 403, date=theirs) for _ in range(5)])
    with pytest.raises(Refused, match="InvalidSignatureException"):
        service(wire, attempts=1).send_message(QueueUrl="q")
    assert len(wire.sent) == 2


@pytest.mark.parametrize("date", [NOW, NOW + timedelta(minutes=3), None])
def test_a_refusal_at_the_right_time_is_not_asked_again(date: datetime | None) -> None:
    with pytest.raises(Refused):
        ask(refusal("AccessDeniedException", date=date), OK)


@pytest.mark.parametrize("month", range(1, 13))
def test_the_date_of_an_answer_is_read_in_each_month(month: int) -> None:
    theirs = datetime(2025, month, 28, 23, 59, 58, tzinfo=UTC)
    skew = Skew(lambda: NOW)
    assert skew.learned(format_datetime(theirs, usegmt=True))
    assert skew.now() == theirs


@pytest.mark.parametrize(
    "date",
    ["", "yesterday", "Fri, 99 Nov 2026 03:04:05 GMT", "Fri, 20 Nov 2026 03:04:05", "Fri, 20 Foo 2026 03:04:05 GMT"],
)
def test_a_date_that_makes_no_sense_teaches_nothing(date: str) -> None:
    skew = Skew(lambda: NOW)
    assert not skew.learned(date)
    assert skew.now() == NOW


@pytest.mark.parametrize(
    ("answer", "name"),
    [
        (HttpAnswer(status=403, headers={}, body=b"<html>proxy</html>", complete=True), "403"),
        (HttpAnswer(status=400, headers={}, body=b"[" * 99_999, complete=True), "400"),
        (HttpAnswer(status=400, headers={}, body=b"[]", complete=True), "400"),
        (HttpAnswer(status=400, headers={"x-amzn-errortype": "Gone:http://x"}, body=b"{}", complete=True), "Gone"),
        (
            HttpAnswer(
                status=400, headers={"x-amzn-query-error": "Old.Name;S"}, body=b'{"__type":"a#N"}', complete=True
            ),
            "Old.Name",
        ),
    ],
)  # fmt: skip
def test_whatever_answers_has_a_name(answer: HttpAnswer, name: str) -> None:
    with pytest.raises(Refused) as caught:
        ask(answer)
    assert code(caught.value) == name


def test_the_item_that_a_condition_failed_on_comes_along() -> None:
    with pytest.raises(Refused) as caught:
        ask(refusal("ConditionalCheckFailedException", Item={"pk": {"S": "a"}, "ledger": {"B": "AAE="}}))
    assert caught.value.response["Item"] == {"pk": {"S": "a"}, "ledger": {"B": b"\x00\x01"}}


@pytest.mark.parametrize(
    "raised",
    [refusal("AccessDeniedException"), NotAnswered(in_time=False), BadAddress(SECRET)],
    ids=["refused", "lost", "malformed"],
)
def test_an_error_shows_nothing_of_a_request_or_of_an_answer(raised: HttpAnswer | Exception) -> None:
    with pytest.raises(failures()) as caught:
        ask(raised, attempts=1)
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert caught.value.__context__ is None or isinstance(caught.value, Refused)


def test_a_large_answer_is_read_whole() -> None:
    wire, _ = ask(OK)
    assert wire.sent[0]["most"] == MAX_ANSWER_BYTES >= 16 * 2**20


def test_a_request_goes_over_a_real_wire_to_nobody() -> None:
    way = Way(wire=Wire(), credentials=Credentials(key_id="FAKE", secret=SECRET), sleep=lambda _: None)
    scope = SigningScope(region="eu-west-1", service="sqs")
    client = DirectService(
        protocol=protocols.SQS, way=way, url="http://127.0.0.1:1", scope=scope, seconds=2.0, attempts=2
    )
    with pytest.raises(EndpointConnectionError):
        client.send_message(QueueUrl="q")


@pytest.mark.parametrize("name", ["ProvisionedThroughputExceededException", "ThrottlingException"])
def test_a_table_that_throttles_is_waited_out_without_botocore_too(name: str) -> None:
    wire = Scripted([refusal(name), refusal(name), HttpAnswer(status=200, headers={}, body=b"{}", complete=True)])
    client = replace(service(wire, attempts=1), protocol=protocols.DYNAMODB)
    clock = ManualClock(NOW)
    assert DynamoStore(lambda: cast(Any, client), "t", clock).header("slack-1") is None
    assert len(wire.sent) == 3
    assert NOW < clock.now() <= NOW + timedelta(seconds=2)


def test_a_write_whose_answer_was_lost_counts_where_its_repetition_finds_it() -> None:
    due = {"next_due": {"N": str(int((NOW + timedelta(minutes=1)).timestamp() * 1_000_000))}, "v": {"N": "1"}}
    wire = Scripted([NotAnswered(in_time=True), refusal("ConditionalCheckFailedException", Item=due)])
    client = replace(service(wire, attempts=1), protocol=protocols.DYNAMODB)
    store = DynamoStore(lambda: cast(Any, client), "t", ManualClock(NOW))
    assert store.bring_forward("slack-1", due=NOW + timedelta(minutes=1), seen=NOW)
