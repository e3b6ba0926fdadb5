"""Renders the rules that are deployed with an environment, where it asks for that."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from compiler.reading.finding import Findings, Place
from compiler.rules.examine import examine_rules
from compiler.rules.folder import rules_folder
from compiler.rules.render import RULES, render


def deployed_rules(config: Path, file: str, findings: Findings) -> Mapping[str, str]:
    """Returns the rule files of the configuration folder by name; none where they have errors, which are findings.

    `file` is the environment's, which asks for them.
    """
    folder = rules_folder(config)
    if folder is None:
        no_rules(file, findings)
        return {}
    examine_rules((), folder, findings)
    found = render(folder, Findings())
    if found is None or findings.failed:
        return {}
    return {name: text for name, text in found.texts.items() if name.endswith(RULES)}


def no_rules(file: str, findings: Findings) -> None:
    """Adds the error of an environment that deploys rules where there are none."""
    mend = "copy rules/ of alertrelay beside the configuration folder, or remove `managed_prometheus`"
    message = "`managed_prometheus` deploys the Prometheus rules, and there is no rules/parameters.yml"
    findings.error(Place(file=file, key="managed_prometheus"), "no-rules", message, mend)
