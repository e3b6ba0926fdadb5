"""Decides which label sets a list of matchers takes: finds one, or shows that there is none.

Alertmanager's matchers of one list all hold, and each concerns one label, so a label set is found label by label. The
opposite of a matcher is a matcher too, so what others leave of a list is again lists of matchers. Where several regular
expressions meet on one label their automata are intersected (interegular); what that would take too long for, or cannot
read, is Undecided. Every answer is held against RE2 itself.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import interegular
from alertrelay.alert import Labels
from alertrelay.config.model import Matcher, Operator
from alertrelay.policy.matchers import matches

_OPPOSITE: dict[Operator, Operator] = {"=": "!=", "!=": "=", "=~": "!~", "!~": "=~"}
_PLAIN = re.compile(r"[\w \-:/@,]*(?:\|[\w \-:/@,]*)*", re.ASCII)
_ESCAPED = re.compile(r"\\([.\-/_:+?*()\[\]{}|^$])")
_WIDE = re.compile(r"\\[wWdDsS]|\.|\[|\{")
_MOST_WIDE, _LONGEST, _MOST_STATES = 12, 1000, 20_000
_MOST_PIECES = 200
_FRESH = ("other", "another", "a-third", "0", "OTHER")
"""Values for a label that may have any: seldom one that a file names."""


class Undecided(Exception):
    """Raised where a label set can neither be found nor be shown not to exist, within reasonable work."""


def example(matchers: Iterable[Matcher]) -> Labels | None:
    """Returns the labels of an alert that all matchers take, as few as possible; None where there is no such alert.

    Raises Undecided.
    """
    by_label: dict[str, list[Matcher]] = {}
    for one in matchers:
        by_label.setdefault(one.name, []).append(one)
    labels = {}
    undecided = False
    for name, own in by_label.items():
        try:
            value = _value(tuple(dict.fromkeys(own)))
        except Undecided:
            undecided = True
            continue
        if value is None:
            return None
        if value:
            labels[name] = value
    if undecided:
        raise Undecided
    return labels


def example_beside(matchers: Sequence[Matcher], others: Sequence[Sequence[Matcher]]) -> Labels | None:
    """Returns the labels of an alert that `matchers` take and none of `others` does; None where others take them all.

    Raises Undecided.
    """
    tries = [0]
    exact = {one.name: one.value for one in matchers if one.op == "="}
    able = [tuple(other) for other in others if not any(_differs(one, exact) for one in other)]
    return _beside(tuple(matchers), able, tries)


def _differs(one: Matcher, exact: Mapping[str, str]) -> bool:
    """Returns whether a matcher asks for another value than the one that is asked for already."""
    return one.op == "=" and exact.get(one.name, one.value) != one.value


def _beside(matchers: tuple[Matcher, ...], others: list[tuple[Matcher, ...]], tries: list[int]) -> Labels | None:
    tries[0] += 1
    if tries[0] > _MOST_PIECES:
        raise Undecided
    found = example(matchers)
    if found is None:
        return None
    other = next((other for other in others if matches(other, found)), None)
    if other is None:
        return found
    left = [one for one in others if one is not other]
    undecided = False
    held: tuple[Matcher, ...] = matchers
    for one in other:
        try:
            found = _beside((*held, opposite(one)), left, tries)
        except Undecided:
            undecided, found = True, None
        if found is not None:
            return found
        held = (*held, one)
    if undecided:
        raise Undecided
    return None


def opposite(one: Matcher) -> Matcher:
    """Returns the matcher that takes exactly what this one refuses."""
    return Matcher(name=one.name, op=_OPPOSITE[one.op], value=one.value)


@lru_cache(maxsize=4096)
def _value(matchers: tuple[Matcher, ...]) -> str | None:
    """Returns a value of one label that all of its matchers take, "" for a label that is absent; None for none."""
    exact = [one.value for one in matchers if one.op == "="]
    listed = [values for one in matchers if one.op == "=~" and (values := _alternatives(one.value)) is not None]
    if exact or listed:
        return _first(matchers, exact[:1] or listed[0])
    free = not any(one.op == "=~" for one in matchers)
    value = _first(matchers, ("", *_FRESH) if free else ("",))
    if value is not None:
        return value
    try:
        found = _shortest(matchers)
    except Undecided:
        fresh = _first(matchers, _FRESH)
        if fresh is None:
            raise
        return fresh
    if found is not None and _first(matchers, (found,)) is None:
        raise Undecided  # the library reads an expression otherwise than RE2
    return found


def _first(matchers: Sequence[Matcher], values: Iterable[str]) -> str | None:
    """Returns the first of some values that all matchers of one label take."""
    return next((value for value in values if matches(matchers, {matchers[0].name: value})), None)


@lru_cache(maxsize=4096)
def _alternatives(expression: str) -> tuple[str, ...] | None:
    """Returns all values of an expression that only lists some, None for any other."""
    bare = _bare(expression)
    if bare.startswith("(") and bare.endswith(")") and not re.search(r"[()]", bare[1:-1]):
        bare = bare[1:-1].removeprefix("?:")
    if not _PLAIN.fullmatch(_ESCAPED.sub("_", bare)):
        return None
    return tuple(_ESCAPED.sub(r"\1", part) for part in re.split(r"(?<!\\)\|", bare))


def _bare(expression: str) -> str:
    """Returns an expression without anchors at its ends: Alertmanager anchors all of it."""
    if expression.startswith("^(?:") and expression.endswith(")$") and not re.search(r"[()]", expression[4:-2]):
        return _bare(expression[4:-2])
    if not re.search(r"[()\[]", expression):
        return "|".join(map(_end, re.split(r"(?<!\\)\|", expression)))
    return _end(expression)


def _end(expression: str) -> str:
    """Returns one alternative without the anchors at its ends."""
    expression = expression.removeprefix("^")
    backslashes = len(expression) - len(expression.removesuffix("$").rstrip("\\")) - 1
    return expression[:-1] if expression.endswith("$") and backslashes % 2 == 0 else expression


def _shortest(matchers: Sequence[Matcher]) -> str | None:
    """Returns a shortest value by automata; None where they have none in common. Raises Undecided."""
    joint: Any = _automaton(".*")
    for one in matchers:
        own = _automaton(re.escape(one.value) if one.op in ("=", "!=") else _bare(one.value))
        if len(joint.states) * len(own.states) > _MOST_STATES:
            raise Undecided
        joint = joint & own if one.op in ("=", "=~") else joint - own
    return _word(joint)


@lru_cache(maxsize=1024)
def _automaton(expression: str) -> Any:
    """Returns the automaton of an expression. Raises Undecided for one that is too large, or not understood."""
    repeated = sum(int(number) for number in re.findall(r"\{(?:\d*,)?(\d+)\}", expression))
    wide = len(_WIDE.findall(expression)) + repeated
    if len(expression) > _LONGEST or (wide > _MOST_WIDE and re.search(r"(?<!\\)[*+]", expression)) or repeated > 200:
        raise Undecided
    try:
        return interegular.parse_pattern(expression).to_fsm()
    except (interegular.InvalidSyntax, interegular.Unsupported, ValueError, RecursionError):
        raise Undecided from None


def _word(automaton: Any) -> str | None:
    """Returns a shortest word that an automaton accepts, of letters where it can be."""
    symbols = {key: _symbol(known, automaton) for key, known in automaton.alphabet.by_transition.items()}
    seen = {automaton.initial}
    queue = deque([(automaton.initial, "")])
    while queue:
        state, word = queue.popleft()
        if state in automaton.finals:
            return word
        steps = automaton.map.get(state, {})
        for key in sorted(steps, key=lambda key: _rank(symbols[key])):
            following = steps[key]
            if following not in seen:
                seen.add(following)
                queue.append((following, word + symbols[key]))
    return None


def _symbol(known: Sequence[Any], automaton: Any) -> str:
    """Returns a character of a transition: a letter, a digit, else any; one that no expression names for the rest."""
    named = {one for one in automaton.alphabet if isinstance(one, str)}
    characters = [one for one in known if isinstance(one, str)]
    if len(characters) < len(known):
        characters.append(next(char for char in map(chr, range(ord("a"), 0x3000)) if char not in named))
    return min(characters, key=_rank)


def _rank(char: str) -> tuple[bool, bool, bool, str]:
    return not char.isalpha(), not char.isalnum(), not char.isprintable(), char
