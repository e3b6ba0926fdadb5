"""Flap damping in the whole relay: fewer messages, nothing that fires unknown, and every announced alert resolved."""

from __future__ import annotations

from collections import deque
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.config.model import Config, FlapRule
from alertrelay.notification import Reason
from alertrelay.ports import Retryable
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dispatch.test_crashes import STEPS, MortalWorld, _announced, _play
from tests.dispatch.world import START, World, alarm, config, timed

MINUTE = timedelta(minutes=1)
RULE = FlapRule(receivers=(), severities=(), more_than=3, within=3600, settled_after=1800)


def damping(**changes: Any) -> Config:
    return replace(timed(config(), group_interval=60, repeat_interval=86_400), flap_damping=(replace(RULE, **changes),))


def flap(world: World, times: int, *, every: float = 300, severity: str = "critical") -> None:
    """Fires and resolves `times` times, half of `every` seconds each; ends resolved."""
    for number in range(2 * times):
        world.publish(alarm("a", ("ALARM", "OK")[number % 2], at=world.clock.now(), severity=severity))
        world.run(every / 2)


def texts(world: World) -> list[str]:
    return [str(message) for message in world.sent("slack")]


def test_what_flaps_is_notified_once_and_again_when_it_has_settled() -> None:
    plain, damped = World(config=replace(damping(), flap_damping=())), World(config=damping())
    for world in (plain, damped):
        flap(world, 12)
        world.run(3600)
    assert (len(texts(plain)), len(texts(damped))) == (24, 6)
    *_, flapping, settled = texts(damped)
    assert "HighCPU (test, orders), flapping: " in flapping
    assert "further changes are not notified until it settles" in flapping
    assert "RESOLVED" in settled
    assert "settled after 23 changes in" in settled
    assert [action for action, _ in damped.pages()] == ["trigger", "resolve"] * 3
    reasons = [outcome.reason for outcome in damped.of("suppressed") if outcome.receiver == "slack"]
    assert reasons.count(Reason.FLAPPING) == 24 - 5  # the last resolve is held, and sent when it has settled
    assert [header.ledger.open for header in damped.memory._headers.values()] == [False] * 3


def test_one_that_settles_while_it_fires_is_notified_as_settled() -> None:
    world = World(config=damping())
    flap(world, 4)
    world.publish(alarm("a", at=world.clock.now()))
    world.run(3600)
    assert "HighCPU (test, orders), settled: " in texts(world)[-1]
    assert world.outcomes[-1].reason == Reason.SETTLED
    before = len(texts(world))
    world.publish(alarm("a", "OK", at=world.clock.now()))
    world.run(300)
    assert len(texts(world)) == before + 1
    assert "RESOLVED" in texts(world)[-1]


def test_the_first_firing_always_goes_out_and_slow_changes_too() -> None:
    world = World(config=damping())
    flap(world, 5, every=3000)
    world.run(3600)
    assert len(texts(world)) == 10
    assert not any("flapping" in text for text in texts(world))


def test_a_rule_is_for_its_receivers_and_severities() -> None:
    world = World(config=damping(receivers=("slack",)))
    flap(world, 8)
    world.run(3600)
    assert (len(texts(world)), len(world.sent("pagerduty"))) == (6, 16)
    world = World(config=damping(severities=("warning",)))
    flap(world, 8)
    assert len(texts(world)) == 16


def test_a_settled_alert_that_is_not_taken_comes_with_the_next_try() -> None:
    world = World(config=damping(receivers=("slack",)))
    flap(world, 4)
    world.publish(alarm("a", at=world.clock.now()))
    world.run(1500)
    world.fail("slack", by=Retryable("it answered 503"))
    world.run(600)
    assert not any("settled after" in text for text in texts(world))
    world.fail("slack", by=None)
    world.run(600)
    assert sum("settled after" in text for text in texts(world)) == 1


def test_what_was_damped_is_resolved_once_the_option_is_off() -> None:
    world = World(config=damping())
    flap(world, 4)
    assert any(header.ledger.open for header in world.memory._headers.values())
    for relay in world.relays:
        relay.config = replace(relay.config, flap_damping=(), hash="other")
        vars(relay).pop("pipeline", None)
    world.run(600)
    assert not any(header.ledger.open for header in world.memory._headers.values())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_whichever_request_kills_the_process_it_is_known_and_resolved(moment: str) -> None:
    def play(kills: int | None) -> MortalWorld:
        world = MortalWorld(config=damping(more_than=2, settled_after=90))
        world.relays = world.relays[1:2]
        flap(world, 2, every=150)
        world.mortal.requests = 0
        if kills is not None:
            world.mortal.plan = deque(["ok"] * kills + [moment])
        world.publish(alarm("a", at=world.clock.now()))
        world.run(70)
        world.publish(alarm("a", "OK", at=world.clock.now()))
        world.run(400)
        return world

    for request in range(play(None).mortal.requests):
        world = play(request)
        assert "RESOLVED" in texts(world)[-1], f"request {request}"
        assert world.dead_letters == []
        world.settled()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, min_size=4, max_size=16))
def test_after_any_faults_what_fires_is_known_and_resolved(steps: list[tuple[Any, ...]]) -> None:
    world = MortalWorld(config=timed(damping(more_than=2), group_interval=300))
    newest = _play(world, steps)
    world.fail("pagerduty", "slack", "email", by=None)
    world.mortal.plan.clear()
    world.run(2 * 3600)
    assert world.dead_letters == []
    world.settled()
    assert {name for name, (_, state) in newest.items() if state == "ALARM"} <= _announced(world)
    for name, (at, _) in sorted(newest.items()):
        world.publish(alarm(name, "OK", at=max(world.clock.now(), at) + MINUTE))
    world.run(2 * 3600)
    world.settled()
    assert not any(world.incidents().values())
    assert _announced(world) == set()


def test_a_group_of_nothing_damped_writes_what_it_wrote_before() -> None:
    world = World(config=config())
    world.publish(alarm("a"), alarm("a", "OK", at=START + 20 * MINUTE))
    world.run(600)
    assert [dict(header.ledger.flaps) for header in world.memory._headers.values()] == [{}, {}, {}]
