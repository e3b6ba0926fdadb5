"""One group of one integration: joiners, flushers, the tick, crashes, a stale index, slow owners.

Every request is one atomic action; invocations interleave freely between them. An update of an alert is an integer
k = 2 * clock + (1 if resolved), so that comparing k is the order rule: the newer clock wins, at an equal clock resolved
wins, an odd k is resolved. A state is a tuple of
    ev     deliveries of each event that are still to come
    al     the alert items: the highest k of each alert
    mem    the members: 0 absent, k, or -k: resolved, and put before the last record
    hdr    (next_due, lease, closing, maybe); next_due 0 absent, 1 later, 2 due, 4 asleep: so late that no time reaches
           it here; lease 0 none, 1 live, 2 run out; maybe: a flush began and did not record
    led    bit masks: announced, of which unsure
    q      timer messages on their way
    idx    whether the index of due groups shows the group; it lags
    sink   bit mask of the alerts that people take for firing
    procs  the running invocations: (step, event, holds the lease, locals...)
    bud    the faults that may still come
    down   how often the table may still fail while a flush reads: no fault that excuses a repeat
    woken  whether a joiner has found the group held since it was leased
    born   whether the header is there: its TTL takes it long after the group was closed; only where one write arms
           and leases does it differ from one that is unarmed
"""

from __future__ import annotations

from tools.protocol_model.group_flush import FLUSHING
from tools.protocol_model.group_join import JOINING
from tools.protocol_model.group_turn import CAP, Process, State, Successor, Turn, replaced
from tools.protocol_model.scopes import Scope

STEPS = {**JOINING, **FLUSHING}


class Group:
    """`flag` names the rule that a broken variant leaves out."""

    def __init__(self, scope: Scope, flag: str = "") -> None:
        self.scope, self.flag = scope, flag
        self.ev = scope.events
        self.n = 1 + max(a for a, _ in self.ev)
        top = [max(k for b, k in self.ev if b == a) for a in range(self.n)]
        self.truth = sum(1 << a for a in range(self.n) if not top[a] & 1)

    def init(self) -> State:
        """Returns the first state."""
        c = self.scope
        return (
            tuple(1 for _ in self.ev),
            (0,) * self.n,
            (0,) * self.n,
            (0, 0, 0, 0),
            (0, 0),
            0,
            0,
            0,
            (),
            (c.crash, c.dup, c.slow, c.fail, c.mute),
            c.table,
            0,
            0 if c.merge else 1,
        )

    def succ(self, s: State) -> list[Successor]:
        """Returns every state that may follow."""
        turn = Turn(self, s)
        self._deliveries(turn)
        self._time(turn)
        for x, p in enumerate(turn.procs):
            if x and p == turn.procs[x - 1]:
                continue
            process = Process(turn, x)
            if turn.crash:
                _crash(turn, process)
            STEPS[process.pc](turn, process)
        return turn.out

    def _deliveries(self, t: Turn) -> None:
        """SNS delivers events, and delivers them twice; SQS delivers timers."""
        crash, dup, slow, fail, mute = t.bud
        joining = sum(1 for p in t.procs if p[0][0] == "J")
        for i, c in enumerate(t.ev):
            if c and joining < self.scope.joiners:
                t.put(f"sns delivers event {i}", ev=replaced(t.ev, i, c - 1), procs=(*t.procs, ("J0", i, 0)))
            if dup:
                t.put(
                    f"sns duplicates event {i}",
                    True,
                    ev=replaced(t.ev, i, min(c + 1, 2)),
                    bud=(crash, dup - 1, slow, fail, mute),
                )
        if t.q and len(t.procs) - joining < self.scope.flushers:
            t.put("sqs delivers timer", q=t.q - 1, procs=(*t.procs, ("F1", -1, 0)))

    def _time(self, t: Turn) -> None:
        """What comes with time: due groups, leases that run out, the index, the tick, TTLs, silences."""
        crash, dup, slow, fail, mute = t.bud
        if t.nd == 1:
            t.put("time: next_due reached", hdr=(2, t.lease, t.closing, t.maybe))
        if t.lease == 1:
            over = (t.nd, 2, t.closing, t.maybe)
            if not any(p[2] for p in t.procs):
                t.put("time: lease of a dead owner expires", hdr=over)
            elif slow:
                t.put("time: lease of a SLOW owner expires", True, hdr=over, bud=(crash, dup, slow - 1, fail, mute))
        if t.idx != (1 if t.nd else 0):
            t.put("gsi catches up", idx=1 if t.nd else 0)
        # Not before: who made it due sends its timer.
        if t.idx and t.nd == 2 and not t.q:
            t.put("tick sends timer of what is overdue", q=1)
        self._expiry(t)
        if mute:  # a silence over alert 0: an odd number of changes left = it is active now
            t.put("silence " + ("ends" if mute & 1 else "starts"), bud=(crash, dup, slow, fail, mute - 1))

    def _expiry(self, t: Turn) -> None:
        """What the TTL takes after days and weeks: resolved members, and the header of a closed group."""
        for a in range(self.n):  # after days; no invocation that has passed J0 for it still runs by then
            if t.mem[a] < 0 and not any(p[0] in ("J1", "J1r") and self.ev[p[1]][0] == a for p in t.procs):
                t.put(f"ttl removes resolved member {a}", mem=replaced(t.mem, a, 0))
        if self.scope.merge and t.born and not (t.nd or t.lease or t.procs) and all(m <= 0 or m & 1 for m in t.mem):
            t.put("ttl removes the header", born=0, hdr=(0, 0, 0, 0), led=(0, 0))

    def settled(self, s: State) -> bool:
        """Returns whether every event is handled and no invocation runs."""
        return not any(s[0]) and not s[8] and not s[9][4]

    def right(self, s: State) -> bool:
        """Returns whether people know what is so."""
        return bool(s[7] == self.truth)

    def good(self, s: State) -> bool:
        """Returns whether it may stay like this: a group of which nothing fires is unarmed and unleased."""
        if not (self.settled(s) and self.right(s)):
            return False
        return bool(self.truth) or s[3][:3] == (0, 0, 0)


def _crash(t: Turn, p: Process) -> None:
    crash, dup, slow, fail, mute = t.bud
    b = (crash - 1, dup, slow, fail, mute)
    if p.trig < 0:
        t.put(f"CRASH at {p.pc}", True, procs=p.rest, bud=b, q=min(t.q + 1, CAP))
        t.put(f"CRASH at {p.pc}, message lost", True, procs=p.rest, bud=b)
        return
    again = replaced(t.ev, p.trig, min(t.ev[p.trig] + 1, 2))
    t.put(f"CRASH at {p.pc}", True, procs=p.rest, bud=b, ev=again)
    if p.pc[0] != "J" or p.pc == "J4":  # armed: even losing the event must do no harm
        t.put(f"CRASH at {p.pc}, event never redelivered", True, procs=p.rest, bud=b)
