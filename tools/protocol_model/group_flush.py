"""The steps of a flush of one group: lease, query, send, record, close."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.protocol_model.group_turn import CAP, Process, Turn, replaced

_NO_MEMBER_COVERED = ("delete", "uncond", "noalert")
"""Variants in which a record does not cover the members that were read."""


def _lease(t: Turn, p: Process) -> None:
    free = t.lease != 1 and t.nd == 2
    if free or (t.flag == "nolease" and t.nd == 2):
        others = tuple((r[0], r[1], 0, *r[3:]) for r in p.rest)
        h = (0 if t.flag == "leaseclear" else 2, 1, 0, 0 if t.flag == "nomaybe" else 1)
        t.put("F1 lease", hdr=h, woken=0, procs=(*others, ("FQ", p.trig, 1, t.led, t.maybe, ())))
    else:
        p.go("not due or leased, drop", None)


def _query(t: Turn, p: Process) -> None:
    """A strong query, one alert a page; after the last page the decision. A lease that made the header has none."""
    known, m, snap = p.loc
    whole = len(snap) == t.n
    if t.down and p.own and not m and not whole:  # nothing was sent: the group is given back as it was, due and certain
        given = (0 if t.flag == "givesunarmed" else 2, 0, t.closing, int(t.flag == "keepsmark"))
        others = tuple((r[0], r[1], 0, *r[3:]) for r in p.rest)
        t.put("FQ the table fails, give back", True, hdr=given, procs=others, down=t.down - 1)
    snap += () if whole else (t.mem[len(snap)],)
    if len(snap) < t.n:
        p.go("read page", "FQ", known, m, snap)
        return
    firing, unsure = known
    fire = sum(1 << i for i in range(t.n) if snap[i] > 0 and not snap[i] & 1)
    if m:  # an earlier flush began and did not record: all that is live may have been announced
        live = sum(1 << i for i in range(t.n) if snap[i] > 0)
        firing, unsure = firing | live, unsure | (0 if t.flag == "halfmaybe" else firing | live)
    muted = 1 if t.bud[4] & 1 else 0
    shown = fire & ~muted
    resolved = firing & ~fire
    need = bool(shown & ~(firing & ~unsure) or resolved)
    settled = ((firing & ~resolved) | shown, unsure & ~resolved & ~shown)
    snap = tuple(v if v > 0 and v & 1 else 0 for v in snap)
    first = "FC" if t.flag == "recordfirst" else "FS"
    label = f"{'read nothing' if whole else 'read last page'}, shown={shown:b} resolved={resolved:b}"
    all_known = settled == (fire, 0) and not muted & fire
    calm = t.scope.sleeps and bool(fire) and (all_known or t.flag == "sleepsmuted")
    p.go(label, first if need else "FC", (shown, not fire, settled, calm), resolved, snap)


def _send(t: Turn, p: Process) -> None:
    """Only while the lease lives by our own clock."""
    fire, resolved, snap = p.loc
    if t.flag != "noguard" and not (p.own and t.lease == 1):
        p.go("lease over, stop without sending", None)
        return
    crash, dup, slow, fail, mute = t.bud
    shown, sc = fire[0], t.scope
    heard = (t.sink & ~resolved) | shown
    label = f"SEND firing={shown:b} resolved={resolved:b}"
    faulted = (crash, slow, fail) != (sc.crash, sc.slow, sc.fail)
    if not (shown & ~t.sink or resolved & t.sink) and not faulted:
        label = "!S3 duplicate " + label
    p.go(label, "FT" if t.flag == "recordfirst" else "FC", fire, resolved, snap, sink=heard)
    for lost in (0, 1) if fail else ():
        t.put(
            f"FS send fails (delivered={1 - lost})",
            True,
            sink=t.sink if lost else heard,
            bud=(crash, dup, slow, fail - 1, mute),
            procs=(*p.rest, ("FB", p.trig, p.own)),
        )


def _back_off(t: Turn, p: Process) -> None:
    """Records the failure, and keeps maybe."""
    if p.own:
        p.go("back off", None, hdr=(1, 0, 0, t.maybe))
    else:
        p.go("lease lost, stop", None)


def _record(t: Turn, p: Process) -> None:
    """Records, re-arms and releases, or records and closes."""
    fire, resolved, snap = p.loc
    shown, closing, settled, calm = fire
    seen = t.mem
    if t.flag not in _NO_MEMBER_COVERED:  # rec_at in the header covers what was read
        seen = tuple(-v if v & 1 and v == snap[i] else v for i, v in enumerate(t.mem))
        snap = (0,) * t.n
    again = t.flag == "recordfirst" and (shown & ~t.led[0] or resolved)
    after = "FS" if again else "FT"
    loc = (fire, resolved, snap)
    if not p.own and t.flag != "unfenced":
        p.go("lease lost, stop", None)
    elif calm and t.woken and t.flag != "ignoresmark":
        p.go("a joiner came, not to sleep", "FC", (shown, closing, settled, False), resolved, p.loc[2])
    elif calm:
        p.go("record, sleep, release", after, *loc, own=0, led=settled, mem=seen, hdr=(4, 0, 0, 0), woken=0)
    elif not closing:
        own, lease = (p.own, t.lease) if again else (0, 0)
        hdr = (1, lease, 0, 0)
        p.go("record, re-arm, release", after, *loc, own=own, led=settled, mem=seen, hdr=hdr, woken=0)
    elif t.scope.sleeps and not (t.woken and t.flag != "closesmarked"):
        p.go("record, close", None, own=0, led=settled, mem=seen, hdr=(0, 0, 0, 0), woken=0)
    elif t.flag in ("queryfirst", "brief", "noclosing"):
        p.go("record", after, *loc, led=settled, mem=seen, hdr=(t.nd, t.lease, 0, 0))
    else:
        p.go("record, closing", after, *loc, led=settled, mem=seen, hdr=(t.nd, t.lease, 1, 0), woken=0)


def _tidy(t: Turn, p: Process) -> None:
    """Only broken variants delete members."""
    fire, resolved, snap = p.loc
    todo = [i for i in range(t.n) if snap[i]]
    if todo:
        i = todo[0]
        same = t.mem[i] == snap[i] or t.flag == "uncond"
        mem = replaced(t.mem, i, 0) if same else t.mem
        label = f"delete a{i}" + ("" if same else " refused: changed")
        p.go(label, "FT", fire, resolved, replaced(snap, i, 0), mem=mem)
    elif not fire[1]:
        p.go("done", None)
    elif t.flag == "queryfirst":
        p.go("remove next_due", None, own=0, hdr=(0, 0, 0, t.maybe) if p.own else t.hdr)
    elif t.flag == "brief" and p.own:
        p.go("remove next_due", "FR", 0, 0, own=0, hdr=(0, 0, 0, t.maybe))
    elif t.flag == "brief":
        p.go("lease lost, stop", None)
    else:
        p.go("query again", "FR", 0, 0)


def _query_again(t: Turn, p: Process) -> None:
    """A strong query after closing was set."""
    i, found = p.loc
    found |= 1 if t.mem[i] > 0 and not t.mem[i] & 1 else 0
    if i + 1 < t.n:
        p.go("query again", "FR", i + 1, found)
    else:
        p.go(f"query again, firing={found}", "FX", found)


def _close(t: Turn, p: Process) -> None:
    (found,) = p.loc
    again = 2 if t.scope.wait_0 else 1
    if t.flag == "brief" and found and t.nd == 0:
        p.go("arm again", "FM", hdr=(again, t.lease, 0, t.maybe))
    elif t.flag == "brief":
        p.go("done", None)
    elif not (p.own and (t.closing or t.flag == "noclosing")):
        p.go("a joiner re-armed", "FZ")
    elif found:
        p.go("re-arm, release", "FM", own=0, hdr=(again, 0, 0, t.maybe))
    else:
        p.go("remove next_due, release", None, own=0, hdr=(0, 0, 0, t.maybe))


def _release(t: Turn, p: Process) -> None:
    p.go("release", "FM", own=0, hdr=(t.nd, 0, t.closing, t.maybe) if p.own else t.hdr)


def _send_timer(t: Turn, p: Process) -> None:
    p.go("send timer", None, q=min(t.q + 1, CAP))


FLUSHING: Mapping[str, Callable[[Turn, Process], None]] = {
    "F1": _lease,
    "FQ": _query,
    "FS": _send,
    "FB": _back_off,
    "FC": _record,
    "FT": _tidy,
    "FR": _query_again,
    "FX": _close,
    "FZ": _release,
    "FM": _send_timer,
}
"""By the name of the step."""
