"""PagerDuty's incidents, and people who work on them: what they do is posted as a webhook, V3.

The stand-in lists the incidents at GET /incidents, and takes at POST /press a form of `incident` (its number),
`button`, `user`, and for a note `note`.

Source: PagerDuty/developer-docs, webhooks "Overview": the event and its data; "Behavior": an answer within 5 seconds.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping, MutableMapping
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any, Literal

from alertrelay.intake.incidents import signature_of

from local.standins.peer import PeerAnswer
from local.standins.pressing import App, NotPressed, post

NONE = "no incident was opened yet; without --data those of before this start are not known here"
SECONDS = 5.0
"""PagerDuty waits so long for an answer."""
Status = Literal["triggered", "acknowledged", "resolved"]
BUTTONS: Mapping[Status, tuple[str, ...]] = {
    "triggered": ("acknowledge", "note", "resolve"),
    "acknowledged": ("acknowledge", "unacknowledge", "note", "resolve"),
    "resolved": ("note",),
}
"""What a person can do with an incident. `unacknowledge` stands for the acknowledgement timeout of its service."""
_BECOMES: Mapping[str, tuple[str, Status]] = {
    "acknowledge": ("incident.acknowledged", "acknowledged"),
    "unacknowledge": ("incident.unacknowledged", "triggered"),
    "resolve": ("incident.resolved", "resolved"),
}


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident; `key` is the one of the event that opened it."""

    id: str
    key: str
    summary: str
    status: Status = "triggered"
    by: str = ""
    notes: tuple[str, ...] = ()


@dataclass(slots=True)
class OpenedIncidents:
    """Those of all services, the oldest first. A key that is resolved opens another incident, as at PagerDuty."""

    _all: list[Incident] = field(default_factory=list)
    _open: dict[str, int] = field(default_factory=dict)  # the place of the newest one, by its key
    _kept: MutableMapping[int, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, rows: MutableMapping[int, str]) -> None:
        """Goes on with the incidents of `rows`, JSON by place, and keeps each change there. A field of another version
        is left out."""
        known = {one.name for one in fields(Incident)}
        with self._lock:
            self._kept = rows
            read = [json.loads(rows[place]) for place in sorted(rows)]
            self._all = [Incident(**{name: value for name, value in one.items() if name in known}) for one in read]
            self._open = {one.key: place for place, one in enumerate(self._all)}

    def take(self, event: Mapping[str, Any], app: App | None) -> None:
        """Takes an event of Events API v2, or v1, that was accepted. One that acknowledges is posted to the app as
        well: PagerDuty's webhooks leave out nobody who did it."""
        action = str(event.get("event_action") or event.get("event_type", ""))
        key = str(event.get("dedup_key") or event.get("incident_key", ""))
        place = self._open.get(key)
        status = "resolved" if place is None else self._all[place].status
        if action == "trigger" and status == "resolved":
            self._add(key, event)
        elif place is not None and action in _BECOMES and action in BUTTONS[status]:
            self._do(place, action, app, agent=None)

    def listed(self) -> str:
        """Returns each incident with its status, its notes and what can be done with it."""
        found = list[str]()
        for number, one in enumerate(self._all, start=1):
            who = f" by {one.by}" if one.by and one.status == "acknowledged" else ""
            found.append(f"{number}  {one.status}{who}: {one.summary[:160]}")
            found += [f"   | {note}" for note in one.notes]
            found.append(f"   {' '.join(BUTTONS[one.status])}")
        return "\n".join(found or [NONE]) + "\n"

    def press(self, form: Mapping[str, str], app: App) -> PeerAnswer:
        """Does what a person does. Raises NotPressed."""
        if not self._all:
            raise NotPressed(f"incident: {NONE}, so that there is nothing to press")
        number, button = form.get("incident", str(len(self._all))), form.get("button", "")
        if not number.isdecimal() or not 0 < int(number) <= len(self._all):
            raise NotPressed(
                f"incident: a number of 1 to {len(self._all)} was expected, got {number!r}; GET /incidents"
            )
        found = BUTTONS[self._all[int(number) - 1].status]
        if button not in found:
            raise NotPressed(f"button: incident {number} has {', '.join(found)}, got {button!r}")
        if button == "note" and not form.get("note", "").strip():
            raise NotPressed("note: a text was expected, as in -d 'note=the disk is full'")
        status, answered = self._do(
            int(number) - 1, button, app, agent=form.get("user", "ana"), note=form.get("note", "")
        )
        return PeerAnswer(status=200 if 200 <= status < 300 else 502, body=f"{answered}\n")

    def _add(self, key: str, event: Mapping[str, Any]) -> None:
        payload = event.get("payload")
        summary = payload.get("summary", "") if isinstance(payload, Mapping) else event.get("description", "")
        with self._lock:
            named = "Q" + hashlib.sha256(f"{len(self._all)} {key}".encode()).hexdigest()[:13].upper()
            self._open[key] = len(self._all)
            self._all.append(Incident(named, key, " ".join(str(summary).split())))
            self._write(self._open[key])

    def _write(self, place: int) -> None:
        self._kept[place] = json.dumps(asdict(self._all[place]))

    def _do(self, place: int, button: str, app: App | None, *, agent: str | None, note: str = "") -> tuple[int, str]:
        """Changes an incident, and posts it. `agent` None is the integration whose event it was."""
        with self._lock:
            one = self._all[place]
            if button == "note":
                changed, kind = replace(one, notes=(*one.notes, f"{agent}: {note}")), "incident.annotated"
            else:
                kind, status = _BECOMES[button]
                changed = replace(one, status=status, by=agent or "an event")
            self._all[place] = changed
            self._write(place)
        if app is None:
            return 0, ""
        return _post(app, kind, _note(changed, note) if button == "note" else _incident(changed), agent)


def _incident(one: Incident) -> dict[str, Any]:
    return {"id": one.id, "type": "incident", "title": one.summary, "status": one.status, "incident_key": one.key}


def _note(one: Incident, text: str) -> dict[str, Any]:
    incident = {"id": one.id, "type": "incident_reference", "summary": one.summary}
    return {"id": "N1", "type": "incident_note", "content": text, "incident": incident}


def _post(app: App, kind: str, data: Mapping[str, Any], agent: str | None) -> tuple[int, str]:
    """Posts a signed webhook. PagerDuty repeats for two days what fails; here the person sees it, and presses again."""
    reference = "events_api_v2_inbound_integration_reference" if agent is None else "user_reference"
    event = {
        "event_type": kind,
        "resource_type": "incident",
        "occurred_at": datetime.fromtimestamp(app.now(), UTC).isoformat(timespec="milliseconds"),
        "agent": {"id": "PLOCAL", "summary": agent or "alertrelay", "type": reference},
        "client": None,
        "data": data,
    }
    named = hashlib.sha256(json.dumps(event).encode()).hexdigest()[:26].upper()
    body = json.dumps({"event": {"id": named, **event}}).encode()
    signature = signature_of(app.secret.encode(), body)
    headers = {"Content-Type": "application/json", "X-PagerDuty-Signature": signature, "X-Webhook-Id": named}
    return post(f"{app.url}/pagerduty/webhook", body, headers, seconds=SECONDS)
