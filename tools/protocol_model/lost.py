"""The loss of the table, and what CloudWatch is asked after it: two alarms of one group whose incident resolves by key.

A join and a flush are one step each, since group.py explores how they meet. The source changes an alarm and sends the
event; an event is (alarm, k), k as in group.py. Where the mark of a survey is missing, the tick begins one: it asks for
the alarms, joins those that fire, which may have been announced, then resolves by key those that are over. Until it has
joined all that fire, no flush resolves an incident. Before a repeat CloudWatch is asked what still fires. A state is
    ev      of each event: 0 not sent yet, 1 under way, 2 handled
    mem     the members: 0 absent, or k
    late    bit mask of the members that a survey put
    led     bit mask of what is announced, or may be
    armed   whether the group is due
    mark    the survey: 0 absent, 2 begun, 3 all that fires has joined, 1 done
    found   what a running survey was answered and has not settled yet: k of each alarm; or None
    heard   k of each alarm that people take to fire in the open incident, 0 for none
    bud     (losses of the table, crashes)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.protocol_model.group_turn import State, Successor, replaced


@dataclass(frozen=True, slots=True, kw_only=True)
class LostScope:
    """`events` as (alarm, k), each alarm's in order."""

    events: tuple[tuple[int, int], ...]
    loss: int = 1
    crash: int = 1


LOST_SCOPES = {
    "one-resolves": LostScope(events=((0, 2), (1, 2), (0, 5))),
    "both-resolve": LostScope(events=((0, 2), (1, 2), (0, 5), (1, 7)), crash=0),
    "re-fires": LostScope(events=((0, 2), (0, 5), (1, 2), (0, 6)), crash=0),
    "twice": LostScope(events=((0, 2), (1, 2), (0, 5)), loss=2, crash=0),
}
LOST_BROKEN = {
    "L1-not-asked": ("not_asked", "one-resolves", "CloudWatch is not asked after the table was lost"),
    "L2-resolve-does-not-wait": ("no_wait", "one-resolves", "a flush resolves an incident before the survey"),
    "L3-marked-first": ("marked_first", "one-resolves", "the survey is marked done before its alarms are members"),
    "L4-stale-answer-wins": ("stale_wins", "re-fires", "an answer replaces a newer update"),
    "L5-only-what-fires": ("only_firing", "both-resolve", "a resolve that waited for its flush is lost with the table"),
    "L6-marked-unconditionally": ("unconditional", "twice", "a survey that another loss overtook is marked done"),
    "L7-not-armed": ("not_armed", "one-resolves", "a survey that died leaves a member without a flush"),
}
_NAMES = ("ev", "mem", "late", "led", "armed", "mark", "found", "heard", "bud")


def _fires(k: int) -> bool:
    return k > 0 and not k & 1


