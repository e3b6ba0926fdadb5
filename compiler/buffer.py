"""Checks one file of the configuration as an editor holds it, unsaved, with the others as they stand on the disk."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from compiler.alarms.check import check_environment
from compiler.alertmanager.managed import parse_alertmanager_text
from compiler.anomaly import check_environments, parse_anomaly
from compiler.config_files import (
    ALERTMANAGER,
    ANOMALY,
    DELIVERY,
    ENVIRONMENTS,
    environments,
    read_alertmanager_file,
    read_delivery,
    runbooks,
)
from compiler.delivery import check_delivery, parse_delivery
from compiler.examine import check_meaning_of
from compiler.flap_damping import check_flap_rules
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import parse_environment


def examine_buffer(path: Path, text: str, *, today: date) -> tuple[Finding, ...]:
    """Returns the findings on the text alone; `path` says which kind of file it is, by its name and folder."""
    findings = Findings()
    if path.name == DELIVERY:
        _delivery(path, text, findings)
    elif path.name == ANOMALY:
        root = parse(text, findings, file=str(path))
        if root:
            check_environments(root, environments(path.parent), findings)
            parse_anomaly(root, findings)
    elif path.parent.name == ENVIRONMENTS:
        root = parse(text, findings, file=str(path))
        found = parse_environment(root, path.stem, findings) if root else None
        if found is not None and not findings.failed:
            check_environment(found, runbooks(path.parent.parent), findings)
    else:
        _alertmanager(path, text, findings, today)
    return tuple(one for one in findings.sorted() if one.file == str(path))


def _delivery(path: Path, text: str, findings: Findings) -> None:
    root = parse(text, findings, file=str(path))
    beside = path.with_name(ALERTMANAGER)
    if root is None:
        return
    delivery = parse_delivery(root, findings)
    parsed = read_alertmanager_file(beside, delivery, Findings()) if beside.exists() else None
    if parsed:
        receivers = {receiver.name: receiver for receiver in parsed.receivers}
        check_delivery(delivery, receivers, parsed.routed, findings, intervals=parsed.time_intervals)
        check_flap_rules(delivery.flap_damping, receivers, parsed.route, findings)


def _alertmanager(path: Path, text: str, findings: Findings, today: date) -> None:
    beside = path.with_name(DELIVERY)
    delivery = read_delivery(beside if beside.exists() else None)
    root = parse_alertmanager_text(text, findings, file=str(path))
    parsed = read_alertmanager_file(root, delivery, findings) if root else None
    if parsed:
        check_meaning_of(parsed, delivery, findings, today=today, rules=(), named=False)
