"""Storms: few messages, within what each channel takes, and no alert lost."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.config.model import InhibitRule, Matcher
from alertrelay.nflog.ledger import ledger_from_json, ledger_json
from alertrelay.notification import Reason
from alertrelay.notify.limits import LIMITS
from alertrelay.state import Limit, StoreFailure

from compiler.load import load
from tests.dispatch.world import START, World, alarm, config, receive, timed
from tests.example import CONFIG as SHIPPED

READS = ("header", "headers", "members", "get_alerts", "facts", "silences", "due")
WRITES = (
    "put_alert",
    "put_member",
    "arm",
    "bring_forward",
    "lease",
    "record",
    "finish",
    "release",
    "add_groups",
    "note_source",
)


class Counting:
    """A store that counts its requests."""

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls[name] += 1
            return getattr(self.inner, name)(*args, **kwargs)

        return call


def storm(world: World, services: int, *, alarms: int = 1) -> None:
    """`alarms` for each of `services`, within a minute."""
    count = services * alarms
    for number in range(count):
        at = START + timedelta(seconds=60 * number / count)
        world.clock.move_to(at)
        world.publish(alarm(f"a{number}", at=at, service=f"s{number % services}"))


def ended(world: World, count: int, services: int) -> None:
    at = world.clock.now()
    for number in range(count):
        world.publish(
            alarm(f"a{number}", "OK", at=at + timedelta(milliseconds=number), service=f"s{number % services}")
        )


def most_in(times: list[float], seconds: float) -> int:
    return max((sum(1 for t in times if start <= t < start + seconds) for start in times), default=0)


def test_a_storm_of_many_groups_is_a_few_pages_and_one_digest_that_resolves_last() -> None:
    world = World(limits=LIMITS)
    storm(world, 400)
    world.run(400)
    pages = world.pages()
    assert len({key for _, key in pages}) <= 125
    digest = [m for m in world.sent("pagerduty") if "AlertStorm" in json.dumps(m)]
    assert digest
    final = world.final()
    assert len(final) == 3 * 400
    assert set(final.values()) == {"delivered", "merged"}
    ended(world, 400, 400)
    world.run(3600)
    state: dict[str, str] = {}
    for action, key in world.pages():
        state[key] = action
    assert set(state.values()) == {"resolve"}


def test_an_alert_that_a_digest_announced_and_ended_is_announced_when_it_fires_again() -> None:
    world = World(limits={"pagerduty": Limit(interval=1e6, burst=1)})
    world.publish(alarm("a0", service="s0"), alarm("a1", at=START + timedelta(seconds=1), service="s1"))
    world.run(20)
    digest = world.pages()[-1][1]
    assert [action for action, key in world.pages() if key == digest] == ["trigger"]
    ended(world, 2, 2)
    world.run(0.5)
    world.publish(alarm("a1", at=world.clock.now(), service="s1"))
    world.run(700)
    assert [action for action, key in world.pages() if key == digest][-1] == "trigger"
    world.publish(alarm("a1", "OK", at=world.clock.now(), service="s1"))
    world.run(700)
    assert {key: action for action, key in world.pages()}[digest] == "resolve"


def test_pagerduty_gets_at_most_120_triggers_a_minute_and_slack_one_a_second() -> None:
    world = World(limits=LIMITS)
    seen: dict[str, list[float]] = {"pagerduty": [], "slack": []}
    for channel in ("pagerduty", "slack"):
        sender, times = world.senders[channel], seen[channel]

        def send(message: Any, *args: Any, _send: Any = sender.send, _times: Any = times, **kwargs: Any) -> Any:
            if message.get("event_action") != "resolve":
                _times.append(world.clock.now().timestamp())
            return _send(message, *args, **kwargs)

        sender.send = send  # type: ignore[method-assign]
    storm(world, 1000)
    world.run(600)
    assert most_in(seen["pagerduty"], 60) <= 125
    assert most_in(seen["slack"], 10) <= 10 + LIMITS["slack"].burst + 2


def test_thousands_of_alarms_in_one_group_are_a_few_messages_with_the_true_count() -> None:
    world = World(limits=LIMITS)
    storm(world, 1, alarms=2_500)
    world.run(400)
    for channel in ("pagerduty", "slack", "email"):
        assert len(world.sent(channel)) <= 4
        assert "2500" in json.dumps(world.sent(channel)[-1]).replace(",", "")
    for header in world.memory._headers.values():
        assert len(header.ledger.firing) == 2_500
        written = ledger_json(header.ledger)
        assert len(json.dumps(written)) < 50_000, "of ten thousand alerts 200 KB: an item of DynamoDB takes 400 KB"
        assert ledger_from_json(json.loads(json.dumps(written))) == header.ledger


RULE = InhibitRule(
    source=(Matcher(name="severity", op="=", value="critical"),),
    target=(Matcher(name="severity", op="=~", value="warning|critical"),),
    equal=("service",),
)


@pytest.mark.parametrize("rules", [(), (RULE,)])
def test_an_alert_costs_at_most_four_reads_and_six_writes_to_its_first_message(rules: tuple[InhibitRule, ...]) -> None:
    world = World(config=replace(config(), inhibit_rules=rules), wrap=Counting, limits={})
    world.publish(alarm("other", at=START - timedelta(minutes=1)))
    relay = world.relays[0]
    calls: Counter[str] = world.store.calls
    calls.clear()
    receive(relay, alarm("cpu", service="billing"), deadline=world.deadline)
    assert len(world.pages()) == 2
    first_message = {name: calls[name] for name in (*READS, *WRITES) if calls[name]}
    assert sum(first_message.get(name, 0) for name in READS) <= 4, first_message
    assert sum(first_message.get(name, 0) for name in WRITES) <= 6, first_message


EXAMPLE = load(SHIPPED, "prod").config


@pytest.mark.parametrize("name", ["HighCPU", "ServiceDown", "DatabaseDown", "ClusterDown"])
def test_with_the_shipped_rules_an_alert_that_explains_others_costs_no_more(name: str) -> None:
    """As shipped: PagerDuty's critical waits for nothing, the others half a minute."""
    assert EXAMPLE is not None
    waiting = replace(timed(config(), group_wait=30), inhibit_rules=EXAMPLE.inhibit_rules)
    pager, *others = waiting.route.routes
    root = replace(waiting.route, routes=(replace(pager, group_wait=0), *others))
    world = World(config=replace(waiting, route=root), wrap=Counting, limits={})
    calls: Counter[str] = world.store.calls
    for relay in world.relays:
        calls.clear()
        receive(relay, alarm("a", alertname=name, cluster="main"), deadline=world.deadline)
        world.run(40)
        assert sum(len(world.sent(channel)) for channel in relay.channels if channel in world.senders) == 1
        assert sum(calls[request] for request in READS if request != "due") <= 4, calls
        assert sum(calls[request] for request in WRITES) <= 6, calls


