"""What a drill acts on: the topics, the table and the routes of an environment, and nothing but its own groups."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from alertrelay.alert import fingerprint
from alertrelay.config.matchers import parse_matcher
from alertrelay.config.model import Config
from alertrelay.dispatch import silences
from alertrelay.nflog.group_state import GroupState
from alertrelay.policy.group_key import key_of
from alertrelay.policy.rehearsal import ALERTNAME, SUMMARY, TOPICS, RehearsalTarget, message, targets_of
from alertrelay.policy.silence import Silence
from alertrelay.ports import Clock
from alertrelay.state import Store, StoreFailure

from cli.cloud import UNREADABLE, Client, unreadable

GRACE_SECONDS = 60.0
"""Beyond the group_wait or group_interval of a route: a cold start, and one retry."""
POLL_SECONDS = 1.0
MARK = "alertrelay_test"
"""The label of an alert of a drill; its value is the drill's id."""
SERVICE = "alertrelay-drill"
Seen = Literal["delivered", "fallback", ""]


class NotDrilled(Exception):
    """A scenario was not begun. The text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that a drill looked at. `seconds`: from the last message that was published until it was so."""

    what: str
    passed: bool
    detail: str = ""
    seconds: float | None = None


@dataclass(slots=True, kw_only=True)
class Ground:
    """An environment, deployed or on this machine, while one scenario runs.

    `topics` are the outputs of the stack by name. `fail` takes a channel down (None: mends all); it is there on the
    local stack alone. `say` gets a line for people. What fires and what is silenced is kept, so that `restore` ends it.
    """

    config: Config
    client: Client
    clock: Clock
    store: Store
    topics: Mapping[str, str]
    say: Callable[[str], None]
    fail: Callable[[str | None], None] | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex[:8])
    wait: float | None = None
    poll: float = POLL_SECONDS
    _published: datetime | None = None
    _firing: list[tuple[Mapping[str, str], datetime]] = field(default_factory=list)
    _silences: list[str] = field(default_factory=list)

    def labels(self, severity: str, **more: str) -> dict[str, str]:
        """Labels of an alert that nobody takes for real, of a service that no other alert has."""
        own = {"alertname": ALERTNAME, MARK: self.id, "env": self.config.environment, "severity": severity}
        return {**own, "service": f"{SERVICE}-{self.id}", **more}

    def targets(self, labels: Mapping[str, str]) -> tuple[RehearsalTarget, ...]:
        """The integrations that these labels are routed to. Raises NotDrilled where nobody is notified of them, and
        where a group that they join holds an alert of somebody else."""
        found = targets_of(self.config, labels)
        if not found:
            raise NotDrilled("the route tree notifies nobody of these labels, so there is nothing to look at")
        for target in found:
            if others := self._others(target):
                shown = ", ".join(others[:3])
                raise NotDrilled(
                    f"the alert would join a real group of {target.integration}, which holds {shown}: add `service` to "
                    "group_by of its route, or drill when it has resolved"
                )
        return found

    def _others(self, target: RehearsalTarget) -> list[str]:
        """Names what somebody else has in the group: what fires, and events that were not announced yet."""
        state = self._state(target)
        announced = state.ledger.events if state else frozenset[str]()
        found = (
            one
            for one in self.store.members(target.gid)
            if one.status == "firing" or (one.status == "event" and one.key not in announced)
        )
        return sorted({one.name for one in found if one.alert.labels.get(MARK) != self.id})

    def fire(self, labels: Mapping[str, str], *, topic: str = "") -> None:
        """Publishes the firing alert. Raises CloudUnreadable."""
        starts = self.clock.now()
        self._firing.append((labels, starts))
        self._publish(message(labels, starts_at=starts, ends_at=None), self.topic(labels, topic))

    def resolve(self, labels: Mapping[str, str], *, topic: str = "") -> None:
        """Publishes the resolve of an alert that `fire` published. Raises CloudUnreadable."""
        starts = next(at for one, at in reversed(self._firing) if one == labels)
        self._publish(message(labels, starts_at=starts, ends_at=self.clock.now()), self.topic(labels, topic))
        self._firing = [pair for pair in self._firing if pair[0] != labels]

    def fire_again(self, labels: Mapping[str, str]) -> None:
        """Publishes the very update once more. Raises CloudUnreadable."""
        starts = next(at for one, at in reversed(self._firing) if one == labels)
        self._publish(message(labels, starts_at=starts, ends_at=None), self.topic(labels))

    def topic(self, labels: Mapping[str, str], name: str = "") -> str:
        """The ARN of the topic for a severity, or of the named one."""
        return self.topics[name or TOPICS.get(labels.get("severity", ""), "TopicWarning")]

    def publish_text(self, text: str, topic: str) -> str:
        """Publishes any text to the ARN of a topic; returns the id of SNS. Raises CloudUnreadable."""
        return self._publish(text, topic)

    def _publish(self, text: str, topic: str) -> str:
        try:
            answer = self.client("sns").publish(TopicArn=topic, Subject=f"{ALERTNAME} of alertrelay", Message=text)
        except UNREADABLE as error:
            raise unreadable(f"the topic {topic}", error) from None
        self._published = self.clock.now()
        return str(answer["MessageId"])

    def silence(self, minutes: int) -> str:
        """Silences the alerts of this drill. Raises StoreFailure."""
        now = self.clock.now()
        wanted = Silence(
            id="",
            matchers=((parse_matcher(f'{MARK}="{self.id}"'),),),
            starts_at=now,
            ends_at=now + timedelta(minutes=minutes),
            created_by="alertrelay drill",
            comment=SUMMARY,
            updated_at=now,
        )
        made = silences.save(self.store, self.clock, wanted, new_id=str(uuid.uuid4()))
        self._silences.append(made)
        return made

    def expire(self, silence: str) -> None:
        """Expires a silence of this drill. Raises StoreFailure."""
        silences.expire(self.store, self.clock, silence)
        self._silences.remove(silence)

    def until(
        self, what: str, holds: Callable[[], bool], longest: float, *, by: RehearsalTarget | None = None
    ) -> Check:
        """Looks again until it holds, or the time is over. A table that does not answer now may do so next. `by` is
        whose group notified: the seconds are to the flush that did, not to this check of it."""
        longest = longest if self.wait is None else self.wait
        began = self.clock.now()
        since = self._published or began
        while True:
            passed = (self.clock.now() - began).total_seconds()
            with suppress(StoreFailure):
                if holds():
                    notified = self.notified_at(by) if by else None
                    at = notified if notified and notified >= since else self.clock.now()
                    taken = (at - since).total_seconds()
                    return self._checked(Check(what=what, passed=True, seconds=round(taken, 1)))
            if passed >= longest:
                return self._checked(Check(what=what, passed=False, detail=f"not within {longest:.0f} s"))
            self.clock.sleep(self.poll)

    def check(self, what: str, passed: bool, detail: str = "") -> Check:
        """Looks once."""
        return self._checked(Check(what=what, passed=passed, detail=detail))

    def _checked(self, check: Check) -> Check:
        seconds = f"{check.seconds:7.1f} s" if check.seconds is not None else ""
        line = f"    {'ok  ' if check.passed else 'FAIL'} {check.what:<64} {seconds} {check.detail}"
        self.say(line.rstrip())
        return check

    def restore(self) -> Check:
        """Goes back to normal: resolves what still fires, expires what is silenced, mends what was taken down."""
        if self.fail:
            self.fail(None)
        left, problems = [labels for labels, _ in self._firing], list[str]()
        for silence in list(self._silences):
            try:
                self.expire(silence)
            except StoreFailure as failure:
                problems.append(f"the silence {silence}: {failure}")
        for labels in left:
            self.resolve(labels)
        found = {(target.gid, key(labels)): target for labels in left for target in targets_of(self.config, labels)}

        def closed() -> bool:
            return not any(self.open(target, name) for (_, name), target in found.items())

        longest = max((target.route.group_interval for target in found.values()), default=0.0) + GRACE_SECONDS
        if problems:
            return self.check("back to normal", False, "; ".join(problems))
        return self.until("back to normal: nothing of the drill fires, is silenced or waits", closed, longest)

    def seen(self, target: RehearsalTarget, name: str) -> Seen:
        """Whether an alert was notified as firing, on its channel or a fallback, as the ledger has it."""
        state = self._state(target)
        if state is None:
            return ""
        if name in (state.ledger.firing - state.ledger.unsure) | state.ledger.events | state.ledger.storm:
            return "delivered"
        return "fallback" if name in state.ledger.fallback_firing else ""

    def open(self, target: RehearsalTarget, name: str) -> bool:
        """Whether an alert is announced and not yet resolved."""
        state = self._state(target)
        if state is None:
            return False
        ledger = state.ledger
        return name in ledger.firing | ledger.fallback_firing | ledger.fallback_unsure | ledger.storm

    def flushed_since(self, target: RehearsalTarget, at: datetime) -> bool:
        """Whether a flush of the group was recorded since then."""
        state = self._state(target)
        return bool(state and state.progress.recorded_at and state.progress.recorded_at >= at)

    def notified_at(self, target: RehearsalTarget) -> datetime | None:
        """When the group last notified anybody."""
        state = self._state(target)
        return state.progress.notified_at if state else None

    def _state(self, target: RehearsalTarget) -> GroupState | None:
        return self.store.state(target.gid)


def key(labels: Mapping[str, str]) -> str:
    """Returns the key under which an alert of these labels stands in a ledger."""
    return key_of(fingerprint(labels))


def names(targets: Iterable[RehearsalTarget]) -> str:
    """Names integrations, each once."""
    return ", ".join(dict.fromkeys(str(target.integration) for target in targets))


def longest_wait(targets: Sequence[RehearsalTarget]) -> float:
    """Seconds until the first flush of each group, with grace."""
    return max(target.route.group_wait for target in targets) + GRACE_SECONDS


def longest_interval(targets: Sequence[RehearsalTarget]) -> float:
    """Seconds until the next flush of each group, with grace."""
    return max(target.route.group_interval for target in targets) + GRACE_SECONDS


def as_json(checks: Sequence[Check]) -> list[dict[str, object]]:
    """The documented objects."""
    return [{"what": c.what, "passed": c.passed, "detail": c.detail, "seconds": c.seconds} for c in checks]


def dumped(value: Mapping[str, object]) -> str:
    """Returns JSON for people and programs."""
    return json.dumps(value, indent=2)
