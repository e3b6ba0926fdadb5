from __future__ import annotations

import itertools
import json
import socket
import threading
from datetime import UTC, datetime
from typing import Any, get_args

import pytest
import requests
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.ports import DeliveryFailure, Retryable

from local.standins import Fault, StandIns
from local.standins.board import FaultKind
from tests.channels.example import all_sent, key, target
from tests.channels.pagerduty.example import ROUTING_KEY, TRIGGER
from tests.channels.pagerduty.example import SENT as PAGE
from tests.channels.sending import sending
from tests.channels.slack.example import BOT_TOKEN, BY_BOT, BY_WEBHOOK, SLACK_MESSAGE, WEBHOOK_PATH

PAGERDUTY = target(PAGE.settings)
ALL = list(all_sent().values())


def send_all(peers: StandIns) -> None:
    for sent in ALL:
        wanted = target(sent.settings)
        sender = Senders(Network(endpoints=peers.endpoints))[wanted.integration.channel]
        sender.send(sent.message, wanted, key=key(sent), notification_id="n-1", timeout=600)


def page(peers: StandIns, *, timeout: float = 600) -> None:
    sender = Senders(Network(endpoints=peers.endpoints))["pagerduty"]
    sender.send(TRIGGER, PAGERDUTY, key=key(PAGE), notification_id="n-1", timeout=timeout)


OWN = "https://alerts.acme.example/behind"
AT_OWN_HOST = [
    ("jira", f"{OWN}/rest/api/2"),
    ("opsgenie", f"{OWN}/"),
    ("pagerduty", f"{OWN}/v2/enqueue"),
    ("victorops", f"{OWN}/integrations/generic/20131114/alert/"),
    ("incidentio", f"{OWN}/v2/alert_events/alertmanager/01ABC"),
    ("webex", f"{OWN}/v1/messages"),
    ("rocketchat", f"{OWN}/"),
    ("telegram", OWN),
    ("slack bot", f"{OWN}/api/chat.postMessage"),
]


@pytest.mark.parametrize(("way", "url"), AT_OWN_HOST, ids=[way for way, _ in AT_OWN_HOST])
def test_the_kind_that_sends_chooses_its_peer_whatever_the_host(way: str, url: str) -> None:
    with sending(way, url=url) as service:
        service.send()
        assert {(request.channel, request.taken) for request in service.peers.requests} == {(service.kind, True)}
        service.peers.fail(service.kind, Fault.named("503"))
        with pytest.raises(Retryable, match="answered 503"):
            service.send()


def test_a_record_holds_no_secret_and_has_the_callers_clock() -> None:
    at = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
    with StandIns(now=lambda: at) as peers:
        send_all(peers)
    asked = [channel for channel, _ in itertools.groupby(r.channel for r in peers.requests)]  # Jira is searched first
    assert asked == list(dict.fromkeys(target(sent.settings).integration.channel for sent in ALL))
    assert {r.at for r in peers.requests} == {at}
    assert {r.request_id for r in peers.requests} == {"n-1"}
    told = repr(peers.requests)
    assert not [secret for secret in (*(sent.secret for sent in ALL), WEBHOOK_PATH) if secret in told]


def test_no_thread_and_no_port_is_left() -> None:
    before = threading.active_count()
    with StandIns() as peers:
        send_all(peers)  # also leaves kept connections behind
        ports = [int(end.rpartition(":")[2]) for end in set(peers.endpoints.values())]
    assert threading.active_count() == before
    for port in ports:
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 1)


