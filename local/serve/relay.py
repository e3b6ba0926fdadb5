"""The whole relay in one process: every channel's pipeline over the SQLite store, with its topics, timers and tick."""

from __future__ import annotations

import json
import threading
import uuid
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from alertrelay.channels import KINDS, renderer
from alertrelay.channels.sns import last_resort
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.config.durations import FORWARDER_TIMEOUT
from alertrelay.config.model import Config
from alertrelay.dispatch.assembly import Pipeline, assemble
from alertrelay.intake.ports import DayFigures
from alertrelay.memory.intake import MemoryPostedAlerts
from alertrelay.memory.ports import MemorySecrets
from alertrelay.memory.scorer import MemoryNotebook
from alertrelay.notification import Outcome
from alertrelay.notify.compose import Site
from alertrelay.notify.limits import LIMITS
from alertrelay.policy.timing import minute_of
from alertrelay.ports import Clock, SelfAlert, Telemetry
from alertrelay.runtime.console import ConsoleWorld
from alertrelay.runtime.intake_handler import IntakeState, IntakeWorld, handler_of
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.slack import slack_world
from alertrelay.sources import Envelope

from local.serve.database import DataFile, QueuedMessage, Rows
from local.serve.lab import Lab, severity_of
from local.serve.queues import (
    ACCOUNT,
    DEAD,
    LATER,
    REGION,
    TIMERS,
    TOPIC,
    LoggedLines,
    QueuedDeadLetters,
    QueuedRefusals,
    QueuedTimers,
    QueuedTopics,
)
from local.serve.store import SqliteStore
from local.standins import StandIns

TRIES = 6
"""A message that fails so often goes to the dead letters."""
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the relay reaches: the keys of the channels with the intake's tokens, and the way to the channels."""

    secret: Mapping[str, str] = field(repr=False)
    network: Network
    console: str = ""  # the address of the console's page
    log: Path | None = None  # the file that the relay logs to
    peers: StandIns | None = None  # None where the channels are real


