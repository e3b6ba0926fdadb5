"""One message of many alerts: a bad one stops none of the others, and what time does not suffice for is done next."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.groups.router import own_groups
from alertrelay.memory.ports import MemoryTimers
from alertrelay.notification import Reason
from alertrelay.ports import NotAccountedFor, TimersFailure
from alertrelay.sources import Envelope
from alertrelay.state import Store, StoreFailure

from tests.dispatch.world import START, Absent, World, alarm, config, on_timer, receive, timed


class Wrapped:
    """The memory store, with something before each request."""

    def __init__(self, store: Store, before: Callable[[str, Sequence[Any]], None]) -> None:
        self._store = store
        self._before = before

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._store, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._before(name, args)
            return method(*args, **kwargs)

        return call


def posted(*names: str, severity: str = "critical", service: str = "") -> Envelope:
    """One message of alerts, each of a service of its own."""
    alerts = [
        {"labels": {"alertname": name, "severity": severity, "service": service or name}, "startsAt": START.isoformat()}
        for name in names
    ]
    return replace(alarm("x"), text=json.dumps(alerts), message_id="many")


def bad(name: str, requests: Sequence[str] = ("put_member",), *, plainly: bool = False) -> Callable[[Store], Wrapped]:
    """A store that stumbles over one alert; with `plainly` over its plain form, too."""

    def stumble(request: str, args: Sequence[Any]) -> None:
        about = next((a for a in args if hasattr(a, "state_key") or hasattr(a, "alert")), None)
        alert = getattr(about, "alert", about)
        if request not in requests or alert is None or alert.labels.get("alertname") != name:
            return
        if plainly or not alert.state_key.startswith("plain:"):
            raise OverflowError("date value out of range")

    return lambda store: Wrapped(store, stumble)


@pytest.mark.parametrize("request_", ["put_alert", "put_member"])
def test_a_bad_alert_goes_out_plainly_and_the_others_as_ever(request_: str) -> None:
    world = World(wrap=bad("B", [request_]))
    world.publish(posted("A", "B", "C"))
    notified = {o.alertname: o for o in world.of("delivered") if o.receiver == "pager"}
    assert set(notified) == {"A", "B", "C"}
    assert [name for name, o in notified.items() if o.state_key.startswith("plain:")] == ["B"]
    assert ("alert_failed", "OverflowError") in [(event, fields.get("error")) for event, fields in world.log]


def test_a_bad_resolve_is_notified_plainly() -> None:
    world = World()
    world.publish(posted("B"))
    world.relays = [replace(relay, store=bad("B")(world.memory)) for relay in world.relays]
    entry = {"labels": {"alertname": "B", "severity": "critical", "service": "B"}, "status": "resolved"}
    world.publish(replace(alarm("x"), text=json.dumps([entry]), message_id="end"))
    world.run(400)
    assert [o.state_key.partition(":")[0] for o in world.of("delivered") if o.reason == Reason.EVENT] == ["plain"] * 3


def test_what_cannot_even_go_out_plainly_makes_the_event_come_again_after_all_others() -> None:
    world = World(wrap=bad("B", ["put_alert", "put_member"], plainly=True))
    with pytest.raises(NotAccountedFor, match="1 alerts of the message"):
        receive(world.relays[0], posted("A", "B", "C"), deadline=world.deadline)
    assert {o.alertname for o in world.of("delivered")} == {"A", "C"}


def test_a_group_that_fails_stops_no_other_and_makes_the_event_come_again() -> None:
    calls = Counter[str]()

    def second_lease(request: str, _: Sequence[Any]) -> None:
        calls[request] += 1
        if request == "lease" and calls[request] == 2:
            raise ValueError("nonsense")

    world = World(wrap=lambda store: Wrapped(store, second_lease))
    with pytest.raises(ValueError, match="nonsense"):
        receive(world.relays[0], posted("A", "B", "C"), deadline=world.deadline)
    assert {o.alertname for o in world.of("delivered")} == {"A", "C"}
    assert any(event == "group_failed" for event, _ in world.log)


def test_a_bad_alert_stops_no_other_while_the_table_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    stumbled: list[str] = []

    def stumble(router: Any, labels: Any, **rest: Any) -> Any:
        if labels["alertname"] == "B" and "topic" not in labels:
            stumbled.append("B")
            raise KeyError("B")
        return own_groups(router, labels, **rest)

    monkeypatch.setattr("alertrelay.dispatch.dispatcher.own_groups", stumble)
    world = World(wrap=lambda _: Absent())
    receive(world.relays[0], posted("A", "B", "C"), deadline=world.deadline)
    assert {o.alertname for o in world.of("delivered")} == {"A", "B", "C"}
    assert stumbled


def slow(seconds: float) -> Callable[[Store], Wrapped]:
    """A store whose every request takes so long."""
    return lambda store: Wrapped(store, lambda *_: store._clock.sleep(seconds))  # type: ignore[attr-defined]


@pytest.mark.parametrize("seconds", [0.05, 0.7, 1.0])
@pytest.mark.parametrize("service", ["", "one"])
def test_alerts_that_time_does_not_suffice_for_are_notified_by_the_next_invocation(
    seconds: float, service: str
) -> None:
    world = World(wrap=slow(seconds), config=timed(config(), group_wait=0))
    relay, names = world.relays[0], [f"A{number}" for number in range(12)]
    receive(relay, posted(*names, service=service), deadline=world.deadline)
    starts = []
    for _ in range(100):
        bodies = [b for b in world.timers(relay).due() if b["do"] == "receive"]
        if not bodies:
            break
        starts += [body["from"] for body in bodies]
        for body in bodies:
            on_timer(relay, json.loads(json.dumps(body)), deadline=world.deadline)
    assert starts == sorted(set(starts))  # each invocation goes on further
    assert bool(starts) == (seconds > 0.5)
    world.run(900)
    notified = Counter(o.alertname for o in world.outcomes if o.outcome in ("delivered", "merged"))
    assert notified == Counter(names)


def test_a_message_that_time_suffices_for_is_one_notification() -> None:
    world = World(wrap=slow(0.01))
    receive(world.relays[0], posted(*(f"A{n}" for n in range(300)), service="one"), deadline=world.deadline)
    (message,) = world.sent("pagerduty")
    assert message["event_action"] == "trigger"
    assert not [body for _, body in world.timers(world.relays[0]).waiting if body["do"] == "receive"]


def test_where_the_queue_does_not_take_the_rest_the_event_comes_again() -> None:
    class Refusing(MemoryTimers):
        def send(self, body: Any, *, delay_seconds: float) -> None:
            raise TimersFailure("the queue did not take the message")

    world = World(wrap=slow(10.0), timers_of=Refusing)
    with pytest.raises(TimersFailure):
        receive(world.relays[0], posted("A", "B"), deadline=world.deadline)


def test_the_rest_of_a_message_keeps_its_order() -> None:
    world = World(wrap=slow(10.0))
    relay = world.relays[0]
    receive(relay, posted("A", "B"), deadline=world.deadline)
    (body,) = [b for b in world.timers(relay).due() if b["do"] == "receive"]
    on_timer(relay, json.loads(json.dumps(body)), deadline=world.deadline)
    orders = sorted(item.order_key for item in world.memory._alerts.values())
    assert int(orders[1][:20]) - int(orders[0][:20]) == 1  # as in one invocation: by the place in the message


def test_updates_that_open_nothing_are_recorded_once_though_the_message_is_split() -> None:
    world = World(wrap=slow(10.0))
    accounts = next(relay for relay in world.relays if "email" in relay.channels)
    unknown = json.loads(alarm("u", "INSUFFICIENT_DATA").text)
    text = json.dumps([unknown, *(json.loads(alarm(name).text) for name in "ab")])
    receive(accounts, replace(alarm("x"), text=text), deadline=world.deadline)
    for _ in range(3):
        for body in world.timers(accounts).due():
            on_timer(accounts, json.loads(json.dumps(body)), deadline=world.deadline)
        world.clock.sleep(1)
    assert [o.reason for o in world.of("suppressed")].count(Reason.INSUFFICIENT_DATA) == 1


# --- the headers of several groups -----------------------------------------------------------------------------------


def test_headers_of_several_groups_are_read_by_one_request_once_all_members_were_put() -> None:
    asked = list[str]()
    world = World(wrap=lambda store: Wrapped(store, lambda name, _: asked.append(name)))
    receive(world.relays[0], posted("a", "b", "c"), deadline=world.deadline)
    found = [name for name in asked if name in ("put_member", "header", "headers")]
    assert found[:4] == [*["put_member"] * 3, "headers"]
    assert "header" not in found
    assert len(world.pages()) == 3


def test_where_headers_cannot_be_read_at_once_each_is_read_by_itself() -> None:
    def fails(name: str, _: Sequence[Any]) -> None:
        if name == "headers":
            raise StoreFailure("an item of schema 3 was found")

    world = World(wrap=lambda store: Wrapped(store, fails))
    receive(world.relays[0], posted("a", "b"), deadline=world.deadline)
    assert len(world.pages()) == 2
