"""Hands what exceeds a receiver's limit to its storm digest, in place of a message of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from alertrelay.channels import channel
from alertrelay.groups.reroute import DIGEST
from alertrelay.nflog.behind import without_alerts
from alertrelay.nflog.dedup import OwnChannel
from alertrelay.nflog.ledger import Ledger
from alertrelay.notification import Reason
from alertrelay.notify.announced import Announced
from alertrelay.notify.compose import Content
from alertrelay.notify.deliver import Courier
from alertrelay.notify.outcomes import Reporter
from alertrelay.notify.rate_limit import Digests, RateLimiter, next_digest_in, storm_is_over
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
    if own.resolved and (news or free or limiter.admits_resolve(target)):
        return announced, False
    if not own.resolved and limiter.admits(target):
        return announced, False
    resolved = [content.members[key] for key in sorted(own.resolved) if key in content.members]
    try:
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


def _digest_waits(content: Content, now: datetime, *, free: bool) -> bool:
    """Returns whether a digest is not sent yet while the storm goes on: about what has resolved, or so soon after the
    one before it. `free`: an edit, a page."""
    own, only_resolved = content.decision.own, content.decision.reason == Reason.SOME_RESOLVED and not free
    if not (only_resolved or ((own.new or own.events) and _too_soon(content, now))):
        return False
    return not storm_is_over((content.members[key] for key in content.decision.view.firing), now=now)


def _too_soon(content: Content, now: datetime) -> bool:
    """Returns whether a digest was notified so often that this message is to wait. PagerDuty takes each as an update
    of one incident."""
    digests, last = content.decision.ledger.digests, content.group.progress.notified_at
    pages = channel(content.group.identity.integration.channel).pages
    return digests > 0 and not pages and last is not None and now - last < next_digest_in(digests)


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
