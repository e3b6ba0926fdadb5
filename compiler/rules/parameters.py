"""Reads rules/parameters.yml: the services that must exist, and the values of the templates' parameters."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from alertrelay.alert import Labels

from compiler.reading.finding import Findings, Place
from compiler.reading.section import Section, keys, number_of, section_of
from compiler.reading.yamlfile import Value, read
from compiler.rules.parameter_types import type_fault

KEYS = keys("services values")
SERVICE_KEYS = keys("service labels availability latency")
LEAST_OBJECTIVE = 50.0
"""Percent. Below it the objective is a share (0.999) or a number of nines, and no percentage that anybody means."""
MOST_OBJECTIVE = 99.999
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_UNSAFE = re.compile(r"[\n\\']")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedService:
    """A service that must exist. Objectives are percentages by kind: `availability`, `latency`."""

    name: str
    labels: Labels
    objectives: Mapping[str, float]
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """The parameters of the templates. `values` are texts by name, `places` where each stands."""

    file: str
    services: tuple[ListedService, ...]
    values: Mapping[str, str]
    places: Mapping[str, Place]

    def terms(self, name: str) -> tuple[str, ...]:
        """Returns a value that is a list of label names: `service, cluster`."""
        return tuple(term.strip() for term in self.values.get(name, "").split(",") if term.strip())


def read_parameters(path: Path, findings: Findings) -> Parameters | None:
    """Returns the parameters of a file; None where it cannot be read. Faults of single keys are findings."""
    root = read(path, findings)
    section = section_of(root, KEYS, findings) if root else None
    if section is None:
        return None
    values = section.mapping("values")
    found = {name: _value(name, value, findings) for name, value in values.items()}
    return Parameters(
        file=str(path),
        services=_services(section),
        values={name: text for name, text in found.items() if text is not None},
        places={name: value.key_place or value.place for name, value in values.items()},
    )


def _value(name: str, value: Value, findings: Findings) -> str | None:
    """Returns the text that a template receives: what stands in the file, which keeps 10e6 and 7d as they are."""
    if not _NAME.fullmatch(name):
        mend = "small letters, digits and _, as in error_percent"
        findings.error(value.key_place or value.place, "bad-value", f"{name!r} cannot be the name of a parameter", mend)
        return None
    if value.data is None or isinstance(value.data, tuple | Mapping):
        findings.error(value.place, "wrong-type", f"expected text or a number, got {value.kind}", "write one value")
        return None
    if _UNSAFE.search(value.text):
        message = f"the value of {name} has a line break, a backslash or a single quote"
        findings.error(value.place, "bad-value", message, "write it without: it is put into the text of a rule")
        return None
    if fault := type_fault(name, value.text):
        expected, mend = fault
        findings.error(value.place, "wrong-type", f"{name}: expected {expected}, got {value.text!r}", mend)
        return None
    return value.text


def _services(section: Section) -> tuple[ListedService, ...]:
    found: dict[str, ListedService] = {}
    for item in section.sections("services", SERVICE_KEYS):
        if not item.require("service", "add `service: checkout`: the value of that label on its series"):
            continue
        name = item.string("service")
        if name in found:
            message = f"service {name!r} is listed twice, first in line {found[name].place.line}"
            item.findings.error(item.at("service"), "duplicate-name", message, "remove one of the two")
            continue
        kinds = ((kind, _objective(item, kind)) for kind in ("availability", "latency"))
        found[name] = ListedService(
            name=name,
            labels=_labels(item),
            objectives={kind: number for kind, number in kinds if number},
            place=item.place,
        )
    return tuple(found.values())


def _labels(item: Section) -> Labels:
    labels = {}
    for name, value in item.mapping("labels").items():
        if not _LABEL.fullmatch(name) or name == "service":
            message = f"{name!r} cannot be a label of a listed service"
            item.findings.error(value.key_place or value.place, "bad-value", message, "as in cluster: main")
        elif not isinstance(value.data, tuple | Mapping):
            labels[name] = value.text
        else:
            item.wrong(value, "text", "write one text")
    return labels


def _objective(item: Section, kind: str) -> float:
    """Returns an objective in percent, 0 where there is none or a wrong one."""
    value = item.get(kind)
    if value is None:
        return 0
    if isinstance(value.data, int | float) and not isinstance(value.data, bool) and 0 < value.data < 1:
        mend = f"write {float(value.data) * 100:g}"
        item.findings.error(
            value.place, "bad-objective", f"{value.text} is a share; an objective is a percentage", mend
        )
        return 0
    if value.data == 100:
        message = "100 % allows no error at all: there is no budget to spend, and every error is a violation"
        item.findings.error(value.place, "bad-objective", message, "write what users need, as in 99.9")
        return 0
    return number_of(value, item.findings, low=LEAST_OBJECTIVE, high=MOST_OBJECTIVE, default=0, unit="percent")
