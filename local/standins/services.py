"""What PagerDuty, Slack and a webhook answer, as far as a sender can tell. No sockets here."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from alertrelay.alert import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Header names in lower case."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The parsed body, None where it is no JSON."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status and a body: text as it is, anything else as JSON."""

    status: int
    body: Any


class Service(Protocol):
    """One peer."""

    channel: Channel

    def answer(self, request: Request) -> Answer:
        """What the service says where nothing is wrong with it."""

    def failure(self, status: int) -> Any:
        """The body that the service sends with a status of failure."""

    def tokens(self, request: Request) -> frozenset[str]:
        """Whose request it is: by these a fault can strike one receiver alone."""

    def redacted(self, request: Request) -> tuple[str, Any]:
        """Path and body without what is secret in them."""


class PagerDuty:
    """Events API v2."""

    channel: Channel = "pagerduty"

    def answer(self, request: Request) -> Answer:
        """202, or 400 with everything that is wrong with the event."""
        if request.path != "/v2/enqueue":
            return Answer(status=404, body={"status": "not found"})
        event = request.json()
        errors = _event_errors(event) if isinstance(event, dict) else ["the body is no JSON object"]
        if len(request.body) > 512 * 1024:
            errors.append("Event is larger than 512 KB")
        if errors:
            return Answer(
                status=400, body={"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            )
        dedup_key = event.get("dedup_key") or hashlib.sha256(request.body).hexdigest()[:32]
        return Answer(status=202, body={"status": "success", "message": "Event processed", "dedup_key": dedup_key})

    def failure(self, status: int) -> Any:
        """A body of no interest."""
        return {"status": "error", "message": f"failed on purpose with {status}"}

    def tokens(self, request: Request) -> frozenset[str]:
        """The routing key."""
        event = request.json()
        return _strings(event.get("routing_key") if isinstance(event, dict) else None)

    def redacted(self, request: Request) -> tuple[str, Any]:
        """Without the routing key."""
        event = request.json()
        return request.path, {k: v for k, v in event.items() if k != "routing_key"} if isinstance(event, dict) else None


class Slack:
    """Incoming webhooks and the two calls of the Web API that a relay needs."""

    channel: Channel = "slack"

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._posted: list[tuple[str, str]] = []

    def answer(self, request: Request) -> Answer:
        """The text `ok` for a webhook, JSON with status 200 for the Web API."""
        message = request.json()
        if request.path.startswith("/services/"):
            if not isinstance(message, dict):
                return Answer(status=400, body="invalid_payload")
            return Answer(status=200, body="ok") if _has_content(message) else Answer(status=400, body="no_text")
        if not request.path.startswith("/api/chat."):
            return Answer(status=404, body="no_service")
        return Answer(status=200, body=self._api(request, message))

    def _api(self, request: Request, message: Any) -> dict[str, Any]:
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return {"ok": False, "error": "not_authed"}
        if not isinstance(message, dict) or not message.get("channel"):
            return {"ok": False, "error": "channel_not_found"}
        if not _has_content(message):
            return {"ok": False, "error": "no_text"}
        with self._lock:
            if request.path == "/api/chat.update":
                place = (str(message["channel"]), str(message.get("ts", "")))
                if place not in self._posted:
                    return {"ok": False, "error": "message_not_found"}
                return {"ok": True, "channel": place[0], "ts": place[1]}
            if "thread_ts" in message and message["thread_ts"] not in {ts for _, ts in self._posted}:
                return {"ok": False, "error": "thread_not_found"}
            place = (_channel_id(str(message["channel"])), f"1700000000.{len(self._posted) + 1:06d}")
            self._posted.append(place)
        return {"ok": True, "channel": place[0], "ts": place[1]}

    def failure(self, status: int) -> Any:
        """Slack's own word for it, where it has one."""
        return {404: "no_service", 403: "invalid_token", 410: "channel_is_archived", 400: "invalid_payload"}.get(
            status, "failed on purpose"
        )

    def tokens(self, request: Request) -> frozenset[str]:
        """A webhook's path, or a bot's token and channel."""
        if request.path.startswith("/services/"):
            return frozenset({request.path})
        message = request.json()
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        return _strings(token, message.get("channel") if isinstance(message, dict) else None)

    def redacted(self, request: Request) -> tuple[str, Any]:
        """A webhook's path is its secret."""
        return "/services/…" if request.path.startswith("/services/") else request.path, request.json()


class Webhook:
    """Any receiver of webhooks, also one that speaks Slack's."""

    channel: Channel = "webhook"

    def answer(self, request: Request) -> Answer:
        """200 `ok` for any JSON."""
        return Answer(status=200, body="ok") if request.json() is not None else Answer(status=400, body="no JSON")

    def failure(self, status: int) -> Any:
        """A body of no interest."""
        return f"failed on purpose with {status}"

    def tokens(self, request: Request) -> frozenset[str]:
        """The path with its query."""
        return frozenset({request.path})

    def redacted(self, request: Request) -> tuple[str, Any]:
        """The path may be the secret."""
        return "/…", request.json()


def _event_errors(event: Mapping[str, Any]) -> list[str]:
    errors = []
    if not event.get("routing_key"):
        errors.append("'routing_key' is missing or blank")
    if event.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        errors.append("'event_action' must be one of trigger, acknowledge, resolve")
    if len(str(event.get("dedup_key", ""))) > 255:
        errors.append("'dedup_key' is longer than 255 characters")
    if event.get("event_action") != "trigger":
        return errors + ([] if event.get("dedup_key") else ["'dedup_key' is missing or blank"])
    payload = event.get("payload")
    if not isinstance(payload, dict):
        return [*errors, "'payload' is missing or no object"]
    errors += [f"'payload.{n}' is missing or blank" for n in ("summary", "source", "severity") if not payload.get(n)]
    if payload.get("severity") not in ("critical", "error", "warning", "info"):
        errors.append("'payload.severity' must be one of critical, error, warning, info")
    if len(str(payload.get("summary", ""))) > 1024:
        errors.append("'payload.summary' is longer than 1024 characters")
    if not all(isinstance(link, dict) and link.get("href") for link in event.get("links", [])):
        errors.append("'links' must have an 'href' each")
    return errors


def _has_content(message: Mapping[str, Any]) -> bool:
    return any(message.get(part) for part in ("text", "blocks", "attachments"))


def _channel_id(name: str) -> str:
    """An id for a name, as Slack answers; an id stays itself."""
    if name.startswith("C") and name.isupper():
        return name
    return "C" + hashlib.sha256(name.encode()).hexdigest()[:8].upper()


def _strings(*values: object) -> frozenset[str]:
    return frozenset(v for v in values if isinstance(v, str) and v)
