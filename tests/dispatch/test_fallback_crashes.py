"""The process dies around a fallback's message: what the fallback announced is resolved there all the same."""

from __future__ import annotations

from collections import deque
from datetime import timedelta

import pytest
from alertrelay.ports import Retryable

from tests.dispatch.test_crashes import MortalWorld
from tests.dispatch.test_unanswered import critical_to, open_incidents
from tests.dispatch.world import START, alarm

DOWN = Retryable("it answered 503")
REFUSED = Retryable("connection refused")


def world_of(*stages: list[str]) -> MortalWorld:
    """Critical goes to Slack, which is down, with these fallbacks behind it."""
    world = MortalWorld(config=critical_to("slack", *stages))
    world.fail("slack", by=REFUSED)
    return world


def live_on(world: MortalWorld) -> None:
    """Slack answers again, and the alarm is over."""
    world.run(45)
    world.fail("slack", by=None)
    world.publish(alarm("cpu", "OK", at=START + timedelta(seconds=50)))
    world.run(1200)


def _requests() -> int:
    world = world_of(["pager"])
    world.publish(alarm("cpu"))
    return world.mortal.requests


@pytest.mark.parametrize("how", ["before", "after"])
@pytest.mark.parametrize("place", range(_requests()))
def test_a_death_around_a_fallback_leaves_no_incident_open(place: int, how: str) -> None:
    world = world_of(["pager"])
    world.mortal.plan = deque([*["ok"] * place, how])
    world.publish(alarm("cpu"))
    live_on(world)
    assert open_incidents(world) == []
    world.settled()


def test_a_death_after_a_second_stage_leaves_no_incident_of_either_open() -> None:
    world = world_of(["mail"], ["pager"])
    world.fail("email", by=REFUSED)
    world.mortal.killed_by = "record"
    world.publish(alarm("cpu"))
    assert len(open_incidents(world)) == 1
    live_on(world)
    assert open_incidents(world) == []


def test_a_stage_that_was_not_tried_hears_of_no_resolve_after_a_death() -> None:
    world = world_of(["pager"], ["mail"])
    world.mortal.killed_by = "record"
    world.publish(alarm("cpu"))
    live_on(world)
    assert world.sent("email") == []


def test_a_table_that_takes_no_intent_keeps_no_fallback_from_being_notified() -> None:
    world = world_of(["pager"])
    world.mortal.plan = deque(["ok"] * (_requests() - 2) + ["fails"])
    world.publish(alarm("cpu"))
    assert len(open_incidents(world)) == 1


def test_only_a_fallback_costs_the_write_of_an_intent() -> None:
    world = MortalWorld(config=critical_to("slack", ["pager"]))
    world.publish(alarm("cpu"))
    assert world.mortal.requests == _requests() - 1


def test_after_a_flush_that_died_with_a_resolve_a_re_fire_is_announced_anew() -> None:
    world = world_of(["pager"])
    world.publish(alarm("cpu"))
    world.publish(alarm("cpu", "OK", at=START + timedelta(seconds=20)))
    world.mortal.killed_by = "close"
    world.run(60)
    assert world.mortal.killed_by == "", "it died with the resolve sent"
    assert open_incidents(world) == []
    world.publish(alarm("cpu", at=world.clock.now()))
    world.run(600)
    assert len(open_incidents(world)) == 1
