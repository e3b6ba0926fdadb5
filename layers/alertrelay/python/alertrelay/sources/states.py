"""Words that other senders use for the state of an alert, in a field or in front of a subject."""

from __future__ import annotations

import re
from typing import NamedTuple

from alertrelay.alert import Status

_FIRING = (
    "firing", "alerting", "alert", "alarm", "triggered", "trigger", "re-triggered", "retriggered", "problem", "active",
    "activated", "open", "opened", "new", "down", "warn", "warning", "critical", "error", "no data", "nodata",
    "in_alarm", "failing", "acknowledged", "acknowledge", "acknowledgement", "ack", "unacknowledged", "snoozed",
    "escalated", "reopened", "unresolved", "create", "created",
)  # fmt: skip
_RESOLVED = (
    "resolved", "resolve", "ok", "okay", "recovered", "recovery", "closed", "close", "normal", "up", "clear", "cleared",
    "healthy", "inactive", "auto-resolved",
)  # fmt: skip
_STATES: dict[str, Status] = {}
_STATES.update(dict.fromkeys(_FIRING, "firing"))
_STATES.update(dict.fromkeys(_RESOLVED, "resolved"))
_OF_ALERTS = frozenset(
    ("firing", "alerting", "alert", "alarm", "triggered", "re-triggered", "retriggered", "no data", "nodata",
     "in_alarm", "resolved", "recovered", "auto-resolved", "ok", "okay")
)  # fmt: skip
"""Words that, within brackets, are said of nothing but alerts. "[New] menu" and "[Closed] office" are prose."""
_BRACKET = re.compile(r"\s{0,9}\[(?P<word>[^\[\]\n]{1,80})\]")
_COUNT = re.compile(r"(?P<word>[A-Za-z][A-Za-z _-]{0,30}?)\s{0,3}(?::\s{0,3}[0-9]{1,9}.*| on .*)?", re.DOTALL)
_PREFIX = re.compile(
    r"\W{0,4}(?:(?P<word>(?i:resolved|recovered|firing|triggered|closed|problem|recovery))"
    r"(?: in [0-9dhms ]{1,30})?\s{0,9}:|(?P<loud>PROBLEM|RECOVERY|ACKNOWLEDGEMENT)\b)[\s*_`\u2013-]{0,9}(?P<rest>.*)",
    re.DOTALL,
)
_SENTENCE = re.compile(r"\W{0,4}Problem (?P<verb>started at|has been resolved)\b")
"""How Zabbix begins a text that has no Subject."""
_BRACKETS_READ = 4
_URL = re.compile(r"https?://\S{1,1000}")
# What a machine is called: db-1, web1/HTTP, host:a, node_exporter. Words of people with a hyphen have no digit.
_MACHINE = re.compile(
    r"(?<!\S)[(\"'`]{0,3}(?:[A-Za-z]{2,40}[0-9]{1,9}|(?=[^\s]{0,80}[0-9_:])[A-Za-z0-9]{1,40}(?:[-_./:][A-Za-z0-9]{1,40}){1,20})"
    r"[)\"'`,.;!]{0,3}(?!\S)"
)
_HAS_LETTERS = re.compile(r"[A-Za-z]{2}")
_CAMEL = re.compile(r"[A-Z][a-z0-9]{1,60}(?:[A-Z][A-Za-z0-9]{0,60}){1,9}")
_NAGIOS = re.compile(r"(?:Service|Host) Alert: |\sis\s(?:CRITICAL|WARNING|UNKNOWN|DOWN|UP|OK|UNREACHABLE)\b")


class Marked(NamedTuple):
    """The status in front of a line, the rest of it, and the words in brackets. `certain` is False where the word for
    the status may begin mere prose."""

    status: Status | None
    rest: str
    certain: bool
    words: tuple[str, ...]


def state_of(word: str) -> Status | None:
    """Return the status that a word for a state means, None for a word that nobody is known to use so."""
    return _STATES.get(word.strip().lower()[:40])


def is_camel(word: str) -> bool:
    """Return whether a word is written as alertnames are: HighErrorRate."""
    return bool(_CAMEL.fullmatch(word))


def names_alert(text: str) -> bool:
    """Return whether a text names what an alert is about: an alertname alone, a machine, or Nagios's own words.

    "DiskFull", "Disk full on db-1" and "web1/HTTP is CRITICAL" do; "the team has looked at it" does not.
    """
    plain = _URL.sub(" ", text[:400]).strip()
    machines = (found[0] for found in _MACHINE.finditer(plain))
    return is_camel(plain) or bool(_NAGIOS.search(plain)) or any(map(_HAS_LETTERS.search, machines))


def marked(line: str) -> Marked:
    """Return the status in front of a line, and the rest of it: `[FIRING:2] Disk shop`, `[P1] [Recovered] CPU`.

    A word without brackets counts only before a colon (`Resolved: …`), and as Nagios writes it: `** PROBLEM …`. Such a
    word, and a bracket with a word of everyday life (`[Closed]`), is certain only before what names an alert.
    """
    status: Status | None = None
    certain = False
    words: list[str] = []
    at = 0
    line = line[:1_000]
    for _ in range(_BRACKETS_READ):
        bracket = _BRACKET.match(line, at)
        if not bracket:
            break
        at = bracket.end()
        words.append(bracket["word"].strip())
        counted = _COUNT.fullmatch(words[-1])
        found = state_of(counted["word"]) if counted else None
        if counted and found and status is None:
            status, certain = found, counted["word"].strip().lower() in _OF_ALERTS
    rest = line[at:].strip()
    prefix = _PREFIX.fullmatch(rest) if status is None else None
    if began := _SENTENCE.match(rest):
        return Marked("firing" if began["verb"] == "started at" else "resolved", "", False, tuple(words))
    if prefix:
        status, rest = state_of(prefix["word"] or prefix["loud"]), prefix["rest"].strip()
    return Marked(status, rest, status is None or certain or names_alert(rest), tuple(words))
