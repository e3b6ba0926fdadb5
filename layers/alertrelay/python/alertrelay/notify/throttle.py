"""Hands what exceeds a receiver's limit to its storm digest, in place of a message of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from alertrelay.channels import channel
from alertrelay.config.model import Target
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.behind import without_alerts
from alertrelay.nflog.decision import OwnChannel
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Reason
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content
from alertrelay.notify.deliver import Courier
from alertrelay.notify.limits import QUIET
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.rate_limit import RESOLVES, Digests, RateLimiter, next_digest_in, storm_is_over
from alertrelay.notify.targets import Targets
from alertrelay.ports import Telemetry
from alertrelay.state import StoreFailure

JoinedAll = Callable[[], bool]
"""Whether the table knows all that fires, as far as CloudWatch was asked. See dispatch/survey.py."""


def limit(
    content: Content,
    announced: Announced,
    *,
    targets: Targets,
    courier: Courier,
    now: datetime,
    limiter: RateLimiter,
    digests: Digests,
    reporter: Reporter,
    telemetry: Telemetry,
    joined_all: JoinedAll,
) -> tuple[Announced, bool]:
    """Hands the news, or the resolves, to the digest of the integration where its channel takes no more now; True where
    the digest has them. A repeat waits for the next flush. Where the table fails it is notified at once, whatever the
    rate. A digest itself waits with what has resolved until the storm is over, or all has. Resolves of what may never
    have been announced have a rate of their own, and wait: thousands may come at a deployment. The last resolve of a
    group waits while a lost table may lack what else of it fires."""
    identity, decision = content.group.identity, content.decision
    target = targets.of(identity.integration)
    ends = decision.reason == Reason.ALL_RESOLVED
    doubtful = ends and decision.own.resolved <= decision.ledger.unsure
    if (ends and not joined_all()) or (doubtful and target and not limiter.admits_doubtful(target)):
        held_back = reporter.waiting(content, decision.own.resolved, Reason.WAITING, resolved=True)
        return replace(announced, outcomes=(*announced.outcomes, *held_back), unfinished=True), True
    if not (decision.reason and target):
        return announced, False
    own, free = decision.own, channel(target.integration.channel).pages or courier.edits(target)
    if identity.route_id == DIGEST:
        return announced, _digest_waits(content, now, free=free)
    news = own.new | own.events
    if (own.resolved and (news or free)) or (not own.resolved and limiter.admits(target)):
        return announced, False
    resolved = [content.members[key] for key in sorted(own.resolved) if key in content.members]
    try:
        if own.resolved and not _collected(content, target, limiter, digests) and limiter.admits_resolve(target):
            return announced, False
        if resolved:
            digests.join_resolves(identity.integration, resolved)
        else:
            digests.join(identity.integration, [content.members[key] for key in sorted(news)])
    except StoreFailure as failure:
        telemetry.log("digest_not_joined", failure=str(failure))
        return announced, False
    outcomes = reporter.waiting(content, news, Reason.STORM)
    outcomes += reporter.waiting(content, own.resolved, Reason.STORM, resolved=True)
    ledger = _with_digest(announced.ledger, own)
    return replace(announced, ledger=ledger, outcomes=(*announced.outcomes, *outcomes)), True


def _collected(content: Content, target: Target, limiter: RateLimiter, digests: Digests) -> bool:
    """Returns whether the resolves of the group are those of a storm, which its digest announces. Raises
    StoreFailure."""
    if not limiter.collects_resolves(target):
        return False
    starts = [content.alerts[key].starts_at for key in content.decision.own.resolved if key in content.alerts]
    return digests.has_storm_since(target.integration, starts)


def _digest_waits(content: Content, now: datetime, *, free: bool) -> bool:
    """Returns whether a digest is not sent yet. While the storm goes on: about what has resolved, or so soon after the
    one before it. Once it is over, and that was sent: so soon, save for what fires. `free`: an edit, a page."""
    own, firing = content.decision.own, [content.members[key] for key in content.decision.view.firing]
    if free or not firing or not own.new | own.events | own.resolved:
        return False
    if not storm_is_over(firing, now=now):
        return not own.new | own.events or _too_soon(content, now)
    last, over = content.group.progress.notified_at, max(member.at for member in firing) + timedelta(seconds=QUIET)
    if own.new or last is None or last < over:
        return False
    return _too_soon(content, now, longest=RESOLVES if own.events else timedelta.max)


def _too_soon(content: Content, now: datetime, *, longest: timedelta = timedelta.max) -> bool:
    """Returns whether a digest was notified so often that this message is to wait, at the longest so long."""
    digests, last = content.decision.ledger.digests, content.group.progress.notified_at
    return digests > 0 and last is not None and now - last < min(next_digest_in(digests), longest)


def _with_digest(ledger: Ledger, own: OwnChannel) -> Ledger:
    """Returns the ledger once the digest has the news and the resolves of the own channel."""
    return replace(
        ledger,
        firing=ledger.firing - own.resolved,
        unsure=ledger.unsure - own.resolved,
        behind=without_alerts(ledger.behind, own.resolved),
        storm=ledger.storm | own.new,
        events=ledger.events | own.events,
    )
