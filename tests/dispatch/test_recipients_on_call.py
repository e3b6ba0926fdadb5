"""A mail that somebody on call did not take: they are tried alone before the fallbacks, until either took it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from alertrelay.config.model import Config
from alertrelay.ports import Retryable

from tests.dispatch.post import FIRED, OVER, A, B, C, PostWorld, ends, mailing
from tests.dispatch.test_unanswered import open_incidents
from tests.dispatch.world import alarm


def test_who_is_on_call_is_tried_alone_before_the_fallbacks_are_notified() -> None:
    world = PostWorld(config=mailing(A, B, C, on_call=[B], stages=[["slack"]]))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    assert world.post.asked == [(A, B, C), (B,), (B,), (B,)]
    assert len(world.sent("slack")) == 1
    assert "b… (451)" in str(world.of("fallback")[0].detail)
    world.post.codes.clear()
    world.run(70)
    assert (world.post.of(A), world.post.of(B), world.post.of(C)) == ([FIRED], [FIRED], [FIRED])
    assert world.final()["arn:aws:cloudwatch:eu-central-1:111122223333:alarm:cpu firing", "mail", ""] == "delivered"
    ends(world)
    assert world.post.of(A) == world.post.of(B) == [FIRED, OVER]
    assert [m["notification"].status for m in world.sent("slack")][-1] == "resolved"
    world.settled()


def test_who_is_on_call_and_takes_the_second_try_costs_no_fallback() -> None:
    world = PostWorld(config=mailing(A, B, on_call=[B], stages=[["slack"]]))
    world.post.codes[B] = 451
    sleep = world.clock.sleep

    def mended(seconds: float) -> None:
        world.post.codes.clear()
        sleep(seconds)

    world.clock.sleep = mended  # type: ignore[method-assign]
    world.publish(alarm("cpu"))
    assert (world.post.of(A), world.post.of(B)) == ([FIRED], [FIRED])
    assert world.sent("slack") == []
    assert world.behind() == {}


def test_who_is_on_call_and_refused_for_good_has_the_fallbacks_notified_once() -> None:
    world = PostWorld(config=mailing(A, B, on_call=[B], stages=[["slack"]]))
    world.post.codes[B] = 550
    world.publish(alarm("cpu"))
    world.run(1000)
    assert world.post.asked == [(A, B)]
    assert len(world.sent("slack")) == 1
    assert len(world.of_ops("RecipientRefused")) == 1
    ends(world)
    assert [m["notification"].status for m in world.sent("slack")] == ["firing", "resolved"]
    assert world.behind() == {}


def test_who_is_on_call_is_tried_until_they_or_a_fallback_took_it() -> None:
    world = PostWorld(config=mailing(A, B, on_call=[B], stages=[["pager"]]))
    world.fail("pagerduty", by=Retryable("it answered 503"))
    world.post.codes[B] = 550
    world.publish(alarm("cpu"))
    world.run(70)
    assert (B,) in world.post.asked
    world.fail("pagerduty", by=None)
    world.run(400)
    assert len(open_incidents(world)) == 1
    assert world.post.of(A) == [FIRED]
    assert world.behind() == {}
    ends(world)
    assert open_incidents(world) == []


def test_a_fallback_by_mail_that_one_on_call_missed_is_resolved_there() -> None:
    world = PostWorld(config=_slack_first(on_call=[B]))
    world.fail("slack", by=Retryable("it answered 503"))
    world.post.codes[B] = 550
    world.publish(alarm("cpu"))
    assert world.post.of(A) == [("firing", "cpu")]
    assert len(open_incidents(world)) == 1
    world.fail("slack", by=None)
    ends(world)
    assert open_incidents(world) == []
    assert world.post.of(A)[-1] == OVER


def test_a_fallback_by_mail_is_tried_again_for_the_one_who_was_refused_for_now() -> None:
    world = PostWorld(config=_slack_first())
    world.fail("slack", by=Retryable("it answered 503"))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    assert (world.post.of(A), world.post.of(B)) == ([FIRED], [])
    world.post.codes.clear()
    world.run(70)
    assert (world.post.of(A), world.post.of(B)) == ([FIRED], [FIRED])
    assert world.post.asked[-1] == (B,)


def _slack_first(on_call: Sequence[str] = ()) -> Config:
    """Everything goes to Slack, behind which e-mail stands, and then PagerDuty."""
    config = mailing(A, B, on_call=on_call)
    routes = tuple(replace(r, receiver="slack") for r in config.route.routes)
    return replace(config, route=replace(config.route, routes=routes), fallbacks={"slack": (("mail",), ("pager",))})
