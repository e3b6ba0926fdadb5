"""Decides severity and owner of an alarm by rules, of which the first that matches counts, and says which one did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import re2
from alertrelay.alert import SEVERITY_RANK
from alertrelay.config.matchers import MatcherError, check_regex
from alertrelay.sources.levels import level, level_in_name
from alertrelay.sources.metadata import LABEL_KEYS, read

from cli.adoption.alarm import ReadAlarm
from compiler.reading import yamlfile
from compiler.reading.finding import Finding, Findings
from compiler.reading.section import Section, keys, section_of

FILE = "adopt.yml"
"""In the folder of the configuration; without it DEFAULT holds."""
DEFAULT = """\
# How `alertrelay adopt` decides. In each list the first rule that matches counts.
# tag: KEY or KEY=VALUE; description: a key of the alarm's description; name, topic (of an action that it has),
# namespace: a regular expression (RE2), which may match anywhere. `is`: the value; without it the tag's or the
# description's own, or the first group of the expression. `name: words` reads a severity as the relay does: SEV1, P2,
# a last "critical".
severity:
  - tag: severity
  - tag: priority
  - description: severity
  - name: words
  - name: '(?i)(^|[^a-z])(crit|critical|urgent|outage|down)([^a-z]|$)'
    is: critical
  - topic: '(?i)(pager|page[-_]|critical|urgent|oncall|on-call)'
    is: critical
  - name: '(?i)(^|[^a-z])info([^a-z]|$)'
    is: info
  - namespace: '^AWS/Billing$'
    is: info
owner:
  - tag: team
  - tag: owner
  - tag: squad
  - description: team
leave:
  - tag: alertrelay=leave
    is: its tag says so
  - name: '^TargetTracking-'
    is: Application Auto Scaling made it, and changes it
  - name: '^awseb-'
    is: Elastic Beanstalk made it, and changes it
"""
_LISTS = keys("severity owner leave")
_SUBJECTS = keys("tag description name topic namespace")
_WORDS = "words"
_EDGES = " -_./:()[]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """A value, and the rule that gave it in words."""

    value: str
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionRule:
    """One rule, by its `number` in its list from 1 on. `wanted` is the key of a tag or description, or an expression;
    `value` what a tag must have; `given` is what stands at `is`."""

    number: int
    subject: str
    wanted: str
    value: str = ""
    given: str = ""
    pattern: Any = None

    def decide(self, alarm: ReadAlarm) -> Ruling | None:
        """Returns the value that this rule gives to an alarm; None where it does not match."""
        match self.subject:
            case "tag":
                return self._by_tag(alarm)
            case "description":
                found = read(alarm.description).labels.get(self.wanted, "")
                return (
                    Ruling(value=self.given or found, by=f"rule {self.number}: description {self.wanted}: {found}")
                    if found
                    else None
                )
            case "name" if self.wanted == _WORDS:
                found = level_in_name(alarm.name)
                return (
                    Ruling(value=self.given or found, by=f"rule {self.number}: a word of its name") if found else None
                )
        for text in self._texts(alarm):
            if found := self.pattern.search(text):
                groups = [each for each in found.groups() if each]
                by = f"{self.subject} has {found.group(0).strip(_EDGES)}"
                return Ruling(value=self.given or (groups[0] if groups else ""), by=f"rule {self.number}: {by}")
        return None

    def _by_tag(self, alarm: ReadAlarm) -> Ruling | None:
        found = next((value for key, value in alarm.tags.items() if key.lower() == self.wanted.lower()), "").strip()
        if not found or (self.value and found != self.value):
            return None
        return Ruling(value=self.given or found, by=f"rule {self.number}: tag {self.wanted}={found}")

    def _texts(self, alarm: ReadAlarm) -> Iterable[str]:
        match self.subject:
            case "topic":
                return [action.rpartition(":")[2] for action in alarm.every_action if ":sns:" in action]
            case "namespace":
                return list(_namespaces(alarm))
        return [alarm.name]


def _namespaces(alarm: ReadAlarm) -> Iterable[str]:
    yield str(alarm.fields.get("Namespace") or "")
    for query in alarm.fields.get("Metrics") or ():
        yield str(((query.get("MetricStat") or {}).get("Metric") or {}).get("Namespace") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class AdoptionRules:
    """The three lists of rules."""

    severities: Sequence[AdoptionRule]
    owners: Sequence[AdoptionRule]
    leaves: Sequence[AdoptionRule]

    def severity(self, alarm: ReadAlarm) -> Ruling:
        """Returns critical, error, warning or info. A value that is none of these does not count; without any it is
        warning, as for the relay."""
        for rule in self.severities:
            found = rule.decide(alarm)
            numbered = found and (level(found.value) or (level(f"P{found.value}") if found.value.isdecimal() else ""))
            if found and numbered:
                return Ruling(value=numbered, by=found.by)
        return Ruling(value="warning", by="no rule matches")

    def owner(self, alarm: ReadAlarm) -> Ruling | None:
        """Returns the team; None where no rule gives one."""
        return _first(self.owners, alarm)

    def leave(self, alarm: ReadAlarm) -> Ruling | None:
        """Returns why the alarm is somebody else's; None where it is not."""
        return next((found for rule in self.leaves if (found := rule.decide(alarm))), None)


