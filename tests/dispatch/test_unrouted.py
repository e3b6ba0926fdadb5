"""Alerts that lead to nobody are kept: a configuration that gives their receiver an integration notifies them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.config.model import Config

from tests.dispatch.test_crashes import MortalWorld
from tests.dispatch.test_moves import TICK, deploy, open_at, told, warnings_to
from tests.dispatch.world import MINUTE, START, World, alarm, config


def info(name: str, state: str = "ALARM", minutes: float = 0, service: str = "orders") -> Any:
    return alarm(name, state, severity="info", at=START + minutes * MINUTE, service=service)


def heard() -> Config:
    """The configuration of the tests whose receiver `nobody` has Slack by now."""
    old = config()
    slack = next(receiver for receiver in old.receivers if receiver.name == "slack")
    targets = tuple(
        replace(target, integration=replace(target.integration, receiver="nobody")) for target in slack.targets
    )
    receivers = tuple(replace(r, targets=targets) if r.name == "nobody" else r for r in old.receivers)
    return replace(old, hash="somebody", receivers=receivers)


def test_an_alert_without_integrations_is_notified_when_a_configuration_brings_one() -> None:
    world = World()
    world.publish(info("a"), info("b", minutes=1))
    world.run(TICK)
    assert told(world) == []
    deploy(world, heard())
    world.run(TICK + 60)
    assert open_at(world) == {("nobody", "a"), ("nobody", "b")}
    world.publish(info("a", "OK", 30), info("b", "OK", 30))
    world.run(TICK)
    assert open_at(world) == set()
    assert {(name, status) for _, name, status in told(world)} == {
        (name, status) for name in "ab" for status in ("firing", "resolved")
    }


def test_its_route_may_have_led_elsewhere_and_to_nobody_since() -> None:
    world = World()
    world.publish(alarm("a", severity="warning"))
    world.run(TICK)
    deploy(world, warnings_to("nobody"))
    world.run(2 * TICK)
    assert open_at(world) == set()
    deploy(world, warnings_to("mail"))
    world.run(2 * TICK)
    assert open_at(world) == {("mail", "a")}


def test_it_has_one_outcome_and_nobody_hears_of_it_until_then() -> None:
    world = World()
    world.publish(info("a"))
    world.run(5 * TICK)
    world.publish(info("a", "OK", 40))
    world.run(5 * TICK)
    assert [(o.status, o.outcome, o.reason) for o in world.outcomes] == [
        ("firing", "suppressed", "receiver_without_integrations"),
        ("resolved", "suppressed", "resolve_of_unannounced"),
    ]
    assert not any(world.sent(kind) for kind in world.senders)
    assert world.ops == []


def test_what_has_resolved_by_then_is_not_notified() -> None:
    world = World()
    world.publish(info("a"), info("b"))
    world.publish(info("a", "OK", 5))
    deploy(world, heard())
    world.run(3 * TICK)
    assert open_at(world) == {("nobody", "b")}
    assert {name for _, name, _ in told(world)} == {"b"}


def test_nothing_is_left_armed_when_nothing_fires() -> None:
    world = World()
    world.publish(info("a"))
    world.run(TICK)
    assert [header.schedule.armed for header in world.memory._headers.values()] == [True]
    world.publish(info("a", "OK", 10))
    world.run(2 * TICK)
    assert [header.schedule.armed for header in world.memory._headers.values()] == [False]
    deploy(world, heard())
    world.publish(info("a", minutes=60))
    world.run(TICK)
    assert open_at(world) == {("nobody", "a")}


def test_an_event_is_over_at_once_and_is_not_kept() -> None:
    world = World()
    topic = "arn:aws:sns:eu-central-1:111122223333:alertrelay-test-info"
    world.publish(replace(info("a"), text="a line of text", topic_arn=topic))
    world.run(TICK)
    assert not world.memory._headers
    deploy(world, heard())
    world.run(TICK)
    assert told(world) == []


@pytest.mark.parametrize("request_killed", ["put_alert", "put_member", "arm"])
def test_wherever_the_insert_dies_the_redelivery_keeps_it(request_killed: str) -> None:
    world = MortalWorld()
    world.mortal.killed_by = request_killed
    world.publish(info("a"))
    assert world.mortal.killed_by == "", "it died"
    world.run(TICK)
    deploy(world, heard())
    world.run(TICK + 60)
    assert open_at(world) == {("nobody", "a")}


def test_code_of_before_does_not_take_it_for_a_receiver_that_is_gone() -> None:
    """A rollback: its flush must find a configuration other than its own, and move everything to nowhere."""
    world = World(last_resort=None)
    world.publish(info("a"))
    (header,) = world.memory._headers.values()
    assert header.config_hash != world.config.hash
    world.run(3 * TICK)
    (header,) = world.memory._headers.values()
    assert header.config_hash != world.config.hash


def test_a_hundred_of_them_are_notified_within_minutes() -> None:
    world = World()
    world.publish(*(info(f"a{n}", service=f"s{n % 7}") for n in range(100)))
    deploy(world, heard())
    world.run(2 * TICK)
    assert len(open_at(world)) == 100
    assert world.clock.now() - START < timedelta(minutes=12)


def test_what_resolves_before_it_moved_to_a_new_integration_is_not_notified() -> None:
    world = World()
    world.publish(info("a"))
    world.run(TICK)
    deploy(world, heard())
    world.publish(info("a", "OK", 6))
    world.run(4 * TICK)
    assert told(world) == []
    assert [(o.status, o.outcome, o.reason) for o in world.outcomes][1:] == [
        ("resolved", "suppressed", "resolve_of_unannounced"),
    ]
