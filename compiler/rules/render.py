"""Fills the templates of rules and of a dashboard: `${name}` becomes the value of a parameter, nothing else changes.

Prometheus's own templates (`{{ $labels.service }}`) are left alone, and so is every line break: a line of a rendered
file is the same line of its template.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from compiler.reading.finding import Findings, Place, did_you_mean
from compiler.reading.yamlfile import decoded
from compiler.rules.folder import PARAMETERS, TEMPLATES
from compiler.rules.parameters import Parameters, read_parameters

RULES, DASHBOARD = ".yml", ".json"
"""What templates are of: rule files, and a dashboard of Grafana."""
SERVICES = "services.yml"
"""The file that is written from the listed services, and has no template."""
_PARAMETER = re.compile(r"\$\{([^}\n]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """The files of a folder of rules: `texts` by file name, `sources` the file that each is rendered from."""

    parameters: Parameters
    texts: Mapping[str, str]
    sources: Mapping[str, str]


def render(folder: Path, findings: Findings, *, parameters: Path | None = None) -> Rendered | None:
    """Returns the files of a folder of rules; None where its parameters cannot be read, after a finding.

    `parameters` is a file to fill the templates from instead of the folder's own.
    """
    file = parameters or folder / PARAMETERS
    if not file.exists():
        mend = "`alertrelay rules init --rules-dir NEW` writes one that you can copy"
        findings.error(Place(file=str(file)), "unreadable", f"{folder / TEMPLATES} has no values: it is missing", mend)
        return None
    given = read_parameters(file, findings)
    if given is None:
        return None
    texts = {SERVICES: _services(given)}
    sources = {SERVICES: given.file}
    used = {"identity"}
    templates = (folder / TEMPLATES).glob("*")
    for path in sorted(path for path in templates if path.suffix in (RULES, DASHBOARD)):
        text = decoded(path, findings)
        if text is None:
            continue
        used |= set(_PARAMETER.findall(text))
        texts[path.name] = _fill(text, str(path), given, findings)
        sources[path.name] = str(path)
    for name in given.values:
        if name not in used:
            message = f"no template has the parameter {name!r}"
            findings.warning(
                given.places[name], "unused", message, did_you_mean(name, used - set(given.values) - {"identity"})
            )
    return Rendered(parameters=given, texts=texts, sources=sources)


def _fill(text: str, file: str, given: Parameters, findings: Findings) -> str:
    """Returns the text with its parameters filled in; one without a value stays, after a finding at its place."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name in given.values:
            return json.dumps(given.values[name])[1:-1] if file.endswith(DASHBOARD) else given.values[name]
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        message = f"the parameter {name!r} has no value in {given.file}"
        if name in given.places:  # a wrong value, which is a finding already
            return found[0]
        near = did_you_mean(name, given.values, "")
        mend = near if near.startswith("did") else f"add `{name}: …` to its `values`"
        if not any(one.code == "missing-parameter" and one.message == message for one in findings.sorted()):
            findings.error(Place(file=file, line=line, column=column), "missing-parameter", message, mend)
        return found[0]

    return _PARAMETER.sub(value, text)


def _services(given: Parameters) -> str:
    """Returns the rules that say which services must exist, and their objectives, as series of constants."""
    rules = [
        *(("service:expected", "1", {"service": one.name, **one.labels}) for one in given.services),
        *(
            ("service:slo_objective:ratio", f"{percent / 100:.7g}", {"slo": kind, "service": one.name})
            for one in given.services
            for kind, percent in one.objectives.items()
        ),
    ]
    return "\n".join(["# The services of parameters.yml, as series.", *_group(rules), ""])


def _group(rules: list[tuple[str, str, dict[str, str]]]) -> Iterator[str]:
    if not rules:
        yield "groups: []"
        return
    yield from ("groups:", "  - name: listed-services", "    interval: 1m", "    rules:")
    for record, number, labels in rules:
        # JSON's strings are strings of YAML too.
        inside = ", ".join(f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in labels.items())
        yield f"      - record: {record}"
        yield f"        expr: vector({number})"
        yield f"        labels: {{{inside}}}"
