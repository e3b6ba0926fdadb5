"""What is around the functions: Lambda with its retries, SNS, SQS with its visibility, the schedule, and the table.

One thing happens at a time, save that an invocation may run inside another one, between two requests of it: the way in
which two containers meet; and what an invocation waits for a throttle to end holds up no other. A process that is
killed takes nothing along but what it had not sent.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from alertrelay.aws.budget import Budget
from alertrelay.aws.state.table import THROTTLED_FOR
from alertrelay.config.durations import REDELIVERED
from alertrelay.memory.ports import ManualClock
from alertrelay.ports import TimersFailure
from alertrelay.runtime.forwarder import RecordsFailed
from alertrelay.state import StoreFailure

from tests.harness.weather import Weather

TIMEOUT = timedelta(seconds=30)
"""Of a forwarder, as infra/ deploys it."""
LAMBDA_RETRIES = (60, 120)
"""Seconds until Lambda tries an event of a topic again."""
VISIBILITY = 180.0
STEPS = 40
"""Of an invocation, before and after each request: more than a flush with its fallbacks has."""
MAX_RECEIVES = 5
SQS_MOST = 900.0
Kind = Literal["topic", "queue", "tick"]


NEVER = datetime.max.replace(tzinfo=UTC)


class Killed(BaseException):
    """The process is gone: no handler sees it."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that Lambda is to be invoked with. `tries`: how often it was; `since`: when a topic took it; `copy`:
    which of the deliveries of SNS it is, of which each has its own tries."""

    function: str
    kind: Kind
    payload: Any
    tries: int = 0
    since: datetime = NEVER
    copy: int = 0


@dataclass
class Invocation:
    """One invocation that runs. The faults that it met decide whether what it sent could be recorded."""

    function: str
    ends: datetime
    budget: Budget
    sent: int = 0
    steps: int = 0
    dies_at: int | None = None
    """The step at which it is killed: twice a request's number, and one more for after it."""
    table_failed: bool = False
    queue_failed: bool = False
    brings: set[tuple[str, str]] = field(default_factory=set)
    """What it is to record, for which it takes a lease itself."""
    put_back: set[tuple[str, str]] = field(default_factory=set)
    """What it left in the queue to be recorded."""
    joins: tuple[str, int, str] | None = None
    """The event of a topic that it handles."""
    joined: bool = False
    """Whether the table took a member of a group from it."""
    flushes: str = ""
    """The group of which it took the last lease."""
    throttled: timedelta = timedelta()
    """How long it waited for throttles to end."""

    def verdict(self, verdict: str) -> str:
        """Returns what becomes of the process at its next step."""
        step, self.steps = self.steps, self.steps + 1
        if self.dies_at is None or step != self.dies_at // 2:
            return verdict
        return "after" if self.dies_at % 2 else "before"


@dataclass
class Context:
    """The context of a Lambda invocation; the time left is the clock's."""

    clock: ManualClock
    ends: datetime
    aws_request_id: str = "00000000-0000-4000-8000-000000000000"

    def get_remaining_time_in_millis(self) -> int:
        """As Lambda's context."""
        return max(0, int((self.ends - self.clock.now()).total_seconds() * 1000))


Handler = Callable[[Any, Any], Any]


