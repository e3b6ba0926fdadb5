from __future__ import annotations

import json
from typing import Any

import pytest
from alertrelay.channels.slack.sender import SlackSender
from alertrelay.channels.transport.connection import Network
from alertrelay.config.model import Target
from alertrelay.notification import Message, Receipt
from alertrelay.ports import AuthDead, DeliveryFailure, Key, Permanent, RateLimited, Retryable

from local.standins import Fault, StandIns
from tests.channels.example import key, target
from tests.channels.slack.example import BOT_TOKEN, BY_BOT, BY_WEBHOOK, SLACK_MESSAGE, WEBHOOK_PATH

SLACK_WEBHOOK, SLACK_BOT = target(BY_WEBHOOK.settings), target(BY_BOT.settings)


def send(
    peers: StandIns,
    target: Target,
    *,
    message: Message = SLACK_MESSAGE,
    given: Key | None = None,
    timeout: float = 600,
    earlier: Receipt | None = None,
    edit: bool = False,
) -> Receipt:
    sender = SlackSender(Network(endpoints=peers.endpoints))
    return sender.send(
        message,
        target,
        key=given or key(BY_BOT if target is SLACK_BOT else BY_WEBHOOK),
        notification_id="n-1",
        timeout=timeout,
        earlier=earlier,
        edit=edit,
    )


def failure_of(peers: StandIns, target: Target, fault: Fault) -> DeliveryFailure:
    peers.fail("slack", fault)
    with pytest.raises(DeliveryFailure) as caught:
        send(peers, target, timeout=0.2)
    return caught.value


def says(answer: dict[str, Any], *, status: int = 200, retry_after: str = "") -> Fault:
    return Fault(kind="status", status=status, body=json.dumps(answer), retry_after=retry_after)


def test_a_webhook_takes_the_message_on_the_secret_address(peers: StandIns) -> None:
    receipt = send(peers, SLACK_WEBHOOK)
    (request,) = peers.requests
    assert request.tokens == {WEBHOOK_PATH}
    assert request.body == {"text": "CPU high", "channel": "#critical"}
    assert request.request_id == "n-1"
    assert (receipt.key_name, receipt.ref) == ("slack_webhook", {})


@pytest.mark.parametrize(
    ("status", "word", "kind", "text"),
    [
        (404, "no_service", AuthDead, "Slack answered 404: no_service (key slack_webhook)"),
        (403, "invalid_token", AuthDead, "Slack answered 403: invalid_token (key slack_webhook)"),
        (403, "action_prohibited", AuthDead, "Slack answered 403: action_prohibited (key slack_webhook)"),
        (404, "channel_not_found", Permanent, "Slack answered 404: channel_not_found"),
        (410, "channel_is_archived", Permanent, "Slack answered 410: channel_is_archived"),
        (400, "invalid_payload", Permanent, "Slack answered 400: invalid_payload"),
        (400, "<html>Bad Request</html>", Permanent, "Slack answered 400"),
        (500, "rollup_error", Retryable, "Slack answered 500"),
        (503, "", Retryable, "Slack answered 503"),
    ],
)
def test_a_webhook_refusal_is_classed_by_status_and_word(
    peers: StandIns, status: int, word: str, kind: type[DeliveryFailure], text: str
) -> None:
    failure = failure_of(peers, SLACK_WEBHOOK, Fault(kind="status", status=status, body=word))
    assert (type(failure), failure.text) == (kind, text)


@pytest.mark.parametrize("body", ["", "<html>maintenance</html>", "[]", "x" * 100_000])
def test_a_webhook_that_says_200_without_ok_is_not_believed(peers: StandIns, body: str) -> None:
    failure = failure_of(peers, SLACK_WEBHOOK, Fault(kind="status", status=200, body=body))
    assert isinstance(failure, Retryable)
    assert failure.ambiguous


def test_a_webhook_may_answer_as_the_web_api_does(peers: StandIns) -> None:
    peers.fail("slack", says({"ok": True}), times=1)
    assert send(peers, SLACK_WEBHOOK).ref == {}
    failure = failure_of(peers, SLACK_WEBHOOK, says({"ok": False, "error": "invalid_blocks"}))
    assert isinstance(failure, Permanent)


@pytest.mark.parametrize("target", [SLACK_WEBHOOK, SLACK_BOT], ids=["webhook", "bot"])
@pytest.mark.parametrize(("header", "seconds"), [("", None), ("30", 30.0)])
def test_a_429_reports_the_delay_as_it_was_named(
    peers: StandIns, target: Target, header: str, seconds: float | None
) -> None:
    failure = failure_of(peers, target, Fault(kind="status", status=429, retry_after=header))
    assert isinstance(failure, RateLimited)
    assert failure.retry_after == seconds


@pytest.mark.parametrize("target", [SLACK_WEBHOOK, SLACK_BOT], ids=["webhook", "bot"])
@pytest.mark.parametrize(
    ("kind", "text", "ambiguous"),
    [
        ("refused", "Slack refused the connection", False),
        ("timeout", "Slack did not answer within 0.2 s", True),
        ("trickle", "Slack did not answer within 0.2 s", True),
        ("reset", "Slack closed the connection without an answer", True),
    ],
)
def test_a_peer_that_does_not_answer_is_retryable(
    peers: StandIns, target: Target, kind: str, text: str, ambiguous: bool
) -> None:
    failure = failure_of(peers, target, Fault.named(kind))
    assert isinstance(failure, Retryable)
    assert (failure.text, failure.ambiguous) == (text, ambiguous)


