"""From a message to its alerts: a table picks the kind, `raw` takes what is left."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import Any

from alertrelay.alert import Alert, Source
from alertrelay.sources import raw
from alertrelay.sources.arrival import Arrival
from alertrelay.sources.awsevent.draft import distinct
from alertrelay.sources.envelope import NOT_JSON, Envelope, decoded, embedded, too_deep
from alertrelay.values.text import one_line, unquoted

HOP_ATTRIBUTE = "alertrelay-hop"
"""The message attribute of what we sent ourselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One payload kind, in a module of alertrelay.sources that is imported when a message may be of it: a page about an
    alarm does not wait for the others.

    Its `detect` sees decoded JSON, or text that is none; where its `parse` fails the message is raw. `text` is put
    behind the names of both where a module reads two kinds.
    """

    source: Source
    module: str
    text: str = ""

    def detect(self, value: object) -> bool:
        """Returns whether a message is of this kind."""
        found: bool = _function(self.module, "detect", self.text)(value)
        return found

    def parse(self, value: object, arrival: Arrival) -> Sequence[Alert]:
        """Returns the alerts of a message of this kind. Raises whatever its parser stumbles over."""
        found: Sequence[Alert] = _function(self.module, "parse", self.text)(value, arrival)
        return found


@functools.cache
def _function(module: str, name: str, text: str) -> Callable[..., Any]:
    found: Callable[..., Any] = getattr(import_module(f"alertrelay.sources.{module}"), name + text)
    return found


def load() -> None:
    """Import what reads an alarm of CloudWatch, so that the first message does not wait for it."""
    _function(KINDS[0].module, "parse", "")


KINDS: tuple[SourceKind, ...] = (
    SourceKind(source="cloudwatch", module="cloudwatch"),
    SourceKind(source="eventbridge", module="eventbridge"),
    SourceKind(source="cloudwatch-direct", module="cloudwatch_direct"),
    SourceKind(source="anomaly", module="anomaly"),
    SourceKind(source="grafana", module="grafana"),
    SourceKind(source="amp", module="amp"),
    SourceKind(source="alertmanager", module="alertmanager"),
    SourceKind(source="alertmanager", module="alertmanager_api"),
    SourceKind(source="third-party", module="datadog"),
    SourceKind(source="third-party", module="newrelic"),
    SourceKind(source="third-party", module="pagerduty_webhook"),
    SourceKind(source="third-party", module="grafana_oncall"),
    SourceKind(source="custom", module="amazonq"),
    SourceKind(source="aws-event", module="awsevent.bridge"),
    SourceKind(source="aws-event", module="awsevent.notice"),
    SourceKind(source="aws-event", module="awsevent.notice", text="_text"),
    SourceKind(source="custom", module="alert_text"),
)
"""The first that detects takes the message, unless its `parse` finds nothing in it. To add a source: one file with
`detect` and `parse`, one line here."""

GUESSES: tuple[SourceKind, ...] = (SourceKind(source="custom", module="own_json"),)
"""Kinds that are known by their words alone: tried after all others were tried on what the message holds within it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """The content of a message: at least one alert.

    `problem` says why it became raw, or is "". `hop` is set on what this relay sent itself: it is parsed, but goes to
    the ops topic only.
    """

    source: Source
    alerts: tuple[Alert, ...]
    problem: str = ""
    hop: bool = False


def parse(envelope: Envelope, *, received_at: datetime, charts: bool = False) -> Parsed:
    """Returns the alerts of a message. Never raises and is never empty; `received_at` stands in for times that are
    missing; `charts`: see Arrival."""
    arrival = Arrival(envelope=envelope, received_at=received_at, charts=charts)
    value = _decoded(envelope.text)
    found, problem = _known(value, arrival, _DEPTH, KINDS)
    if not found and value is NOT_JSON:
        # After the parsers of text: Managed Prometheus's own text has raw line breaks too, and other rules.
        lenient = decoded(envelope.text, strict=False)
        value = _decoded_if_text(lenient) if lenient is not NOT_JSON else value
        found, problem = _known(value, arrival, _DEPTH, KINDS)
    if not found:
        found = _known(value, arrival, _DEPTH, GUESSES)[0] or _within(value, arrival)
        problem = "" if found else problem
    source, alerts = found or ("raw", raw.parse(value, arrival))
    return Parsed(source=source, alerts=alerts, problem=problem, hop=HOP_ATTRIBUTE in envelope.attributes)