@dataclass
class Cloud:
    """The clock, what is due, and who handles it. `handlers`: the containers of each function, used in turn."""

    clock: ManualClock
    weather: Weather
    handlers: dict[str, list[Handler]] = field(default_factory=dict)
    dead: list[Event] = field(default_factory=list)
    sent_back: list[Event] = field(default_factory=list)
    crashes: int = 0
    leases_lost: set[tuple[str, str]] = field(default_factory=set)
    """Leases (group, owner) of which the table lost every answer: an owner that never knew of it seems to have died.
    And those of which it lost one, where the lease before left no record: nothing shows that nobody died."""
    late: list[tuple[Event, datetime]] = field(default_factory=list)
    """What a function got so late that an earlier try may have notified it: the first such try of each copy."""
    unrecorded: int = 0
    late_records: set[tuple[str, str]] = field(default_factory=set)
    """What was notified, and could not be recorded when it came back from the queue: each by its group, and by what
    names the message or the flush."""
    overtaken: set[tuple[str, str]] = field(default_factory=set)
    """Of these, those whose group the table let somebody lease meanwhile."""
    doubtful: set[str] = field(default_factory=set)
    """The groups of these, until a flush notifies: the lease has their late record refused."""
    overtaking: int = 0
    """The flushes that notified such a group: once more, however much of it was to be recorded."""
    leased: set[tuple[str, str]] = field(default_factory=set)
    """Leases (group, owner) that the table gave."""
    leases_kept: set[tuple[str, str]] = field(default_factory=set)
    """Of these, those that were given back unsent, and that the table did not take: the next owner takes each for one
    that vanished."""
    joined: set[tuple[str, int, str]] = field(default_factory=set)
    """Events of a topic that failed once their alert was in a group: its flush may notify it before they are tried
    again."""
    again_without_table: int = 0
    """Messages that such an event sent when it was tried again, and no table said that a flush had."""
    half_joined: int = 0
    """Alerts that were notified at once since the table failed as they were left to a digest, which may have them."""
    counts: Counter[str] = field(default_factory=Counter)
    _came: set[tuple[str, int, str]] = field(default_factory=set)
    _due: list[tuple[datetime, int, Event | Callable[[], None]]] = field(default_factory=list)
    _numbers: itertools.count[int] = field(default_factory=itertools.count)
    _running: list[Invocation] = field(default_factory=list)
    _deaths: itertools.count[int] = field(default_factory=itertools.count)
    _turn: Counter[str] = field(default_factory=Counter)

    def at(self, when: datetime, what: Event | Callable[[], None]) -> None:
        """Lets something happen at a time."""
        heapq.heappush(self._due, (when, next(self._numbers), what))

    def after(self, seconds: float, what: Event | Callable[[], None]) -> None:
        """Lets something happen later."""
        self.at(self.clock.now() + timedelta(seconds=seconds), what)

    def redrive(self) -> None:
        """Sends back what became a dead letter, as its alarm asks people to."""
        dead, self.dead = self.dead, []
        self.sent_back += dead
        for event in dead:
            self.after(0, replace(event, tries=0))

    def run(self, until: datetime) -> None:
        """Does what is due up to then, in order."""
        while self._due and self._due[0][0] <= until:
            at, _, what = heapq.heappop(self._due)
            self.clock.move_to(at)
            self._do(what)
        self.clock.move_to(until)

    def publish(self, event: Mapping[str, Any]) -> None:
        """Delivers a message of a topic to every function."""
        for function in self.handlers:
            delay = self.weather.rng.uniform(1, 90) if self.weather.strikes(self.weather.sns_delayed) else 0.0
            published = Event(function=function, kind="topic", payload=event, since=self.clock.now())
            self.after(delay, published)
            if self.weather.strikes(self.weather.sns_doubled):
                self.after(delay + self.weather.rng.uniform(0, 40), replace(published, copy=1))

    def step(self, request: Callable[[], Any], verdict: str) -> Any:
        """Does one request of the running invocation, or kills it before or after."""
        running = self._running[-1] if self._running else None
        verdict = running.verdict(verdict) if running else verdict
        if running and (verdict == "before" or self.clock.now() >= running.ends):
            self.crashes += 1
            raise Killed
        answer = request()
        if running and verdict == "after":
            self.crashes += 1
            raise Killed
        return answer

    def note(self, what: Literal["sent", "table_failed", "queue_failed"]) -> None:
        """Keeps what the running invocation met."""
        if self._running:
            running = self._running[-1]
            if what == "sent":
                running.sent += 1
                self.overtaking += running.flushes in self.doubtful
                self.doubtful.discard(running.flushes)
                self.again_without_table += running.table_failed and running.joins in self.joined
            else:
                setattr(running, what, True)

    def overtake(self, gid: str) -> None:
        """Keeps which group the running invocation now flushes, and whether something of it is to be recorded still."""
        if not self._running:
            return
        running = self._running[-1]
        running.flushes = gid
        if late := {one for one in self.late_records if one[0] == gid} - self.overtaken - running.brings:
            self.overtaken |= late
            self.doubtful.add(gid)

    def put_back(self, message: Mapping[str, Any]) -> None:
        """Keeps what the running invocation leaves in its queue to be recorded."""
        if self._running:
            self._running[-1].put_back |= _to_record([message])

    @property
    def waiting(self) -> bool:
        """Whether anything is on its way to a function, save ticks."""
        return any(isinstance(what, Event) and what.kind != "tick" for _, _, what in self._due)

    @property
    def without_table(self) -> bool:
        """Whether the table has failed the running invocation."""
        return bool(self._running) and self._running[-1].table_failed

    def meet(self) -> None:
        """Runs what is due for the running function now, inside its invocation."""
        if len(self._running) != 1:
            return
        function, soon = self._running[0].function, self.clock.now() + timedelta(seconds=2)
        for place, (at, _, what) in enumerate(self._due):
            if isinstance(what, Event) and what.function == function and what.kind != "tick" and at <= soon:
                del self._due[place]
                heapq.heapify(self._due)
                self._do(what)
                return

    def _do(self, what: Event | Callable[[], None]) -> None:
        if not isinstance(what, Event):
            what()
            return
        self._note_late(what)
        failed = self._invoke(what)
        self.counts[what.kind, "failed" if failed else "done"] += 1  # type: ignore[index] # two words name a count
        if not failed:
            return
        again = replace(what, tries=what.tries + 1)
        if what.kind == "topic" and what.tries < len(LAMBDA_RETRIES):
            self.after(LAMBDA_RETRIES[what.tries], again)
        elif what.kind == "queue" and again.tries < MAX_RECEIVES:
            self.after(VISIBILITY, again)
        else:
            self.dead.append(again)

    def _note_late(self, event: Event) -> None:
        if event.kind != "topic" or self.clock.now() - event.since < REDELIVERED:
            return
        if (came := (event.function, event.copy, json.dumps(event.payload))) not in self._came:
            self._came.add(came)
            self.late.append((event, self.clock.now()))

    def _invoke(self, event: Event) -> bool:
        """Whether it failed."""
        turn = self._turn[event.function]
        self._turn[event.function] += 1
        containers = self.handlers[event.function]
        running = Invocation(event.function, self.clock.now() + TIMEOUT, Budget(self.clock))
        if self.weather.strikes(self.weather.kill_in_turn):
            running.dies_at = next(self._deaths) % STEPS
        if event.kind == "queue":
            running.brings = _to_record(event.payload["Records"])
        if event.kind == "topic":
            running.joins = (event.function, event.copy, json.dumps(event.payload))
        self._running.append(running)
        failed = True
        try:
            payload = json.loads(json.dumps(event.payload))
            with running.budget.limited(secret_at_hand=True):
                answer = containers[turn % len(containers)](payload, Context(self.clock, running.ends))
            failed = bool(answer and answer.get("batchItemFailures"))
            return failed
        except (Killed, RecordsFailed):
            return True
        finally:
            self._running.pop()
            # Lambda runs others meanwhile: one after the other, a minute's tick would come a quarter of an hour late.
            self.clock._now -= running.throttled
            if running.table_failed and running.queue_failed:
                self.unrecorded += running.sent
            if failed and running.joins and running.joined:
                self.joined.add(running.joins)
            if event.kind == "queue":
                self.late_records -= running.brings
                self.late_records |= running.brings if failed else running.brings & running.put_back


