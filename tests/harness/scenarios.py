"""The scenarios: what goes wrong for an hour, while alerts fire and end. After it everything works, and all must be
known and resolved."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

from alertrelay.config.model import Matcher
from alertrelay.dispatch import silences
from alertrelay.policy.silence import Silence

from tests.harness.cloud import Cloud, Event
from tests.harness.deployment import FIRST, MINUTE, SECOND, START, Deployment, regrouped
from tests.harness.judge import PATIENCE, Episode, Verdict, judge
from tests.harness.peers import Received
from tests.harness.reading import read
from tests.harness.stores import Back, memory
from tests.harness.traffic import Alarm, Traffic, alarms
from tests.harness.weather import Trouble, Weather

UPDATES = 42
"""Of a scenario in the test run; 25 scenarios make more than a thousand."""
FAULTS_BEGIN, FAULTS_END = START + 10 * MINUTE, START + 75 * MINUTE
TRAFFIC_ENDS, ALL_RESOLVED = START + 100 * MINUTE, START + 150 * MINUTE
SENT_BACK = FAULTS_END + 15 * MINUTE
SETTLED, OVER = ALL_RESOLVED + 60 * MINUTE, START + 420 * MINUTE
LONG = timedelta(minutes=85)
"""Where nobody can be reached, or only the alarm of the dead letters notifies."""
PROMPT = timedelta(minutes=6.5)
"""Where nothing fails: a group's wait and its interval, and a minute."""
WAITS = timedelta(minutes=15)
"""For a resolve that the lost table knew nothing of to come again, and for its group."""
FLUSHED = timedelta(minutes=5.5)
"""Until an update that joins a group is flushed."""
SHOWN = 9
"""Alarms of a service: a Slack message names twelve alerts of its group."""

