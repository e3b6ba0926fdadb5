"""What became of every alert: which outcome stands with which file, and what counts as lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alertrelay.config.model import Config, Receiver, Route
from alertrelay.notification import Outcome, Reason
from alertrelay.sources import parse, unwrap

from local.account import Account, PublishedEvent, masked
from local.stack.day_input import START, topic_for

AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
NOBODY = Config(
    environment="prod",
    hash="",
    route=Route(
        id="0",
        key="{}",
        receiver="nobody",
        matchers=(),
        continue_=False,
        group_by=(),
        group_wait=0,
        group_interval=300,
        repeat_interval=3600,
        mute_time_intervals=(),
        active_time_intervals=(),
        routes=(),
    ),
    receivers=(Receiver(name="nobody", targets=()),),
    fallbacks={},
    last_resort=False,
)
(MESSAGE,) = unwrap({"Type": "Notification", "Message": "text", "MessageId": "m-1", "TopicArn": "arn:t"})
PARSED = parse(MESSAGE, received_at=AT)
BEGIN = Outcome(
    alertname="RawMessage",
    fingerprint="f",
    state_key=PARSED.alerts[0].state_key,
    status="firing",
    receiver="oncall",
    channel="slack",
    outcome="pending",
    reason=Reason.WAITING,
)
END = replace(BEGIN, status="resolved")


def _file(account: Account, name: str) -> PublishedEvent:
    """A file that holds the message."""
    event = PublishedEvent(file=name, at=AT, topic="")
    event.add(MESSAGE, PARSED)
    account.events.append(event)
    return event


@pytest.fixture
def account() -> Account:
    """With one file."""
    empty = Account(NOBODY)
    _file(empty, "first")
    return empty


def _outcomes(event: PublishedEvent) -> list[str]:
    return [delivery.outcome.outcome for delivery in event.deliveries]


def test_a_later_outcome_takes_the_place_of_pending(account: Account) -> None:
    account.observe(AT, "slack", BEGIN)
    account.observe(AT + timedelta(minutes=1), "slack", replace(BEGIN, outcome="delivered", reason=Reason.FIRST))

    assert _outcomes(account.events[0]) == ["delivered"]
    assert account.events[0].deliveries[0].at == AT + timedelta(minutes=1)


def test_a_fallback_stands_beside_the_pending_channel(account: Account) -> None:
    account.observe(AT, "slack", BEGIN)
    account.observe(AT, "slack", replace(BEGIN, outcome="fallback", receiver="mail", fallback_for="oncall/slack/0"))

    assert _outcomes(account.events[0]) == ["pending", "fallback"]


def test_an_event_that_a_fallback_notified_is_not_lost_at_its_own_channel(account: Account) -> None:
    account.observe(AT, "slack", BEGIN)
    account.observe(AT, "slack", replace(BEGIN, outcome="fallback", receiver="mail", fallback_for="oncall/slack/0"))

    assert list(account.lost("")) == []


def test_the_same_file_again_has_outcomes_of_its_own(account: Account) -> None:
    account.observe(AT, "slack", BEGIN)
    again = _file(account, "second")
    account.observe(AT, "slack", replace(BEGIN, outcome="suppressed", reason=Reason.DUPLICATE))
    account.observe(AT, "slack", replace(BEGIN, outcome="delivered", reason=Reason.FIRST))

    assert _outcomes(account.events[0]) == ["delivered"]
    assert _outcomes(again) == ["suppressed"]


def test_an_update_that_a_newer_one_overtook_is_settled_with_it(account: Account) -> None:
    account.observe(AT, "slack", BEGIN)
    account.observe(AT, "slack", replace(END, outcome="suppressed", reason=Reason.RESOLVED_EARLY))

    (delivery,) = account.events[0].deliveries
    assert (delivery.outcome.outcome, delivery.outcome.reason) == ("suppressed", "stale")
    assert "resolved_before_notification" in delivery.outcome.detail


def test_a_pending_update_is_lost_when_no_queue_holds_it(account: Account) -> None:
    account.observe(AT, "slack", BEGIN)

    assert [lost.integration for lost in account.lost("")] == ["oncall/slack"]
    assert list(account.lost('{"envelope": {"message_id": "m-1"}}')) == []


def test_an_alert_of_which_nothing_was_said_is_lost(account: Account) -> None:
    assert [lost.file for lost in account.lost("")] == ["first"]


def test_secrets_are_blotted_out_wherever_they_stand() -> None:
    value = {"a": ["x s3cret y", {"s3cret": 1}], "b": None}

    assert masked(value, {"key": "s3cret"}) == {"a": ["x <key> y", {"<key>": 1}], "b": None}


@pytest.mark.parametrize(
    ("arn", "topic"),
    [
        ("arn:aws:sns:eu-central-1:111122223333:alertrelay-dev-critical", "alertrelay-prod-critical"),
        ("arn:aws:sns:eu-central-1:111122223333:info", "alertrelay-prod-info"),
        ("arn:aws:sns:eu-central-1:111122223333:noncritical", "alertrelay-prod-warning"),
        ("", "alertrelay-prod-warning"),
    ],
)
def test_a_message_goes_to_the_topic_named_like_its_own_or_by_severity(arn: str, topic: str) -> None:
    (envelope,) = unwrap({"Type": "Notification", "Message": "text", "MessageId": "m", "TopicArn": arn})
    topics = {name: name for name in ("alertrelay-prod-critical", "alertrelay-prod-info", "alertrelay-prod-warning")}

    assert topic_for(envelope, topics, at=START) == topic
