"""Alerts as Alertmanager's API takes them: what is missing is filled in, what is known already is merged.

Rules: prometheus/alertmanager api/v2/api.go (`postAlertsHandler`), types/types.go (`Alert.Merge`) and
provider/mem/mem.go (`Put`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from alertrelay.alert import Alert, Labels, fingerprint, rfc3339
from alertrelay.values.text import as_json, compact_json, printable
from alertrelay.values.times import instant

NEVER = datetime.max.replace(tzinfo=UTC)
"""The end of an alert that ends by its source alone."""


class AlertRefused(ValueError):
    """Raised for a posted alert that is none; the text has what was expected and what came."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedAlert:
    """An alert as it stands. `guessed`: its end is resolve_timeout's. `at`: its clock, which never stands still."""

    labels: Labels
    annotations: Labels
    starts_at: datetime
    ends_at: datetime
    guessed: bool
    fingerprint: str
    at: datetime
    generator_url: str = ""

    def status(self, now: datetime) -> Literal["firing", "resolved"]:
        """It fires until before its end."""
        return "resolved" if self.ends_at <= now else "firing"

    def alert(self, now: datetime) -> Alert:
        """Returns the alert for the pipeline."""
        return Alert(
            labels=self.labels,
            annotations=self.annotations,
            status=self.status(now),
            kind="alert",
            starts_at=self.starts_at,
            ends_at=None if self.ends_at == NEVER else self.ends_at,
            updated_at=self.at,
            source="alertmanager",
            fingerprint=self.fingerprint,
            state_key=self.fingerprint,
            generator_url=self.generator_url,
        )

    def content(self, now: datetime) -> str:
        """Returns a digest of what a person may see of it: everything but when it will end while it fires. 32 hex
        digits."""
        status = self.status(now)
        said = [status, dict(self.annotations), rfc3339(self.starts_at), self.generator_url, dict(self.labels)]
        text = compact_json(said, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:32]


def read_posted(item: object, *, now: datetime, resolve_timeout: timedelta) -> PostedAlert:
    """Reads an alert of `POST /api/v2/alerts`. Raises AlertRefused."""
    if not isinstance(item, Mapping):
        raise AlertRefused(f"expected an alert, an object with labels, got {_json(item)[:80]}")
    labels = {name: value for name, value in _texts(item, "labels").items() if value}
    if not labels:
        raise AlertRefused('at least one label pair required, as in {"alertname": "ServiceDown"}')
    starts_at, ends_at = (_time(item, key) for key in ("startsAt", "endsAt"))
    starts_at, guessed = starts_at or ends_at or now, ends_at is None
    ends_at = ends_at or now + resolve_timeout
    if ends_at < starts_at:
        raise AlertRefused(
            f"start time must be before end time: it starts at {rfc3339(starts_at)} and ends at {rfc3339(ends_at)}"
        )
    url = item.get("generatorURL")
    return PostedAlert(
        labels=labels,
        annotations={name: value for name, value in _texts(item, "annotations").items() if value},
        starts_at=starts_at,
        ends_at=ends_at,
        guessed=guessed,
        fingerprint=fingerprint(labels),
        at=now,
        generator_url=url if isinstance(url, str) else "",
    )


def overlap(old: PostedAlert, new: PostedAlert) -> bool:
    """Returns whether the two are one firing: their ranges overlap strictly."""
    return old.starts_at < new.ends_at < old.ends_at or old.starts_at < new.starts_at < old.ends_at


def merged(old: PostedAlert, new: PostedAlert, now: datetime) -> PostedAlert:
    """Returns the younger one's texts, the earlier start; a known end that lies later, unless the younger one has
    ended."""
    later = old.ends_at > new.ends_at
    holds = old.status(now) == "resolved" if new.status(now) == "resolved" else not old.guessed
    return replace(
        new,
        starts_at=min(old.starts_at, new.starts_at),
        ends_at=old.ends_at if later and holds else new.ends_at,
    )


def _texts(item: Mapping[str, Any], key: str) -> dict[str, str]:
    found = item.get(key)
    if found is None:
        return {}
    if fault := fault_of_texts(found, one_of=key.removesuffix("s") + " "):
        raise AlertRefused(fault if isinstance(found, Mapping) else f"{key}: {fault}")
    for name, value in found.items():
        if not name or not _is_unicode(name) or not _is_unicode(value):
            raise AlertRefused(f"{key} hold an empty name, or something that is not UTF-8: write UTF-8 text")
    return dict(found)


def fault_of_texts(found: object, *, one_of: str = "") -> str:
    """Returns what is wrong with an object of texts, in JSON's words, "" where it is one. `one_of` is what a name
    names, with a space: `label `."""
    if not isinstance(found, Mapping):
        return f'write an object of texts, {{"service": "orders"}}, got {_json(found)[:80]}'
    for name, value in found.items():
        if not isinstance(value, str):
            shown, simple = _json(value)[:80], isinstance(value, int | float)
            mend = f'write a text, "{shown}"' if simple else "write a text, or leave it out"
            return f"{one_of}{printable(name[:80])} is {shown}: {mend}"
    return ""


def _time(item: Mapping[str, Any], key: str) -> datetime | None:
    """None where it is missing or Go's zero time, which amtool sends for "not said"."""
    value = item.get(key)
    if value is None or value == "" or str(value).startswith("0001-01-01T00:00:00"):
        return None
    if not isinstance(value, str) or (at := instant(value)) is None:
        raise AlertRefused(f"{key} is {_json(value)[:40]}: write a time of RFC 3339, as in 2026-11-20T04:00:00Z")
    return at


def _json(value: object) -> str:
    """A value in JSON's words, which any API takes."""
    return printable(as_json(value))


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)
