"""Keeps acknowledgements in memory, as intake.ports.Acknowledgements."""

from __future__ import annotations

from dataclasses import replace

from alertrelay.alert import Acknowledgement
from alertrelay.memory.state.alerts import MemoryAlerts
from alertrelay.memory.state.groups import MemoryGroups
from alertrelay.nflog.group_state import AlertItem


class MemoryAcknowledgements(MemoryAlerts, MemoryGroups):
    """See intake.ports.Acknowledgements."""

    def acknowledge(self, seen: AlertItem, new: Acknowledgement) -> AlertItem | None:
        """See intake.ports.Acknowledgements."""
        with self._lock:
            found = self._alerts.get(seen.key)
            if not found or found.alert.status != "firing" or found.alert.starts_at != seen.alert.starts_at:
                return None
            if found.acknowledged == seen.acknowledged:
                self._alerts[seen.key] = replace(found, acknowledged=new)
            return self._alerts[seen.key]

    def withdraw(self, seen: AlertItem) -> bool:
        """See intake.ports.Acknowledgements."""
        with self._lock:
            found = self._alerts.get(seen.key)
            if not found or not found.acknowledged or found.acknowledged != seen.acknowledged:
                return False
            self._alerts[seen.key] = replace(found, acknowledged=None)
            return True

    def note(self, gid: str, key: str, acknowledged: Acknowledgement | None) -> bool:
        """See intake.ports.Acknowledgements."""
        with self._lock:
            found = self._members.get(gid, {}).get(key)
            if not found or found.status != "firing":
                return False
            self._members[gid][key] = replace(found, alert=replace(found.alert, acknowledged=acknowledged))
            return True
