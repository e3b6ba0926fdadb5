"""A configuration change while alerts fire: they join first where they lead now, and end later where they were."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.config.model import Config

from tests.dispatch.test_crashes import MINUTE, MortalWorld
from tests.dispatch.world import START, World, alarm, config, on_timer, receive, timed

TICK = 310


def warnings_to(receiver: str, **timers: Any) -> Config:
    """The configuration of the tests with its warnings led elsewhere."""
    old = timed(config(), **timers)
    routes = tuple(
        replace(r, receiver=receiver, id=f"{r.id}, then {receiver}") if 'severity="warning"' in r.key else r
        for r in old.route.routes
    )
    return replace(old, hash=f"hash of {receiver}", route=replace(old.route, routes=routes))


def deploy(world: World, new: Config) -> None:
    """New code takes over the queues and the table."""
    world.relays = [replace(relay, config=new) for relay in world.relays]


def warning(name: str, state: str = "ALARM", minutes: float = 0) -> Any:
    return alarm(name, state, severity="warning", at=START + minutes * MINUTE)


def told(world: World) -> list[tuple[str, str, str]]:
    """(receiver, alarm, status) of each update that people were told of, in order."""
    done = [o for o in world.outcomes if o.outcome in ("delivered", "merged")]
    return [(o.receiver, o.state_key.rpartition(":")[2], o.status) for o in done]


def open_at(world: World) -> set[tuple[str, str]]:
    """(receiver, alarm) of what was announced and not ended, as the table has it."""
    names = {key: item.alert.state_key.rpartition(":")[2] for key, item in world.memory._alerts.items()}
    headers = world.memory._headers.values()
    return {(header.identity.integration.receiver, names[key]) for header in headers for key in header.ledger.firing}


def test_an_open_alert_is_announced_where_it_leads_now_and_ended_where_it_was() -> None:
    world = World()
    world.publish(warning("a"), warning("b", minutes=1))
    world.run(TICK)
    deploy(world, warnings_to("mail"))
    world.run(TICK + 60)
    assert open_at(world) == {("mail", "a"), ("mail", "b")}
    assert {(r, status) for r, _, status in told(world)} == {
        ("slack", "firing"),
        ("mail", "firing"),
        ("slack", "resolved"),
    }
    assert len(world.sent("email")) == 1, "both came along, and are one message"
    world.publish(warning("a", "OK", 30), warning("b", "OK", 30))
    world.run(TICK)
    assert open_at(world) == set()


def adding_a_mail() -> Config:
    """The configuration of the tests, its warnings told by mail beside Slack."""
    old = config()
    to_slack = next(r for r in old.route.routes if 'severity="warning"' in r.key)
    to_mail = replace(to_slack, id=f"{to_slack.id}, then mail", receiver="mail")
    routes = [
        r for one in old.route.routes for r in ((replace(one, continue_=True), to_mail) if one == to_slack else (one,))
    ]
    return replace(old, hash="a mail", route=replace(old.route, routes=tuple(routes)))


def test_a_receiver_added_beside_others_is_notified_of_firing_alerts_and_resolves() -> None:
    world = World()
    world.publish(warning("a"), warning("b", minutes=1))
    world.run(TICK)
    deploy(world, adding_a_mail())
    world.run(TICK + 60)
    assert open_at(world) == {("slack", "a"), ("slack", "b"), ("mail", "a"), ("mail", "b")}
    assert (len(world.sent("slack")), len(world.sent("email"))) == (2, 1)
    world.publish(warning("a", "OK", 30), warning("b", "OK", 30))
    world.run(TICK)
    assert open_at(world) == set()


def test_whoever_was_left_by_one_change_and_is_added_by_the_next_hears_of_it_again() -> None:
    world = World()
    world.publish(warning("a"))
    world.run(TICK)
    deploy(world, warnings_to("mail"))
    world.run(2 * TICK)
    assert open_at(world) == {("mail", "a")}
    deploy(world, adding_a_mail())
    world.run(2 * TICK)
    assert open_at(world) == {("slack", "a"), ("mail", "a")}


@pytest.mark.parametrize("request_killed", ["members", "add_groups", "put_member", "header", "arm", "record"])
def test_wherever_the_look_that_adds_somebody_dies_he_hears_of_it(request_killed: str) -> None:
    world = MortalWorld()
    world.publish(warning("a"))
    world.run(TICK)
    deploy(world, adding_a_mail())
    world.mortal.killed_by = request_killed
    world.run(2 * TICK)
    assert world.mortal.killed_by == "", "it died"
    assert open_at(world) == {("slack", "a"), ("mail", "a")}


def test_what_still_leads_to_the_same_place_hears_of_no_change() -> None:
    world = World()
    world.publish(alarm("cpu"))
    deploy(world, warnings_to("mail"))
    world.run(3 * TICK)
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]


def test_what_leads_to_nobody_now_is_ended_where_it_was_announced() -> None:
    world = World()
    world.publish(warning("a"))
    deploy(world, warnings_to("nobody"))
    world.run(2 * TICK)
    assert told(world) == [("slack", "a", "firing"), ("slack", "a", "resolved")]
    world.publish(warning("a", "OK", 30))
    world.run(TICK)
    assert open_at(world) == set()


def test_a_group_that_waits_for_its_first_message_moves_before_anybody_is_notified() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(warning("a"))
    deploy(world, warnings_to("mail", group_wait=30))
    world.run(200)
    assert told(world) == [("mail", "a", "firing")]


def test_a_rollback_brings_the_same_update_back() -> None:
    world = World()
    world.publish(warning("a"))
    deploy(world, warnings_to("mail"))
    world.run(TICK + 60)
    deploy(world, config())
    world.run(TICK + 60)
    assert open_at(world) == {("slack", "a")}
    world.publish(warning("a", "OK", 30))
    world.run(TICK)
    assert open_at(world) == set()


def test_what_old_code_still_puts_in_the_old_group_moves_as_well() -> None:
    world = World()
    old = list(world.relays)
    world.publish(warning("a"))
    deploy(world, warnings_to("mail"))
    world.run(TICK + 60)
    now = world.clock.now()
    late = alarm("b", severity="warning", at=now)
    for relay in old:
        receive(relay, late, deadline=world.deadline)
    world.run(2 * TICK)
    assert open_at(world) == {("mail", "a"), ("mail", "b")}
    world.publish(*(alarm(name, "OK", severity="warning", at=world.clock.now()) for name in "ab"))
    world.run(TICK)
    assert open_at(world) == set()


def test_old_and_new_code_at_once_lose_nothing_and_end_everything() -> None:
    world = World()
    old = list(world.relays)
    new = [replace(relay, config=warnings_to("mail")) for relay in old]
    world.publish(warning("a"))
    for turn in range(6):  # whichever version gets the tick
        world.relays = new if turn % 2 == 0 else old
        world.run(TICK)
    world.relays = new
    world.run(2 * TICK)
    assert open_at(world) == {("mail", "a")}
    world.publish(alarm("a", "OK", severity="warning", at=world.clock.now()))
    world.run(TICK)
    assert open_at(world) == set()


def test_an_end_that_comes_while_its_alert_moves_ends_it_everywhere() -> None:
    world = World()
    world.publish(warning("a"))
    deploy(world, warnings_to("mail"))
    world.publish(warning("a", "OK", 2))
    world.run(2 * TICK)
    assert told(world) == [("slack", "a", "firing"), ("slack", "a", "resolved")]


def _requests_of_a_move() -> int:
    world = _mortal()
    before = world.mortal.requests
    world.run(TICK + 60)
    return world.mortal.requests - before


def _mortal() -> MortalWorld:
    world = MortalWorld()
    world.publish(warning("a"), warning("b", minutes=1))
    world.run(120)
    deploy(world, warnings_to("mail"))
    return world


@pytest.mark.parametrize("moment", ["before", "after"])
def test_whichever_request_of_a_move_kills_the_process_it_ends_as_if_it_had_not(moment: str) -> None:
    for request in range(_requests_of_a_move()):
        world = _mortal()
        world.mortal.plan = deque(["ok"] * request + [moment])
        world.run(4 * TICK)
        assert open_at(world) == {("mail", "a"), ("mail", "b")}, f"request {request}"
        now = world.clock.now()
        world.publish(*(alarm(name, "OK", severity="warning", at=now) for name in "ab"))
        world.run(2 * TICK)
        assert open_at(world) == set(), f"request {request}"
        assert world.dead_letters == []
        world.settled()


class Slow:
    """A store each of whose requests takes 20 ms."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.sleep: Callable[[float], None] = lambda _: None

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.sleep(0.02)
            return getattr(self.inner, name)(*args, **kwargs)

        return call


