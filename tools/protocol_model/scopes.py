"""The small scopes that the model of one group is explored in, and the broken variants, each with the scope that must
catch it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """The bounds of an exploration: `events` as (alert, k); how many crashes, duplicated deliveries, leases that run
    out under a slow owner, failing sends, changes of a silence and reads that the table fails; how many joiners and
    flushers at once. `merge`: with a wait of 0 one write arms and leases. `sleeps`: a group of which all is known, and
    nothing muted, is not due again by itself; one of which nothing fires is closed by its record."""

    events: tuple[tuple[int, int], ...]
    wait_0: bool = False
    crash: int = 0
    dup: int = 0
    slow: int = 0
    fail: int = 0
    mute: int = 0
    table: int = 0
    joiners: int = 2
    flushers: int = 2
    merge: bool = False
    sleeps: bool = False


_FLAP = ((0, 2), (0, 5), (0, 6))
SCOPES = {
    "flap": Scope(events=_FLAP, crash=2),
    "flapdup": Scope(events=_FLAP, crash=1, dup=1, joiners=3),
    "ends": Scope(events=((0, 2), (0, 5)), crash=3, dup=1),
    "equal": Scope(events=((0, 2), (0, 3)), crash=1, dup=2, joiners=3),
    "two": Scope(events=((0, 2), (0, 5), (1, 2)), crash=2),
    "twoends": Scope(events=((0, 2), (0, 5), (1, 2), (1, 5)), crash=1),
    "wait0": Scope(events=_FLAP, wait_0=True, crash=2, dup=1),
    "wait0m": Scope(events=_FLAP, wait_0=True, crash=2, merge=True),
    "wait0b": Scope(events=((0, 2), (1, 2), (1, 5)), wait_0=True, crash=2),
    "slow": Scope(events=((0, 2), (0, 5)), crash=1, slow=2, fail=1, flushers=3),
    "slowflap": Scope(events=_FLAP, crash=1, slow=2),
    "mute": Scope(events=_FLAP, crash=2, mute=2, joiners=1),
    "mute2": Scope(events=((0, 2), (0, 5), (1, 2)), crash=2, mute=2, joiners=1, flushers=1),
    "fail": Scope(events=_FLAP, crash=1, slow=1, fail=2),
    "table": Scope(events=_FLAP, crash=1, table=2),
    "tabletwo": Scope(events=((0, 2), (0, 5), (1, 2)), wait_0=True, table=2),
    "sleep": Scope(events=((0, 2), (0, 5), (1, 2)), crash=1, flushers=1, sleeps=True),
    "sleepflap": Scope(events=(*_FLAP, (1, 2)), sleeps=True, joiners=3, flushers=1),
    "sleepends": Scope(events=((0, 2), (0, 5), (1, 2), (1, 5)), flushers=1, sleeps=True),
    "sleepslow": Scope(events=((0, 2), (0, 5), (1, 2)), slow=1, fail=1, sleeps=True, joiners=1),
    "sleepmute": Scope(events=((0, 2), (1, 2), (1, 5)), crash=1, mute=2, sleeps=True, joiners=1),
    "closes": Scope(events=_FLAP, crash=1, dup=1, sleeps=True),
    "closes0": Scope(events=_FLAP, wait_0=True, merge=True, crash=2, sleeps=True),
    "closesslow": Scope(events=_FLAP, crash=1, slow=1, fail=1, sleeps=True),
    "closesmute": Scope(events=_FLAP, crash=1, mute=2, joiners=1, sleeps=True),
    "sleep0two": Scope(events=((0, 2), (0, 5)), wait_0=True, merge=True, crash=2, dup=1, sleeps=True),
    "sleep0again": Scope(
        events=((0, 2), (0, 5), (0, 6), (0, 9)), wait_0=True, merge=True, crash=1, sleeps=True, flushers=1
    ),
    "sleep0": Scope(events=((0, 2), (1, 2), (1, 5)), wait_0=True, merge=True, crash=1, sleeps=True),
}
BROKEN = {
    "B1-read-before-put": ("readfirst", "two", "join reads the header, then writes the member"),
    "B2-query-then-clear": ("queryfirst", "two", "close trusts the query that was made before next_due was removed"),
    "B3-retire-uncond": ("uncond", "flap", "resolved members deleted after the record, without condition"),
    "B4-clear-then-query": ("brief", "flap", "a first sketch's close: remove next_due, then query, crash between"),
    "B4b-same-two-alerts": ("brief", "two", "as B4, another alert joins meanwhile"),
    "B5-dup-returns-early": ("dupreturn", "ends", "an equal (redelivered) event returns without reading the header"),
    "B6-lease-clears-due": ("leaseclear", "ends", "lease removes next_due instead of moving it to lease_until"),
    "B7-real-delete": (
        "delete",
        "ends",
        "resolved members deleted (even if conditionally): a paused joiner of the old ALARM brings it back",
    ),
    "B8-no-A-item": (
        "noalert",
        "equal",
        "a first sketch's single level: no A-item, member deleted: OK before ALARM opens for ever",
    ),
    "B9-no-maybe": (
        "nomaybe",
        "ends",
        "a first sketch's record: crash after send, then OK before recovery: never resolved",
    ),
    "B9b-half-maybe": (
        "halfmaybe",
        "flap",
        "maybe mends resolves only: crash after sending a resolve, then re-fire before recovery: swallowed",
    ),
    "B10-record-first": ("recordfirst", "ends", "recorded before it is sent"),
    "B11-send-past-lease": ("noguard", "slow", "owner sends although its lease has run out"),
    "B12-unfenced-record": ("unfenced", "slowflap", "record without lease_owner = me"),
    "B13-stale-hdr-read": ("stalehdr", "two", "join reads the header eventually consistent"),
    "B15-lease-not-exclusive": ("nolease", "ends", "lease taken although another holds it"),
    "B14-arm-ignores-closing": (
        "noclosing",
        "two",
        "joiner takes a closing group for armed, the closer does not query again",
    ),
    "B16-gives-unarmed": ("givesunarmed", "tabletwo", "a group that the table failed is given back as unarmed"),
    "B17-keeps-mark": ("keepsmark", "table", "a group that the table failed before a send is given back as uncertain"),
    "B18-nobody-wakes": ("nowake", "sleep", "a joiner takes a group that sleeps for armed"),
    "B19-no-mark": ("nomark", "sleep", "a joiner takes a group that is held for armed: its owner may let it sleep"),
    "B20-mark-ignored": ("ignoresmark", "sleep", "an owner lets a group sleep that a joiner has found held"),
    "B21-no-second-read": ("noreread", "sleep", "a joiner that finds nobody to mark returns, and the group sleeps"),
    "B22-sleeps-muted": ("sleepsmuted", "sleepmute", "a group sleeps while a silence holds back an alert of it"),
    "B23-resolve-wakes-nobody": ("resolvesleeps", "sleepends", "a resolve takes a group that sleeps for armed"),
    "B24-unread-though-closed": ("unreadclosed", "sleep0again", "a lease of a header that was there reads no members"),
    "B25-refused-returns": ("refused", "sleep0", "a joiner whose arm is refused takes the group for read"),
    "B26-resolve-overtaken": (
        "overtaken",
        "sleep0two",
        "a resolve that finds no header leaves the group to the lease of its firing, which reads nothing",
    ),
    "B27-overtaken-once": (
        "overtakenonce",
        "sleep0two",
        "as B26, the second attempt of a resolve whose first one died",
    ),
    "B29-overtaken-twice": (
        "overtakenfiring",
        "sleep0again",
        "as B26, a resolve that takes the place of one which died before it read the header",
    ),
    "B28-refused-unread": ("unread", "sleep0two", "a lease takes a firing for a member whose put was refused"),
    "B30-closes-marked": ("closesmarked", "closesmute", "a record closes a group that a joiner has found held"),
    "B31-stays-closed": ("norearm", "closesmute", "a joiner that finds nobody to mark leaves a closed group as it is"),
    "B32-closed-unmarked": ("nomark", "closes", "a joiner takes a group that is held for open: its owner may close it"),
}
"""By name: the rule that is left out, the scope in which that must be found, and what is wrong."""
SMALL = {
    "small-two": (Scope(events=((0, 2), (0, 5), (1, 2))), ("readfirst", "queryfirst", "noclosing")),
    "small-ends": (
        Scope(events=((0, 2), (0, 5)), crash=1, joiners=1),
        ("dupreturn", "leaseclear", "nomaybe", "recordfirst", "nolease"),
    ),
    "small-flap": (Scope(events=_FLAP, crash=1, joiners=1, flushers=1), ("uncond", "brief", "halfmaybe")),
    "small-equal": (Scope(events=((0, 2), (0, 3)), dup=1), ("noalert",)),
    "small-table": (
        Scope(events=((0, 2), (1, 2)), table=1, joiners=1, flushers=1),
        ("givesunarmed", "keepsmark"),
    ),
    "small-sleep": (
        Scope(events=((0, 2), (0, 5), (1, 2)), flushers=1, sleeps=True),
        ("nowake", "nomark", "ignoresmark", "noreread", "resolvesleeps"),
    ),
    "small-closes": (
        Scope(events=_FLAP, flushers=1, sleeps=True),
        ("closesmarked", "norearm", "nomark", "noreread"),
    ),
    "small-sleep-0": (
        Scope(events=((0, 2), (0, 5)), wait_0=True, merge=True, crash=1, flushers=1, sleeps=True),
        ("overtaken", "overtakenonce", "unread"),
    ),
    "small-sleep-0-two": (
        Scope(events=((0, 2), (1, 2)), wait_0=True, merge=True, flushers=1, sleeps=True),
        ("refused",),
    ),
    "small-sleep-muted": (
        Scope(events=((0, 2), (1, 2)), mute=2, sleeps=True, joiners=1, flushers=1),
        ("sleepsmuted",),
    ),
    "small-slow": (Scope(events=((0, 2), (0, 5)), slow=1, joiners=1), ("noguard", "unfenced")),
}
"""Explored in seconds, each with the rules whose absence it shows."""
