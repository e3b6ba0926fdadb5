"""The scheduled fire drill: an alert by the real path, its resolve, and what became of both in the table.

It is routed to a receiver of its own (`check` demands that), so that it pages a drill service and no person. What is
late or missing is counted, and an alarm on that count mails without the path that was drilled.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

from alertrelay.alert import Labels, fingerprint
from alertrelay.config.model import Config
from alertrelay.policy.group_key import key_of
from alertrelay.policy.rehearsal import RehearsalTarget, message, targets_of
from alertrelay.ports import Clock
from alertrelay.state import Groups, StoreFailure

ALERTNAME, SERVICE = "AlertrelayDrill", "alertrelay-drill"
POLL = 2.0
"""Seconds between two looks at the table."""
BY = "the auditor, to measure the way from a topic to each channel"
Publish = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Drilled:
    """The result at one integration. `seconds`: from publishing until the channel had accepted, None where it did not
    in time; `resolved` likewise of the resolve. `refused`: why nothing was published."""

    integration: str
    channel: str
    seconds: float | None = None
    resolved: float | None = None
    refused: str = ""

    @property
    def passed(self) -> bool:
        """Returns whether both came in time."""
        return self.seconds is not None and self.resolved is not None


def labels_of(severity: str, environment: str) -> dict[str, str]:
    """Returns the labels of the alert, by which a route leads it to its own receiver."""
    own = {"alertname": ALERTNAME, "service": SERVICE, "severity": severity, "env": environment}
    return {**own, "alertrelay_test": "scheduled"}


def drill(
    config: Config, labels: Labels, groups: Groups, clock: Clock, publish: Publish, *, within: float
) -> list[Drilled]:
    """Publishes the alert and its resolve, and returns what became of them at each integration. Nothing is published
    where its group holds another alert. Raises what `publish` raises, StoreFailure where the table cannot be read."""
    targets = targets_of(config, labels)
    if others := sorted({name for target in targets for name in _others(target, groups)}):
        why = f"its group holds {', '.join(others[:3])}"
        return [Drilled(integration=str(t.integration), channel=t.integration.channel, refused=why) for t in targets]
    starts = clock.now()
    key = key_of(fingerprint(labels))
    publish(message(labels, starts_at=starts, ends_at=None, by=BY))
    longest = within + max((target.route.group_wait for target in targets), default=0.0)
    announced = _until(targets, lambda t: _announced(t, key, groups), clock, timedelta(seconds=longest))
    publish(message(labels, starts_at=starts, ends_at=clock.now(), by=BY))
    longest = within + max((target.route.group_interval for target in targets), default=0.0)
    over = _until(targets, lambda t: not _open(t, key, groups), clock, timedelta(seconds=longest))
    return [
        Drilled(
            integration=str(target.integration),
            channel=target.integration.channel,
            seconds=announced.get(target),
            # One that was never announced cannot be resolved.
            resolved=over.get(target) if target in announced else None,
        )
        for target in targets
    ]


def _until(
    targets: Sequence[RehearsalTarget], holds: Callable[[RehearsalTarget], bool], clock: Clock, longest: timedelta
) -> dict[RehearsalTarget, float]:
    """Returns the seconds after which it held, of those for which it did. A table that does not answer now may do so
    next."""
    began = clock.now()
    found: dict[RehearsalTarget, float] = {}
    while True:
        for target in targets:
            with suppress(StoreFailure):
                if target not in found and holds(target):
                    found[target] = (clock.now() - began).total_seconds()
        if len(found) == len(targets) or clock.now() - began >= longest:
            return found
        clock.sleep(POLL)


def _others(target: RehearsalTarget, groups: Groups) -> list[str]:
    return [m.name for m in groups.members(target.gid) if m.status == "firing" and m.name != ALERTNAME]


def _announced(target: RehearsalTarget, key: str, groups: Groups) -> bool:
    state = groups.state(target.gid)
    return state is not None and key in state.ledger.firing - state.ledger.unsure


def _open(target: RehearsalTarget, key: str, groups: Groups) -> bool:
    state = groups.state(target.gid)
    if state is None:
        return False
    ledger = state.ledger
    return key in ledger.firing | ledger.fallback_firing | ledger.fallback_unsure | ledger.storm
