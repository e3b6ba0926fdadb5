"""Examines the rules of a team: its folder of templates, and rule files of Prometheus that are named beside it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from compiler.placeholders import name_placeholders
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import Value, parse, read
from compiler.rules.check import Parsed, check_rules
from compiler.rules.files import PrometheusRule, child, read_rule_file
from compiler.rules.folder import PARAMETERS
from compiler.rules.parameters import Parameters
from compiler.rules.render import OF_SERVICES, RULES, SERVICES, render

BASE_URL = "runbook_base_url"
UNFILLED = "${"
"""Of a parameter without a value, which is an error of its own: such an expression is not PromQL for that reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleText:
    """The text of a rule file. `file` is the file that a person edits: a template, or the file itself."""

    file: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedRules:
    """All rules, those that are PromQL with their expression, and the parameters of the folder, if there is one."""

    rules: tuple[PrometheusRule, ...]
    parsed: tuple[Parsed, ...]
    parameters: Parameters | None


def examine_rules(
    paths: Sequence[Path], folder: Path | None, findings: Findings, *, pages: Collection[str] | None = None
) -> ExaminedRules:
    """Adds the findings on rule files and on a folder of rules. `pages` are the paths of the runbooks that exist."""
    parameters = None
    rules: list[PrometheusRule] = []
    unfilled: list[PrometheusRule] = []
    for path in paths:
        root = read(path, findings)
        rules += read_rule_file(root, findings) if root else ()
    if folder:
        root = read(folder / PARAMETERS, Findings())
        if root:
            name_placeholders(root, findings)
        parameters, own = _rendered(folder, findings)
        unfilled = [rule for rule in own if UNFILLED in rule.expr.text]
        rules += [rule for rule in own if rule not in unfilled]
        if root and parameters and not parameters.services:
            services = child(root, "services")
            message = "services is empty: nobody misses the series of a service that disappears"
            place = services.place if services else root.place
            findings.warning(place, "no-services", message, "list one: `- service: checkout`")
    base = parameters.values.get(BASE_URL, "") if parameters else ""
    listed = (*(OF_SERVICES if parameters else ()), *(rule.record for rule in unfilled))
    parsed = check_rules(rules, findings, base_url=base, pages=pages, listed=listed)
    return ExaminedRules(rules=tuple(rules), parsed=parsed, parameters=parameters)


def _rendered(folder: Path, findings: Findings) -> tuple[Parameters | None, list[PrometheusRule]]:
    found = render(folder, findings)
    if found is None:
        return None, []
    rules: list[PrometheusRule] = []
    for name, text in found.texts.items():
        if not name.endswith(RULES):
            continue
        # The file of services is made by us; what is wrong with it is a finding on the parameters.
        noted = Findings() if name == SERVICES else findings
        root: Value | None = parse(text, noted, file=found.sources[name])
        rules += read_rule_file(root, noted) if root else ()
    return found.parameters, rules


def rule_texts(paths: Sequence[Path], folder: Path | None) -> Iterator[RuleText]:
    """Yields the texts as Prometheus would read them; files that cannot be read are left out."""
    for path in paths:
        try:
            yield RuleText(file=str(path), text=path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
    found = render(folder, Findings()) if folder else None
    if found is not None:
        for name, text in found.texts.items():
            if name.endswith(RULES):
                yield RuleText(file=found.sources[name], text=text)
