"""Examines files for what `alertrelay check` reports, without compiling a configuration to deploy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from compiler.alertmanager.file import AlertmanagerFile
from compiler.config_files import (
    ALERTMANAGER,
    DELIVERY,
    ENVIRONMENTS,
    alertmanager_file,
    check_twins,
    cross_check,
    delivery_file,
    environment_file,
    environments,
    load_anomaly,
)
from compiler.delivery import NOTHING, DeliveryFile
from compiler.load import DEPLOYMENT_ONLY
from compiler.reading.finding import Finding, Findings, Place


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
    said = delivery_file(delivery, findings, own=own) if delivery else None
    parsed = alertmanager_file(alertmanager, said or NOTHING, findings, own=own) if alertmanager else None
    if said:
        cross_check(parsed, said, findings)
    if parsed and today and alertmanager:
        check_meaning_of(parsed, said or NOTHING, findings, today=today, rules=rules)
    for name in names:
        environment_file(folder or Path(), name, findings)
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
    check_twins(folder, names, findings)
    for stray in sorted(place.glob("*.yaml")):
        if stray.stem not in names:
            findings.warning(Place(file=str(stray)), "ignored-file", "is not read", "rename it to .yml")
    return found + findings.sorted()
