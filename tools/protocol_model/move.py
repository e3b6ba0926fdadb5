"""Rerouting after a configuration change, one alert: announced in the old group 0, it belongs to group 1 by now.

A flush of one group is one step here, since group.py explores that. Joiners of the old and of the new code run at once
until the deployment ends; a firing event goes to the group of its code's tree and adds it to the alert's homes, a
resolved one goes to every home. A member is k, or -k: moved away; it keeps its k, since a rollback may put the same k
again, while a resolve is still newer. A state is (events, (alert's k, homes), members, armed, announced,
mover (step, k) or None, joiners (step, event, group, groups to do), deploying, crashes).
"""

from __future__ import annotations

from typing import Any

from tools.protocol_model.group_turn import State, Successor, replaced

_NAMES = ("ev", "al", "mem", "armed", "heard", "rr", "js", "dep", "crash")


class _Turn:
    """The parts of a state, and `out`: its successors so far."""

    def __init__(self, s: State) -> None:
        self.ev, (self.al, self.homes), self.mem, self.armed, self.heard, self.rr, self.js, self.dep, self.crash = s
        self.out: list[Successor] = []
        self._before = dict(zip(_NAMES, s, strict=True))

    def put(self, label: str, fault: bool = False, **changes: Any) -> None:
        """Adds a successor: this state with some parts changed."""
        new = {**self._before, **changes}
        new["js"] = tuple(sorted(new["js"]))
        self.out.append((label, fault, tuple(new.values())))


def _fires(k: int) -> bool:
    return k > 0 and not k & 1


def _flush(t: _Turn, g: int) -> None:
    fires = 1 if _fires(t.mem[g]) else 0
    t.put(f"flush group {g}", heard=replaced(t.heard, g, fires), armed=replaced(t.armed, g, fires))


