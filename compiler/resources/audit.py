"""Reads `audit` of an environment's file: what a scheduled function checks of the relay, as plain values."""

from __future__ import annotations

from dataclasses import dataclass, field

from compiler.reading.finding import Findings, Place
from compiler.reading.formats import ROLE, secret_key_of
from compiler.reading.section import Section, keys
from compiler.reading.yamlfile import Value
from compiler.resources.keys import date_of

KEYS = keys("every roles drill heartbeat_key report reviewed")
REPORT_CHANNELS = ("slack", "email")
"""The kinds of channel that a weekly audit is sent to."""
DRILL_KEYS = keys("every within receiver severity")
MINUTE, HOUR, DAY = 60, 3_600, 86_400
LEAST, MOST = 5 * MINUTE, 6 * HOUR
"""Seconds between two reconciliations. Each asks CloudWatch for all alarms of each account."""
LEAST_DRILL, MOST_DRILL = HOUR, DAY
LEAST_WITHIN, MOST_WITHIN = 10, 240
"""Seconds: a drill waits twice so long, for its alert and for the resolve, and a function runs for 15 minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A scheduled alert, each `every` seconds, that `receiver` of alertmanager.yml has to be notified of `within` so
    many seconds."""

    every: int
    within: int
    receiver: str
    severity: str = "critical"
    place: Place = field(default=Place(file=""), compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Alarms are compared with open alerts each `every` seconds, also those of the accounts of `roles`, by ARN.

    `heartbeat_key` names the key of the secret that holds a URL to be posted to each five minutes; "" for none.
    `report` names the receiver of alertmanager.yml whose Slack channels and mailboxes get the weekly audit, "" for
    none; `reviewed` is when the thresholds of the file were last reviewed, as YYYY-MM-DD, "" where it does not say.
    """

    every: int
    roles: tuple[str, ...] = ()
    drill: Drill | None = None
    heartbeat_key: str = ""
    heartbeat_place: Place = field(default=Place(file=""), compare=False, repr=False)
    report: str = ""
    report_place: Place = field(default=Place(file=""), compare=False, repr=False)
    reviewed: str = ""


def audit_of(section: Section) -> Audit | None:
    """Reads the key `audit` of an environment's file, None where it is absent; faults are findings."""
    own = section.section("audit", KEYS)
    if own is None:
        return None
    heartbeat = own.get("heartbeat_key")
    return Audit(
        every=_every(own, "15m", low=LEAST, high=MOST),
        roles=_roles(own.list("roles"), own.findings),
        drill=_drill(own),
        heartbeat_key=secret_key_of(heartbeat, own.findings, "heartbeat_url") if heartbeat else "",
        heartbeat_place=own.at("heartbeat_key"),
        report=own.string("report", ""),
        report_place=own.at("report"),
        reviewed=date_of(own, "reviewed"),
    )


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


def _drill(section: Section) -> Drill | None:
    own = section.section("drill", DRILL_KEYS)
    if own is None or not own.require("receiver", "name the receiver of alertmanager.yml that only the drill notifies"):
        return None
    return Drill(
        every=_every(own, "1d", low=LEAST_DRILL, high=MOST_DRILL),
        within=_every(own, "2m", low=LEAST_WITHIN, high=MOST_WITHIN, key="within", whole=1),
        receiver=own.string("receiver"),
        severity=_severity(own),
        place=own.at("receiver"),
    )


def _severity(section: Section) -> str:
    word = section.string("severity", "critical")
    if word not in ("critical", "warning", "info"):
        mend = "one of critical, warning, info: it is published to the topic of that name"
        section.findings.error(section.at("severity"), "bad-value", f"{word!r} is no severity of a topic", mend)
        return "critical"
    return word


def _every(section: Section, default: str, *, low: int, high: int, key: str = "every", whole: int = MINUTE) -> int:
    """Returns a duration in seconds within both bounds, of whole minutes: EventBridge knows no shorter rates."""
    seconds = section.seconds(key) if section.has(key) else _SECONDS[default]
    if seconds is None:
        return _SECONDS[default]
    if not low <= seconds <= high or seconds % whole:
        unit = "whole minutes" if whole == MINUTE else "seconds"
        mend = f"write {unit} from {_text(low)} to {_text(high)}"
        section.findings.error(section.at(key), "out-of-range", f"{section.text(key)} is out of range", mend)
        return _SECONDS[default]
    return int(seconds)


_SECONDS = {"15m": 900, "1d": DAY, "2m": 120}


def _text(seconds: int) -> str:
    for unit, size in (("d", DAY), ("h", 3_600), ("m", MINUTE)):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
