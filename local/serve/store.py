"""Keeps the state table in SQLite: the memory store, whose dictionaries are rows.

It passes the contract tests of the table and of the memory store. One process alone may have the file open, so that
what was read once stays true.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any

from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.group_state import AlertItem, GroupState, Member
from alertrelay.ports import Clock

from local.serve.database import DataFile, NestedRows, Rows

_DICTIONARIES = ("_alerts", "_headers", "anomalies", "verdicts", "_buckets", "_surveys", "_wakings")
_NESTED = ("_members", "_sources")
_SILENCES = "silences"


class SqliteStore(MemoryStore):
    """state.Store in a file. What has expired is dropped when it is opened."""

    def __init__(self, database: DataFile, clock: Clock) -> None:
        self._kept = Rows(database, _SILENCES)
        super().__init__(clock)
        now = clock.now()
        for name in _DICTIONARIES:
            setattr(self, name, Rows(database, name))
        for name in _NESTED:
            setattr(self, name, NestedRows(database, name))
        with database.at_once():
            _drop_expired(self._alerts, now)
            for members in self._members.values():
                _drop_expired(members, now)

    @property
    def _silences(self) -> tuple[Any, int]:
        found: tuple[Any, int] = self._kept.get(_SILENCES, ((), 0))
        return found

    @_silences.setter
    def _silences(self, value: tuple[Any, int]) -> None:
        if value[1] or _SILENCES not in self._kept:
            self._kept[_SILENCES] = value

    def fill_alert(self, item: AlertItem) -> None:
        """Puts an alert of another table here, as it stands there; so do the others."""
        self._alerts[item.key] = item

    def fill_member(self, gid: str, member: Member) -> None:
        """Puts a member here."""
        self._members.setdefault(gid, {})[member.key] = member

    def fill_group(self, gid: str, state: GroupState) -> None:
        """Puts a group here."""
        self._headers[gid] = state

    def fill_sources(self, entry: tuple[str, str], noted: Mapping[str, bool]) -> None:
        """Puts the alerts that inhibit by a rule and equal values here."""
        sources = self._sources.setdefault(entry, {})
        for key, two_sided in noted.items():
            sources[key] = two_sided


def _drop_expired(found: MutableMapping[str, Any], now: datetime) -> None:
    for key, one in list(found.items()):
        if one.expires is not None and one.expires < now - timedelta(days=1):
            del found[key]
