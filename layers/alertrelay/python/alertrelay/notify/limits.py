"""Limits the messages of one kind that people take before a digest serves them better: the default of each channel.

A page is an incident to handle, so a channel that pages takes twenty a minute; the other channels take a few messages,
and after the first that was too many none alone until five minutes were quiet. `limits` of delivery.yml sets them by
receiver."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from alertrelay.alert import Channel
from alertrelay.channels import KINDS, channel
from alertrelay.config.model import Target
from alertrelay.state import Limit

QUIET = 300.0
"""Seconds without an alert too many, after which a storm is over."""
MINUTE = 60.0


def incidents(most: int) -> Limit:
    """Returns the limit of `most` incidents in any minute: half at once, the rest spread over it."""
    burst = max(1, most // 2)
    return Limit(interval=MINUTE / max(1, most - burst), burst=burst)


def messages(most: int) -> Limit:
    """Returns the limit of `most` messages; they are taken anew when it was quiet."""
    return Limit(interval=QUIET / most, burst=most, quiet=QUIET)


STORM = 10
"""Messages that people get of a storm on one channel, from its first alert to its last resolve."""
ENDS = 2
"""Of these, for the end of the digest, and for the resolves of what was announced alone."""
END_OF_STORM = Limit(interval=1800.0, burst=1)
"""How often what still fires after a storm is tried alone."""


class _Limits(Mapping[Channel, Limit]):
    """Asks a kind's descriptor when its limit is: a forwarder need not load those of all others."""

    def __getitem__(self, kind: Channel) -> Limit:
        rate = channel(kind).rate if kind in KINDS else None
        if rate is None:
            raise KeyError(kind)
        return incidents(rate.people) if channel(kind).pages else messages(rate.people)

    def __iter__(self) -> Iterator[Channel]:
        return (kind for kind in KINDS if channel(kind).rate)

    def __len__(self) -> int:
        return sum(1 for _ in self)


LIMITS: Mapping[Channel, Limit] = _Limits()
"""A webhook has none: what reads it is no person."""
SMS = messages(1)
"""The first message of a storm; an account's limit of spending would swallow a later page."""


def limit_of(target: Target, configured: Mapping[str, int], defaults: Mapping[Channel, Limit]) -> Limit | None:
    """Returns the limit of a target: what delivery.yml sets for its receiver, else its channel's default."""
    kind, most = target.integration.channel, configured.get(target.integration.receiver)
    if most is not None:
        return incidents(most) if channel(kind).pages else messages(most)
    limit = defaults.get(kind)
    to_phone = getattr(target.settings, "phone_number", "")
    return SMS if limit and to_phone else limit