class LocalRelay:
    """`handle` is the intake's handler; `work` does what is due, `run` goes on with it until `stop`. `say` prints what
    the operators of the relay would get by mail."""

    def __init__(
        self,
        config: Config,
        original: str,
        database: DataFile,
        outside: Outside,
        clock: Clock,
        say: Callable[[str], Any],
    ) -> None:
        self._database = database
        self._clock = clock
        self._say = say
        self._woken, self._stopped = threading.Event(), threading.Event()
        self._ticked = clock.now() - MINUTE  # a restart finds at once what fell due meanwhile
        store = SqliteStore(database, clock)
        self._counts = CountedOutcomes()
        self._observer = _observer(config, self._counts.add)
        self.pipeline = self._pipeline(config, store, outside)
        topics = QueuedTopics(database, clock, self._woken.set)
        lab = Lab(
            peers=outside.peers,
            channels=config.kinds(),
            take=lambda envelope: topics.hand_over(envelope, severity_of(envelope, clock)),
            clock=clock,
        )
        self._intake = handler_of(
            config,
            original,
            _state(database, store),
            self._world(store, outside, topics),
            ConsoleWorld(
                letters=QueuedDeadLetters(database, clock),
                log=LoggedLines(outside.log),
                home={"account_id": ACCOUNT, "region": REGION},
                local=True,
            ),
            _observer(config),
            lab.routes(),
        )
        self._one_request = threading.Lock()

    def handle(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        """Answers a request; one at a time, as a container does. What it writes is durable when it returns."""
        with self._one_request:
            answer: Mapping[str, Any] = self._intake(event, None)
            return answer

    def run(self) -> None:
        """Works until `stop`."""
        while not self._stopped.is_set():
            self._woken.clear()
            self.work()
            self._woken.wait(self._seconds_to_wait())

    def stop(self) -> None:
        """Ends `run` after what it does now."""
        self._stopped.set()
        self._woken.set()

    def work(self) -> None:
        """Does everything that is due, messages of topics first."""
        if self._clock.now() >= self._next_tick():
            self._tick()
        while not self._stopped.is_set():
            now = self._clock.now()
            found = ((queue, self._database.take(queue, now=now)) for queue in (TOPIC, TIMERS, LATER))
            queue, message = next(((queue, one) for queue, one in found if one), ("", None))
            if message is None:
                return
            self._take(queue, message)

    def _take(self, queue: str, message: QueuedMessage) -> None:
        deadline = self._clock.now() + FORWARDER_TIMEOUT
        body = json.loads(message.body)
        try:
            if queue == TOPIC:
                self.pipeline.take(Envelope.from_json(body), deadline=deadline)
            elif queue == LATER:
                self.handle(body)
            else:
                self.pipeline.on_timer(body, deadline=deadline)
        except Exception as error:  # noqa: BLE001 - as SQS: it comes again
            self._observer.failed("message_failed", error)
            self._put_back(message, error)
        else:
            self._database.done(message)

    def _put_back(self, message: QueuedMessage, error: Exception) -> None:
        now = self._clock.now()
        if message.tries + 1 < TRIES:
            self._database.again(message, due=now + timedelta(seconds=2**message.tries))
            return
        self._database.again(message, due=now, queue=DEAD)
        self._say(f"a message was dead-lettered after {TRIES} tries: {type(error).__name__}")

    def _tick(self) -> None:
        self._ticked = self._clock.now()
        try:
            self.handle({"detail-type": "Scheduled Event"})
            self.pipeline.on_tick(deadline=self._ticked + FORWARDER_TIMEOUT)
        except Exception as error:  # noqa: BLE001 - the next minute has its own
            self._observer.failed("tick_failed", error)

    def _next_tick(self) -> datetime:
        """One in each minute of the clock: a tick sends the timers of the next one."""
        return minute_of(self._ticked) + MINUTE

    def _seconds_to_wait(self) -> float:
        next_due = self._database.next_due((TOPIC, TIMERS, LATER))
        ticks_at = self._next_tick().timestamp()
        until = min(ticks_at, next_due if next_due is not None else ticks_at)
        return max(0.0, until - self._clock.now().timestamp())

    def _pipeline(self, config: Config, store: SqliteStore, outside: Outside) -> Pipeline:
        return assemble(
            config=config,
            site=Site(environment=config.environment, account=ACCOUNT, region=REGION, console=outside.console),
            channels=frozenset(KINDS),
            accounts_for_unrouted=True,
            notes_sources=True,
            store=store,
            timers=QueuedTimers(self._database, self._clock),
            clock=self._clock,
            secrets=MemorySecrets({name: (value,) for name, value in outside.secret.items()}),
            senders=Senders(outside.network),
            renderer=renderer,
            telemetry=Telemetry(emit=self._observer.emit, log=self._observer.log, alert_ops=self._alert_ops),
            resolved_alarms=lambda _: frozenset(),
            new_id=lambda: uuid.uuid4().hex,
            last_resort=last_resort(f"arn:aws:sns:{REGION}:{ACCOUNT}:alertrelay-last-resort"),
            limits=LIMITS,
        )

    def _world(self, store: SqliteStore, outside: Outside, topics: QueuedTopics) -> IntakeWorld:
        return IntakeWorld(
            topics=topics,
            refused=QueuedRefusals(self._database, self._clock),
            secret=lambda _: outside.secret,
            statistics=self._counts,
            clock=self._clock,
            slack=slack_world(
                outside.network,
                lambda _: outside.secret,
                self._clock,
                later=self._later,
                vote=MemoryNotebook(verdicts=store.verdicts).add_vote,  # nothing scores metrics here
                alerts=store.get_alerts,
                queue=self._soon,
            ),
        )

    def _later(self, event: Mapping[str, Any]) -> None:
        """Has the intake handle an event after what it does now."""
        self._database.send(LATER, json.dumps(event), due=self._clock.now())
        self._woken.set()

    def _soon(self, body: Mapping[str, Any]) -> None:
        """Takes a message of a group that is due now."""
        QueuedTimers(self._database, self._clock).send(body, delay_seconds=0)
        self._woken.set()

    def _alert_ops(self, alert: SelfAlert) -> None:
        self._say(f"ops: {alert.name}: {alert.text}")


class CountedOutcomes:
    """intake.ports.Statistics: what became of updates since this process began, a day at most."""

    def __init__(self) -> None:
        self._kept: deque[tuple[datetime, Outcome]] = deque(maxlen=100_000)

    def add(self, outcome: Outcome) -> None:
        """Notes an outcome, at the time of this machine."""
        self._kept.append((datetime.now(UTC), outcome))

    def last_day(self, now: datetime) -> DayFigures:
        """See intake.ports.Statistics."""
        found = [outcome for at, outcome in self._kept if at > now - timedelta(days=1)]
        sent = [one for one in found if one.outcome not in ("suppressed", "merged")]
        took = sorted(one.latency_seconds for one in sent if one.latency_seconds is not None)
        return DayFigures(
            deliveries=dict(Counter(one.outcome for one in sent)),
            suppressed=dict(Counter(str(one.reason or one.outcome) for one in found if one not in sent)),
            latency={f"p{part}": took[(len(took) - 1) * part // 100] for part in (50, 99)} if took else {},
        )


def _state(database: DataFile, store: SqliteStore) -> IntakeState:
    return IntakeState(
        posted=MemoryPostedAlerts(Rows(database, "posted")),
        alerts=store,
        silences=store,
        groups=store,
        rates=store,
        lookup=store,
        acknowledgements=store,
    )


def _observer(config: Config, also: Callable[[Outcome], None] | None = None) -> Observer:
    return Observer(
        service="alertrelay", level="INFO", namespace="alertrelay", also=also, environment=config.environment
    )