def test_a_receiver_added_to_a_large_group_is_notified_in_parts() -> None:
    world = World(wrap=Slow)
    many = 1500
    for n in range(many):
        world.publish(warning(f"a{n}"))
    world.run(TICK)
    deploy(world, adding_a_mail())
    world.store.sleep = world.clock.sleep
    (gid,) = (gid for gid, header in world.memory._headers.items() if header.identity.integration.channel == "slack")
    while world.memory._headers[gid].config_hash != "a mail":
        due = world.memory._headers[gid].schedule.next_due
        assert due is not None
        world.clock.move_to(due)
        began = world.clock.now()
        on_timer(world.relays[1], {"do": "flush", "gid": gid, "at": began.isoformat()}, deadline=world.deadline)
        assert world.clock.now() - began < timedelta(seconds=30)
    world.store.sleep = lambda _: None
    world.run(2 * TICK)
    assert open_at(world) == {(receiver, f"a{n}") for n in range(many) for receiver in ("slack", "mail")}
    assert world.ops == []


def test_a_group_too_large_to_move_at_once_moves_in_parts() -> None:
    world = World(wrap=Slow)
    many = 1500
    for n in range(many):
        world.publish(warning(f"a{n}"))
    world.run(TICK)
    deploy(world, warnings_to("mail"))
    world.store.sleep = world.clock.sleep
    (gid,) = (gid for gid, header in world.memory._headers.items() if header.identity.integration.channel == "slack")
    while due := world.memory._headers[gid].schedule.next_due:
        world.clock.move_to(due)
        began = world.clock.now()
        on_timer(world.relays[1], {"do": "flush", "gid": gid, "at": began.isoformat()}, deadline=world.deadline)
        assert world.clock.now() - began < timedelta(seconds=30)
    world.store.sleep = lambda _: None
    world.run(TICK)
    assert open_at(world) == {("mail", f"a{n}") for n in range(many)}
    assert len(world.sent("slack")) < 12
