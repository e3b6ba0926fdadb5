"""A forwarder's clients without botocore, against moto's server, beside botocore's on the same server."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import botocore.session
import pytest
from alertrelay.aws import protocols
from alertrelay.aws.budget import Budget
from alertrelay.aws.chart_points import chart_points
from alertrelay.aws.clients import Clients
from alertrelay.aws.direct_clients import DirectClients, forwarder_clients, is_plain
from alertrelay.aws.errors import code
from alertrelay.aws.secrets import SecretKeys
from alertrelay.aws.ses import mailer
from alertrelay.aws.sns import publisher
from alertrelay.aws.timers import SqsTimers
from alertrelay.channels.email.render import render
from alertrelay.channels.email.sender import ses_request
from alertrelay.memory.ports import ManualClock
from alertrelay.ports import Permanent, SecretMissing, TimersFailure
from alertrelay.state import StoreFailure
from alertrelay.values.charted import MetricQuery
from moto.server import ThreadedMotoServer
from moto.ses.models import ses_backends

from tests.aws import state
from tests.aws.test_dynamodb_requests import METHODS
from tests.channels.email.example import EMAIL
from tests.channels.email.test_render import charted

REGION = "eu-west-1"
PLAIN = {"AWS_ACCESS_KEY_ID": "FAKE", "AWS_SECRET_ACCESS_KEY": "not-a-real-key", "AWS_SESSION_TOKEN": "not-a-token"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    running = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in PLAIN.items():
            patch.setenv(name, value)
        for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        yield f"http://{host}:{port}"
    running.stop()


@pytest.fixture
def direct(server: str) -> DirectClients:
    return DirectClients(PLAIN, region=REGION, endpoint=server, sleep=lambda _: None)


@pytest.fixture(scope="module")
def botos(server: str) -> Callable[[str], Any]:
    session = botocore.session.get_session()
    return cache(lambda service: session.create_client(service, region_name=REGION, endpoint_url=server))


def done(client: Any, method: Callable[[Any], object]) -> tuple[list[Any], list[Any], object]:
    """Returns the answers of each request, the items of the table after it, and what the method returned or raised."""
    answers: list[Any] = []

    class Answering:
        def __getattr__(self, operation: str) -> Callable[..., Any]:
            def call(**arguments: Any) -> Any:
                try:
                    answer = getattr(client, operation)(**arguments)
                except Exception as error:
                    response = dict(getattr(error, "response", {}))
                    response.pop("ResponseMetadata", None)
                    response.pop("message", None)
                    response["Error"] = {"Code": code(error)}
                    answers.append(response)
                    raise
                answers.append({name: value for name, value in answer.items() if name != "ResponseMetadata"})
                return answer

            return call

    try:
        result: object = method(state.dynamo(Answering(), ManualClock(state.NOW)))
    except StoreFailure as error:
        result = str(error)
    return answers, client.scan(TableName=state.TABLE)["Items"], result


@pytest.mark.parametrize("filled", [False, True], ids=["empty", "filled"])
@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS.keys())
def test_every_request_to_the_table_is_answered_as_by_botocore(
    direct: DirectClients, botos: Callable[[str], Any], method: Callable[[Any], object], filled: bool
) -> None:
    found = []
    for client in (botos("dynamodb"), direct.dynamodb()):
        with state.table(botos("dynamodb")):
            if filled:
                store = state.dynamo(client, ManualClock(state.NOW))
                store.put_alert(state.item(2), groups={"slack-1"})
                store.put_member(state.GID, state.member(clock=2))
                store.arm(state.GID, state.header(), due=state.NOW)
                store.lease(state.GID, owner="me", now=state.NOW, until=state.after(35))
                store.note_source(*METHOD_SOURCE, fires=True)
            found.append(done(client, method))
    assert found[0] == found[1]


METHOD_SOURCE = (METHODS["note_source"].__globals__["SOURCE"], "00000000000000aa")


def test_the_chunks_of_a_large_ledger_are_written_and_read_as_bytes(
    direct: DirectClients, botos: Callable[[str], Any]
) -> None:
    large = state.ledger(*(f"{number:016x}" for number in range(2000)))
    with state.table(botos("dynamodb")):
        for writer, reader in ((direct.dynamodb(), botos("dynamodb")), (botos("dynamodb"), direct.dynamodb())):
            gid = f"slack-{id(writer)}"
            store = state.dynamo(writer, ManualClock(state.NOW))
            store.arm(gid, state.header(), due=state.NOW)
            store.lease(gid, owner="me", now=state.NOW, until=state.after(35))
            assert store.record(gid, owner="me", change=state.change(large))
            read = state.dynamo(reader, ManualClock(state.NOW)).state(gid)
            assert read is not None
            assert read.stored.spill is not None
            assert read.ledger.firing == large.firing


def test_a_table_that_is_absent_is_a_failure_by_its_code(direct: DirectClients) -> None:
    with pytest.raises(StoreFailure, match="DynamoDB get_item: ResourceNotFoundException"):
        state.dynamo(direct.dynamodb(), ManualClock(state.NOW)).header("slack-1")


@pytest.mark.parametrize("content", [{"SecretString": '{"pd": "k"}'}, {"SecretBinary": b'{"pd": "k"}'}])
def test_a_secret_is_read_by_its_stages(direct: DirectClients, botos: Callable[[str], Any], content: Any) -> None:
    client = botos("secretsmanager")
    arn = client.create_secret(Name=f"alertrelay-{len(content)}-{next(iter(content))}", **content)["ARN"]
    client.put_secret_value(SecretId=arn, SecretString='{"pd": "new"}')
    keys = SecretKeys(direct.secretsmanager, arn, lambda: 0.0, Budget(ManualClock(state.NOW)))
    assert [key.value for key in keys.versions("pd")] == ["new", "k"]


def test_a_secret_that_is_absent_says_so(direct: DirectClients) -> None:
    arn = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:none-AbCdEf"
    keys = SecretKeys(direct.secretsmanager, arn, lambda: 0.0, Budget(ManualClock(state.NOW)))
    with pytest.raises(SecretMissing, match="none-AbCdEf cannot be read: ResourceNotFoundException"):
        next(keys.versions("pd"))


def test_timers_are_sent_alone_and_ten_at_once(direct: DirectClients, botos: Callable[[str], Any]) -> None:
    url = botos("sqs").create_queue(QueueName="direct-timers")["QueueUrl"]
    timers = SqsTimers(direct.sqs, queue_url=url, dlq_url=url)
    timers.send({"text": "Größe \ud83d"}, delay_seconds=0)
    timers.send_all([({"n": number}, 0.0) for number in range(12)])
    bodies: list[Any] = []
    while found := botos("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
        bodies += [json.loads(message["Body"]) for message in found]
    assert {"text": "Größe \ud83d"} in bodies
    assert sorted(body["n"] for body in bodies if "n" in body) == list(range(12))


def test_a_queue_that_is_absent_is_a_failure_by_botocores_code(
    direct: DirectClients, botos: Callable[[str], Any]
) -> None:
    url = "https://sqs.eu-west-1.amazonaws.com/123456789012/none"
    said = []
    for client in (direct.sqs, lambda: botos("sqs")):
        with pytest.raises(TimersFailure) as caught:
            SqsTimers(client, queue_url=url, dlq_url=url).send({}, delay_seconds=0)
        said.append(str(caught.value))
    assert said[0] == said[1]


def test_sns_publishes_with_attributes_and_every_character(direct: DirectClients, botos: Callable[[str], Any]) -> None:
    topic = botos("sns").create_topic(Name="direct")["TopicArn"]
    queue = botos("sqs").create_queue(QueueName="direct-inbox")["QueueUrl"]
    botos("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-west-1:123456789012:direct-inbox")
    marks = {name: {"DataType": "String", "StringValue": f"{name} & <1>"} for name in ("alertrelay-hop", "b")}
    text = "Größe + 50 % & <b>\n🔥"
    request = {"TopicArn": topic, "Subject": "s", "Message": text, "MessageAttributes": marks}
    assert publisher(direct.sns)(request, "")
    (message,) = botos("sqs").receive_message(QueueUrl=queue)["Messages"]
    got = json.loads(message["Body"])
    assert (got["Message"], got["Subject"]) == (text, "s")
    assert {name: one["Value"] for name, one in got["MessageAttributes"].items()} == {
        name: one["StringValue"] for name, one in marks.items()
    }


def test_a_topic_that_is_absent_is_permanent_by_its_code(direct: DirectClients) -> None:
    with pytest.raises(Permanent, match="SNS answered NotFound"):
        publisher(direct.sns)({"TopicArn": "arn:aws:sns:eu-west-1:123456789012:none", "Message": "m"}, "")


def test_ses_sends_a_mail_and_names_what_it_refuses(direct: DirectClients, botos: Callable[[str], Any]) -> None:
    mail = {
        "FromEmailAddress": "relay@example.com",
        "Destination": {"ToAddresses": ["db@example.com"]},
        "Content": {"Simple": {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}},
    }
    with pytest.raises(Permanent, match="SES answered MessageRejected"):
        mailer(direct.sesv2, region=REGION)(mail)
    botos("sesv2").create_email_identity(EmailIdentity="relay@example.com")
    assert mailer(direct.sesv2, region=REGION)(mail).endswith("@eu-west-1.amazonses.com>")


def test_ses_takes_a_finished_mail_with_its_picture(direct: DirectClients, botos: Callable[[str], Any]) -> None:
    botos("sesv2").create_email_identity(EmailIdentity="alertrelay@example.com")
    settings = replace(EMAIL, transport="ses")
    request = ses_request(render(charted(), settings), settings, notification_id="n-1")
    for client in (direct.sesv2, lambda: botos("sesv2")):
        assert mailer(client, region=REGION)(request)
    taken = [mail.raw_data for mail in ses_backends["123456789012"][REGION].sent_messages[-2:]]
    assert taken == [request["Content"]["Raw"]["Data"].decode()] * 2


def test_every_operation_is_one_that_botocore_knows_by_that_name() -> None:
    services: dict[str, Any] = {
        "dynamodb": protocols.DYNAMODB,
        "secretsmanager": protocols.SECRETS_MANAGER,
        "sqs": protocols.SQS,
        "sns": protocols.SNS,
        "sesv2": protocols.SES,
    }
    for service, protocol in services.items():
        client = botocore.session.get_session().create_client(service, region_name=REGION)
        mapping = client.meta.method_to_api_mapping
        assert {name: mapping[name] for name in protocol.operations} == protocol.operations
        if isinstance(protocol, protocols.JsonByTarget):
            metadata = client.meta.service_model.metadata
            assert (metadata["targetPrefix"], metadata["jsonVersion"]) == (protocol.prefix, protocol.version)


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "cn-north-1", "us-gov-west-1"])
def test_the_endpoints_are_those_of_botocore(region: str) -> None:
    direct = DirectClients(PLAIN, region=region, endpoint="", sleep=lambda _: None)
    boto = Clients(endpoint_url=None, region=region)
    for service in ("dynamodb", "secretsmanager", "sqs", "sns", "sesv2"):
        ours: Any = getattr(direct, service)()
        assert ours.url == getattr(boto, service)().meta.endpoint_url


def test_a_topic_of_another_region_is_asked_there(direct: DirectClients) -> None:
    direct = DirectClients(PLAIN, region=REGION, endpoint="", sleep=lambda _: None)
    there: Any = direct.sns("us-east-2")
    assert (there.url, there.scope.region) == ("https://sns.us-east-2.amazonaws.com", "us-east-2")
    assert direct.sns() is direct.sns(REGION)


def test_what_is_not_known_without_botocore_says_so(direct: DirectClients) -> None:
    with pytest.raises(AttributeError, match="dynamodb has no delete_table without botocore"):
        direct.dynamodb().delete_table(TableName="t")


@pytest.mark.parametrize(
    "other",
    [
        {"HTTPS_PROXY": "http://proxy:3128"},
        {"https_proxy": "http://proxy:3128"},
        {"ALL_PROXY": "socks5://proxy"},
        {"HTTP_PROXY": "http://proxy:3128"},
        {"AWS_CA_BUNDLE": "/etc/own.pem"},
        {"AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
        {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"},
        {"AWS_ACCESS_KEY_ID": ""},
        {"AWS_SECRET_ACCESS_KEY": ""},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_only_botocore_can_do_is_left_to_it(other: dict[str, str]) -> None:
    assert is_plain(PLAIN, REGION)
    assert not is_plain({**PLAIN, **other}, REGION)
    assert isinstance(forwarder_clients({**PLAIN, **other}, REGION, lambda _: None), Clients)


@pytest.mark.parametrize("region", ["us-iso-east-1", "us-isob-east-1", "eu-isoe-west-1", "eusc-de-east-1", "nowhere"])
def test_a_region_whose_endpoints_are_not_known_is_left_to_botocore(region: str) -> None:
    assert not is_plain(PLAIN, region)


def test_an_empty_proxy_and_no_proxy_are_plain() -> None:
    assert is_plain({**PLAIN, "HTTPS_PROXY": "", "NO_PROXY": "127.0.0.1"}, REGION)
    assert isinstance(forwarder_clients(PLAIN, REGION, lambda _: None), DirectClients)


def test_the_points_of_a_chart_are_those_of_botocore(server: str, direct: DirectClients, botos: Any) -> None:
    now = time.time() // 60 * 60
    data = [{"MetricName": "Depth", "Value": float(n), "Timestamp": now - 60 * n} for n in (3, 2, 1)]
    botos("cloudwatch").put_metric_data(Namespace="Shop", MetricData=data)
    query = MetricQuery(namespace="Shop", name="Depth", dimensions=(), statistic="Average", period=60)
    both = (direct.metrics, Clients(endpoint_url=server, region=REGION).metrics)
    found = [chart_points(client)(query, now - 600, now) for client in both]
    assert found == [[(now - 180, 3.0), (now - 120, 2.0), (now - 60, 1.0)]] * 2
