from __future__ import annotations

import json
from typing import Any

import pytest
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import sender_of
from alertrelay.notification import Message, Receipt
from alertrelay.ports import AuthDead, DeliveryFailure, Key, Permanent, RateLimited, Retryable

from local.standins import Fault, StandIns
from tests.channels.example import key, target
from tests.channels.msteamsv2.example import CARD, PATH, SENT, card

TEAMS = target(SENT.settings)


def post(peers: StandIns, message: Message = CARD, *, given: Key | None = None, timeout: float = 5) -> Receipt:
    sender = sender_of("msteamsv2", Network(endpoints=peers.endpoints))
    return sender.send(message, TEAMS, key=given or key(SENT), notification_id="n-1", timeout=timeout)


def failure_of(peers: StandIns, fault: Fault) -> DeliveryFailure:
    peers.fail("msteamsv2", fault)
    with pytest.raises(DeliveryFailure) as caught:
        post(peers, timeout=0.2)
    return caught.value


def test_a_card_goes_to_the_secret_address_with_the_notification_id(peers: StandIns) -> None:
    receipt = post(peers)
    (request,) = peers.requests
    assert (request.answered, request.body, request.request_id) == ("202", CARD, "n-1")
    assert request.tokens == {PATH}
    assert (receipt.key_name, receipt.key_version, receipt.ref) == ("teams_workflow", "0a1b2c3d", {})


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize("body", ["", "1", "{}", "Accepted", "x" * 300_000])
def test_a_2xx_is_accepted_whatever_it_says_of_itself(peers: StandIns, status: int, body: str) -> None:
    peers.fail("msteamsv2", Fault(kind="status", status=status, body=body))
    assert post(peers).ref == {}


INNER = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error {} with ContextId x"


@pytest.mark.parametrize(
    ("inner", "kind", "ambiguous"),
    [(429, RateLimited, False), (413, Permanent, False), (403, AuthDead, False), (503, Retryable, True)],
)
def test_an_error_inside_a_200_counts_as_that_error(
    peers: StandIns, inner: int, kind: type[DeliveryFailure], ambiguous: bool
) -> None:
    failure = failure_of(peers, Fault(kind="status", status=200, body=INNER.format(inner)))
    assert (type(failure), failure.ambiguous) == (kind, ambiguous)
    assert failure.text.startswith(f"Microsoft Teams answered {inner}")


@pytest.mark.parametrize(("header", "seconds"), [("", None), ("30", 30.0)])
def test_a_429_reports_the_delay_as_it_was_named(peers: StandIns, header: str, seconds: float | None) -> None:
    failure = failure_of(peers, Fault(kind="status", status=429, retry_after=header))
    assert isinstance(failure, RateLimited)
    assert (failure.text, failure.retry_after) == ("Microsoft Teams answered 429", seconds)


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_address_that_is_not_accepted_is_dead_and_said_why(peers: StandIns, status: int) -> None:
    body = json.dumps({"error": {"code": "WorkflowNotFound", "message": "The workflow could not be found."}})
    failure = failure_of(peers, Fault(kind="status", status=status, body=body))
    assert isinstance(failure, AuthDead)
    expected = (
        f"Microsoft Teams answered {status}: WorkflowNotFound: The workflow could not be found. (key teams_workflow)"
    )
    assert failure.text == expected


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_5xx_may_have_been_delivered(peers: StandIns, status: int) -> None:
    failure = failure_of(peers, Fault(kind="status", status=status))
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == (f"Microsoft Teams answered {status}", True)


@pytest.mark.parametrize(
    ("kind", "text", "ambiguous"),
    [
        ("refused", "Microsoft Teams refused the connection", False),
        ("timeout", "Microsoft Teams did not answer within 0.2 s", True),
        ("trickle", "Microsoft Teams did not answer within 0.2 s", True),
        ("reset", "Microsoft Teams closed the connection without an answer", True),
    ],
)
def test_a_peer_that_does_not_answer_is_retryable(peers: StandIns, kind: str, text: str, ambiguous: bool) -> None:
    failure = failure_of(peers, Fault.named(kind))
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == (text, ambiguous)


@pytest.mark.parametrize("body", ["", "not json", "[1]", '{"error": 7}', '{"error": {"code": 1, "message": null}}'])
def test_a_400_with_any_body_is_permanent(peers: StandIns, body: str) -> None:
    failure = failure_of(peers, Fault(kind="status", status=400, body=body))
    assert isinstance(failure, Permanent)
    assert failure.text == "Microsoft Teams answered 400"


@pytest.mark.parametrize("value", ["", "teams", "ftp://example.com/x", "https://", "https://example.com"])
def test_a_key_that_is_no_address_is_dead_without_asking_anybody(peers: StandIns, value: str) -> None:
    with pytest.raises(AuthDead) as caught:
        post(peers, given=Key("teams_workflow", value, "v"))
    assert not peers.requests
    assert "example.com" not in caught.value.text


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"text": "CPU high"}, "one attachment with a card was expected"),
        (card({"type": "Table"}), "an element of an unknown type"),
        (card({"type": "TextBlock", "text": "x" * 29_000}), "the card is larger than 28 KB"),
        ({**CARD, "type": "MessageCard"}, "'type' must be 'message'"),
    ],
)
def test_the_stand_in_refuses_what_teams_would_not_show(peers: StandIns, message: Any, problem: str) -> None:
    with pytest.raises(Permanent, match=problem):
        post(peers, message)


def test_a_card_is_not_edited() -> None:
    sender = sender_of("msteamsv2", Network())
    assert not sender.edits(TEAMS)
    assert sender.key_name(TEAMS) == "teams_workflow"