Act = Callable[[Deployment, Traffic], None]


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What goes wrong, and what the sources send meanwhile.

    `faults` sets the weather of the bad hour; `begins` and `ends` act at its bounds. `burst`: how many updates come at
    one instant, now and then. `storm`: every alarm is of a service of its own, and all fire within ten seconds.
    `lasts`: they resolve after so many seconds, at least and at most. `remarks`: how many pairs of events come at one
    instant.
    """

    name: str
    faults: Callable[[Weather], None] = lambda _weather: None
    begins: Act = lambda _deployment, _traffic: None
    ends: Act = lambda _deployment, _traffic: None
    prepare: Act = lambda _deployment, _traffic: None
    skews: Sequence[float] = (0.0, 0.0)
    burst: int = 3
    services: int = 5
    ordered_only: bool = False
    storm: bool = False
    lasts: tuple[float, float] | None = None
    remarks: int = 1
    patience: timedelta = PATIENCE
    fallbacks: Mapping[str, tuple[tuple[str, ...], ...]] | None = None
    known_fault: str = ""
    """What is wrong today, where it is known: the scenario must fail until it is mended."""

    @property
    def weather(self) -> Weather:
        """The weather of its bad hour."""
        found = Weather(rng=random.Random(0))
        self.faults(found)
        return found

    @property
    def certain(self) -> bool:
        """Whether the relay knows at every time what is open: only peers fail, and no update overtakes another."""
        changes = self.ends is _lose_table or self.begins is _reload
        doubts = any(value for name, value in vars(self.weather).items() if name not in ("rng", "peers", "accepted"))
        return not (changes or doubts or any(self.skews))


def play(scenario: Scenario, *, seed: int = 1, updates: int = UPDATES, back: Back = memory) -> Verdict:
    """Runs a scenario on a table that `back` makes, and judges it."""
    deployment = Deployment(seed, skews=scenario.skews, limited=scenario.storm, back=back)
    if scenario.fallbacks is not None:
        deployment.deploy(replace(deployment.config, fallbacks=scenario.fallbacks))
    traffic = _schedule(scenario, deployment, updates)
    deployment.described = traffic.described
    deployment.run(SETTLED, OVER)
    if deployment.mistakes:
        raise deployment.mistakes[0]
    cloud = deployment.cloud
    forgotten = scenario.ends is _lose_table
    # Nothing says which of them had been announced: those that CloudWatch knows are announced once more.
    again = [one for one in traffic.episodes if forgotten and one.asked and one.begins < FAULTS_END < one.ends]
    again += _fires_again_unresolved(scenario, traffic)
    # A resolve that the lost table knew nothing of is notified ten minutes later: meanwhile a re-fire is news.
    lost = {one.token: one.ends for one in traffic.episodes if forgotten and one.begins < FAULTS_END < one.ends}
    over = (lost.get(one.token, one.begins) for one in traffic.episodes)
    again += [
        one for one, ended in zip(traffic.episodes, over, strict=True) if timedelta() < one.begins - ended < WAITS
    ]
    return judge(
        deployment.peers.inbox,
        _owed(scenario, cloud, traffic),
        deployment.receivers,
        updates=traffic.updates,
        bound=cloud.crashes
        + deployment.peers.unconfirmed
        + cloud.unrecorded
        + cloud.half_joined
        + cloud.overtaking
        + cloud.again_without_table
        + len(cloud.leases_kept)
        + len(cloud.leases_lost)
        + _late_and_over(cloud, traffic)
        + traffic.unnamed
        + _in_doubt(deployment.peers.inbox, traffic, scenario.weather)
        + sum(len(one.receivers) for one in again),
        healthy_since=FAULTS_END,
        forgotten=forgotten,
        certain=scenario.certain and not deployment.peers.unconfirmed,
        patience=scenario.patience,
        leaks=deployment.leaked(),
        dead=[
            *(f"dead letter of {one.function}: {one.kind}" for one in cloud.dead if one.kind != "tick"),
            *(f"expired at {name}" for name, queue in deployment.queues.items() for _ in queue.expired),
        ],
    )


def _owed(scenario: Scenario, cloud: Cloud, traffic: Traffic) -> list[Episode]:
    """Returns the episodes. What waited for its group's flush when the whole table failed stands in it alone: nobody
    can be notified of it before the table answers again. Where all tries of an event were killed it is a dead letter,
    whose alarm mails: it comes again when people send it back."""
    weather = scenario.weather
    absent, killed = weather.table_fails == 1, weather.kill or weather.kill_sent or weather.kill_in_turn
    dead = [(_text(event), event.since) for event in cloud.sent_back if event.kind == "topic" and killed]

    def owed(one: Episode) -> Episode:
        if any(one.token in text and one.begins == since for text, since in dead):
            return replace(one, muted_until=SENT_BACK)
        waited = absent and FAULTS_BEGIN - FLUSHED <= one.begins <= FAULTS_BEGIN
        return replace(one, muted_until=FAULTS_END) if waited else one

    return [owed(one) for one in traffic.episodes]


def _text(event: Event) -> str:
    return str(event.payload["Records"][0]["Sns"]["Message"])


def _late_and_over(cloud: Cloud, traffic: Traffic) -> int:
    """Returns how many firings came so late that an earlier try may have notified them, and were over before the flush
    of their group: they are resolved all the same. Of what SNS delivers twice each copy counts: it may be the second
    try of a copy whose first one could record nothing. PagerDuty drops the resolve of what is not open."""
    count = 0
    for event, at in cloud.late:
        text = _text(event)
        named = [one for one in traffic.episodes if one.token in text and one.begins == event.since]
        count += sum(one.ends < at + FLUSHED and event.function != "pagerduty" for one in named)
    return count


def _in_doubt(inbox: Iterable[Received], traffic: Traffic, weather: Weather) -> int:
    """Returns how many messages that the table could not record may be notified once more when their record comes:
    where a flush may have resolved since what fires. Where the answer to a write is lost, nobody knows whether a
    resolve stood there before; where the whole table fails, no resolve is flushed: those that name an alert of whose
    group one had resolved by the next flush."""
    groups = {one.token: (one.service, one.severity) for one in traffic.alarms}
    over = [(groups[one.token], one.ends) for one in traffic.episodes if one.token in groups]

    def doubtful(message: Received) -> bool:
        named = {groups.get(token) for token, state in read(message).states.items() if state == "firing"}
        return any(group in named and ends <= message.at + FLUSHED for group, ends in over)

    unrecorded = [one for one in inbox if one.unrecorded]
    if weather.table_lost:
        return len(unrecorded)
    return sum(map(doubtful, unrecorded)) if weather.table_fails == 1 else 0


def _fires_again_unresolved(scenario: Scenario, traffic: Traffic) -> list[Episode]:
    """Returns what fires again in an outage of the table: no resolve is notified meanwhile, and the firing is news."""
    weather = scenario.weather
    if not weather.table_fails:
        return []
    over = {(one.token, one.ends) for one in traffic.episodes if FAULTS_BEGIN <= one.ends <= FAULTS_END}
    return [
        one
        for one in traffic.episodes
        if one.begins <= FAULTS_END and any(token == one.token and ends < one.begins for token, ends in over)
    ]


def _schedule(scenario: Scenario, deployment: Deployment, updates: int) -> Traffic:
    cloud, weather = deployment.cloud, deployment.weather
    count = updates if scenario.storm else max(4, min(updates // 3, scenario.services * SHOWN))
    services = count if scenario.storm else scenario.services
    rng = random.Random(f"{scenario.name} {deployment.seed}")
    traffic = Traffic(rng, alarms(count, services=services, ordered_only=scenario.ordered_only))

    scenario.prepare(deployment, traffic)

    def begin() -> None:
        scenario.faults(weather)
        scenario.begins(deployment, traffic)

    def end() -> None:
        weather.clear()
        scenario.ends(deployment, traffic)

    cloud.at(FAULTS_BEGIN, begin)
    cloud.at(FAULTS_END, end)
    cloud.at(SENT_BACK, cloud.redrive)
    if scenario.storm:
        for alarm in traffic.alarms:
            _toggle_at(deployment, traffic, FAULTS_BEGIN + timedelta(seconds=rng.uniform(0, 10)), [alarm])
    else:
        _toggles(scenario, deployment, traffic, updates - count // 2 - 2 * scenario.remarks)
    for pair in range(scenario.remarks):
        at = START + (pair + rng.uniform(0, 0.2)) * (TRAFFIC_ENDS - START) / scenario.remarks
        for number in (1000 + 2 * pair, 1001 + 2 * pair):
            cloud.at(at, lambda number=number: cloud.publish(traffic.remark(number, cloud.clock.now())))  # type: ignore[misc]
    cloud.at(ALL_RESOLVED, lambda: _resolve_all(deployment, traffic, rng))
    return traffic


def _toggles(scenario: Scenario, deployment: Deployment, traffic: Traffic, count: int) -> None:
    """Spreads updates over the traffic's time; now and then several at one instant, of one service."""
    rng, left = traffic.rng, count
    while left > 0:
        size = min(left, scenario.burst if rng.random() < 0.25 else 1)
        left -= size
        at = START + timedelta(seconds=rng.uniform(0, (TRAFFIC_ENDS - START).total_seconds()))
        service = f"s{rng.randrange(scenario.services)}"
        chosen = [one for one in traffic.alarms if one.service == service]
        picked = rng.sample(chosen, min(size, len(chosen)))

        _toggle_at(deployment, traffic, at, picked)
        if scenario.lasts:
            left -= size
            _toggle_at(deployment, traffic, at + timedelta(seconds=rng.uniform(*scenario.lasts)), picked)


