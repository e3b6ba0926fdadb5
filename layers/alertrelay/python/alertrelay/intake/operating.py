"""Answers what operators ask: whether it works, and how much it holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from alertrelay import __version__
from alertrelay.intake import view
from alertrelay.intake.reading import Reads
from alertrelay.state import StoreFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class Operating:
    """What the handlers need."""

    reading: Reads


def health(operating: Operating) -> dict[str, Any]:
    """Returns whether the table answers, with what is deployed. Never raises."""
    reading = operating.reading
    try:
        reading.silences()
        table = "ok"
    except StoreFailure as failure:
        table = str(failure)
    return {
        "healthy": table == "ok",
        "version": __version__,
        "environment": reading.config.environment,
        "configuration": reading.config.hash[:12],
        "table": table,
    }


def stats(operating: Operating) -> dict[str, Any]:
    """Returns how many alerts fire now, and in how many groups. Raises StoreFailure."""
    reading = operating.reading
    now = reading.clock.now()
    found = view.listed(reading.config, reading.alerts.firing(now), reading.silences(), now=now)
    suppressed = sum(1 for one in found if one.silenced or one.inhibited or one.muted)
    return {
        "alerts": {"active": len(found) - suppressed, "suppressed": suppressed},
        "groups": len(view.groups_json(found, view.AlertFilter())),
    }
