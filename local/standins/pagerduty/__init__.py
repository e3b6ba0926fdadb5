"""PagerDuty, as far as a sender can see: Events API v2, the incidents that it opens, and the webhooks of these."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from alertrelay.channels.pagerduty import PagerDutySettings
from alertrelay.intake.incidents import KEY

from local.standins.http import HttpListener
from local.standins.pagerduty.incidents import OpenedIncidents
from local.standins.peer import NOBODY, Handed, Peer, PeerAnswer, Request, strings
from local.standins.pressing import NotPressed, form_of


class PagerDuty(Handed):
    """Events API v2, and people who work on its incidents."""

    channel = "pagerduty"

    def __init__(self) -> None:
        super().__init__()
        self._incidents = OpenedIncidents()

    def keep(self, rows: MutableMapping[int, str]) -> None:
        """Goes on with the incidents of `rows`, as PagerDuty remembers them."""
        self._incidents.keep(rows)

    def handed(self, request: Request) -> PeerAnswer | None:
        """Takes what a person at this machine does: see incidents.py."""
        match request.path, self.app:
            case "/incidents", _:
                return PeerAnswer(status=200, body=self._incidents.listed())
            case "/press", None:
                return NOBODY
            case "/press", app if app:
                try:
                    return self._incidents.press(form_of(request.body), app)
                except NotPressed as error:
                    return PeerAnswer(status=400, body=f"{error}\n")
        return None

    def answer(self, request: Request) -> PeerAnswer:
        """202, or 400 with everything that is wrong with the event."""
        found = self._answer(request)
        if 200 <= found.status < 300:
            self._incidents.take(request.json(), self.app)
        return found

    def _answer(self, request: Request) -> PeerAnswer:
        if request.path == "/generic/2010-04-15/create_event.json":
            return _answer_v1(request)
        if not request.path.endswith("/v2/enqueue"):
            return PeerAnswer(status=404, body={"status": "not found"})
        event = request.json()
        errors = _event_errors(event) if isinstance(event, dict) else ["the body is not a JSON object"]
        if len(request.body) > 512 * 1024:
            errors.append("Event is larger than 512 KB")
        if errors:
            return PeerAnswer(
                status=400, body={"status": "invalid event", "message": "Event object is invalid", "errors": errors}
            )
        dedup_key = event.get("dedup_key") or hashlib.sha256(request.body).hexdigest()[:32]
        return PeerAnswer(status=202, body={"status": "success", "message": "Event processed", "dedup_key": dedup_key})

    def failure(self, status: int) -> Any:
        """A body of no interest."""
        return {"status": "error", "message": f"failed on purpose with {status}"}

    def tokens(self, request: Request) -> frozenset[str]:
        """The routing key."""
        event = request.json()
        return strings(event.get("routing_key"), event.get("service_key")) if isinstance(event, dict) else frozenset()

    def redacted(self, request: Request) -> tuple[str, Any]:
        """Without the routing key."""
        event = request.json()
        kept = event.items() if isinstance(event, dict) else ()
        return request.path, {k: v for k, v in kept if k not in ("routing_key", "service_key")}


def _answer_v1(request: Request) -> PeerAnswer:
    """Events API v1: 200, or 400 with everything that is wrong with the event."""
    event = request.json() if isinstance(request.json(), dict) else {}
    wrong = [] if event.get("service_key") else ["'service_key' is missing or blank"]
    wrong += list(problems(event))
    if wrong:
        return PeerAnswer(status=400, body={"status": "invalid event", "message": wrong[0], "errors": wrong})
    return PeerAnswer(status=200, body={"status": "success", "incident_key": event.get("incident_key", "i1")})


def problems(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield what PagerDuty refuses of an event of v1 as it is rendered."""
    if "event_type" not in event:
        return
    if event["event_type"] not in ("trigger", "acknowledge", "resolve"):
        yield "'event_type' must be one of trigger, acknowledge, resolve"
    if not 0 < len(str(event.get("incident_key", ""))) <= 255:
        yield "'incident_key' is missing or longer than 255 characters"
    if event["event_type"] == "trigger" and not 0 < len(str(event.get("description", ""))) <= 1024:
        yield "'description' is missing or longer than 1024 characters"


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


def _headline(body: Mapping[str, Any]) -> str:
    payload = body.get("payload")
    summary = payload.get("summary", "") if isinstance(payload, Mapping) else body.get("description", "")
    action = str(body.get("event_action") or body.get("event_type", ""))
    return f"{action}: {summary}" if summary else action


def _fake_key(name: str, _settings: PagerDutySettings) -> str:
    return f"FAKE-routing-key-{name}"


PEER = Peer(
    headline=_headline,
    fake_key=_fake_key,
    port=4571,
    hosts=("events.pagerduty.com", "events.eu.pagerduty.com"),
    problems=problems,
    signed_by=KEY,
    presses=("curl {0}/incidents", "curl {0}/press -d incident=1 -d button=acknowledge -d user=ana"),
    listen=lambda board, host, port: HttpListener(PagerDuty(), board, host=host, port=port),
)
