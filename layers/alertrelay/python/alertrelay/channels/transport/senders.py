"""The sender of each kind, made when it is first used."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import cast

from alertrelay.channels import KINDS, channel
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.service import ServiceSender
from alertrelay.ports import Sender


class Senders(Mapping[str, Sender]):
    """The senders by kind. A page must not wait for the import of what only its fallback needs. `around` is put around
    each."""

    def __init__(self, network: Network, around: Callable[[Sender], Sender] = lambda sender: sender) -> None:
        self._network = network
        self._around = around
        self._made: dict[str, Sender] = {}

    def __getitem__(self, kind: str) -> Sender:
        if kind not in self._made:
            if kind not in KINDS:
                raise KeyError(kind)
            self._made[kind] = self._around(sender_of(kind, self._network))
        return self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(KINDS)

    def __len__(self) -> int:
        return len(KINDS)


def sender_of(kind: str, network: Network) -> Sender:
    """Return the sender of a kind: the class that its descriptor names, else that of a service with its `deliver`."""
    module, described = import_module(f"alertrelay.channels.{kind}.sender"), channel(kind)
    network = network.of(kind)
    if described.sender:
        return cast(Sender, getattr(module, described.sender)(network))
    return ServiceSender(network, described.title, module.deliver)