def _toggle_at(deployment: Deployment, traffic: Traffic, at: datetime, picked: Sequence[Alarm]) -> None:
    cloud = deployment.cloud

    def act() -> None:
        for alarm in picked:
            cloud.clock.sleep(0.02)
            cloud.publish(traffic.toggle(alarm, cloud.clock.now()))

    cloud.at(at, act)


def _resolve_all(deployment: Deployment, traffic: Traffic, rng: random.Random) -> None:
    cloud = deployment.cloud
    for alarm in traffic.alarms:
        if alarm.since is not None:
            cloud.after(
                rng.uniform(0, 300),
                lambda alarm=alarm: cloud.publish(traffic.toggle(alarm, cloud.clock.now())),  # type: ignore[misc]
            )


def _peers(*names: str, **trouble: object) -> Callable[[Weather], None]:
    def faults(weather: Weather) -> None:
        weather.peers.update(dict.fromkeys(names, Trouble(**trouble)))  # type: ignore[arg-type] # its own fields

    return faults


def _set(**chances: float) -> Callable[[Weather], None]:
    def faults(weather: Weather) -> None:
        for name, value in chances.items():
            setattr(weather, name, value)

    return faults


def _rotate(deployment: Deployment, _traffic: Traffic) -> None:
    """The secret has the new value, and the peers accept it alone."""
    for values in deployment.keys.values():
        values[:] = [SECOND, FIRST]
    deployment.refuse_keys(*deployment.keys)


