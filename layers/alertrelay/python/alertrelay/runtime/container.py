"""What every function of the stack has: the clock of the machine, and self-alerts to the operators of the relay."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from alertrelay.aws.clients import Clients
from alertrelay.ports import Clock, SelfAlert
from alertrelay.runtime.observe import Observer

OPS_QUIET = timedelta(minutes=15)
"""The same self-alert goes out once in this time and container."""


class SystemClock:
    """ports.Clock of the machine."""

    def now(self) -> datetime:
        """See ports.Clock."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """See ports.Clock."""
        time.sleep(max(0.0, seconds))


def ops_alerter(aws: Clients, topic: str, clock: Clock, observer: Observer) -> Callable[[SelfAlert], None]:
    """Publishes self-alerts to the ops topic. Never raises."""
    sent: dict[SelfAlert, datetime] = {}

    def alert_ops(alert: SelfAlert) -> None:
        now = clock.now()
        observer.log("self_alert", name_of_alert=alert.name, text=alert.text)
        if alert in sent and now - sent[alert] < OPS_QUIET:
            return
        try:
            aws.sns().publish(
                TopicArn=topic,
                Subject=f"alertrelay: {alert.name}"[:99],
                Message=alert.text,
                MessageAttributes={"alertrelay-hop": {"DataType": "String", "StringValue": "1"}},
            )
            sent[alert] = now
        except Exception as error:  # noqa: BLE001 - a self-alert must never stand in the way of an alert
            observer.failed("self_alert_not_sent", error)

    return alert_ops
