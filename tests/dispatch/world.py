"""Three forwarders on memory and a manual clock: the whole relay, without AWS."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from alertrelay.alert import Channel, Integration, rfc3339
from alertrelay.channels import KINDS, Renderer, forwarders, renderer, settings_of, survey_name
from alertrelay.channels.email import EmailSettings
from alertrelay.channels.pagerduty import PagerDutySettings
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.sns import SnsSettings
from alertrelay.config.channel import Settings
from alertrelay.config.durations import ALONE
from alertrelay.config.model import Config, Matcher, Receiver, Route, Target
from alertrelay.dispatch.assembly import SHOWN, Pipeline, assemble
from alertrelay.dispatch.due import TICK_AHEAD
from alertrelay.dispatch.survey import AskAlarms
from alertrelay.memory.ports import CollectingSender, ManualClock, MemorySecrets, MemoryTimers
from alertrelay.memory.store import MemoryStore
from alertrelay.notification import Outcome
from alertrelay.notify.chart import AskMetric
from alertrelay.notify.compose import Site
from alertrelay.notify.stale_alarms import ResolvedAlarms
from alertrelay.ports import Clock, DeliveryFailure, Secrets, SelfAlert, Sender, Telemetry, Timers, TimersFailure
from alertrelay.sources import Envelope
from alertrelay.state import Limit, Store, StoreFailure, Waking

START = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FORWARDERS = tuple(map(frozenset, forwarders().values()))
LAST_RESORT = Target(
    integration=Integration(receiver="last-resort", channel="sns", index=0),
    send_resolved=True,
    settings=SnsSettings(topic_arn="arn:aws:sns:eu-central-1:111122223333:last", phone_number="", target_arn=""),
)


def _route(key: str, receiver: str, *matchers: Matcher, continue_: bool = False, routes: Sequence[Route] = ()) -> Route:
    return Route(
        id=f"{{}}/{key}/{receiver}" if key else "{}",
        key=f"{{}}/{{{key}}}" if key else "{}",
        receiver=receiver,
        matchers=matchers,
        continue_=continue_,
        group_by=("service",),
        group_wait=0,
        group_interval=300,
        repeat_interval=3600,
        mute_time_intervals=(),
        active_time_intervals=(),
        routes=tuple(routes),
    )


def receiver(name: str, settings: Settings, *, send_resolved: bool = True) -> Receiver:
    """A receiver with one integration."""
    kind = next(kind for kind in KINDS if settings_of(kind) is type(settings))
    target = Target(
        integration=Integration(receiver=name, channel=kind, index=0), send_resolved=send_resolved, settings=settings
    )
    return Receiver(name=name, targets=(target,))


def _email(to: str) -> EmailSettings:
    return EmailSettings(
        to=(to,),
        sender="relay@example.com",
        transport="smtp",
        smarthost="mail.example.com:587",
        hello="",
        username="",
        password="",
        require_tls=True,
    )


PAGERDUTY = PagerDutySettings(
    routing_key="pagerduty_key", url="https://events.pagerduty.com/v2/enqueue", client="alertrelay", client_url=""
)


def config(*, last_resort: bool = False, send_resolved: bool = True) -> Config:
    """critical -> pager, slack, mail; warning -> slack; info -> nobody; the rest -> slack."""
    critical = Matcher(name="severity", op="=", value="critical")
    warning = Matcher(name="severity", op="=", value="warning")
    info = Matcher(name="severity", op="=", value="info")
    slack = SlackSettings(mode="incoming", key="slack_webhook", url="", channel="")
    return Config(
        environment="test",
        hash="c0ffee",
        route=_route(
            "",
            "slack",
            routes=(
                _route('severity="critical"', "pager", critical, continue_=True),
                _route('severity="critical"', "slack", critical, continue_=True),
                _route('severity="critical"', "mail", critical),
                _route('severity="warning"', "slack", warning),
                _route('severity="info"', "nobody", info),
            ),
        ),
        receivers=(
            receiver("pager", PAGERDUTY),
            receiver("slack", slack, send_resolved=send_resolved),
            receiver("mail", _email("oncall@example.com")),
            Receiver(name="nobody", targets=()),
        ),
        fallbacks={
            "pager": (("slack", "mail"),),
            "slack": (("mail",),),
            "mail": (("slack", "pager"),),
        },
        last_resort=last_resort,
    )


def timed(before: Config, **timers: Any) -> Config:
    """The configuration with these keys on every route."""
    routes = tuple(replace(route, **timers) for route in before.route.routes)
    return replace(before, route=replace(before.route, routes=routes, **timers))


def alarm(
    name: str,
    state: str = "ALARM",
    *,
    at: datetime = START,
    severity: str = "critical",
    service: str = "orders",
    topic: str = "critical",
    sent_at: datetime | None = None,
    message_id: str = "",
    **labels: str,
) -> Envelope:
    """A CloudWatch alarm as SNS hands it over. `labels` are those that its description names."""
    named = {"alertname": "HighCPU", "severity": severity, "service": service, **labels}
    message = {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{name}",
        "AlarmDescription": f"{name} is high.\n\n" + "\n".join(f"{k}: {v}" for k, v in named.items()),
        "AWSAccountId": "111122223333",
        "NewStateValue": state,
        "OldStateValue": "OK" if state == "ALARM" else "ALARM",
        "NewStateReason": "Threshold Crossed: 1 datapoint [93.0] was greater than the threshold (90.0).",
        "StateChangeTime": rfc3339(at).replace("Z", "+0000"),
        "Region": "EU (Frankfurt)",
        "Trigger": {"MetricName": "CPUUtilization", "Namespace": "AWS/RDS", "Dimensions": [], "Threshold": 90.0},
    }
    return Envelope(
        text=json.dumps(message),
        message_id=message_id or f"{name}-{state}-{at.isoformat()}",
        topic_arn=f"arn:aws:sns:eu-central-1:111122223333:alertrelay-test-{topic}",
        sent_at=sent_at or at,
    )


@dataclass(kw_only=True)
class Relay:
    """One forwarder: what its pipeline is assembled from, so that a test may replace a part of it."""

    config: Config
    channels: frozenset[Channel]
    store: Store
    timers: Timers
    clock: Clock
    secrets: Secrets
    senders: Mapping[Channel, Sender]
    emit: Callable[[Outcome], None]
    alert_ops: Callable[[SelfAlert], None]
    log: Callable[..., None]
    resolved_alarms: ResolvedAlarms
    new_id: Callable[[], str]
    last_resort: Target | None = None
    limits: Mapping[Channel, Limit] = field(default_factory=dict)
    alarms: AskAlarms | None = None
    renderer: Callable[[Target], Renderer] = renderer
    shown: int = SHOWN
    sleeps: bool = True
    ask_metric: AskMetric | None = None

    @cached_property
    def pipeline(self) -> Pipeline:
        """The pipeline of these parts, put together where it is first used."""
        return assemble(
            config=self.config,
            site=Site(environment=self.config.environment, account="111122223333", region="eu-central-1"),
            channels=self.channels,
            accounts_for_unrouted="email" in self.channels,
            notes_sources="pagerduty" in self.channels,
            store=self.store,
            timers=self.timers,
            clock=self.clock,
            secrets=self.secrets,
            senders=self.senders,
            renderer=self.renderer,
            telemetry=Telemetry(emit=self.emit, log=self.log, alert_ops=self.alert_ops),
            resolved_alarms=self.resolved_alarms,
            new_id=self.new_id,
            last_resort=self.last_resort,
            limits=self.limits,
            alarms=self.alarms,
            shown=self.shown,
            sleeps=self.sleeps,
            ask_metric=self.ask_metric,
        )


def receive(relay: Relay, envelope: Envelope, *, deadline: datetime) -> None:
    """A message from a topic, taken by one forwarder."""
    relay.pipeline.receive(envelope, deadline=deadline)


def on_timer(relay: Relay, body: Mapping[str, Any], *, deadline: datetime) -> None:
    """A message of the forwarder's own queue."""
    relay.pipeline.on_timer(body, deadline=deadline)


