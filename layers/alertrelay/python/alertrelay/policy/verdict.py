"""Finds what a person said of an anomaly that fires: a verdict holds for one firing."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from alertrelay.alert import AnomalyVerdict


def verdict_on(fingerprint: str, starts_at: datetime, verdicts: Mapping[str, AnomalyVerdict]) -> AnomalyVerdict | None:
    """Returns the verdict on this firing, None where nobody judged it. `verdicts` are by fingerprint."""
    found = verdicts.get(fingerprint)
    if found is None:
        return None
    began = datetime.fromisoformat(found.started).replace(microsecond=0)
    return found if began == starts_at.replace(microsecond=0) else None
