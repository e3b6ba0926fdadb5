"""The table was lost, or neither table nor queue took what was announced: the resolve closes the incident still."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from alertrelay.memory.ports import CollectingSender
from alertrelay.memory.store import MemoryStore
from alertrelay.ports import NotAccountedFor, Retryable
from alertrelay.state import Limit

from tests.dispatch.test_unanswered import critical_to, open_incidents
from tests.dispatch.test_without_state import Queue, Switch
from tests.dispatch.world import START, World, alarm, config, receive, timed

MINUTE = timedelta(minutes=1)
TICK = 310
"""Seconds within which an open group is looked at again."""
DOWN = Retryable("it answered 503")


def lose(world: World) -> None:
    """The table is empty from now on."""
    world.memory.__dict__.update(MemoryStore(world.clock).__dict__)


def test_the_page_of_a_lost_table_is_resolved() -> None:
    world = World()
    world.publish(alarm("cpu"))
    lose(world)
    world.publish(alarm("cpu", "OK", at=START + 5 * MINUTE))
    world.run(TICK)
    assert open_incidents(world) == []
    assert [len(world.sent(c)) for c in ("slack", "email")] == [1, 1]


def test_the_fallback_page_of_a_lost_table_is_resolved() -> None:
    world = World(config=critical_to("slack", ["pager"]))
    world.fail("slack", by=DOWN)
    world.publish(alarm("cpu"))
    lose(world)
    for relay in world.relays:
        world.timers(relay).waiting.clear()
    world.fail("slack", by=None)
    world.publish(alarm("cpu", "OK", at=START + 5 * MINUTE))
    world.run(TICK)
    assert open_incidents(world) == []
    assert world.sent("slack") == []


@pytest.mark.parametrize("known_from_before", [True, False])
def test_what_table_and_queue_did_not_take_is_resolved(known_from_before: bool) -> None:
    world = World(wrap=Switch, timers_of=Queue)
    at = START
    if known_from_before:
        world.publish(alarm("cpu"), alarm("cpu", "OK", at=START + MINUTE))
        world.run(TICK)
        at = START + 20 * MINUTE
    queue = world.timers(world.relays[0])
    assert isinstance(queue, Queue)
    world.store.down = queue.down = True
    world.clock.move_to(at)
    with pytest.raises(NotAccountedFor):
        receive(world.relays[0], alarm("cpu", at=at), deadline=world.deadline)
    assert len(open_incidents(world)) == 1
    world.store.down = queue.down = False
    world.publish(alarm("cpu", "OK", at=at + 5 * MINUTE))
    world.run(TICK)
    assert open_incidents(world) == []


def test_a_group_that_fires_on_keeps_its_incident_when_a_lost_alert_of_it_resolves() -> None:
    world = World()
    world.publish(alarm("cpu"))
    lose(world)
    world.publish(alarm("disk", at=START + MINUTE))
    world.publish(alarm("cpu", "OK", at=START + 2 * MINUTE))
    world.run(TICK)
    assert len(open_incidents(world)) == 1
    world.publish(alarm("disk", "OK", at=START + 20 * MINUTE))
    world.run(TICK)
    assert open_incidents(world) == []


def test_the_first_ok_of_many_new_alarms_notifies_nobody() -> None:
    world = World(config=critical_to("pager", ["mail"]))
    world.publish(*(alarm(f"a{n}", "OK", service=f"s{n}", at=START) for n in range(20)))
    world.run(TICK)
    assert [len(world.sent(c)) for c in ("slack", "email")] == [0, 0]
    assert [action for action, _ in world.pages()] == ["resolve"] * 20


def test_a_redelivered_ok_resolves_once() -> None:
    world = World(config=critical_to("pager"))
    ok = alarm("a", "OK")
    world.publish(ok, ok)
    world.run(TICK)
    world.publish(ok)
    assert [action for action, _ in world.pages()] == ["resolve"]


def test_an_alarm_that_flaps_within_its_group_wait_sends_nothing() -> None:
    world = World(config=timed(config(), group_wait=30))
    for n in range(3):
        at = START + n * 10 * MINUTE
        world.publish(alarm("a", at=at), alarm("a", "OK", at=at + timedelta(seconds=10)))
        world.run(TICK)
    assert world.pages() == []


@pytest.mark.parametrize(("own", "stages"), [("pager", []), ("mail", [["pager"]])])
def test_resolves_of_the_unknown_take_no_room_from_pages_and_all_go_out(own: str, stages: list[list[str]]) -> None:
    world = World(config=critical_to(own, *stages), limits={"pagerduty": Limit(interval=1.0, burst=5)})
    world.publish(*(alarm(f"a{n}", "OK", service=f"s{n}", at=START) for n in range(12)))
    assert len(world.pages()) == 5
    world.fail("email", by=DOWN)
    world.publish(alarm("cpu", service="web"))
    assert world.pages()[-1][0] == "trigger"
    world.fail("email", by=None)
    world.run(1200)
    assert [action for action, _ in world.pages()].count("resolve") == 12


def test_a_channel_that_cannot_resolve_by_key_stays_quiet() -> None:
    world = World(config=critical_to("slack"))
    world.senders["slack"] = CollectingSender(can_edit=True)
    world.publish(alarm("cpu"))
    lose(world)
    world.publish(alarm("cpu", "OK", at=START + 5 * MINUTE))
    world.run(TICK)
    assert len(world.sent("slack")) == 1


def ends_at_each(world: World) -> dict[str, list[str]]:
    """The final outcomes of each integration, what a fallback says among them."""
    found: dict[str, list[str]] = {}
    for o in world.outcomes:
        if o.outcome != "pending":
            found.setdefault(o.receiver, []).append(f"{o.outcome} {o.reason}" + (" instead" if o.fallback_for else ""))
    return found


def test_a_resolve_alone_has_one_outcome_at_each_integration() -> None:
    world = World()
    world.publish(alarm("cpu", "OK"))
    waiting = [(o.receiver, o.outcome) for o in world.outcomes]
    assert sorted(waiting) == [("mail", "pending"), ("pager", "delivered"), ("slack", "pending")]
    world.run(1200)
    delivered = ["delivered all_alerts_resolved"]
    assert ends_at_each(world) == {"pager": delivered, "slack": delivered, "mail": delivered}


def test_the_first_ok_of_a_new_alarm_has_one_outcome_at_each_integration() -> None:
    world = World()
    new = alarm("cpu", "OK")
    world.publish(
        replace(new, text=new.text.replace('"OldStateValue": "ALARM"', '"OldStateValue": "INSUFFICIENT_DATA"'))
    )
    world.run(1200)
    quiet = ["suppressed resolve_of_unannounced"]
    assert ends_at_each(world) == {"pager": ["delivered all_alerts_resolved"], "slack": quiet, "mail": quiet}


def test_a_resolve_that_leads_to_nobody_has_one_outcome() -> None:
    world = World()
    world.publish(alarm("cpu", "OK", severity="info"))
    world.run(1200)
    assert ends_at_each(world) == {"": ["suppressed resolve_of_unannounced"]}