@pytest.mark.parametrize(
    "value", ["", "xoxb-a-token", "hooks.slack.com/services/x", "https://hooks.slack.com", "https://a b/"]
)
def test_a_key_that_holds_no_address_is_dead(peers: StandIns, value: str) -> None:
    with pytest.raises(AuthDead) as caught:
        send(peers, SLACK_WEBHOOK, given=Key("slack_webhook", value, "v"))
    assert "slack_webhook" in caught.value.text
    assert not peers.requests


def test_a_bot_posts_to_its_channel_and_gets_back_where(peers: StandIns) -> None:
    receipt = send(peers, SLACK_BOT)
    (request,) = peers.requests
    assert request.path == "/api/chat.postMessage"
    assert request.tokens == {BOT_TOKEN, "#critical-alerts"}
    assert request.body == {"text": "CPU high", "channel": "#critical-alerts"}
    assert receipt.ref["ts"]
    assert receipt.ref["channel"].startswith("C")


def test_an_edit_changes_the_first_message(peers: StandIns) -> None:
    first = send(peers, SLACK_BOT)
    second = send(peers, SLACK_BOT, message={"text": "resolved"}, earlier=first, edit=True)
    assert peers.requests[-1].path == "/api/chat.update"
    assert peers.requests[-1].body == {"text": "resolved", **first.ref}
    assert second.ref == first.ref


def test_news_goes_into_the_thread_and_to_the_channel(peers: StandIns) -> None:
    first = send(peers, SLACK_BOT)
    second = send(peers, SLACK_BOT, message={"text": "one more"}, earlier=first)
    sent = peers.requests[-1].body
    assert (sent["thread_ts"], sent["reply_broadcast"], sent["channel"]) == (
        first.ref["ts"],
        True,
        first.ref["channel"],
    )
    assert second.ref == first.ref, "the thread stays the one of its first message"


@pytest.mark.parametrize("edit", [True, False], ids=["edit", "reply"])
def test_a_message_that_is_gone_is_posted_anew(peers: StandIns, edit: bool) -> None:
    gone = Receipt(integration=SLACK_BOT.integration, ref={"channel": "C0GONE", "ts": "1.2"})
    receipt = send(peers, SLACK_BOT, earlier=gone, edit=edit)
    assert len(peers.requests) == 2
    assert peers.requests[-1].body == {"text": "CPU high", "channel": "#critical-alerts"}
    assert receipt.ref["ts"] != "1.2"


def test_an_edit_that_fails_for_another_reason_is_not_posted_anew(peers: StandIns) -> None:
    first = send(peers, SLACK_BOT)
    peers.fail("slack", says({"ok": False, "error": "fatal_error"}))
    with pytest.raises(Retryable):
        send(peers, SLACK_BOT, earlier=first, edit=True)
    assert len(peers.requests) == 2


def test_a_receipt_without_a_place_is_a_new_message(peers: StandIns) -> None:
    unknown = Receipt(integration=SLACK_BOT.integration)
    assert send(peers, SLACK_BOT, earlier=unknown, edit=True).ref["ts"]


@pytest.mark.parametrize(
    ("word", "kind", "ambiguous"),
    [
        ("ratelimited", RateLimited, False),
        ("rate_limited", RateLimited, False),
        ("invalid_auth", AuthDead, False),
        ("token_revoked", AuthDead, False),
        ("account_inactive", AuthDead, False),
        ("missing_scope", AuthDead, False),
        ("service_unavailable", Retryable, False),
        ("request_timeout", Retryable, False),
        ("internal_error", Retryable, True),
        ("fatal_error", Retryable, True),
        ("channel_not_found", Permanent, False),
        ("not_in_channel", Permanent, False),
        ("is_archived", Permanent, False),
        ("invalid_blocks", Permanent, False),
        ("a_word_of_next_year", Permanent, False),
    ],
)
def test_the_web_api_says_by_a_word_what_is_wrong(
    peers: StandIns, word: str, kind: type[DeliveryFailure], ambiguous: bool
) -> None:
    failure = failure_of(peers, SLACK_BOT, says({"ok": False, "error": word}))
    assert (type(failure), failure.ambiguous) == (kind, ambiguous)
    assert failure.text.startswith(f"Slack answered {word}")


@pytest.mark.parametrize("answer", [{}, {"ok": False}, {"ok": False, "error": 7}, {"ok": "true"}])
def test_an_answer_that_does_not_say_ok_is_no_delivery(peers: StandIns, answer: dict[str, Any]) -> None:
    assert isinstance(failure_of(peers, SLACK_BOT, says(answer)), Permanent)


@pytest.mark.parametrize("body", ["", "ok", "[]", "<html>", "x" * 100_000])
def test_an_answer_that_is_no_json_is_ambiguous(peers: StandIns, body: str) -> None:
    failure = failure_of(peers, SLACK_BOT, Fault(kind="status", status=200, body=body))
    assert isinstance(failure, Retryable)
    assert failure.ambiguous


@pytest.mark.parametrize("value", [" ", "two words", "xoxb-1\r\nX-Evil: 1", "xoxb-ü"])
def test_a_key_that_holds_no_token_is_dead(peers: StandIns, value: str) -> None:
    with pytest.raises(AuthDead, match="slack_token"):
        send(peers, SLACK_BOT, given=Key("slack_token", value, "v"))
    assert not peers.requests


def test_a_line_end_behind_a_token_does_no_harm(peers: StandIns) -> None:
    send(peers, SLACK_BOT, given=Key("slack_token", BOT_TOKEN + "\n", "v"))
    assert BOT_TOKEN in peers.requests[-1].tokens


def test_only_a_bot_edits() -> None:
    assert SlackSender().edits(SLACK_BOT)
    assert not SlackSender().edits(SLACK_WEBHOOK)
