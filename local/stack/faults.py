"""Lets receivers fail. A fault is switched on just around the send that it strikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alertrelay.channels import KINDS
from alertrelay.config.model import Config, Target
from alertrelay.memory.ports import ManualClock
from alertrelay.notification import Message, Receipt
from alertrelay.ports import DeliveryFailure, Key, Sender

from local.stack.emulator import Emulator
from local.standins import Fault, StandIns, peer

HASTE = 50.0
"""A hang of 5 s takes a tenth of a second."""
PATIENCE = 600.0
"""Seconds that a stand-in which does not hang has for its answer, however slow the machine is."""
AWS_HANG = 4.0
"""Seconds of a hang of SNS or SES: two tries of aws/clients.BOUNDED."""
LAST_RESORT = "last-resort"
GRAFANA = "grafana"
"""Is no receiver: its dashboards are annotated beside the messages."""
_HANGS = ("timeout", "trickle")


@dataclass(slots=True)
class Faults:
    """Faults by what is down: a channel or a receiver. It may change between two events."""

    down: dict[str, Fault] = field(default_factory=dict)

    @property
    def haste(self) -> float:
        """Returns the divisor of real waiting: 1 where nothing hangs."""
        return HASTE if any(fault.kind in _HANGS for fault in self.down.values()) else 1.0

    def strikes(self, target: Target) -> Fault | None:
        """Returns the fault that strikes a message of this target. A receiver's own fault counts before its
        channel's."""
        return self.down.get(target.integration.receiver) or self.down.get(target.integration.channel)


def places(config: Config) -> tuple[str, ...]:
    """Everything that can be down: the channels that a receiver has, the receivers that notify anybody, the last
    resort, which is a topic of SNS, and Grafana, where its dashboards are annotated."""
    receivers = [r.name for r in config.receivers if r.targets]
    used = {target.integration.channel for receiver in config.receivers for target in receiver.targets}
    if config.last_resort:
        used.add("sns")
    beside = ([LAST_RESORT] if config.last_resort else []) + ([GRAFANA] if config.grafana else [])
    return (*(kind for kind in KINDS if kind in used), *receivers, *beside)


@dataclass(frozen=True, slots=True)
class FaultySender:
    """A sender whose target may be down. A hang moves the clock by its nominal length."""

    inner: Sender
    faults: Faults
    peers: StandIns
    emulator: Emulator
    clock: ManualClock

    def send(
        self,
        message: Message,
        target: Target,
        *,
        key: Key | None,
        notification_id: str,
        timeout: float,
        earlier: Receipt | None = None,
        edit: bool = False,
    ) -> Receipt:
        """See ports.Sender."""
        fault = self.faults.strikes(target)
        hangs = fault is not None and fault.kind in _HANGS
        channel = target.integration.channel
        service = peer(channel).service(target.settings)
        if fault:
            self._switch_on(channel, service, fault)
        try:
            return self.inner.send(
                message,
                target,
                key=key,
                notification_id=notification_id,
                timeout=timeout if hangs else PATIENCE * self.faults.haste,
                earlier=earlier,
                edit=edit,
            )
        except DeliveryFailure:
            if hangs:
                # AWS's own client has its own bound.
                self.clock.sleep(AWS_HANG if service else timeout)
            raise
        finally:
            if fault:
                self._switch_off(service)

    def key_name(self, target: Target) -> str:
        """See ports.Sender."""
        return self.inner.key_name(target)

    def edits(self, target: Target) -> bool:
        """See ports.Sender."""
        return self.inner.edits(target)

    def _switch_on(self, channel: str, service: str, fault: Fault) -> None:
        if service:
            self.emulator.faults[service] = fault
        else:
            self.peers.fail(channel, fault)

    def _switch_off(self, service: str) -> None:
        if service:
            del self.emulator.faults[service]
        else:
            self.peers.heal()


def parse_down(values: list[str]) -> Mapping[str, Fault]:
    """`pagerduty`, `pagerduty=429`, … as faults by place; 503 where none is named. Raises ValueError, which names each
    value that is none."""
    found, wrong = {}, []
    for value in values:
        place, _, fault = value.partition("=")
        if not place or (not fault and value.endswith("=")):
            wrong.append(f"--down {value!r}: CHANNEL or RECEIVER was expected, with =FAULT or without")
            continue
        try:
            found[place] = Fault.named(fault or "503")
        except ValueError as error:
            wrong.append(f"--down {value}: {error}")
    if wrong:
        raise ValueError("\n".join(wrong))
    return found
