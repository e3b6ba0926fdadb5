"""Silences in the pipeline: what they hold back, what they do not, and how they end."""

from __future__ import annotations

from datetime import timedelta

from alertrelay.config.model import Matcher
from alertrelay.dispatch import silences
from alertrelay.notification import Reason
from alertrelay.policy.silence import Silence
from alertrelay.state import StoreFailure

from tests.dispatch.world import START, World, alarm

MINUTE = timedelta(minutes=1)


def silence(world: World, minutes: int, *, label: str = "service", value: str = "orders") -> str:
    now = world.clock.now()
    wanted = Silence(
        id="",
        matchers=((Matcher(name=label, op="=", value=value),),),
        starts_at=now,
        ends_at=now + minutes * MINUTE,
        created_by="ann",
        comment="migration",
        updated_at=now,
    )
    return silences.save(world.store, world.clock, wanted, new_id="s-1")


def test_a_silenced_alert_notifies_nobody_and_named_with_its_silence() -> None:
    world = World()
    silence(world, 120)
    world.publish(alarm("cpu"))
    assert all(world.sent(c) == [] for c in ("pagerduty", "slack", "email"))
    assert {(o.outcome, o.reason, o.detail) for o in world.outcomes} == {
        ("suppressed", Reason.SILENCED, "s-1: migration")
    }


def test_what_still_fires_when_its_silence_ends_is_notified_at_the_next_flush() -> None:
    world = World()
    silence(world, 12)
    world.publish(alarm("cpu"))
    world.run(20 * 60)
    assert [action for action, _ in world.pages()] == ["trigger"]


def test_what_was_announced_is_ended_though_it_is_silenced_at_that_moment() -> None:
    world = World()
    world.publish(alarm("cpu"))
    silence(world, 120)
    world.publish(alarm("cpu", "OK", at=START + 2 * MINUTE))
    world.run(400)
    assert [action for action, _ in world.pages()] == ["trigger", "resolve"]


def test_an_alert_that_fires_again_after_its_silence_is_notified_again() -> None:
    world = World()
    world.publish(alarm("cpu"))
    silence(world, 10)
    world.publish(alarm("cpu", "OK", at=START + MINUTE))
    world.run(20 * 60)
    world.publish(alarm("cpu", at=world.clock.now()))
    assert [action for action, _ in world.pages()] == ["trigger", "resolve", "trigger"]


def test_the_expiry_of_a_silence_over_a_critical_alert_is_announced_once() -> None:
    world = World()
    silence(world, 30)
    world.publish(alarm("cpu"))
    world.run(29 * 60)
    assert world.pages() == []
    told = [str(message) for message in world.sent("slack")]
    assert len(told) == 1
    assert "The silence of HighCPU ends at 03:30 UTC, and it still fires" in told[0]


def test_another_alert_is_not_held_back() -> None:
    world = World()
    silence(world, 120, value="billing")
    world.publish(alarm("cpu"))
    assert len(world.pages()) == 1


def test_silences_that_cannot_be_read_hold_nothing_back() -> None:
    world = World()
    silence(world, 120)

    def fails(**_: object) -> None:
        raise StoreFailure("an item of the state table cannot be read")

    world.memory.facts = fails  # type: ignore[method-assign,assignment]
    world.publish(alarm("cpu"))
    assert len(world.pages()) == 1


def test_a_message_of_a_partly_muted_group_counts_what_is_silenced() -> None:
    world = World()
    silence(world, 40, label="alarm_name", value="b")
    world.publish(alarm("b", severity="warning"))
    world.publish(alarm("a", severity="warning"))
    world.run(60 * 6)
    (message,) = world.sent("slack")
    assert "1 more alert of this group is silenced until 03:40 UTC. alertrelay test" in str(message)
    world.publish(alarm("a", "OK", at=START + 7 * MINUTE, severity="warning"))
    world.run(60 * 60)
    assert "silenced" not in str(world.sent("slack")[-1])