def _to_record(records: Iterable[Mapping[str, Any]]) -> set[tuple[str, str]]:
    """Returns what messages of a function's queue bring to be recorded; one that makes no sense brings nothing."""
    found = set[tuple[str, str]]()
    for record in records:
        with contextlib.suppress(ValueError, KeyError, TypeError, AttributeError):
            body = json.loads(record["body"])
            found |= {(gid, body["envelope"]["message_id"]) for gid in body.get("told", ())}
            found |= {(body["gid"], body["owner"])} if body["do"] == "record" else set()
    return found


@dataclass(frozen=True)
class Table:
    """A store whose requests fail, are slow, lose their answer, meet another invocation, or kill the process."""

    inner: Any
    cloud: Cloud

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method, cloud = getattr(self.inner, name), self.cloud

        def call(*args: Any, **kwargs: Any) -> Any:
            weather = cloud.weather
            if weather.strikes(weather.race):
                cloud.meet()
            if weather.table_seconds:
                cloud.clock.sleep(weather.table_seconds)
            verdict = "fails" if self._throttled() else weather.table()
            unsent = {(args[0], kwargs["owner"])} if name == "release" and kwargs.get("unsent_due") else set()
            if verdict == "fails":
                cloud.leases_kept |= unsent & cloud.leased
                cloud.note("table_failed")
                raise StoreFailure(f"DynamoDB {name}: ThrottlingException")
            answer = cloud.step(lambda: method(*args, **kwargs), verdict)
            cloud.leases_kept -= unsent
            if name == "put_member" and cloud._running:
                cloud._running[-1].joined = True
            if name == "lease" and answer:
                self._note_lease(args[0], kwargs["owner"], lost=verdict == "fails-after")
                cloud.overtake(args[0])
                cloud.leased.add((args[0], kwargs["owner"]))
            if verdict == "fails-after":
                cloud.note("table_failed")
                raise StoreFailure(f"DynamoDB {name}: ReadTimeoutError")
            return answer

        return call

    def _throttled(self) -> bool:
        """Waits a throttle out as alertrelay/aws/state/table.py does, within what an invocation waits for the table in
        all; True where it lasts longer."""
        weather, clock, began = self.cloud.weather, self.cloud.clock, self.cloud.clock.now()
        budget = self.cloud._running[-1].budget if self.cloud._running else Budget(clock)
        while budget.for_table and weather.strikes(weather.table_throttles):
            if (clock.now() - began).total_seconds() >= THROTTLED_FOR:
                return True
            pause = weather.rng.uniform(0.05, 1.0)
            with budget.waiting():
                clock.sleep(pause)
            if self.cloud._running:
                self.cloud._running[-1].throttled += timedelta(seconds=pause)
        return not budget.for_table

    def _note_lease(self, gid: str, owner: str, *, lost: bool) -> None:
        if lost:
            self.cloud.leases_lost.add((gid, owner))
        elif self.inner.header(gid).progress.tries == 1:
            self.cloud.leases_lost.discard((gid, owner))


