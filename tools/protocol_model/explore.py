"""Explores every state of a model, and checks what must hold in all of them.

From every reachable state another is reachable, by steps that are no fault, in which everything is handled and people
know what is so; no step that is no fault makes such a state wrong again; no dead end is anything else. A notification
that repeats what is known comes only after a crash, a slow lease or a failed send.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from tools.protocol_model.group_turn import State, Successor

LIMIT = 12_000_000


class Model(Protocol):
    """The protocol that is explored."""

    def init(self) -> State:
        """Returns the first state."""

    def succ(self, s: State) -> list[Successor]:
        """Returns every state that may follow."""

    def settled(self, s: State) -> bool:
        """Returns whether every event is handled, and no invocation runs."""

    def right(self, s: State) -> bool:
        """Returns whether people know what is so."""

    def good(self, s: State) -> bool:
        """Returns whether it may stay like this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`broken` is what does not hold, "" where everything does; `trace` leads there."""

    broken: str
    states: int
    trace: Sequence[str] = ()
    last: State = ()


def check(model: Model) -> Verdict:  # noqa: C901 - one loop, kept flat for speed
    """Explores a model whole, or until something does not hold."""
    first = model.init()
    number, states, parent, how = {first: 0}, [first], [-1], [""]
    src, dst = array("I"), array("I")

    def verdict(broken: str, at: int, label: str = "") -> Verdict:
        return Verdict(broken=broken, states=len(states), trace=_trace(parent, how, at, label), last=states[at])

    i = 0
    while i < len(states):
        progress, fine = False, model.settled(states[i]) and model.right(states[i])
        for label, fault, after in model.succ(states[i]):
            j = number.get(after)
            if j is None:
                j = number[after] = len(states)
                states.append(after)
                parent.append(i)
                how.append(label)
            if label.startswith("!") or " !" in label:
                return verdict(_said(label), i, label)
            if fault:
                continue
            src.append(i)
            dst.append(j)
            progress = progress or j != i
            if fine and not model.right(after):
                return verdict("unstable: a settled, right state became wrong", i, label)
        if not progress and not model.good(states[i]):
            return verdict("dead end that is not good", i)
        if len(states) > LIMIT:
            return verdict("more states than the limit", i)
        i += 1
    stranded = _stranded([model.good(s) for s in states], src, dst)
    if stranded >= 0:
        return verdict("stranded: from here no fair run reaches a right state", stranded)
    return Verdict(broken="", states=len(states))


_NEVER = {
    "!S3": "a notification repeats what is known, without a crash",
    "!S6": "an incident is resolved while an announced alert of it fires",
}
"""By the mark that a model puts in the label of what must never happen."""


def _said(label: str) -> str:
    return next(what for mark, what in _NEVER.items() if mark in label)


def _trace(parent: Sequence[int], how: Sequence[str], at: int, label: str) -> list[str]:
    found = [label] if label else []
    while at > 0:
        found.append(how[at])
        at = parent[at]
    return found[::-1]


def _stranded(good: Sequence[bool], src: array[int], dst: array[int]) -> int:
    """Returns a state from which no good one can be reached, -1 where there is none: backwards from the good ones."""
    n = len(good)
    start = array("I", bytes(4 * (n + 1)))
    for d in dst:
        start[d + 1] += 1
    for k in range(n):
        start[k + 1] += start[k]
    place, before = array("I", start), array("I", bytes(4 * len(dst)))
    for a, d in zip(src, dst, strict=True):
        before[place[d]] = a
        place[d] += 1
    reaches = bytearray(good)
    stack = [k for k in range(n) if good[k]]
    while stack:
        d = stack.pop()
        for a in before[start[d] : start[d + 1]]:
            if not reaches[a]:
                reaches[a] = 1
                stack.append(a)
    return reaches.find(0)
