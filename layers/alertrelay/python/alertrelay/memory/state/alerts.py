"""Keeps alerts in a dictionary, as state.Alerts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from alertrelay.intake.ports import recent
from alertrelay.memory.state.base import InMemory
from alertrelay.nflog.group_state import AlertItem, Member
from alertrelay.ports import Clock


class MemoryAlerts(InMemory):
    """See state.Alerts."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock)
        self._alerts: dict[str, AlertItem] = {}

    def put_alert(self, item: AlertItem, *, groups: Iterable[str]) -> tuple[bool, AlertItem]:
        """See state.Alerts."""
        with self._lock:
            old = self._alerts.get(item.key)
            if old and not self._ahead(old.order_key) and (old.order_key, old.rank) > (item.order_key, item.rank):
                return False, old
            alert = item.alert
            if old and alert.status == "resolved":
                alert = replace(alert, labels=old.alert.labels, starts_at=old.alert.starts_at)
            joined = (old.groups if old else frozenset()) | frozenset(groups)
            if alert.status == "resolved":
                new = replace(item, alert=alert, groups=joined, opened_by=old.opened_by if old else "")
            else:
                new = replace(
                    item,
                    alert=alert,
                    groups=joined,
                    resolved_by=old.resolved_by if old else "",
                    acknowledged=old.acknowledged if old else None,
                )
            self._alerts[item.key] = new
            return True, new

    def get_alerts(self, keys: Sequence[str]) -> Mapping[str, AlertItem]:
        """See state.Alerts."""
        with self._lock:
            return {key: self._alerts[key] for key in keys if key in self._alerts}

    def add_groups(self, member: Member, groups: Iterable[str]) -> bool:
        """See state.Alerts."""
        with self._lock:
            item = self._alerts.get(member.key)
            if item is None or item.order_key > member.order_key:
                return False
            self._alerts[member.key] = replace(item, groups=item.groups | frozenset(groups))
            return True

    def firing(self, now: datetime) -> Sequence[AlertItem]:
        """See intake.ports.OpenAlerts."""
        with self._lock:
            return [item for item in self._alerts.values() if recent(item, now)]
