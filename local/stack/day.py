"""A run from the first file to the last thing that is due: the stack is deployed, lives through it, and is removed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType

from alertrelay.config.watch import AnomalyConfig
from alertrelay.notification import Outcome
from alertrelay.sources import Envelope, parse, unwrap
from botocore.exceptions import BotoCoreError, ClientError

from local.account import Account, PublishedEvent
from local.stack.companion import Annotated
from local.stack.day_input import (
    START,
    check_flags,
    checked_down,
    checked_template,
    in_order,
    own_time,
    region_of,
    series_named,
    template_of,
    topic_for,
    topic_named,
    watched_by,
)
from local.stack.deployed import Deployed, deploy
from local.stack.emulator import Emulator
from local.stack.history import BudgetShown, Day, Happened, Played, TimedOutcome
from local.stack.invocation import Failure
from local.stack.progress import ProgressLine
from local.stack.running import RunningStack, texts
from local.stack.scorer import ScorerHere, ScorerLogEvent, Series
from local.stack.shipped import config_of
from local.stack.snapshot import deployed_once
from local.standins import Fault

SHOWN = ("anomaly_opened", "anomaly_worse", "anomaly_ended", "anomaly_silent", "learned_anew", "metric_refused")
"""Events of the scorer's log that a person wants to see."""


def live(
    files: Sequence[tuple[str, bytes]],
    *,
    environment: str,
    down: Sequence[str],
    topic: str | None,
    config: Path | None = None,
    modes: Sequence[str] = (),
    engine: type[RunningStack] = RunningStack,
    arch: str | None = None,
    template: Path | None = None,
    keep: Callable[[DayRun, Day], None] | None = None,
) -> Day:
    """Synthesises, deploys, publishes each file at its time, and lets time run on. Raises UsageError.

    A file NAME.csv is a metric, watched by the entry NAME of config/anomaly.yml; `modes` (ENTRY=MODE) stand in place of
    what that file says. `engine` runs the functions, with the layer built for `arch`. `template` is of an app of one's
    own, in place of this one's. `keep` is called at the end, while the stack still stands.
    """
    if template is None and (down or modes):
        check_flags(environment, config=config, down=down, modes=modes)
    template = checked_template(template) if template else template_of(environment, config=config, arch=arch)
    faults = checked_down(down, config_of(template))
    watched = watched_by(template, modes)
    read = in_order([(name, series_named(name, watched) if name.endswith(".csv") else unwrap(c)) for name, c in files])
    progress = ProgressLine()
    first = read[0][1]
    start = first.begins if isinstance(first, Series) else own_time(first, START)
    with DayRun(
        template, environment, start=start, down=faults, engine=engine, watched=watched, deployment=deployed_once
    ) as run:
        chosen = topic_named(topic, run.stack.deployed.topics) if topic else None
        for number, (name, what) in enumerate(read, start=1):
            progress.say(f"file {number} of {len(read)}, {run.stack.clock.now():%H:%M:%S} by its clock")
            if isinstance(what, Series):
                run.play(what, progress)
            else:
                run.publish(name, what, topic=chosen)
        progress.say("what is due after the last file")
        day = run.finish()
        if keep:
            keep(run, day)
        return day


def _refusal(error: ClientError | BotoCoreError) -> str:
    """Returns what AWS says, without botocore's frames around it, and the mend where it is known."""
    text = str(error).rpartition(" operation: ")[2] or str(error)
    return f"{text}: shorten it to 256 KB" if "too long" in text else text


