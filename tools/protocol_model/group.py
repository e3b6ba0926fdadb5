"""One group of one integration: joiners, flushers, the tick, crashes, a stale index, slow owners.

Every request is one atomic action; invocations interleave freely between them. An update of an alert is an integer
k = 2 * clock + (1 if resolved), so that comparing k is the order rule: the newer clock wins, at an equal clock resolved
wins, an odd k is resolved. A state is a tuple of
    ev     deliveries of each event that are still to come
    al     the alert items: the highest k of each alert
    mem    the members: 0 absent, k, or -k: resolved, and put before the last record
    hdr    (next_due, lease, closing, maybe); next_due 0 absent, 1 later, 2 due, 3 as the lease; lease 0 none, 1 live,
           2 run out; maybe: a flush began and did not record
    led    bit masks: announced, of which unsure
    q      timer messages on their way
    idx    whether the index of due groups shows the group; it lags
    sink   bit mask of the alerts that people take for firing
    procs  the running invocations: (step, event, holds the lease, locals...)
    bud    the faults that may still come
    down   how often the table may still fail while a flush reads: no fault that excuses a repeat
"""

from __future__ import annotations

from typing import Any

from tools.protocol_model.scopes import Scope

CAP = 2
"""Timer messages on their way at once."""
State = tuple[Any, ...]
Successor = tuple[str, bool, State]
"""What happens, whether that is a fault, and the state after it."""


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
        )

    def succ(self, s: State) -> list[Successor]:  # noqa: C901 - a branch a step of the protocol
        """Returns every state that may follow."""
        ev, al, mem, hdr, led, q, idx, sink, procs, bud, down = s
        names = ("ev", "al", "mem", "hdr", "led", "q", "idx", "sink", "procs", "bud", "down")
        now = dict(zip(names, s, strict=True))
        nd, lease, closing, maybe = hdr
        out: list[Successor] = []
        n, flag, sc = self.n, self.flag, self.scope
        nj = sum(1 for p in procs if p[0][0] == "J")
        nf = len(procs) - nj
        crash, dup, slow, fail, mute = bud

        def put(label: str, fault: bool = False, **changes: Any) -> None:
            new = {**now, **changes}
            new["procs"] = tuple(sorted(new["procs"]))
            out.append((label, fault, tuple(new.values())))

        # environment
        for i, c in enumerate(ev):
            if c and nj < sc.joiners:
                put(f"sns delivers event {i}", ev=(*ev[:i], c - 1, *ev[i + 1 :]), procs=(*procs, ("J0", i, 0)))
            if dup:
                put(
                    f"sns duplicates event {i}",
                    True,
                    ev=(*ev[:i], min(c + 1, 2), *ev[i + 1 :]),
                    bud=(crash, dup - 1, slow, fail, mute),
                )
        if q and nf < sc.flushers:
            put("sqs delivers timer", q=q - 1, procs=(*procs, ("F1", -1, 0)))
        if nd == 1:
            put("time: next_due reached", hdr=(2, lease, closing, maybe))
        owner_alive = any(p[2] for p in procs)
        if lease == 1:
            if not owner_alive:
                put("time: lease of a dead owner expires", hdr=(nd, 2, closing, maybe))
            elif slow:
                put(
                    "time: lease of a SLOW owner expires",
                    True,
                    hdr=(nd, 2, closing, maybe),
                    bud=(crash, dup, slow - 1, fail, mute),
                )
        if idx != (1 if nd else 0):
            put("gsi catches up", idx=1 if nd else 0)
        if idx and not q:
            put("tick sends timer", q=1)
        if mute:  # a silence over alert 0: an odd number of changes left = it is active now
            put("silence " + ("ends" if mute & 1 else "starts"), bud=(crash, dup, slow, fail, mute - 1))
        for a in range(n):  # after days; no invocation that has passed J0 for it still runs by then
            if mem[a] < 0 and not any(p[0] in ("J1", "J1r") and self.ev[p[1]][0] == a for p in procs):
                put(f"ttl removes resolved member {a}", mem=(*mem[:a], 0, *mem[a + 1 :]))

        for x, p in enumerate(procs):
            if x and p == procs[x - 1]:
                continue
            rest = procs[:x] + procs[x + 1 :]
            pc, trig, own = p[:3]
            loc = p[3:]
            if crash:
                b = (crash - 1, dup, slow, fail, mute)
                if trig >= 0:
                    put(
                        f"CRASH at {pc}",
                        True,
                        procs=rest,
                        bud=b,
                        ev=(*ev[:trig], min(ev[trig] + 1, 2), *ev[trig + 1 :]),
                    )
                    if pc not in ("J0", "J1", "J1r", "J2", "J3"):  # armed: even losing the event must do no harm
                        put(f"CRASH at {pc}, event never redelivered", True, procs=rest, bud=b)
                else:
                    put(f"CRASH at {pc}", True, procs=rest, bud=b, q=min(q + 1, CAP))
                    put(f"CRASH at {pc}, message lost", True, procs=rest, bud=b)

            def go(
                label: str,
                pc2: str | None,
                *loc2: Any,
                own2: int = own,
                at: tuple[Any, ...] = (pc, rest, trig),
                **changes: Any,
            ) -> None:
                step, others, event = at
                put(f"{step} {label}", procs=(*others, (pc2, event, own2, *loc2)) if pc2 else others, **changes)

            if pc[0] == "J":
                a, k = self.ev[trig]
                if pc == "J0":  # remember: A-item, conditional on k > or = stored
                    if flag == "noalert":
                        go("skip", "J1")
                    elif al[a] > k:
                        go("stale, return", None)
                    elif al[a] == k and flag == "dupreturn":
                        go("duplicate, return", None)
                    else:
                        go(f"remember a{a} k{k}", "J1r" if flag == "readfirst" else "J1", al=(*al[:a], k, *al[a + 1 :]))
                elif pc == "J1r":  # broken order: header first
                    go(f"read header nd={nd}", "J1", 1 if nd and not closing else 0)
                elif pc == "J1":  # member, conditional on newer
                    new = k > abs(mem[a])
                    m2 = (*mem[:a], k, *mem[a + 1 :]) if new else mem
                    if flag == "readfirst":
                        go(f"put member a{a} k{k}", None if loc[0] or k & 1 else "J3", mem=m2)
                    else:
                        go(f"put member a{a} k{k}" + ("" if new else " (not newer)"), "J2", mem=m2)
                elif pc == "J2":  # strong read of the header
                    armed = nd and (not closing or flag == "noclosing")
                    quiet = k & 1 and flag != "resolvedarms"  # unarmed or closing: nothing announced is open there
                    go(f"read header nd={nd} closing={closing}", None if armed or quiet else "J3")
                    if flag == "stalehdr" and idx and not armed:
                        go("stale header read: armed", None)
                elif pc == "J3":  # arm
                    if nd == 0 and not lease and sc.merge:  # arm and lease in one write
                        put("J3 arm and lease", hdr=(3, 1, 0, 1), procs=(*rest, ("FQ", trig, 1, led, maybe, ())))
                    elif nd and closing and sc.merge:
                        go("arm a closing group", "J4", hdr=(2, lease, 0, maybe))
                    elif nd == 0 or closing:
                        h = (2 if sc.wait_0 else 1, lease, 0, maybe)
                        go("arm", "F1" if sc.wait_0 else "J4", hdr=h)
                    else:
                        go("already armed, return", None)
                elif pc == "J4":
                    go("send timer", None, q=min(q + 1, CAP))
                continue
            if pc == "F1":  # lease
                if (lease != 1 and (nd == 2 or (nd == 3 and lease != 1))) or (flag == "nolease" and nd > 1):
                    others = tuple((r[0], r[1], 0, *r[3:]) for r in rest)
                    h = (0 if flag == "leaseclear" else 3, 1, 0, 0 if flag == "nomaybe" else 1)
                    put("F1 lease", hdr=h, procs=(*others, ("FQ", trig, 1, led, maybe, ())))
                else:
                    go("not due or leased, drop", None)
            elif pc == "FQ":  # strong query, one alert a page
                known, m, snap = loc
                if down and own and not m:  # nothing was sent: the group is given back as it was, due and certain
                    given = (0 if flag == "givesunarmed" else 2, 0, closing, int(flag == "keepsmark"))
                    others = tuple((r[0], r[1], 0, *r[3:]) for r in rest)
                    put("FQ the table fails, give back", True, hdr=given, procs=others, down=down - 1)
                snap += (mem[len(snap)],)
                if len(snap) < n:
                    go("read page", "FQ", known, m, snap)
                else:
                    firing, unsure = known
                    fire = sum(1 << i for i in range(n) if snap[i] > 0 and not snap[i] & 1)
                    if m:  # an earlier flush began and did not record: all that is live may have been announced
                        live = sum(1 << i for i in range(n) if snap[i] > 0)
                        firing, unsure = firing | live, unsure | (0 if flag == "halfmaybe" else firing | live)
                    shown = fire & ~(1 if mute & 1 else 0)
                    gone = firing & ~fire
                    need = bool(shown & ~(firing & ~unsure) or gone)
                    settled = ((firing & ~gone) | shown, unsure & ~gone & ~shown)
                    closing2 = not fire
                    what = (shown, closing2, settled)
                    snap = tuple(v if v > 0 and v & 1 else 0 for v in snap)
                    first = "FC" if flag == "recordfirst" else "FS"
                    go(f"read last page, shown={shown:b} resolved={gone:b}", first if need else "FC", what, gone, snap)
            elif pc == "FS":  # send, only while the lease lives by our own clock
                fire, gone, snap = loc
                if flag != "noguard" and not (own and lease == 1):
                    go("lease over, stop without sending", None)
                else:
                    shown = fire[0]
                    heard = (sink & ~gone) | shown
                    label = f"SEND firing={shown:b} resolved={gone:b}"
                    faulted = (crash, slow, fail) != (sc.crash, sc.slow, sc.fail)
                    if not (shown & ~sink or gone & sink) and not faulted:
                        label = "!S3 duplicate " + label
                    nxt = "FT" if flag == "recordfirst" else "FC"
                    go(label, nxt, fire, gone, snap, sink=heard)
                    if fail:
                        b = (crash, dup, slow, fail - 1, mute)
                        for lost in (0, 1):
                            put(
                                f"FS send fails (delivered={1 - lost})",
                                True,
                                sink=sink if lost else heard,
                                bud=b,
                                procs=(*rest, ("FB", trig, own)),
                            )
            elif pc == "FB":  # record the failure: backoff, keep maybe
                if own:
                    go("back off", None, hdr=(1, 0, 0, maybe))
                else:
                    go("lease lost, stop", None)
            elif pc == "FC":  # record + re-arm + release, or record + closing
                fire, gone, snap = loc
                nxt = "FT"
                shown, closing2, settled = fire
                seen = mem
                if flag not in ("delete", "uncond", "noalert"):  # rec_at in the header covers what was read
                    seen = tuple(-v if v & 1 and v == snap[i] else v for i, v in enumerate(mem))
                if flag not in ("delete", "uncond", "noalert") and nxt == "FT":
                    snap = (0,) * n
                if flag == "recordfirst" and (shown & ~led[0] or gone):
                    nxt = "FS"
                if not own and flag != "unfenced":
                    go("lease lost, stop", None)
                elif not closing2:
                    go(
                        "record, re-arm, release",
                        nxt,
                        fire,
                        gone,
                        snap,
                        own2=0 if nxt == "FT" else own,
                        led=settled,
                        mem=seen,
                        hdr=(1, 0 if nxt == "FT" else lease, 0, 0),
                    )
                elif flag in ("queryfirst", "brief", "noclosing"):
                    go("record", nxt, fire, gone, snap, led=settled, mem=seen, hdr=(nd, lease, 0, 0))
                else:
                    go("record, closing", nxt, fire, gone, snap, led=settled, mem=seen, hdr=(nd, lease, 1, 0))
            elif pc == "FT":  # only broken variants delete members
                fire, gone, snap = loc
                todo = [i for i in range(n) if snap[i]]
                if not todo:
                    if not fire[1]:
                        go("done", None)
                    elif flag == "queryfirst":
                        go("remove next_due", None, own2=0, hdr=(0, 0, 0, maybe) if own else hdr)
                    elif flag == "brief":
                        if own:
                            go("remove next_due", "FR", 0, 0, own2=0, hdr=(0, 0, 0, maybe))
                        else:
                            go("lease lost, stop", None)
                    else:
                        go("query again", "FR", 0, 0)
                else:
                    i = todo[0]
                    ok = mem[i] == snap[i] or flag == "uncond"
                    m2 = mem
                    if ok:
                        m2 = (*mem[:i], 0, *mem[i + 1 :])
                    go(
                        f"delete a{i}" + ("" if ok else " refused: changed"),
                        "FT",
                        fire,
                        gone,
                        (*snap[:i], 0, *snap[i + 1 :]),
                        mem=m2,
                    )
            elif pc == "FR":  # strong query after closing was set
                i, found = loc
                found |= 1 if mem[i] > 0 and not mem[i] & 1 else 0
                if i + 1 < n:
                    go("query again", "FR", i + 1, found)
                else:
                    go(f"query again, firing={found}", "FX", found)
            elif pc == "FX":  # finish the close
                (found,) = loc
                again = 2 if sc.wait_0 else 1
                if flag == "brief":
                    if found and nd == 0:
                        go("arm again", "FM", hdr=(again, lease, 0, maybe))
                    else:
                        go("done", None)
                elif own and (closing or flag == "noclosing"):
                    if found:
                        go("re-arm, release", "FM", own2=0, hdr=(again, 0, 0, maybe))
                    else:
                        go("remove next_due, release", None, own2=0, hdr=(0, 0, 0, maybe))
                else:
                    go("a joiner re-armed", "FZ")
            elif pc == "FZ":  # release only
                go("release", "FM", own2=0, hdr=(nd, 0, closing, maybe) if own else hdr)
            elif pc == "FM":
                go("send timer", None, q=min(q + 1, CAP))
        return out

    def settled(self, s: State) -> bool:
        """Whether every event is handled and no invocation runs."""
        return not any(s[0]) and not s[8] and not s[9][4]

    def right(self, s: State) -> bool:
        """Whether people know what is so."""
        return bool(s[7] == self.truth)

    def good(self, s: State) -> bool:
        """Whether it may stay like this: a group of which nothing fires is unarmed and unleased."""
        if not (self.settled(s) and self.right(s)):
            return False
        return bool(self.truth) or s[3][:3] == (0, 0, 0)
