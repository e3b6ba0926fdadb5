"""Reads the severity: from the words that people write, else from a topic's name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.alert import SEVERITY_RANK

DEFAULT = "warning"
"""The severity of an alarm of which neither its metadata nor its topic says any."""

_WORDS: Mapping[str, tuple[str, ...]] = {
    "critical": (
        "critical",
        "crit",
        "fatal",
        "emergency",
        "emerg",
        "disaster",
        "page",
        "urgent",
        "sev0",
        "sev1",
        "p0",
        "p1",
    ),
    "error": ("error", "err", "high", "major", "sev2", "p2"),
    "warning": ("warning", "warn", "medium", "moderate", "average", "minor", "sev3", "p3"),
    "info": ("info", "information", "informational", "notice", "low", "none", "debug", "sev4", "sev5", "p4", "p5"),
}
MEANING = {word: severity for severity, words in _WORDS.items() for word in words}

_TOPICS: Mapping[str, Mapping[str, str]] = {
    "critical": {"severity": "critical"},
    "warning": {"severity": "warning"},
    "info": {"severity": "info"},
    "slo-violations": {"severity": "warning", "category": "slo"},
    "infrastructure": {"severity": "warning", "category": "infrastructure"},
}


def severity(word: str) -> str:
    """critical, error, warning or info where the meaning is clear (SEV-1, P1, High), else the word in lower case."""
    lower = word.strip().lower()
    return MEANING.get(re.sub(r"[\s_-]+", "", lower), lower)


def higher(one: str, other: str) -> str:
    """Return the worse of two severities; a word that is none of the four ranks below them."""
    return other if SEVERITY_RANK.get(other, 0) > SEVERITY_RANK.get(one, 0) else one


def of_topic(topic_arn: str) -> Mapping[str, str]:
    """Returns the labels that a topic's name gives to an alert without better ones: severity, for some a category.

    The last words of the name decide: `alertrelay-prod-slo-violations`. A topic that is not one of ours gives nothing.
    """
    name = topic_arn.rpartition(":")[2].removesuffix(".fifo").lower().replace("_", "-")
    for ending, given in _TOPICS.items():
        if name == ending or name.endswith(f"-{ending}"):
            return given
    return {}
