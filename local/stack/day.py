"""A run from the first file to the last thing that is due: the stack is deployed, lives through it, and is removed."""

from __future__ import annotations

import difflib
import json
import posixpath
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from alertrelay.alert import Alert
from alertrelay.config.model import Config
from alertrelay.config.watch import AnomalyConfig
from alertrelay.notification import Outcome
from alertrelay.sources import Envelope, parse, unwrap
from botocore.exceptions import BotoCoreError, ClientError

from compiler.config_folder import NoConfigFolder
from infra import synth
from local.account import Account, Lost, PublishedEvent
from local.stack.deployed import Deployed, anomaly_config_of, config_of, deploy
from local.stack.emulator import Emulator
from local.stack.faults import parse_down, places
from local.stack.invocation import Failure
from local.stack.running import RunningStack, texts
from local.stack.scorer import NoSeries, ScorerHere, ScorerLogEvent, Series, series_of, with_modes
from local.stack.snapshot import deployed_once
from local.standins import Fault, RecordedRequest

START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
"""Of a first file that says no time: a Monday morning."""
PROGRESS_SECONDS = 2.0
SHOWN = ("anomaly_opened", "anomaly_worse", "anomaly_ended", "anomaly_silent", "learned_anew", "metric_refused")
"""Events of the scorer's log that a person wants to see."""
SEVERITY_TOPICS = {"critical": "critical", "error": "warning", "warning": "warning", "info": "info"}


T = TypeVar("T", bound="Series | Sequence[Envelope]")


