"""Reads the files of a configuration folder, each by itself, as `load` and `examine` need them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from alertrelay.config.model import secret_keys

from compiler.alertmanager.file import AlertmanagerFile, parse_alertmanager
from compiler.alertmanager.managed import read_alertmanager
from compiler.delivery import NOTHING, DeliveryFile, check_delivery, parse_delivery
from compiler.flap_damping import check_flap_rules
from compiler.placeholders import name_placeholders
from compiler.reading.finding import Finding, Findings, Place, did_you_mean
from compiler.reading.yamlfile import Value, read
from compiler.slack import has_bot

if TYPE_CHECKING:
    from alertrelay.config.watch import AnomalyConfig

    from compiler.resources.audit import Audit
    from compiler.resources.environment import Environment

ALERTMANAGER = "alertmanager.yml"
DELIVERY = "delivery.yml"
ANOMALY = "anomaly.yml"
ENVIRONMENTS = "environments"
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def is_environment_name(name: str) -> bool:
    """Returns whether it may become part of names in AWS."""
    return _NAME.fullmatch(name) is not None


def environments(folder: Path) -> tuple[str, ...]:
    """The names of the environments under a configuration folder, sorted."""
    return tuple(sorted(path.stem for path in (folder / ENVIRONMENTS).glob("*.yml")))


def environment_fault(folder: Path, name: str) -> Finding | None:
    """Return what is wrong with the name of an environment, None where its file is there: every command says it so."""
    path, known = folder / ENVIRONMENTS / f"{name}.yml", environments(folder)
    code, message, mend = "unreadable", f"there is no environment {name!r}", did_you_mean(name, known)
    if missing := folder_fault(folder):
        return missing
    if not known:
        mend = f"add {path}: an environment is what is deployed"
    if not is_environment_name(name):
        code, message = "bad-value", f"{name!r} is not a valid environment name"
        mend = "small letters, digits and hyphens: it becomes part of names in AWS"
    elif path.exists():
        return None
    return Finding(file=str(path), line=0, column=0, key="", severity="error", code=code, message=message, mend=mend)


def folder_fault(folder: Path) -> Finding | None:
    """Returns the finding for a folder that is no configuration at all, None where some part of one is there."""
    if any((folder / part).exists() for part in (ALERTMANAGER, DELIVERY, ANOMALY, ENVIRONMENTS)):
        return None
    message = f"no configuration folder at {folder}"
    mend = "`alertrelay init` makes one, or name yours with --config-dir"
    findings = Findings()
    findings.error(Place(file=str(folder)), "unreadable", message, mend)
    return findings.sorted()[0]


def read_alertmanager_file(file: Path | Value, delivery: DeliveryFile, findings: Findings) -> AlertmanagerFile | None:
    """Returns an alertmanager.yml by its path or its root value; None where there is none to go on with."""
    root = read_alertmanager(file, findings) if isinstance(file, Path) else file
    return alertmanager_of(root, delivery, findings) if root else None


def alertmanager_file(path: Path, delivery: DeliveryFile, findings: Findings, *, own: bool) -> AlertmanagerFile | None:
    root = read_alertmanager(path, findings)
    if root and own:
        name_placeholders(root, findings)
    return alertmanager_of(root, delivery, findings) if root else None


def alertmanager_of(root: Value, delivery: DeliveryFile, findings: Findings) -> AlertmanagerFile | None:
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
    return delivery_file(path, Findings()) if path else NOTHING


def delivery_file(path: Path, findings: Findings, *, own: bool = False) -> DeliveryFile:
    root = _read(path, findings, own=own)
    return parse_delivery(root, findings) if root else NOTHING


def cross_check(alertmanager: AlertmanagerFile | None, delivery: DeliveryFile, findings: Findings) -> None:
    if alertmanager is not None and delivery is not NOTHING:
        receivers = {receiver.name: receiver for receiver in alertmanager.receivers}
        check_delivery(delivery, receivers, alertmanager.routed, findings, intervals=alertmanager.time_intervals)
        check_flap_rules(delivery.flap_damping, receivers, alertmanager.route, findings)


def check_with_environment(
    alertmanager: AlertmanagerFile | None, delivery: DeliveryFile, environment: Environment | None, findings: Findings
) -> None:
    """Adds what an environment and the other files make of each other; `check` and synth both find it here alone."""
    _check_audit(alertmanager, environment, findings)
    _check_maintenance(alertmanager, environment, findings)
    _check_buttons(alertmanager, delivery, environment, findings)


def _check_audit(alertmanager: AlertmanagerFile | None, environment: Environment | None, findings: Findings) -> None:
    """Adds errors where the scheduled drill of the environment would notify somebody else, or where its heartbeat would
    be posted to what a channel's key holds."""
    audit = environment.audit if environment else None
    if alertmanager is None or environment is None or audit is None:
        return
    if audit.drill:
        from compiler.drill_route import check_drill

        check_drill(alertmanager, audit.drill, environment.name, findings)
    if audit.report:
        _check_report(alertmanager, audit, findings)
    taken = (*secret_keys(alertmanager.receivers), environment.ops_pagerduty_key)
    if audit.heartbeat_key and audit.heartbeat_key in taken:
        message = f"the key {audit.heartbeat_key!r} is that of a channel: its value is not the address of a heartbeat"
        mend = "give the heartbeat a key of its own, as in heartbeat_url, and put its address into the secret"
        findings.error(audit.heartbeat_place, "secret-name-clash", message, mend)


