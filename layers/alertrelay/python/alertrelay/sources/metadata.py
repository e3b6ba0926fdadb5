"""What an alarm's description says to the relay: `key: value` lines below a sentence for people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from alertrelay.sources.severity import severity
from alertrelay.values.text import annotation_set, label_set

LABEL_KEYS = ("alertname", "severity", "service", "env", "cluster", "team", "plane", "category")
ANNOTATION_KEYS: Mapping[str, str] = {
    "runbook": "runbook_url",
    "runbook_url": "runbook_url",
    "dashboard": "dashboard_url",
    "dashboard_url": "dashboard_url",
    "impact": "impact",
}
SWITCH = "insufficient_data"
KEYS = (*LABEL_KEYS, *ANNOTATION_KEYS, SWITCH)

_LINE = re.compile(rf"\s*({'|'.join(sorted(KEYS, key=len, reverse=True))})\s*:(.*)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """`prose` is the description without the lines that were read."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    insufficient_data_fires: bool
    prose: str


def read(description: str, tags: Mapping[str, str] | None = None) -> Metadata:
    """The documented keys of a description, overruled by the alarm's tags.

    Only documented keys count, in upper or lower case: "Note: call Bob" stays part of the prose. They stand after the
    first blank line; where none stands there, all lines are read (a forgotten blank line). Of a key given twice the
    last counts.
    """
    head, found, rest = _split(description)
    if not found:
        head, found, rest = [], *_keys(description.splitlines())
    given = {
        **found,
        **{key.lower(): value for key, value in (tags or {}).items() if key.lower() in KEYS and value.strip()},
    }
    if "severity" in given:
        given["severity"] = severity(given["severity"])
    return Metadata(
        labels=label_set((key, given[key]) for key in LABEL_KEYS if key in given),
        annotations=annotation_set((name, given[key]) for key, name in ANNOTATION_KEYS.items() if key in given),
        insufficient_data_fires=given.get(SWITCH, "").lower() == "firing",
        prose="\n".join([*head, *rest]).strip(),
    )


def _split(description: str) -> tuple[list[str], dict[str, str], list[str]]:
    """The lines before the first blank one, the keys after it, and the other lines after it."""
    lines = description.strip().splitlines()
    blank = next((number for number, line in enumerate(lines) if not line.strip()), len(lines))
    return lines[:blank], *_keys(lines[blank:])


def _keys(lines: list[str]) -> tuple[dict[str, str], list[str]]:
    found: dict[str, str] = {}
    rest: list[str] = []
    for line in lines:
        match = _LINE.fullmatch(line)
        if not match:
            rest.append(line)
        elif match[2].strip():
            found[match[1].lower()] = match[2].strip()
    return found, rest
