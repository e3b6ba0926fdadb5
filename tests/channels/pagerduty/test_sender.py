from __future__ import annotations

from typing import Any

import pytest
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import sender_of
from alertrelay.notification import Receipt
from alertrelay.ports import AuthDead, DeliveryFailure, Permanent, RateLimited, Retryable

from local.standins import Fault, StandIns
from tests.channels.example import key, target
from tests.channels.pagerduty.example import ROUTING_KEY, SENT, TRIGGER

PAGERDUTY = target(SENT.settings)


def page(peers: StandIns, message: Any = TRIGGER, *, timeout: float = 600) -> Receipt:
    return sender_of("pagerduty", Network(endpoints=peers.endpoints)).send(
        message, PAGERDUTY, key=key(SENT), notification_id="n-1", timeout=timeout
    )


def failure_of(peers: StandIns, fault: Fault) -> DeliveryFailure:
    peers.fail("pagerduty", fault)
    with pytest.raises(DeliveryFailure) as caught:
        page(peers, timeout=0.2)
    return caught.value


def test_an_event_goes_out_with_the_routing_key_and_the_notification_id(peers: StandIns) -> None:
    receipt = page(peers)
    (request,) = peers.requests
    assert request.taken
    assert request.tokens == {ROUTING_KEY}
    assert (request.path, request.body, request.request_id) == ("/v2/enqueue", TRIGGER, "n-1")
    assert request.headers["user-agent"].startswith("alertrelay/")
    assert (receipt.key_name, receipt.key_version, receipt.ref) == ("pagerduty_key", "0a1b2c3d", {"dedup_key": "d1"})


def test_an_invalid_event_is_permanent_and_says_what_is_wrong(peers: StandIns) -> None:
    with pytest.raises(Permanent) as caught:
        page(peers, {**TRIGGER, "payload": {"source": "orders", "severity": "urgent"}})
    assert caught.value.text == (
        "PagerDuty answered 400: Event object is invalid; 'payload.summary' is missing or blank; "
        "'payload.severity' must be one of critical, error, warning, info"
    )


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_key_that_is_not_accepted_is_dead(peers: StandIns, status: int) -> None:
    failure = failure_of(peers, Fault(kind="status", status=status, body=""))
    assert isinstance(failure, AuthDead)
    assert failure.text == f"PagerDuty answered {status} (key pagerduty_key)"


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_5xx_may_have_been_delivered(peers: StandIns, status: int) -> None:
    failure = failure_of(peers, Fault(kind="status", status=status))
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == (f"PagerDuty answered {status}", True)


@pytest.mark.parametrize(("header", "seconds"), [("", None), ("30", 30.0), ("86400", 86400.0)])
def test_a_429_reports_the_delay_as_it_was_named(peers: StandIns, header: str, seconds: float | None) -> None:
    failure = failure_of(peers, Fault(kind="status", status=429, retry_after=header))
    assert isinstance(failure, RateLimited)
    assert (failure.text, failure.retry_after) == ("PagerDuty answered 429", seconds)


@pytest.mark.parametrize(
    ("kind", "text", "ambiguous"),
    [
        ("refused", "PagerDuty refused the connection", False),
        ("timeout", "PagerDuty did not answer within 0.2 s", True),
        ("trickle", "PagerDuty did not answer within 0.2 s", True),
        ("reset", "PagerDuty closed the connection without an answer", True),
    ],
)
def test_a_peer_that_does_not_answer_is_retryable(peers: StandIns, kind: str, text: str, ambiguous: bool) -> None:
    failure = failure_of(peers, Fault.named(kind))
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == (text, ambiguous)


@pytest.mark.parametrize("body", ["", "not json", "[1]", '{"errors": 7, "message": null}', "x" * 300_000])
def test_a_400_with_any_body_is_permanent(peers: StandIns, body: str) -> None:
    failure = failure_of(peers, Fault(kind="status", status=400, body=body))
    assert isinstance(failure, Permanent)
    assert failure.text == "PagerDuty answered 400"


@pytest.mark.parametrize("body", ["", "x" * 300_000, "[1]", '{"status": "invalid event"}'])
def test_a_202_that_is_not_pagerdutys_may_have_been_delivered(peers: StandIns, body: str) -> None:
    failure = failure_of(peers, Fault(kind="status", status=202, body=body))
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == ("PagerDuty answered 202 without its `status`", True)


def test_a_redirect_is_permanent(peers: StandIns) -> None:
    failure = failure_of(peers, Fault(kind="status", status=307, body=""))
    assert isinstance(failure, Permanent)
    assert failure.text == "PagerDuty answered 307, a redirect, which is not followed"


def test_a_missing_key_is_dead_without_asking_anybody(peers: StandIns) -> None:
    sender = sender_of("pagerduty", Network(endpoints=peers.endpoints))
    with pytest.raises(AuthDead, match="the secret has no key pagerduty_key"):
        sender.send(TRIGGER, PAGERDUTY, key=None, notification_id="n-1", timeout=600)
    assert not peers.requests


def test_an_incident_is_not_edited() -> None:
    sender = sender_of("pagerduty", Network())
    assert not sender.edits(PAGERDUTY)
    assert sender.key_name(PAGERDUTY) == "pagerduty_key"
