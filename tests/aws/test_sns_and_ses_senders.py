from __future__ import annotations

import json
from typing import Any

import pytest
from alertrelay.alert import Channel, Integration
from alertrelay.aws.clients import Clients
from alertrelay.aws.ses import mailer
from alertrelay.aws.sns import publisher
from alertrelay.channels.email import EmailSettings
from alertrelay.channels.email.sender import EmailSender
from alertrelay.channels.sns import SnsSettings
from alertrelay.channels.sns.sender import SnsSender
from alertrelay.channels.transport.connection import Network
from alertrelay.config.channel import Settings
from alertrelay.config.model import Target
from alertrelay.notification import Receipt
from alertrelay.ports import DeliveryFailure, Permanent, RateLimited, Retryable, Sender
from botocore.exceptions import ClientError, EndpointConnectionError, ParamValidationError, ReadTimeoutError

TOPIC = "arn:aws:sns:eu-west-1:123456789012:team"
MESSAGE = {"subject": "[CRITICAL] CPU high", "message": "CPU is at 97 %"}
MAIL = {"subject": "[CRITICAL] CPU\r\nhigh", "text": "CPU is at 97 %", "html": "<p>CPU</p>"}


def target(channel: Channel, settings: Settings) -> Target:
    return Target(
        integration=Integration(receiver="oncall", channel=channel, index=0), send_resolved=True, settings=settings
    )


def by_sns(*, topic: str = "", phone: str = "", endpoint: str = "") -> Target:
    return target("sns", SnsSettings(topic_arn=topic, phone_number=phone, target_arn=endpoint))


BY_SES = target(
    "email",
    EmailSettings(
        to=("oncall@example.com", "db@example.com"), sender="Relay <relay@example.com>", transport="ses",
        smarthost="", hello="", username="", password="", require_tls=True,
    ),
)  # fmt: skip


