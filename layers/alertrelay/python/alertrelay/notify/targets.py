"""Lists who can be notified: the integrations of the configuration, the fallbacks behind them, and the last resort."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from alertrelay.alert import Integration
from alertrelay.config.model import Config, Target
from alertrelay.notify.recipients import narrowed

_ADDRESSES = ("url_key", "url", "smarthost", "key")
"""Settings that say where messages go: an address, or the name of the secret's key that holds it."""
Stages = tuple[tuple[Target, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """`known` has all but the last resort; `at` has them by receiver, and `stages` stand behind each, in order."""

    known: Mapping[Integration, Target]
    at: Mapping[str, tuple[Target, ...]]
    stages: Mapping[str, Stages]
    last_resort: Target | None = None

    def of(self, integration: Integration) -> Target | None:
        """Returns the target of an integration, or None where the configuration no longer has it."""
        return self.known.get(integration)

    def named(self, name: str) -> Target | None:
        """Returns a target by str(Integration), the last resort among them; `<integration>#<recipient>` is the target
        for one of its recipients, None where it has them no more."""
        every = (*self.known.values(), *((self.last_resort,) if self.last_resort else ()))
        whole, _, recipient = name.rpartition("#") if name.rpartition("#")[2].isalnum() else (name, "", "")
        found = next((target for target in every if str(target.integration) == whole), None)
        if not (found and recipient):
            return found
        return narrowed(found, [recipient]) if recipient in found.settings.recipients else None

    def behind(self, receiver: str) -> Iterator[tuple[Target, ...]]:
        """Yields the stages behind a receiver, in order; the last resort comes last."""
        yield from self.stages.get(receiver, ())
        if self.last_resort:
            yield (self.last_resort,)


def peer_of(target: Target) -> str:
    """Returns what answers a target's messages, by name: two webhooks are two peers, all channels that one Slack bot
    posts to are one. An outage of a peer is that of every target behind it, and of no other."""
    settings = target.settings
    address = next((found for name in _ADDRESSES if (found := getattr(settings, name, ""))), "")
    return f"{target.integration.channel} {address}".rstrip()


def targets_of(config: Config, last_resort: Target | None) -> Targets:
    """Returns the targets of a configuration."""
    by_receiver = {receiver.name: receiver.targets for receiver in config.receivers}
    return Targets(
        known={target.integration: target for targets in by_receiver.values() for target in targets},
        at=by_receiver,
        stages={
            receiver: tuple(tuple(target for name in stage for target in by_receiver.get(name, ())) for stage in stages)
            for receiver, stages in config.fallbacks.items()
        },
        last_resort=last_resort,
    )
