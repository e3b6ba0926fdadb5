"""Compiles `inhibit_rules:` of alertmanager.yml: old and new spellings of both sides."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alertrelay.config.matchers import valid_name
from alertrelay.config.model import InhibitRule, Matcher
from alertrelay.config.printed_matchers import sort_matchers
from alertrelay.policy.matchers import matches

from compiler.alertmanager.routing import read_matchers
from compiler.reading.section import Section

_SIDE = ("match", "match_re", "matchers")
KEYS = ("name", "equal", *(f"{side}_{key}" for side in ("source", "target") for key in _SIDE))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedRule:
    """A compiled rule and the section that it came from."""

    rule: InhibitRule
    section: Section


def parse_inhibit_rules(root: Section) -> tuple[PlacedRule, ...]:
    """Returns the rules in the order of the file, with their places."""
    return tuple(PlacedRule(rule=_rule(section), section=section) for section in root.sections("inhibit_rules", KEYS))


def _rule(section: Section) -> InhibitRule:
    rule = InhibitRule(
        name=section.text("name"),
        source=_side(section, "source"),
        target=_side(section, "target"),
        equal=_equal(section),
    )
    labels = [name for name in rule.equal if name != "alertname"]
    if labels and not any(_must_be_there(name, (*rule.source, *rule.target)) for name in labels):
        section.findings.warning(
            section.at("equal"),
            "equal-can-be-absent",
            f"two alerts that both lack {', '.join(labels)} count as equal, and one would inhibit the other",
            f'ask for one of them on both sides, as in {labels[0]}!=""',
        )
    return rule


def _must_be_there(name: str, matchers: Iterable[Matcher]) -> bool:
    """Returns whether any matcher on this label refuses an alert that lacks it, which matches as the empty text."""
    absent = [one for one in matchers if one.name == name]
    return any(not matches((one,), {}) for one in absent)


def _side(section: Section, side: str) -> tuple[Matcher, ...]:
    equal, regex, strings = (f"{side}_{key}" for key in _SIDE)
    matchers = sort_matchers(read_matchers(section, equal, regex, strings))
    if not matchers and not any(section.has(key) for key in (equal, regex, strings)):
        message = f"without matchers every alert is a {side}"
        section.findings.warning(section.at(strings), "matches-everything", message, f"add `{strings}`")
    return matchers


def _equal(section: Section) -> tuple[str, ...]:
    names = []
    for value in section.list("equal"):
        if valid_name(value.text):
            names.append(value.text)
        else:
            section.findings.error(value.place, "bad-label", "a label name is expected", "as in service")
    return tuple(dict.fromkeys(names))
