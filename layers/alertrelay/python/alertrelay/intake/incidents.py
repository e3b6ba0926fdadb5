"""Takes PagerDuty's webhooks, V3: who acknowledged an incident there, and what was noted on it.

An acknowledgement of an incident is one of each alert that it holds open; it carries the incident's key, so that it is
not sent back. A note stands behind the acknowledgement. Whatever else happens to an incident changes nothing here.

Source: PagerDuty/developer-docs, webhooks "Overview" (event, incident, incident_note), "Signatures" and "Behavior": at
least once, for up to 48 hours; a signature has no time in it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from alertrelay.alert import Way
from alertrelay.channels import channel
from alertrelay.intake.acknowledging import (
    Acknowledging,
    acknowledge_item,
    replace_acknowledgement,
    show,
    withdraw_item,
)
from alertrelay.intake.request import ApiError, ApiRequest
from alertrelay.intake.tokens import REFRESHED, ReadSecret
from alertrelay.nflog.group_state import AlertItem
from alertrelay.policy.acknowledgement import fires, standing
from alertrelay.policy.group_key import channel_of
from alertrelay.ports import SecretMissing

KEY = "pagerduty_webhook_secret"
"""The key of the environment's secret: that of the webhook subscription; two with a space between them while one is
replaced."""
OLDEST = timedelta(hours=48)
"""So long PagerDuty repeats an event that was not taken."""
KEPT = timedelta(minutes=5)
_BATCH = 100
_WAY: Way = "pagerduty"


@dataclass(slots=True)
class WebhookSecrets:
    """Knows the secrets of webhook subscriptions. `read` is called with the first request, and again where a signature
    does not fit, half a minute later at the earliest."""

    read: ReadSecret
    _known: tuple[bytes, ...] = ()
    _read_at: datetime | None = None

    def signed(self, signatures: str, body: bytes, now: datetime) -> bool:
        """Returns whether one of the signatures is that of a known secret. Raises SecretMissing where none is known and
        the secret cannot be read."""
        if self._read_at is None or now - self._read_at >= KEPT:
            self._refresh(now, past_cache=False)
        if _fits(self._known, signatures, body):
            return True
        if self._read_at and now - self._read_at >= REFRESHED:
            self._refresh(now, past_cache=True)
        return _fits(self._known, signatures, body)

    def _refresh(self, now: datetime, *, past_cache: bool) -> None:
        try:
            found = self.read(past_cache)
        except SecretMissing:
            if not self._known:
                raise
            return
        self._read_at = now
        self._known = tuple(one.encode() for one in str(found.get(KEY) or "").split())


def _fits(secrets: Sequence[bytes], signatures: str, body: bytes) -> bool:
    """Compares every pair in constant time; none ends the comparison."""
    found = False
    for secret in secrets:
        expected = signature_of(secret, body).encode()
        for given in signatures.split(","):
            found |= hmac.compare_digest(expected, given.strip().encode("utf-8", "replace"))
    return found


def signature_of(secret: bytes, body: bytes) -> str:
    """Returns one signature of X-PagerDuty-Signature."""
    return "v1=" + hmac.new(secret, body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Incidents:
    """What taking webhooks needs."""

    acknowledging: Acknowledging
    secrets: WebhookSecrets


def post_webhook(incidents: Incidents, request: ApiRequest) -> dict[str, int]:
    """Takes one event; returns for how many alerts it changed something. Raises ApiError, state.StoreFailure."""
    parts = incidents.acknowledging
    now = parts.clock.now()
    try:
        signed = incidents.secrets.signed(request.headers.get("x-pagerduty-signature", ""), request.body, now)
    except SecretMissing as missing:
        parts.report.log("intake_unavailable", failure=str(missing))
        raise ApiError(503, {"code": 503, "message": "not available now: try again"}) from None
    if not signed:
        parts.report.log("intake_refused", status=401, why=f"PagerDuty: no signature by {KEY} of the secret")
        raise ApiError(401, {"message": "Unauthorized"})
    event = _event(request.body)
    kind, at = str(event.get("event_type", "")), _time(event.get("occurred_at"))
    if at is None or now - at > OLDEST:
        parts.report.log("pagerduty_ignored", type=kind[:60], why="it is older than 48 hours, or has no time")
        return {"alerts": 0}
    taken = _take(parts, kind, event, at)
    show(parts, taken)
    parts.report.log("pagerduty_webhook", type=kind[:60], alerts=len(taken))
    return {"alerts": len(taken)}


def _event(body: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(body)["event"]
    except (ValueError, KeyError, TypeError, RecursionError):
        event = None
    if not isinstance(event, Mapping) or not isinstance(event.get("data"), Mapping):
        message = 'expected PagerDuty\'s V3 webhook, {"event": {"event_type", "occurred_at", "data", …}}'
        raise ApiError(400, {"code": 400, "message": message})
    return event


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return at if at.tzinfo else None


def _take(parts: Acknowledging, kind: str, event: Mapping[str, Any], at: datetime) -> list[AlertItem]:
    """Returns the alerts of which something changed."""
    data, who = event["data"], _agent(event)
    if kind == "incident.annotated":
        incident = data.get("incident")
        named = str(incident.get("id", "")) if isinstance(incident, Mapping) else ""
        note = " ".join(f"{who}: {data.get('content', '')}".split())
        return _annotate(parts, named, note) if named else []
    key, named = str(data.get("incident_key") or ""), str(data.get("id") or "")
    if kind not in ("incident.acknowledged", "incident.unacknowledged") or not key:
        return []
    found = [item for item in _held_by(parts, key) if item.alert.starts_at <= at]
    if kind == "incident.unacknowledged":
        return [item for item in found if _ended(parts, item, key, who)]
    return [item for item in found if _acknowledged(parts, item, who, key, named)]


def _agent(event: Mapping[str, Any]) -> str:
    for name, field in (("agent", "summary"), ("client", "name")):
        one = event.get(name)
        if isinstance(one, Mapping) and isinstance(one.get(field), str) and one[field].strip():
            return str(one[field])
    return "PagerDuty"


def _acknowledged(parts: Acknowledging, item: AlertItem, who: str, key: str, named: str) -> bool:
    taken = acknowledge_item(parts, item, by=who, via=_WAY, incident=key, incident_id=named)
    if taken and not taken.first and not taken.by.incident_id:
        # Somebody else was first: a note on the incident has to find it all the same.
        replace_acknowledgement(parts, taken.item, replace(taken.by, incident_id=named))
    return bool(taken and taken.first)


def _ended(parts: Acknowledging, item: AlertItem, key: str, who: str) -> bool:
    """Ends what this incident has acknowledged: PagerDuty calls people again, since nobody is on it."""
    by = item.acknowledged
    if by is None or by.via != _WAY or by.incident != key:
        return False
    return withdraw_item(parts, item, by=who, why="PagerDuty")


def _annotate(parts: Acknowledging, incident: str, note: str) -> list[AlertItem]:
    changed = list[AlertItem]()
    for item in _firing(parts):
        by = standing(item.acknowledged, item.alert)
        if by and by.incident_id == incident and note not in by.comment.splitlines():
            comment = "\n".join(filter(None, (by.comment, note)))
            if replace_acknowledgement(parts, item, replace(by, comment=comment)):
                changed.append(item)
    return changed


def _firing(parts: Acknowledging) -> Iterator[AlertItem]:
    now = parts.clock.now()
    return (item for item in parts.alerts.firing(now) if fires(item.alert, now))


def _held_by(parts: Acknowledging, key: str) -> list[AlertItem]:
    """Returns the alerts that the incident of a key holds open: of the group whose own it is, or whose fallback's."""
    items = list(_firing(parts))
    gids = sorted({gid for item in items for gid in item.groups})
    # A fallback's incident may be any group's; what is looked for first are those of the channel itself.
    gids.sort(key=lambda gid: not channel(channel_of(gid)).pages)
    for start in range(0, len(gids), _BATCH):
        for gid, header in parts.groups.headers(gids[start : start + _BATCH]).items():
            ledger = header.ledger
            if ledger is None:  # in chunks
                state = parts.groups.state(gid)
                ledger = state.ledger if state else None
            if ledger is None:
                continue
            if ledger.dedup_key == key and ledger.firing:
                return [item for item in items if item.key in ledger.firing]
            if any(receipt.ref.get("dedup_key") == key for receipt in ledger.receipts.values()):
                return [item for item in items if item.key in ledger.fallback_firing | ledger.firing]
    return []
