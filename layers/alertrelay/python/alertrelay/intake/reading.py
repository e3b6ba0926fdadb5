"""Answers what reads: status, receivers, alerts and their groups, silences, metrics."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alertrelay import __version__
from alertrelay.alert import rfc3339
from alertrelay.config.matchers import MatcherError, check_regex, parse_matcher
from alertrelay.config.model import Config, Matcher
from alertrelay.intake import view
from alertrelay.intake.ports import OpenAlerts
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.policy import silence
from alertrelay.policy.silence import Silence
from alertrelay.policy.silence_json import to_json
from alertrelay.ports import Clock

API_VERSION = "0.35.0"
"""The release of Alertmanager whose API this is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What the handlers of reads need. `original` is alertmanager.yml with its secrets left out; `silences` returns all
    that are kept, and raises state.StoreFailure."""

    config: Config
    original: str
    alerts: OpenAlerts
    silences: Callable[[], Sequence[Silence]]
    clock: Clock
    began: datetime


def get_status(reading: Reads) -> dict[str, Any]:
    """Returns an alertmanagerStatus; amtool asks for it before each command."""
    return {
        "cluster": {"status": "disabled", "peers": []},
        "config": {"original": reading.original},
        "uptime": rfc3339(reading.began),
        "versionInfo": {
            "branch": "alertrelay",
            "buildDate": "",
            "buildUser": "",
            "goVersion": "",
            "revision": __version__,
            "version": API_VERSION,
        },
    }


def get_receivers(reading: Reads) -> list[dict[str, str]]:
    """Returns the receivers of the configuration."""
    return [{"name": receiver.name} for receiver in reading.config.receivers]


def get_alerts(reading: Reads, request: ApiRequest) -> list[dict[str, Any]]:
    """Returns the alerts that fire, filtered as upstream, by fingerprint. Raises ApiError, state.StoreFailure."""
    wanted = wanted_by(request)
    return [view.to_json(one) for one in view.selected(_listed(reading), wanted)]


def get_groups(reading: Reads, request: ApiRequest) -> list[dict[str, Any]]:
    """Returns the alerts by group and receiver. Raises ApiError, state.StoreFailure."""
    wanted = wanted_by(request)
    return view.groups_json(view.selected(_listed(reading), wanted), wanted)


def get_silences(reading: Reads, request: ApiRequest) -> list[dict[str, Any]]:
    """Returns the silences that have each matcher of the filters; active ones first. Raises ApiError,
    state.StoreFailure."""
    now, matchers = reading.clock.now(), _filters(request)
    found = [one for one in reading.silences() if _has(one, matchers)]
    order = {"active": 0, "pending": 1, "expired": 2}
    found.sort(key=lambda one: (order[silence.state(one, now)], one.ends_at))
    return [to_json(one, now) for one in found]


def get_silence(reading: Reads, id: str) -> dict[str, Any]:  # noqa: A002 - the field's own name
    """Returns one silence. Raises ApiError where there is none, state.StoreFailure."""
    found = next((one for one in reading.silences() if one.id == id), None)
    if found is None:
        raise ApiError(404)
    return to_json(found, reading.clock.now())


def metrics(reading: Reads) -> str:
    """Returns what is known now in Prometheus's text format, under Alertmanager's names. Counters are CloudWatch's: no
    container knows what the others did."""
    now = reading.clock.now()
    states = {"active": 0, "suppressed": 0, "unprocessed": 0}
    for one in _listed(reading):
        states[view.to_json(one)["status"]["state"]] += 1
    kept = {"active": 0, "pending": 0, "expired": 0}
    for found in reading.silences():
        kept[silence.state(found, now)] += 1
    config = reading.config
    lines = [
        "# TYPE alertmanager_build_info gauge",
        f'alertmanager_build_info{{branch="alertrelay",revision="{__version__}",version="{API_VERSION}"}} 1',
        "# TYPE alertmanager_alerts gauge",
        *(f'alertmanager_alerts{{state="{state}"}} {number}' for state, number in states.items()),
        "# TYPE alertmanager_silences gauge",
        *(f'alertmanager_silences{{state="{state}"}} {number}' for state, number in kept.items()),
        "# TYPE alertmanager_config_last_reload_successful gauge",
        "alertmanager_config_last_reload_successful 1",
        "# TYPE alertmanager_receivers gauge",
        f"alertmanager_receivers {len(config.receivers)}",
        "# TYPE alertmanager_integrations gauge",
        f"alertmanager_integrations {sum(len(receiver.targets) for receiver in config.receivers)}",
        "# TYPE alertmanager_inhibition_rules gauge",
        f"alertmanager_inhibition_rules {len(config.inhibit_rules)}",
    ]
    return "\n".join(lines) + "\n"


def wanted_by(request: ApiRequest) -> view.AlertFilter:
    """Reads the filters of a request. Raises ApiError."""
    expression = request.query.get("receiver", [""])[-1]
    if expression:
        try:
            check_regex(expression)
        except MatcherError as error:
            raise ApiError(400, f"failed to parse receiver param: {error}") from None
    return view.AlertFilter(
        active=request.flag("active"),
        silenced=request.flag("silenced"),
        inhibited=request.flag("inhibited"),
        muted=request.flag("muted"),
        matchers=_filters(request),
        receiver=Matcher(name="receiver", op="=~", value=expression) if expression else None,
    )


def _listed(reading: Reads) -> list[view.Listed]:
    now = reading.clock.now()
    return view.listed(reading.config, reading.alerts.firing(now), reading.silences(), now=now)


def _filters(request: ApiRequest) -> tuple[Matcher, ...]:
    try:
        return tuple(parse_matcher(text) for text in request.query.get("filter", ()))
    except MatcherError as error:
        raise ApiError(400, f"bad matcher format: {error}") from None


def _has(one: Silence, filters: Sequence[Matcher]) -> bool:
    """Returns whether a silence has a matcher that a filter is, as upstream: `filter=service="orders"` finds the
    silences with service="orders" (or with an expression that matches the value)."""
    return all(any(_is_like(own, wanted) for together in one.matchers for own in together) for wanted in filters)


def _is_like(own: Matcher, wanted: Matcher) -> bool:
    from alertrelay.policy.matchers import matches

    if own.name != wanted.name:
        return False
    return (own.op, own.value) == (wanted.op, wanted.value) or (
        own.op in ("=", "=~") and matches([wanted], {wanted.name: own.value})
    )
