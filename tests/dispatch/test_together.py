"""The groups of one alert at one forwarder are flushed together: one timer, one batch of facts, each for itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from alertrelay.config.escalation import Tier
from alertrelay.config.model import Config, Matcher
from alertrelay.groups.flush_timer import timers_of
from alertrelay.groups.insert import updates_of
from alertrelay.groups.messages import FlushMessage, body_of, message_of
from alertrelay.nflog.group_state import GroupState
from alertrelay.notification import Receipt
from alertrelay.notify.announce import OWN_BUDGET
from alertrelay.notify.seen import SeenFacts, look_up
from alertrelay.policy.silence import Silence
from alertrelay.ports import Retryable, TimersFailure
from alertrelay.sources import parse
from alertrelay.state import Store, StoreFailure

from tests.aws import state
from tests.dispatch.test_crashes import Killed, MortalWorld
from tests.dispatch.test_escalation import SECOND as SECOND_TIER
from tests.dispatch.test_escalation import escalating
from tests.dispatch.test_portion import Wrapped
from tests.dispatch.world import START, World, alarm, config, on_tick, on_timer, receive, receiver, timed

SECOND = timedelta(seconds=1)
SLACK = 1
"""The place of Slack's forwarder."""


def homes(count: int, *, wait: int) -> Config:
    """Critical alerts go to so many receivers of Slack, one integration each."""
    before = timed(config(), group_wait=wait)
    (route,) = (one for one in before.route.routes if "critical" in one.key and one.receiver == "slack")
    (slack,) = (one for one in before.receivers if one.name == "slack")
    names = [f"home-{number}" for number in range(count)]
    made = [
        replace(slack, name=name, targets=(replace(one, integration=replace(one.integration, receiver=name)),))
        for name in names
        for one in slack.targets
    ]
    routes = [replace(route, id=f"{route.id}/{name}", receiver=name, continue_=True) for name in names]
    fallbacks = dict.fromkeys(names, (("mail",),))
    root = replace(before.route, routes=tuple(routes))
    return replace(before, route=root, receivers=(*before.receivers, *made), fallbacks=fallbacks)


def notified(world: World) -> Counter[str]:
    return Counter(one.receiver for one in world.outcomes if one.outcome == "delivered")


def waiting(world: World) -> list[Mapping[str, Any]]:
    return [body for _, body in world.timers(world.relays[SLACK]).waiting]


def slow(world: World, receiver: str, act: Callable[[], None]) -> None:
    """Does `act` when the receiver is sent to."""
    sender = world.senders["slack"]
    take = sender.send

    def send(message: Any, target: Any, **given: Any) -> Receipt:
        if target.integration.receiver == receiver:
            act()
        return take(message, target, **given)

    sender.send = send  # type: ignore[method-assign] # an instance of its own


def counting(calls: Counter[str]) -> Callable[[Store], Wrapped]:
    return lambda store: Wrapped(store, lambda name, _: calls.update([name]))


def test_groups_armed_together_have_one_timer_and_are_all_notified() -> None:
    world = World(config=homes(3, wait=30))
    world.publish(alarm("a"))
    (body,) = waiting(world)
    assert len({body["gid"], *body["with"]}) == 3
    world.run(30)
    assert notified(world) == {"home-0": 1, "home-1": 1, "home-2": 1}


