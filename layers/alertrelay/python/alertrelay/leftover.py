"""What joins leave to the flush of a group whose ledger is too large for its header: they do not know what is a repeat.

The same is done at once by a join that reads the ledger (pipeline.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from alertrelay.alert import Outcome, Reason
from alertrelay.compose import Group
from alertrelay.outcomes import repeated, waiting
from alertrelay.policy.ledger import Header, Member
from alertrelay.policy.notify import CRASH_MARGIN, is_firing
from alertrelay.ports import Relay
from alertrelay.storm import join_digest


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


def repeats(group: Group) -> Sequence[Outcome]:
    """Updates since the last record of what people know already. After a crash that is open, and all is told again.
    What only the fallbacks know is told to the own channel, unless it is muted: then it waits."""
    header, decision = group.header, group.decision
    if not header.leftover or header.maybe or header.rec_at is None:
        return ()
    told, owed = (header.ledger.firing - header.ledger.unsure) | header.ledger.events, header.ledger.fallback_firing
    fresh = {m.key for m in group.members.values() if m.status in ("firing", "event") and m.at > header.rec_at}
    known, waits = fresh & told, (fresh & owed) - told - decision.own_new
    return (*repeated(group, known, Reason.DUPLICATE), *waiting(group, waits, Reason.CHANNEL_FAILED))
