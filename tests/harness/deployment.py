"""One environment in memory: the three forwarders as Lambda runs them, with every peer and fault of the harness."""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from pathlib import Path
from typing import Any, cast

from alertrelay.alert import Channel
from alertrelay.channels import KINDS, renderer, survey_name
from alertrelay.config.durations import ALONE
from alertrelay.config.model import Config
from alertrelay.dispatch.assembly import assemble
from alertrelay.dispatch.survey import Alarms, AskAlarms
from alertrelay.groups.messages import TICK
from alertrelay.memory.ports import ManualClock, MemorySecrets
from alertrelay.notification import Outcome
from alertrelay.notify.compose import Site
from alertrelay.notify.limits import LIMITS
from alertrelay.ports import Key, SecretMissing, SelfAlert, Telemetry
from alertrelay.runtime import forwarder
from alertrelay.runtime.observe import Observer
from alertrelay.state import Waking

from compiler.load import load
from tests.dispatch.world import LAST_RESORT
from tests.harness.cloud import Cloud, Event, Handler, Queue, Table
from tests.harness.peers import Peers, PeerSender, destination
from tests.harness.stores import Back, memory
from tests.harness.weather import Weather

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FORWARDERS: Mapping[str, frozenset[Channel]] = {
    "pagerduty": frozenset({"pagerduty"}),
    "slack": frozenset({"slack"}),
    "email": frozenset({"email", "sns", "webhook"}),
}
SKEWS: Sequence[float] = (0.0,)
SECRET = "s3cr3t-of-the-harness"
"""Stands in each value of a key, and nowhere else."""
FIRST, SECOND = f"{SECRET}-1", f"{SECRET}-2"


@cache
def compiled() -> Config:
    """Returns the harness's configuration."""
    found = load(Path(__file__).parent / "config", "harness")
    assert found.config, [str(finding) for finding in found.errors]
    return found.config


@dataclass(frozen=True)
class Skewed:
    """The clock of a container, which is ahead of the true one or behind it."""

    true: ManualClock
    offset: float

    def now(self) -> datetime:
        """See ports.Clock."""
        return self.true.now() + timedelta(seconds=self.offset)

    def sleep(self, seconds: float) -> None:
        """See ports.Clock."""
        self.true.sleep(seconds)


@dataclass(frozen=True)
class Vault:
    """ports.Secrets that cannot always be read."""

    inner: MemorySecrets
    weather: Weather

    def versions(self, name: str, *, prefer: str = "") -> Iterator[Key]:
        """See ports.Secrets."""
        if self.weather.strikes(self.weather.secrets_fail):
            raise SecretMissing("the secret was not read: ResourceNotFoundException")
        yield from self.inner.versions(name, prefer=prefer)


class Unheard:
    """An Observer that keeps nothing but mistakes of the code under test: the judge hears of no log, and a break that
    raises at every turn would be found without saying anything."""

    def __init__(self, mistakes: list[Exception]) -> None:
        self.mistakes = mistakes

    def log(self, event: str, **fields: Any) -> None:
        """See Observer."""

    def count(self, name: str, number: int = 1) -> None:
        """See Observer."""

    def begin(self, context: Any) -> None:
        """See Observer."""

    def end(self) -> None:
        """See Observer."""

    def failed(self, event: str, error: Exception) -> None:
        """See Observer."""
        if isinstance(error, AttributeError | NameError | TypeError):
            self.mistakes.append(error)


