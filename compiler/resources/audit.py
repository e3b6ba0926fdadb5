"""Reads `audit` of an environment's file: what a scheduled function checks of the relay, as plain values."""

from __future__ import annotations

from dataclasses import dataclass

from compiler.reading.finding import Findings
from compiler.reading.formats import ROLE
from compiler.reading.section import Section, keys
from compiler.reading.yamlfile import Value

KEYS = keys("every roles")
MINUTE, HOUR = 60, 3_600
EVERY = 15 * MINUTE
LEAST, MOST = 5 * MINUTE, 6 * HOUR
"""Seconds between two reconciliations. Each asks CloudWatch for all alarms of each account."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Alarms are compared with open alerts each `every` seconds, also those of the accounts of `roles`, by ARN."""

    every: int
    roles: tuple[str, ...] = ()


def audit_of(section: Section) -> Audit | None:
    """Reads the key `audit` of an environment's file, None where it is absent; faults are findings."""
    own = section.section("audit", KEYS)
    if own is None:
        return None
    return Audit(every=_every(own), roles=_roles(own.list("roles"), own.findings))


def _roles(values: tuple[Value, ...], findings: Findings) -> tuple[str, ...]:
    """Returns one role an account: of two of one account its alarms would be read twice."""
    found: dict[str, str] = {}
    for value in values:
        role = ROLE(value, findings)
        account = role.split(":")[4] if role else ""
        if account in found:
            message = f"the account {account} has a role already: {found[account]}"
            findings.error(value.place, "duplicate-name", message, "keep one of the two")
        elif role:
            found[account] = role
    return tuple(found.values())


def _every(section: Section) -> int:
    seconds = section.seconds("every") if section.has("every") else EVERY
    if seconds is None:
        return EVERY
    if not LEAST <= seconds <= MOST or seconds % MINUTE:
        mend = "write whole minutes from 5m to 6h"
        section.findings.error(section.at("every"), "out-of-range", f"{section.text('every')} is out of range", mend)
        return EVERY
    return int(seconds)
