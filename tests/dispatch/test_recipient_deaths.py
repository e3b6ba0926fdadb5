"""A mail whose answer is lost, or whose flush dies: nobody who may have got it is left with an open alert."""

from __future__ import annotations

from collections import deque

import pytest

from tests.dispatch.post import FIRED, OVER, A, B, C, PostWorld, after, ends, mailing
from tests.dispatch.test_unanswered import open_incidents
from tests.dispatch.world import alarm


def test_a_lost_answer_is_everybodys_and_costs_one_mail_each_at_most() -> None:
    world = PostWorld(config=mailing(A, B, C, stages=[["slack"]]))
    world.post.codes[C] = 550
    world.post.lost = [True]
    world.publish(alarm("cpu"))
    assert world.post.of(A) == world.post.of(B) == [FIRED, FIRED]
    assert world.post.asked == [(A, B, C), (A, B)]
    assert world.sent("slack") == []


def test_a_lost_answer_to_one_who_was_behind_is_not_everybodys() -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.post.codes.clear()
    world.post.lost = [True] * 4
    world.run(70)
    assert (world.post.of(A), world.post.of(B)) == ([FIRED], [FIRED])
    assert world.behind() != {}
    world.post.lost = []
    world.run(130)
    assert (world.post.of(A), world.post.of(B)) == ([FIRED], [FIRED] * 2)
    ends(world)
    assert (world.post.of(A)[-1], world.post.of(B)[-1]) == (OVER, OVER)


def _requests_of_a_retry() -> tuple[int, int]:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.post.codes.clear()
    before = world.mortal.requests
    world.run(70)
    return before, world.mortal.requests


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("place", range(*_requests_of_a_retry()))
def test_a_death_around_the_retry_neither_loses_nor_repeats_what_others_took(place: int, how: str) -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.post.codes.clear()
    world.mortal.plan = deque([*["ok"] * (place - world.mortal.requests), how])
    world.run(900)
    assert world.post.of(A) == [FIRED]
    assert world.post.of(B) in ([FIRED], [FIRED, FIRED])
    ends(world)
    assert (world.post.of(A), world.post.of(B)[-1]) == ([FIRED, OVER], OVER)
    assert world.behind() == {}
    world.settled()


def _requests() -> int:
    world = PostWorld(config=mailing(A, B, on_call=[B], stages=[["pager"]]))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    return world.mortal.requests


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("place", range(_requests()))
def test_a_death_around_the_first_mail_loses_nobody_and_leaves_nothing_open(place: int, how: str) -> None:
    world = PostWorld(config=mailing(A, B, on_call=[B], stages=[["pager"]]))
    world.post.codes[B] = 451
    world.mortal.plan = deque([*["ok"] * place, how])
    world.publish(alarm("cpu"))
    world.run(200)
    world.post.codes.clear()
    world.run(900)
    for one in (A, B):
        assert FIRED in world.post.of(one)
    assert len(world.post.of(A)) <= 2
    ends(world)
    assert (world.post.of(A)[-1], world.post.of(B)[-1]) == (OVER, OVER)
    assert open_incidents(world) == []
    assert world.behind() == {}
    world.settled()


def names_ended(world: PostWorld, one: str, name: str) -> bool:
    """Whether a recipient who was notified of an alert was notified of its resolve."""
    told = [mail for mail in world.post.got if mail.to == one and name in mail.firing]
    assert told
    return any(name in mail.resolved for mail in world.post.got if mail.to == one)


def test_who_got_the_mail_by_a_retry_that_died_hears_of_the_resolve() -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.post.codes.clear()
    world.mortal.killed_by = "record"
    world.run(61)  # asked for B alone, and died
    assert (world.mortal.killed_by, world.post.of(B)) == ("", [FIRED])
    ends(world)
    assert (world.post.of(A), world.post.of(B)) == ([FIRED, OVER], [FIRED, OVER])


@pytest.mark.parametrize("before", ["", "record"])
def test_who_got_a_new_alert_from_a_flush_that_died_hears_of_its_resolve(before: str) -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.mortal.killed_by = before
    world.run(61)
    world.publish(alarm("disk", at=world.clock.now() + after(1)))
    world.mortal.killed_by = "record"
    while world.mortal.killed_by:
        world.run(1)  # notified A of the disk, and died
    world.post.codes.clear()
    world.publish(alarm("disk", "OK", at=world.clock.now() + after(0.1)))
    world.run(900)
    assert names_ended(world, A, "disk")
    assert FIRED in world.post.of(B) or any("cpu" in mail.firing for mail in world.post.got if mail.to == B)


def test_who_got_a_new_alert_by_a_mail_without_an_answer_hears_of_its_resolve() -> None:
    world = PostWorld(config=mailing(A, B))
    world.post.codes[B] = 451
    world.publish(alarm("cpu"))
    world.run(10)
    world.publish(alarm("disk", at=world.clock.now() + after(1)))
    world.post.lost = [True] * 4
    while world.post.lost:
        world.run(1)
    world.post.codes.clear()
    world.publish(alarm("disk", "OK", at=world.clock.now() + after(0.1)))
    world.run(900)
    assert names_ended(world, A, "disk")