@dataclass
class Deployment:
    """`skews`: the offset of each container's clock, in seconds; every function has one container for each.
    `back` makes the table. `limited`: receivers have the limits of a storm; `described`: what CloudWatch is asked
    for."""

    seed: int
    skews: Sequence[float] = SKEWS
    limited: bool = False
    config: Config = field(default_factory=compiled)
    ops: list[SelfAlert] = field(default_factory=list)
    back: Back = memory
    described: AskAlarms = lambda _state, _token: Alarms((), "")

    def __post_init__(self) -> None:
        self.rng = random.Random(self.seed)
        self.clock = ManualClock(START)
        self.weather = Weather(rng=random.Random(self.seed + 1))
        self.cloud = Cloud(self.clock, self.weather)
        self.table = self.back(self.clock)
        self.store = self.table.store
        self.mistakes: list[Exception] = []
        self.keys = {key: [FIRST] for key in self.config.secret_keys()}
        self.leaks: list[str] = []
        self.reasons: Counter[str] = Counter()
        self.peers = Peers(
            now=self.clock.now,
            sleep=self.clock.sleep,
            weather=self.weather,
            step=self.cloud.step,
            sent=lambda: self.cloud.note("sent"),
            without_table=lambda: self.cloud.without_table,
        )
        self._ids = itertools.count(1)
        self.queues = {name: Queue(name, self.cloud) for name in FORWARDERS}
        self.deploy(self.config)
        self._alone()
        self.cloud.after(60, self._tick)

    def _alone(self) -> None:
        """Lets groups sleep from the first alert: this build has ticked alone for long enough."""
        since = self.clock.now() - ALONE
        for channels in FORWARDERS.values():
            mark = Waking(build=f"{self.config.hash} ", since=since, silences=0, changed=since, done=True)
            self.store.put_waking(survey_name(channels), mark, seen=0)

    def deploy(self, config: Config) -> None:
        """Replaces every container."""
        self.config = config
        for name in FORWARDERS:
            self.cloud.handlers[name] = [self._container(name, skew) for skew in self.skews]

    def run(self, settled: datetime, over: datetime) -> None:
        """Runs up to `over`; from `settled` on, until no message is on its way and no group is due at any time."""
        self.cloud.run(settled)
        channels = frozenset().union(*FORWARDERS.values())
        while self.clock.now() < over and (
            self.cloud.waiting or [*self.store.due(channels, before=self.clock.now() + timedelta(days=30))]
        ):
            self.cloud.run(self.clock.now() + 10 * MINUTE)

    @property
    def receivers(self) -> dict[str, Sequence[str]]:
        """The destinations of each receiver: its own first, then those of its fallbacks and the last resort."""
        own = {one.name: [destination(target) for target in one.targets] for one in self.config.receivers}
        last = [destination(LAST_RESORT)]
        return {
            name: [
                *places,
                *(place for stage in self.config.fallbacks.get(name, ()) for other in stage for place in own[other]),
                *last,
            ]
            for name, places in own.items()
        }

    def refuse_keys(self, *names: str) -> None:
        """From now on the peers accept only a newer value of these keys."""
        self.weather.accepted.update(dict.fromkeys(names, (SECOND,)))

    def _container(self, name: str, skew: float) -> Handler:
        clock = Skewed(self.clock, skew)
        sender = PeerSender(self.peers)
        pipeline = assemble(
            config=self.config,
            site=Site(environment="harness", account="123456789012", region="eu-central-1"),
            channels=FORWARDERS[name],
            accounts_for_unrouted=name == "email",
            notes_sources=name == "pagerduty",
            store=cast(Any, Table(self.store, self.cloud)),
            timers=self.queues[name],
            clock=clock,
            secrets=Vault(MemorySecrets(self.keys), self.weather),
            senders=dict.fromkeys(KINDS, sender),
            renderer=renderer,
            telemetry=Telemetry(emit=self._outcome, log=self._log, alert_ops=self._self_alert),
            resolved_alarms=lambda _arns: frozenset(),
            sleeps=True,
            new_id=lambda: f"{self.seed:04d}-{next(self._ids):06d}",
            last_resort=LAST_RESORT,
            limits=LIMITS if self.limited else {},
            alarms=lambda state, token: self.described(state, token),
        )
        return partial(forwarder._handle, forwarder.Built(pipeline, cast(Observer, Unheard(self.mistakes)), dict))

    def leaked(self) -> list[str]:
        """Returns where a value of a key stands: in what was reported, sent, stored, or left in a queue."""
        self._look("a message", [(one.destination, one.body) for one in self.peers.inbox])
        self._look("the table", self.table.contents())
        self._look("a dead letter", [self.cloud.dead, [queue.expired for queue in self.queues.values()]])
        return self.leaks

    def _look(self, where: str, what: object) -> None:
        if SECRET in repr(what):
            self.leaks.append(f"a key stands in {where}")

    def _outcome(self, outcome: Outcome) -> None:
        self.reasons[outcome.reason] += outcome.outcome == "suppressed"
        self._look(f"an outcome: {outcome.reason}", outcome)

    def _log(self, event: str, **fields: Any) -> None:
        if event == "digest_not_joined":
            self.cloud.half_joined += 1
        self._look(f"the log: {event}", fields)

    def _self_alert(self, alert: SelfAlert) -> None:
        self.ops.append(alert)
        self._look(f"a self-alert: {alert.name}", alert)

    def _tick(self) -> None:
        for name in FORWARDERS:
            if not self.weather.strikes(self.weather.ticks_lost):
                self.cloud.after(self.rng.uniform(0, 5), Event(function=name, kind="tick", payload=TICK))
        self.cloud.after(60, self._tick)


def regrouped(config: Config) -> Config:
    """Returns a configuration that groups critical alerts otherwise, as an edit of the file would."""
    routes = tuple(
        replace(route, group_by=("alertname", "service")) if route.receiver in ("pager", "mail") else route
        for route in config.route.routes
    )
    return replace(config, hash="edited", route=replace(config.route, routes=routes))
