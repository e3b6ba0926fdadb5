"""A label set that matchers take is found, or there is none: held against RE2 on every small set."""

from __future__ import annotations

import itertools
import random

import pytest
from alertrelay.config.matchers import parse_matchers
from alertrelay.config.model import Matcher
from alertrelay.policy.matchers import matches

from compiler.alertmanager.label_sets import Undecided, example, example_beside

VALUES = ("", "a", "b", "ab", "ba", "aa", "bb")
OPERATORS = ("=", "!=", "=~", "!~")
PATTERNS = ("a|b", "a.*", ".*b", ".+", ".*", "(a|b)+", "[^a]*", "ab?", "^a$", "^a|b$", "a{1,2}", "(?i)A")


def some_matchers(chance: random.Random) -> tuple[Matcher, ...]:
    def one() -> Matcher:
        op = chance.choice(OPERATORS)
        value = chance.choice(PATTERNS if "~" in op else VALUES)
        return Matcher(name=chance.choice("xy"), op=op, value=value)  # type: ignore[arg-type]

    return tuple(one() for _ in range(chance.randint(0, 4)))


ALL = [dict(zip("xy", values, strict=True)) for values in itertools.product((*VALUES, "c", "other"), repeat=2)]


def test_what_is_found_is_taken_and_where_none_is_found_none_exists() -> None:
    chance = random.Random(23)
    found = [0, 0]
    for _ in range(1500):
        wanted, others = some_matchers(chance), [some_matchers(chance) for _ in range(chance.randint(0, 3))]
        labels = example_beside(wanted, others)
        found[labels is None] += 1
        if labels is None:
            assert [one for one in ALL if matches(wanted, one) and not any(matches(o, one) for o in others)] == []
        else:
            assert matches(wanted, labels)
            assert not any(matches(other, labels) for other in others)
    assert min(found) > 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('a="b"', {"a": "b"}),
        ('a=~"foo.*",a!~".*oo"', {"a": "fooa"}),
        ('a=~"foo.*",a=~"bar.*"', None),
        ('a=~"x\\\\.y|z"', {"a": "x.y"}),
        ('a=~"^foo$|bar.*",a!~"foo|bar"', {"a": "bara"}),
        ('a!=""', {"a": "other"}),
        ('a!="b",c!~"d"', {}),
        ('a="",a!=""', None),
    ],
)
def test_an_example_has_as_few_labels_as_can_be(text: str, expected: dict[str, str] | None) -> None:
    assert example(parse_matchers(text).matchers) == expected


@pytest.mark.parametrize("text", ['a=~".*x.{20}"', 'a=~"[[:digit:]]+"', 'a=~"(.*a){9}.{9}"'])
def test_too_much_work_or_an_unknown_expression_is_undecided(text: str) -> None:
    with pytest.raises(Undecided):
        example((*parse_matchers(text).matchers, *parse_matchers('a!~"x.*|0"').matchers))
