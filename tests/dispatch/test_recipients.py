"""A mail of which the server refuses some recipients: each of them has an outcome of its own."""

from __future__ import annotations

from collections import deque
from dataclasses import replace

from alertrelay.config.durations import GIVE_UP
from alertrelay.sources import Envelope
from alertrelay.state import Limit

from tests.dispatch.post import FIRED, OVER, A, B, C, PostWorld, after, ends, mailing
from tests.dispatch.test_silences import silence
from tests.dispatch.test_unanswered import open_incidents
from tests.dispatch.world import START, alarm, timed


def test_who_is_refused_for_now_gets_the_mail_later_and_nobody_gets_it_twice() -> None:
    world = PostWorld(config=mailing(A, B, C, stages=[["slack"]]))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    assert (world.post.of(A), world.post.of(B), world.post.of(C)) == ([FIRED], [], [FIRED])
    world.run(70)
    assert world.post.asked[1:] == [(B,)]
    world.post.codes.clear()
    world.run(130)
    assert (world.post.of(A), world.post.of(B), world.post.of(C)) == ([FIRED], [FIRED], [FIRED])
    assert world.sent("slack") == []
    ends(world)
    assert world.post.of(A) == world.post.of(B) == world.post.of(C) == [FIRED, OVER]
    assert world.behind() == {}
    world.settled()


def test_who_is_refused_for_good_is_reported_to_ops_and_not_tried_again() -> None:
    world = PostWorld(config=mailing(A, B, stages=[["slack"]]))
    world.post.codes[B] = 550
    world.publish(alarm("cpu"))
    world.run(280)
    assert world.post.asked == [(A, B)]
    assert world.of_ops("RecipientRefused") == [
        "mail/email/0: b… (550) was permanently refused and will not be retried for this message."
    ]
    assert world.of_ops("MessageRefused") == []
    assert world.sent("slack") == []
    ends(world)
    assert world.post.asked[1] == (A, B)  # the next message: the address may have been mended


def test_a_mail_that_nobody_took_is_notified_by_the_fallbacks_and_tried_for_all() -> None:
    world = PostWorld(config=mailing(A, B, stages=[["slack"]]))
    world.post.codes |= {A: 451, B: 452}
    world.publish(alarm("cpu"))
    assert len(world.sent("slack")) == 1
    assert set(world.post.asked) == {(A, B)}
    world.post.codes.clear()
    world.run(70)
    assert world.post.of(A) == world.post.of(B) == [FIRED]
    ends(world)
    assert world.post.of(A) == world.post.of(B) == [FIRED, OVER]
    assert world.behind() == {}


def test_of_a_mail_that_nobody_took_only_those_refused_for_now_are_tried_again() -> None:
    world = PostWorld(config=mailing(A, B, C, stages=[["slack"]]))
    world.post.codes |= {A: 451, B: 550, C: 452}
    world.publish(alarm("cpu"))
    assert world.post.asked[0] == (A, B, C)
    assert set(world.post.asked[1:]) == {(A, C)}
    assert len(world.sent("slack")) == 1
    world.run(70)
    assert set(world.post.asked[1:]) == {(A, C)}
    assert len(world.of_ops("RecipientRefused")) == 1
    world.post.codes = {B: 550}
    world.run(130)
    assert (world.post.of(A), world.post.of(C)) == ([FIRED], [FIRED])
    world.publish(alarm("disk", at=world.clock.now() + after(1)))
    world.run(310)
    assert (A, B, C) in world.post.asked[2:]


def test_an_alert_that_is_over_before_the_next_try_is_no_news() -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.publish(alarm("cpu", "OK", at=START + after(5)))
    world.post.codes.clear()
    world.run(900)
    assert (world.post.of(A), world.post.of(B)) == ([FIRED, OVER], [])
    assert world.behind() == {}
    world.settled()


def test_who_missed_the_resolve_alone_gets_it_later_and_the_group_closes() -> None:
    world = PostWorld(config=mailing(A, B))
    world.publish(alarm("cpu"))
    world.post.codes[B] = 451
    world.publish(alarm("cpu", "OK", at=START + after(5)))
    world.run(310)
    assert (world.post.of(A), world.post.of(B)) == ([FIRED, OVER], [FIRED])
    world.post.codes.clear()
    world.run(900)
    assert (world.post.of(A), world.post.of(B)) == ([FIRED, OVER], [FIRED, OVER])
    assert world.behind() == {}
    world.settled()


