"""A store that knows only keys answers as the definition does."""

from __future__ import annotations

from alertrelay.config.model import InhibitRule, Matcher, Operator
from alertrelay.policy.inhibit import Firing, inhibiting, mutes, questions, source_entries
from alertrelay.policy.matchers import matches
from hypothesis import given
from hypothesis import strategies as st

NAMES = ("a", "b", "c")
VALUES = ("", "x", "y")
OPS: tuple[Operator, ...] = ("=", "!=", "=~", "!~")
MATCHERS = st.builds(
    Matcher, name=st.sampled_from(NAMES), op=st.sampled_from(OPS), value=st.sampled_from((*VALUES, "x|y"))
)
SIDES = st.lists(MATCHERS, max_size=2).map(tuple)
RULES = st.lists(
    st.builds(
        InhibitRule,
        source=SIDES,
        target=SIDES,
        equal=st.lists(st.sampled_from(NAMES), unique=True, max_size=2).map(tuple),
    ),
    max_size=3,
)
LABELS = st.dictionaries(st.sampled_from(NAMES), st.sampled_from(VALUES[1:]))


def by_definition(rule: InhibitRule, target: dict[str, str], source: dict[str, str]) -> bool:
    """Alertmanager's definition, as its documentation has it."""
    sides = matches(rule.target, target) and matches(rule.source, source)
    equal = all(target.get(name, "") == source.get(name, "") for name in rule.equal)
    both = matches(rule.source, target) and matches(rule.target, source)
    return sides and equal and not both


@given(rules=RULES, target=LABELS, sources=st.lists(LABELS, max_size=4))
def test_keys_and_function_agree_with_the_definition(
    rules: list[InhibitRule], target: dict[str, str], sources: list[dict[str, str]]
) -> None:
    expected = any(by_definition(rule, target, source) for rule in rules for source in sources)
    firing = [Firing(state_key=str(n), labels=labels) for n, labels in enumerate(sources)]
    found = inhibiting(rules, target, firing)
    assert (found is not None) == expected
    if found is not None:
        assert by_definition(found.rule, target, dict(found.source.labels))
    kept = {entry for source in sources for entry in source_entries(rules, source)}
    assert any(mutes(question, entry) for question in questions(rules, target) for entry in kept) == expected
