"""Writes a folder of Prometheus rules of one's own: templates, parameters with one's own services, runbooks."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.values.text import how_many

from cli.version import ROOT

if TYPE_CHECKING:
    from compiler.resources.environment import Environment

LABELS = ("cluster", "team", "plane")
_BEFORE, _AFTER = "\nservices:\n", "\nvalues:\n"


def write_rules(folder: Path, config: Path) -> int:
    """Writes the folder, and the pages of its alerts where there are runbooks beside it; returns 2 where it exists
    already, after a line that says so, else 0.

    A folder of runbooks is not begun: `check` would then miss the page of every alarm in it.
    """
    from compiler.rules.folder import PARAMETERS, TEMPLATES

    if folder.exists():
        mend = "name another with --rules-dir, or edit what is there"
        print(f"alertrelay rules: {folder} exists already; {mend}", file=sys.stderr)
        return 2
    source = ROOT / "rules"
    pages = folder.parent / "runbooks" / "prometheus"
    try:
        shutil.copytree(source / TEMPLATES, folder / TEMPLATES)
        text = (source / PARAMETERS).read_text(encoding="utf-8")
        services = dict(_services(config))
        base = next(filter(None, (one.runbook_base_url for one in _environments(config))), "")
        text = _with_base(_with_services(text, services), base)
        (folder / PARAMETERS).write_text(text, encoding="utf-8")
        written = [folder / TEMPLATES]
        if pages.parent.is_dir() and not pages.exists():
            written.append(pages)
            shutil.copytree(ROOT / "runbooks" / "prometheus", pages)
    except OSError as error:
        print(f"alertrelay rules: {error.filename} cannot be written: {error.strerror}", file=sys.stderr)
        return 2
    print(f"written: {folder / PARAMETERS}, with {how_many(len(services), 'service')} of {config / 'environments'}")
    print(f"written: {', '.join(map(str, written))}")
    first = "name your metrics" if base else "write your runbook_base_url and name your metrics"
    print(f"next: {first} in {folder / PARAMETERS}, then `alertrelay rules render`")
    return 0


def _services(config: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yields the services of the environments that can be read, with the labels of their alerts."""
    for environment in _environments(config):
        yield from _of(environment)


def _environments(config: Path) -> Iterator[Environment]:
    from compiler.config_files import environments, read_environment

    for name in environments(config):
        environment, _ = read_environment(config, name)
        if environment is not None:
            yield environment


def _of(environment: Environment) -> Iterator[tuple[str, Mapping[str, str]]]:
    for service in environment.services:
        own = {**environment.labels, **service.watch.labels, "cluster": service.cluster}
        labels = {name: own[name] for name in LABELS if own.get(name)}
        yield service.watch.labels.get("service", service.id), labels


def _with_services(text: str, services: Mapping[str, Mapping[str, str]]) -> str:
    before, _, rest = text.partition(_BEFORE)
    _, _, after = rest.partition(_AFTER)
    lines = []
    for name, labels in services.items():
        inside = ", ".join(f"{label}: {json.dumps(value)}" for label, value in labels.items())
        lines += [f"  - service: {json.dumps(name)}", f"    labels: {{{inside}}}", "    # availability: 99.9"]
    listed = "\nservices:\n" + "\n".join(lines) + "\n" if lines else "\nservices: []\n"
    return f"{before}{listed}{_AFTER}{after}"


def _with_base(text: str, base: str) -> str:
    """Returns the text with the environments' address of runbooks, which `base` is; as it is where they have none."""
    before, key, rest = text.partition("\n  runbook_base_url: ")
    return f"{before}{key}{json.dumps(base)}\n{rest.partition(chr(10))[2]}" if base and key else text
