"""Prints a simulation: one JSON line a try, and with `--explain` one for each suppressed alert."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alertrelay.alert import Labels

from local.simulation.timeline import Answer, SinkSet

OK = 200


class Sinks:
    """The present answers of the receivers."""

    def __init__(self) -> None:
        self._everybody: Answer = OK
        self._receivers: dict[str, Answer] = {}

    def set(self, change: SinkSet) -> None:
        """Sets answers; one for all receivers replaces those of single ones."""
        if change.everybody is not None:
            self._everybody = change.everybody
            self._receivers.clear()
        self._receivers.update(change.receivers)

    def answer(self, receiver: str) -> Answer:
        """A status, `timeout` or `refused`."""
        return self._receivers.get(receiver, self._everybody)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One alert of a message."""

    labels: Labels
    status: str


@dataclass(slots=True)
class Record:
    """The lines of one run."""

    start: datetime
    explain: bool = False
    _lines: list[tuple[float, str, str, dict[str, Any]]] = field(default_factory=list)

    def tried(
        self,
        at: datetime,
        *,
        receiver: str,
        group_key: str,
        group_labels: Labels,
        status: str,
        alerts: Sequence[Shown],
        reason: str,
        code: Answer,
        attempts: int,
        fallback_for: str = "",
    ) -> None:
        """One try of one integration, whatever came of it."""
        shown = [{"labels": dict(alert.labels), "status": alert.status} for alert in alerts]
        line: dict[str, Any] = {
            "receiver": receiver,
            "groupKey": group_key,
            "groupLabels": dict(group_labels),
            "status": status,
            "alerts": shown,
            "reason": reason,
            "code": code,
            "attempts": attempts,
        }
        if fallback_for:
            line["fallback_for"] = fallback_for
        self._add(at, receiver, group_key, line)

    def suppressed(
        self, at: datetime, *, receiver: str, group_key: str, alert: Shown, reason: str, detail: str = ""
    ) -> None:
        """One alert of which a receiver is not notified."""
        if self.explain:
            shown = {"labels": dict(alert.labels), "status": alert.status}
            line = {"receiver": receiver, "groupKey": group_key, "suppressed": shown, "reason": reason}
            self._add(at, receiver, group_key, {**line, "detail": detail} if detail else line)

    def _add(self, at: datetime, receiver: str, group_key: str, line: Mapping[str, Any]) -> None:
        self._lines.append(((at - self.start).total_seconds(), group_key, receiver, dict(line)))

    def lines(self) -> Iterator[str]:
        """By time, group key and receiver; tries of one moment in their order."""
        for t, _, _, line in sorted(self._lines, key=lambda entry: (round(entry[0], 3), *entry[1:3])):
            rest = json.dumps(line, ensure_ascii=False, separators=(", ", ": "))
            yield f'{{"t": {t:.3f}, {rest[1:]}'
