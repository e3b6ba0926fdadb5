"""Groups, order and dedupe: what is told once, what is told together, what is not told and why."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from alertrelay.notification import Reason
from alertrelay.sources import Envelope, unwrap

from tests.dispatch.world import START, World, alarm

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TICK = 310
"""Seconds within which an open group is looked at again."""


def reasons(world: World) -> list[tuple[str, str]]:
    return [(o.receiver, o.reason.value) for o in world.outcomes]


def test_the_same_event_twice_is_notified_once_and_named_a_duplicate() -> None:
    world = World()
    world.publish(alarm("cpu"), alarm("cpu"))
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]
    assert {(o.outcome, o.reason) for o in world.outcomes[3:]} == {("suppressed", Reason.DUPLICATE)}
    assert len(world.outcomes) == 6


def test_an_ok_that_overtakes_its_alarm_leaves_nobody_woken() -> None:
    world = World()
    world.publish(alarm("cpu", "OK", at=START + MINUTE))
    world.publish(alarm("cpu", at=START, sent_at=START + 2 * MINUTE))
    assert [action for action, _ in world.pages()] == ["resolve", "resolve"]  # of unknown keys: silent there
    world.run(1200)
    ends = sorted((o.receiver, o.status, o.reason) for o in world.outcomes if o.outcome == "suppressed")
    assert [end for end in ends if end[1] == "firing"] == [
        (n, "firing", Reason.STALE) for n in ("mail", "pager", "slack")
    ]
    quiet = {(receiver, reason) for receiver, status, reason in ends if status == "resolved"}
    assert quiet == {("mail", Reason.NOT_ANNOUNCED), ("slack", Reason.NOT_ANNOUNCED)}


def test_one_alarm_on_two_topics_pages_once_and_its_ok_by_the_info_topic_ends_it() -> None:
    world = World()
    world.publish(alarm("cpu", topic="critical"), alarm("cpu", topic="infrastructure"))
    world.publish(alarm("cpu", "OK", at=START + MINUTE, topic="info"))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]
    assert len(world.sent("slack")) == 2


def test_of_two_copies_of_one_update_the_higher_severity_wins_in_any_order() -> None:
    for first, second in (("critical", "warning"), ("warning", "critical")):
        world = World()
        world.publish(alarm("cpu", severity=first), alarm("cpu", severity=second))
        assert [action for action, _ in world.pages()] == ["trigger"]


def test_a_burst_of_fifty_in_one_group_becomes_few_messages_and_none_is_lost() -> None:
    world = World()
    for number in range(50):
        world.publish(alarm(f"cpu-{number}", at=START + number * SECOND))
        world.run(0.5)
    world.run(TICK)
    assert all(len(world.sent(channel)) == 2 for channel in ("pagerduty", "slack", "email"))
    final = world.final()
    assert len(final) == 150
    assert set(final.values()) == {"delivered", "merged"}
    assert len({key for _, key in world.pages()}) == 1


def test_a_resolve_of_one_member_never_closes_the_incident_of_another() -> None:
    world = World()
    world.publish(alarm("a"), alarm("b", at=START + 20 * SECOND))
    world.run(TICK)
    world.publish(alarm("a", "OK", at=world.clock.now()))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "trigger", "trigger"]
    world.publish(alarm("b", "OK", at=world.clock.now()))
    world.run(TICK)
    assert [action for action, _ in world.pages()][-1] == "resolve"
    assert len({key for _, key in world.pages()}) == 1


def test_an_alarm_that_fires_again_after_its_end_is_notified_again() -> None:
    world = World()
    world.publish(alarm("cpu"), alarm("cpu", "OK", at=START + MINUTE))
    world.run(TICK)
    world.publish(alarm("cpu", at=world.clock.now()))
    assert [action for action, _ in world.pages()] == ["trigger", "resolve", "trigger"]


def test_an_alarm_that_flaps_between_two_flushes_is_notified_as_it_then_stands() -> None:
    world = World()
    world.publish(alarm("cpu"), alarm("cpu", "OK", at=START + SECOND), alarm("cpu", at=START + 2 * SECOND))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger"]


def test_what_fires_and_ends_before_its_turn_is_accounted_for() -> None:
    world = World()
    world.publish(alarm("a"), alarm("b", at=START + SECOND), alarm("b", "OK", at=START + 2 * SECOND))
    world.run(TICK)
    assert len(world.pages()) == 1
    assert {outcome for (key, _, _), outcome in world.final().items() if ":b " in key} == {"suppressed"}


def test_an_end_is_routed_by_what_was_stored_at_firing_whatever_its_labels_say_now() -> None:
    world = World()
    world.publish(alarm("cpu", severity="critical", service="orders"))
    world.publish(alarm("cpu", "OK", at=START + MINUTE, severity="info", service="renamed"))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_insufficient_data_opens_nothing_and_closes_nothing() -> None:
    world = World()
    world.publish(alarm("cpu"), alarm("cpu", "INSUFFICIENT_DATA", at=START + MINUTE))
    assert reasons(world)[-1] == ("", "insufficient_data")
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger"]
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_raw_texts_are_notified_one_by_one_and_leave_no_incident_open_for_the_next() -> None:
    world = World()
    topic = "arn:aws:sns:eu-central-1:111122223333:alertrelay-test-critical"
    for number in range(2):
        text = Envelope(
            text=f"call Bob {number}", message_id=f"m{number}", topic_arn=topic, sent_at=START + number * MINUTE
        )
        world.publish(text)
    assert [action for action, _ in world.pages()] == ["trigger", "trigger"]
    assert len({key for _, key in world.pages()}) == 2
    world.publish(text)
    assert len(world.pages()) == 2


def test_an_alertmanager_batch_is_one_message_a_receiver_and_accounts_for_each() -> None:
    world = World()
    alerts = [
        {
            "status": "firing",
            "labels": {"alertname": "Up", "severity": "critical", "instance": f"i{n}"},
            "annotations": {},
        }
        for n in range(20)
    ]
    body = json.dumps({"version": "4", "status": "firing", "alerts": alerts})
    world.publish(Envelope(text=body, message_id="am", sent_at=START))
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]
    assert sorted(o.outcome for o in world.outcomes) == ["delivered"] * 3 + ["merged"] * 57


def test_firing_resolved_firing_with_one_startsat_is_notified_three_times() -> None:
    """A real Alertmanager sends that: it has no update time, so the topic's clock orders."""
    world = World()
    for number, status in enumerate(["firing", "resolved", "firing"]):
        alert = {
            "status": status,
            "labels": {"alertname": "Up", "severity": "critical"},
            "startsAt": "2026-11-20T02:00:00Z",
        }
        body = json.dumps({"version": "4", "status": status, "alerts": [alert]})
        world.publish(Envelope(text=body, message_id=f"am{number}", sent_at=START + number * 6 * MINUTE))
        world.run(TICK)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve", "trigger"]


