"""Shows one alert: what it is, what suppresses it, and what became of it at each integration."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.channels.slack.buttons import is_judged
from alertrelay.intake.console.notified import notifications
from alertrelay.intake.console.overview import line
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiError
from alertrelay.intake.view import Listed, listed
from alertrelay.nflog.group_state import AlertItem
from alertrelay.policy.group_key import clock_of
from alertrelay.policy.route import match_routes
from alertrelay.policy.silence import Silence
from alertrelay.policy.silence_json import to_json
from alertrelay.policy.verdict import verdict_on
from alertrelay.state import Groups, Lookup
from alertrelay.values.charted import ANNOTATION


def shown(reading: Reads, groups: Groups, lookup: Lookup, fingerprint: str) -> tuple[Listed, dict[str, Any]]:
    """Returns one alert, and its page. Raises ApiError where it neither fires nor ended a short while ago,
    state.StoreFailure."""
    now = reading.clock.now()
    items, silences = reading.alerts.firing(now), reading.silences()
    firing = listed(reading.config, items, silences, now=now)
    one = found(reading, items, firing, fingerprint)
    return one, {
        "asOf": rfc3339(now),
        "alert": {**_whole(one), "verdict": _verdict(one, lookup)},
        "suppressedBy": list(_reasons(one, firing, silences, reading)),
        "notifications": notifications(reading.config, groups, one),
    }


def _verdict(one: Listed, lookup: Lookup) -> dict[str, Any] | None:
    """Returns what a person said last of this firing of an anomaly."""
    alert = one.item.alert
    if not is_judged(alert):
        return None
    facts = lookup.facts(alerts=(), inhibitors=(), judged=[alert.fingerprint])
    said = verdict_on(alert.fingerprint, alert.starts_at, facts.context.verdicts)
    if said is None:
        return None
    return {"helpful": said.helpful, "by": said.by, "at": rfc3339(datetime.fromtimestamp(said.at, UTC))}


def found(reading: Reads, items: Sequence[AlertItem], firing: Sequence[Listed], fingerprint: str) -> Listed:
    """Returns the alert of a fingerprint: one that fires, else the one that resolved last. Raises ApiError."""
    for one in firing:
        if one.item.alert.fingerprint == fingerprint:
            return one
    over = [item for item in items if item.alert.fingerprint == fingerprint]
    if not over:
        message = "no alert of this fingerprint fires, or resolved within the last half hour"
        raise ApiError(404, {"code": 404, "message": message})
    last = max(over, key=lambda item: item.order_key)
    routes = tuple(match_routes(reading.config.route, last.alert.labels))
    return Listed(item=last, routes=routes, silenced=(), inhibited=(), muted=())


def _whole(one: Listed) -> dict[str, Any]:
    alert = one.item.alert
    return {
        **line(one),
        "annotations": {name: text for name, text in alert.annotations.items() if name != ANNOTATION},
        "generatorURL": alert.generator_url,
        "source": alert.source,
        "anomaly": is_judged(alert),
        "status": alert.status,
        "startsAt": rfc3339(alert.starts_at),
        "endsAt": rfc3339(alert.ends_at) if alert.ends_at else None,
        "updatedAt": rfc3339(clock_of(one.item.order_key)),
    }


def _reasons(
    one: Listed, firing: Sequence[Listed], silences: Sequence[Silence], reading: Reads
) -> Iterator[dict[str, Any]]:
    now = reading.clock.now()
    for silence in silences:
        if silence.id in one.silenced:
            yield {"why": "silence", "silence": to_json(silence, now)}
    for source in firing:
        alert = source.item.alert
        if alert.fingerprint in one.inhibited:
            shown = {"fingerprint": alert.fingerprint, "name": alert.name, "labels": dict(alert.labels)}
            yield {"why": "inhibition", "alert": shown}
    for muted in one.muted:
        yield {"why": muted.reason, "interval": muted.interval}
