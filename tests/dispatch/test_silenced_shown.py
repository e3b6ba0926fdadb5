"""A silence is shown in the message that announced what it mutes, and later edits keep it."""

from __future__ import annotations

import json
from datetime import timedelta

from alertrelay.config.model import Matcher
from alertrelay.dispatch import silences
from alertrelay.groups.flush_timer import make_due
from alertrelay.policy.group_key import group_id
from alertrelay.policy.silence import Silence

from tests.dispatch.world import START, World, alarm

MINUTE = timedelta(minutes=1)


def world_of_a_bot() -> World:
    world = World()
    world.senders["slack"].can_edit = True
    world.publish(alarm("cpu", severity="warning"))
    world.run(60)
    return world


def edits(world: World) -> list[str]:
    return [json.dumps(message) for _, message, _, edit in world.senders["slack"].sent if edit]


def silenced(world: World, minutes: int = 60, *, value: str = "orders") -> str:
    """A silence, made a minute from now by a button: the group is flushed at once."""
    now = world.clock.now()
    wanted = Silence(
        id="",
        matchers=((Matcher(name="service", op="=", value=value),),),
        starts_at=now,
        ends_at=now + minutes * MINUTE,
        created_by="ana (Slack)",
        comment="silenced for 1 h by a button in Slack",
        updated_at=now,
    )
    made = silences.save(world.store, world.clock, wanted, new_id=f"s-{minutes}")
    flushed(world)
    return made


def flushed(world: World) -> None:
    config = world.config
    route = next(r for r in config.route.routes if r.key.endswith('severity="warning"}'))
    integration = next(r for r in config.receivers if r.name == "slack").targets[0].integration
    gid = group_id(integration, route, {"service": "orders"})
    header = world.store.header(gid)
    assert header is not None
    make_due(world.store, world.clock, gid, header.schedule)
    world.run(60)


def test_the_message_says_who_silenced_until_when_and_that_it_is_over() -> None:
    world = world_of_a_bot()
    made = silenced(world)
    assert len(edits(world)) == 1
    assert "*Silenced*: until 04:01 UTC by ana (Slack): silenced for 1 h by a button in Slack" in edits(world)[0]
    world.run(900)
    assert len(edits(world)) == 1  # it is shown once
    silences.expire(world.store, world.clock, made)
    flushed(world)
    assert len(edits(world)) == 2
    assert "Silenced" not in edits(world)[1]
    assert len(world.sent("slack")) == 3  # nothing but edits: nobody was notified


def test_an_edit_for_another_reason_keeps_it_and_a_resolve_does_not() -> None:
    world = world_of_a_bot()
    world.publish(alarm("other", severity="warning"))
    world.run(360)
    silenced(world)
    world.publish(alarm("other", "OK", at=START + 10 * MINUTE, severity="warning"))
    world.run(900)
    assert "*Silenced*: until" in edits(world)[-1]
    world.publish(alarm("cpu", "OK", at=START + 20 * MINUTE, severity="warning"))
    world.run(900)
    assert "*Silenced*" not in edits(world)[-1]


def test_a_silence_of_another_group_edits_nothing() -> None:
    world = world_of_a_bot()
    silenced(world, value="billing")
    assert edits(world) == []