class LostTable:
    """`flag` names the rule that a broken variant leaves out."""

    def __init__(self, scope: LostScope, flag: str = "") -> None:
        self.scope, self.flag, self.ev = scope, flag, scope.events
        self.n = 1 + max(a for a, _ in self.ev)

    def init(self) -> State:
        """Returns the first state."""
        none = (0,) * self.n
        return ((0,) * len(self.ev), none, 0, 0, 0, 1, None, none, (self.scope.loss, self.scope.crash))

    def succ(self, s: State) -> list[Successor]:
        """Returns every state that may follow."""
        now = dict(zip(_NAMES, s, strict=True))
        out: list[Successor] = []

        def put(label: str, fault: bool = False, **changes: Any) -> None:
            out.append((label, fault, tuple({**now, **changes}.values())))

        self._events(now, put)
        self._survey(now, put)
        self._repeat(now, put)
        if now["armed"]:
            self._flush(now, put)
        loss, crash = now["bud"]
        if loss and any(now["mem"]):
            none = (0,) * self.n
            put("LOSS of the table", True, mem=none, late=0, led=0, armed=0, mark=0, bud=(loss - 1, crash))
        return out

    def _truth(self, now: dict[str, Any]) -> tuple[int, ...]:
        """Returns k of each alarm as CloudWatch knows it."""
        sent = [(a, k) for (a, k), state in zip(self.ev, now["ev"], strict=True) if state]
        return tuple(max([0, *(k for b, k in sent if b == a)]) for a in range(self.n))

    def _events(self, now: dict[str, Any], put: Any) -> None:
        for i, (a, k) in enumerate(self.ev):
            before = [now["ev"][j] for j, (b, other) in enumerate(self.ev) if b == a and other < k]
            if now["ev"][i] == 0 and all(before):
                put(f"alarm {a} changes, k{k}", ev=replaced(now["ev"], i, 1))
            elif now["ev"][i] == 1:
                handled = replaced(now["ev"], i, 2)
                put(f"a{a} k{k} comes", **{**self._joined(now, a, k, late=False), "ev": handled})

    def _joined(self, now: dict[str, Any], a: int, k: int, *, late: bool) -> dict[str, Any]:
        """Returns what a join changes. A resolve that the ledger does not account for enters it as what may be open."""
        mem, bit = now["mem"], 1 << a
        if k < mem[a] and not (self.flag == "stale_wins" and late):
            return {}
        armed = now["armed"] if late and self.flag == "not_armed" else 1
        if _fires(k):
            known = now["led"] & bit and k == mem[a]
            added = now["late"] | bit if late and k > mem[a] else now["late"]
            return {} if known else {"mem": replaced(mem, a, k), "late": added, "armed": armed}
        accounted = now["led"] & bit or (_fires(mem[a]) and not now["late"] & bit)
        led = now["led"] if accounted else now["led"] | bit
        return {"mem": replaced(mem, a, k), "late": now["late"] & ~bit, "led": led, "armed": 1}

    def _flush(self, now: dict[str, Any], put: Any) -> None:
        """It resolves the incident only once the survey has joined all that fires."""
        led, heard, truth = now["led"], now["heard"], self._truth(now)
        fire = sum(1 << a for a in range(self.n) if _fires(now["mem"][a]))
        ends = bool(led) and not fire
        if ends and now["mark"] not in (1, 3) and self.flag != "no_wait":
            return
        label = f"flush, firing={fire:b} resolved={led & ~fire:b}"
        if ends:
            if any(heard[a] == truth[a] and _fires(truth[a]) for a in range(self.n)):
                label = f"!S6 {label}"
            heard = (0,) * self.n
        for a in range(self.n) if fire else ():
            kept = 0 if led >> a & 1 else heard[a]
            heard = replaced(heard, a, now["mem"][a] if fire >> a & 1 else kept)
        put(label, led=fire, armed=0, heard=heard)

    def _survey(self, now: dict[str, Any], put: Any) -> None:
        """By the tick, as long as it is not marked done; a crash may come between any two of its steps."""
        found, (loss, crash) = now["found"], now["bud"]
        if self.flag == "not_asked":
            if not now["mark"]:
                put("mark without asking", mark=1)
            return
        if found is None:
            if now["mark"] != 1:
                put("survey: ask", found=self._truth(now), mark=1 if self.flag == "marked_first" else 2)
            return
        if crash:
            put("CRASH of the survey", True, found=None, bud=(loss, crash - 1))
        left = sorted((k & 1, a) for a, k in enumerate(found) if k)
        if left and not left[0][0]:
            a = left[0][1]
            joined = self._joined(now, a, found[a], late=True)
            put(f"survey: join a{a} k{found[a]}", **{**joined, "found": replaced(found, a, 0)})
        elif now["mark"] == 0 and self.flag != "unconditional":
            put("survey: another loss, begin anew", found=None)
        elif now["mark"] in (0, 2):
            put("survey: all that fires has joined", mark=3)
        elif left and self.flag != "only_firing":
            a = left[0][1]
            joined = self._joined(now, a, found[a], late=False)
            put(f"survey: resolve a{a} k{found[a]}", **{**joined, "found": replaced(found, a, 0)})
        else:
            put("survey: mark done", found=None, mark=1)

    def _repeat(self, now: dict[str, Any], put: Any) -> None:
        """CloudWatch is asked about what fires, before it is notified once more."""
        for a, k in enumerate(self._truth(now)):
            over = _fires(now["mem"][a]) and k > now["mem"][a] and not _fires(k)
            if over and now["led"] >> a & 1 and not now["armed"]:
                put(f"repeat: a{a} is over", mem=replaced(now["mem"], a, now["mem"][a] | 1), armed=1)

    def settled(self, s: State) -> bool:
        """Returns whether every event is handled, and nothing is due."""
        now = dict(zip(_NAMES, s, strict=True))
        return all(state == 2 for state in now["ev"]) and not now["armed"] and now["mark"] == 1 and now["found"] is None

    def right(self, s: State) -> bool:
        """Returns whether people know what fires, and the incident is open only while something does."""
        now = dict(zip(_NAMES, s, strict=True))
        firing = {a for a, k in enumerate(self._truth(now)) if _fires(k)}
        heard = {a for a, k in enumerate(now["heard"]) if k}
        return firing <= heard and bool(firing) == bool(heard)

    def good(self, s: State) -> bool:
        """Returns whether it may stay like this."""
        return self.settled(s) and self.right(s)
