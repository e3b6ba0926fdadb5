"""Reads a team's cases of its routing, and holds a configuration against them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from alertrelay.config.model import Config, Matcher
from alertrelay.config.printed_matchers import print_matcher
from alertrelay.policy.route import match_routes
from alertrelay.values.text import how_many

from compiler.reading.finding import Finding, Findings
from compiler.reading.section import section_of
from compiler.reading.yamlfile import Value, read


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The labels of an alert, and who has to be notified of it, in order. `place` is file:line."""

    place: str
    labels: Mapping[str, str]
    receivers: tuple[str, ...]


def read_cases(path: Path) -> list[Case] | tuple[Finding, ...]:
    """Returns the cases of a file, or what is wrong with it."""
    findings = Findings()
    root = read(path, findings)
    cases = list(_cases(root, findings)) if root else []
    return findings.sorted() if findings.failed else cases


def differing(config: Config, cases: Sequence[Case]) -> int:
    """Prints each case that differs, and the count; returns 1 where there is one."""
    differ = 0
    for case in cases:
        found = tuple(route.receiver for route in match_routes(config.route, case.labels))
        if found != case.receivers:
            differ += 1
            print(f"{case.place}: {print_labels(case.labels)}")
            print(f"  expected {','.join(case.receivers)}")
            print(f"  but got {','.join(found)}")
    print(f"{how_many(len(cases), 'case')}, {differ} {'differs' if differ == 1 else 'differ'}")
    return int(differ > 0)


def print_labels(labels: Mapping[str, str]) -> str:
    """Prints labels as `{a="b", c="d"}`."""
    return "{" + ", ".join(print_matcher(Matcher(name=k, op="=", value=v)) for k, v in sorted(labels.items())) + "}"


def _cases(root: Value, findings: Findings) -> Iterator[Case]:
    if not isinstance(root.data, tuple) or not root.data:
        found = "an empty list" if root.data == () else root.kind
        mend = "as in - {labels: {severity: critical}, receivers: [oncall]}"
        findings.error(root.place, "wrong-type", f"expected a list of cases, got {found}", mend)
        return
    for item in root.data:
        section = section_of(item, ("labels", "receivers"), findings)
        if section is None or not section.require("receivers", "name the receivers that have to be notified, in order"):
            continue
        labels = section.mapping("labels")
        for value in labels.values():
            if isinstance(value.data, tuple | Mapping):
                section.wrong(value, "text", "write one text")
        yield Case(
            place=f"{item.place.file}:{item.place.line}",
            labels={name: value.text for name, value in labels.items()},
            receivers=tuple(value.text for value in section.list("receivers")),
        )