def test_a_new_alert_does_not_wait_for_the_retry_of_a_channel_that_is_down() -> None:
    from alertrelay.ports import Retryable

    world = World()
    world.fail("pagerduty", by=Retryable("PagerDuty answered 503"))
    world.publish(alarm("a"))
    world.run(9 * 60)
    told = len(world.of("fallback"))
    pager = next(h for h in world.memory._headers.values() if h.identity.integration.channel == "pagerduty")
    assert pager.schedule.next_due is not None
    assert (pager.schedule.next_due - world.clock.now()).total_seconds() > TICK
    world.publish(alarm("b", at=world.clock.now()))
    world.run(TICK)
    assert {o.state_key[-1] for o in world.of("fallback")[told:]} == {"b"}


def test_a_message_of_our_own_that_comes_back_goes_to_the_ops_topic_only() -> None:
    world = World()
    envelope = alarm("cpu")
    looped = Envelope(
        **{**{f: getattr(envelope, f) for f in envelope.__slots__}, "attributes": {"alertrelay-hop": "1"}}
    )
    world.publish(looped)
    assert {o.reason for o in world.outcomes} == {Reason.LOOP}
    assert {alert.name for alert in world.ops} == {"LoopDetected"}
    assert all(world.sent(c) == [] for c in ("pagerduty", "slack", "email"))


def test_what_cloudwatch_itself_mutes_notifies_nobody_and_named_with_the_rule() -> None:
    path = Path(__file__).parents[2] / "events" / "eventbridge-muted-alarm.json"
    (envelope,) = unwrap(path.read_bytes())
    world = World()
    world.publish(envelope)
    (only,) = world.outcomes
    assert (only.outcome, only.reason) == ("suppressed", Reason.MUTED_AT_SOURCE)
    assert "nightly-batch" in only.detail
