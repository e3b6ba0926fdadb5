"""Slack, as far as a sender can see: incoming webhooks and the calls of the Web API that a relay needs."""

from __future__ import annotations

import hashlib
import html
import threading
from collections.abc import Mapping
from typing import Any

from alertrelay.channels.slack import SlackSettings
from alertrelay.intake.slack.signature import KEY

from local.standins.http import HttpListener
from local.standins.peer import NOBODY, Handed, Peer, PeerAnswer, Request, strings, texts
from local.standins.pressing import NotPressed, form_of
from local.standins.slack.files import UPLOADS, Files
from local.standins.slack.pressing import command, listed, press

_ANSWERS = "https://hooks.slack.com"
"""Where answers go, by the name that the relay knows: it leads here."""


class Slack(Handed):
    """Incoming webhooks, the calls of the Web API that a relay needs, and people who press buttons."""

    channel = "slack"

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._posted: list[tuple[str, str]] = []
        self._messages: list[dict[str, Any]] = []  # with buttons: those posted, and the answers to presses
        self.files = Files()

    def handed(self, request: Request) -> PeerAnswer | None:
        """Takes what a person at this machine does: see pressing.py."""
        with self._lock:
            messages = list(self._messages)
        match request.path, self.app:
            case "/messages", _:
                return PeerAnswer(status=200, body=listed(messages))
            case (("/press" | "/command"), None):
                return NOBODY
            case "/press", app if app:
                try:
                    return press(app, messages, form_of(request.body), base=_ANSWERS)
                except NotPressed as error:
                    return PeerAnswer(status=400, body=f"{error}\n")
            case "/command", app if app:
                return command(app, form_of(request.body), base=_ANSWERS)
        return None

    def answer(self, request: Request) -> PeerAnswer:
        """The text `ok` for a webhook, JSON with status 200 for the Web API."""
        message = request.json()
        if request.path.startswith("/services/"):
            if not isinstance(message, dict):
                return PeerAnswer(status=400, body="invalid_payload")
            return (
                PeerAnswer(status=200, body="ok") if _has_content(message) else PeerAnswer(status=400, body="no_text")
            )
        if request.path.startswith(("/actions/", "/commands/")):
            self._note(message, place=None)
            return PeerAnswer(status=200, body="ok")
        if request.path.endswith("/api/usergroups.users.list"):
            return PeerAnswer(status=200, body={"ok": True, "users": []})
        if request.path.startswith(UPLOADS):
            taken = self.files.take(request)
            return PeerAnswer(status=200, body="OK") if taken else PeerAnswer(status=404, body="Not Found")
        if "/api/files." in request.path:
            with self._lock:
                return PeerAnswer(status=200, body=self.files.answer(request, self._posted))
        if "/api/chat." not in request.path:
            return PeerAnswer(status=404, body="no_service")
        return PeerAnswer(status=200, body=self._api(request, message))

    def _api(self, request: Request, message: Any) -> dict[str, Any]:
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return {"ok": False, "error": "not_authed"}
        if not isinstance(message, dict) or not message.get("channel"):
            return {"ok": False, "error": "channel_not_found"}
        if not _has_content(message):
            return {"ok": False, "error": "no_text"}
        with self._lock:
            if request.path.endswith("/api/chat.update"):
                place = (str(message["channel"]), str(message.get("ts", "")))
                if place not in self._posted:
                    return {"ok": False, "error": "message_not_found"}
                self._messages = [
                    {**message, "place": place} if one["place"] == place else one for one in self._messages
                ]
                return {"ok": True, "channel": place[0], "ts": place[1]}
            if "thread_ts" in message and message["thread_ts"] not in {ts for _, ts in self._posted}:
                return {"ok": False, "error": "thread_not_found"}
            place = (_channel_id(str(message["channel"])), f"1700000000.{len(self._posted) + 1:06d}")
            self._posted.append(place)
            self._messages.append({**message, "place": place})
        return {"ok": True, "channel": place[0], "ts": place[1]}

    def _note(self, message: Any, *, place: tuple[str, str] | None) -> None:
        with self._lock:
            if isinstance(message, dict):
                self._messages.append({**message, "place": place})

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
        return strings(token, message.get("channel") if isinstance(message, dict) else None)

    def redacted(self, request: Request) -> tuple[str, Any]:
        """A webhook's path is its secret."""
        kind = request.path.split("/")[1]
        return f"/{kind}/…" if kind in ("services", "actions", "commands") else request.path, request.json()


def _has_content(message: Mapping[str, Any]) -> bool:
    return any(message.get(part) for part in ("text", "blocks", "attachments"))


def _channel_id(name: str) -> str:
    """An id for a name, as Slack answers; an id stays itself."""
    if name.startswith("C") and name.isupper():
        return name
    return "C" + hashlib.sha256(name.encode()).hexdigest()[:8].upper()


def _shown(body: Mapping[str, Any]) -> str:
    return html.unescape("\n".join(texts(body)).replace("\u2060", ""))


def _fake_key(name: str, settings: SlackSettings) -> str:
    return (
        f"xoxb-FAKE-{name}" if settings.mode == "bot" else f"https://hooks.slack.com/services/TFAKE/BFAKE/FAKE-{name}"
    )


PEER = Peer(
    headline=lambda body: str(body.get("text", "")),
    fake_key=_fake_key,
    port=4572,
    hosts=("hooks.slack.com", "slack.com", "files.slack.com"),
    shown=_shown,
    signed_by=KEY,
    presses=("curl {0}/messages", "curl {0}/press -d message=1 -d button=silence_1h -d user=ana"),
    listen=lambda board, host, port: HttpListener(Slack(), board, host=host, port=port),
)
