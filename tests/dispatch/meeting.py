"""One group of PagerDuty's forwarder, the invocations that meet in it, and whether all is well when they are over."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from alertrelay.config.model import Config
from alertrelay.dispatch.due import LOST
from alertrelay.memory.ports import CollectingSender, MemoryTimers
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.dedup import decide
from alertrelay.notification import Notification, Receipt
from alertrelay.sources import Envelope
from alertrelay.state import Store

from tests.dispatch.actor import Actor, request, running
from tests.dispatch.interleave import AGAIN
from tests.dispatch.world import START, World, alarm, config, on_tick, on_timer, receive, timed

LAMBDA_RETRY, VISIBILITY = timedelta(seconds=60), timedelta(seconds=180)
LEASE = 40
"""Seconds in which any lease runs out."""
LONG = 420
"""Seconds in which every lease, redelivery and tick has come."""
BESIDE = ("facts", "take", "get_alerts", "waking")
"""Reads that decide nothing here: they change no more than a message's text, so no actor stops before them."""


class Stopping:
    """A store before each of whose requests an actor stops."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner

    def __getattr__(self, name: str) -> Callable[..., Any]:
        make = getattr(self.inner, name)
        return make if name in BESIDE else lambda *args, **given: request(name, lambda: make(*args, **given))


class StoppingTimers(MemoryTimers):
    """A queue before each message of which an actor stops."""

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        request("message", lambda: super(StoppingTimers, self).send(body, delay_seconds=delay_seconds), matters=False)


@dataclass(frozen=True)
class Note:
    """What one message told people: the incident, whether it is open by it, who fires and who has ended."""

    incident: str
    open: bool
    firing: frozenset[str]
    ended: frozenset[str]


@dataclass
class Pager(CollectingSender):
    """PagerDuty: an actor stops before each send."""

    notes: list[Note] = field(default_factory=list)

    def send(self, message: Any, target: Any, *, notification_id: str, **_: Any) -> Receipt:
        request("send", lambda: self.notes.append(_note(message["note"])))
        return Receipt(integration=target.integration, key_name="", key_version="", ref={"id": notification_id})


def _note(told: Notification) -> Note:
    firing = frozenset(a.state_key[-1] for a in told.alerts if a.status == "firing")
    ended = frozenset(a.state_key[-1] for a in told.alerts if a.status == "resolved")
    return Note(told.dedup_key, told.status == "firing", firing, ended)


@cache
def _config(wait: int) -> Config:
    return timed(config(), group_wait=wait)


@cache
def _gid() -> str:
    """The same in all these worlds: one route, one service."""
    world = World(config=_config(0))
    receive(world.relays[0], alarm("a"), deadline=world.deadline)
    (gid,) = world.memory._headers
    return gid


class Meeting:
    """A `Play`. `wait` is the group's group_wait; `table` a store, right or broken; `sleeps`: groups may sleep."""

    def __init__(self, wait: int, table: type[MemoryStore] = MemoryStore, *, sleeps: bool = False) -> None:
        self.wait = wait
        self.world = World(config=self.configured(wait), wrap=Stopping, timers_of=StoppingTimers, sleeps=sleeps)
        self.world.memory.__class__ = table
        self.pager = self.world.senders["pagerduty"] = Pager()
        counters = dict[str, "itertools.count[int]"]()

        def new_id() -> str:
            """The same in every schedule in which its actor has come as far."""
            actor = running()
            name = actor.name if actor else "world"
            return f"{name} {next(counters.setdefault(name, itertools.count()))}"

        self.relay = replace(
            self.world.relays[0],
            renderer=lambda _: lambda note, _: {"note": note},
            new_id=new_id,
            emit=lambda _: None,
            log=lambda *_, **__: None,
        )
        self.world.relays = [self.relay]
        self.queue = self.world.timers(self.relay)
        self.newest: dict[str, tuple[datetime, str]] = {}
        self.events: dict[str, tuple[timedelta, Mapping[str, Any]]] = {}
        self.actors: list[Actor] = []
        self.slow = False

    def configured(self, wait: int) -> Config:
        """The configuration of the world."""
        return _config(wait)

    @property
    def gid(self) -> str:
        """The group that they meet in."""
        return _gid()

    def joined(self, name: str, state: str = "ALARM", seconds: float = 0) -> None:
        """Before the scene: an update came, and what was to be done at once was done."""
        envelope = self._envelope(name, state, seconds)
        self.world.clock.move_to(envelope.sent_at or START)
        receive(self.relay, envelope, deadline=self.world.deadline)

    def falls_due(self) -> None:
        """Before the scene: the time of the group has come, and its message, which is late, is about to be delivered: a
        tick sends another one."""
        header = self.world.memory._headers[self.gid]
        assert header.schedule.next_due
        self.world.clock.move_to(header.schedule.next_due + LOST)
        self.queue.waiting.clear()

    def told(self) -> None:
        """Before the scene: who joined was told."""
        if self.wait:
            self.falls_due()
            on_timer(self.relay, self._message(), deadline=self.world.deadline)

    def joins(self, name: str, *states: str, seconds: float = 0) -> None:
        """An actor: one update, or one after the other in one invocation, ten seconds apart."""
        envelopes = [self._envelope(name, state, seconds + 10 * n) for n, state in enumerate(states or ("ALARM",))]
        who = f"join {len(self.actors)} of {name} {' '.join(states)}"
        last = envelopes[-1].to_json()
        self.events[who] = (LAMBDA_RETRY, {"do": "receive", "envelope": last, "told": {}})

        def joins() -> None:
            for envelope in envelopes:
                receive(self.relay, envelope, deadline=self.world.deadline)

        self.actors.append(Actor(who, joins, repeats=True, mortal=len(envelopes) == 1))

    def flushes(self) -> None:
        """An actor: a message for the group, which is due."""
        who, body = f"flush {len(self.actors)}", self._message()
        self.events[who] = (VISIBILITY, body)
        self.actors.append(Actor(who, lambda: on_timer(self.relay, body, deadline=self.world.deadline)))

    def ticks(self) -> None:
        """An actor: the minute's tick."""
        self.actors.append(Actor("tick", lambda: on_tick(self.relay)))

    def a_lease_runs_out(self) -> None:
        """An actor: time passes, though who held the group lives, and another message for it comes. What is being sent
        is sent before: its owner sees to that."""
        self.slow = True

        def passes() -> None:
            request("time", lambda: self.world.clock.sleep(LEASE))
            on_timer(self.relay, self._message(), deadline=self.world.deadline)

        self.actors.append(Actor("later flush", passes, not_at="send", mortal=False))

    def _message(self) -> Mapping[str, Any]:
        return {"do": "flush", "gid": self.gid, "at": self.world.clock.now().isoformat()}

    def _envelope(self, name: str, state: str, seconds: float) -> Envelope:
        at = START + timedelta(seconds=seconds)
        self.newest[name] = max(self.newest.get(name, (START, "")), (at, state))
        return alarm(name, state, at=at)

    def state(self) -> str:
        """See Play."""
        memory = self.world.memory
        table = repr((memory._alerts, memory._members, memory._headers))
        return f"{table} {self.world.clock.now()} {sorted(map(repr, self.queue.waiting))} {self.pager.notes}"

    def now(self) -> datetime:
        """See Play."""
        return self.world.clock.now()

    def redeliver(self, actor: Actor) -> None:
        """See Play. Nobody repeats a tick: the next minute has its own."""
        event = self.events.get(actor.name.removesuffix(AGAIN))
        if event:
            delay, body = event
            self.queue.put(body, at=self.world.clock.now() + delay)

    def check(self, *, died: int) -> None:
        """See Play."""
        self.world.run(LONG)
        self._is_settled({name for name, (_, state) in self.newest.items() if state == "ALARM"})
        at = self.world.clock.now()
        self.world.publish(*(alarm(name, "OK", at=at) for name in sorted(self.newest)))
        self.world.run(LONG)
        self._is_settled(set())
        repeats = self._repeats()
        assert len(repeats) <= died + self.slow, f"told twice: {repeats}"

    def _is_settled(self, firing: set[str]) -> None:
        """What fires is told, what was told and has ended is ended, nobody holds the group, and it is armed while
        something of it fires."""
        told, incidents = set[str](), dict[str, bool]()
        for note in self.pager.notes:
            told = (told - note.ended) | note.firing
            incidents[note.incident] = note.open
        assert told == firing, f"{sorted(firing)} fire, {sorted(told)} are told"
        assert any(incidents.values()) == bool(firing), f"incidents that are open: {incidents}"
        header, members = self.world.memory.state(self.gid), self.world.memory.members(self.gid)
        if header is None:
            return  # an end that came before its alarm: there never was a group
        assert (header.schedule.owner, header.schedule.closing, header.progress.uncertain) == ("", False, False), (
            f"the group is held: {header}"
        )
        assert (header.schedule.next_due is not None) == bool(firing), f"the group is armed: {header.schedule.next_due}"
        left = decide(header, members, now=self.world.clock.now(), repeat_interval=1e9)
        assert left.reason is None, f"the group has {left.reason} to say"

    def _repeats(self) -> list[Note]:
        """What told people nothing new. PagerDuty is silent about a resolve of an incident that is not open."""
        told, repeats, incidents = set[str](), list[Note](), dict[str, bool]()
        for note in self.pager.notes:
            heard = note.open or incidents.get(note.incident, False)
            incidents[note.incident] = note.open
            if heard and not (note.firing - told or note.ended & told):
                repeats.append(note)
            told = (told - note.ended) | note.firing
        return repeats