def _rotate_early(deployment: Deployment, _traffic: Traffic) -> None:
    """The secret has a new value which the peers do not accept yet."""
    for name, values in deployment.keys.items():
        values[:] = [SECOND, FIRST]
        deployment.weather.accepted[name] = (FIRST,)


def _silence(deployment: Deployment, traffic: Traffic) -> None:
    now = deployment.clock.now()
    traffic.muted["s0"] = now + timedelta(minutes=30)
    wanted = Silence(
        id="",
        matchers=((Matcher(name="service", op="=", value="s0"),),),
        starts_at=now,
        ends_at=traffic.muted["s0"],
        created_by="ada",
        comment="a planned change",
        updated_at=now,
    )
    silences.save(deployment.store, deployment.clock, wanted, new_id="silence-1")


def _inhibit(_deployment: Deployment, traffic: Traffic) -> None:
    for service in ("s0", "s1"):
        root, *leaves = (one for one in traffic.alarms if one.service == service)
        root.plane = "root"
        for leaf in leaves:
            leaf.plane = "leaf"


def _poison(deployment: Deployment, traffic: Traffic) -> None:
    """What no parser reads, to the topics and to the queues, in the bad hour."""
    cloud = deployment.cloud

    def publish(number: int) -> None:
        cloud.publish(traffic.poison(2000 + number, *POISON[number], cloud.clock.now()))

    for number in range(len(POISON)):
        at = FAULTS_BEGIN + timedelta(minutes=5 * number)
        cloud.at(at, partial(publish, number))
        for name in deployment.queues:
            message = {"messageId": f"poison-{number}", "eventSource": "aws:sqs", "body": QUEUED[number]}
            cloud.at(at, Event(function=name, kind="queue", payload={"Records": [message]}))
            traffic.unnamed += name == "slack"  # the default receiver is its


def _reload(deployment: Deployment, _traffic: Traffic) -> None:
    deployment.deploy(regrouped(deployment.config))


def _lose_table(deployment: Deployment, _traffic: Traffic) -> None:
    """A restore from nothing: no item is left."""
    deployment.table.lose()


def _both(*faults: Callable[[Weather], None]) -> Callable[[Weather], None]:
    def all_of_them(weather: Weather) -> None:
        for fault in faults:
            fault(weather)

    return all_of_them