def test_a_message_names_ten_groups_at_most_and_none_that_is_due_later() -> None:
    due = [(f"g{number}", START + (number // 12) * 0.3 * SECOND) for number in range(14)]
    bodies = timers_of(due, now=START)
    assert [(len(body.get("with", ())) + 1, delay) for body, delay in bodies] == [(10, 0.0), (2, 0.0), (2, 0.3)]


def test_a_message_of_several_groups_comes_when_the_last_of_them_is_due() -> None:
    ((body, delay),) = timers_of([("b", START + 0.2 * SECOND), ("a", START)], now=START)
    assert (body["gid"], body["with"], delay) == ("a", ["b"], 0.2)
    assert body["at"] == (START + 0.2 * SECOND).isoformat()


def test_a_message_of_one_group_has_the_form_of_earlier_versions() -> None:
    body = body_of(FlushMessage(gid="slack-1", at=START))
    assert body == {"do": "flush", "gid": "slack-1", "at": START.isoformat()}
    assert message_of(body) == FlushMessage(gid="slack-1", at=START)


def test_what_an_earlier_version_leaves_of_a_message_is_flushed_by_a_tick() -> None:
    world = World(config=homes(3, wait=30))
    world.publish(alarm("a"))
    timers = world.timers(world.relays[SLACK])
    timers.waiting[:] = [(at, {name: body[name] for name in ("do", "gid", "at")}) for at, body in timers.waiting]
    world.run(30)
    assert sum(notified(world).values()) == 1
    world.run(65)
    assert notified(world) == {"home-0": 1, "home-1": 1, "home-2": 1}


def test_a_tick_packs_what_is_due_together_but_not_what_is_overdue() -> None:
    world = World(config=homes(4, wait=30))
    world.publish(alarm("a"), alarm("b", at=START + 40 * SECOND, service="later"))
    timers = world.timers(world.relays[SLACK])
    timers.waiting.clear()
    world.clock.move_to(START + 50 * SECOND)
    on_tick(world.relays[SLACK])
    found = Counter((at, len(body.get("with", ())) + 1) for at, body in timers.waiting)
    assert found == {(START + 50 * SECOND, 1): 4, (START + 70 * SECOND, 4): 1}


@pytest.mark.parametrize("number", range(16))
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_death_at_any_request_loses_no_group_and_repeats_one_message(number: int, when: str) -> None:
    world = MortalWorld(config=homes(3, wait=30))
    receive(world.relays[SLACK], alarm("a"), deadline=world.deadline)
    world.clock.move_to(START + 30 * SECOND)
    sent = list[str]()
    for name in ("home-0", "home-1", "home-2"):
        slow(world, name, partial(sent.append, name))
    (body,) = world.timers(world.relays[SLACK]).due()
    before = world.mortal.requests
    world.mortal.plan.extend(["ok"] * number + [when])
    try:
        on_timer(world.relays[SLACK], body, deadline=world.deadline)
    except Killed:
        world.timers(world.relays[SLACK]).put(body, at=START + 210 * SECOND)
        died = True
    else:
        died = False
    assert died == (number < world.mortal.requests - before)
    world.mortal.plan.clear()
    world.run(240)
    assert set(sent) == {"home-0", "home-1", "home-2"}
    assert len(sent) <= 4


def test_a_group_that_kills_each_invocation_stops_the_others_for_a_tick() -> None:
    world = MortalWorld(config=homes(3, wait=30))

    def die() -> None:
        raise Killed

    slow(world, "home-0", die)
    receive(world.relays[SLACK], alarm("a"), deadline=world.deadline)
    world.run(30 + 65)
    assert {"home-1", "home-2"} <= set(notified(world))


@pytest.mark.parametrize("seconds", [0, 9])  # refused at once, or timed out
def test_a_channel_that_is_down_keeps_no_other_group_waiting(seconds: float) -> None:
    world = World(config=homes(3, wait=30))
    times: dict[str, float] = {}

    def note(name: str) -> None:
        times.setdefault(name, (world.clock.now() - START).total_seconds())

    def down() -> None:
        world.clock.sleep(seconds)
        raise Retryable("timed out")

    for name in ("home-1", "home-2"):
        slow(world, name, partial(note, name))
    slow(world, "home-0", down)
    world.publish(alarm("a"))
    world.run(60)
    assert {"home-1", "home-2"} <= set(notified(world))
    assert all(at <= 30 + OWN_BUDGET + 1 for at in times.values()), times
    assert {one.receiver for one in world.of("fallback")} == {"mail"}


def test_a_slow_channel_leaves_each_other_group_to_an_own_invocation() -> None:
    world = World(config=homes(4, wait=30))
    slow(world, "home-0", lambda: world.clock.sleep(6))
    world.publish(alarm("a"))
    world.clock.move_to(START + 30 * SECOND)
    (body,) = world.timers(world.relays[SLACK]).due()
    first = [body["gid"], *body["with"]]
    order = [gid for gid in first if world.memory._headers[gid].identity.integration.receiver == "home-0"]
    body = {**body, "gid": order[0], "with": [gid for gid in first if gid not in order]}
    on_timer(world.relays[SLACK], body, deadline=world.deadline)
    assert notified(world) == {"home-0": 1}
    assert [set(one) for one in waiting(world)] == [{"do", "gid", "at"}] * 3


@pytest.mark.parametrize("failure", [StoreFailure("DynamoDB UpdateItem: InternalServerError"), ValueError("nonsense")])
def test_a_group_that_fails_stops_no_other_of_its_message(failure: Exception) -> None:
    calls = Counter[str]()

    def second(name: str, _: Sequence[Any]) -> None:
        calls[name] += 1
        if name == "members" and calls[name] == 2:
            raise failure

    world = World(config=homes(3, wait=30), wrap=lambda store: Wrapped(store, second))
    world.publish(alarm("a"))
    world.clock.move_to(START + 30 * SECOND)
    (body,) = world.timers(world.relays[SLACK]).due()
    if isinstance(failure, StoreFailure):
        on_timer(world.relays[SLACK], body, deadline=world.deadline)
    else:
        with pytest.raises(ValueError, match="nonsense"):
            on_timer(world.relays[SLACK], body, deadline=world.deadline)
    assert sum(notified(world).values()) == 2
    world.run(180)
    assert notified(world) == {"home-0": 1, "home-1": 1, "home-2": 1}


def test_of_ten_groups_the_one_that_is_held_comes_again_alone() -> None:
    world = World(config=homes(10, wait=30))
    world.publish(alarm("a"))
    world.clock.move_to(START + 30 * SECOND)
    (body,) = world.timers(world.relays[SLACK]).due()
    held, until = body["with"][4], world.clock.now() + 35 * SECOND
    assert world.memory.lease(held, owner="another", now=world.clock.now(), until=until)
    on_timer(world.relays[SLACK], body, deadline=world.deadline)
    assert sum(notified(world).values()) == 9
    assert waiting(world) == [{"do": "flush", "gid": held, "at": until.isoformat()}]
    world.run(60)
    assert set(notified(world)) == {f"home-{number}" for number in range(10)}


@pytest.mark.parametrize("wait", [0, 30])
def test_facts_are_read_once_for_all_groups_of_an_alert(wait: int) -> None:
    calls = Counter[str]()
    world = World(config=homes(3, wait=wait), wrap=counting(calls))
    receive(world.relays[SLACK], alarm("a"), deadline=world.deadline)
    world.run(30)
    assert sum(notified(world).values()) == 3
    assert calls["facts"] == 1


def test_the_first_group_reads_the_facts_of_those_after_it_too() -> None:
    calls = Counter[str]()
    world = World(config=homes(1, wait=0), wrap=counting(calls))
    alerts = [alarm("a", service="x"), alarm("b", service="y")]
    texts = [
        f'{{"labels": {{"alertname": "{one.message_id}", "severity": "critical", "service": "{place}"}}}}'
        for place, one in enumerate(alerts)
    ]
    receive(world.relays[SLACK], replace(alerts[0], text=f"[{', '.join(texts)}]"), deadline=world.deadline)
    assert notified(world) == {"home-0": 2}
    assert calls["facts"] == 1


def test_facts_that_are_older_than_seconds_are_read_anew() -> None:
    world = World(config=homes(2, wait=0))
    silence = Silence(
        id="s",
        matchers=((Matcher(name="alertname", op="=", value="HighCPU"),),),
        starts_at=START,
        ends_at=START + timedelta(hours=1),
        updated_at=START,
        created_by="ops",
        comment="",
    )

    def silenced() -> None:
        world.clock.sleep(6)
        world.memory.put_silences([silence], seen=0)

    slow(world, "home-0", silenced)
    receive(world.relays[SLACK], alarm("a"), deadline=world.deadline)
    assert notified(world) == {"home-0": 1}


def test_facts_older_than_a_member_of_the_next_group_are_read_anew() -> None:
    calls = Counter[str]()
    world = World(config=homes(2, wait=30), wrap=counting(calls))
    world.publish(alarm("a"))
    insert = world.relays[SLACK].pipeline.insert

    def fires_again() -> None:
        if calls["facts"] > 1:
            return
        found = parse(alarm("a", at=START + SECOND), received_at=world.clock.now(), charts=False).alerts
        for update in updates_of(found, received=world.clock.now()):
            insert(update, {}, now=world.clock.now())

    for name in ("home-0", "home-1"):
        slow(world, name, fires_again)
    world.run(30)
    assert sum(notified(world).values()) == 2
    assert calls["facts"] == 2


def test_what_one_group_read_of_an_alert_is_not_shown_by_another_that_knows_more() -> None:
    """It asks for nothing, since it has announced the alert; that has resolved since the facts were read."""
    world, seen = World(), SeenFacts()
    fires, ended = state.member(), state.member(status="resolved", clock=9)
    world.memory.put_alert(state.item(), groups=())
    group = GroupState(identity=state.header().identity)
    announced = replace(group, ledger=state.ledger(fires.key))
    given: dict[str, Any] = {"rules": (), "lookup": world.memory, "forwarder": "", "log": world.log.append}
    for each, member, alerts in ((group, fires, {fires.key}), (announced, ended, set[str]())):
        found = look_up(each, [member], frozenset(), seen=seen, now=state.NOW, **given)
        assert set(found.alerts) == alerts


def test_a_group_that_fails_stops_no_other_where_the_queue_fails_too(monkeypatch: pytest.MonkeyPatch) -> None:
    failing = list[str]()

    def refused(*_: object, **__: object) -> None:
        raise TimersFailure("SQS SendMessage: InternalError")

    def first(name: str, args: Sequence[Any]) -> None:
        if name == "lease" and args[0] == (failing or [*failing, args[0]])[0]:
            failing[:] = [args[0]]
            raise StoreFailure("an item of the state table cannot be read")

    world = World(config=homes(3, wait=30), wrap=lambda store: Wrapped(store, first))
    relay = world.relays[SLACK]
    world.publish(alarm("a"))
    world.clock.move_to(START + 30 * SECOND)
    (body,) = world.timers(relay).due()
    monkeypatch.setattr(relay.timers, "send", refused)
    with pytest.raises(TimersFailure):
        on_timer(relay, body, deadline=world.deadline)
    assert sum(notified(world).values()) == 2


def test_each_group_of_a_tier_asks_itself_whether_somebody_is_on_the_alert() -> None:
    calls = Counter[str]()
    tiers = (Tier(number=2, after=30, receivers=("second", "third")),)
    before = escalating(tiers=tiers)
    third = replace(SECOND_TIER, channel="#third")
    world = World(config=replace(before, receivers=(*before.receivers, receiver("third", third))), wrap=counting(calls))
    world.publish(alarm("a"))
    world.run(29)
    calls.clear()
    world.run(2)
    assert calls["facts"] == 2
