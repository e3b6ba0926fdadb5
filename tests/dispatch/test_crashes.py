"""A process may die before or after every request. Whatever dies where: what fires is told, what was told is ended."""

from __future__ import annotations

import contextlib
import json
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.alert import Channel
from alertrelay.nflog.dedup import decide
from alertrelay.ports import NotAccountedFor, Retryable
from alertrelay.sources import Envelope
from alertrelay.state import Store, StoreFailure
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dispatch.world import START, Relay, World, alarm, config, on_tick, on_timer, receive

MINUTE = timedelta(minutes=1)
LAMBDA_RETRIES = (60, 120)
VISIBILITY = timedelta(seconds=180)


class Killed(BaseException):
    """The sandbox is gone: no handler of ours sees it."""


@dataclass
class Mortal:
    """A store whose n-th request, counted from `reset`, kills the process before or after it is done, or fails."""

    inner: Store
    plan: deque[str] = field(default_factory=deque)  # one word a request: ok, before, after, fails
    killed_by: str = ""  # the request that kills the process before it is done, once
    requests: int = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.requests += 1
            what = self.plan.popleft() if self.plan else "ok"
            if name == self.killed_by:
                self.killed_by = ""
                raise Killed
            if what == "before":
                raise Killed
            if what == "fails":
                raise StoreFailure(f"DynamoDB {name}: InternalServerError")
            answer = getattr(self.inner, name)(*args, **kwargs)
            if what == "after":
                raise Killed
            return answer

        return call


@dataclass
class MortalWorld(World):
    """Invocations that die are repeated as Lambda and SQS repeat them."""

    wrap: Callable[[Store], Any] = Mortal
    again: list[tuple[Any, Relay, Envelope, int]] = field(default_factory=list)
    dead_letters: list[tuple[Relay, Envelope]] = field(default_factory=list)

    @property
    def mortal(self) -> Mortal:
        assert isinstance(self.store, Mortal)
        return self.store

    def publish(self, *envelopes: Envelope) -> None:
        for envelope in envelopes:
            self.run_until(max(self.clock.now(), envelope.sent_at or self.clock.now()))
            for relay in self.relays:
                self._invoke(relay, envelope, 0)

    def _invoke(self, relay: Relay, envelope: Envelope, tries: int) -> None:
        try:
            receive(relay, envelope, deadline=self.deadline)
        except (Killed, NotAccountedFor):
            if tries < len(LAMBDA_RETRIES):
                at = self.clock.now() + timedelta(seconds=LAMBDA_RETRIES[tries])
                self.again.append((at, relay, envelope, tries + 1))
            else:
                self.dead_letters.append((relay, envelope))

    def redrive(self) -> None:
        """Sends what died too often to its function again, as `alertrelay redrive` does."""
        redriven, self.dead_letters = self.dead_letters, []
        for relay, envelope in redriven:
            self._invoke(relay, envelope, 0)

    def run(self, seconds: float) -> None:
        self.run_until(self.clock.now() + timedelta(seconds=seconds))

    def run_until(self, until: Any) -> None:
        while True:
            moments = [at for relay in self.relays if (at := self.timers(relay).next_at())]
            moments += [at for at, *_ in self.again] + self.ticks()
            if not moments or min(moments) > until:
                break
            self.clock.move_to(min(moments))
            self.tick()
            ready = [entry for entry in self.again if entry[0] <= self.clock.now()]
            self.again = [entry for entry in self.again if entry not in ready]
            for _, relay, envelope, tries in ready:
                self._invoke(relay, envelope, tries)
            for relay in self.relays:
                for body in self.timers(relay).due():
                    self._deliver(relay, body)
        self.clock.move_to(until)

    def on_tick(self, relay: Relay) -> None:
        with contextlib.suppress(Killed, StoreFailure):  # the next minute has its own tick
            on_tick(relay)

    def _deliver(self, relay: Relay, body: Mapping[str, Any]) -> None:
        try:
            on_timer(relay, json.loads(json.dumps(body)), deadline=self.deadline)
        except (Killed, NotAccountedFor):
            self.timers(relay).put(body, at=self.clock.now() + VISIBILITY)

    def incidents(self) -> dict[str, bool]:
        """PagerDuty's view: is the incident of a key open?"""
        return {key: action == "trigger" for action, key in self.pages()}

    def settled(self) -> None:
        """No group is held, each has nothing left to say, and is armed exactly while something of it fires."""
        for gid, header in self.memory._headers.items():
            assert not header.schedule.owner
            left = decide(header, self.memory.members(gid), now=self.clock.now(), repeat_interval=1e9)
            assert (header.schedule.next_due is not None) == bool(left.view.firing), (
                f"{gid} is armed: {header.schedule.next_due}"
            )
            assert left.reason is None, f"{gid} has {left.reason} to say"
            assert not left.fallback.resolved, f"{gid} has not ended its fallbacks"