class DayRun:
    """A day in the making: a context manager in which the stack runs."""

    def __init__(
        self,
        template: Path,
        environment: str,
        *,
        start: datetime,
        down: Mapping[str, Fault],
        engine: type[RunningStack] = RunningStack,
        watched: AnomalyConfig | None = None,
        deployment: Callable[[Emulator, Path], Deployed] = deploy,
    ) -> None:
        self.environment = environment
        self._watched = watched
        self.stack = engine(
            template,
            region=region_of(template),
            start=start,
            down=down,
            observe=self._observe,
            deployment=deployment,
        )
        self.account = Account(config_of(template))
        self._began = self.stack.clock.now()
        self._history: list[Happened] = []
        self._unpublished: list[str] = []
        self._publishing: PublishedEvent | None = None

    def __enter__(self) -> DayRun:
        self.stack.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.__exit__(kind, error, trace)

    def _observe(self, at: datetime, function: str, what: Outcome | Failure | Annotated) -> None:
        if isinstance(what, Failure | Annotated):
            self._history.append(what)
            return
        self._history.append(TimedOutcome(at=at, outcome=what, by=self._publishing))
        self.account.observe(at, function, what)

    def play(self, series: Series, progress: ProgressLine) -> None:
        """Moves the clock to the last part of a metric and lives through it: the scorer runs as each point comes."""
        stack = self.stack
        stack.run_until(series.begins)
        self._history.append(Played(at=stack.clock.now(), series=series))
        scorer = self._scorer()
        try:
            scorer.put(series.watch, series.past)
            for at, point in series.lived():
                scorer.put(series.watch, [point])
                stack.run_until(at)
                progress.say(f"{series.watch.name}, {at:%H:%M} by its clock")
                scorer.run()
                stack.work()
                self._publishing = None
        finally:
            scorer.close()

    def show(self, budget: BudgetShown) -> None:
        """Adds to the history what a message said of a budget."""
        self._history.append(budget)

    def _scorer(self) -> ScorerHere:
        stack = self.stack
        assert stack.deployed.scorer is not None  # or there were no entry for the file
        assert self._watched is not None
        return ScorerHere(
            stack.deployed.scorer,
            stack.emulator,
            stack.clock,
            stack.logs,
            config=self._watched,
            observe=self._found,
            published=self._published,
        )

    def _found(self, found: ScorerLogEvent) -> None:
        if found.event in SHOWN:
            self._history.append(found)

    def _published(self, severity: str, message: str) -> None:
        """What the scorer published is an event like any other: its alerts have to be accounted for."""
        now = self.stack.clock.now()
        arn = topic_named(severity, self.stack.deployed.topics)
        envelope = Envelope(text=message, topic_arn=arn, sent_at=now)
        event = PublishedEvent(file="the anomaly-scorer", at=now, topic="")
        event.add(envelope, parse(envelope, received_at=now))
        self.account.events.append(event)
        self._history.append(event)
        self._publishing = event

    def publish(self, name: str, envelopes: Sequence[Envelope], *, topic: str | None = None) -> PublishedEvent:
        """Moves the clock to the file's own time, publishes its messages, and lets the functions work on them."""
        stack = self.stack
        stack.run_until(own_time(envelopes, stack.clock.now()))
        now = stack.clock.now()
        event = PublishedEvent(file=name, at=now, topic="")
        self.account.events.append(event)
        self._history.append(event)
        for envelope in envelopes:
            arn = topic or topic_for(envelope, stack.deployed.topics, at=now)
            try:
                sent = stack.publish(arn, envelope)
            except (ClientError, BotoCoreError) as error:
                self._unpublished.append(f"{name}: SNS does not take this message: {_refusal(error)}")
                continue
            event.add(sent, parse(sent, received_at=now))
            self._publishing = event
            stack.work()
            self._publishing = None
        return event

    def finish(self) -> Day:
        """Goes on until nothing is due; then what is known."""
        stack = self.stack
        stack.run_on()
        waiting = stack.waiting()
        for event in self.account.events:
            self._give_up(event, waiting)
            for delivery in event.deliveries:
                if delivery.outcome.outcome == "pending":
                    gids = self.account.groups_of(delivery.outcome)
                    delivery.next_try = min((t for g in gids if (t := stack.next_try(g))), default=None)
        return Day(
            environment=self.environment,
            down=stack.faults.down,
            began=self._began,
            ended=stack.clock.now(),
            events=tuple(self.account.events),
            history=tuple(self._history),
            received=stack.received,
            waiting=waiting,
            lost=tuple(self.account.lost("\n".join([texts(waiting), *stack.held()]))),
            unpublished=tuple(self._unpublished),
            secrets=stack.deployed.secrets,
            logs=stack.logs.getvalue(),
        )

    def _give_up(self, event: PublishedEvent, waiting: Mapping[str, Sequence[str]]) -> None:
        for function in self.stack.functions:
            queue = function.function.failed_url.rpartition("/")[2]
            for body in waiting.get(queue, ()):
                if any(e.message_id and e.message_id in body for e in event.envelopes):
                    answer = json.loads(body).get("responsePayload", {})
                    why = f"the function raised {answer.get('errorType')}; the event lies in {queue}"
                    at = self.stack.clock.now()
                    self.account.give_up(event, function.function.name, function.handles, at=at, why=why)
