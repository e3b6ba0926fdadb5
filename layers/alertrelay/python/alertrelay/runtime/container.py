"""Gives every function of the stack the clock of the machine, and self-alerts to the operators of the relay."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from alertrelay.config.own_runbooks import own_runbook
from alertrelay.ports import Clock, SelfAlert
from alertrelay.runtime.observe import Observer

if TYPE_CHECKING:
    from alertrelay.aws.clients import Clients

OPS_QUIET = timedelta(minutes=15)
"""Self-alerts of one name and cause go out once in this time and container."""


class _Sent(NamedTuple):
    """When one was published, and how many like it were not since."""

    at: datetime
    held_back: int

    @property
    def sentence(self) -> str:
        if not self.held_back:
            return ""
        return f" {self.held_back} like it were held back since {self.at:%H:%M} UTC; the log has each as self_alert."


class SystemClock:
    """ports.Clock of the machine."""

    def now(self) -> datetime:
        """See ports.Clock."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """See ports.Clock."""
        time.sleep(max(0.0, seconds))


def ops_alerter(aws: Clients, topic: str, clock: Clock, observer: Observer) -> Callable[[SelfAlert], None]:
    """Publishes self-alerts to the ops topic: of one name and cause the first in OPS_QUIET, and with the next one how
    many were held back. All are logged. Never raises."""
    sent: dict[tuple[str, str], _Sent] = {}

    def alert_ops(alert: SelfAlert) -> None:
        now = clock.now()
        observer.log("self_alert", name_of_alert=alert.name, text=alert.text)
        before = sent.get((alert.name, alert.cause))
        if before and now - before.at < OPS_QUIET:
            sent[alert.name, alert.cause] = before._replace(held_back=before.held_back + 1)
            return
        page = own_runbook(alert.name)
        try:
            aws.sns().publish(
                TopicArn=topic,
                Subject=f"alertrelay: {alert.name}"[:99],
                Message=alert.text + (before.sentence if before else "") + (f"\n\nRunbook: {page}" if page else ""),
                MessageAttributes={"alertrelay-hop": {"DataType": "String", "StringValue": "1"}},
            )
            sent[alert.name, alert.cause] = _Sent(now, 0)
        except Exception as error:  # noqa: BLE001 - a self-alert must never stand in the way of an alert
            observer.failed("self_alert_not_sent", error)

    return alert_ops