def _count_requests() -> int:
    """Of two alarms from their begin to their end, ticks and all."""
    world = MortalWorld()
    world.publish(alarm("a"), alarm("b", at=START + MINUTE))
    world.run(600)
    world.publish(alarm("a", "OK", at=START + 20 * MINUTE), alarm("b", "OK", at=START + 21 * MINUTE))
    world.run(600)
    return world.mortal.requests


@pytest.mark.parametrize("moment", ["before", "after"])
def test_whichever_request_kills_the_process_what_fires_is_notified_and_ended(moment: str) -> None:
    for request in range(_count_requests()):
        world = MortalWorld()
        world.mortal.plan = deque(["ok"] * request + [moment])
        world.publish(alarm("a"), alarm("b", at=START + MINUTE))
        world.run(600)
        assert any(world.incidents().values()), f"request {request}: nobody was paged"
        world.publish(alarm("a", "OK", at=START + 20 * MINUTE), alarm("b", "OK", at=START + 21 * MINUTE))
        world.run(3600)
        assert not any(world.incidents().values()), f"request {request}: an incident hangs open"
        assert world.dead_letters == []
        world.settled()


@pytest.mark.parametrize("moment", ["before", "after"])
def test_one_crash_repeats_at_most_one_notification_a_receiver(moment: str) -> None:
    for request in range(_count_requests()):
        world = MortalWorld()
        world.mortal.plan = deque(["ok"] * request + [moment])
        world.publish(alarm("a"))
        world.run(600)
        world.publish(alarm("a", "OK", at=START + 20 * MINUTE))
        world.run(3600)
        opened = {key for action, key in world.pages() if action == "trigger"}
        # PagerDuty is silent about the resolve of an incident that is not open: one of a fallback, in doubt.
        told = [sum(key in opened for _, key in world.pages()), *(len(world.sent(c)) for c in ("slack", "email"))]
        assert all(2 <= messages <= 3 for messages in told)
        assert sum(told) <= 7


def test_a_crash_between_sending_and_recording_notifies_twice_and_resolves() -> None:
    world = MortalWorld()
    slack = world.relays[1]
    world.mortal.killed_by = "record"
    world._invoke(slack, alarm("a"), 0)
    assert len(world.sent("slack")) == 1
    world.run(600)
    assert len(world.sent("slack")) == 2
    world.publish(alarm("a", "OK", at=START + 20 * MINUTE))
    world.run(310)
    assert "resolved" in str(world.sent("slack")[-1]).lower()


def test_a_group_whose_flush_is_killed_each_time_is_notified_plainly_and_reported() -> None:
    """As where its size is too much for the function's time or memory."""

    class Killing(Mortal):
        def facts(self, **_: Any) -> None:
            raise Killed

    world = MortalWorld(wrap=Killing)
    world.relays = [world.relays[1]]
    world.publish(alarm("a", severity="warning"), alarm("b", severity="warning"))
    world.run(600)
    assert "2 firing" in str(world.sent("slack")[0])
    assert {said.name for said in world.ops} == {"FlushUnfinished"}
    assert "ended without a record" in world.ops[0].text
    world.publish(alarm("a", "OK", at=START + 20 * MINUTE), alarm("b", "OK", at=START + 20 * MINUTE))
    world.run(3600)
    assert "resolved" in str(world.sent("slack")[-1]).lower()
    assert world.dead_letters == []
    world.settled()