def _first(rules: Sequence[AdoptionRule], alarm: ReadAlarm) -> Ruling | None:
    return next((found for rule in rules if (found := rule.decide(alarm)) and found.value), None)


def rules_of(path: Path | None) -> AdoptionRules | tuple[Finding, ...]:
    """Returns the rules of a file, the built-in ones for None, or what is wrong with the file."""
    findings = Findings()
    root = yamlfile.read(path, findings) if path else yamlfile.parse(DEFAULT, findings, file="built-in rules")
    section = section_of(root, _LISTS, findings) if root else None
    if section is None:
        return findings.sorted()
    severities, owners, leaves = (_rules(section, name, findings) for name in _LISTS)
    if findings.failed:
        return findings.sorted()
    return AdoptionRules(severities=severities, owners=owners, leaves=leaves)


def _rules(section: Section, name: str, findings: Findings) -> list[AdoptionRule]:
    listed = section.sections(name, (*_SUBJECTS, "is"))
    found = (_rule(number, each, name, findings) for number, each in enumerate(listed, 1))
    return [rule for rule in found if rule]


def _rule(number: int, section: Section, listed: str, findings: Findings) -> AdoptionRule | None:
    subjects = [subject for subject in _SUBJECTS if section.has(subject)]
    if len(subjects) != 1:
        message = f"expected one of {', '.join(_SUBJECTS)}, got {' and '.join(subjects) or 'none'}"
        findings.error(section.place, "bad-value", message, "write a rule for each")
        return None
    subject, given = subjects[0], section.text("is")
    wanted, _, value = section.text(subject).partition("=") if subject == "tag" else (section.text(subject), "", "")
    if listed == "severity" and given and given not in SEVERITY_RANK:
        mend = f"write one of {', '.join(SEVERITY_RANK)}"
        findings.error(section.at("is"), "bad-value", f"{given!r} is not a severity", mend)
    if subject == "description" and wanted not in LABEL_KEYS:
        mend = f"write one of {', '.join(LABEL_KEYS)}"
        findings.error(section.at(subject), "bad-value", f"{wanted!r} is not a key of a description", mend)
    pattern = _pattern(section, subject, wanted, findings) if subject in ("name", "topic", "namespace") else None
    if pattern is not None and not given and not pattern.groups and listed != "leave":
        findings.error(
            section.place, "missing-key", "the rule gives no value", "add `is:`, or a group to the expression"
        )
    return AdoptionRule(
        number=number,
        subject=subject,
        wanted=wanted,
        value=value,
        given=given,
        pattern=pattern,
    )


def _pattern(section: Section, subject: str, text: str, findings: Findings) -> Any:
    if subject == "name" and text == _WORDS:
        return None
    try:
        check_regex(text)
        return re2.compile(text)
    except MatcherError as error:
        mend = "write it as RE2 reads it: github.com/google/re2/wiki/Syntax"
        findings.error(section.at(subject), "bad-regex", str(error), mend)
        return None
