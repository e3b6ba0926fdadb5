"""Alertmanager's matching: RE2, anchored, and a label that is missing counts as empty."""

from __future__ import annotations

from dataclasses import replace

import pytest
from alertrelay.policy.matchers import matches
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.trees import matcher

LABELS = {"severity": "critical", "service": "orders-api", "note": "line 1\nline 2", "path": "C:\\x"}


def holds(text: str, labels: dict[str, str] | None = None) -> bool:
    return matches([matcher(text)], LABELS if labels is None else labels)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("severity=critical", True),
        ("severity=Critical", False),
        ("severity=critica", False),
        ("severity!=critical", False),
        ("severity!=warning", True),
        ("severity=~critical|warning", True),
        ("severity=~crit", False),
        ("severity=~ritical", False),
        ("severity=~crit.*", True),
        ("severity=~a|crit", False),
        ("severity=~(?i)CRITICAL", True),
        ("severity!~crit", True),
        ("severity!~crit.*", False),
        ("severity=~[[:alpha:]]+", True),
        (r"service=~\w+-\w+", True),
        (r"path=~C:\\.", True),
        ("severity=~.*", True),
        ("severity=~", False),
    ],
)
def test_a_matcher_compares_the_whole_value(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("team=", True),
        ("team=x", False),
        ("team!=", False),
        ("team!=x", True),
        ("team=~", True),
        ("team=~.*", True),
        ("team=~.+", False),
        ("team=~x|", True),
        ("team!~x", True),
        ("team!~.*", False),
        ("team!~.+", True),
    ],
)
def test_a_label_that_is_missing_counts_as_empty(text: str, expected: bool) -> None:
    assert holds(text) is expected
    assert holds(text, {**LABELS, "team": ""}) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("note=~line.*", False),
        ("note=~(?s)line.*", True),
        ("note=~(?m)line 1$", False),
        (r"note=~line 1\nline 2", True),
    ],
)
def test_a_dot_ends_at_a_line_break_and_an_anchor_does_not(text: str, expected: bool) -> None:
    assert holds(text) is expected


def test_a_value_that_ends_in_a_line_break_is_another_value() -> None:
    assert not holds("severity=~critical", {"severity": "critical\n"})


def test_an_expression_is_compiled_as_alertmanager_compiles_it() -> None:
    """`^(?:a)(b)$`: unbalanced alone, it is accepted by Alertmanager and by our own check."""
    assert holds("x=~a)(b", {"x": "ab"})
    assert not holds("x=~a)(b", {"x": "a)(b"})


def test_all_matchers_must_hold_and_none_always_does() -> None:
    both = [matcher("severity=critical"), matcher("service=~orders.*")]
    assert matches(both, LABELS)
    assert not matches(both, {**LABELS, "service": "billing"})
    assert matches([], {})


def test_half_a_character_is_matched_as_the_replacement_character() -> None:
    """JSON can say "\\ud83d" alone; RE2 reads UTF-8, which cannot."""
    broken = {"x": "a\ud83dz"}
    assert holds("x=~a.z", broken)
    assert holds("x=~a\ufffdz", broken)
    assert not holds("x=~a", broken)


def test_an_expression_that_python_would_try_for_ever_is_answered_at_once() -> None:
    """Backtracking takes 2**5000 steps here: with Python's `re` this test would not end."""
    assert not holds("x=~(a+)+b", {"x": "a" * 5_000})


@given(st.text(), st.text().filter(lambda text: not text.startswith("~")))
def test_a_negated_matcher_is_the_opposite_of_its_plain_one(value: str, wanted: str) -> None:
    labels = {"x": value} if value else {}
    plain, negated = matcher("x="), matcher("x!=")
    assert matches([replace(plain, value=wanted)], labels) != matches([replace(negated, value=wanted)], labels)
    assert holds("x=~a|b.*", labels) != holds("x!~a|b.*", labels)