def on_tick(relay: Relay) -> None:
    """The forwarder's tick."""
    relay.pipeline.on_tick(deadline=relay.clock.now() + timedelta(seconds=30))


@dataclass
class World:
    """The relay of one environment. `store` may be wrapped; `senders` are told to fail by their `always`. `sleeps`:
    groups may sleep, from the begin: the build has been alone for long enough."""

    config: Config = field(default_factory=config)
    clock: ManualClock = field(default_factory=lambda: ManualClock(START))
    secrets: MemorySecrets = field(
        default_factory=lambda: MemorySecrets({"pagerduty_key": ["k"], "slack_webhook": ["w"]})
    )
    last_resort: Target | None = None
    limits: Mapping[Channel, Limit] = field(default_factory=dict)
    alarms: AskAlarms | None = None
    sleeps: bool = True
    ask_metric: AskMetric | None = None
    wrap: Callable[[Store], Any] = lambda store: store
    timers_of: Callable[[ManualClock], MemoryTimers] = MemoryTimers

    def __post_init__(self) -> None:
        self.memory = MemoryStore(self.clock)
        self.store = self.wrap(self.memory)
        self.senders: dict[Channel, CollectingSender] = {channel: CollectingSender() for channel in KINDS}
        self.outcomes: list[Outcome] = []
        self.ops: list[SelfAlert] = []
        self.log: list[tuple[str, dict[str, Any]]] = []
        self.ids = itertools.count()
        self.vanished: frozenset[str] = frozenset()
        self.ticked = self.next_tick = START - MINUTE
        self.relays = [self._relay(channels) for channels in FORWARDERS]
        if self.sleeps:
            self._alone()

    def _relay(self, channels: frozenset[Channel]) -> Relay:
        return Relay(
            config=self.config,
            channels=channels,
            store=self.store,
            timers=self.timers_of(self.clock),
            clock=self.clock,
            secrets=self.secrets,
            senders=self.senders,
            last_resort=self.last_resort,
            emit=self.outcomes.append,
            alert_ops=self.ops.append,
            limits=self.limits,
            alarms=self.alarms,
            sleeps=self.sleeps,
            ask_metric=self.ask_metric,
            resolved_alarms=lambda arns: frozenset(arns) & self.vanished,
            log=lambda event, **fields: self.log.append((event, fields)),
            new_id=lambda: f"id-{next(self.ids)}",
        )

    @property
    def deadline(self) -> datetime:
        """When an invocation that begins now is killed."""
        return self.clock.now() + timedelta(seconds=30)

    def publish(self, *envelopes: Envelope) -> None:
        """Every forwarder gets every message, once."""
        for envelope in envelopes:
            self.clock.move_to(envelope.sent_at or self.clock.now())
            for relay in self.relays:
                receive(relay, envelope, deadline=self.deadline)

    def run(self, seconds: float) -> None:
        """Moves the clock, ticking, and delivering timers when they come back."""
        until = self.clock.now() + timedelta(seconds=seconds)
        while True:
            waiting = [at for relay in self.relays if (at := self.timers(relay).next_at())]
            waiting += self.ticks()
            if not waiting or min(waiting) > until:
                break
            self.clock.move_to(min(waiting))
            self.tick()
            for relay in self.relays:
                for body in self.timers(relay).due():
                    on_timer(relay, json.loads(json.dumps(body)), deadline=self.deadline)
        self.clock.move_to(until)

    def ticks(self) -> list[datetime]:
        """The next whole minute at which a tick has something to find."""
        earliest = max(self.clock.now(), self.ticked + MINUTE)
        if self.next_tick == earliest + (START - earliest) % MINUTE:
            return [self.next_tick]  # none is sooner; thousands of groups are not searched anew
        armed = [header.schedule.next_due for header in self.memory._headers.values() if header.schedule.next_due]
        if not armed:
            return []
        after = earliest if self.waking() else max(earliest, min(armed) - TICK_AHEAD)
        self.next_tick = after + (START - after) % MINUTE
        return [self.next_tick]

    def waking(self) -> bool:
        """Whether there is a change that groups which sleep are to be woken for."""
        for relay in self.relays:
            mark, _, silences = self.memory.waking(_forwarder(relay))
            if mark and (not mark.done or mark.silences != silences or mark.build != _build(relay)):
                return True
        return False

    def _alone(self) -> None:
        for relay in self.relays:
            since = self.clock.now() - ALONE
            mark = Waking(build=_build(relay), since=since, silences=0, changed=since, done=True)
            self.memory.put_waking(_forwarder(relay), mark, seen=0)

    def tick(self) -> None:
        """Ticks if it is a whole minute, as the schedule does."""
        now = self.clock.now()
        if now - self.ticked >= MINUTE and (now - START) % MINUTE == timedelta():
            self.ticked = now
            for relay in self.relays:
                self.on_tick(relay)

    def on_tick(self, relay: Relay) -> None:
        """One forwarder's tick. Where it fails, the next minute has its own."""
        with contextlib.suppress(StoreFailure, TimersFailure):
            on_tick(relay)

    @staticmethod
    def timers(relay: Relay) -> MemoryTimers:
        """A relay's own queue."""
        assert isinstance(relay.timers, MemoryTimers)
        return relay.timers

    def fail(self, *channels: Channel, by: DeliveryFailure | None) -> None:
        """From now on the channels answer so; None mends them."""
        for channel in channels:
            self.senders[channel].always = by

    def sent(self, channel: Channel) -> list[Mapping[str, Any]]:
        """The messages that a channel took."""
        return [message for _, message, _, _ in self.senders[channel].sent]

    def pages(self) -> list[tuple[str, str]]:
        """What PagerDuty took: (action, dedup key)."""
        return [(message["event_action"], message["dedup_key"]) for message in self.sent("pagerduty")]

    def final(self) -> dict[tuple[str, str, str], str]:
        """The last outcome of each (alarm and status, receiver, fallback for)."""
        return {(f"{o.state_key} {o.status}", o.receiver, o.fallback_for): o.outcome for o in self.outcomes}

    def of(self, outcome: str) -> list[Outcome]:
        """The outcomes of one name."""
        return [o for o in self.outcomes if o.outcome == outcome]


def _forwarder(relay: Relay) -> str:
    return survey_name(relay.channels)


def _build(relay: Relay) -> str:
    return f"{relay.config.hash} "


class Absent:
    """A table that never answers."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def fails(*_: Any, **__: Any) -> Any:
            raise StoreFailure(f"DynamoDB {name}: EndpointConnectionError")

        return fails
