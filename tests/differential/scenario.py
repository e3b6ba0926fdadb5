"""A scenario: a configuration, a timeline as `alertrelay simulate` reads it, and what is expected to differ."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from compiler.load import Release, try_out
from local.simulation.run import Options, SimulatedRun
from local.simulation.timeline import parse_timeline

Webhooks = Mapping[str, Sequence[Mapping[str, Any]]]
ROUTE: Mapping[str, Any] = {
    "receiver": "r",
    "group_by": ["alertname"],
    "group_wait": "300ms",
    "group_interval": "500ms",
    "repeat_interval": "1h",
}
START = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """`differs`: why alertrelay departs from Alertmanager (docs/try-it-locally.md), "" where it does not.

    `since`: what 0.33 does otherwise than 0.25. `answers_after`: seconds that the real sink takes to answer.
    `tolerance`: seconds that a notification may come earlier or later; retries have a jitter of half their pause.
    """

    name: str
    timeline: Sequence[tuple[float, Any]]
    until: float
    route: Mapping[str, Any] = field(default_factory=dict)
    receivers: Webhooks = field(default_factory=lambda: {"r": [{}]})
    rest: Mapping[str, Any] = field(default_factory=dict)
    tolerance: float = 0.15
    answers_after: float = 0.0
    differs: str = ""
    since: str = ""

    def config(self, url_of: Callable[[str], str] = lambda receiver: f"http://127.0.0.1:9/{receiver}") -> str:
        """The configuration with the sinks' addresses, as JSON, which is YAML."""
        return configuration(self.route, self.receivers, self.rest, url_of)


@dataclass(frozen=True, kw_only=True)
class Sent:
    """One try to reach a webhook."""

    t: float
    group: str
    receiver: str
    status: str
    alerts: frozenset[tuple[str, str]]
    code: int

    @property
    def content(self) -> tuple[Any, ...]:
        """All but the time."""
        return self.status, self.alerts, self.code


def configuration(
    route: Mapping[str, Any], receivers: Webhooks, rest: Mapping[str, Any], url_of: Callable[[str], str]
) -> str:
    """`route` is laid over ROUTE."""
    webhooks = {
        name: [{"url": url_of(name), **dict(webhook)} for webhook in webhooks] for name, webhooks in receivers.items()
    }
    return json.dumps(
        {
            "route": {**ROUTE, **route},
            "receivers": [{"name": name, "webhook_configs": hooks} for name, hooks in webhooks.items()],
            **rest,
        }
    )


def simulated(scenario: Scenario, compatible: Release | None, start: datetime = START) -> list[Sent]:
    """What the simulation sends."""
    loaded = try_out(scenario.config(), release=compatible or "0.33")
    assert loaded.config, loaded.errors
    said: list[str] = []
    options = Options(
        start=start,
        until=scenario.until,
        compatible=compatible,
        explain=False,
        delivery=None,
        warn=said.append,
    )
    timeline = json.loads(json.dumps(scenario.timeline))
    lines = SimulatedRun(loaded.config, options, last_resort=False).lines(parse_timeline(timeline, start))
    return [
        Sent(
            t=line["t"],
            group=line["groupKey"],
            receiver=line["receiver"],
            status=line["status"],
            alerts=frozenset((json.dumps(a["labels"], sort_keys=True), a["status"]) for a in line["alerts"]),
            code=line["code"],
        )
        for line in map(json.loads, lines)
    ]


def differences(expected: Sequence[Sent], found: Sequence[Sent], *, tolerance: float) -> list[str]:
    """What each side has that the other lacks, group by group, in order, within the tolerance."""
    left = sorted(found, key=lambda sent: sent.t)
    said = []
    for one in sorted(expected, key=lambda sent: sent.t):
        same = (s for s in left if (s.group, s.receiver) == (one.group, one.receiver) and s.content == one.content)
        match = next((s for s in same if abs(s.t - one.t) <= tolerance), None)
        if match:
            left.remove(match)
        else:
            said.append(f"missing: {_shown(one)}")
    return said + [f"not expected: {_shown(sent)}" for sent in left]


def _shown(sent: Sent) -> str:
    alerts = ", ".join(f"{labels} {status}" for labels, status in sorted(sent.alerts))
    return f"t={sent.t:.3f} {sent.receiver} {sent.group} {sent.status} {sent.code}: {alerts}"
