"""From the three kinds of files to one compiled configuration an environment.

Used by synth and by `alertrelay check`; a Lambda reads only the JSON that comes out (`config.model`).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from alertrelay.config.model import Config

from compiler.alertmanager.file import AlertmanagerFile, parse_alertmanager
from compiler.alertmanager.managed import parse_alertmanager_text, read_alertmanager
from compiler.alertmanager.routing import without_empty_group_by
from compiler.delivery import NOTHING, DeliveryFile, LastResort, check_delivery, parse_delivery
from compiler.environment_names import ENVIRONMENTS, environment_fault, environments
from compiler.placeholders import name_placeholders
from compiler.reading.finding import Finding, Findings, Place
from compiler.reading.yamlfile import Value, read

if TYPE_CHECKING:
    from alertrelay.config.watch import AnomalyConfig

    from compiler.resources.environment import Environment

ALERTMANAGER = "alertmanager.yml"
DELIVERY = "delivery.yml"
ANOMALY = "anomaly.yml"
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
    findings = Findings()
    delivery = _delivery(folder / DELIVERY, findings, own=True)
    alertmanager = _alertmanager(folder / ALERTMANAGER, delivery, findings, own=True)
    _cross_check(alertmanager, delivery, findings)
    found = _environment(folder, environment, findings)
    _check_twins(folder, (environment,), findings)
    watched = load_anomaly(folder, findings)
    failed = findings.failed or alertmanager is None or found is None
    return Loaded(
        config=None if failed or alertmanager is None else compile_config(alertmanager, delivery, environment),
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
    said = _delivery(delivery, findings) if delivery else NOTHING
    root = (
        read_alertmanager(config, findings)
        if isinstance(config, Path)
        else parse_alertmanager_text(config, findings, file="reload")
    )
    parsed = _of_delivery(root, said, findings) if root else None
    _cross_check(parsed, said, findings)
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
    alertmanager: AlertmanagerFile, delivery: DeliveryFile, environment: str, *, release: Release = "0.33"
) -> Config:
    """The values that ship beside the functions. `hash` is the sha256 of all the others.

    `release` is whose reading of the file it is, where Alertmanager's releases differ.
    """
    config = Config(
        environment=environment,
        hash="",
        route=without_empty_group_by(alertmanager.route) if release in BEFORE_031 else alertmanager.route,
        receivers=alertmanager.receivers,
        fallbacks=delivery.fallbacks,
        last_resort=delivery.last_resort is not None,
        inhibit_rules=alertmanager.inhibit_rules,
        time_intervals=alertmanager.time_intervals,
        resolve_timeout=alertmanager.resolve_timeout,
        limits=delivery.limits,
    )
    content = json.dumps(config.to_json(), sort_keys=True, ensure_ascii=False)
    return dataclasses.replace(config, hash=hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest())


def examine(
    *,
    alertmanager: Path | None,
    delivery: Path | None,
    folder: Path | None = None,
    names: Sequence[str] = (),
    own: bool = False,
    today: date | None = None,
    rules: Sequence[Path] = (),
) -> tuple[Finding, ...]:
    """Returns the findings on the files named, and on the environments `names` below `folder`.

    Where both files are named they are held against each other. `own`: they are what is deployed, so a value that is
    left of the example is worth a warning. With `today` it is checked what the Alertmanager file means from that day
    on, and with `rules` which of its routes and inhibitions those files of Prometheus's rules reach.
    """
    findings = Findings()
    said = _delivery(delivery, findings, own=own) if delivery else None
    parsed = _alertmanager(alertmanager, said or NOTHING, findings, own=own) if alertmanager else None
    if said:
        _cross_check(parsed, said, findings)
    if parsed and today and alertmanager:
        check_meaning_of(parsed, said or NOTHING, findings, today=today, rules=rules)
    for name in names:
        _environment(folder or Path(), name, findings)
    return findings.sorted()


def check_meaning_of(
    parsed: AlertmanagerFile, delivery: DeliveryFile, findings: Findings, *, today: date, rules: Sequence[Path]
) -> None:
    """Adds what the file means, only where Alertmanager would start: what a broken tree means is not known."""
    from compiler.alertmanager.semantics.check import check_meaning
    from compiler.alertmanager.semantics.rules import read_rules

    alerts = read_rules(rules, findings)
    if all(one.severity != "error" or one.code in DEPLOYMENT_ONLY for one in findings.sorted()):
        fallbacks = {name for stages in delivery.fallbacks.values() for stage in stages for name in stage}
        smtp = delivery.transport == "smtp"
        check_meaning(parsed, fallbacks={*fallbacks, *delivery.fallbacks}, today=today, rules=alerts, smtp=smtp)


def check_folder(
    folder: Path, *, environment: str | None = None, today: date | None = None, rules: Sequence[Path] = ()
) -> tuple[Finding, ...]:
    """Returns the findings on a whole configuration folder, or on it with one environment alone."""
    names = environments(folder) if environment is None else (environment,)
    found = examine(
        alertmanager=folder / ALERTMANAGER,
        delivery=folder / DELIVERY,
        folder=folder,
        names=names,
        own=True,
        today=today,
        rules=rules,
    )
    findings = Findings()
    load_anomaly(folder, findings)
    place = folder / ENVIRONMENTS
    if not names:
        mend = f"add {place / 'dev.yml'}: an environment is what is deployed"
        findings.error(Place(file=str(place)), "no-environment", "holds no environment", mend)
    _check_twins(folder, names, findings)
    for stray in sorted(place.glob("*.yaml")):
        if stray.stem not in names:
            findings.warning(Place(file=str(stray)), "ignored-file", "is not read", "rename it to .yml")
    return found + findings.sorted()


def read_environment(folder: Path, name: str) -> tuple[Environment | None, tuple[Finding, ...]]:
    """Return one environment alone, with what is found in its file, and any other file that claims its name."""
    findings = Findings()
    _check_twins(folder, [name], findings)
    found = _environment(folder, name, findings)
    return found, findings.sorted()


def load_anomaly(folder: Path, findings: Findings) -> AnomalyConfig | None:
    """The folder's anomaly.yml; None where there is none, or none to go on with."""
    path = folder / ANOMALY
    root = read(path, findings) if path.exists() else None
    if root is None:
        return None
    from compiler.anomaly import check_environments, parse_anomaly

    name_placeholders(root, findings)
    check_environments(root, environments(folder), findings)
    return parse_anomaly(root, findings)


