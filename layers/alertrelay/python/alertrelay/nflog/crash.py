"""The ledger after a flush that died: what it may have announced without recording it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from alertrelay.config.durations import CRASH_MARGIN
from alertrelay.nflog.behind import OWN, fallbacks_in, may_know
from alertrelay.nflog.group_state import GroupState, Member, is_firing
from alertrelay.nflog.ledger import Ledger
from alertrelay.nflog.together import all_together


def after_crash(group: GroupState, members: Sequence[Member], now: datetime) -> Ledger:
    """Returns the ledger with what may have been announced: all that fires, and what resolved since the last record, or
    ever where there is none, or where the ledger is lost; by the fallbacks too that were about to be notified. Who was
    behind is notified with all the others, unless only those behind may have been."""
    ledger, recorded_at = group.ledger, group.progress.recorded_at
    intent = fallbacks_in(group.progress.intent)
    if ledger.behind and OWN not in group.progress.intent and not group.stored.lost:
        unsure = ledger.fallback_unsure | ledger.firing if intent else ledger.fallback_unsure
        return replace(
            ledger,
            behind=may_know(ledger.behind, ledger.firing),
            fallback_unsure=unsure - ledger.fallback_firing,
            fallbacks=ledger.fallbacks | intent,
        )
    ledger = all_together(ledger)
    since = recorded_at - CRASH_MARGIN if recorded_at and not group.stored.lost else None
    came = [m for m in members if m.status in ("resolved", "firing")]
    live = {m.key for m in came if is_firing(m, now) or since is None or m.at >= since}
    firing = ledger.firing | live
    # An alert that came since may have been resolved there by the flush that died, and fire again. Clocks have no
    # margin here: a flush whose own channel did not answer has recorded, and its fallbacks know.
    fresh = {m.key for m in came if recorded_at is None or m.at > recorded_at}
    by_fallbacks = frozenset(live) if group.stored.lost and ledger.fallbacks else ledger.fallback_firing - fresh
    unsure = ledger.fallback_unsure | (ledger.fallback_firing - by_fallbacks)
    return replace(
        ledger,
        firing=firing,
        unsure=firing,
        fallback_firing=by_fallbacks,
        fallback_unsure=(unsure | live if intent else unsure) - by_fallbacks,
        fallbacks=ledger.fallbacks | intent,
    )
