"""What scenarios are made of: alerts, silences, configurations, and the names of intended differences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.differential.scenario import Webhooks, configuration

MUTED_END = "an end is told although it is muted"
FIRED_AGAIN = "what fires again after its mute is told at the next flush"
PUNCTUAL_REPEAT = "a repeat is not one tick late"
CLOSED_AT_ONCE = "0.25 keeps an empty group until its maintenance"
LATE_JOINER = "0.25 flushes at once where a late alert joins a group that waits"
OWN_RETRIES = "a failed channel is tried again after its own pauses, not at the next tick"
ANNOUNCED_ONLY = "an end is told only of what was announced"
OPEN_STAYS = "what was announced stays in the message while it fires, although it is muted now"
FIRED_AGAIN_QUIETLY = "what fires again is told anew, also where its end was not"
OPENS_NO_GROUP = "an end of which nothing was known opens no group"
SILENCE_ENDS = "a silence's end over a critical alert is announced before it comes"
MOVED_AT_A_FLUSH = "a new configuration takes hold at a group's next flush"

CLASSIC_NAMES = "0.25 refuses names of labels beyond the classic ones"
EMPTY_GROUP_BY = "0.25 ignores `group_by: []` in a child"


def a(name: str = "a", *, ends: float | None = None, starts: float | None = None, **labels: str) -> dict[str, Any]:
    """An alert."""
    times = {key: value for key, value in (("endsAt", ends), ("startsAt", starts)) if value is not None}
    return {"labels": {"alertname": name, **labels}, **times}


def silence(name: str, starts: float, ends: float, **labels: str) -> dict[str, Any]:
    """A silence of equal labels."""
    matchers = [{"name": key, "value": value} for key, value in labels.items()]
    return {"silence": {"name": name, "matchers": matchers, "startsAt": starts, "endsAt": ends}}


def reload(
    route: Mapping[str, Any], receivers: Mapping[str, Any] | None = None, rest: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Another configuration; the port is put in when it is played."""
    return {
        "reload": configuration(route, receivers or {"r": [{}]}, rest or {}, lambda name: f"http://127.0.0.1:9/{name}")
    }


def inhibit(source: list[str], target: list[str], equal: list[str]) -> dict[str, Any]:
    """One inhibit rule."""
    return {"inhibit_rules": [{"source_matchers": source, "target_matchers": target, "equal": equal}]}


TWO: Webhooks = {"r": [{}], "s": [{}]}
QUIET = {"r": [{"send_resolved": False}]}
ALWAYS = {
    "time_intervals": [
        {"name": "always", "time_intervals": [{"times": [{"start_time": "00:00", "end_time": "24:00"}]}]}
    ]
}
NEVER = {"time_intervals": [{"name": "never", "time_intervals": [{"years": ["1999"]}]}]}
DOWN = inhibit(["alertname=down"], ["alertname!=down"], ["service"])
