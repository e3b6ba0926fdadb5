"""Does at the flush of a group what joins cannot, where its ledger is too large for its header: they do not know the
repeats.

A join that reads the ledger does the same at once (dispatch/scheduling.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from alertrelay.config.durations import CRASH_MARGIN
from alertrelay.nflog.group_state import GroupState, Member, is_firing
from alertrelay.notification import Outcome, Reason
from alertrelay.notify.compose import Content
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.rate_limit import Digests


def rejoin_digest(group: GroupState, members: Sequence[Member], *, digests: Digests, now: datetime) -> None:
    """Puts alerts that the digest owns, and that have resolved and fire again since the last record, into it once more.
    Too many do no harm, so the clocks of the writers may differ. Raises StoreFailure."""
    if not (group.stored.backlog and group.ledger.storm):
        return
    recorded_at = group.progress.recorded_at
    since = recorded_at - CRASH_MARGIN if recorded_at else None
    again = [
        m for m in members if m.key in group.ledger.storm and is_firing(m, now) and (since is None or m.at >= since)
    ]
    if again:
        digests.join(group.identity.integration, again)


def backlog_outcomes(content: Content, reporter: Reporter) -> Sequence[Outcome]:
    """Returns the outcomes of updates that came since the last record and were notified already. Those that the channel
    had still to take, and that a newer one has replaced since, are reported by its join while the channel fails. After
    a crash it is open what was notified, and all of it is notified again."""
    group, ledger = content.group, content.group.ledger
    recorded_at = group.progress.recorded_at
    if not group.stored.backlog or group.progress.uncertain or recorded_at is None:
        return ()
    known = (ledger.firing - ledger.unsure) | ledger.events
    owed = ledger.fallback_firing - known
    fresh = {m.key: m.status != "resolved" for m in content.members.values() if m.at > recorded_at}
    fires = {key for key in fresh if fresh[key]}
    return (
        *reporter.suppressed(content, fires & known, Reason.DUPLICATE, resolved=False),
        # A muted one is not notified on the own channel now.
        *reporter.waiting(content, (fires & owed) - content.decision.own.new, Reason.CHANNEL_FAILED),
    )
