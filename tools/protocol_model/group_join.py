"""The steps of a joiner of one group: remember the alert, put the member, read the header, arm or wake, send the
timer. With a wait of 0 a write that arms and leases comes first, and shows the header where it is refused."""

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
    old = abs(t.mem[a])
    new = k > old
    mem = replaced(t.mem, a, k) if new else t.mem
    if t.flag == "readfirst":
        p.go(f"put member a{a} k{k}", None if p.loc[0] or k & 1 else "J3", mem=mem)
        return
    known = (int(new), old if new and k & 1 else 0) if t.scope.merge else ()
    after = "J2a" if t.scope.merge and not k & 1 and (new or t.flag == "unread") else "J2"
    p.go(f"put member a{a} k{k}" + ("" if new else " (not newer)"), after, *known, mem=mem)


def _lease_first(t: Turn, p: Process) -> None:
    """Arms and leases what this invocation has put, before it reads anything."""
    if t.nd == 0 and not t.lease:
        _arm_and_lease(t, p)
    elif t.flag == "refused":
        p.go("refused, return", None)
    elif t.closing or not t.nd:
        p.go(f"refused: nd={t.nd} closing={t.closing}", "J3", *p.loc)
    else:
        p.go(f"refused: nd={t.nd}", _of_an_armed_group(t, t.events[p.trig][1]))


def _arm_and_lease(t: Turn, p: Process) -> None:
    """A lease that makes the header takes what this invocation has put for all there is, where it put it anew."""
    a, k = t.events[p.trig]
    unread = (p.loc[0] and not k & 1 and not t.born) or t.flag in ("unread", "unreadclosed")
    members = replaced((0,) * t.n, a, k) if unread else ()
    owner = ("FQ", p.trig, 1, t.led, t.maybe, members)
    t.put(f"{p.pc} arm and lease", hdr=(2, 1, 0, 1), woken=0, born=1, procs=(*p.rest, owner))


def _read_header(t: Turn, p: Process) -> None:
    """A strong read."""
    k = t.events[p.trig][1]
    armed = t.nd and (not t.closing or t.flag == "noclosing")
    quiet = k & 1 and t.flag != "resolvedarms" and not _overtakes(t, p)  # nothing announced is open there
    after = _of_an_armed_group(t, k) if armed else None if quiet else "J3"
    p.go(f"read header nd={t.nd} closing={t.closing}", after, *(p.loc if after == "J3" else ()))
    if t.flag == "stalehdr" and t.idx and not armed:
        p.go("stale header read: armed", None)


def _overtakes(t: Turn, p: Process) -> bool:
    """Returns whether the joiner of a firing may be about to make the header, and not to read its resolve: there is no
    header, and the alert was a member before, or this is another attempt."""
    if not t.scope.merge or t.born or t.flag == "overtaken":
        return False
    new, old = p.loc
    if t.flag == "overtakenfiring":
        return bool(not new or (old and not old & 1))
    return bool(old if t.flag == "overtakenonce" else old or not new)


def _of_an_armed_group(t: Turn, k: int) -> str | None:
    """A group that sleeps is woken; one that is held may be about to sleep or close, without having seen this
    member."""
    if not t.scope.sleeps or (t.flag == "resolvesleeps" and k & 1):
        return None
    if t.nd == 4:
        return None if t.flag == "nowake" else "J5"
    return "J6" if t.lease and not t.woken and t.flag != "nomark" else None


def _wake(t: Turn, p: Process) -> None:
    """Brings the due time forward, if it is as it was read."""
    if t.nd == 4:
        p.go("wake", "J4", hdr=(1, 0, 0, t.maybe))
    else:
        p.go("woken or leased meanwhile, return", None)


def _mark(t: Turn, p: Process) -> None:
    """Marks a group that is held, so that the record leaves it awake and open."""
    if t.lease:
        p.go("mark as woken", None, woken=1)
    else:
        p.go("no longer held", None if t.flag == "noreread" else "J7")


def _read_again(t: Turn, p: Process) -> None:
    """A later owner has seen the member; the one before may have left the group asleep, or closed it."""
    opens = not t.events[p.trig][1] & 1 and t.flag != "norearm"
    arms = "J3" if opens and (not t.nd or t.closing) else None
    p.go(f"read header again nd={t.nd}", "J5" if t.nd == 4 else arms, *((0, 0) if arms else ()))


def _arm(t: Turn, p: Process) -> None:
    if t.nd == 0 and not t.lease and t.scope.merge:
        _arm_and_lease(t, p)
    elif t.nd and t.closing and t.scope.merge:
        p.go("arm a closing group", "J4", hdr=(2, t.lease, 0, t.maybe))
    elif t.nd == 0 or t.closing:
        h = (2 if t.scope.wait_0 else 1, t.lease, 0, t.maybe)
        p.go("arm", "F1" if t.scope.wait_0 else "J4", hdr=h, born=1)
    else:
        p.go("already armed", "J8" if t.scope.merge and t.scope.sleeps and t.flag != "refused" else None)


def _read_refused(t: Turn, p: Process) -> None:
    """Who armed it may have read no members. What is closing, or closed by now, is queried after that."""
    open_ = t.nd and not t.closing
    p.go(f"read header again nd={t.nd}", _of_an_armed_group(t, t.events[p.trig][1]) if open_ else None)


def _send_timer(t: Turn, p: Process) -> None:
    p.go("send timer", None, q=min(t.q + 1, CAP))


JOINING: Mapping[str, Callable[[Turn, Process], None]] = {
    "J0": _remember,
    "J1r": _read_first,
    "J1": _put_member,
    "J2a": _lease_first,
    "J2": _read_header,
    "J3": _arm,
    "J4": _send_timer,
    "J5": _wake,
    "J6": _mark,
    "J7": _read_again,
    "J8": _read_refused,
}
"""By the name of the step."""
