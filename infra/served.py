"""Every channel that a configuration uses must have a forwarder, or its alerts would wait for a function that is not
there."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from alertrelay.config.model import Config


def check_served(config: Config, forwarders: Mapping[str, Collection[str]]) -> None:
    """Raise ValueError where a receiver has a channel that none of `forwarders` serves, or that two of them would send.

    `forwarders` are the channels of each, by its name.
    """
    for receiver in config.receivers:
        for target in receiver.targets:
            kind = target.integration.channel
            serving = sorted(name for name, channels in forwarders.items() if kind in channels)
            if len(serving) != 1:
                found = " and ".join(serving) or "none"
                raise ValueError(
                    f"receiver {receiver.name}: its channel {kind} needs one forwarder, there is {found}; "
                    "infra/stacks.py lists which forwarder serves which channels"
                )
