"""Fallbacks, answers that are lost, and the loss of the table: one alert, its own channel and one fallback.

A join is one step here and one flush runs at a time, since group.py explores how they meet. A send to a channel is
taken, is refused for certain, or ends without an answer, delivered or not. While the table does not answer, an event is
notified without it, and what was sent is queued for recording; where the queue fails too that is forgotten, and the
event comes again. The whole table may be lost after the alert was announced. A state is
    ev      deliveries of each event that are still to come; an event is k, as in group.py
    mem     the member: 0 absent, or k
    hdr     (armed, maybe, intent): intent: a fallback was about to be notified when the flush was last heard of
    led     (firing, unsure, fallback, fallback_unsure): announced on the own channel, which is unsure; announced by the
            fallback; may have been announced by it
    queued  of each event, what was sent without the table and is to be recorded: 0 nothing, 1 by the own channel, 2 by
            the fallback, 3 and 4 likewise, but a flush has recorded since
    late    of each event, whether it was forgotten, so that a member that it makes is late
    heard   (own, fallback): whether people take the alert for firing there
    run     the running flush, or None
    bud     (crashes, sends without a delivery, sends without an answer, outages of the table, losses of the table)
    blind   whether a lost table leaves the alert open at a fallback without keys
    rec     the member that the last record covers
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tools.protocol_model.group_turn import State, Successor

OUTCOMES = (("taken", True, 0), ("refused", False, 1), ("no answer, delivered", True, 2), ("no answer, lost", False, 2))
"""(what happens, whether it arrives, the budget that it takes from)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FallbackScope:
    """`keyed`: the fallback resolves by key, as PagerDuty does, so that even what no ledger knows is resolved there.
    `own_dead`: the own channel never takes anything. `ordered`: no event overtakes another; a late resolve would else
    resolve what came after it, and was sent while neither table nor queue could record it."""

    events: tuple[int, ...] = (2, 3)
    crash: int = 0
    refused: int = 0
    unanswered: int = 0
    outage: int = 0
    outage_from: int = 0
    loss: int = 0
    keyed: bool = False
    own_dead: bool = False
    ordered: bool = False


FALLBACK_SCOPES = {
    "answers": FallbackScope(events=(2, 5, 6), refused=2, unanswered=2),
    "answers-resolved": FallbackScope(refused=2, unanswered=3),
    "died": FallbackScope(crash=2, refused=2, unanswered=1),
    "died-refired": FallbackScope(events=(2, 5, 6), crash=2, refused=1, unanswered=1),
    "own-dead": FallbackScope(events=(2,), crash=2, unanswered=2, own_dead=True),
    "own-dead-refired": FallbackScope(events=(2, 5, 6), crash=1, refused=1, unanswered=1, own_dead=True),
    "outage": FallbackScope(crash=1, refused=1, unanswered=1, outage=1, keyed=True),
    "outage-twice": FallbackScope(refused=1, unanswered=1, outage=2, keyed=True),
    "outage-refired": FallbackScope(events=(2, 5, 6), crash=1, refused=1, outage=2, keyed=True),
    "outage-repeated": FallbackScope(events=(2, 6, 9), crash=1, outage=2, outage_from=6),
    "lost": FallbackScope(crash=1, refused=1, loss=1, keyed=True),
    "lost-refired": FallbackScope(events=(2, 5, 6), crash=1, loss=1, ordered=True),
}
FALLBACK_BROKEN = {
    "F1-answer-lost": ("certain_only", "answers-resolved", "only a confirmed fallback enters the ledger"),
    "F2-no-intent": ("no_intent", "died", "a fallback is notified without writing so before"),
    "F3-intent-is-taken-for-done": ("intent_certain", "own-dead", "after a crash the fallback counts as notified"),
    "F4-own-settles-fallback": ("own_settles", "answers-resolved", "what the own channel takes is off the fallbacks"),
    "F5-unknown-resolve-dropped": ("drop_unknown", "lost", "a resolve that no ledger knows is suppressed"),
    "F6-lost-record": ("drop_unknown", "outage", "the same, where table and queue failed together"),
    "F8-flush-forgotten": (
        "believes_flushed",
        "outage-refired",
        "what was sent counts although a flush may have resolved an older update since",
    ),
    "F9-late-believed": ("late_believed", "outage", "a late firing that resolves before its flush was never announced"),
    "F10-stale-dropped": (
        "stale_dropped",
        "outage-repeated",
        "a late firing whose resolve is known was never announced",
    ),
    "F11-half-resolved-known": (
        "missed_resolve_known",
        "own-dead-refired",
        "what a fallback was asked to resolve counts as announced there until it has answered",
    ),
    "F12-resolved-before-a-crash": (
        "crashed_resolve_known",
        "own-dead-refired",
        "what came since the last record counts as announced by the fallbacks, although a flush that died resolved it",
    ),
    "F7-event-forgotten": (
        "forgets",
        "outage-refired",
        "what neither table nor queue could record does not come again",
    ),
}


