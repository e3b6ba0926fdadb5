"""Alerts as Alertmanager's API takes them in: what is missing is filled in, what is known already is merged.

Rules: prometheus/alertmanager api/v2/api.go (`postAlertsHandler`), types/types.go (`Alert.Merge`) and
provider/mem/mem.go (`Put`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from alertrelay.alert import Alert, Labels, Status, fingerprint
from alertrelay.policy.alertmanager_compat import ALERT_MAINTENANCE, swept

from local.simulation.timeline import moment

NEVER = datetime.max.replace(tzinfo=UTC)
"""The end of an alert that ends by its source alone."""
_CLASSIC_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeAlert:
    """An alert as it stands. `guessed`: its end is resolve_timeout's. `at`: its clock, which never stands still."""

    labels: Labels
    annotations: Labels
    starts_at: datetime
    ends_at: datetime
    guessed: bool
    fingerprint: str
    at: datetime

    def status(self, now: datetime) -> Literal["firing", "resolved"]:
        """It fires until before its end."""
        return "resolved" if self.ends_at <= now else "firing"

    def alert(self, now: datetime) -> Alert:
        """For the pipeline."""
        status: Status = self.status(now)
        return Alert(
            labels=self.labels,
            annotations=self.annotations,
            status=status,
            kind="alert",
            starts_at=self.starts_at,
            ends_at=None if self.ends_at == NEVER else self.ends_at,
            updated_at=self.at,
            source="alertmanager",
            fingerprint=self.fingerprint,
            state_key=self.fingerprint,
        )


class Intake:
    """Keeps every alert until half an hour's maintenance after its end."""

    def __init__(self, start: datetime, *, classic_names: bool, refuse: Callable[[str], None]) -> None:
        self._start = start
        self._classic = classic_names
        self._refuse = refuse
        self._held: dict[str, IntakeAlert] = {}

    def post(self, items: Sequence[Any], *, now: datetime, resolve_timeout: float, place: str) -> list[IntakeAlert]:
        """The valid alerts as they then stand; the others are named by `refuse`."""
        held = []
        for number, item in enumerate(items):
            try:
                new = self._read(item, now, timedelta(seconds=resolve_timeout))
            except ValueError as error:
                self._refuse(f"{place}[{number}]: {error}; this alert is left out")
                continue
            held.append(new)
        return [self._put(new, now) for new in held]

    def held(self, now: datetime) -> list[IntakeAlert]:
        """All that is still kept."""
        return [old for old in self._held.values() if not self._is_swept(old, now)]

    def labels(self, fingerprint: str) -> Labels:
        """Of an alert that came at some time."""
        return self._held[fingerprint].labels

    def _read(self, item: Any, now: datetime, timeout: timedelta) -> IntakeAlert:
        if not isinstance(item, Mapping):
            raise ValueError(f"expected an alert, an object with labels, got {item!r}")  # noqa: TRY004 - one kind of refusal
        labels = {k: v for k, v in self._texts(item, "labels").items() if v}
        annotations = self._texts(item, "annotations")
        if not labels:
            raise ValueError('an alert needs a label that is not empty, as in {"alertname": "ServiceDown"}')
        starts_at, ends_at = (moment(item.get(key), self._start) for key in ("startsAt", "endsAt"))
        starts_at = starts_at or ends_at or now
        guessed = ends_at is None and item.get("source") != "cloudwatch"
        ends_at = ends_at or (now + timeout if guessed else NEVER)
        if ends_at < starts_at:
            raise ValueError(f"it ends ({ends_at.isoformat()}) before it starts ({starts_at.isoformat()}): swap them")
        return IntakeAlert(
            labels=labels,
            annotations=annotations,
            starts_at=starts_at,
            ends_at=ends_at,
            guessed=guessed,
            fingerprint=fingerprint(labels),
            at=now,
        )

    def _texts(self, item: Mapping[str, Any], key: str) -> dict[str, str]:
        found = item.get(key) or {}
        if not isinstance(found, Mapping) or not all(isinstance(value, str) for value in found.values()):
            raise ValueError(f"expected an object of texts as {key!r}, got {found!r}")
        for name, value in found.items():
            if self._classic and not _CLASSIC_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a label name for releases before 0.27: use letters, digits and _")
            if not name or not _is_unicode(name) or not _is_unicode(value):
                raise ValueError(f"{key!r} holds an empty name, or something that is not UTF-8: write UTF-8 text")
        return dict(found)

    def _put(self, new: IntakeAlert, now: datetime) -> IntakeAlert:
        old = self._held.get(new.fingerprint)
        if old:
            new = replace(new, at=max(now, old.at + timedelta(microseconds=1)))
        if old and not self._is_swept(old, now) and _overlap(old, new):
            new = _merged(old, new, now)
        self._held[new.fingerprint] = new
        return new

    def _is_swept(self, old: IntakeAlert, now: datetime) -> bool:
        over = max(old.ends_at, old.at)
        return over <= now and swept(over, now=now, began=self._start, every=ALERT_MAINTENANCE)


def by_order(held: Iterable[IntakeAlert]) -> list[IntakeAlert]:
    """As a notification shows them: by job, instance, then all labels; what lacks one comes last."""

    def place(one: IntakeAlert) -> tuple[Any, ...]:
        job, instance = (one.labels.get(name) for name in ("job", "instance"))
        return job is None, job or "", instance is None, instance or "", len(one.labels), sorted(one.labels.items())

    return sorted(held, key=place)


def _overlap(old: IntakeAlert, new: IntakeAlert) -> bool:
    return old.starts_at < new.ends_at < old.ends_at or old.starts_at < new.starts_at < old.ends_at


def _merged(old: IntakeAlert, new: IntakeAlert, now: datetime) -> IntakeAlert:
    """The younger one's texts, the earlier start; a known end that lies later, unless the younger one has ended."""
    later = old.ends_at > new.ends_at
    holds = old.status(now) == "resolved" if new.status(now) == "resolved" else not old.guessed
    return replace(
        new,
        starts_at=min(old.starts_at, new.starts_at),
        ends_at=old.ends_at if later and holds else new.ends_at,
    )


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
