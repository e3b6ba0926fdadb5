"""Reads decisions out of log lines: of a local file, of an export, or of CloudWatch Logs Insights.

A line is what a function printed, also behind the time and the stream that `aws logs tail` puts before it. What is no
decision is left out and counted: a reader must know how much of the log the history is made of.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from alertrelay.nflog.history.decision import LoggedDecision, decision_of
from alertrelay.values.text import how_many
from alertrelay.values.times import instant

_OURS = ('"level":', '"location":', '"_aws":', '"outcome":', '"fingerprint":', '"reason":', '"service":')
"""A line of a function has one of these, wherever it is cut."""
_KEYS = frozenset({"level", "location", "message", "service"})
"""A whole line of a function has all of these: Powertools' Logger writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """What was read. `decisions` are in order of time, each once. `other` lines are the functions' own, about something
    else; `foreign` ones are no JSON of theirs (a trace, Lambda's START and REPORT); `cut` ones begin as theirs and end
    in the middle; `repeated` ones were read before. `last` is the time of the functions' last line, also of another."""

    decisions: tuple[LoggedDecision, ...]
    other: int = 0
    foreign: int = 0
    cut: int = 0
    repeated: int = 0
    last: datetime | None = None

    @property
    def doubts(self) -> list[str]:
        """Returns what a reader has to know, in words: a line that was cut held a decision that is missing here."""
        found = []
        if self.cut:
            found.append(f"{_counted(self.cut)} cut off in the middle: what stood there is not in this history")
        if self.foreign:
            found.append(f"{_counted(self.foreign)} not of alertrelay's functions, and left out")
        if self.repeated:
            found.append(f"{_counted(self.repeated)} there more than once, and counted once")
        return found


def _counted(number: int) -> str:
    return how_many(number, "line is", "lines are")


def read_lines(lines: Iterable[str | tuple[datetime, str]]) -> Read:
    """Returns the decisions of log lines. A pair is a line with the time at which CloudWatch received it, which counts
    where the line has none of its own."""
    found: list[LoggedDecision] = []
    seen: set[int] = set()  # of hashes: 90 days of lines would fill the memory
    other = foreign = cut = repeated = 0
    last: datetime | None = None
    for one in lines:
        received, text = one if isinstance(one, tuple) else (None, one)
        body = text[text.find("{") :].strip() if "{" in text else ""
        if not text.strip():
            continue
        mark = hash(body)
        if body and mark in seen:
            repeated += 1
            continue
        line = _parsed(body)
        if line is None:
            is_ours = any(mark in text for mark in _OURS)
            cut, foreign = cut + is_ours, foreign + (not is_ours)
            continue
        if not (line.keys() >= _KEYS or "_aws" in line):
            foreign += 1
            continue
        seen.add(mark)
        at = instant(_timestamp(line)) or received
        last = max(filter(None, (last, at)), default=None)
        decision = decision_of(line, at) if at else None
        if decision is None:
            other += 1
        else:
            found.append(decision)
    found.sort(key=lambda decision: decision.at)
    return Read(
        decisions=tuple(_identified(found)), other=other, foreign=foreign, cut=cut, repeated=repeated, last=last
    )


def _identified(found: Iterable[LoggedDecision]) -> Iterator[LoggedDecision]:
    """Yields decisions in order of time, where what people did has the key of the alert that was known by its
    fingerprint: a line of an earlier version names that and the alertname alone. The end of a silence, whose line has
    its id alone, is of the alerts that the silence names."""
    known: dict[str, str] = {}
    silences: dict[str, LoggedDecision] = {}
    for one in found:
        if one.what == "silenced":
            silences[one.silence] = one
        elif one.what == "silence expired" and (silence := silences.get(one.silence)):
            yield replace(
                one, alert=silence.alert, detail=one.detail or _conditions(silence), matchers=silence.matchers
            )
            continue
        if one.fingerprint and one.state_key:
            known[one.fingerprint] = one.state_key
        elif key := known.get(one.fingerprint):
            yield replace(one, state_key=key)
            continue
        yield one


def _conditions(silence: LoggedDecision) -> str:
    return ", ".join(one for together in silence.matchers for one in together)


def _parsed(body: str) -> dict[str, Any] | None:
    try:
        line = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None


def _timestamp(line: dict[str, Any]) -> object:
    """Returns the clock of a simulated day, else the time of Powertools, "2026-11-30 13:06:16,123+0000"."""
    value = line.get("clock") or line.get("timestamp")
    return value.replace(",", ".", 1) if isinstance(value, str) else value
