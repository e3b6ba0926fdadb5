"""Decides which runbooks start by themselves: those that delivery.yml allows for an alert, once a firing.

An alert names a document (annotation `automation`); nothing starts that the list does not have, nothing that is muted
by a silence or a maintenance window, and nothing that comes late.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from alertrelay.alert import Alert
from alertrelay.config.model import AllowedAutomation, MaintenanceWindow
from alertrelay.policy.maintenance import in_maintenance
from alertrelay.policy.matchers import matches
from alertrelay.policy.silence import Silence, silenced_by
from alertrelay.values.automation import ANNOTATION, parameters_of

LATE = timedelta(minutes=15)
"""After this a firing is no reason to start anything: a person is at it, or the message was sent again."""
_SPACE = uuid.UUID("a3c1f0de-6a4b-5d53-9a51-2f6d1c6f7a10")


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """One run to start. `token` is the same for the same firing: SSM starts one run for it."""

    document: str
    parameters: Mapping[str, Sequence[str]]
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotStarted:
    """A document that an alert names and that does not start, and why: for the log."""

    document: str
    reason: str


def decide_start(
    alert: Alert,
    allowed: Sequence[AllowedAutomation],
    *,
    silences: Sequence[Silence] | None,
    maintenance: Sequence[MaintenanceWindow],
    now: datetime,
) -> Start | NotStarted | None:
    """Returns what comes of an alert's document, None where it names none, or does not fire. `silences` None: they
    cannot be read, so nothing starts."""
    document = alert.annotations.get(ANNOTATION, "").strip()
    if not document or alert.status != "firing" or alert.kind != "alert":
        return None
    entry = next((a for a in allowed if a.document == document and matches(a.matchers, alert.labels)), None)
    why = _refused(entry, alert, silences, maintenance, now)
    if entry is None or why:
        return NotStarted(document=document, reason=why)
    parameters = {name: [value] for name, value in parameters_of(alert.annotations).items()}
    if entry.role:
        parameters["AutomationAssumeRole"] = [entry.role]
    text = " ".join([alert.state_key, alert.starts_at.isoformat(), document])
    return Start(document=document, parameters=parameters, token=str(uuid.uuid5(_SPACE, text)))


def _refused(
    entry: AllowedAutomation | None,
    alert: Alert,
    silences: Sequence[Silence] | None,
    maintenance: Sequence[MaintenanceWindow],
    now: datetime,
) -> str:
    if entry is None:
        return "not_allowed"
    if now - alert.starts_at > LATE:
        return "late"
    if silences is None:
        return "silences_not_read"
    if silenced_by(silences, alert.labels, now):
        return "silenced"
    if in_maintenance(maintenance, "", alert.labels, now):
        return "in_maintenance"
    return ""
