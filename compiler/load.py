"""From the three kinds of files to one compiled configuration an environment.

Used by synth and by `alertrelay check`; a Lambda reads only the JSON that comes out (`config.model`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from alertrelay.config.model import Config

from compiler.alertmanager.file import AlertmanagerFile
from compiler.alertmanager.managed import parse_alertmanager_text, read_alertmanager
from compiler.alertmanager.routing import without_empty_group_by
from compiler.config_files import (
    ALERTMANAGER,
    DELIVERY,
    alertmanager_file,
    alertmanager_of,
    check_twins,
    check_with_environment,
    cross_check,
    delivery_file,
    environment_file,
    folder_fault,
    load_anomaly,
)
from compiler.delivery import NOTHING, DeliveryFile, LastResort
from compiler.reading.finding import Finding, Findings
from compiler.slack import with_slack

if TYPE_CHECKING:
    from alertrelay.config.watch import AnomalyConfig

    from compiler.resources.environment import Environment
    from compiler.resources.maintenance import Maintenance

Release = Literal["0.25", "0.28", "0.33", "0.35"]
BEFORE_031: frozenset[Release] = frozenset({"0.25", "0.28"})
"""Releases that ignore `group_by: []` of a child, keep an empty group, and flush at once where a late alert joins."""
DEPLOYMENT_ONLY = frozenset(
    {
        "bad-address",
        "bad-secret-path",
        "inline-secret",
        "loop",
        "missing-secret",
        "never-comes",
        "secret-name-clash",
        "template",
        "unsupported",
        "unsupported-receiver",
    }
)
"""Codes of errors that are alertrelay's own: Alertmanager takes the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The result of reading. `config` and `environment` are None where an error stands among the findings; `anomaly`
    also where the environment watches no metric.

    `try_out` knows no environment.
    """

    config: Config | None
    environment: Environment | None
    last_resort: LastResort | None
    findings: tuple[Finding, ...]
    anomaly: AnomalyConfig | None = None

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings that forbid a deployment."""
        return tuple(f for f in self.findings if f.severity == "error")


def load(folder: Path, environment: str) -> Loaded:
    """Reads `folder` (alertmanager.yml, delivery.yml, anomaly.yml, environments/<environment>.yml) and compiles it."""
    if missing := folder_fault(folder):
        return Loaded(config=None, environment=None, last_resort=None, findings=(missing,))
    findings = Findings()
    delivery = delivery_file(folder / DELIVERY, findings, own=True)
    alertmanager = alertmanager_file(folder / ALERTMANAGER, delivery, findings, own=True)
    cross_check(alertmanager, delivery, findings)
    found = environment_file(folder, environment, findings)
    check_with_environment(alertmanager, delivery, found, findings)
    check_twins(folder, (environment,), findings)
    watched = load_anomaly(folder, findings)
    failed = findings.failed or alertmanager is None or found is None
    return Loaded(
        config=None
        if failed or alertmanager is None
        else compile_config(alertmanager, delivery, environment, maintenance=found.maintenance if found else ()),
        environment=None if failed else found,
        last_resort=delivery.last_resort,
        findings=findings.sorted(),
        anomaly=None if failed or found is None or watched is None else _watched(watched, found),
    )


def _watched(config: AnomalyConfig, environment: Environment) -> AnomalyConfig | None:
    labels = {"env": environment.name, **environment.labels}
    found = config.for_environment(environment.name, labels=labels, runbook_base_url=environment.runbook_base_url)
    return found if found.watches else None


def try_out(config: Path | str, *, delivery: Path | None = None, release: Release = "0.33") -> Loaded:
    """Compiles an Alertmanager file, or the text of one, in order to ask it who is notified of what, and not to deploy.

    What only forbids a deployment (a secret in plain text, a kind of receiver that is not served) is a warning here; a
    template at fault is an error, though Alertmanager meets it only when it notifies. No secret is read.
    """
    findings = Findings()
    said = delivery_file(delivery, findings) if delivery else NOTHING
    root = (
        read_alertmanager(config, findings)
        if isinstance(config, Path)
        else parse_alertmanager_text(config, findings, file="reload")
    )
    parsed = alertmanager_of(root, said, findings) if root else None
    cross_check(parsed, said, findings)
    found = tuple(_tolerated(finding) for finding in findings.sorted())
    failed = parsed is None or any(finding.severity == "error" for finding in found)
    return Loaded(
        config=None if failed or parsed is None else compile_config(parsed, said, "trial", release=release),
        environment=None,
        last_resort=said.last_resort,
        findings=found,
    )


def _tolerated(finding: Finding) -> Finding:
    """A fault of a receiver that Alertmanager knows nothing of does not change who is notified."""
    ours = finding.code in DEPLOYMENT_ONLY and not finding.key.startswith("route")
    return dataclasses.replace(finding, severity="warning") if ours and finding.severity == "error" else finding


def compile_config(
    alertmanager: AlertmanagerFile,
    delivery: DeliveryFile,
    environment: str,
    *,
    release: Release = "0.33",
    maintenance: Sequence[Maintenance] = (),
) -> Config:
    """The values that ship beside the functions. `hash` is the sha256 of all the others.

    `release` is whose reading of the file it is, where Alertmanager's releases differ.
    """
    config = Config(
        environment=environment,
        hash="",
        route=without_empty_group_by(alertmanager.route) if release in BEFORE_031 else alertmanager.route,
        receivers=with_slack(alertmanager.receivers, delivery.slack),
        fallbacks=delivery.fallbacks,
        last_resort=delivery.last_resort is not None,
        inhibit_rules=alertmanager.inhibit_rules,
        time_intervals=alertmanager.time_intervals,
        resolve_timeout=alertmanager.resolve_timeout,
        limits=delivery.limits,
        charts=delivery.charts,
        escalation=delivery.escalation.tiers,
        flap_damping=tuple(one.rule for one in delivery.flap_damping),
        maintenance=tuple(one.window for one in maintenance),
        grafana=delivery.accompanying.grafana,
        dashboards=delivery.accompanying.dashboards,
        automations=delivery.accompanying.automations,
    )
    content = json.dumps(config.to_json(), sort_keys=True, ensure_ascii=False)
    return dataclasses.replace(config, hash=hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest())
