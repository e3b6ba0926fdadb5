"""Amazon Managed Service for Prometheus by SNS: JSON by its documented template, or the default plain text.

The template does not escape values, so a quotation mark or a line break in one makes the JSON invalid; and a message
over 256 KB is cut. Source: the service's user guide, "Alert receiver", and Alertmanager's template default.tmpl.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import replace

from alertrelay.alert import Alert
from alertrelay.sources import alertmanager, raw, sentence
from alertrelay.sources.arrival import Arrival
from alertrelay.values import text as texts

_GO_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+ [+-][0-9]{4}")
_TEMPLATE_HEAD = re.compile(r'\s*\{.{0,2000}?"alerts"\s*:\s*\[', re.DOTALL)
_REPLACED = ("Error - not a valid UTF-8", "Error - Message should not be empty", "Error - Message has been truncated")
_SECTION = re.compile(r"^Alerts (?P<status>Firing|Resolved):[ \t\r]*$", re.MULTILINE | re.IGNORECASE)
_PAIR = re.compile(r" ?- (?P<name>[^=\n]{1,200}?) = (?P<value>.*)", re.DOTALL)
# The end of a value: a quotation mark before the next key, or before the end of the object.
_END = re.compile(r'"(?=\s*(?:,\s*"[^"\n]{1,200}"\s*:|\}\s*(?:[,\]}]|$)))')
_START = re.compile(r':\s*"')


def detect(value: object) -> bool:
    """JSON in the webhook's shape with Go's times; text of the default template; JSON of a template that is broken."""
    if isinstance(value, str):
        return value.startswith(_REPLACED) or bool(_sections(value)) or _is_template(value)
    group = texts.mapping(value)
    entries = [texts.mapping(entry) for entry in texts.items(group.get("alerts"))]
    shaped = any("labels" in entry or "annotations" in entry for entry in entries)
    return shaped and any(_is_managed(entry) for entry in (group, *entries))


def parse(value: object, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns one alert an entry; of a message that was replaced, the one event that is left of it."""
    if not isinstance(value, str):
        return alertmanager.of_group(texts.mapping(value), arrival, source="amp")
    if value.startswith(_REPLACED):
        return (_left_of(value, arrival),)
    if _is_template(value):
        return _of_template(value, arrival)
    return _of_text(value, arrival)


def _is_managed(fields: Mapping[str, object]) -> bool:
    times = (fields.get("startsAt"), fields.get("endsAt"))
    if any(isinstance(at, str) and _GO_TIME.match(at) for at in times):
        return True
    urls = (fields.get("generatorURL"), fields.get("externalURL"))
    return any(isinstance(url, str) and "aps-workspaces" in url for url in urls)


def _is_template(text: str) -> bool:
    return bool(_TEMPLATE_HEAD.match(text)) and ('"labels"' in text or '"annotations"' in text)


def _left_of(said: str, arrival: Arrival) -> Alert:
    """The body is missing or broken; its subject still names the group."""
    subject = texts.one_line(arrival.envelope.subject, 150)
    named = subject if sentence.informative(subject) else texts.one_line(said, 150)
    summary = f"An alert of Amazon Managed Prometheus could not be read: {named or subject}"
    return raw.event(
        arrival,
        alertname="PrometheusMessageUnreadable",
        source="amp",
        summary=texts.one_line(summary),
        note=texts.cut(said, 1_000),
    )


def _of_template(text: str, arrival: Arrival) -> tuple[Alert, ...]:
    """Returns all alerts that are whole; where the text ends in the middle of one, a note that there are more."""
    mended = _escaped(text)
    head = _TEMPLATE_HEAD.match(mended)
    entries, rest = _whole(mended, head.end()) if head else ([], text)
    if not entries:
        found = re.search(r'"alertname"\s*:\s*"(?P<name>[^"\n]{1,200})', text)
        return (_left_of(f"{found['name']}: {text}" if found else text, arrival),)
    alerts = alertmanager.of_group({"alerts": entries}, arrival, source="amp")
    return alerts if rest.lstrip().startswith("]") else tuple(map(_cut_short, alerts))


def _whole(text: str, start: int) -> tuple[list[object], str]:
    decoder = json.JSONDecoder(strict=False)
    entries: list[object] = []
    at = start
    while True:
        at += len(text[at : at + 200]) - len(text[at : at + 200].lstrip(" \t\r\n,"))
        if not text.startswith("{", at):
            return entries, text[at : at + 20]
        try:
            entry, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            return entries, ""
        entries.append(entry)


def _escaped(text: str) -> str:
    """Returns the template's JSON with its values escaped.

    A value ends where what follows can only be the next key or the end of the object."""
    ends = [match.start() for match in _END.finditer(text)]
    done: list[str] = []
    at = 0
    for start in _START.finditer(text):
        if start.start() < at:
            continue
        place = bisect_left(ends, start.end())
        if place == len(ends):
            break
        done += [text[at : start.end()], json.dumps(text[start.end() : ends[place]], ensure_ascii=False)[1:-1]]
        at = ends[place]
    return "".join([*done, text[at:]])


def _cut_short(alert: Alert) -> Alert:
    note = "the sender cut this message: there may be more alerts"
    return replace(alert, annotations={"truncated": note, **alert.annotations})


def _sections(text: str) -> list[tuple[str, str]]:
    """Returns the text of each section, under its status."""
    found = list(_SECTION.finditer(text))
    if not found:
        return []
    ends = [match.start() for match in found[1:]] + [len(text)]
    sections = [(m["status"].lower(), text[m.end() : end]) for m, end in zip(found, ends, strict=True)]
    return [(status, body) for status, body in sections if body.lstrip().startswith("Labels:")]


def _of_text(text: str, arrival: Arrival) -> tuple[Alert, ...]:
    entries = [entry for status, body in _sections(text) for entry in _entries(body, status)]
    truncated = arrival.envelope.attributes.get("truncated") == "true"
    # The last one of a message that was cut may lack labels, and so be taken for another alert: it is notified once.
    lost = truncated and bool(entries) and "generatorURL" not in entries[-1]
    whole = entries[:-1] if lost else entries
    alerts = alertmanager.of_group({"alerts": whole}, arrival, source="amp") if whole else ()
    if lost:
        alerts = (*alerts, _left_of(f"{texts.as_json(entries[-1].get('labels'))} (cut)", arrival))
    return alerts


def _entries(body: str, status: str) -> Iterator[dict[str, object]]:
    """Yield the entries of a section. A line that is no pair and no heading goes on with the value before it."""
    entry: dict[str, object] = {}
    part: dict[str, list[str]] = {}
    name = ""
    for line in body.split("\n"):
        heading = line.strip()
        if heading == "Labels:":
            if entry:
                yield _joined(entry)
            part = {}
            entry = {"status": status, "labels": part}
            name = ""
        elif heading == "Annotations:" and entry:
            part = {}
            entry["annotations"] = part
            name = ""
        elif heading.startswith("Source:") and entry:
            entry["generatorURL"] = heading.removeprefix("Source:").strip()
            name = ""
        elif (pair := _PAIR.fullmatch(line.rstrip("\r"))) and entry:
            name = pair["name"].strip()
            part[name] = [pair["value"]]
        elif name:
            part[name].append(line)
    if entry:
        yield _joined(entry)


def _joined(entry: Mapping[str, object]) -> dict[str, object]:
    """Join the lines of each value once, at the end: a value of 100,000 lines must not be copied for every line."""
    return {
        key: {name: "\n".join(lines) for name, lines in part.items()} if isinstance(part, dict) else part
        for key, part in entry.items()
    }
