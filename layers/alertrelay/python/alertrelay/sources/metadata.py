"""The metadata in an alarm's description: `key: value` lines below a sentence for people, KEY=VALUE, or JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from alertrelay.sources.envelope import decoded
from alertrelay.sources.levels import level
from alertrelay.sources.severity import severity
from alertrelay.values import text as texts

LABEL_KEYS = ("alertname", "severity", "service", "env", "cluster", "team", "plane", "category", "slo")
ANNOTATION_KEYS: Mapping[str, str] = {
    "runbook": "runbook_url",
    "runbook_url": "runbook_url",
    "dashboard": "dashboard_url",
    "dashboard_url": "dashboard_url",
    "impact": "impact",
    "automation": "automation",
    "automation_parameters": "automation_parameters",
}
SWITCH = "insufficient_data"
KEYS = (*LABEL_KEYS, *ANNOTATION_KEYS, SWITCH)
ALIASES: Mapping[str, str] = {
    "priority": "severity",
    "sev": "severity",
    "environment": "env",
    "application": "service",
    "app": "service",
    "runbookurl": "runbook_url",
    "runbook_link": "runbook_url",
    "runbooklink": "runbook_url",
    "playbook": "runbook_url",
    "dashboardurl": "dashboard_url",
}
"""Other names of documented keys, in KEY=VALUE, JSON and tags. A line `key: value` knows of them only `priority`."""
_NUMBERED: Mapping[str, str] = {"priority": "P", "sev": "sev"}  # PRIORITY=1 is P1
_PROSE_KEYS = ("summary", "description", "message", "title", "text", "details")
_LINE_KEYS = frozenset((*KEYS, "priority"))
_PAIR = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9_.-]{0,60})\s{0,9}[=:]\s{0,9}(?P<value>.*)", re.DOTALL)
_EQUATION = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9_.-]{0,60})\s{0,9}=\s{0,9}(?P<value>.*)", re.DOTALL)
_TOKEN = re.compile(r"(?P<key>[A-Za-z][A-Za-z0-9_.-]{0,60})=(?P<value>\S*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """`prose` is the description without what was read; `further` are pairs that have no documented key."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    insufficient_data_fires: bool
    prose: str
    further: str = ""


def read(description: str, tags: Mapping[str, str] | None = None) -> Metadata:
    """Return the documented keys of a description, overruled by the alarm's tags.

    Three forms are read. JSON: an object whose keys are those below, in any case. KEY=VALUE: pairs on one line between
    `|`, `;` or spaces (`TEAM=x | PRIORITY=P1`; between `|` a colon does as well). Lines `key: value`: only documented
    keys count, in upper or lower case ("Note: call Bob" stays part of the prose); they stand after the first blank
    line, and where none stands there all lines are read (a forgotten blank line). Of a key given twice the last counts.
    `priority` is a severity where no `severity` is given and its value names one.
    """
    found, further, prose = _of_json(description) or _of_text(description)
    given = _preferred([found, _documented((tags or {}).items())[0]])
    return Metadata(
        labels=texts.label_set((key, given[key]) for key in LABEL_KEYS if key in given),
        annotations=texts.annotation_set((name, given[key]) for key, name in ANNOTATION_KEYS.items() if key in given),
        insufficient_data_fires=given.get(SWITCH, "").lower() == "firing",
        prose=prose,
        further=further,
    )


_Found = Mapping[str, str]


def _preferred(each: Iterable[_Found]) -> dict[str, str]:
    """Returns the keys of all, a later one over an earlier one, an own name over an alias; severities in the one
    spelling."""
    given: dict[str, str] = {}
    for found in each:
        own = {key: value for key, value in found.items() if key in KEYS}
        other = {ALIASES[key]: value for key, value in found.items() if key in ALIASES and ALIASES[key] not in own}
        given.update({**other, **own})
    if "severity" in given:
        given["severity"] = level(given["severity"]) or severity(given["severity"])
    return given