def _check_report(alertmanager: AlertmanagerFile, audit: Audit, findings: Findings) -> None:
    """Adds an error where the weekly audit would reach nobody."""
    from compiler.resources.audit import REPORT_CHANNELS

    known = {receiver.name: receiver for receiver in alertmanager.receivers}
    if audit.report not in known:
        message = f"alertmanager.yml has no receiver {audit.report!r}"
        findings.error(audit.report_place, "unknown-receiver", message, did_you_mean(audit.report, known))
    elif not any(target.integration.channel in REPORT_CHANNELS for target in known[audit.report].targets):
        message = f"the receiver {audit.report!r} has neither Slack nor e-mail, which the weekly audit is sent to"
        findings.error(audit.report_place, "tells-nobody", message, "give it slack_configs or email_configs")


def _check_buttons(
    alertmanager: AlertmanagerFile | None,
    delivery: DeliveryFile,
    environment: Environment | None,
    findings: Findings,
) -> None:
    """Adds a warning where messages of the environment would have buttons that nothing answers, and an info where they
    have none, and an intake would answer; `buttons: false` says that this is wanted."""
    if alertmanager is None or environment is None:
        return
    slack = delivery.slack
    wanted = slack is not None and (slack.buttons or slack.without_buttons)
    if environment.intake and not wanted and has_bot(alertmanager.receivers):
        message = "messages of Slack bots have no buttons, which the intake would answer"
        mend = (
            "`slack: {buttons: true}` once the app has interactivity, as docs/slack.md sets it up; false if not wanted"
        )
        place = Place(file=delivery.place.file or DELIVERY, key="slack.buttons")
        findings.info(place, "no-buttons", message, mend)
    if slack and slack.buttons and not environment.intake:
        message = f"the environment {environment.name} has no intake, which answers the buttons of Slack messages"
        mend = f"add `intake: direct` to environments/{environment.name}.yml, or remove `slack: {{buttons: true}}`"
        place = replace(slack.place, key="slack.buttons")
        findings.warning(place, "not-obeyed", message, mend)


def _check_maintenance(
    alertmanager: AlertmanagerFile | None, environment: Environment | None, findings: Findings
) -> None:
    """Adds what the maintenance windows of the environment would hide that a route wants."""
    if alertmanager is not None and environment is not None and environment.maintenance:
        from compiler.alarms.muting import check_maintenance

        check_maintenance(alertmanager, environment, findings)


def read_environment(folder: Path, name: str) -> tuple[Environment | None, tuple[Finding, ...]]:
    """Return one environment alone, with what is found in its file, and any other file that claims its name."""
    findings = Findings()
    check_twins(folder, [name], findings)
    found = environment_file(folder, name, findings)
    return found, findings.sorted()


def environment_file(folder: Path, name: str, findings: Findings) -> Environment | None:
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


def check_twins(folder: Path, names: Sequence[str], findings: Findings) -> None:
    """An error for each file that claims the name of an environment: NAME.yaml or Name.yml beside NAME.yml."""
    place = folder / ENVIRONMENTS
    for path in sorted((*place.glob("*.yml"), *place.glob("*.yaml"))):
        twin = path.stem.lower()
        if twin in names and path.name != f"{twin}.yml" and (place / f"{twin}.yml").exists():
            message = f"is the environment {twin!r} again: {twin}.yml has that name"
            findings.error(Place(file=str(path)), "duplicate-name", message, "keep one of the two files, or rename it")


def runbooks(folder: Path) -> frozenset[str] | None:
    """Return the pages of runbooks/ in the configuration folder, or else beside it; None where there is none.

    Each is its path below that folder: `rds-high-cpu.md`, `prometheus/errors.md`.
    """
    for pages in (folder / "runbooks", folder.absolute().parent / "runbooks"):
        if pages.is_dir():
            return frozenset(path.relative_to(pages).as_posix() for path in pages.rglob("*.md"))
    return None


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
