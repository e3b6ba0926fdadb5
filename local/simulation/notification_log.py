"""Alertmanager's notification log: what each integration was sent of a group, until a maintenance sweeps it away."""

from __future__ import annotations

from datetime import datetime

from alertrelay.alert import Integration
from alertrelay.policy.alertmanager_compat import LOG_MAINTENANCE, Entry, swept


class NotificationLog:
    """Two routes with one key and one receiver share an entry. `began`: the maintenance runs at intervals from then."""

    def __init__(self, *, began: datetime) -> None:
        self._began = began
        self._entries: dict[tuple[str, Integration], Entry] = {}

    def entry(self, group_key: str, integration: Integration, *, now: datetime) -> Entry | None:
        """Returns the entry; None where there is none, or where it has expired and a maintenance has run since."""
        found = self._entries.get((group_key, integration))
        if found is None or found.expires > now:
            return found
        return None if swept(found.expires, now=now, began=self._began, every=LOG_MAINTENANCE) else found

    def write(self, group_key: str, integration: Integration, entry: Entry) -> None:
        """Replaces the entry."""
        self._entries[group_key, integration] = entry