def _documented(pairs: Iterable[tuple[str, str]]) -> tuple[dict[str, str], list[tuple[str, str]]]:
    """Returns the pairs whose key is documented, by key; and the others. A priority that names no severity is one of
    those."""
    found: dict[str, str] = {}
    others: list[tuple[str, str]] = []
    for name, value in pairs:
        key = name.strip().lower().replace("-", "_")
        value = f"{_NUMBERED[key]}{value.strip()}" if key in _NUMBERED and value.strip().isdecimal() else value
        known = key in KEYS or (key in ALIASES and (ALIASES[key] != "severity" or bool(level(value))))
        if known and value.strip():
            found[key] = value.strip()
        elif value.strip():
            others.append((name.strip(), value.strip()))
    return found, others


def _of_json(description: str) -> tuple[_Found, str, str] | None:
    """Reads a description that is a JSON object. What it holds in `labels` or `tags` counts as well."""
    value = decoded(description) if description.lstrip().startswith("{") else None
    if not isinstance(value, dict):
        return None
    inner = [each for name in ("labels", "tags") for each in texts.pairs(value.get(name)).items()]
    flat = [(texts.printable(name), texts.printable(each)) for name, each in value.items()]
    found, others = _documented([*inner, *((name, each) for name, each in flat if name not in ("labels", "tags"))])
    by_name = {name.lower(): said for name, said in others}
    prose = next((by_name[key] for key in _PROSE_KEYS if key in by_name), "")
    further = "\n".join(f"{name}: {said}" for name, said in others if said != prose)
    return found, further, prose


def _of_text(description: str) -> tuple[_Found, str, str]:
    paired: list[tuple[str, str]] = []
    left: list[str] = []
    below = False  # the first blank line: what stands below it was written for this relay
    for line in description.strip().splitlines():
        below = below or not line.strip()
        marked = "=" in line or "|" in line
        plain = not marked or (_own_key(line) and (below or "|" not in line))
        pairs, rest = ([], line) if plain else _pairs(line)
        paired += pairs
        if rest or not pairs:
            left.append(rest)
    found, others = _documented(paired)
    head, lines, rest_lines = _split(left)
    if not lines:
        head, lines, rest_lines = [], *_keys(left)
    prose = "\n".join([*head, *rest_lines]).strip()
    return {**found, **lines}, "\n".join(f"{name}={value}" for name, value in others), prose


def _pairs(line: str) -> tuple[list[tuple[str, str]], str]:
    """Returns the KEY=VALUE pairs of a line, and the rest of it.

    A line counts only where one of its keys is documented: `a=b` in a sentence is part of the sentence."""
    if len(line) > texts.READ_MAX:
        return [], line
    if "|" in line:
        return _between(line, "|", _PAIR)
    if "=" not in line:
        return [], line
    if ";" in line:
        return _between(line, ";", _EQUATION)
    tokens = [_TOKEN.fullmatch(token) for token in line.split()]
    pairs = [(match["key"], match["value"]) for match in tokens if match]
    if len(pairs) < len(tokens):
        whole = _PAIR.fullmatch(line.strip())
        pairs = [(whole["key"], whole["value"])] if whole and whole["key"].isupper() else []
    return (pairs, "") if _documented(pairs)[0] else ([], line)


def _between(line: str, mark: str, pattern: re.Pattern[str]) -> tuple[list[tuple[str, str]], str]:
    parts = [part.strip() for part in line.split(mark)]
    matches = [(part, pattern.fullmatch(part)) for part in parts if part]
    pairs = [(match["key"], match["value"]) for _, match in matches if match]
    if not _documented(pairs)[0]:
        return [], line
    return pairs, f" {mark} ".join(part for part, match in matches if not match)


def _split(lines: list[str]) -> tuple[list[str], dict[str, str], list[str]]:
    """Returns the lines before the first blank one, the keys after it, and the other lines after it."""
    blank = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
    return lines[:blank], *_keys(lines[blank:])


def _keys(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    found: dict[str, str] = {}
    rest: list[str] = []
    for line in lines:
        head, _, value = map(str.strip, line.partition(":"))
        key = head.lower() if ":" in line and head.lower() in _LINE_KEYS else ""
        if not key or (key == "priority" and not level(value)):
            rest.append(line)
        elif value:
            found[key] = value
    return found, rest


def _own_key(line: str) -> str:
    """Returns the documented key of a line `key: value`, "" where it has none."""
    head, colon, _ = line.partition(":")
    key = head.strip().lower() if colon else ""
    return key if key in _LINE_KEYS else ""
