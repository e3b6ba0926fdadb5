"""An intake over memory twins, asked by events of payload 2.0."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from alertrelay.config.model import Config
from alertrelay.groups.router import Router
from alertrelay.intake.ports import DayFigures
from alertrelay.memory.intake import MemoryDeadLetters, MemoryPostedAlerts, MemoryRefusedBodies, MemoryTopics
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.scorer import MemoryNotebook
from alertrelay.memory.store import MemoryStore
from alertrelay.runtime.console import ConsoleWorld
from alertrelay.runtime.intake_handler import IntakeState, IntakeWorld, handler_of
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.slack import SlackWorld

NOW = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
PUSH, READ, SILENCE, ADMIN = (f"{right}-token-of-a-test" for right in ("push", "read", "silence", "admin"))
SECRET = {
    "intake_push_token": f"{PUSH} {PUSH}-next",
    "intake_read_token": READ,
    "intake_silence_token": SILENCE,
    "intake_admin_token": ADMIN,
}


class Answer:
    """What the intake answered."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.status: int = answer["statusCode"]
        self.headers: Mapping[str, str] = answer.get("headers") or {}
        self.text: str = answer["body"]
        self.cookies: list[str] = answer.get("cookies") or []

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.text)


class Door:
    """The intake with its twins; `secret` may be changed, `failing` ports fail."""

    def __init__(self, config: Config) -> None:
        self.later: list[Mapping[str, Any]] = []
        self.replies: list[tuple[str, Mapping[str, Any]]] = []
        self.queued: list[Mapping[str, Any]] = []
        self.user_groups: dict[str, frozenset[str]] = {}
        self.clock = ManualClock(NOW)
        self.store = MemoryStore(self.clock)
        self.notes = MemoryNotebook(verdicts=self.store.verdicts)
        self.posted = MemoryPostedAlerts()
        self.topics = MemoryTopics()
        self.refused = MemoryRefusedBodies()
        self.logged: list[str] | None = None
        self.letters = MemoryDeadLetters("slack-forwarder-failed")
        self.secret: dict[str, object] = dict(SECRET)
        self.config = config
        self.figures: DayFigures | None = None
        self.handle = handler_of(
            config,
            "route:\n  receiver: oncall\n",
            IntakeState(
                posted=self.posted,
                alerts=self.store,
                silences=self.store,
                groups=self.store,
                rates=self.store,
                lookup=self.store,
                acknowledgements=self.store,
            ),
            IntakeWorld(
                topics=self.topics,
                refused=self.refused,
                secret=lambda _: self.secret,
                statistics=self,
                clock=self.clock,
                slack=SlackWorld(
                    later=self.later.append,
                    reply=self._reply,
                    members=lambda _, group: self.user_groups[group],
                    vote=self.notes.add_vote,
                    alerts=self.store.get_alerts,
                    queue=self.queued.append,
                ),
            ),
            ConsoleWorld(
                letters=self.letters, log=self, home={"region": "eu-west-1"}, objectives=("orders-availability",)
            ),
            Observer(service="intake", level="INFO", namespace="alertrelay", also=None, environment="test"),
        )

    def lines(self, fingerprint: str, *, since: datetime, now: datetime) -> Sequence[str] | None:
        """See intake.ports.DecisionLog."""
        return None if self.logged is None else [line for line in self.logged if fingerprint in line]

    def last_day(self, now: datetime) -> DayFigures | None:
        """See intake.ports.Statistics."""
        return self.figures

    def ask(
        self,
        method: str,
        target: str,
        body: object = None,
        *,
        token: str = ADMIN,
        headers: Mapping[str, str] | None = None,
        **more: Any,
    ) -> Answer:
        """Sends one request; `body` is JSON unless it is text."""
        return Answer(self.handle(event(method, target, body, token=token, headers=headers, **more), None))

    def tick(self) -> Any:
        """What EventBridge sends each minute."""
        return self.handle({"detail-type": "Scheduled Event"}, None)

    def go_on(self) -> None:
        """Does what was left for later, as Lambda invokes the function once more."""
        while self.later:
            self.handle(self.later.pop(0), None)

    def _reply(self, address: str, answer: Mapping[str, Any]) -> str:
        self.replies.append((address, answer))
        return ""

    def entries(self) -> list[dict[str, Any]]:
        """The entries of all published messages."""
        return [entry for _, message, _ in self.topics.published for entry in json.loads(message)["alerts"]]


def router_of(door: Door) -> Router:
    """The router of the forwarders behind it."""
    return Router(
        config=door.config,
        channels=door.config.kinds(),
        accounts_for_unrouted=True,
        notes_sources=True,
        unrouted_channel="email",
    )


def event(
    method: str,
    target: str,
    body: object = None,
    *,
    token: str = "",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> dict[str, Any]:
    """An event of an HTTP API."""
    url = urlsplit(target)
    text = body if isinstance(body, str) or body is None else json.dumps(body)
    given = {"content-type": "application/json", **({"authorization": f"Bearer {token}"} if token else {})}
    return {
        "version": "2.0",
        "rawPath": url.path,
        "rawQueryString": url.query,
        "headers": {**given, **(headers or {})},
        "requestContext": {"http": {"method": method, "path": url.path}, "stage": "$default"},
        "body": text,
        "isBase64Encoded": False,
        **more,
    }


def alert(name: str = "Down", *, starts: str = "2026-11-20T03:00:00Z", ends: str = "", **labels: str) -> dict[str, Any]:
    """A posted alert."""
    found = {"labels": {"alertname": name, **labels}, "annotations": {"summary": f"{name} it is"}, "startsAt": starts}
    return {**found, **({"endsAt": ends} if ends else {})}
