"""Rerouting after a configuration change, one alert: announced in the old group 0, it belongs to group 1 by now.

A flush of one group is one step here, since group.py explores that. Joiners of the old and of the new code run at once
until the deployment ends; a firing event goes to the group of its code's tree and adds it to the alert's homes, a
resolved one goes to every home. A member is k, or -k: moved away; it keeps its k, since a rollback may put the same k
again, while a resolve is still newer. A state is (events, (alert's k, homes), members, armed, announced,
mover (step, k) or None, joiners (step, event, group, groups to do), deploying, crashes).
"""

from __future__ import annotations

from typing import Any

from tools.protocol_model.group import State, Successor


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

    def succ(self, s: State) -> list[Successor]:  # noqa: C901 - a branch a step of the protocol
        """Returns every state that may follow."""
        ev, (al, homes), mem, armed, heard, rr, js, dep, crash = s
        names = ("ev", "al", "mem", "armed", "heard", "rr", "js", "dep", "crash")
        before = dict(zip(names, s, strict=True))
        out: list[Successor] = []

        def put(label: str, fault: bool = False, **changes: Any) -> None:
            new = {**before, **changes}
            new["js"] = tuple(sorted(new["js"]))
            out.append((label, fault, tuple(new.values())))

        def setg(t: tuple[int, int], g: int, v: int) -> tuple[int, int]:
            return (v, t[1]) if g == 0 else (t[0], v)

        if dep:
            put("deployment ends", dep=0)
        for i, c in enumerate(ev):
            if c and len(js) < 2:
                for g in (0, 1) if dep else (1,):
                    put(
                        f"event {i} to code that routes to group {g}",
                        ev=(*ev[:i], 0, *ev[i + 1 :]),
                        js=(*js, ("J0", i, g, 0)),
                    )
        for x, (pc, i, g, todo) in enumerate(js):
            k, rest = self.ev[i], js[:x] + js[x + 1 :]
            if crash:
                put(f"CRASH {pc}", True, js=rest, ev=(*ev[:i], 1, *ev[i + 1 :]), crash=crash - 1)
            first = 0 if todo & 1 else 1
            if pc == "J0":
                if k < al:
                    put("J0 stale", js=rest)
                else:
                    h = homes if k & 1 else homes | 1 << g
                    todo = (1 << g) if not k & 1 or self.flag == "nohomes" else h
                    put(f"J0 k{k} homes={h:b}", al=(k, h), js=(*rest, ("J1", i, g, todo)) if todo else rest)
            elif pc == "J1":
                put(
                    f"J1 member k{k} in group {first}",
                    mem=setg(mem, first, k) if k > abs(mem[first]) or mem[first] == -k else mem,
                    js=(*rest, ("J2", i, g, todo)),
                )
            else:
                todo2 = todo & ~(1 << first)
                quiet = k & 1 and not armed[first]
                put(
                    f"J2 arm group {first}",
                    armed=armed if quiet else setg(armed, first, 1),
                    js=(*rest, ("J1", i, g, todo2)) if todo2 else rest,
                )
        for g in (0, 1):
            if (mem[g] & 1 or mem[g] < 0) and not any(j[0] == "J1" for j in js) and not (g and rr and rr[0] == "R2"):
                put(f"ttl removes resolved member of group {g}", mem=setg(mem, g, 0))

        def flush(g: int) -> None:
            fires = mem[g] > 0 and not mem[g] & 1
            put(f"flush group {g}", heard=setg(heard, g, 1 if fires else 0), armed=setg(armed, g, 1 if fires else 0))

        if armed[1]:
            flush(1)
        if armed[0] and dep and not rr:
            flush(0)  # an invocation of the old code
        if armed[0] and not rr:
            put("new code takes the lease of group 0", rr=("R1", mem[0]))
        if rr:
            pc, k = rr
            if crash:
                put(f"CRASH {pc}", True, rr=None, crash=crash - 1)
            fires = k > 0 and not k & 1
            if pc == "R1":  # one conditional update of the A-item: not newer than k, ADD homes
                if not fires:
                    put("R1 nothing firing", rr=("R4", k))
                elif self.flag == "endfirst":
                    put(
                        "R1 resolve first",
                        heard=(0, heard[1]),
                        mem=(k | 1 if self.flag == "movedodd" else -k, mem[1]) if fires and mem[0] == k else mem,
                        rr=("R2", k),
                        al=(al, homes | 2),
                    )
                elif al > k and self.flag != "nocheck":
                    put("R1 stale", rr=("R4", k))
                else:
                    put("R1 ADD homes", rr=("R2", k), al=(al, homes | 2))
            elif pc == "R2":
                put("R2 member into group 1", mem=(mem[0], k) if k > abs(mem[1]) or mem[1] == -k else mem, rr=("R3", k))
            elif pc == "R3":
                put("R3 arm group 1", armed=(armed[0], 1), rr=("R4", k))
            elif pc == "R4":  # what was announced here is resolved here, on the ledger's receiver and key
                put("R4 send resolve", heard=(0, heard[1]), rr=("R5", k))
            elif pc == "R5":  # member -> moved, if unchanged
                put(
                    "R5 mark moved",
                    mem=(k | 1 if self.flag == "movedodd" else -k, mem[1]) if fires and mem[0] == k else mem,
                    rr=("R6", k),
                )
            elif pc == "R6":
                put("R6 close or re-arm", armed=(1 if mem[0] > 0 and not mem[0] & 1 else 0, armed[1]), rr=None)
        return out

    def settled(self, s: State) -> bool:
        """Returns whether every event is handled, and no invocation runs."""
        return not any(s[0]) and not s[6] and not s[5] and not s[7] and not s[3][0]

    def right(self, s: State) -> bool:
        """Returns whether people know what is so."""
        return bool(s[4][0] == 0 and self.truth == s[4][1])

    def good(self, s: State) -> bool:
        """Returns whether it may stay like this."""
        return self.settled(s) and self.right(s)