@dataclass(frozen=True)
class Queue:
    """A function's own queue, as ports.Timers. Only a flush is ever lost: all else stands in no other place."""

    function: str
    cloud: Cloud
    expired: list[Mapping[str, Any]] = field(default_factory=list)
    horizon: float = 120.0

    def send(self, body: Mapping[str, Any], *, delay_seconds: float) -> None:
        """See ports.Timers."""
        cloud, weather = self.cloud, self.cloud.weather
        if not 0 <= delay_seconds <= SQS_MOST:
            raise ValueError(f"expected a delay of 0 to 900 s, got {delay_seconds}")
        verdict = weather.queue()
        if verdict == "fails":
            cloud.note("queue_failed")
            raise TimersFailure("SQS SendMessage: ServiceUnavailable")
        cloud.step(lambda: self._accept(body, delay_seconds), verdict)

    def send_all(self, bodies: Sequence[tuple[Mapping[str, Any], float]]) -> None:
        """See ports.Timers."""
        for body, delay in bodies:
            self.send(body, delay_seconds=delay)

    def dead_letter(self, body: Mapping[str, Any]) -> None:
        """See ports.Timers."""
        if self.cloud.weather.queue() == "fails":
            self.cloud.note("queue_failed")
            raise TimersFailure("SQS SendMessage: ServiceUnavailable")
        self.expired.append(body)

    def _accept(self, body: Mapping[str, Any], delay: float) -> None:
        weather = self.cloud.weather
        if body["do"] == "flush" and weather.strikes(weather.timers_lost):
            return
        if weather.strikes(weather.timers_delayed):
            delay += weather.rng.uniform(5, 240)
        message = {"messageId": f"m{next(self.cloud._numbers)}", "eventSource": "aws:sqs", "body": json.dumps(body)}
        self.cloud.put_back(message)
        event = Event(function=self.function, kind="queue", payload={"Records": [message]})
        self.cloud.after(delay, event)
        if weather.strikes(weather.timers_doubled):
            self.cloud.after(delay + weather.rng.uniform(0, 60), event)
