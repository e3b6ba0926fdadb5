"""From a message to its alerts: a table picks the kind, `raw` takes what is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from alertrelay.alert import Alert, Source
from alertrelay.sources import (
    alertmanager,
    alertmanager_api,
    amp,
    cloudwatch,
    cloudwatch_direct,
    eventbridge,
    grafana,
    raw,
)
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent import bridge, notice
from alertrelay.sources.envelope import NOT_JSON, Envelope, decoded
from alertrelay.sources.text import one_line

HOP_ATTRIBUTE = "alertrelay-hop"
"""The message attribute of what we sent ourselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One payload kind. `detect` sees decoded JSON, or text that is none; where `parse` fails the message is raw."""

    source: Source
    detect: Callable[[object], bool]
    parse: Callable[[object, Arrival], Sequence[Alert]]


KINDS: tuple[SourceKind, ...] = (
    SourceKind(source="cloudwatch", detect=cloudwatch.detect, parse=cloudwatch.parse),
    SourceKind(source="eventbridge", detect=eventbridge.detect, parse=eventbridge.parse),
    SourceKind(source="cloudwatch-direct", detect=cloudwatch_direct.detect, parse=cloudwatch_direct.parse),
    SourceKind(source="grafana", detect=grafana.detect, parse=grafana.parse),
    SourceKind(source="amp", detect=amp.detect, parse=amp.parse),
    SourceKind(source="alertmanager", detect=alertmanager.detect, parse=alertmanager.parse),
    SourceKind(source="alertmanager", detect=alertmanager_api.detect, parse=alertmanager_api.parse),
    SourceKind(source="aws-event", detect=bridge.detect, parse=bridge.parse),
    SourceKind(source="aws-event", detect=notice.detect, parse=notice.parse),
    SourceKind(source="aws-event", detect=notice.detect_text, parse=notice.parse_text),
)
"""The first that detects takes the message. To add a source: one file with `detect` and `parse`, one line here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """What a message held: at least one alert.

    `problem` says why it became raw, or is "". `hop` is set on what this relay sent itself: it is parsed, but goes to
    the ops topic only.
    """

    source: Source
    alerts: tuple[Alert, ...]
    problem: str = ""
    hop: bool = False


def parse(envelope: Envelope, *, received_at: datetime) -> Parsed:
    """The alerts of a message. Never raises and is never empty; `received_at` stands in for times that are missing."""
    arrival = Arrival(envelope=envelope, received_at=received_at)
    value = _decoded_twice(envelope.text)
    source, alerts, problem = _by_kind(value, arrival)
    return Parsed(source=source, alerts=alerts, problem=problem, hop=HOP_ATTRIBUTE in envelope.attributes)


def _by_kind(value: object, arrival: Arrival) -> tuple[Source, tuple[Alert, ...], str]:
    problem = "not JSON" if value is NOT_JSON else "no known kind of message"
    seen = arrival.envelope.text if value is NOT_JSON else value
    for kind in KINDS:
        try:
            if kind.detect(seen) and (alerts := tuple(kind.parse(seen, arrival))):
                return kind.source, alerts, ""
        except Exception as error:  # noqa: BLE001  whatever a parser stumbles over, a person still reads the message
            problem = f"the {kind.source} parser failed: {type(error).__name__}: {one_line(str(error))}"
    return "raw", raw.parse(value, arrival), problem


def _decoded_twice(text: str) -> object:
    """Some publishers encode their JSON twice: the message is then a JSON text that is itself a JSON object."""
    value = decoded(text)
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        inner = decoded(value)
        return value if inner is NOT_JSON else inner
    return value
