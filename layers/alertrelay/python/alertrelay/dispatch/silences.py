"""The stored silences: read, changed and written as one list, so that a flush reads them with one request.

The rules are policy/silence.py's; this adds the race between two people, and forgets what is long over.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal

from alertrelay.policy import silence
from alertrelay.policy.silence import Change, Silence
from alertrelay.ports import Clock
from alertrelay.state import Silences, StoreFailure

KEPT = timedelta(hours=120)
"""How long an expired silence is listed, as Alertmanager's."""
TRIES = 5
Saved = Literal["now", "before", "other"]
"""Made or lengthened `now`, made by an earlier delivery of the same request `before`, or it is the silence of an
`other`."""


def save(store: Silences, clock: Clock, wanted: Silence, *, new_id: str) -> str:
    """Creates a silence, or changes the one whose id `wanted` carries. Returns the id under which it then stands.

    Raises SilenceRefused, StoreFailure.
    """

    def change(stored: Mapping[str, Silence], now: datetime) -> Change:
        if not wanted.id:
            return silence.create(wanted, now=now, new_id=new_id)
        return silence.update(wanted, stored.get(wanted.id), now=now, new_id=new_id)

    return _rewrite(store, clock, change)


def save_once(
    store: Silences, clock: Clock, wanted: Silence, *, new_id: str, close: timedelta
) -> tuple[Silence, Saved]:
    """Creates a silence under `new_id`, unless that stands already, or another active one has the same matchers: then
    that one, made longer where it ends more than `close` before the wanted end. So two people, or two deliveries of one
    request, make one silence. Returns the silence as it stands.

    Raises SilenceRefused, StoreFailure.
    """
    found: dict[str, tuple[Silence, Saved]] = {}

    def change(stored: Mapping[str, Silence], now: datetime) -> Change:
        if new_id in stored:
            found[""] = stored[new_id], "before"
            return Change(id=new_id, write=())
        same = [one for one in stored.values() if _mutes_the_same(one, wanted, now)]
        last = max(same, key=lambda one: one.ends_at, default=None)
        if last and last.ends_at >= wanted.ends_at - close:
            found[""] = last, "other"
            return Change(id=last.id, write=())
        if last:
            made = silence.update(replace(wanted, id=last.id, starts_at=last.starts_at), last, now=now, new_id=new_id)
        else:
            made = silence.create(wanted, now=now, new_id=new_id)
        found[""] = made.write[-1], "now"
        return made

    _rewrite(store, clock, change)
    return found[""]


def _mutes_the_same(one: Silence, wanted: Silence, now: datetime) -> bool:
    return silence.state(one, now) == "active" and one.matchers == wanted.matchers


def expire(store: Silences, clock: Clock, id: str) -> None:  # noqa: A002 - the field's own name
    """Ends a silence now; nothing where it is over already. Raises SilenceRefused, StoreFailure."""

    def change(stored: Mapping[str, Silence], now: datetime) -> Change:
        ended = silence.expire(stored.get(id), id, now=now)
        return Change(id=id, write=(ended,) if ended else ())

    _rewrite(store, clock, change)


def listed(store: Silences, *, now: datetime, expired: bool) -> Sequence[Silence]:
    """Returns the silences in order of their end. Raises StoreFailure."""
    found, _ = store.silences()
    kept = (one for one in found if expired or silence.state(one, now) != "expired")
    return sorted(kept, key=lambda one: one.ends_at)


def _rewrite(store: Silences, clock: Clock, change: Callable[[Mapping[str, Silence], datetime], Change]) -> str:
    for _ in range(TRIES):
        found, version = store.silences()
        now = clock.now()
        stored = {one.id: one for one in found}
        wanted = change(stored, now)
        stored |= {one.id: one for one in wanted.write}
        kept = [one for one in stored.values() if one.ends_at > now - KEPT]
        if not wanted.write or store.put_silences(kept, seen=version):
            return wanted.id
    raise StoreFailure(f"somebody else changed the silences {TRIES} times in a row: try again")
