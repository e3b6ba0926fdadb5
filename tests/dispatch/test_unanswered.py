"""A fallback that takes a message and whose answer is lost: it may have announced the alert, so it hears of its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.config.model import Config
from alertrelay.memory.ports import CollectingSender
from alertrelay.notification import Receipt
from alertrelay.ports import Retryable

from tests.dispatch.test_without_state import Switch
from tests.dispatch.world import START, World, alarm, config

MINUTE = timedelta(minutes=1)
TICK = 310
"""Seconds within which an open group is looked at again."""
DOWN = Retryable("it answered 503")


@dataclass
class Unanswering(CollectingSender):
    """Takes every message; while `silent` is set its answer is lost."""

    silent: bool = True

    def send(self, *args: Any, **kwargs: Any) -> Receipt:
        receipt = super().send(*args, **kwargs)
        if self.silent:
            raise Retryable("read timeout", ambiguous=True)
        return receipt


def critical_to(receiver: str, *stages: Sequence[str]) -> Config:
    """Critical goes to one receiver alone, with these fallbacks behind it."""
    before = config()
    routes = tuple(replace(r, continue_=False) for r in before.route.routes if r.receiver == receiver)
    fallbacks = {receiver: tuple(tuple(stage) for stage in stages)}
    return replace(before, route=replace(before.route, routes=routes), fallbacks=fallbacks)


def world_of(receiver: str, *stages: Sequence[str], **more: Any) -> tuple[World, Unanswering]:
    """Critical goes to one receiver alone, with these fallbacks behind it; PagerDuty's answers are lost."""
    world = World(config=critical_to(receiver, *stages), **more)
    pagerduty = Unanswering()
    world.senders["pagerduty"] = pagerduty
    return world, pagerduty


def open_incidents(world: World) -> list[str]:
    """The keys of PagerDuty's incidents that are still open."""
    last: Mapping[str, str] = {key: action for action, key in world.pages()}
    return [key for key, action in last.items() if action == "trigger"]


@pytest.mark.parametrize("stages", [[["pager"]], [["pager"], ["mail"]], [["pager", "mail"]]])
def test_a_fallback_without_an_answer_is_resolved(stages: list[list[str]]) -> None:
    world, pagerduty = world_of("slack", *stages)
    world.fail("slack", by=DOWN)
    world.publish(alarm("cpu"))
    assert len(open_incidents(world)) == 1
    pagerduty.silent = False
    world.fail("slack", by=None)
    world.publish(alarm("cpu", "OK", at=START + timedelta(seconds=30)))
    world.run(TICK)
    assert open_incidents(world) == []


def test_a_fallback_without_an_answer_is_resolved_after_the_own_channel_accepted() -> None:
    world, pagerduty = world_of("slack", ["pager"], ["mail"])
    world.fail("slack", by=DOWN)
    world.publish(alarm("cpu"))
    world.fail("slack", by=None)
    pagerduty.silent = False
    world.run(TICK)
    assert len(open_incidents(world)) == 1
    world.publish(alarm("cpu", "OK", at=START + 10 * MINUTE))
    world.run(TICK)
    assert open_incidents(world) == []


def test_the_resolve_of_a_fallback_without_an_answer_is_tried_until_it_is_confirmed() -> None:
    world, pagerduty = world_of("slack", ["pager"])
    world.fail("slack", by=DOWN)
    world.publish(alarm("cpu"))
    world.fail("pagerduty", by=DOWN)
    world.fail("slack", by=None)
    world.publish(alarm("cpu", "OK", at=START + timedelta(seconds=30)))
    world.run(TICK)
    assert len(open_incidents(world)) == 1
    world.fail("pagerduty", by=None)
    pagerduty.silent = False
    world.run(3600)
    assert open_incidents(world) == []


def test_a_fallback_without_an_answer_counts_as_not_notified() -> None:
    world, pagerduty = world_of("slack", ["pager"])
    world.fail("slack", by=DOWN)
    world.publish(alarm("cpu"))
    asked = len(world.pages())
    pagerduty.silent = False
    world.run(2 * 60)
    assert len(world.pages()) == asked + 1
    assert [o.receiver for o in world.of("fallback")] == ["pager"]
    world.run(50 * 60)
    assert len(world.pages()) == asked + 1


@pytest.mark.parametrize("stages", [[["slack"]], [["mail"]], []])
def test_a_page_without_an_answer_and_without_the_table_is_resolved(stages: list[list[str]]) -> None:
    world, pagerduty = world_of("pager", *stages, wrap=Switch)
    world.store.down = True
    world.publish(alarm("cpu"))
    assert len(open_incidents(world)) == 1
    world.publish(alarm("cpu", "OK", at=START + timedelta(seconds=30)))
    world.store.down = False
    pagerduty.silent = False
    world.run(2 * TICK)
    assert open_incidents(world) == []


def test_a_fallback_without_an_answer_and_without_the_table_is_resolved() -> None:
    world, pagerduty = world_of("slack", ["pager"], ["mail"], wrap=Switch)
    world.fail("slack", by=DOWN)
    world.store.down = True
    world.publish(alarm("cpu"))
    world.store.down = False
    pagerduty.silent = False
    world.fail("slack", by=None)
    world.run(TICK)
    world.publish(alarm("cpu", "OK", at=START + 10 * MINUTE))
    world.run(TICK)
    assert open_incidents(world) == []


def test_after_a_resolve_without_an_answer_a_re_fire_is_announced_anew() -> None:
    world, pagerduty = world_of("slack", ["pager"])
    pagerduty.silent = False
    world.fail("slack", by=DOWN)
    world.publish(alarm("cpu"))
    pagerduty.silent = True
    world.publish(alarm("cpu", "OK", at=START + timedelta(seconds=30)))
    world.run(40)
    assert open_incidents(world) == [], "the resolve arrived, and its answer was lost"
    pagerduty.silent = False
    world.publish(alarm("cpu", at=world.clock.now()))
    world.run(TICK)
    assert len(open_incidents(world)) == 1