class Move:
    """`back`: the change is a rollback, which finds its own marks."""

    def __init__(self, events: list[int], crash: int, flag: str = "", back: bool = False) -> None:
        self.ev, self.crash, self.flag, self.back = events, crash, flag, back
        self.truth = 0 if max([*events, 2]) & 1 else 1

    def init(self) -> State:
        """Returns the first state."""
        mem1 = (3 if self.flag == "movedodd" else -2) if self.back else 0  # a rollback finds its own mark 'moved' there
        return (
            tuple(1 for _ in self.ev),
            (2, 3 if self.back else 1),
            (2, mem1),
            (1, 0),
            (1, 0),
            None,
            (),
            1,
            self.crash,
        )

    def succ(self, s: State) -> list[Successor]:
        """Returns every state that may follow."""
        turn = _Turn(s)
        if turn.dep:
            turn.put("deployment ends", dep=0)
        self._deliver(turn)
        for x in range(len(turn.js)):
            self._join(turn, x)
        for g in (0, 1):
            mover_puts = g and turn.rr and turn.rr[0] == "R2"
            if (turn.mem[g] & 1 or turn.mem[g] < 0) and not any(j[0] == "J1" for j in turn.js) and not mover_puts:
                turn.put(f"ttl removes resolved member of group {g}", mem=replaced(turn.mem, g, 0))
        if turn.armed[1]:
            _flush(turn, 1)
        if turn.armed[0] and turn.dep and not turn.rr:
            _flush(turn, 0)  # an invocation of the old code
        if turn.armed[0] and not turn.rr:
            turn.put("new code takes the lease of group 0", rr=("R1", turn.mem[0]))
        if turn.rr:
            self._move(turn, *turn.rr)
        return turn.out

    def _deliver(self, t: _Turn) -> None:
        for i, c in enumerate(t.ev):
            if c and len(t.js) < 2:
                for g in (0, 1) if t.dep else (1,):
                    label = f"event {i} to code that routes to group {g}"
                    t.put(label, ev=replaced(t.ev, i, 0), js=(*t.js, ("J0", i, g, 0)))

    def _join(self, t: _Turn, x: int) -> None:
        """A step of one joiner."""
        pc, i, g, todo = t.js[x]
        k, rest = self.ev[i], t.js[:x] + t.js[x + 1 :]
        if t.crash:
            t.put(f"CRASH {pc}", True, js=rest, ev=replaced(t.ev, i, 1), crash=t.crash - 1)
        first = 0 if todo & 1 else 1
        if pc == "J0" and k < t.al:
            t.put("J0 stale", js=rest)
        elif pc == "J0":
            h = t.homes if k & 1 else t.homes | 1 << g
            todo = (1 << g) if not k & 1 or self.flag == "nohomes" else h
            t.put(f"J0 k{k} homes={h:b}", al=(k, h), js=(*rest, ("J1", i, g, todo)) if todo else rest)
        elif pc == "J1":
            newer = k > abs(t.mem[first]) or t.mem[first] == -k
            mem = replaced(t.mem, first, k) if newer else t.mem
            t.put(f"J1 member k{k} in group {first}", mem=mem, js=(*rest, ("J2", i, g, todo)))
        else:
            left = todo & ~(1 << first)
            quiet = k & 1 and not t.armed[first]
            armed = t.armed if quiet else replaced(t.armed, first, 1)
            t.put(f"J2 arm group {first}", armed=armed, js=(*rest, ("J1", i, g, left)) if left else rest)

    def _move(self, t: _Turn, pc: str, k: int) -> None:
        """A step of the mover."""
        if t.crash:
            t.put(f"CRASH {pc}", True, rr=None, crash=t.crash - 1)
        if pc == "R1":
            self._note(t, k)
        elif pc == "R2":
            mem = (t.mem[0], k) if k > abs(t.mem[1]) or t.mem[1] == -k else t.mem
            t.put("R2 member into group 1", mem=mem, rr=("R3", k))
        elif pc == "R3":
            t.put("R3 arm group 1", armed=(t.armed[0], 1), rr=("R4", k))
        elif pc == "R4":  # what was announced here is resolved here, on the ledger's receiver and key
            t.put("R4 send resolve", heard=(0, t.heard[1]), rr=("R5", k))
        elif pc == "R5":  # member -> moved, if unchanged
            t.put("R5 mark moved", mem=self._marked(t, k), rr=("R6", k))
        elif pc == "R6":
            t.put("R6 close or re-arm", armed=(1 if _fires(t.mem[0]) else 0, t.armed[1]), rr=None)

    def _note(self, t: _Turn, k: int) -> None:
        """One conditional update of the A-item: not newer than k, ADD homes."""
        noted = (t.al, t.homes | 2)
        if not _fires(k):
            t.put("R1 nothing firing", rr=("R4", k))
        elif self.flag == "endfirst":
            t.put("R1 resolve first", heard=(0, t.heard[1]), mem=self._marked(t, k), rr=("R2", k), al=noted)
        elif t.al > k and self.flag != "nocheck":
            t.put("R1 stale", rr=("R4", k))
        else:
            t.put("R1 ADD homes", rr=("R2", k), al=noted)

    def _marked(self, t: _Turn, k: int) -> tuple[int, ...]:
        """Returns the members with that of group 0 marked as moved, if it is unchanged."""
        if not _fires(k) or t.mem[0] != k:
            return (t.mem[0], t.mem[1])
        return (k | 1 if self.flag == "movedodd" else -k, int(t.mem[1]))

    def settled(self, s: State) -> bool:
        """Returns whether every event is handled, and no invocation runs."""
        return not any(s[0]) and not s[6] and not s[5] and not s[7] and not s[3][0]

    def right(self, s: State) -> bool:
        """Returns whether people know what is so."""
        return bool(s[4][0] == 0 and self.truth == s[4][1])

    def good(self, s: State) -> bool:
        """Returns whether it may stay like this."""
        return self.settled(s) and self.right(s)
