"""A process may die before or after every request of an escalation: no tier is skipped, and none is called twice, but
where a crash falls between a message and its record."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.dispatch.test_crashes import MortalWorld
from tests.dispatch.test_escalation import SECOND, TIERS, escalating, to
from tests.dispatch.world import START, alarm, receiver

MINUTE = timedelta(minutes=1)


def mortal_world() -> MortalWorld:
    """One forwarder, of the alert's own channel and of both tiers: critical alerts go to Slack alone."""
    config = escalating(tiers=(TIERS[0], replace(TIERS[1], receivers=("other",))))
    other = receiver("other", replace(SECOND, channel="#other"))
    config = replace(
        config,
        receivers=(*config.receivers, other),
        route=replace(config.route, routes=config.route.routes[:1]),
        fallbacks={},
    )
    world = MortalWorld(config=config)
    world.relays = [one for one in world.relays if "slack" in one.channels]
    return world


def requests() -> int:
    world = mortal_world()
    world.publish(alarm("a"))
    world.run(2400)
    return world.mortal.requests


@pytest.mark.parametrize("moment", ["before", "after"])
def test_whichever_request_kills_the_process_each_tier_is_called_once(moment: str) -> None:
    for request in range(requests()):
        world = mortal_world()
        world.mortal.plan = deque(["ok"] * request + [moment])
        world.publish(alarm("a"))
        world.run(2700)
        called = [len(to(world, name)) for name in ("second", "other")]
        assert all(1 <= times <= 2 for times in called), f"request {request}: {called}"
        assert sum(called) <= 3, f"request {request}: {called}"
        world.publish(alarm("a", "OK", at=START + 50 * MINUTE))
        world.run(1800)
        assert all("resolved" in to(world, name)[-1].lower() for name in ("second", "other"))
        assert world.dead_letters == []
        world.settled()


def test_a_message_that_comes_again_and_a_timer_that_is_lost_change_nothing() -> None:
    world = mortal_world()
    world.publish(alarm("a"))
    world.run(60)
    for relay in world.relays:
        world.timers(relay).waiting.clear()  # the tick finds what is due
    world.publish(alarm("a", sent_at=world.clock.now()))
    world.run(2700)
    world.publish(alarm("a", sent_at=world.clock.now()))
    world.run(600)
    assert [len(to(world, name)) for name in ("second", "other")] == [1, 1]