def test_a_repeat_and_an_end_in_a_storm_are_notified_when_there_is_room_and_at_once() -> None:
    world = World(limits={"pagerduty": Limit(interval=1e6, burst=1)})
    world.publish(alarm("a", service="one"))
    world.publish(alarm("b", service="two"))
    assert [o.reason for o in world.of("pending")] == [Reason.STORM]
    world.publish(alarm("a", "OK", at=START + timedelta(minutes=1), service="one"))
    world.run(400)
    assert [action for action, _ in world.pages()] == ["trigger", "trigger", "resolve"]


def test_where_the_bucket_does_not_answer_the_alert_is_notified() -> None:
    class NoBucket(Counting):
        def take(self, *_: Any, **__: Any) -> bool:
            raise StoreFailure("DynamoDB update_item: InternalServerError")

    world = World(wrap=NoBucket, limits=LIMITS)
    world.publish(alarm("cpu"))
    assert len(world.pages()) == 1


def test_an_alert_of_a_digest_that_fires_again_is_notified_by_its_own_group() -> None:
    world = World(limits={"pagerduty": Limit(interval=600, burst=1)})
    world.publish(alarm("a", service="one"), alarm("b", service="two"))
    world.run(400)
    world.publish(alarm("b", "OK", at=world.clock.now(), service="two"))
    world.run(1200)
    before = len(world.pages())
    world.publish(alarm("b", at=world.clock.now(), service="two"))
    world.run(10)
    assert [action for action, _ in world.pages()[before:]] == ["trigger"]
