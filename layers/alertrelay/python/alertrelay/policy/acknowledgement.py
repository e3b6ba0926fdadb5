"""Decides what an acknowledgement of an alert is worth: it holds for the firing that somebody acknowledged, and for no
other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alertrelay.alert import Acknowledgement, Alert, Way, rfc3339

BY_CHARACTERS, COMMENT_CHARACTERS = 100, 1000


def of_firing(
    alert: Alert, *, by: str, via: Way, at: datetime, comment: str = "", incident: str = "", incident_id: str = ""
) -> Acknowledgement:
    """Returns an acknowledgement of the alert as it fires now, with texts that an item has room for."""
    return Acknowledgement(
        by=" ".join(_storable(by).split())[:BY_CHARACTERS] or "somebody",
        at=at,
        via=via,
        firing_since=alert.starts_at,
        comment=comment_of(comment),
        incident=incident,
        incident_id=incident_id,
    )


def comment_of(text: str) -> str:
    """Returns a comment that an item has room for."""
    return _storable(text).strip()[:COMMENT_CHARACTERS]


def _storable(text: str) -> str:
    """Returns a text without halves of characters, which JSON may hold and no table does."""
    return text.encode("utf-8", "replace").decode("utf-8")


def fires(alert: Alert, now: datetime) -> bool:
    """Returns whether there is something to acknowledge: an event is announced once, and does not fire."""
    return alert.kind == "alert" and alert.status == "firing" and (alert.ends_at is None or alert.ends_at > now)


def standing(found: Acknowledgement | None, alert: Alert) -> Acknowledgement | None:
    """Returns the acknowledgement if it is of the alert's present firing. A resolve removes it from the table; an alert
    that ends by its announced end may fire again without one, and then begins anew."""
    if found is None or alert.status != "firing":
        return None
    return found if alert.ends_at is None or found.firing_since == alert.starts_at else None


def shown(found: Acknowledgement | None) -> dict[str, str] | None:
    """Returns it as the API shows it; None for none."""
    return {"by": found.by, "at": rfc3339(found.at), "via": found.via, "comment": found.comment} if found else None


def to_json(found: Acknowledgement) -> dict[str, str]:
    """Returns it as the table keeps it, to the microsecond; `from_json` reads it back."""
    times = {"at": found.at.isoformat(), "firing_since": found.firing_since.isoformat()}
    optional = {"comment": found.comment, "incident": found.incident, "incident_id": found.incident_id}
    return {"by": found.by, "via": found.via, **times, **{name: text for name, text in optional.items() if text}}


def from_json(data: Mapping[str, Any]) -> Acknowledgement:
    """Inverse of `to_json`. Raises KeyError, ValueError, TypeError."""
    times = {name: datetime.fromisoformat(data[name]) for name in ("at", "firing_since")}
    return Acknowledgement(**{**data, **times})
