"""Examines files for what `alertrelay check` reports, without compiling a configuration to deploy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from compiler.alertmanager.file import AlertmanagerFile
from compiler.config_files import (
    ALERTMANAGER,
    DELIVERY,
    ENVIRONMENTS,
    alertmanager_file,
    check_twins,
    check_with_environment,
    cross_check,
    delivery_file,
    environment_file,
    environments,
    folder_fault,
    load_anomaly,
    runbooks,
)
from compiler.delivery import NOTHING, DeliveryFile
from compiler.load import DEPLOYMENT_ONLY
from compiler.reading.finding import Finding, Findings, Place
from compiler.rules.files import PrometheusRule
from compiler.rules.folder import rules_folder

if TYPE_CHECKING:
    from compiler.rules.examine import ExaminedRules

NOT_ALERTMANAGERS = DEPLOYMENT_ONLY | {"bad-promql", "bad-rule", "bad-objective", "missing-parameter", "no-runbook"}
"""Codes of errors that leave the meaning of the Alertmanager file known."""


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
    on. `rules` are files of Prometheus's rules, checked beside the team's own folder of them; which routes and
    inhibitions they reach is checked too.
    """
    findings = Findings()
    said = delivery_file(delivery, findings, own=own) if delivery else None
    parsed = alertmanager_file(alertmanager, said or NOTHING, findings, own=own) if alertmanager else None
    if said:
        cross_check(parsed, said, findings)
    own_rules = rules_folder(folder) if own and folder else None
    examined = _examine_rules(rules, own_rules, folder, findings) if rules or own_rules else None
    if parsed and today and alertmanager:
        alerts = examined.rules if examined else ()
        check_meaning_of(parsed, said or NOTHING, findings, today=today, rules=alerts, named=bool(rules))
    found = [environment_file(folder or Path(), name, findings) for name in names]
    for each in found:
        check_with_environment(parsed, said or NOTHING, each, findings)
    listed = [one for one in found if one is not None]
    if own and parsed and len(listed) == len(found):
        from compiler.producers import check_with_environments

        check_with_environments(parsed, listed, examined, findings)
    deploying = [one.name for one in listed if one.managed_prometheus]
    if deploying and own and own_rules is None:
        from compiler.rules.deployed import no_rules

        no_rules(str((folder or Path()) / ENVIRONMENTS / f"{deploying[0]}.yml"), findings)
    return findings.sorted()


def _examine_rules(rules: Sequence[Path], own: Path | None, folder: Path | None, findings: Findings) -> ExaminedRules:
    from compiler.rules.examine import examine_rules  # slow: a check without rules needs no parser of PromQL

    return examine_rules(rules, own, findings, pages=runbooks(folder) if folder else None)


def check_meaning_of(
    parsed: AlertmanagerFile,
    delivery: DeliveryFile,
    findings: Findings,
    *,
    today: date,
    rules: Sequence[PrometheusRule],
    named: bool,
) -> None:
    """Adds what the file means, only where Alertmanager would start: what a broken tree means is not known."""
    from compiler.alertmanager.semantics.check import check_meaning
    from compiler.alertmanager.semantics.rules import alert_rule

    if all(one.severity != "error" or one.code in NOT_ALERTMANAGERS for one in findings.sorted()):
        fallbacks = {name for stages in delivery.fallbacks.values() for stage in stages for name in stage}
        called = {name for tier in delivery.escalation.tiers for name in tier.receivers}
        check_meaning(
            parsed,
            fallbacks={*fallbacks, *delivery.fallbacks, *called},
            hours={name for tier in delivery.escalation.tiers for name in tier.hours},
            today=today,
            rules=[alert_rule(rule.alert, rule.labels, rule.place) for rule in rules if rule.alert],
            named=named,
            smtp=delivery.transport == "smtp",
        )


def check_folder(
    folder: Path, *, environment: str | None = None, today: date | None = None, rules: Sequence[Path] = ()
) -> tuple[Finding, ...]:
    """Returns the findings on a whole configuration folder, or on it with one environment alone."""
    if missing := folder_fault(folder):
        return (missing,)
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
