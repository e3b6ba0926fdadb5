"""What joins leave to the flush of a group whose ledger is too large for its header: they do not know what is a repeat.

The same is done at once by a join that reads the ledger (dispatch/scheduling.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alertrelay.nflog.dedup import CRASH_MARGIN, is_firing
from alertrelay.nflog.ledger import Header, Member
from alertrelay.notification import Outcome, Reason
from alertrelay.notify.compose import Group
from alertrelay.notify.outcomes import repeated, waiting
from alertrelay.notify.rate_limit import join_digest
from alertrelay.ports import Relay


def rejoin_digest(relay: Relay, header: Header, members: Iterable[Member]) -> None:
    """A digest speaks for some alerts of the group: it must hear of those that have ended and fire again since the last
    record. Too many do no harm, so the clocks of the writers may differ. Raises StoreFailure."""
    since = header.rec_at - CRASH_MARGIN if header.rec_at else None
    now = relay.clock.now()
    again = [
        m for m in members if m.key in header.ledger.storm and is_firing(m, now) and (since is None or m.at >= since)
    ]
    if header.leftover and again:
        join_digest(relay, header, again)


def left_over(group: Group) -> Sequence[Outcome]:
    """What became of updates that came since the last record and that people know already; and of those before it that
    only the fallbacks know, and that a newer one has replaced since. After a crash it is open who knows what, and all
    is told again."""
    header, ledger = group.header, group.header.ledger
    if not header.leftover or header.maybe or header.rec_at is None:
        return ()
    told = (ledger.firing - ledger.unsure) | ledger.events
    owed = ledger.fallback_firing - told
    fresh = {m.key: m.status != "resolved" for m in group.members.values() if m.at > header.rec_at}
    fires, ended = {key for key in fresh if fresh[key]}, {key for key in fresh if not fresh[key]}
    return (
        *repeated(group, fires & told, Reason.DUPLICATE),
        *repeated(group, fires & owed, Reason.SUPERSEDED),
        *repeated(group, ended & owed, Reason.RESOLVED_EARLY),
        # A muted one is not told to the own channel now.
        *waiting(group, (fires & owed) - group.decision.own_new, Reason.CHANNEL_FAILED),
    )
