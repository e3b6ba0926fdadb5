"""One recorded outcome for every (alert update, integration), from what a flush did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alertrelay.alert import Integration, rfc3339
from alertrelay.channels import channel
from alertrelay.notification import Outcome, OutcomeName, Reason
from alertrelay.notify.compose import Content, handed_back
from alertrelay.notify.deliver import Attempt
from alertrelay.policy.group_key import clock_of
from alertrelay.ports import Clock


@dataclass(frozen=True, slots=True)
class Reporter:
    """Makes the outcomes of a flush; the clock measures from the source's to delivery."""

    clock: Clock

    def suppressed(
        self, content: Content, keys: Iterable[str], reason: Reason, *, resolved: bool = True
    ) -> list[Outcome]:
        """Returns the outcomes of updates that are not notified, for a named reason."""
        own = content.group.identity.integration
        return [self._of(content, key, own, "suppressed", reason, resolved=resolved) for key in sorted(keys)]

    def unnotified(self, content: Content, *, but: frozenset[str]) -> list[Outcome]:
        """Returns the outcomes of what needs no notification: resolves of alerts that the own channel was not notified
        of, save `but`, firings that reached their announced end before, and alerts that are muted, or held while they
        flap."""
        found, own = content.decision.unnotified, content.group.identity.integration
        early = Reason.RESOLVED_EARLY
        return [
            *self.suppressed(content, found.lapsed, early, resolved=False),
            *self.suppressed(content, found.unheard - but, early),
            *self.suppressed(content, found.held, Reason.FLAPPING),
            *(
                self._of(content, key, own, "suppressed", mute.reason, detail=mute.detail, resolved=False)
                for key, mute in sorted(found.muted.items())
            ),
        ]

    def waiting(
        self, content: Content, keys: Iterable[str], reason: Reason, *, resolved: bool = False
    ) -> list[Outcome]:
        """Returns the outcomes of updates that a later message notifies, for a named reason."""
        own = content.group.identity.integration
        return [self._of(content, key, own, "pending", reason, resolved=resolved) for key in sorted(keys)]

    def of_own(self, content: Content, own: Attempt, *, keys: Sequence[str], reason: Reason) -> list[Outcome]:
        """Returns the outcomes of the updates that one message to the group's own channel notified, or did not: the
        first stands for the message, the others are merged into it."""
        resolved = content.decision.own.resolved | content.resolves
        back = handed_back(content, resolved, self.clock.now())
        keys = [key for key in keys if key not in back]
        if own.receipt is None:
            text = own.failure.text if own.failure else ""
            failed = Reason.CHANNEL_FAILED
            return [
                self._of(content, key, own.integration, "pending", failed, own, text, resolved=key in resolved)
                for key in keys
            ]
        return [
            self._of(
                content,
                key,
                own.integration,
                "merged" if place else "delivered",
                Reason.MERGED if place else reason,
                own,
                resolved=key in resolved,
                notification_id=own.notification_id,
            )
            for place, key in enumerate(keys)
        ]

    def of_fallback(
        self, content: Content, reached: Attempt, *, keys: Sequence[str], reason: Reason, detail: str, resolved: bool
    ) -> list[Outcome]:
        """Returns the outcomes of the updates that one fallback message notified."""
        return [
            self._of(
                content,
                key,
                reached.integration,
                "merged" if place else "fallback",
                Reason.MERGED if place else reason,
                reached,
                detail,
                resolved=resolved,
                fallback_for=str(content.group.identity.integration),
                notification_id=reached.notification_id,
            )
            for place, key in enumerate(keys)
        ]

    def _of(
        self,
        content: Content,
        key: str,
        integration: Integration,
        outcome: OutcomeName,
        reason: Reason,
        attempt: Attempt | None = None,
        detail: str = "",
        *,
        resolved: bool,
        fallback_for: str = "",
        notification_id: str = "",
    ) -> Outcome:
        alert, member = content.alerts.get(key), content.members.get(key)
        latency = None
        if member and outcome in ("delivered", "fallback"):
            latency = max(0.0, (self.clock.now() - clock_of(member.order_key)).total_seconds())
        sent = outcome in ("delivered", "fallback") and integration.channel
        return Outcome(
            alertname=member.name if member else alert.name if alert else "",
            fingerprint=member.alert.fingerprint if member else alert.fingerprint if alert else "",
            state_key=member.alert.state_key if member else alert.state_key if alert else key,
            status="resolved" if resolved else "firing",
            receiver=integration.receiver,
            channel=integration.channel,
            outcome=outcome,
            reason=reason,
            detail=detail,
            attempts=attempt.attempts if attempt else 0,
            notification_id=notification_id,
            fallback_for=fallback_for,
            group_key=content.group.identity.group_key,
            latency_seconds=latency,
            accepted=channel(integration.channel).accepted if sent else "",
            starts_at=rfc3339(member.alert.starts_at) if member else "",
            ended_at=rfc3339(clock_of(member.order_key)) if member and member.status == "resolved" else "",
        )
