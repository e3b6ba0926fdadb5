"""The recipients of one message within one delivery: who is asked next, and who did not take it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from alertrelay.config.model import Target
from alertrelay.notification import Recipients
from alertrelay.ports import DeliveryFailure, Permanent, Retryable


def narrowed(target: Target, names: Collection[str]) -> Target:
    """Returns the target for some of its recipients, by short name."""
    return replace(target, settings=target.settings.only_for(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The state of one delivery between its tries. `target`: whom the next try is for; None where nobody is left.
    `on_call`: those of the first try's recipients who are."""

    target: Target | None
    on_call: frozenset[str]
    recipients: Recipients = field(default_factory=Recipients)

    @property
    def missed(self) -> frozenset[str]:
        """Returns those on call who did not take it."""
        return self.on_call & self.recipients.missed

    def after(self, found: Recipients | None) -> Asked:
        """Returns what is left after a try that some took: those on call who were refused for now. Others are owed it
        by a later message: a mail to many does not wait for one of them."""
        recipients = self._with(found)
        again = self.on_call & frozenset(recipients.deferred)
        target = narrowed(self.target, again) if self.target and again else None
        return replace(self, target=target, recipients=recipients)

    def after_failure(self, found: Recipients | None) -> Asked:
        """Returns what is left after a try that none took: all but those who were refused for good."""
        recipients, target = self._with(found), self.target
        if target:
            left = [name for name in target.settings.recipients if name not in recipients.refused]
            target = narrowed(target, left) if left else target
        return replace(self, target=target, recipients=recipients)

    def failure_for(self, missed: frozenset[str]) -> DeliveryFailure | None:
        """Returns why the message counts as failed although others than `missed` took it; None where it does not."""
        answers = {**self.recipients.deferred, **self.recipients.refused}
        named = ", ".join(answers[name] for name in sorted(missed))
        text = f"it was not taken for {named}, who is on call; other recipients have it"
        if not named:
            return None
        return Retryable(text) if missed & frozenset(self.recipients.deferred) else Permanent(text)

    def _with(self, found: Recipients | None) -> Recipients:
        found, before = found or Recipients(), self.recipients
        taken, refused = before.taken | found.taken, {**before.refused, **found.refused}
        waiting = {**before.deferred, **found.deferred}
        left = {name: text for name, text in waiting.items() if name not in taken and name not in refused}
        return Recipients(taken=taken, deferred=left, refused=refused)


def first_asked(target: Target) -> Asked:
    """Returns the beginning of a delivery: nobody has been asked."""
    on_call = frozenset(name for name, is_on_call in target.settings.recipients.items() if is_on_call)
    return Asked(target=target, on_call=on_call)
