"""All groups that sleep are woken when something changes that a sleeping group does not notice by itself.

Two groups, each flushed by what was so when its flush read it: the configuration is the flusher's own build, and the
list of silences stands in the table. An invocation that flushes both one after the other may read once for both, before
it takes the second. The tick of the newest state writes a mark, waits until every flush that may have
read what was so before is over, and then brings the groups forward, a page at a time. A state is a tuple of
    now     what is so: 0 before the change, 1 after it
    mark    (of which state, 0 waiting, then the number of the next page, DONE)
    groups  of each (asleep, the state that its last record knew)
    flushes the running flushes: (group, or NONE between two, build, what it read: None, or (state, may sleep), whether
            it read before the mark that stands now was written)
    old     whether invocations of the old build still begin
"""

from __future__ import annotations

from dataclasses import dataclass

from tools.protocol_model.group_turn import State, Successor

GROUPS, DONE, NONE = 2, 3, -1
"""A mark waits (0), has the pages 1 and 2 before it, or is done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WakingScope:
    """`build`: what changes is the configuration, which is part of a build; else it is an item of the table."""

    build: bool
    flushers: int = 2


WAKING_SCOPES = {"build": WakingScope(build=True), "silence": WakingScope(build=False)}
WAKING_BROKEN = {
    "W1-nobody-wakes": ("nomark", "silence", "no tick wakes what sleeps"),
    "W2-pages-at-once": ("atonce", "silence", "pages begin while a flush runs that read what was so before"),
    "W3-old-build-sleeps": ("anybuild", "build", "a build lets groups sleep although another one has ticked since"),
    "W4-first-page-only": ("onepage", "silence", "the mark is done after its first page"),
    "W5-done-before-woken": ("donefirst", "silence", "the mark is moved on before its page is woken, and a tick dies"),
    "W6-facts-outlive": ("outlive", "silence", "what was read is kept after the invocation that read it"),
}


class WakingAll:
    """`flag` names the rule that a broken variant leaves out."""

    def __init__(self, scope: WakingScope, flag: str = "") -> None:
        self.scope, self.flag = scope, flag

    def init(self) -> State:
        """Returns the first state: one group sleeps, the other is about to be flushed."""
        return (0, (0, DONE), ((1, 0), (0, 0)), (), int(self.scope.build))

    def settled(self, s: State) -> bool:
        """Returns whether the change is over and nothing runs."""
        return bool(s[0] == 1 and not s[3] and not s[4])

    def right(self, s: State) -> bool:
        """Returns whether no group sleeps by what was so before."""
        return all(not asleep or known == s[0] for asleep, known in s[2])

    def good(self, s: State) -> bool:
        """Returns whether it may stay like this."""
        return self.settled(s) and self.right(s)

    def succ(self, s: State) -> list[Successor]:
        """Returns every state that may follow."""
        now, mark, groups, flushes, old = s
        out: list[Successor] = []
        if not now:
            out.append(("something changes", False, (1, mark, groups, flushes, old)))
        if old and now:
            out.append(("the old build is replaced", False, (now, mark, groups, flushes, 0)))
        builds = ([0] if old else []) + ([1] if now or not self.scope.build else [])
        for build in builds if len(flushes) < self.scope.flushers else ():
            for gid, (asleep, _) in enumerate(groups):
                if not asleep and not any(flush[0] == gid for flush in flushes):
                    begun = tuple(sorted((*flushes, (gid, build, (), 0))))
                    out.append((f"flush of {gid} by build {build} begins", False, (now, mark, groups, begun, old)))
        for place, flush in enumerate(flushes):
            out += self._goes_on(s, flush, flushes[:place] + flushes[place + 1 :])
        for build in builds:
            out += self._ticks(s, build)
        return out

    def _goes_on(self, s: State, flush: State, others: State) -> list[Successor]:
        now, mark, groups, _, old = s
        gid, build, read, before = flush
        if gid == NONE:
            return self._next_group(s, flush, others)
        if not read:
            known = build if self.scope.build else now
            sleeps = not self.scope.build or self.flag == "anybuild" or mark[0] == build
            flushes = tuple(sorted((*others, (gid, build, (known, int(sleeps)), before))))
            return [(f"flush of {gid} reads", False, (now, mark, groups, flushes, old))]
        after = _changed(groups, gid, (read[1], read[0]))
        kept = 0 if self.flag == "outlive" else before
        flushes = tuple(sorted((*others, (NONE, build, read, kept))))
        return [(f"flush of {gid} records, asleep={read[1]}", False, (now, mark, after, flushes, old))]

    def _next_group(self, s: State, flush: State, others: State) -> list[Successor]:
        """An invocation that has recorded ends, or takes another group with what it read for the first."""
        now, mark, groups, _, old = s
        out: list[Successor] = [("an invocation ends", False, (now, mark, groups, others, old))]
        for gid, (asleep, _) in enumerate(groups):
            if not asleep and not any(other[0] == gid for other in others):
                begun = tuple(sorted((*others, (gid, *flush[1:]))))
                out.append((f"it takes {gid} by what it read", False, (now, mark, groups, begun, old)))
        return out

    def _ticks(self, s: State, build: int) -> list[Successor]:
        now, (of, page), groups, flushes, old = s
        seen = build if self.scope.build else now
        if self.flag == "nomark":
            return []
        if of != seen:
            read = tuple(sorted((*flush[:3], int(bool(flush[2]))) for flush in flushes))
            return [("tick marks the change", False, (now, (seen, 0), groups, read, old))]
        if page == DONE:
            return []
        if page == 0:
            over = self.flag == "atonce" or not any(flush[3] for flush in flushes)
            return [("tick begins its pages", False, (now, (of, 1), groups, flushes, old))] if over else []
        return self._page(s)

    def _page(self, s: State) -> list[Successor]:
        now, (of, page), groups, flushes, old = s
        following = (of, DONE if self.flag == "onepage" else page + 1)
        woken = _changed(groups, page - 1, (0, groups[page - 1][1]))
        done = ("tick wakes a page", False, (now, following, woken, flushes, old))
        died = following if self.flag == "donefirst" else (of, page)
        left = groups if self.flag == "donefirst" else woken
        return [done, ("tick dies between the page and its mark", True, (now, died, left, flushes, old))]


def _changed(groups: State, gid: int, group: State) -> State:
    return (*groups[:gid], group, *groups[gid + 1 :])
