"""Inhibits alerts that another firing alert explains.

The rule is Alertmanager's own definition (docs of `inhibit_rule`, inhibit/inhibit.go), not the index that releases 0.30
to 0.34 keep in its stead and that lets targets through (issue 5162). A store answers by keys: what matches a source
side is kept under (rule, equal values), and a target asks for the same two; `mutes` weighs question and entry.
"""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from alertrelay.alert import Kind, Labels
from alertrelay.config.model import InhibitRule, Matcher
from alertrelay.policy.matchers import matches


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """An alert that fires now, whatever its route or receiver, and be it silenced or inhibited itself."""

    state_key: str
    labels: Labels
    kind: Kind = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inhibition:
    """The rule and the firing alert that inhibit a target."""

    rule: InhibitRule
    source: Firing


class InhibitKey(NamedTuple):
    """The key under which a source is stored, and for which a target asks. `two_sided`: it matches both sides."""

    rule: str
    equal: str
    two_sided: bool


def inhibiting(rules: Iterable[InhibitRule], labels: Labels, sources: Iterable[Firing]) -> Inhibition | None:
    """Returns the first rule, and its first source, that suppress an alert with these labels; None where nothing does.

    A target that matches the source side as well is not suppressed by a source that matches the target side as well:
    so no rule suppresses its own source, and two alerts never suppress each other by one rule. A label that is missing
    on both sides is equal. An event has no end, so it is never a source.
    """
    able = [source for source in sources if source.kind == "alert"]
    for rule in rules:
        if not matches(rule.target, labels):
            continue
        two_sided = matches(rule.source, labels)
        for source in able:
            if (
                matches(rule.source, source.labels)
                and _equal_values(rule, source.labels) == _equal_values(rule, labels)
                and not (two_sided and matches(rule.target, source.labels))
            ):
                return Inhibition(rule=rule, source=source)
    return None


class SourceIndex:
    """Finds what `inhibiting` finds, for thousands of targets: the first source of each rule and of each set of equal
    values is kept, and the first that does not match the rule's other side."""

    def __init__(self, rules: Iterable[InhibitRule], sources: Iterable[Firing]) -> None:
        self._rules = tuple(rules)
        self._first: dict[tuple[int, tuple[str, ...], bool], Firing] = {}
        for source in sources:
            if source.kind != "alert":
                continue
            for number, rule in enumerate(self._rules):
                if matches(rule.source, source.labels):
                    key = (number, tuple(_equal_values(rule, source.labels)))
                    self._first.setdefault((*key, False), source)
                    if not matches(rule.target, source.labels):
                        self._first.setdefault((*key, True), source)

    def inhibiting(self, labels: Labels) -> Inhibition | None:
        """Returns the first rule, and its first source, that suppress an alert with these labels."""
        for number, rule in enumerate(self._rules):
            if not matches(rule.target, labels):
                continue
            two_sided = matches(rule.source, labels)
            found = self._first.get((number, tuple(_equal_values(rule, labels)), two_sided))
            if found is not None:
                return Inhibition(rule=rule, source=found)
        return None


@functools.lru_cache(maxsize=256)
def rule_id(rule: InhibitRule) -> str:
    """Returns a name for the rule's content, the same in whatever order it is written. 32 hex digits."""
    sides = [sorted(_plain(matcher) for matcher in set(side)) for side in (rule.source, rule.target)]
    return _digest([*sides, sorted(set(rule.equal))])


def equal_key(rule: InhibitRule, labels: Labels) -> str:
    """Returns the values of the labels that have to agree; missing counts as empty. 32 hex digits."""
    return _digest(_equal_values(rule, labels))


def source_entries(rules: Iterable[InhibitRule], labels: Labels, *, kind: Kind = "alert") -> list[InhibitKey]:
    """Returns the keys under which an alert is stored while it fires, each once; none for an event."""
    if kind == "event":
        return []
    found = (
        InhibitKey(rule_id(rule), equal_key(rule, labels), matches(rule.target, labels))
        for rule in rules
        if matches(rule.source, labels)
    )
    return list(dict.fromkeys(found))


def questions(rules: Iterable[InhibitRule], labels: Labels) -> list[InhibitKey]:
    """Returns the keys to look up in the store before an alert is notified, each once."""
    found = (
        InhibitKey(rule_id(rule), equal_key(rule, labels), matches(rule.source, labels))
        for rule in rules
        if matches(rule.target, labels)
    )
    return list(dict.fromkeys(found))


def mutes(question: InhibitKey, entry: InhibitKey) -> bool:
    """Returns whether a firing source that is kept under `entry` suppresses the target that asks `question`."""
    return question[:2] == entry[:2] and not (question.two_sided and entry.two_sided)


def rule_of(rules: Iterable[InhibitRule], key: InhibitKey) -> InhibitRule | None:
    """Returns the rule that a key was made for; None where the configuration no longer has it."""
    return next((rule for rule in rules if rule_id(rule) == key.rule), None)


def _equal_values(rule: InhibitRule, labels: Labels) -> list[str]:
    return [labels.get(name, "") for name in sorted(set(rule.equal))]


def _plain(matcher: Matcher) -> list[str]:
    return [matcher.name, matcher.op, matcher.value]


def _digest(content: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:32]
