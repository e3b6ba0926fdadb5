"""`inhibit_rules:` of alertmanager.yml, checked: old and new spellings of both sides."""

from __future__ import annotations

from alertrelay.config.matchers import valid_name
from alertrelay.config.routing import read_matchers
from alertrelay.config.section import Section

_SIDE = ("match", "match_re", "matchers")
KEYS = ("name", "equal", *(f"{side}_{key}" for side in ("source", "target") for key in _SIDE))


def check_inhibit_rules(root: Section) -> int:
    """How many rules there are."""
    rules = root.sections("inhibit_rules", KEYS)
    for rule in rules:
        for side in ("source", "target"):
            equal, regex, strings = (f"{side}_{key}" for key in _SIDE)
            if not list(read_matchers(rule, equal, regex, strings)) and not any(
                rule.has(key) for key in (equal, regex, strings)
            ):
                message = f"without matchers every alert is a {side}"
                rule.findings.warning(rule.at(strings), "matches-everything", message, f"add `{strings}`")
        for value in rule.list("equal"):
            if not valid_name(value.text):
                rule.findings.error(value.place, "bad-label", "a label name is expected", "as in service")
    return len(rules)
