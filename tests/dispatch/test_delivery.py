"""One alarm, all the way to a person; and what happens when a channel does not take it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from alertrelay.alert import Channel
from alertrelay.memory.ports import MemorySecrets
from alertrelay.notification import Reason, Receipt
from alertrelay.ports import AuthDead, DeliveryFailure, Permanent, RateLimited, Retryable
from alertrelay.sources import Envelope

from tests.dispatch.world import LAST_RESORT, START, World, alarm, config, receive

MINUTE = timedelta(minutes=1)
DOWN = Retryable("it answered 503")
TICK = 310
"""Seconds within which an open group is looked at again."""


def test_a_critical_alarm_notifies_each_receiver_once_and_resolves_on_its_key() -> None:
    world = World()
    world.publish(alarm("cpu"))
    world.publish(alarm("cpu", "OK", at=START + 5 * MINUTE))
    world.run(TICK)
    trigger, resolve = world.pages()
    assert (trigger[0], resolve[0]) == ("trigger", "resolve")
    assert trigger[1] == resolve[1]
    assert [len(world.sent(c)) for c in ("slack", "email")] == [2, 2]
    assert {o.outcome for o in world.outcomes} == {"delivered"}
    assert {o.reason for o in world.outcomes} == {Reason.FIRST, Reason.ALL_RESOLVED}


def test_the_latency_is_counted_from_the_clock_of_the_source() -> None:
    world = World()
    world.publish(alarm("cpu", sent_at=START + timedelta(seconds=7)))
    assert {o.latency_seconds for o in world.of("delivered")} == {7.0}


def test_an_alarm_for_nobody_is_accounted_for_by_name() -> None:
    world = World()
    world.publish(alarm("cpu", severity="info"))
    (only,) = world.outcomes
    assert (only.outcome, only.reason, only.receiver) == ("suppressed", Reason.NO_INTEGRATIONS, "nobody")


def test_a_page_that_pagerduty_refuses_goes_to_slack_and_mail_and_says_why() -> None:
    world = World()
    world.fail("pagerduty", by=Retryable("PagerDuty answered 503"))
    world.publish(alarm("cpu"))
    fallbacks = world.of("fallback")
    assert {(o.receiver, o.fallback_for) for o in fallbacks} == {
        ("slack", "pager/pagerduty/0"),
        ("mail", "pager/pagerduty/0"),
    }
    assert {(o.reason, o.detail) for o in fallbacks} == {(Reason.CHANNEL_FAILED, "PagerDuty answered 503")}
    (pending,) = world.of("pending")
    assert (pending.receiver, pending.attempts) == ("pager", 4)
    assert any("PagerDuty answered 503" in str(message) for message in world.sent("slack"))
    assert any("PagerDuty answered 503" in str(message) for message in world.sent("email"))


def test_a_first_channel_that_answers_again_is_notified_and_fallbacks_learn_of_it() -> None:
    world = World()
    world.fail("pagerduty", by=DOWN)
    world.publish(alarm("cpu"))
    before = len(world.sent("slack"))
    world.fail("pagerduty", by=None)
    world.run(61)
    assert [action for action, _ in world.pages()] == ["trigger"]
    assert len(world.sent("slack")) == before + 1
    world.publish(alarm("cpu", "OK", at=START + 5 * MINUTE))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
    # By the groups of those destinations, which have taken over what the fallbacks said there.
    assert [sum("RESOLVED" in str(m) for m in world.sent(kind)) for kind in ("slack", "email")] == [1, 1]


@pytest.mark.parametrize("still_firing", [True, False])
def test_a_channel_that_answers_again_and_a_resolve_are_one_message_to_a_fallback(still_firing: bool) -> None:
    world = World()
    world.fail("pagerduty", by=DOWN)
    world.publish(alarm("cpu"), alarm("disk", at=START + timedelta(seconds=1)))
    world.run(70)
    heard = len([o for o in world.of("fallback") if o.receiver == "mail"])
    assert heard == 2
    before = len(world.sent("email"))
    world.fail("pagerduty", by=None)
    own = World()  # the same day without a fallback: what mail's own route sends
    own.publish(alarm("cpu"), alarm("disk", at=START + timedelta(seconds=1)))
    own.run(70)
    mails = len(own.sent("email"))
    later = [alarm("cpu", "OK", at=START + timedelta(seconds=75))]
    if not still_firing:
        later.append(alarm("disk", "OK", at=START + timedelta(seconds=75)))
    for one in (world, own):
        one.publish(*later)
        one.run(TICK)
    assert len(world.sent("email")) - before == len(own.sent("email")) - mails + 1


@pytest.mark.parametrize("ambiguous", [False, True])
def test_a_fallback_is_said_once_however_often_the_first_channel_is_tried_again(ambiguous: bool) -> None:
    world = World()
    world.fail("pagerduty", by=Retryable("it answered 503", ambiguous=ambiguous))
    world.publish(alarm("cpu"))
    told = len(world.sent("slack")), len(world.sent("email"))
    world.run(59 * 60)
    assert (len(world.sent("slack")), len(world.sent("email"))) == told
    assert len([o for o in world.of("pending") if o.receiver == "pager"]) > 4


def test_what_ends_while_only_fallbacks_were_notified_ends_there_and_pages_nobody() -> None:
    world = World()
    world.fail("pagerduty", by=DOWN)
    world.publish(alarm("cpu"))
    world.publish(alarm("cpu", "OK", at=START + 5 * MINUTE))
    world.fail("pagerduty", by=None)
    world.run(3600)
    assert world.pages() == []
    assert world.final()["arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu firing", "pager", ""] == "suppressed"
    assert [sum("RESOLVED" in str(m) for m in world.sent(kind)) for kind in ("slack", "email")] == [1, 1]


@pytest.mark.parametrize(
    ("down", "told"),
    [("slack", {"mail"}), ("email", {"slack", "pager"}), ("pagerduty", {"slack", "mail"})],
)
def test_each_channel_has_the_fallbacks_of_delivery_yml(down: Channel, told: set[str]) -> None:
    world = World()
    world.fail(down, by=DOWN)
    world.publish(alarm("cpu"))
    assert {o.receiver for o in world.of("fallback")} == told


def test_pagerduty_is_a_fallback_for_what_is_critical_only() -> None:
    world = World(config=config())
    world.fail("email", by=DOWN)
    world.fail("slack", by=DOWN)
    world.publish(alarm("cpu", severity="warning"))
    assert world.pages() == []
    assert {o.outcome for o in world.outcomes} == {"pending"}


def test_when_every_channel_fails_the_delivery_is_retried_with_growing_delays() -> None:
    world = World()
    world.fail("pagerduty", "slack", "email", by=DOWN)
    world.publish(alarm("cpu"))
    assert {o.outcome for o in world.outcomes} == {"pending"}
    delays = []
    for _ in range(6):
        due = _due(world, "pagerduty")
        delays.append(round((due - world.clock.now()).total_seconds() / 60))
        world.run((due - world.clock.now()).total_seconds())
    assert delays == [1, 2, 5, 15, 15, 15]
    world.fail("pagerduty", "slack", "email", by=None)
    world.run(1000)
    assert [action for action, _ in world.pages()] == ["trigger"]
    assert {o.outcome for o in world.outcomes[-3:]} == {"delivered"}


def _due(world: World, channel: Channel) -> datetime:
    (due,) = [h.schedule.next_due for h in world.memory._headers.values() if h.identity.integration.channel == channel]
    assert due is not None
    return due


def test_after_four_days_the_alert_lies_in_the_dead_letter_queue_with_its_name() -> None:
    world = World()
    world.fail("pagerduty", "slack", "email", by=DOWN)
    world.publish(alarm("cpu"))
    world.run(4 * 86400 + 1800)
    for relay in world.relays:
        (dead_lettered,) = world.timers(relay).dead_lettered
        assert "HighCPU" in str(dead_lettered["alerts"])
    assert {o.outcome for o in world.outcomes[-3:]} == {"failed"}
    assert {o.reason for o in world.of("failed")} == {Reason.RETRY_EXHAUSTED}


def test_what_was_given_up_is_notified_by_its_repeat_once_the_channel_answers_again() -> None:
    world = World()
    world.fail("pagerduty", "slack", "email", by=DOWN)
    world.publish(alarm("cpu"))
    world.run(4 * 86400 + 1000)
    assert all(world.timers(relay).dead_lettered for relay in world.relays)
    world.fail("pagerduty", "slack", "email", by=None)
    world.run(3600 + TICK)
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_the_last_resort_needs_no_secret() -> None:
    world = World(config=config(last_resort=True), secrets=MemorySecrets({}), last_resort=LAST_RESORT)
    world.fail("email", by=DOWN)
    world.senders["pagerduty"].key = "pagerduty_key"
    world.senders["slack"].key = "slack_webhook"
    world.publish(alarm("cpu"))
    assert {o.receiver for o in world.of("fallback")} == {"last-resort"}
    assert len(world.sent("sns")) == 3
    assert {alert.name for alert in world.ops} == {"SecretKeyRefused"}
    assert all("no key" in alert.text for alert in world.ops if "pager" in alert.text)


def test_one_of_two_receivers_of_a_stage_that_failed_is_retried_alone() -> None:
    world = World()
    world.fail("pagerduty", by=DOWN)
    world.fail("email", by=DOWN)
    world.publish(alarm("cpu"))
    world.fail("email", by=None)
    world.run(200)
    told = [o for o in world.of("fallback") if o.receiver == "slack" and o.fallback_for == "pager/pagerduty/0"]
    assert len(told) == 1
    told = [o for o in world.of("fallback") if o.receiver == "mail" and o.fallback_for == "pager/pagerduty/0"]
    assert len(told) == 1


@pytest.mark.parametrize(
    ("failure", "attempts"),
    [
        (Retryable("it refused the connection"), 4),
        (Permanent("it answered 400"), 1),
        (AuthDead("it answered 404 no_service"), 1),
        (RateLimited("it answered 429"), 4),
        (RateLimited("it answered 429", retry_after=3600), 1),
        (RateLimited("it answered 429", retry_after=4), 3),
    ],
)
def test_a_failure_is_tried_again_only_where_that_can_help(failure: DeliveryFailure, attempts: int) -> None:
    world = World()
    world.fail("pagerduty", by=failure)
    world.publish(alarm("cpu"))
    (pending,) = [o for o in world.of("pending") if o.receiver == "pager"]
    assert (pending.attempts, pending.detail) == (attempts, failure.text)
    assert {o.receiver for o in world.of("fallback")} == {"slack", "mail"}


def test_the_next_try_keeps_to_the_delay_that_the_channel_named() -> None:
    world = World()
    world.fail("slack", by=RateLimited("Slack answered 429", retry_after=400))
    world.publish(alarm("cpu", severity="warning"))
    due = _due(world, "slack")
    assert 399 <= (due - world.clock.now()).total_seconds() <= 401


def test_a_key_that_was_rotated_away_is_followed_by_the_other_version() -> None:
    world = World(secrets=MemorySecrets({"pagerduty_key": ["new", "old"]}))
    world.senders["pagerduty"].key = "pagerduty_key"
    world.senders["pagerduty"].faults = [AuthDead("PagerDuty answered 403")]
    world.publish(alarm("cpu"))
    assert [o.attempts for o in world.of("delivered") if o.receiver == "pager"] == [1]
    world.publish(alarm("cpu", "OK", at=START + MINUTE))
    world.run(TICK)
    _, _, earlier, _ = world.senders["pagerduty"].sent[-1]
    assert earlier is not None
    assert earlier.key_version == "1"


def test_a_channel_that_just_failed_is_tried_once_by_the_same_container() -> None:
    world = World()
    world.fail("pagerduty", by=DOWN)
    world.publish(alarm("cpu", service="a"), alarm("memory", service="b"))
    assert [o.attempts for o in world.of("pending")] == [4, 1]


def test_an_error_of_our_own_in_a_sender_leads_to_the_fallback_without_its_text() -> None:
    world = World()
    world.senders["pagerduty"].always = RuntimeError("https://hooks.example.com/secret")  # type: ignore[assignment]
    world.publish(alarm("cpu"))
    assert {o.receiver for o in world.of("fallback")} == {"slack", "mail"}
    assert "secret" not in str(world.outcomes) + str(world.log) + str(world.sent("slack"))


def test_a_channel_that_hangs_leaves_time_for_the_fallbacks_of_every_group() -> None:
    world = World()
    hang = world.senders["slack"]

    def hangs(*args: object, timeout: float, **kwargs: object) -> Receipt:
        world.clock.sleep(timeout)
        raise Retryable(f"Slack did not answer within {timeout:g} s", ambiguous=True)

    hang.send = hangs  # type: ignore[method-assign]
    alerts = [
        {"status": "firing", "labels": {"alertname": "Up", "severity": "warning", "service": f"s{n}"}} for n in range(5)
    ]
    text = json.dumps({"version": "4", "alerts": alerts})
    receive(world.relays[1], Envelope(text=text, message_id="am", sent_at=START), deadline=world.deadline)
    assert world.clock.now() <= START + timedelta(seconds=30)
    assert len([o for o in world.of("fallback") if o.receiver == "mail"]) == 5


def test_nothing_is_sent_that_could_outlive_the_lease() -> None:
    world = World()
    late = alarm("disk", severity="warning", at=world.clock.now())
    receive(world.relays[1], late, deadline=world.clock.now() + timedelta(seconds=2))
    assert world.sent("slack") == []
    assert [o.outcome for o in world.outcomes] == ["pending"]
    world.run(120)
    assert [o.outcome for o in world.outcomes] == ["pending", "delivered"]


def test_an_end_that_the_receiver_does_not_want_is_left_out_by_name() -> None:
    world = World(config=config(send_resolved=False))
    world.publish(alarm("cpu", severity="warning"), alarm("cpu", "OK", at=START + MINUTE, severity="warning"))
    world.run(TICK)
    assert len(world.sent("slack")) == 1
    assert world.outcomes[-1].reason == Reason.SEND_RESOLVED_FALSE


def test_a_message_that_can_be_edited_is_edited_to_resolved_regardless() -> None:
    world = World(config=config(send_resolved=False))
    world.senders["slack"].can_edit = True
    world.publish(alarm("cpu", severity="warning"), alarm("cpu", "OK", at=START + MINUTE, severity="warning"))
    world.run(TICK)
    (first, second) = world.senders["slack"].sent
    assert (first[3], second[3]) == (False, True)
    assert second[2] is not None


def test_a_repeat_is_posted_and_not_edited_since_an_edit_notifies_nobody() -> None:
    world = World()
    world.senders["slack"].can_edit = True
    world.publish(alarm("cpu", severity="warning"))
    world.run(3600)
    assert [edit for *_, edit in world.senders["slack"].sent] == [False, False]


def test_an_end_that_is_not_wanted_is_accounted_for_beside_the_news() -> None:
    world = World(config=config(send_resolved=False))
    world.publish(alarm("cpu", severity="warning"))
    world.run(TICK)
    ended = alarm("cpu", "OK", at=START + MINUTE, severity="warning")
    world.publish(ended, alarm("disk", at=START + MINUTE, severity="warning"))
    world.run(TICK)
    said = [(o.outcome, o.status, o.reason) for o in world.outcomes]
    assert said[-2:] == [
        ("suppressed", "resolved", Reason.SEND_RESOLVED_FALSE),
        ("delivered", "firing", Reason.NEW_ALERTS),
    ]


def test_a_resolve_that_its_channel_does_not_take_is_tried_until_it_does() -> None:
    world = World()
    world.publish(alarm("cpu"))
    world.fail("pagerduty", by=DOWN)
    world.publish(alarm("cpu", "OK", at=START + MINUTE))
    world.run(TICK)
    failed = [(o.receiver, o.status) for o in world.of("pending") if o.reason == Reason.CHANNEL_FAILED]
    assert set(failed) == {("pager", "resolved")}
    assert world.of("fallback") == []
    world.fail("pagerduty", by=None)
    world.run(120)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_a_page_for_which_no_time_was_left_is_not_called_failed() -> None:
    world = World()
    pager = world.relays[0]
    pager.pipeline.receive(alarm("cpu"), deadline=world.clock.now() + timedelta(seconds=8))
    (mail,) = world.sent("email")
    text = json.dumps(mail)
    assert "PagerDuty NOT TRIED" in text
    assert "NOT sent" in text
    assert "FAILED" not in text