STEPS = st.one_of(
    st.tuples(
        st.just("alarm"),
        st.sampled_from("abc"),
        st.sampled_from(["ALARM", "OK"]),
        st.sampled_from(["critical", "warning"]),
        st.integers(0, 400),
    ),
    st.tuples(st.just("again")),
    st.tuples(st.just("late"), st.sampled_from("abc"), st.sampled_from(["ALARM", "OK"]), st.integers(1, 500)),
    st.tuples(st.just("down"), st.sampled_from(["pagerduty", "slack", "email"])),
    st.tuples(st.just("up"), st.sampled_from(["pagerduty", "slack", "email"])),
    st.tuples(st.just("wait"), st.integers(1, 2000)),
    st.tuples(st.just("dies"), st.integers(0, 14), st.sampled_from(["before", "after", "fails"])),
)


def _play(world: MortalWorld, steps: Sequence[tuple[Any, ...]]) -> dict[str, tuple[Any, str]]:  # noqa: C901 - a table
    """Runs the steps; returns the newest state of each alarm by the source's clock."""
    newest: dict[str, tuple[Any, str]] = {}
    last: Envelope | None = None

    def publish(name: str, state: str, severity: str, at: Any) -> None:
        nonlocal last
        last = alarm(name, state, severity=severity, at=at, sent_at=world.clock.now())
        if name not in newest or (at, state == "OK") > (newest[name][0], newest[name][1] == "OK"):
            newest[name] = (at, state)
        world.publish(last)

    for step in steps:
        match step:
            case ("alarm", name, state, severity, pause):
                world.run(pause)
                publish(name, state, severity, world.clock.now())
            case ("late", name, state, age):
                publish(name, state, "critical", world.clock.now() - timedelta(seconds=age))
            case ("again",) if last is not None:
                world.publish(last)
            case ("down", channel):
                world.fail(channel, by=Retryable("it answered 503"))
            case ("up", channel):
                world.fail(channel, by=None)
            case ("wait", seconds):
                world.run(seconds)
            case ("dies", request, moment):
                world.mortal.plan = deque(["ok"] * request + [moment])
            case _:
                pass
    return newest


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEPS, max_size=14))
def test_after_any_faults_what_fires_is_notified_and_what_was_notified_is_resolved(
    steps: list[tuple[Any, ...]],
) -> None:
    world = MortalWorld(config=config())
    newest = _play(world, steps)
    channels: tuple[Channel, ...] = ("pagerduty", "slack", "email")
    world.fail(*channels, by=None)
    world.mortal.plan.clear()
    world.run(2 * 3600)
    deaths = sum(name == "dies" for name, *_ in steps)
    assert deaths > len(LAMBDA_RETRIES) or world.dead_letters == []
    world.redrive()
    world.run(2 * 3600)
    world.settled()
    firing = {name for name, (_, state) in newest.items() if state == "ALARM"}
    told = _announced(world)
    assert firing <= told, f"{firing - told} fires and nobody was told"
    for name, (at, _) in sorted(newest.items()):
        world.publish(alarm(name, "OK", at=max(world.clock.now(), at) + MINUTE))
    world.run(2 * 3600)
    world.settled()
    assert not any(world.incidents().values()), "an incident hangs open"
    assert _announced(world) == set()


def test_what_died_at_each_try_is_notified_when_it_is_redriven() -> None:
    world = MortalWorld(config=config())
    world.mortal.plan = deque(["before"] * 1000)
    world.publish(alarm("a", "ALARM", severity="critical", at=world.clock.now(), sent_at=world.clock.now()))
    world.run(sum(LAMBDA_RETRIES))
    world.mortal.plan.clear()
    assert len(world.dead_letters) == len(world.relays)
    assert _announced(world) == set()
    world.redrive()
    world.run(600)
    assert _announced(world) == {"a"}


def _announced(world: MortalWorld) -> set[str]:
    """Names of the alarms that some channel was told of and not yet told the end of."""
    names = {item.key: item.alert.state_key[-1] for item in world.memory._alerts.values()}
    ledgers = [header.ledger for header in world.memory._headers.values()]
    return {names[key] for ledger in ledgers for key in ledger.firing | ledger.fallback_firing}