class Fallback:
    """`flag` names the rule that a broken variant leaves out."""

    names = ("ev", "mem", "hdr", "led", "queued", "late", "heard", "run", "bud", "blind", "rec")

    def __init__(self, scope: FallbackScope, flag: str = "") -> None:
        self.scope, self.flag = scope, flag
        self.fires = not max(scope.events) & 1

    def init(self) -> State:
        """Returns the first state."""
        c = self.scope
        budget = (c.crash, c.refused, c.unanswered, c.outage, c.loss)
        return (
            (1,) * len(c.events),
            0,
            (0, 0, 0),
            (0, 0, 0, 0),
            (0,) * len(c.events),
            (0,) * len(c.events),
            (0, 0),
            None,
            budget,
            0,
            0,
        )

    def succ(self, s: State) -> list[Successor]:
        """Returns every state that may follow."""
        now = dict(zip(self.names, s, strict=True))
        out: list[Successor] = []

        def put(label: str, fault: bool = False, **changes: Any) -> None:
            out.append((label, fault, tuple({**now, **changes}.values())))

        self._events(now, put)
        if now["run"]:
            self._flush(now, put)
            if now["bud"][0]:
                event = now["run"][1]
                again = _set(now["ev"], event, 1) if event >= 0 else now["ev"]
                put(f"CRASH at {now['run'][0]}", True, run=None, bud=_less(now["bud"], 0), ev=again)
        elif now["hdr"][0]:
            put("timer: lease", run=("own", -1, *self._decide(now, stray=False)), hdr=(1, 1, now["hdr"][2]))
        else:
            for i, sent in enumerate(now["queued"]):
                if sent:
                    put(f"queue: record what was sent of {self.scope.events[i]}", **self._amended(now, i))
        if now["bud"][4] and now["heard"][0] and not now["run"] and not now["mem"] & 1:
            lost = {"mem": 0, "rec": 0, "hdr": (0, 0, 0), "led": (0, 0, 0, 0), "bud": _less(now["bud"], 4)}
            put("LOSS of the table", True, **lost, blind=int(now["heard"][1] and not self.scope.keyed) | now["blind"])
        return out

    def _events(self, now: dict[str, Any], put: Any) -> None:
        _, maybe, intent = now["hdr"]
        for i, count in enumerate(now["ev"]):
            if not count or (self.scope.ordered and any(now["ev"][:i])):
                continue
            k, ev = self.scope.events[i], _set(now["ev"], i, 0)
            stray = self._in_doubt(now, i)
            if stray and now["run"]:
                pass  # the group is held: the event comes again
            elif stray and self.flag == "drop_unknown":
                put(f"{k} in doubt is dropped", ev=ev, mem=max(now["mem"], k))
            elif stray:
                after = {**now, "mem": max(now["mem"], k)}
                run = ("own", i, *self._decide(after, stray=True))
                put(f"{k} in doubt", ev=ev, mem=after["mem"], hdr=(1, 1, intent), run=run)
            elif k < now["mem"]:
                put(f"stale {k}", ev=ev)
            else:
                put(f"join {k}", ev=ev, mem=k, hdr=(1, maybe, intent))
            if now["bud"][3] and not k & 1 and not now["run"] and k >= max(now["mem"], self.scope.outage_from):
                self._without_state(now, put, i)

    def _without_state(self, now: dict[str, Any], put: Any, i: int) -> None:
        """The table does not answer: the alert goes out, and what was sent is queued; else the event comes again, and
        nobody knows of the send."""
        bud, (own, fallback) = _less(now["bud"], 3), now["heard"]
        for lost in (False, True):
            what = "and is forgotten" if lost else "and is queued"
            ev = now["ev"] if lost and self.flag != "forgets" else _set(now["ev"], i, 0)
            by_own, by_fallback = (now["queued"] if lost else _set(now["queued"], i, by) for by in (1, 2))
            after = {"ev": ev, "late": _set(now["late"], i, 1) if lost else now["late"]}
            put(f"OUTAGE: own {what}", True, **after, bud=bud, heard=(1, fallback), queued=by_own)
            if bud[1]:
                less = _less(bud, 1)
                put(f"OUTAGE: fallback {what}", True, **after, bud=less, heard=(own, 1), queued=by_fallback)

    def _in_doubt(self, now: dict[str, Any], i: int) -> bool:
        """Whether this event shows that the alert may be open although the ledger does not name it: a resolve of what
        the group does not know as firing, or knows by an event that was late, and a late firing that is resolved
        already. What is late may have been notified by an earlier try, and nobody knows."""
        k, mem, led = self.scope.events[i], now["mem"], now["led"]
        by_key = self.scope.keyed and not led[2] and not led[3]
        if not k & 1:
            return bool(k < mem and mem & 1 and now["late"][i] and not any(led) and self.flag != "stale_dropped")
        if k < mem:
            return False
        if k == mem:
            return not any(led) or bool(by_key and now["hdr"][1])
        fires = mem > 0 and not mem & 1
        if fires and now["late"][self.scope.events.index(mem)] and self.flag != "late_believed":
            return not led[0] or by_key
        return not any(led) and not (fires and now["hdr"][0])

    def _amended(self, now: dict[str, Any], i: int) -> dict[str, Any]:
        """The event comes back with the ledger of what was sent; its group is due at once. Where a flush may have
        resolved an older update since, what was sent is in doubt."""
        firing, unsure, fallback, may = now["led"]
        k, own = self.scope.events[i], now["queued"][i] in (1, 3)
        overtaken = now["queued"][i] > 2 and not (firing if own else fallback) and self.flag != "believes_flushed"
        if overtaken:
            led = (
                (1, int(unsure or not firing), fallback, may) if own else (firing, unsure, fallback, int(not fallback))
            )
        else:
            led = (1, 0, fallback, may) if own else (firing, unsure, 1, 0)
        return {"led": led, "mem": max(now["mem"], k), "hdr": (1, *now["hdr"][1:]), "queued": _set(now["queued"], i, 0)}

    def _decide(self, now: dict[str, Any], *, stray: bool) -> tuple[Any, ...]:
        """Returns (member, ledger, unfinished, uncertain): what this flush goes by."""
        firing, unsure, fallback, may = now["led"]
        mem, (_, maybe, intent) = now["mem"], now["hdr"]
        if maybe or stray:
            firing, unsure = int(firing or mem > 0), int(mem > 0 or unsure)
        if maybe and fallback and mem != now["rec"] and self.flag != "crashed_resolve_known":
            fallback, may = 0, 1
        if intent and maybe and mem > 0:
            fallback, may = (1, may) if self.flag == "intent_certain" else (fallback, int(not fallback) | may)
        if stray and self.scope.keyed:
            may = 1
        return mem, (firing, unsure, fallback, may), 0, 0

    def _flush(self, now: dict[str, Any], put: Any) -> None:
        step, event, mem, led, unfinished, uncertain = now["run"]
        getattr(self, f"_{step}")(now, put, event, mem, led, unfinished, uncertain)

    def _own(self, now: dict[str, Any], put: Any, event: int, mem: int, led: Any, *_: int) -> None:
        firing, unsure, fallback, may = led
        fires = mem > 0 and not mem & 1
        new, ended = fires and not (firing and not unsure), firing and not fires
        if not (new or ended):
            put("nothing for the own channel", run=("resolve", event, mem, led, 0, 0))
            return
        for label, arrives, budget in OUTCOMES:
            if label != "refused" if self.scope.own_dead else budget and not now["bud"][budget]:
                continue
            heard = (int(fires), now["heard"][1]) if arrives else now["heard"]
            bud = _less(now["bud"], budget) if budget and not self.scope.own_dead else now["bud"]
            if not budget:
                settled = (int(fires), 0, *((0, 0) if self.flag == "own_settles" else (fallback, may)))
                put(f"own {label}", heard=heard, run=("resolve", event, mem, settled, 0, 0))
                continue
            after = "intent" if fires and new and not fallback else "resolve"
            run = (after, event, mem, led, 1, int(budget == 2))
            put(f"own {label}", not self.scope.own_dead, heard=heard, bud=bud, run=run)

    def _intent(self, now: dict[str, Any], put: Any, event: int, *rest: Any) -> None:
        intent = 0 if self.flag == "no_intent" else 1
        put("write the intent", hdr=(*now["hdr"][:2], intent), run=("fallback", event, *rest))

    def _fallback(
        self, now: dict[str, Any], put: Any, event: int, mem: int, led: Any, unfinished: int, uncertain: int
    ) -> None:
        firing, unsure, fallback, may = led
        for label, arrives, budget in OUTCOMES:
            if budget and not now["bud"][budget]:
                continue
            after = (fallback, int(may or (budget == 2 and self.flag != "certain_only"))) if budget else (1, 0)
            put(
                f"fallback {label}",
                bool(budget),
                heard=(now["heard"][0], 1) if arrives else now["heard"],
                bud=_less(now["bud"], budget) if budget else now["bud"],
                run=("resolve", event, mem, (firing, unsure, *after), unfinished, uncertain),
            )

    def _resolve(
        self, now: dict[str, Any], put: Any, event: int, mem: int, led: Any, unfinished: int, uncertain: int
    ) -> None:
        firing, unsure, fallback, may = led
        if not ((fallback or may) and mem & 1):
            put("nothing for the fallback", run=("record", event, mem, led, unfinished, uncertain))
            return
        for label, arrives, budget in OUTCOMES:
            if budget and not now["bud"][budget]:
                continue
            kept = (fallback, may) if self.flag == "missed_resolve_known" else (0, 1)
            after = kept if budget else (0, 0)
            put(
                f"fallback's resolve {label}",
                bool(budget),
                heard=(now["heard"][0], 0) if arrives else now["heard"],
                bud=_less(now["bud"], budget) if budget else now["bud"],
                run=("record", event, mem, (firing, unsure, *after), int(unfinished or budget > 0), uncertain),
            )

    def _record(
        self, now: dict[str, Any], put: Any, _: int, mem: int, led: Any, unfinished: int, uncertain: int
    ) -> None:
        """The closing query is part of it: a member that changed since leaves the group due."""
        fires = mem > 0 and not mem & 1
        armed = int(fires or unfinished or now["mem"] != mem)
        # What waits for its next tick only, as a group that fires and is settled does, needs no flush of its own.
        idle = fires and not unfinished and now["mem"] == mem
        queued = tuple(sent + 2 if 0 < sent < 3 else sent for sent in now["queued"])
        hdr = (0 if idle else armed, int(unfinished and uncertain), 0)
        put("record", led=led, hdr=hdr, run=None, queued=queued, rec=mem)

    def settled(self, s: State) -> bool:
        """Returns whether every event is handled, and no invocation runs."""
        now = dict(zip(self.names, s, strict=True))
        waits = now["hdr"][0] and not self.scope.own_dead
        return not any(now["ev"]) and now["run"] is None and not any(now["queued"]) and not waits

    def right(self, s: State) -> bool:
        """Returns whether people know what is so. What a lost table leaves open at a fallback without keys stays so."""
        own, fallback = s[6]
        if self.fires:
            return bool(fallback if self.scope.own_dead else own)
        return not own and not (fallback and not s[9])

    def good(self, s: State) -> bool:
        """Returns whether it may stay like this."""
        return self.settled(s) and self.right(s)


def _set(items: tuple[int, ...], at: int, value: int) -> tuple[int, ...]:
    return (*items[:at], value, *items[at + 1 :])


def _less(budget: tuple[int, ...], at: int) -> tuple[int, ...]:
    return _set(budget, at, budget[at] - 1)
