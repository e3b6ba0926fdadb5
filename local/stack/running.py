"""The stack, running on this machine: one clock, the emulated AWS, the stand-ins, and what brings them together.

What runs side by side in AWS runs one after the other here, on a clock that only this room moves.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from alertrelay.memory.ports import ManualClock
from alertrelay.nflog.group_state import GroupHeader
from alertrelay.notification import Outcome
from alertrelay.sources import Envelope

from local.stack.asynchronous import AsyncInvocations
from local.stack.companion import Annotated, CompanionHere
from local.stack.deployed import Deployed, deploy
from local.stack.emulator import Emulator
from local.stack.faults import Faults, FaultySender
from local.stack.functions import DeployedFunction
from local.stack.invocation import Failure, HandlerFailed, Invocable, from_sqs, load
from local.stack.ticks import MINUTE, Idle, armed, inputs, minute_of, next_tick
from local.stack.vain import VainFlushes
from local.standins import Fault, RecordedRequest, StandIns

REPEATS_SHOWN = timedelta(days=1)
INSTANT = 0.001
"""Seconds: no two messages reach a topic at the same time, however long the clock would stand still."""


class RunningStack:
    """A context manager. `observe` gets every outcome, every invocation that raised, and every annotation, with the
    time and the function's name."""

    LONGEST = timedelta(days=5)
    """After the last file, what is due later than this is not looked at."""
    RETRIES = 4
    """A delivery that nobody takes is retried for four days; 1, 2, 5 and 15 minutes are shown, then the run ends."""

    def __init__(
        self,
        template: Path,
        *,
        region: str,
        start: datetime,
        down: Mapping[str, Fault] | None = None,
        observe: Callable[[datetime, str, Outcome | Failure | Annotated], None],
        deployment: Callable[[Emulator, Path], Deployed] = deploy,
    ) -> None:
        self.clock = self.make_clock(start)
        self.logs = io.StringIO()
        self.faults = Faults(dict(down or {}))
        self.standins = StandIns(now=self.clock.now)
        self.emulator = Emulator(region=region, now=self.clock.now)
        self.functions: tuple[Invocable, ...] = ()
        self._companion: CompanionHere | None = None
        self.template = template
        self._observe = observe
        self._deploy = deployment
        self._entered = self._entering = ExitStack()
        self._vain = VainFlushes(retries=self.RETRIES)
        self._armed_groups: dict[str, GroupHeader] = {}
        self._armed_at = -1
        self._ticked = minute_of(self.clock.now())
        self._worked = self.clock.now()

    def __enter__(self) -> RunningStack:
        with ExitStack() as entering:
            self._entering = entering
            entering.enter_context(self.standins)
            entering.enter_context(self.emulator)
            self.deployed: Deployed = self._deploy(self.emulator, self.template)
            self._sqs, self._sns = self.emulator.client("sqs"), self.emulator.client("sns")
            self._async = AsyncInvocations(self.emulator, self.clock, self._observe)
            self._ticks = inputs(self.emulator)
            self._idle = Idle(config=self.deployed.config, repeats_until=self.clock.now())
            self.functions = tuple(self._bound(function) for function in self.deployed.functions)
            self._companion = self._accompanied(entering)
            self._entered = entering.pop_all()
        self._tick_first()
        return self

    def _accompanied(self, entering: ExitStack) -> CompanionHere | None:
        """The companion, beside a Grafana; None where the stack has none."""
        own = self.deployed.companion
        if own is None:
            return None
        here = CompanionHere(
            own, self.emulator, self.clock, self.logs, self.faults, lambda one: self._observe(one.at, own.name, one)
        )
        return entering.enter_context(here)

    def _tick_first(self) -> None:
        """The first minute of a deployment, before anything arrives: CloudWatch is asked which alarms fire."""
        for function in self.functions:
            if function.function.name in self._ticks:
                self._took(function, self._ticks[function.function.name])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._entered.close()

    def make_clock(self, start: datetime) -> ManualClock:
        """The clock of everything here."""
        return ManualClock(start)

    @property
    def received(self) -> tuple[RecordedRequest, ...]:
        """Returns what the stand-ins, SNS and SES received."""
        return (*self.standins.requests, *self.emulator.published)

    def _bound(self, function: DeployedFunction) -> Invocable:
        environ = {
            **function.environment,
            "AWS_ENDPOINT_URL": self.emulator.url,
            "AWS_REGION": self.emulator.region,
            "LAMBDA_TASK_ROOT": str(function.code),
        }
        forwarder = load(function.handler)

        handler = forwarder.bound(
            environ,
            clock=self.clock,
            endpoints=self.standins.endpoints,
            haste=self.faults.haste,
            observe=lambda outcome: self.note_outcome(function, outcome),
            around=lambda sender: FaultySender(sender, self.faults, self.standins, self.emulator, self.clock),
        )
        return Invocable(
            function=function, handler=handler, handles=forwarder.channels, clock=self.clock, logs=self.logs
        )

    def note_outcome(self, function: DeployedFunction, outcome: Outcome) -> None:
        """Passes on a function's outcome of one update."""
        self._vain.note(outcome)
        self._observe(self.clock.now(), function.name, outcome)

    def publish(self, topic_arn: str, envelope: Envelope) -> Envelope:
        """Publishes to a topic of the template, now; `work` brings it to the functions. Returns it as they get it: an
        envelope that has a message id keeps it, so that the same file twice is one event delivered twice.

        Raises what SNS raises where it does not take the message.
        """
        extra: dict[str, Any] = {"Subject": envelope.subject} if envelope.subject else {}
        attributes = {k: {"DataType": "String", "StringValue": v} for k, v in envelope.attributes.items() if k and v}
        answer = self._sns.publish(TopicArn=topic_arn, Message=envelope.text, MessageAttributes=attributes, **extra)
        message_id = envelope.message_id or answer["MessageId"]
        self.clock.sleep(INSTANT)
        sent_at = self.clock.now()
        self._async.published(answer["MessageId"], message_id, sent_at)
        self._vain.arrived()
        return replace(envelope, message_id=message_id, topic_arn=topic_arn, sent_at=sent_at)

    def invoke(self, name: str, event: Mapping[str, Any]) -> None:
        """Hands an event to a function as SNS would, and lets everything that is due happen."""
        function = next(f for f in self.functions if f.function.name.endswith(name))
        self._async.invoke(function, event)
        self.work()

    def run_until(self, at: datetime) -> None:
        """Lets everything happen that is due until then, and moves the clock there. Repeats are shown for a day."""
        self._idle = Idle(config=self.deployed.config, until=at, repeats_until=self.clock.now() + REPEATS_SHOWN)
        while (due := self._next_due()) is not None and due <= at:
            self.clock.move_to(due)
            self.work()
        self.clock.move_to(at)

    def run_on(self) -> None:
        """Goes on until nothing is due but repeats, and retries that have failed often enough to be shown."""
        end = self.clock.now() + self.LONGEST
        self._idle = Idle(config=self.deployed.config, repeats_until=end)
        while (due := self._next_due()) is not None and due <= end and not self._nothing_new():
            self.clock.move_to(due)
            self.work()

    def waiting(self) -> dict[str, list[str]]:
        """The bodies of the messages in each queue of the template, and of events that Lambda tries again. The
        companion's are left out: no alert waits there, only its annotation."""
        beside = self.deployed.companion.name if self.deployed.companion else None
        found = {
            name: [message.body for message in self.emulator.queued(url)]
            for name, url in self.deployed.queues.items()
            if beside is None or not name.startswith(beside)
        }
        for attempt in self._async.waiting:
            found.setdefault(f"{attempt.function.function.name} (retry)", []).append(json.dumps(attempt.event))
        return {name: bodies for name, bodies in found.items() if bodies}

    def held(self) -> list[str]:
        """The groups that the table holds until they are due, by id."""
        return list(self._armed())

    def next_try(self, gid: str) -> datetime | None:
        """Returns the time of a group's next flush, by the first message that names it, or by a tick."""
        dues = [_due(m) for f in self.functions for m in self._timers(f) if gid in m.body]
        header = self._armed().get(gid)
        return min([*dues, *([header.schedule.next_due] if header and header.schedule.next_due else [])], default=None)

    def work(self) -> None:
        """Everything that is due now, until nothing is."""
        while (
            sum(map(self._async.take_inbox, self.functions))
            or self._async.take_retry()
            or self._take_tick()
            or self._take_timers()
            or (self._companion and self._companion.work())
        ):
            continue
        self._worked = self.clock.now()

    def _take_tick(self) -> bool:
        """The rule of each function that has a group to find. One that fails is not tried again: the next is soon."""
        due = self._next_tick()
        if due is None or due > self.clock.now():
            return False
        self._ticked = minute_of(self.clock.now())
        groups = self._armed()
        for function in self.functions:
            own = [gid for gid, header in groups.items() if header.identity.integration.channel in function.handles]
            if own and not self._took(function, self._ticks[function.function.name]):
                self._vain.tick_failed(own)
        return True

    def _take_timers(self) -> bool:
        """One message of each function's queue that is due; a batch is one message."""
        return sum(map(self._take_timer, self.functions)) > 0

    def _take_timer(self, function: Invocable) -> bool:
        now = self.clock.now()
        if not any(_due(message) <= now for message in self._timers(function)):
            return False
        url = function.function.timers_url
        found = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=1, WaitTimeSeconds=0, AttributeNames=["All"]
        ).get("Messages", [])
        for message in found:
            event = from_sqs(message, queue=url.rpartition("/")[2], region=self.emulator.region)
            self._vain.begin()
            subject = _subject(message["Body"])
            before = self._armed().get(subject)
            if self._took(function, event):
                self._sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            after = self._armed().get(subject)
            if before and after and before.progress.recorded_at == after.progress.recorded_at:
                continue  # nobody looked: it came early, or twice
            self._vain.end(subject)
        return True  # a message that came too often was moved to the dead-letter queue: look again

    def _took(self, function: Invocable, event: Mapping[str, Any]) -> bool:
        try:
            answer = function(event)
        except HandlerFailed as failed:
            self._observe(failed.failure.at, function.function.name, failed.failure)
            return False
        return not (answer or {}).get("batchItemFailures")

    def _timers(self, function: Invocable) -> list[Any]:
        return self.emulator.queued(function.function.timers_url)

    def _armed(self) -> dict[str, GroupHeader]:
        """The groups that the table holds until they are due, read anew where it may have changed."""
        if self._armed_at != self.emulator.writes:
            self._armed_groups, self._armed_at = armed(self.emulator, self.deployed.table), self.emulator.writes
        return self._armed_groups

    def _messages(self) -> list[Any]:
        return [message for function in self.functions for message in self._timers(function)]

    def _next_due(self) -> datetime | None:
        dues = [attempt.due for attempt in self._async.waiting]
        dues += [_due(message) for message in self._messages()]
        dues += [due for due in (self._next_tick(), self._companion and self._companion.next_due()) if due]
        return min(dues, default=None)

    def _next_tick(self) -> datetime | None:
        """For the groups that no message of the queue is about."""
        messages = {_subject(message.body) for message in self._messages()}
        dues = [
            self._idle.next_look(header) if self._vain.is_quiet(gid) else header.schedule.next_due
            for gid, header in self._armed().items()
            if gid not in messages and header.schedule.next_due
        ]
        return next_tick(dues, after=max(self._ticked + MINUTE, self._worked))

    def _nothing_new(self) -> bool:
        """Returns whether no event and no annotation is tried again, and every flush to come would bring nothing."""
        groups = self._armed()
        events = {_subject(message.body) for message in self._messages()} - set(groups)
        annotated = self._companion is None or self._companion.next_due() is None
        return annotated and not self._async.waiting and self._vain.nothing_new(groups, events)


def _due(message: Any) -> datetime:
    """moto wants the clock to be past the instant."""
    millis = max(message.visible_at, message.delayed_until) + 1
    return datetime.fromtimestamp(millis / 1000, UTC)


def _subject(body: str) -> str:
    """What a message of a forwarder's own queue is about: a group, or an event that waits for the table."""
    try:
        value = json.loads(body)
        return str(value.get("gid") or value["envelope"]["message_id"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return body


def texts(waiting: Mapping[str, Iterable[str]]) -> str:
    """All bodies as one text to look in."""
    return "\n".join(body for bodies in waiting.values() for body in bodies)
