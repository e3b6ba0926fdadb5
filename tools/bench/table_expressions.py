"""Reads DynamoDB's conditions and updates, as far as the state table's requests have them, into functions. Pure.

Items are DynamoDB's own JSON. What is not known here raises NotPlayed: a figure of an answer that was guessed would be
none. Source: docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tools.bench.table_values import (
    NotPlayed,
    Value,
    added,
    begins,
    comparable,
    contains,
    equal,
    number,
    number_of,
    size,
    without,
)

Item = dict[str, Any]
Names = Mapping[str, str]
Values = Mapping[str, Value]
Operand = Callable[[Item, Names, Values], Value | None]
Condition = Callable[[Item, Names, Values], bool]
Update = Callable[[Item, Names, Values], Item]

_TOKEN = re.compile(r"\s*([#:]?\w+|<=|>=|<>|[=<>(),+-])")
_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_CLAUSES = ("SET", "REMOVE", "ADD", "DELETE")


@functools.lru_cache(maxsize=256)
def condition(text: str) -> Condition:
    """Return whether an item meets a condition, a filter or a key condition. Raises NotPlayed."""
    tokens = _Tokens(text)
    found = _any_of(tokens)
    tokens.expect("")
    return found


@functools.lru_cache(maxsize=256)
def update(text: str) -> Update:
    """Return what an update makes of an item: a new one, each value computed from the item as it was. Raises
    NotPlayed."""
    tokens = _Tokens(text)
    steps: list[Callable[[Item, Item, Names, Values], None]] = []
    while (clause := tokens.next()) in _CLAUSES:
        steps.append(_step(clause, tokens))
        while tokens.taken(","):
            steps.append(_step(clause, tokens))
    if clause:
        raise NotPlayed(text)

    def updated(before: Item, names: Names, values: Values) -> Item:
        after = dict(before)
        for step in steps:
            step(before, after, names, values)
        return after

    return updated


class _Tokens:
    def __init__(self, text: str) -> None:
        self.text = text
        self._words = list(self._split(text))
        self._at = 0

    def _split(self, text: str) -> Iterator[str]:
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None:
                raise NotPlayed(text)
            yield found[1]
            at = found.end()

    @property
    def word(self) -> str:
        return self._words[self._at] if self._at < len(self._words) else ""

    def next(self) -> str:
        word = self.word
        self._at += 1
        return word

    def taken(self, word: str) -> bool:
        if self.word.upper() != word:
            return False
        self._at += 1
        return True

    def expect(self, word: str) -> None:
        if self.next() != word:
            raise NotPlayed(self.text)


def _any_of(tokens: _Tokens) -> Condition:
    parts = [_all_of(tokens)]
    while tokens.taken("OR"):
        parts.append(_all_of(tokens))
    return lambda *given: any(part(*given) for part in parts)


def _all_of(tokens: _Tokens) -> Condition:
    parts = [_one(tokens)]
    while tokens.taken("AND"):
        parts.append(_one(tokens))
    return lambda *given: all(part(*given) for part in parts)


def _one(tokens: _Tokens) -> Condition:
    if tokens.taken("NOT"):
        denied = _one(tokens)
        return lambda *given: not denied(*given)
    if tokens.taken("("):
        inner = _any_of(tokens)
        tokens.expect(")")
        return inner
    if tokens.word in ("attribute_exists", "attribute_not_exists"):
        absent = tokens.next() == "attribute_not_exists"
        (operand,) = _arguments(tokens, 1)
        return lambda *given: (operand(*given) is None) is absent
    if tokens.taken("BEGINS_WITH"):
        text, start = _arguments(tokens, 2)
        return lambda *given: begins(text(*given), start(*given))
    if tokens.taken("CONTAINS"):
        whole, part = _arguments(tokens, 2)
        return lambda *given: contains(whole(*given), part(*given))
    return _comparison(tokens)


def _comparison(tokens: _Tokens) -> Condition:
    left, sign, right = _operand(tokens), tokens.next(), _operand(tokens)
    if sign in ("=", "<>"):
        return lambda *given: equal(left(*given), right(*given)) is (sign == "=")
    if sign not in _ORDERED:
        raise NotPlayed(tokens.text)
    ordered = _ORDERED[sign]

    def holds(*given: Any) -> bool:
        one, other = comparable(left(*given)), comparable(right(*given))
        return one is not None and other is not None and type(one) is type(other) and ordered(one, other)

    return holds


def _arguments(tokens: _Tokens, count: int) -> list[Operand]:
    tokens.expect("(")
    found = [_operand(tokens)]
    while tokens.taken(","):
        found.append(_operand(tokens))
    tokens.expect(")")
    if len(found) != count:
        raise NotPlayed(tokens.text)
    return found


def _operand(tokens: _Tokens) -> Operand:
    if tokens.taken("SIZE"):
        (measured,) = _arguments(tokens, 1)
        return lambda *given: size(measured(*given))
    word = tokens.next()
    if word.startswith(":"):
        return lambda _item, _names, values: values[word]
    if not re.fullmatch(r"#?\w+", word) or tokens.word == "(":
        raise NotPlayed(tokens.text)
    return lambda item, names, _values: item.get(_named(word, names))


def _named(word: str, names: Names) -> str:
    return names[word] if word.startswith("#") else word


def _step(clause: str, tokens: _Tokens) -> Callable[[Item, Item, Names, Values], None]:
    word = tokens.next()
    if not re.fullmatch(r"#?\w+", word):
        raise NotPlayed(tokens.text)
    if clause == "REMOVE":
        return lambda _before, after, names, _values: after.pop(_named(word, names), None) and None
    if clause == "SET":
        tokens.expect("=")
        value = _sum(tokens)
    else:
        value = _operand(tokens)

    def step(before: Item, after: Item, names: Names, values: Values) -> None:
        name, given = _named(word, names), value(before, names, values)
        if given is None:
            raise NotPlayed(f"{tokens.text}: an attribute that the item lacks")
        if clause == "ADD":
            after[name] = added(before.get(name), given)
        elif clause == "DELETE":
            after.pop(name, None)
            if left := without(before.get(name), given):
                after[name] = left
        else:
            after[name] = given

    return step


def _sum(tokens: _Tokens) -> Operand:
    first = _set_operand(tokens)
    if tokens.word not in ("+", "-"):
        return first
    sign = 1 if tokens.next() == "+" else -1
    second = _set_operand(tokens)

    def summed(*given: Any) -> Value | None:
        one, other = first(*given), second(*given)
        return None if one is None or other is None else number(number_of(one, "N") + sign * number_of(other, "N"))

    return summed


def _set_operand(tokens: _Tokens) -> Operand:
    if tokens.taken("IF_NOT_EXISTS"):
        stored, otherwise = _arguments(tokens, 2)

        def chosen(*given: Any) -> Value | None:
            found = stored(*given)
            return otherwise(*given) if found is None else found

        return chosen
    return _operand(tokens)