def test_who_missed_an_event_gets_it_later() -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(event())
    assert [len(world.post.of(one)) for one in (A, B)] == [1, 0]
    world.post.codes.clear()
    world.run(70)
    assert world.post.of(A) == world.post.of(B)
    assert len(world.post.of(B)) == 1
    world.run(2000)
    assert world.behind() == {}
    world.settled()


def event() -> Envelope:
    return Envelope(
        text="The backup of orders failed.",
        message_id="m-1",
        topic_arn="arn:aws:sns:eu-central-1:111122223333:alertrelay-test-critical",
        sent_at=START,
    )


def test_who_missed_one_alert_gets_it_with_the_next() -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.run(10)
    world.post.codes.clear()
    world.publish(alarm("disk", at=START + after(20)))
    world.run(310)
    assert world.post.of(A) == [FIRED, ("firing", "disk")]
    assert world.post.of(B) in ([FIRED, ("firing", "disk")], [("firing", "cpu,disk")])


def test_who_leaves_the_configuration_is_owed_nothing() -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.config = replace(mailing(A, C), hash="other")
    world.relays = [replace(r, config=world.config) for r in world.relays]
    world.run(310)
    assert world.behind() == {}
    ends(world)
    assert world.post.of(A) == [FIRED, OVER]


def test_where_everybody_is_behind_all_are_notified_together() -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.config = replace(mailing(B), hash="other")
    world.relays = [replace(r, config=world.config) for r in world.relays]
    world.post.codes.clear()
    world.run(310)
    assert world.post.of(B) == [FIRED]
    ends(world)
    assert world.post.of(B) == [FIRED, OVER]


def test_who_is_refused_for_days_is_reported_and_gets_the_next_message() -> None:
    world = PostWorld(config=timed(mailing(A, B), repeat_interval=GIVE_UP.total_seconds() + 40_000))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.run(GIVE_UP.total_seconds() - 2000)
    assert (B,) in world.post.asked[-2:]
    world.run(4000)
    assert len(world.of_ops("RecipientRefused")) == 1
    assert world.behind() == {}
    asked = len(world.post.asked)
    world.run(30_000)
    assert world.post.asked[asked:] == []
    world.run(10_000)
    assert world.post.asked[asked] == (A, B)
    assert world.of("failed") == []


def test_a_muted_alert_is_owed_until_it_is_shown_again() -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.post.codes.clear()
    silence(world, 10)
    world.run(400)
    assert world.post.of(B) == []
    world.run(600)
    assert world.post.of(B) == [FIRED]


def test_who_is_refused_for_now_while_the_table_fails_is_owed_it_afterwards() -> None:
    world = PostWorld(config=mailing(A, B, C, on_call=[C], stages=[["pager"]]))
    world.post.codes |= {B: 451, C: 550}
    world.mortal.plan = deque(["fails"] * 40)
    world.publish(alarm("cpu"))
    world.mortal.plan.clear()
    assert (world.post.of(A), world.post.of(B)) == ([FIRED], [])
    assert len(open_incidents(world)) == 1
    world.post.codes.clear()
    world.run(400)
    assert (world.post.of(A), world.post.of(B)) == ([FIRED], [FIRED])
    ends(world)
    assert (world.post.of(A)[-1], world.post.of(B)[-1]) == (OVER, OVER)
    assert open_incidents(world) == []


def test_a_receiver_that_hears_of_no_resolve_owes_none() -> None:
    config = mailing(A, B)
    receivers = tuple(
        replace(r, targets=tuple(replace(t, send_resolved=False) for t in r.targets)) for r in config.receivers
    )
    world = PostWorld(config=replace(config, receivers=receivers))
    world.publish(alarm("cpu"))
    world.post.codes[B] = 451
    world.publish(alarm("disk", at=START + after(5)))
    world.run(310)
    world.publish(alarm("cpu", "OK", at=world.clock.now() + after(1)))
    world.post.codes.clear()
    world.run(900)
    assert world.post.of(B) == [FIRED, ("firing", "disk")]


def test_resolves_that_a_digest_takes_over_are_owed_by_it_alone() -> None:
    limits = {"email": Limit(interval=300, burst=2, quiet=300)}
    world = PostWorld(config=timed(mailing(A, B), group_by=("alertname",)), limits=limits)
    for place in range(4):
        world.publish(alarm(f"cpu-{place}", at=START + after(place), alertname=f"High{place}"))
    world.post.codes[B] = 451
    world.run(400)
    for place in range(4):
        world.publish(alarm(f"cpu-{place}", "OK", at=world.clock.now() + after(1), alertname=f"High{place}"))
    world.run(700)
    world.post.codes.clear()
    world.run(4000)
    assert world.behind() == {}
    world.settled()