class Client:
    """Records requests; raises `error` where there is one."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.requests: list[dict[str, Any]] = []

    def publish(self, **request: Any) -> dict[str, str]:
        self.requests.append(request)
        if self.error:
            raise self.error
        return {"MessageId": "m-1"}

    send_email = publish


def refusal(code: str, *, status: int = 400, message: str = "") -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}},  # type: ignore[typeddict-item]  # only what is read
        "Publish",
    )


def sns(client: Client, regions: list[str] | None = None) -> SnsSender:
    def of(region: str) -> Any:
        if regions is not None:
            regions.append(region)
        return client

    return SnsSender(Network(sns=publisher(of)))


def ses(client: Client, *, region: str = "eu-west-1") -> EmailSender:
    def of() -> Any:
        return client

    return EmailSender(Network(ses=mailer(of, region=region)))


def send(sender: Sender, wanted: Target, message: dict[str, str], earlier: Receipt | None = None) -> Receipt:
    return sender.send(message, wanted, key=None, notification_id="n-1", timeout=600, earlier=earlier)


def test_a_topic_gets_subject_text_and_both_marks(aws: Clients) -> None:
    topic = aws.sns().create_topic(Name="team")["TopicArn"]
    queue = aws.sqs().create_queue(QueueName="q")["QueueUrl"]
    aws.sns().subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:q")
    receipt = send(SnsSender(Network(sns=publisher(aws.sns))), by_sns(topic=topic), MESSAGE)
    (message,) = aws.sqs().receive_message(QueueUrl=queue)["Messages"]
    got = json.loads(message["Body"])
    assert (got["Subject"], got["Message"]) == (MESSAGE["subject"], MESSAGE["message"])
    assert {n: a["Value"] for n, a in got["MessageAttributes"].items()} == {
        "alertrelay-hop": "1",
        "alertrelay-notification": "n-1",
    }
    assert receipt.ref["message_id"]


def test_a_topic_is_published_to_in_its_own_region() -> None:
    regions: list[str] = []
    send(sns(Client(), regions), by_sns(topic="arn:aws:sns:us-east-2:123456789012:t"), MESSAGE)
    send(sns(Client(), regions), by_sns(phone="+15005550006"), MESSAGE)
    assert regions == ["us-east-2", ""]


def test_a_phone_gets_no_subject() -> None:
    client = Client()
    send(sns(client), by_sns(phone="+15005550006"), MESSAGE)
    assert client.requests[0]["PhoneNumber"] == "+15005550006"
    assert "Subject" not in client.requests[0]


def test_an_endpoint_is_a_target() -> None:
    client = Client()
    send(sns(client), by_sns(endpoint="arn:aws:sns:eu-west-1:123456789012:endpoint/x"), {"message": "m"})
    assert client.requests[0]["TargetArn"].endswith("endpoint/x")
    assert "Subject" not in client.requests[0]


FAILURES: list[tuple[Exception, type[DeliveryFailure], bool]] = [
    (refusal("Throttling"), RateLimited, False),
    (refusal("ThrottledException", status=429), RateLimited, False),
    (refusal("TooManyRequestsException", status=429), RateLimited, False),
    (refusal("InternalError", status=500), Retryable, True),
    (refusal("ServiceUnavailable", status=503), Retryable, True),
    (refusal("AuthorizationError", status=403), Permanent, False),
    (refusal("NotFound", status=404), Permanent, False),
    (refusal("InvalidParameter"), Permanent, False),
    (EndpointConnectionError(endpoint_url="https://sns.invalid"), Retryable, False),
    (ReadTimeoutError(endpoint_url="https://sns.invalid"), Retryable, True),
]


@pytest.mark.parametrize("make", [sns, ses], ids=["sns", "ses"])
@pytest.mark.parametrize(("error", "kind", "ambiguous"), FAILURES, ids=lambda v: getattr(v, "__name__", None))
def test_a_refusal_is_classed_by_its_code(
    make: Any, error: Exception, kind: type[DeliveryFailure], ambiguous: bool
) -> None:
    wanted, message = (by_sns(topic=TOPIC), MESSAGE) if make is sns else (BY_SES, MAIL)
    with pytest.raises(DeliveryFailure) as caught:
        send(make(Client(error)), wanted, message)
    assert (type(caught.value), caught.value.ambiguous) == (kind, ambiguous)
    assert caught.value.__context__ is None


def test_a_failure_names_the_code_and_no_address() -> None:
    with pytest.raises(Permanent) as caught:
        send(sns(Client(refusal("AuthorizationError", message=f"not on {TOPIC}"))), by_sns(topic=TOPIC), MESSAGE)
    assert caught.value.text == "SNS answered AuthorizationError"


def test_ses_sends_one_mail_with_safe_headers() -> None:
    client = Client()
    receipt = send(ses(client), BY_SES, MAIL)
    request = client.requests[0]
    simple = request["Content"]["Simple"]
    assert request["FromEmailAddress"] == "Relay <relay@example.com>"
    assert request["Destination"] == {"ToAddresses": ["oncall@example.com", "db@example.com"]}
    assert simple["Subject"]["Data"] == "[CRITICAL] CPU high"
    assert simple["Body"]["Html"]["Data"] == "<p>CPU</p>"
    assert {"Name": "X-Alertrelay-Notification", "Value": "n-1"} in simple["Headers"]
    assert receipt.ref == {"message_id": "<m-1@eu-west-1.amazonses.com>"}


def test_ses_in_its_first_region_has_another_mail_domain() -> None:
    assert send(ses(Client(), region="us-east-1"), BY_SES, MAIL).ref["message_id"] == "<m-1@email.amazonses.com>"


def test_a_later_mail_by_ses_answers_the_first() -> None:
    client = Client()
    first = Receipt(integration=BY_SES.integration, ref={"message_id": "<m-0@x>"})
    assert send(ses(client), BY_SES, MAIL, earlier=first).ref == first.ref
    headers = client.requests[0]["Content"]["Simple"]["Headers"]
    assert {"Name": "In-Reply-To", "Value": "<m-0@x>"} in headers


@pytest.mark.parametrize(("status", "sent"), [(403, ["Raw", "Simple"]), (500, ["Raw"])])
def test_a_mail_that_ses_refuses_finished_goes_out_without_its_picture(status: int, sent: list[str]) -> None:
    client = Client(refusal("AccessDeniedException", status=status))
    with pytest.raises(DeliveryFailure):
        send(ses(client), BY_SES, {**MAIL, "chart": "AAAA"})
    assert [kind for request in client.requests for kind in request["Content"]] == sent


@pytest.mark.parametrize(
    "error",
    [refusal("LimitExceededException"), refusal("ThrottlingException", message="Daily message quota exceeded.")],
)
def test_the_daily_quota_is_not_waited_for(error: ClientError) -> None:
    with pytest.raises(RateLimited) as caught:
        send(ses(Client(error)), BY_SES, MAIL)
    assert caught.value.retry_after == 600


def test_ses_takes_what_we_send(aws: Clients) -> None:
    aws.sesv2().create_email_identity(EmailIdentity="relay@example.com")
    assert send(EmailSender(Network(ses=mailer(aws.sesv2, region="eu-west-1"))), BY_SES, MAIL).ref["message_id"]


def test_neither_needs_a_key_or_edits() -> None:
    for sender, wanted in ((sns(Client()), by_sns(topic=TOPIC)), (ses(Client()), BY_SES)):
        assert sender.key_name(wanted) == ""
        assert not sender.edits(wanted)


def test_a_request_that_botocore_refuses_is_permanent() -> None:
    error = ParamValidationError(report="x")
    with pytest.raises(Permanent):
        send(sns(Client(error)), by_sns(topic=TOPIC), MESSAGE)