@pytest.mark.parametrize("kind", ["timeout", "trickle"])
def test_stopping_ends_a_hang_that_the_client_would_bear(kind: str) -> None:
    reached, before = threading.Event(), threading.active_count()

    def now() -> datetime:
        reached.set()
        return datetime(2026, 11, 20, tzinfo=UTC)

    with StandIns(now=now) as peers:
        peers.fail("pagerduty", Fault.named(kind))
        host, _, port = peers.endpoints["events.pagerduty.com"].removeprefix("http://").partition(":")
        patient = socket.create_connection((host, int(port)))
        patient.sendall(b"POST /v2/enqueue HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
        assert reached.wait(600)
    patient.close()
    assert threading.active_count() == before


def test_one_receiver_alone_can_fail(peers: StandIns) -> None:
    peers.fail("pagerduty", Fault.named("503"), token="another routing key")
    page(peers)
    peers.fail("pagerduty", Fault.named("503"), token=ROUTING_KEY)
    with pytest.raises(DeliveryFailure):
        page(peers)
    assert [r.answered for r in peers.requests] == ["202", "503"]


@pytest.mark.parametrize("token", [BOT_TOKEN, "#critical-alerts"])
def test_a_bot_fails_by_its_token_or_its_channel(peers: StandIns, token: str) -> None:
    peers.fail("slack", Fault.named("503"), token=token)
    slack = Senders(Network(endpoints=peers.endpoints))["slack"]
    with pytest.raises(Retryable):
        slack.send(SLACK_MESSAGE, target(BY_BOT.settings), key=key(BY_BOT), notification_id="n", timeout=600)
    slack.send(SLACK_MESSAGE, target(BY_WEBHOOK.settings), key=key(BY_WEBHOOK), notification_id="n", timeout=600)


def test_a_fault_can_strike_a_number_of_times(peers: StandIns) -> None:
    peers.fail("pagerduty", Fault.named("500"), times=2)
    for _ in range(2):
        with pytest.raises(Retryable):
            page(peers)
    page(peers)


def test_a_closed_port_opens_again_on_the_same_number(peers: StandIns) -> None:
    endpoints = peers.endpoints
    for channel in ("pagerduty", "email"):
        peers.fail(channel, Fault.named("refused"))
    with pytest.raises(Retryable, match="refused"):
        page(peers)
    peers.heal()
    assert peers.endpoints == endpoints
    send_all(peers)


@pytest.mark.parametrize("name", ["", "200", "600", "status", "down", "5 0 3", "-1"])
def test_a_fault_that_is_none_is_named(name: str) -> None:
    with pytest.raises(ValueError, match="is not a fault"):
        Fault.named(name)


def test_each_fault_has_a_name() -> None:
    for kind in set(get_args(FaultKind)) - {"status"}:
        assert str(Fault.named(kind)) == kind
    assert str(Fault.named("503")) == "503"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"routing_key": ""}, "routing_key"),
        ({"event_action": "open"}, "event_action"),
        ({"dedup_key": "x" * 256}, "dedup_key"),
        ({"payload": None}, "payload"),
        ({"payload": {"summary": "x" * 1025, "source": "s", "severity": "info"}}, "payload.summary"),
        ({"links": [{"text": "no address"}]}, "links"),
        ({"event_action": "resolve", "dedup_key": ""}, "dedup_key"),
        ({"payload": {"summary": "s", "source": "s", "severity": "info", "x": "x" * 600_000}}, "512 KB"),
    ],
)
def test_pagerduty_refuses_an_invalid_event(peers: StandIns, change: dict[str, Any], error: str) -> None:
    event = {"routing_key": ROUTING_KEY, **TRIGGER, **change}
    answer = requests.post(peers.endpoints["events.pagerduty.com"] + "/v2/enqueue", json=event, timeout=600)
    assert answer.status_code == 400
    assert error in str(answer.json()["errors"])


@pytest.mark.parametrize(
    ("path", "body", "status", "answer"),
    [
        ("/services/T/B/X", "not json", 400, "invalid_payload"),
        ("/services/T/B/X", "{}", 400, "no_text"),
        ("/elsewhere", "{}", 404, "no_service"),
        ("/api/chat.postMessage", json.dumps({"text": "x"}), 200, '{"ok": false, "error": "not_authed"}'),
    ],
)
def test_slack_refuses_what_it_would_refuse(peers: StandIns, path: str, body: str, status: int, answer: str) -> None:
    got = requests.post(peers.endpoints["slack.com"] + path, data=body, timeout=600)
    assert (got.status_code, got.text) == (status, answer)
