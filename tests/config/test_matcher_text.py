from __future__ import annotations

import contextlib
from typing import get_args

import pytest
from alertrelay.config.matchers import MatcherError, matcher, parse_classic, parse_matchers, parse_utf8
from alertrelay.config.model import Matcher, Operator
from alertrelay.config.printed_matchers import go_quote, print_matcher, print_matchers, sort_matchers
from hypothesis import given
from hypothesis import strategies as st


def _triples(matchers: tuple[Matcher, ...]) -> list[tuple[str, str, str]]:
    return [(m.name, m.op, m.value) for m in matchers]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('severity="critical"', [("severity", "=", "critical")]),
        ("severity=critical", [("severity", "=", "critical")]),
        (' severity  !=  "critical" ', [("severity", "!=", "critical")]),
        ('{a="b", c=~"d|e"}', [("a", "=", "b"), ("c", "=~", "d|e")]),
        ('a="b",c!~"d",', [("a", "=", "b"), ("c", "!~", "d")]),
        ('a="x,y"', [("a", "=", "x,y")]),
        ('a="say \\"hi\\""', [("a", "=", 'say "hi"')]),
        ('a="x\\\\y"', [("a", "=", "x\\y")]),
        ('a="x\\ny"', [("a", "=", "x\ny")]),
        ('a=""', [("a", "=", "")]),
        ("", []),
        ("{}", []),
    ],
)
def test_both_grammars_agree_on_the_usual_forms(text: str, expected: list[tuple[str, str, str]]) -> None:
    parsed = parse_matchers(text)
    assert _triples(parsed.matchers) == expected
    assert parsed.disagree == ""


@pytest.mark.parametrize(
    ("text", "expected", "disagree"),
    [
        ("a=b=c", ("a", "=", "b=c"), "classic-only"),
        ("a==b", ("a", "=", "=b"), "classic-only"),
        ("a=", ("a", "=", ""), "classic-only"),
        ("{a=b", ("a", "=", "b"), "classic-only"),
        ("{foo=}b}", ("foo", "=", "}b"), "classic-only"),
        ("a=two words", ("a", "=", "two words"), "classic-only"),
        ('a=~"\\d+"', ("a", "=~", "\\d+"), "classic-only"),
        ('a="\\x41"', ("a", "=", "\\x41"), "different"),
        ('a="\\t"', ("a", "=", "\\t"), "different"),
    ],
)
def test_the_classic_reading_wins_where_it_accepts(text: str, expected: tuple[str, str, str], disagree: str) -> None:
    parsed = parse_matchers(text)
    assert _triples(parsed.matchers) == [expected]
    assert parsed.disagree == disagree


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"my label"="x"', ("my label", "=", "x")),
        ("a-b=c", ("a-b", "=", "c")),
        ("größe=1", ("größe", "=", "1")),
        ('"\\u00e9"=x', ("é", "=", "x")),
        ('"\\xc3\\xa9"=x', ("é", "=", "x")),
        ('"\\303\\251"=x', ("é", "=", "x")),
    ],
)
def test_what_only_utf8_accepts_is_read_as_utf8(text: str, expected: tuple[str, str, str]) -> None:
    parsed = parse_matchers(text)
    assert _triples(parsed.matchers) == [expected]
    assert parsed.disagree == ""


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "=b",
        'a="b',
        'a="b"c"',
        "a=~(",
        "a=~(?=x)",
        "a=~(x)\\1",
        '""=x',
        "a-b=",
        '"\\xff"=x',
        '"\\q"=x',
        "a!b",
    ],
)
def test_what_neither_accepts_is_refused(text: str) -> None:
    with pytest.raises(MatcherError):
        parse_matchers(text)


@pytest.mark.parametrize(
    "text", ["a=b}", "{a=b", "a=b c=d", "{{a=b}}", ",a=b", "a=b,,c=d", "{,}", "a", "a=b,c", "=", "a='b'"]
)
def test_utf8_is_strict_about_its_tokens(text: str) -> None:
    with pytest.raises(MatcherError):
        parse_utf8(text)


def test_the_reason_given_is_the_classic_grammar_s() -> None:
    with pytest.raises(MatcherError, match="double quote"):
        parse_matchers('a="b"c"')


def test_printing_escapes_and_quotes_as_in_group_keys() -> None:
    assert print_matcher(Matcher(name="a", op="=", value='x"\\\n')) == 'a="x\\"\\\\\\n"'
    assert print_matcher(Matcher(name="my label", op="=~", value="é\t")) == '"my label"=~"é\\t"'
    assert go_quote("\x01\x7f\u200b\U000e0001") == '"\\x01\\x7f\\u200b\\U000e0001"'


def test_matchers_sort_by_name_value_and_operator() -> None:
    names = [("b", "=", "1"), ("a", "=~", "1"), ("a", "=", "1"), ("a", "=", "0")]
    made = [matcher(name, op, value) for name, op, value in names]  # type: ignore[arg-type]
    assert print_matchers(sort_matchers(made)) == '{a="0",a="1",a=~"1",b="1"}'


_NAMES = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,8}", fullmatch=True)
_MATCHERS = st.builds(
    Matcher,
    name=_NAMES,
    op=st.sampled_from([op for op in get_args(Operator) if "~" not in op]),
    value=st.text(alphabet=st.characters(codec="utf-8"), max_size=12),
)


@given(st.lists(_MATCHERS, max_size=3))
def test_what_is_printed_is_read_back_by_both(matchers: list[Matcher]) -> None:
    text = print_matchers(matchers)
    assert parse_classic(text) == tuple(matchers)
    assert parse_utf8(text) == tuple(matchers)


@given(st.text(alphabet="{}!=~,\\\"'` ab\nx0", max_size=20))
def test_no_text_is_more_than_a_matcher_error(text: str) -> None:
    with contextlib.suppress(MatcherError):
        assert all(found.name for found in parse_matchers(text).matchers)
