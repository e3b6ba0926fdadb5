"""Shows alerts as Alertmanager's API v2 lists them: with their state, receivers, and in the groups of the route tree.

Shapes: prometheus/alertmanager api/v2/openapi.yaml (gettableAlert, alertGroup). A state is computed from what is known
now: silences, inhibit rules and time intervals mute as at a flush.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alertrelay.alert import Labels, rfc3339
from alertrelay.config.model import Config, Matcher, Route
from alertrelay.intake.posted import NEVER
from alertrelay.nflog.group_state import AlertItem
from alertrelay.policy.group_key import clock_of, group_labels
from alertrelay.policy.inhibit import Firing, SourceIndex
from alertrelay.policy.matchers import matches
from alertrelay.policy.route import match_routes
from alertrelay.policy.silence import Silence, silenced_by
from alertrelay.policy.time_interval import Muted, muted
from alertrelay.values.charted import ANNOTATION


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertFilter:
    """The filters of a request. `receiver` is an expression over receiver names, as a matcher."""

    active: bool = True
    silenced: bool = True
    inhibited: bool = True
    muted: bool = True
    matchers: tuple[Matcher, ...] = ()
    receiver: Matcher | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An alert with what mutes it now."""

    item: AlertItem
    routes: tuple[Route, ...]
    silenced: tuple[str, ...]
    inhibited: tuple[str, ...]
    muted: tuple[Muted, ...]

    @property
    def receivers(self) -> tuple[str, ...]:
        """Returns the receivers of its routes, each once, in order."""
        return tuple(dict.fromkeys(route.receiver for route in self.routes))


def listed(config: Config, items: Sequence[AlertItem], silences: Iterable[Silence], *, now: datetime) -> list[Listed]:
    """Returns the alerts that fire, by fingerprint."""
    firing = [item for item in items if item.alert.status == "firing" and (item.alert.ends_at or NEVER) > now]
    sources = [Firing(state_key=one.alert.state_key, labels=one.alert.labels) for one in firing]
    index = SourceIndex(config.inhibit_rules, sources)
    by_key = {item.alert.state_key: item.alert.fingerprint for item in firing}
    stored = tuple(silences)
    found = [_listed(config, item, stored, index, by_key, now) for item in firing]
    return sorted(found, key=lambda one: one.item.alert.fingerprint)


def _listed(
    config: Config,
    item: AlertItem,
    silences: Sequence[Silence],
    sources: SourceIndex,
    by_key: dict[str, str],
    now: datetime,
) -> Listed:
    labels = item.alert.labels
    routes = tuple(match_routes(config.route, labels))
    found = sources.inhibiting(labels)
    intervals = [muted(route, config.time_intervals, now) for route in routes]
    return Listed(
        item=item,
        routes=routes,
        silenced=tuple(one.id for one in silenced_by(silences, labels, now)),
        inhibited=(by_key[found.source.state_key],) if found else (),
        muted=tuple(why for why in intervals if why) if all(intervals) else (),
    )


def selected(found: Iterable[Listed], wanted: AlertFilter) -> list[Listed]:
    """Returns the alerts that a request asks for."""
    return [one for one in found if _is_wanted(one, wanted)]


def _is_wanted(one: Listed, wanted: AlertFilter) -> bool:
    if not matches(wanted.matchers, one.item.alert.labels):
        return False
    if wanted.receiver and not any(matches([wanted.receiver], {"receiver": name}) for name in one.receivers):
        return False
    if not (wanted.active or one.silenced or one.inhibited or one.muted):
        return False
    hidden = (not wanted.silenced and one.silenced) or (not wanted.inhibited and one.inhibited)
    return not (hidden or (not wanted.muted and one.muted))


def to_json(one: Listed) -> dict[str, Any]:
    """Returns a gettableAlert."""
    alert = one.item.alert
    suppressed = one.silenced or one.inhibited or one.muted
    return {
        "annotations": {name: text for name, text in alert.annotations.items() if name != ANNOTATION},
        "endsAt": rfc3339(alert.ends_at or NEVER),
        "fingerprint": alert.fingerprint,
        "receivers": [{"name": name} for name in one.receivers],
        "startsAt": rfc3339(alert.starts_at),
        "status": {
            "inhibitedBy": list(one.inhibited),
            "silencedBy": list(one.silenced),
            "mutedBy": [why.interval for why in one.muted],
            "state": "suppressed" if suppressed else "active",
        },
        "updatedAt": rfc3339(clock_of(one.item.order_key)),
        "generatorURL": alert.generator_url,
        "labels": dict(alert.labels),
    }


def groups_json(found: Sequence[Listed], wanted: AlertFilter) -> list[dict[str, Any]]:
    """Returns the alertGroups of the alerts, by labels and receiver."""
    groups: dict[tuple[str, tuple[tuple[str, str], ...]], list[Listed]] = {}
    for one in found:
        for route in one.routes:
            if wanted.receiver and not matches([wanted.receiver], {"receiver": route.receiver}):
                continue
            labels: Labels = group_labels(route, one.item.alert.labels)
            members = groups.setdefault((route.receiver, tuple(sorted(labels.items()))), [])
            if one not in members:
                members.append(one)
    ordered = sorted(groups.items(), key=lambda pair: (pair[0][1], pair[0][0]))
    return [
        {"alerts": [to_json(one) for one in members], "labels": dict(labels), "receiver": {"name": receiver}}
        for (receiver, labels), members in ordered
    ]
