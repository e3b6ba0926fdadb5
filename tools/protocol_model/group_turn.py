"""One state of a group and its successors; tools/protocol_model/group.py has the meaning of each part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from tools.protocol_model.scopes import Scope

CAP = 2
"""Timer messages on their way at once."""
State = tuple[Any, ...]
Successor = tuple[str, bool, State]
"""What happens, whether that is a fault, and the state after it."""
_NAMES = ("ev", "al", "mem", "hdr", "led", "q", "idx", "sink", "procs", "bud", "down", "woken", "born")


class Rules(Protocol):
    """The model: its scope, its events as (alert, k), how many alerts they are of, and the rule left out."""

    @property
    def scope(self) -> Scope: ...
    @property
    def flag(self) -> str: ...
    @property
    def ev(self) -> Sequence[tuple[int, int]]: ...
    @property
    def n(self) -> int: ...


class Turn:
    """The parts of a state, and `out`: its successors so far."""

    def __init__(self, rules: Rules, s: State) -> None:
        self.scope, self.flag, self.events, self.n = rules.scope, rules.flag, rules.ev, rules.n
        self.ev, self.al, self.mem, self.hdr, self.led, self.q, self.idx, self.sink, self.procs, self.bud = s[:10]
        self.down, self.woken, self.born = s[10:]
        self.nd, self.lease, self.closing, self.maybe = self.hdr
        self.crash = self.bud[0]
        self.out: list[Successor] = []
        self._now = dict(zip(_NAMES, s, strict=True))

    def put(self, label: str, fault: bool = False, **changes: Any) -> None:
        """Adds a successor: this state with some parts changed."""
        new = {**self._now, **changes}
        new["procs"] = tuple(sorted(new["procs"]))
        self.out.append((label, fault, tuple(new.values())))


class Process:
    """A running invocation: its step `pc`, its event, whether it holds the lease, its locals, and the others."""

    def __init__(self, turn: Turn, place: int) -> None:
        self._turn = turn
        self.rest = turn.procs[:place] + turn.procs[place + 1 :]
        self.pc, self.trig, self.own, *loc = turn.procs[place]
        self.loc = tuple(loc)

    def go(self, label: str, pc: str | None, *loc: Any, own: int | None = None, **changes: Any) -> None:
        """Adds the successor in which this invocation goes on with step `pc`, or has ended."""
        holds = self.own if own is None else own
        procs = (*self.rest, (pc, self.trig, holds, *loc)) if pc else self.rest
        self._turn.put(f"{self.pc} {label}", procs=procs, **changes)


def replaced(values: tuple[int, ...], place: int, value: int) -> tuple[int, ...]:
    """Returns a tuple with one value replaced."""
    return (*values[:place], value, *values[place + 1 :])
