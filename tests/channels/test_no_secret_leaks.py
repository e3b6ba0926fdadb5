"""No sender puts any part of its key where somebody could read it, whatever the peer does."""

from __future__ import annotations

import base64
import itertools
import logging
import traceback
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.config.model import Target
from alertrelay.notification import Message
from alertrelay.ports import DeliveryFailure, Key, Sender

from local.standins import Fault, StandIns, listening, peer
from tests.channels.example import all_sent, key, target
from tests.channels.raw_peer import saying

SENT = all_sent()
HOSTS = [host for kind in listening() if peer(kind).scheme for host in peer(kind).hosts]
FAULTS = ["timeout", "refused", "reset", "trickle", "503", "429", "401", "404", "echo 400", "echo 404", "echo 200"]
DELIVERED = [(name, fault) for name, sent in SENT.items() for fault in sent.delivered]


@dataclass
class Sending:
    name: str
    sender: Sender
    target: Target
    message: Message

    def failure(self) -> DeliveryFailure:
        with pytest.raises(DeliveryFailure) as caught:
            self.sender.send(
                self.message,
                self.target,
                key=key(SENT[self.name]),
                notification_id="n-1",
                timeout=0.2,
            )
        return caught.value


def sending(name: str, endpoints: dict[str, str]) -> Sending:
    wanted = target(SENT[name].settings)
    sender = Senders(Network(endpoints=endpoints))[wanted.integration.channel]
    return Sending(name, sender, wanted, SENT[name].message)


def everything_of(error: BaseException | None) -> Iterator[str]:
    """Text, repr, args and the whole chain, also the part that a traceback does not print."""
    while error is not None:
        yield f"{error} {error!r} {error.args!r} {vars(error)!r}"
        yield "".join(traceback.format_exception(error, chain=False))
        error = error.__cause__ or error.__context__


def assert_tells_nothing(attempt: Sending, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]) -> None:
    caplog.set_level(logging.DEBUG)
    texts = [*everything_of(attempt.failure())]
    output = capfd.readouterr()
    texts += [output.out, output.err, *(f"{r.getMessage()} {r.args!r} {r.exc_info!r}" for r in caplog.records)]
    for part in SENT[attempt.name].parts:
        for text in texts:
            assert part not in text


@pytest.mark.parametrize(("name", "fault"), [pair for pair in itertools.product(SENT, FAULTS) if pair not in DELIVERED])
def test_no_failure_tells_the_key(
    peers: StandIns, name: str, fault: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    attempt = sending(name, peers.endpoints)
    channel = attempt.target.integration.channel
    word, _, status = fault.rpartition(" ")
    if word == "echo":
        value = SENT[name].secret
        code = {"200": 552, "400": 550, "404": 535}[status] if channel == "email" else int(status)
        said = f"bad key {value} {base64.b64encode(value.encode()).decode()}"
        planned = Fault(kind="status", status=code, body=said if channel == "email" else f'{{"message": "{said}"}}')
    elif channel == "email" and status.isdecimal():
        planned = Fault(kind="status", status={"503": 451, "429": 454, "401": 530, "404": 535}[status])
    else:
        planned = Fault.named(status)
    peers.fail(channel, planned)
    assert_tells_nothing(attempt, caplog, capfd)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 Oops\r\nno colon here\r\n folded\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nContent-Length: x\r\n\r\n",
        b"HTTP/1.1 500 Oops\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: //[\r\nContent-Length: 0\r\n\r\n",
        b"\xff\xfe garbage",
    ],
    ids=["headers", "length", "chunks", "location", "no http"],
)
@pytest.mark.parametrize("name", [name for name in SENT if name != "email"])
def test_a_malformed_answer_tells_nothing_in_the_log(
    name: str, answer: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """urllib3 warns of malformed headers with the address in full."""
    with saying(answer) as base:
        assert_tells_nothing(sending(name, dict.fromkeys(HOSTS, base)), caplog, capfd)


@pytest.mark.parametrize("name", SENT)
def test_a_peer_that_is_not_there_tells_nothing(
    name: str, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    nowhere = "http://no-such-host.invalid"
    hosts = dict.fromkeys(HOSTS, nowhere)
    assert_tells_nothing(sending(name, {**hosts, "smtp": "no-such-host.invalid:25"}), caplog, capfd)


@pytest.mark.parametrize(
    "value",
    ["https://[notarealsecret99", "http://notarealsecret99\x00/", "notarealsecret99", "https:///notarealsecret99"],
)
def test_an_address_that_is_none_is_not_shown(value: str) -> None:
    attempt = sending("webhook", {})
    wrong = Key("hook_url", value, "v")
    with pytest.raises(DeliveryFailure) as caught:
        attempt.sender.send(attempt.message, attempt.target, key=wrong, notification_id="n", timeout=0.2)
    assert not any("notarealsecret99" in text for text in everything_of(caught.value))
