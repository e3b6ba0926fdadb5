"""Words that other senders use for the state of an alert, in a field or in front of a subject."""

from __future__ import annotations

import re

from alertrelay.alert import Status

_FIRING = (
    "firing", "alerting", "alert", "alarm", "triggered", "trigger", "re-triggered", "retriggered", "problem", "active",
    "activated", "open", "opened", "new", "down", "warn", "warning", "critical", "error", "no data", "nodata",
    "in_alarm", "failing", "acknowledged", "unresolved", "create",
    "created",
)  # fmt: skip
_RESOLVED = (
    "resolved", "resolve", "ok", "okay", "recovered", "recovery", "closed", "close", "normal", "up", "clear", "cleared",
    "healthy", "inactive", "auto-resolved",
)  # fmt: skip
_STATES: dict[str, Status] = {}
_STATES.update(dict.fromkeys(_FIRING, "firing"))
_STATES.update(dict.fromkeys(_RESOLVED, "resolved"))
_BRACKET = re.compile(r"\s{0,9}\[(?P<word>[^\[\]\n]{1,80})\]")
_COUNT = re.compile(r"(?P<word>[A-Za-z][A-Za-z _-]{0,30}?)\s{0,3}(?::\s{0,3}[0-9]{1,9}.*| on .*)?", re.DOTALL)
_PREFIX = re.compile(
    r"\W{0,4}(?:(?P<word>(?i:resolved|recovered|firing|triggered|closed|problem|recovery))\s{0,9}:|(?P<loud>PROBLEM|RECOVERY)\b)"
    r"\s{0,9}(?P<rest>.*)",
    re.DOTALL,
)
_BRACKETS_READ = 4


def state_of(word: str) -> Status | None:
    """Return the status that a word for a state means, None for a word that nobody is known to use so."""
    return _STATES.get(word.strip().lower()[:40])


def marked(line: str) -> tuple[Status | None, str]:
    """Return the status in front of a line, and the rest of it: `[FIRING:2] Disk shop`, `[P1] [Recovered] CPU`.

    A word without brackets counts only before a colon (`Resolved: …`), and as Nagios writes it: `** PROBLEM …`.
    """
    status: Status | None = None
    at = 0
    line = line[:1_000]
    for _ in range(_BRACKETS_READ):
        bracket = _BRACKET.match(line, at)
        if not bracket:
            break
        at = bracket.end()
        counted = _COUNT.fullmatch(bracket["word"].strip())
        status = status or (state_of(counted["word"]) if counted else None)
    rest = line[at:].strip()
    prefix = _PREFIX.fullmatch(rest) if status is None else None
    if prefix:
        return state_of(prefix["word"] or prefix["loud"]), prefix["rest"].strip()
    return status, rest