def _read(path: Path, findings: Findings, *, own: bool) -> Value | None:
    root = read(path, findings)
    if root and own:
        name_placeholders(root, findings)
    return root


def _alertmanager(path: Path, delivery: DeliveryFile, findings: Findings, *, own: bool) -> AlertmanagerFile | None:
    root = read_alertmanager(path, findings)
    if root and own:
        name_placeholders(root, findings)
    return _of_delivery(root, delivery, findings) if root else None


def read_alertmanager_file(file: Path | Value, delivery: DeliveryFile, findings: Findings) -> AlertmanagerFile | None:
    """Returns an alertmanager.yml by its path or its root value; None where there is none to go on with."""
    root = read_alertmanager(file, findings) if isinstance(file, Path) else file
    return _of_delivery(root, delivery, findings) if root else None


def _of_delivery(root: Value, delivery: DeliveryFile, findings: Findings) -> AlertmanagerFile | None:
    return parse_alertmanager(
        root,
        findings,
        transport=delivery.transport,
        on_call=delivery.on_call,
        time_zone=delivery.time_zone,
        allowed=delivery.allowed,
    )


def read_delivery(path: Path | None) -> DeliveryFile:
    """Returns a delivery.yml for an Alertmanager file that is read alone, as far as it can be; NOTHING for none."""
    return _delivery(path, Findings()) if path else NOTHING


def _delivery(path: Path, findings: Findings, *, own: bool = False) -> DeliveryFile:
    root = _read(path, findings, own=own)
    return parse_delivery(root, findings) if root else NOTHING


def _cross_check(alertmanager: AlertmanagerFile | None, delivery: DeliveryFile, findings: Findings) -> None:
    if alertmanager is not None and delivery is not NOTHING:
        receivers = {receiver.name: receiver for receiver in alertmanager.receivers}
        check_delivery(delivery, receivers, alertmanager.routed, findings)


def _environment(folder: Path, name: str, findings: Findings) -> Environment | None:
    path = folder / ENVIRONMENTS / f"{name}.yml"
    if missing := environment_fault(folder, name):
        findings.add(missing)
        return None
    # Here, since the catalogue of alarms takes longer to import than a route to find.
    from compiler.alarms.check import check_environment, check_own_runbooks
    from compiler.resources.environment import parse_environment

    root = _read(path, findings, own=True)
    found = parse_environment(root, name, findings) if root else None
    if found is not None and not any(f.file == str(path) and f.severity == "error" for f in findings.sorted()):
        pages = runbooks(folder)
        check_environment(found, pages, findings)
        if found.runbook_base_url and pages is not None:
            check_own_runbooks(str(path), pages, findings)
    return found


def _check_twins(folder: Path, names: Sequence[str], findings: Findings) -> None:
    """An error for each file that claims the name of an environment: NAME.yaml or Name.yml beside NAME.yml."""
    place = folder / ENVIRONMENTS
    for path in sorted((*place.glob("*.yml"), *place.glob("*.yaml"))):
        twin = path.stem.lower()
        if twin in names and path.name != f"{twin}.yml" and (place / f"{twin}.yml").exists():
            message = f"is the environment {twin!r} again: {twin}.yml has that name"
            findings.error(Place(file=str(path)), "duplicate-name", message, "keep one of the two files, or rename it")


def runbooks(folder: Path) -> frozenset[str] | None:
    """Return the pages of runbooks/ in the configuration folder, or else beside it; None where there is none."""
    for pages in (folder / "runbooks", folder.absolute().parent / "runbooks"):
        if pages.is_dir():
            return frozenset(path.name for path in pages.glob("*.md"))
    return None
