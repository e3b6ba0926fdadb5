"""Severities in texts that were not written for this relay: `P1`, `SEV-2 (page)`, an alarm called `Hosts-SEV1`."""

from __future__ import annotations

import re

from alertrelay.alert import SEVERITY_RANK
from alertrelay.sources.severity import DEFAULT, MEANING, severity
from alertrelay.values import text as texts

_WORD = re.compile(r"[A-Za-z0-9]+")
_NEGATIONS = frozenset({"non", "not", "no", "never", "without"})
_READ = 200  # characters of a name or a field that are looked at
_LEADING_WORDS = 3


def level(value: object) -> str:
    """Return critical, error, warning or info where the value of a severity field names one, else "".

    The whole value counts first, then the first of its leading words that names a severity: "P1 - site down" is
    critical. A negated word ("not critical") names none.
    """
    if value is None:
        return ""
    said = texts.printable(value)[:_READ]
    whole = severity(said)
    if whole in SEVERITY_RANK:
        return whole
    return next((found for found in _levels(_words(said)[:_LEADING_WORDS]) if found), "")


def level_in_name(name: str) -> str:
    """Return the severity that stands in a name as a whole word, else "".

    `SEV1`, `sev-1` and `P1` anywhere; small `p1` is a percentile or a partition. `critical` only as the last word:
    `prod-disk-critical`, but not `critical-path-latency`.
    """
    words = _words(name[:_READ])
    levels = _levels(words)
    for word, found in zip(words, levels, strict=True):
        if found and re.fullmatch(r"(?i:sev)[0-9]?|P[0-9]", word):
            return found
    last = levels[-1:]
    return "critical" if last == ["critical"] and words[-1].lower() in ("critical", "crit") else ""


def higher(*words: str) -> str:
    """Return the gravest of several severities, "" for none; an unknown one counts least."""
    return max(words, key=lambda word: SEVERITY_RANK.get(word, 0), default="")


def guessed(guess: str, given: str) -> str:
    """Return the severity of an alert whose own is only a guess: never below what its topic gives, else the default."""
    return higher(given or DEFAULT, guess)


def _words(text: str) -> list[str]:
    """Returns the words of a text; `SEV 1` and `sev-1` are one."""
    found: list[str] = []
    for word in _WORD.findall(text):
        if found and found[-1].lower() in ("sev", "severity") and word.isdecimal():
            found[-1] = f"sev{word}"
        else:
            found.append(word)
    return found


def _levels(words: list[str]) -> list[str]:
    """Returns the severity that each word names, "" for none."""
    ranked = [MEANING.get(word.lower(), "") for word in words]
    before = ["", *words][: len(words)]
    return ["" if other.lower() in _NEGATIONS else found for found, other in zip(ranked, before, strict=True)]
