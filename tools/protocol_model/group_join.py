"""The steps of a joiner of one group: remember the alert, put the member, read the header, arm, send the timer."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tools.protocol_model.group_turn import CAP, Process, Turn, replaced


def _remember(t: Turn, p: Process) -> None:
    """The A-item, conditional on k > or = stored."""
    a, k = t.events[p.trig]
    if t.flag == "noalert":
        p.go("skip", "J1")
    elif t.al[a] > k:
        p.go("stale, return", None)
    elif t.al[a] == k and t.flag == "dupreturn":
        p.go("duplicate, return", None)
    else:
        p.go(f"remember a{a} k{k}", "J1r" if t.flag == "readfirst" else "J1", al=replaced(t.al, a, k))


def _read_first(t: Turn, p: Process) -> None:
    """Broken order: the header first."""
    p.go(f"read header nd={t.nd}", "J1", 1 if t.nd and not t.closing else 0)


def _put_member(t: Turn, p: Process) -> None:
    """The member, conditional on newer."""
    a, k = t.events[p.trig]
    new = k > abs(t.mem[a])
    mem = replaced(t.mem, a, k) if new else t.mem
    if t.flag == "readfirst":
        p.go(f"put member a{a} k{k}", None if p.loc[0] or k & 1 else "J3", mem=mem)
    else:
        p.go(f"put member a{a} k{k}" + ("" if new else " (not newer)"), "J2", mem=mem)


def _read_header(t: Turn, p: Process) -> None:
    """A strong read."""
    k = t.events[p.trig][1]
    armed = t.nd and (not t.closing or t.flag == "noclosing")
    quiet = k & 1 and t.flag != "resolvedarms"  # unarmed or closing: nothing announced is open there
    p.go(f"read header nd={t.nd} closing={t.closing}", None if armed or quiet else "J3")
    if t.flag == "stalehdr" and t.idx and not armed:
        p.go("stale header read: armed", None)


def _arm(t: Turn, p: Process) -> None:
    if t.nd == 0 and not t.lease and t.scope.merge:  # arm and lease in one write
        owner = ("FQ", p.trig, 1, t.led, t.maybe, ())
        t.put("J3 arm and lease", hdr=(3, 1, 0, 1), procs=(*p.rest, owner))
    elif t.nd and t.closing and t.scope.merge:
        p.go("arm a closing group", "J4", hdr=(2, t.lease, 0, t.maybe))
    elif t.nd == 0 or t.closing:
        h = (2 if t.scope.wait_0 else 1, t.lease, 0, t.maybe)
        p.go("arm", "F1" if t.scope.wait_0 else "J4", hdr=h)
    else:
        p.go("already armed, return", None)


def _send_timer(t: Turn, p: Process) -> None:
    p.go("send timer", None, q=min(t.q + 1, CAP))


JOINING: Mapping[str, Callable[[Turn, Process], None]] = {
    "J0": _remember,
    "J1r": _read_first,
    "J1": _put_member,
    "J2": _read_header,
    "J3": _arm,
    "J4": _send_timer,
}
"""By the name of the step."""