class UsageError(ValueError):
    """A word of the command line that means nothing here; the text says which and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedOutcome:
    """An outcome at its time. `by` is the file whose publishing led to it at once, None where a timer did."""

    at: datetime
    outcome: Outcome
    by: PublishedEvent | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """A series that was lived through, from `at` on. `said` is what it is, in words."""

    at: datetime
    series: Series

    @property
    def said(self) -> str:
        """Words the number of points that are played, the history before them, and the entry."""
        past, lived = len(self.series.past), len(self.series.points) - len(self.series.past)
        return f"{lived} points of {self.series.watch.name} ({self.series.watch.mode}), after {past} that are its past"


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """All that happened. `history` is in order of time; `logs` is what the functions printed."""

    environment: str
    down: Mapping[str, Fault]
    began: datetime
    ended: datetime
    events: tuple[PublishedEvent, ...]
    history: tuple[PublishedEvent | TimedOutcome | Failure | Played | ScorerLogEvent, ...]
    received: tuple[RecordedRequest, ...]
    waiting: Mapping[str, Sequence[str]]
    lost: tuple[Lost, ...]
    unpublished: tuple[str, ...]
    secrets: Mapping[str, str] = field(repr=False)
    logs: str = field(repr=False, default="")


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
) -> Day:
    """Synthesises, deploys, publishes each file at its time, and lets time run on. Raises UsageError.

    A file NAME.csv is a metric, watched by the entry NAME of config/anomaly.yml; `modes` (ENTRY=MODE) stand in place of
    what that file says. `engine` runs the functions, with the layer built for `arch`. `template` is of an app of one's
    own, in place of this one's.
    """
    template = checked_template(template) if template else template_of(environment, config=config, arch=arch)
    faults = checked_down(down, config_of(template))
    watched = _watched(template, modes)
    read = in_order([(name, _series(name, watched) if name.endswith(".csv") else unwrap(c)) for name, c in files])
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
        return run.finish()


def in_order(files: Sequence[tuple[str, T]]) -> list[tuple[str, T]]:
    """Return the files by their own times. One that has none stays behind the file before it, and files of one time in
    the order that they were named in: the clock never runs backwards, so a file played late would be another event."""
    times, last = [], START
    for _, what in files:
        last = what.begins if isinstance(what, Series) else own_time(what, last)
        times.append(last)
    return [file for _, file in sorted(zip(times, files, strict=True), key=lambda pair: pair[0])]


def _watched(template: Path, modes: Sequence[str]) -> AnomalyConfig | None:
    config = anomaly_config_of(template)
    try:
        return with_modes(config, modes) if config else None
    except NoSeries as error:
        raise UsageError(str(error)) from None


def _series(name: str, watched: AnomalyConfig | None) -> Series:
    if watched is None:
        raise UsageError(f"{name}: a metric is watched by config/anomaly.yml, and this environment watches none")
    try:
        return series_of(Path(name), watched)
    except NoSeries as error:
        raise UsageError(str(error)) from None


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
        self._history: list[PublishedEvent | TimedOutcome | Failure | Played | ScorerLogEvent] = []
        self._unpublished: list[str] = []
        self._publishing: PublishedEvent | None = None

    def __enter__(self) -> DayRun:
        self.stack.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.__exit__(kind, error, trace)

    def _observe(self, at: datetime, function: str, what: Outcome | Failure) -> None:
        if isinstance(what, Failure):
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
                self._unpublished.append(f"{name}: SNS does not take this message: {error}")
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


def template_of(environment: str, *, config: Path | None = None, arch: str | None = None) -> Path:
    """Return the environment's template, synthesised anew only when its inputs changed. Raises UsageError.

    `config` is the configuration's folder; None leaves the choice to `infra.synth`.
    """
    try:
        config = synth.config_of(config)
    except NoConfigFolder as error:
        raise UsageError(str(error)) from None
    there = sorted(path.stem for path in (config / "environments").glob("*.yml"))
    if environment not in there:
        raise UsageError(
            f"--env {environment}: {config / 'environments'} has no such environment{_near(environment, there)}"
        )
    try:
        folder = synth.BUILD / "replay" / "-".join(filter(None, (environment, arch)))
        outdir = synth.synthesise(folder, environment=environment, arch=arch, config=config)
    except synth.SynthFailed as error:
        raise UsageError(str(error)) from None
    return synth.template(outdir, environment)


def checked_template(template: Path) -> Path:
    """Return a template whose functions and their code are found. Raises UsageError."""
    try:
        config_of(template)
        region_of(template)
    except OSError as error:
        raise UsageError(
            f"--template: {error.filename or template} cannot be read: {error.strerror or error}"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise UsageError(f"--template {template}: a template of a RelayStack was expected, in its cdk.out") from None
    return template.resolve()


def region_of(template: Path) -> str:
    """The region that the template was made for; eu-west-1 where it leaves that to the deploy."""
    manifest = json.loads((template.parent / "manifest.json").read_text(encoding="utf-8"))
    targets = {a["environment"] for a in manifest["artifacts"].values() if "environment" in a}
    named = sorted(t.rpartition("/")[2] for t in targets if not t.endswith("unknown-region"))
    return named[0] if named else "eu-west-1"


def checked_down(values: Sequence[str], config: Config) -> Mapping[str, Fault]:
    """The faults of `--down`, each at a place that there is. Raises UsageError."""
    try:
        faults = parse_down(list(values))
    except ValueError as error:
        raise UsageError(str(error)) from None
    for place in faults:
        if place not in places(config):
            raise UsageError(f"--down {place}: neither a channel nor a receiver{_near(place, places(config))}")
    return faults


def topic_named(name: str, topics: Mapping[str, str]) -> str:
    """The ARN of the topic of that name, or whose name ends so. Raises UsageError."""
    if found := _ending_like(name, topics):
        return found
    raise UsageError(f"--topic {name}: there is no such topic{_near(name, [own_name(t, topics) for t in topics])}")


def topic_for(envelope: Envelope, topics: Mapping[str, str], *, at: datetime) -> str:
    """The topic named like the one that the envelope came from, else that of its severity."""
    last = envelope.topic_arn.rpartition(":")[2]
    if last and (found := _ending_like(last, topics)):
        return found
    alerts = parse(envelope, received_at=at).alerts
    severities = {SEVERITY_TOPICS.get(a.labels.get("severity", ""), "warning") for a in alerts}
    return _ending_like(next((s for s in ("critical", "warning") if s in severities), "info"), topics) or ""


def _ending_like(name: str, topics: Mapping[str, str]) -> str:
    """`critical` and `alertrelay-dev-critical` are both the critical topic of the environment that runs."""
    for full, arn in topics.items():
        own = own_name(full, topics)
        if name in (full, own) or name.endswith(f"-{own}"):
            return arn
    return ""


def own_name(topic: str, topics: Iterable[str]) -> str:
    """Return a topic's name without what the names of all of them begin with."""
    return topic.removeprefix(posixpath.commonprefix(list(topics)).rpartition("-")[0] + "-")


def own_time(envelopes: Iterable[Envelope], otherwise: datetime) -> datetime:
    """Returns the time at which the messages reached their topic, else that of their alerts' last change, if they
    say."""
    times = [e.sent_at or _changed(parse(e, received_at=otherwise).alerts, otherwise) for e in envelopes]
    return max(times, default=otherwise)


def _changed(alerts: Iterable[Alert], otherwise: datetime) -> datetime:
    return max((a.updated_at or a.ends_at or a.starts_at for a in alerts), default=otherwise)


def _near(word: str, known: Iterable[str]) -> str:
    known = list(known)
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else f"; there are: {', '.join(known)}"


class ProgressLine:
    """A word on stderr now and then, once the work has taken two seconds."""

    def __init__(self) -> None:
        self._said = time.monotonic()

    def say(self, text: str) -> None:
        """Says it if two seconds have passed since the last word."""
        if time.monotonic() - self._said > PROGRESS_SECONDS:
            self._said = time.monotonic()
            print(f"replay: {text} ...", file=sys.stderr, flush=True)