_DEPTH = 3
_SAMPLE = 50
_WRAPPERS = (
    "default", "body", "Message", "message", "event", "Event", "events", "payload", "Payload", "messages",
    "requestPayload", "data", "input", "invokingEvent", "detail",
)  # fmt: skip
"""Where people and services put a message into another: SNS's JSON structure, an HTTP request, a failed invocation."""

_Found = tuple[Source, tuple[Alert, ...]]


def _known(value: object, arrival: Arrival, depth: int, kinds: Sequence[SourceKind]) -> tuple[_Found | None, str]:
    """Return what is found by its own kind, else in a list or a wrapping; else None, and why."""
    found, problem = _by_kind(value, arrival, kinds)
    if found or not depth:
        return found, "" if found else problem
    if isinstance(value, list):
        found = _of_list(value, arrival, depth - 1, kinds)
    elif isinstance(value, dict):
        held = (_decoded_if_text(value[key]) for key in _WRAPPERS if key in value)
        tried = (_known(each, arrival, depth - 1, kinds)[0] for each in held if isinstance(each, dict | list))
        found = next((each for each in tried if each), None)
    return found, "" if found else problem


def _within(value: object, arrival: Arrival) -> _Found | None:
    """Return what the objects are known as that stand in a text beside other words."""
    within = embedded(arrival.envelope.text) if value is NOT_JSON else NOT_JSON
    if within is NOT_JSON:
        return None
    return _known(within, arrival, _DEPTH, KINDS)[0] or _known(within, arrival, _DEPTH, GUESSES)[0]


def _of_list(values: list[object], arrival: Arrival, depth: int, kinds: Sequence[SourceKind]) -> _Found | None:
    """Returns the alerts of all entries, where any entry is of a known kind; what is not stays raw.

    Of a long list some entries, evenly spread, decide whether there is any: 10,000 unknown things cost no more than
    50."""
    few = values[:: max(1, len(values) // _SAMPLE)] if len(values) > _SAMPLE else values
    if not any(_of_list_entry(_decoded_if_text(entry), arrival, depth, kinds) for entry in few):
        return None
    each = [(entry, _of_list_entry(entry, arrival, depth, kinds)) for entry in map(_decoded_if_text, values)]
    source: Source = next((found[0] for _, found in each if found), "raw")
    alerts = [alert for entry, found in each for alert in _alerts_of_entry(entry, found, arrival)]
    return source, distinct(alerts)


def _of_list_entry(entry: object, arrival: Arrival, depth: int, kinds: Sequence[SourceKind]) -> _Found | None:
    """Text in a list is no message of its own: the Subject is not about each of 10,000 words."""
    return _known(entry, arrival, depth, kinds)[0] if isinstance(entry, dict | list) else None


def _alerts_of_entry(entry: object, found: _Found | None, arrival: Arrival) -> Sequence[Alert]:
    """An entry that only a guess knows stands beside entries that all kinds know."""
    known = found or (_by_kind(entry, arrival, GUESSES)[0] if isinstance(entry, dict) else None)
    return known[1] if known else raw.parse(entry, arrival, part=True)


def _by_kind(value: object, arrival: Arrival, kinds: Sequence[SourceKind]) -> tuple[_Found | None, str]:
    problem = _unread(arrival) if value is NOT_JSON else "no known kind of message"
    seen = unquoted(arrival.envelope.text) if value is NOT_JSON else value
    for kind in kinds:
        try:
            if kind.detect(seen) and (alerts := tuple(kind.parse(seen, arrival))):
                return (kind.source, alerts), ""
        except Exception as error:  # noqa: BLE001  whatever a parser stumbles over, a person still reads the message
            problem = f"the {kind.source} parser failed: {type(error).__name__}: {one_line(str(error))}"
    return None, problem


def _unread(arrival: Arrival) -> str:
    return "JSON that is nested too deep to be read" if too_deep(arrival.envelope.text) else "not JSON"


def _decoded(text: str) -> object:
    """Some publishers encode their JSON twice or more: the message is then a JSON text that is itself JSON."""
    value = decoded(text)
    return NOT_JSON if value is NOT_JSON else _decoded_if_text(value)


def _decoded_if_text(value: object) -> object:
    for _ in range(_DEPTH):
        if not isinstance(value, str) or not value.lstrip().startswith(("{", "[", '"')):
            break
        inner = decoded(value)
        if inner is NOT_JSON:
            break
        value = inner
    return value
