"""The scenarios of `alertrelay drill`: each publishes alerts of its own, and looks at what became of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from alertrelay.channels import channel
from alertrelay.groups.insert import updates_of
from alertrelay.policy.rehearsal import SUMMARY, RehearsalTarget
from alertrelay.sources import Envelope, parse

from cli.drills.ground import Check, Ground, NotDrilled, key, longest_interval, longest_wait

STORM = 20
"""Alerts that fire at once."""
MALFORMED = '{"AlarmName": "TEST_please_ignore", "NewStateValue": "ALARM", "NewStateReason": "cut off'
Steps = Iterator[Check]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """`about` is a line for the menu; `severity` and `labels` show before it runs who will be notified."""

    name: str
    about: str
    run: Callable[[Ground], Steps]
    severity: str = "warning"
    labels: Mapping[str, str] | None = None

    def targets(self, ground: Ground) -> tuple[RehearsalTarget, ...]:
        """The integrations that it notifies. Raises NotDrilled."""
        return ground.targets(ground.labels(self.severity, **(self.labels or {})))


def _there(ground: Ground, labels: Sequence[Mapping[str, str]], targets: Sequence[RehearsalTarget]) -> Steps:
    """Every integration has every alert, itself."""
    for target in targets:
        yield ground.until(
            f"{target.integration} accepted {len(labels)} firing",
            lambda target=target: all(ground.seen(target, key(one)) == "delivered" for one in labels),  # type: ignore[misc]
            longest_wait(targets) + (0 if len(labels) == 1 else longest_interval(targets)),
            by=target,
        )


def _over(ground: Ground, labels: Sequence[Mapping[str, str]], targets: Sequence[RehearsalTarget]) -> Steps:
    """Whatever accepted an alert accepts its resolve: the integration, or its fallback; where neither did, nothing."""
    seen = {target: {ground.seen(target, key(one)) for one in labels} for target in targets}
    for one in labels:
        ground.resolve(one)
    for target in targets:
        by = f"a fallback of {target.integration}" if "fallback" in seen[target] else str(target.integration)
        what = f"{by} accepted {len(labels)} resolved"
        if "" in seen[target]:
            yield ground.check(what, False, "none had accepted them as firing")
            continue
        yield ground.until(
            what,
            lambda target=target: not any(ground.open(target, key(one)) for one in labels),  # type: ignore[misc]
            longest_interval(targets),
            by=target,
        )


def _fire_and_resolve(severity: str, topic: str = "", **more: str) -> Callable[[Ground], Steps]:
    def run(ground: Ground) -> Steps:
        labels = ground.labels(severity, **more)
        targets = ground.targets(labels)
        ground.fire(labels, topic=topic)
        yield from _there(ground, [labels], targets)
        yield from _over(ground, [labels], targets)

    return run


def _storm(ground: Ground) -> Steps:
    labels = [ground.labels("warning", instance=f"i-{number:02d}") for number in range(STORM)]
    targets = tuple(dict.fromkeys(target for one in labels for target in ground.targets(one)))
    for one in labels:
        ground.fire(one)
    yield from _there(ground, labels, targets)
    yield from _over(ground, labels, targets)


def _resolve(ground: Ground) -> Steps:
    labels = ground.labels("warning")
    targets = ground.targets(labels)
    ground.fire(labels)
    yield from _there(ground, [labels], targets)
    yield from _over(ground, [labels], targets)
    ground.fire(labels)
    for target in targets:
        yield ground.until(
            f"{target.integration} accepted that it fires again",
            lambda target=target: ground.seen(target, key(labels)) == "delivered",  # type: ignore[misc]
            longest_interval(targets),
            by=target,
        )
    yield from _over(ground, [labels], targets)


def _fallback(ground: Ground) -> Steps:
    labels = ground.labels("critical")
    targets = ground.targets(labels)
    first = next((t for t in targets if channel(t.integration.channel).pages), targets[0])
    if ground.fail is None:
        raise NotDrilled("it takes a channel down: run it with --local")
    ground.fail(first.integration.receiver)
    ground.fire(labels)
    yield ground.until(
        f"a fallback was notified while {first.integration} is down",
        lambda: ground.seen(first, key(labels)) == "fallback",
        longest_wait(targets),
        by=first,
    )
    ground.fail(None)
    yield ground.until(
        f"{first.integration} was notified once it answers again",
        lambda: ground.seen(first, key(labels)) == "delivered",
        longest_interval(targets) + 900,
        by=first,
    )
    yield from _over(ground, [labels], targets)


def _silence(ground: Ground) -> Steps:
    labels = ground.labels("warning")
    targets = ground.targets(labels)
    silence, began = ground.silence(30), ground.clock.now()
    ground.fire(labels)
    for target in targets:
        yield ground.until(
            f"a flush of {target.integration} found the alert",
            lambda target=target: ground.flushed_since(target, began),  # type: ignore[misc]
            longest_wait(targets),
        )
    quiet = not any(ground.seen(target, key(labels)) for target in targets)
    yield ground.check("nobody was notified while it is silenced", quiet)
    ground.expire(silence)
    for target in targets:
        yield ground.until(
            f"{target.integration} accepted it once the silence was over",
            lambda target=target: ground.seen(target, key(labels)) == "delivered",  # type: ignore[misc]
            longest_interval(targets),
            by=target,
        )
    yield from _over(ground, [labels], targets)


def _malformed(ground: Ground) -> Steps:
    """A message that no parser reads: an event that a person can read, in the group of its kind."""
    text = f"{MALFORMED} by drill {ground.id}. {SUMMARY}"
    topic = ground.topics["TopicWarning"]
    (alert,) = parse(Envelope(text=text, topic_arn=topic), received_at=ground.clock.now()).alerts
    targets = ground.targets(alert.labels)
    number = ground.publish_text(text, topic)
    sent = Envelope(text=text, topic_arn=topic, message_id=number)
    now = ground.clock.now()
    (name,) = (one.key for one in updates_of(parse(sent, received_at=now).alerts, received=now))
    for target in targets:
        yield ground.until(
            f"{target.integration} accepted it as raw text",
            lambda target=target: ground.seen(target, name) == "delivered",  # type: ignore[misc]
            longest_wait(targets) + longest_interval(targets),
            by=target,
        )


def _duplicate(ground: Ground) -> Steps:
    labels = ground.labels("warning")
    targets = ground.targets(labels)
    ground.fire(labels)
    yield from _there(ground, [labels], targets)
    before = {target.gid: ground.notified_at(target) for target in targets}
    ground.fire_again(labels)
    ground.clock.sleep(5)
    same = all(ground.notified_at(target) == before[target.gid] for target in targets)
    yield ground.check("the same update again notified nobody", same)
    yield from _over(ground, [labels], targets)


SLO = {"category": "slo"}
ANOMALY = {"alertname": "AnomalyDetected", "category": "anomaly"}
SCENARIOS: tuple[Scenario, ...] = (
    Scenario(
        name="critical",
        about="a critical alert and its resolve",
        run=_fire_and_resolve("critical"),
        severity="critical",
    ),
    Scenario(name="warning", about="a warning and its resolve", run=_fire_and_resolve("warning")),
    Scenario(name="storm", about=f"{STORM} alerts at once: each is in a message, and each resolves", run=_storm),
    Scenario(name="resolve", about="an alert resolves, fires again and resolves again", run=_resolve),
    Scenario(
        name="fallback",
        about="a channel is down, then it answers again (only with --local)",
        run=_fallback,
        severity="critical",
    ),
    Scenario(name="silence", about="a silenced alert is notified once its silence is over", run=_silence),
    Scenario(
        name="slo",
        about="an SLO burn alert, by the topic of SLO violations",
        run=_fire_and_resolve("warning", "TopicSloViolations", **SLO),
        labels=SLO,
    ),
    Scenario(
        name="anomaly",
        about="an alert with the labels of the anomaly-scorer's",
        run=_fire_and_resolve("warning", **ANOMALY),
        labels=ANOMALY,
    ),
    Scenario(name="malformed", about="a message that no parser reads reaches a person as raw text", run=_malformed),
    Scenario(name="duplicate", about="the same update twice notifies once", run=_duplicate),
)
"""In the order of the menu."""


def scenario(name: str) -> Scenario | None:
    """The scenario of a name."""
    return next((one for one in SCENARIOS if one.name == name), None)