POISON = (
    ('{"AlarmName": "', '", "NewStateValue": "AL'),
    ("", "\x00\ufffd\u202e\u2028"),
    ('["', '", ' + "[" * 2_000 + "]" * 2_000 + "]"),
    ('{"alerts": [{"labels": {"alertname": ["', '"]}}]}'),
    ('{"Records": [{"Sns": {"Message": "', '"'),
    ("", " " + "x" * 200_000),
)
"""What stands before and after the name of an alert, in messages of which none is as it should be."""
QUEUED = ("null", "{", '{"do": "flush"}', '{"do": "receive", "envelope": 7}', '{"do": "something"}', "[]")
"""Bodies of the forwarders' own queues."""
SHORT = (3.0, 30.0)
LASTING = (2900.0, 3000.0)
"""Seconds."""
BACKUPS = ("#pager-backup", "pager-backup@example.com", "critical-backup@example.com", "backup_pagerduty_key")
"""The destinations of fallbacks."""
SHARED = {
    "pager": (("slack-critical",),),
    "slack-critical": (("mail",),),
    "mail": (("slack-critical", "pager"),),
    "slack-warning": (("mail",),),
}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario(name="nothing fails"),
    Scenario(name="PagerDuty refuses connections", faults=_peers("pagerduty", kind="refused")),
    Scenario(name="Slack answers 429", faults=_peers("slack", kind="429", retry_after=20.0)),
    Scenario(
        name="every channel answers 503",
        faults=_peers("pagerduty", "slack", "email", kind="5xx", taken=0.0),
        patience=LONG,
    ),
    Scenario(name="PagerDuty resets half of its connections", faults=_peers("pagerduty", kind="reset", chance=0.5)),
    Scenario(name="Slack hangs", faults=_peers("slack", kind="hang", chance=0.6, taken=0.5)),
    Scenario(name="mail answers 503 after it took the message", faults=_peers("email", kind="5xx-taken", chance=0.5)),
    Scenario(name="Slack answers 400", faults=_peers("#critical", "#warning", kind="400")),
    Scenario(name="every key is refused for an hour", faults=_peers("pagerduty", "slack", kind="401")),
    Scenario(name="the secret is rotated", begins=_rotate),
    Scenario(name="the secret is rotated before the peers know", begins=_rotate_early),
    Scenario(name="Secrets Manager is absent", faults=_set(secrets_fail=1.0), patience=LONG),
    Scenario(name="Secrets Manager fails now and then", faults=_set(secrets_fail=0.3)),
    Scenario(name="the table is throttled", faults=_set(table_fails=0.05)),
    Scenario(name="the table is throttled while alerts last", faults=_set(table_fails=0.2), lasts=LASTING),
    Scenario(name="the table is absent", faults=_set(table_fails=1.0)),
    Scenario(name="answers of the table are lost", faults=_set(table_lost=0.05)),
    Scenario(name="the table takes 2 s a request", faults=_set(table_seconds=2.0)),
    Scenario(name="the queue is down", faults=_set(queue_fails=1.0)),
    Scenario(name="table and queue fail now and then", faults=_set(table_fails=0.3, queue_fails=0.3)),
    Scenario(name="timers are lost", faults=_set(timers_lost=0.7)),
    Scenario(name="timers come twice and late", faults=_set(timers_doubled=0.5, timers_delayed=0.5)),
    Scenario(name="ticks are lost", faults=_set(ticks_lost=0.8)),
    Scenario(
        name="SNS delivers twice and out of order", faults=_set(sns_doubled=0.5, sns_delayed=0.4), ordered_only=True
    ),
    Scenario(name="processes are killed", faults=_set(kill=0.01)),
    Scenario(name="processes are killed often", faults=_set(kill=0.04)),
    Scenario(name="processes are killed at each step in turn", faults=_set(kill_in_turn=0.2)),
    Scenario(
        name="functions run out of time",
        faults=_both(_peers("slack", "pagerduty", kind="hang", chance=0.7), _set(table_seconds=2.5)),
    ),
    Scenario(name="messages are poison", prepare=_poison),
    Scenario(name="containers meet", faults=_set(race=0.3), burst=6),
    Scenario(name="containers meet and are killed", faults=_set(race=0.3, kill=0.01), burst=6),
    Scenario(name="containers meet while groups close", faults=_set(race=0.2), remarks=10, patience=PROMPT),
    Scenario(name="clocks differ", skews=(0.0, 60.0, -60.0)),
    Scenario(name="clocks differ by minutes", skews=(-300.0, 0.0, 120.0), faults=_set(timers_doubled=0.3)),
    Scenario(name="a service is silenced", begins=_silence),
    Scenario(name="alerts inhibit others", prepare=_inhibit),
    Scenario(name="the configuration changes", begins=_reload),
    Scenario(name="the configuration changes while Slack is down", begins=_reload, faults=_peers("slack", kind="5xx")),
    Scenario(
        name="answers of fallbacks are lost",
        faults=_both(
            _peers("pagerduty_key", "#critical", "oncall@example.com", kind="refused"),
            _peers(*BACKUPS, kind="reset", chance=0.7, taken=0.7),
        ),
    ),
    Scenario(
        name="processes are killed around fallbacks",
        faults=_both(_peers("pagerduty_key", "#critical", "#warning", kind="refused"), _set(kill=0.03)),
    ),
    Scenario(name="alerts are short while processes are killed", lasts=SHORT, faults=_set(kill=0.04)),
    Scenario(name="alerts last minutes while processes are killed", lasts=(31, 150), faults=_set(kill=0.2)),
    Scenario(name="processes die once a message is out", lasts=(31, 60), faults=_set(kill_sent=0.8)),
    Scenario(
        name="alerts are short while PagerDuty resets its connections",
        lasts=SHORT,
        faults=_peers("pagerduty", kind="reset", taken=0.6),
    ),
    Scenario(name="a storm", storm=True),
    Scenario(
        name="table and queue are down",
        faults=_set(table_fails=1.0, queue_fails=1.0),
        patience=LONG,
    ),
    Scenario(name="the table is lost", ends=_lose_table),
    Scenario(
        name="a fallback shares its destination",
        faults=_peers("pagerduty", "email", kind="refused"),
        fallbacks=SHARED,
    ),
)
