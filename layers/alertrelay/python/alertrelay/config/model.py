"""The compiled configuration: plain values, read by a Lambda from one JSON file without any YAML.

`Config.to_json()` and `Config.from_json()` are inverse. Nothing here holds a secret: a `*_key` field is the name
of a key of the environment's secret.
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from alertrelay.alert import Integration
from alertrelay.config.calendar import Cron, TimeInterval
from alertrelay.config.channel import Settings
from alertrelay.config.escalation import Tier
from alertrelay.config.reading import Readers

SCHEMA = 2
Operator = Literal["=", "!=", "=~", "!~"]
SettingsOf = Callable[[str], type[Settings]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Matcher:
    """One matcher of a route. Regular expressions are RE2 and anchored at both ends."""

    name: str
    op: Operator
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One node of the tree with everything inherited filled in. Durations in seconds.

    `key` is Alertmanager's route key (`{}/{severity="critical"}`); `id` adds child indexes and is unique.
    `group_by` is None for `'...'`: all labels. `own` names the inherited keys that stand on the node itself.
    """

    id: str
    key: str
    receiver: str
    matchers: tuple[Matcher, ...]
    continue_: bool
    group_by: tuple[str, ...] | None
    group_wait: float
    group_interval: float
    repeat_interval: float
    mute_time_intervals: tuple[str, ...]
    active_time_intervals: tuple[str, ...]
    routes: tuple[Route, ...]
    own: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InhibitRule:
    """While an alert matches `source`, one that matches `target` is suppressed if their `equal` labels agree.

    `name` is for people only (0.30 and later); it decides nothing. A side without matchers matches every alert.
    """

    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...]
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """An integration with all that is needed to render for it and to send to it.

    `texts` holds the team's own texts of its messages, as render/team_texts.py runs them: `fields` by key, and the
    `templates` that they call. Empty where the configuration sets none.
    """

    integration: Integration
    send_resolved: bool
    settings: Settings
    texts: Mapping[str, Any] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """A receiver may have no targets: then nobody is notified, on purpose."""

    name: str
    targets: tuple[Target, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaintenanceWindow:
    """While it is open, what `matchers` match is muted at `receivers` (at all, where none is named). It opens by `cron`
    or `once` at a local time as ISO 8601, for `duration` seconds; `location` is a name of IANA, "" for UTC."""

    name: str
    cron: Cron | None
    once: str
    duration: float
    location: str
    matchers: tuple[Matcher, ...]
    receivers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GrafanaServer:
    """A Grafana whose dashboards are annotated; `token_key` names the secret's key of a service account's token."""

    url: str
    token_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnotatedDashboard:
    """Where alerts that `matchers` match are annotated: a dashboard by its uid, "" for the organisation's annotations;
    a panel of it by its number, 0 for all."""

    matchers: tuple[Matcher, ...]
    dashboard: str
    panel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedAutomation:
    """A document of SSM Automation that may start by itself for alerts that `matchers` match, and the ARN of the role
    that it is handed, "" for none."""

    document: str
    matchers: tuple[Matcher, ...]
    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FlapRule:
    """An alert of these receivers and severities that changes more than `more_than` times `within` so many seconds
    flaps, until it has not changed for `settled_after` seconds. An empty list names all."""

    receivers: tuple[str, ...]
    severities: tuple[str, ...]
    more_than: int
    within: float
    settled_after: float

    def covers(self, receiver: str, severity: str) -> bool:
        """Returns whether the rule is about such an alert."""
        named = not self.receivers or receiver in self.receivers
        return named and (not self.severities or severity in self.severities)


def secret_keys(receivers: Iterable[Receiver]) -> tuple[str, ...]:
    """Returns the keys of the environment's secret that messages to these receivers need, sorted."""
    named = (target.settings.key_name for receiver in receivers for target in receiver.targets)
    return tuple(sorted({name for names in named for name in names.split()}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """One environment's compiled configuration.

    `fallbacks` maps a receiver to its stages in order; a stage names one receiver or more and succeeds when one of
    them delivered. `last_resort` says whether the stack's own topic stands behind the last stage.
    `hash` names the content: a group that was opened under another one is looked at anew.
    `time_intervals` maps each name to its entries, of which any one that holds makes the name hold; every name that a
    route uses is in it. `resolve_timeout` is in seconds: when an alert that names no end is over.
    `limits`: how many messages a receiver takes before a digest, where delivery.yml sets it; of PagerDuty, incidents a
    minute. `charts`: messages chart the metric of their alarm. `flap_damping`: the first rule that covers an alert
    counts. `escalation`: the tiers behind a channel that does not escalate by itself, in order.
    """

    environment: str
    hash: str
    route: Route
    receivers: tuple[Receiver, ...]
    fallbacks: Mapping[str, tuple[tuple[str, ...], ...]]
    last_resort: bool
    inhibit_rules: tuple[InhibitRule, ...] = ()
    time_intervals: Mapping[str, tuple[TimeInterval, ...]] = field(default_factory=dict)
    resolve_timeout: float = 300.0
    limits: Mapping[str, int] = field(default_factory=dict)
    charts: bool = False
    escalation: tuple[Tier, ...] = ()
    flap_damping: tuple[FlapRule, ...] = ()
    maintenance: tuple[MaintenanceWindow, ...] = ()
    grafana: GrafanaServer | None = None
    dashboards: tuple[AnnotatedDashboard, ...] = ()
    automations: tuple[AllowedAutomation, ...] = ()

    def receiver(self, name: str) -> Receiver | None:
        """Returns the receiver of that name, or None where the configuration no longer has it."""
        return next((r for r in self.receivers if r.name == name), None)

    def route_of(self, route_id: str) -> Route | None:
        """Returns the node of that id, or what a tier has for one, or None where the configuration no longer has it."""
        if tier := self.tier_of(route_id):
            return self._route_of_tier(tier)
        waiting = [self.route]
        while waiting:
            route = waiting.pop()
            if route.id == route_id:
                return route
            waiting += route.routes
        return None

    def tier_of(self, route_id: str) -> Tier | None:
        """Returns the tier whose groups have this in place of a route's id, None for a route."""
        return next((tier for tier in self.escalation if tier.route_id == route_id), None)

    def _route_of_tier(self, tier: Tier) -> Route:
        return dataclasses.replace(
            self.route,
            id=tier.route_id,
            key=f"{{}}/{tier.route_id}",
            matchers=(),
            group_wait=tier.after,
            mute_time_intervals=(),
            active_time_intervals=tier.hours,
            routes=(),
            own=(),
        )

    def target(self, integration: Integration) -> Target | None:
        """Returns the target of an integration, or None where the configuration no longer has it."""
        found = self.receiver(integration.receiver)
        return next((t for t in found.targets if t.integration == integration), None) if found else None

    def flap_rule(self, receiver: str, severity: str) -> FlapRule | None:
        """Returns the rule by which such an alert flaps, None where its changes are all notified."""
        return next((rule for rule in self.flap_damping if rule.covers(receiver, severity)), None)

    def secret_keys(self) -> tuple[str, ...]:
        """Returns the keys that the environment's secret has to hold, sorted."""
        own = (self.grafana.token_key,) if self.grafana else ()
        return tuple(sorted({*secret_keys(self.receivers), *own}))

    @property
    def accompanied(self) -> bool:
        """Returns whether anything accompanies the messages: an annotation, or a runbook that starts."""
        return bool(self.dashboards or self.automations)

    def kinds(self) -> frozenset[str]:
        """Returns the kinds of channels that have an integration."""
        return frozenset(target.integration.channel for receiver in self.receivers for target in receiver.targets)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` reads it back to an equal value."""
        return {"schema": SCHEMA, **dataclasses.asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any], *, settings_of: SettingsOf) -> Config:
        """Raises ValueError for another schema than ours: a function and its configuration ship together. `settings_of`
        gives the settings' type of a channel: the channels stand above this room."""
        if data.get("schema") != SCHEMA:
            raise ValueError(f"configuration schema {data.get('schema')!r} found, {SCHEMA} expected: deploy again")
        return typing.cast(Config, _readers(settings_of).reader(cls)(data))


def _readers(settings_of: SettingsOf) -> Readers:
    """Returns the readers of the classes of this file. The type of a target's settings follows from its channel."""
    readers = Readers()

    def target(value: Any) -> Target:
        return Target(
            integration=readers.reader(Integration)(value["integration"]),
            send_resolved=value["send_resolved"],
            settings=readers.reader(settings_of(value["integration"]["channel"]))(value["settings"]),
            texts=value["texts"],
        )

    readers.special[Target] = target
    return readers
