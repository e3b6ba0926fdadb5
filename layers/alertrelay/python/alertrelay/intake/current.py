"""Lists what fires as Alertmanager would: what the relay holds of every source, and what was posted a moment ago."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from alertrelay.alert import severity_rank
from alertrelay.groups.insert import updates_of
from alertrelay.intake.messages import RECEIVER, entry_of, messages_of
from alertrelay.intake.ports import RECENT, Known, OpenAlerts, PostedAlerts
from alertrelay.nflog.group_state import AlertItem
from alertrelay.sources import Envelope, parse

_TOPIC = "arn:aws:sns:::alertrelay-intake-{}"
"""Any topic of that severity: its name gives an alert the severity that it lacks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentAlerts:
    """An OpenAlerts over what the forwarders stored (`held`) and what the intake recorded (`posted`): a post is
    recorded when it is answered, so that it is listed at once. Of two updates of an alert the newer one counts."""

    held: OpenAlerts
    posted: PostedAlerts

    def firing(self, now: datetime) -> Sequence[AlertItem]:
        """See intake.ports.OpenAlerts."""
        found = {item.key: item for item in self.held.firing(now)}
        for item in _items(self.posted.ending_after(now - RECENT), now):
            held = found.get(item.key)
            if held is None:
                found[item.key] = item
            elif held.order_key < item.order_key:
                found[item.key] = replace(item, groups=held.groups, acknowledged=held.acknowledged)
        return list(found.values())


def _items(posted: Iterable[Known], now: datetime) -> Iterator[AlertItem]:
    """Yields each alert as a forwarder reads it from its topic."""
    clocks = {known.alert.fingerprint: known.alert for known in posted}
    entries = [entry_of(alert, until=alert.ends_at, now=now) for alert in clocks.values()]
    for topic, message in messages_of(entries, {"receiver": RECEIVER}):
        for alert in parse(Envelope(text=message, topic_arn=_TOPIC.format(topic)), received_at=now).alerts:
            (update,) = updates_of([alert], received=clocks[alert.fingerprint].at)
            yield AlertItem(
                key=update.key, order_key=update.order_key, rank=severity_rank(update.alert.labels), alert=update.alert
            )
