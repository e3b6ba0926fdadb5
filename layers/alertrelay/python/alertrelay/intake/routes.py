"""The routes of the intake, by Powertools' resolver for HTTP APIs.

Each is authenticated before its handler runs, and what fails is an answer: 503 wherever a post may succeed later.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from alertrelay.intake import operating, push, reading, silencing
from alertrelay.intake.operating import Operating
from alertrelay.intake.ports import IntakeReport, TopicFailure
from alertrelay.intake.push import Push
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiError, ApiRequest, read_request
from alertrelay.intake.silencing import Silencing
from alertrelay.intake.tokens import Doorkeeper, NoTokens, Right, TokenRefused
from alertrelay.policy.silence_json import to_json
from alertrelay.state import StoreFailure

_PART = re.compile("<[a-z_]+>")
JSON, TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"
_PHRASES = {401: "Unauthorized", 403: "Forbidden"}
Answer = Response[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """What the routes call, by what a token must be allowed."""

    push: Push
    reading: Reads
    silencing: Silencing
    operating: Operating
    doorkeeper: Doorkeeper
    report: IntakeReport


def routes(handlers: Handlers) -> APIGatewayHttpResolver:
    """Returns the resolver with every route."""
    app = APIGatewayHttpResolver()
    add = _Adder(app, handlers)
    _pushes(add, handlers.push)
    _reads(add, handlers.reading)
    _silences(add, handlers.silencing, handlers.reading)
    _operations(add, handlers)

    @app.not_found
    def _missing(_: Exception) -> Answer:
        event = app.current_event
        allowed = add.methods(event.path)
        if not allowed:
            return _answer(404, {"code": 404, "message": f"path {event.path[:200]} was not found"})
        message = f"method {event.http_method} is not allowed, but [{','.join(allowed)}] are"
        return _answer(405, {"code": 405, "message": message}, headers={"Allow": ", ".join(allowed)})

    return app


class _Adder:
    """Adds routes that check the token first, and turn every failure into an answer."""

    def __init__(self, app: APIGatewayHttpResolver, handlers: Handlers) -> None:
        self._app = app
        self._handlers = handlers
        self._added: list[tuple[str, re.Pattern[str]]] = []

    def __call__(
        self, method: str, rule: str, right: Right | None, summary: str, handle: Callable[..., Answer]
    ) -> None:
        def guarded(**parts: str) -> Answer:
            return self._guarded(right, handle, parts)

        guarded.__name__ = handle.__name__.strip("_")
        self._added.append((method, re.compile(_PART.sub("[^/]+", rule))))
        self._app.route(rule, method, summary=summary, description=right or "")(guarded)

    def methods(self, path: str) -> list[str]:
        """Returns the methods that a path has."""
        return sorted({method for method, rule in self._added if rule.fullmatch(path)})

    def _guarded(self, right: Right | None, handle: Callable[..., Answer], parts: Mapping[str, str]) -> Answer:
        report = self._handlers.report
        try:
            event = self._app.current_event.raw_event
            if right is not None:
                headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
                self._handlers.doorkeeper.check(headers.get("authorization", ""), right)
            return handle(read_request(event), **parts)
        except ApiError as error:
            return _answer(error.status, error.body, headers=error.headers)
        except TokenRefused as refused:
            report.log("intake_refused", status=refused.status, why=refused.why)
            asks = {"WWW-Authenticate": 'Basic realm="alertrelay"'} if refused.status == 401 else {}
            return _answer(refused.status, {"message": _PHRASES[refused.status]}, headers=asks)
        except (NoTokens, StoreFailure, TopicFailure) as failure:
            report.log("intake_unavailable", failure=str(failure) or "no token can be read from the secret")
            report.count("IntakeUnavailable", 1)
            return _answer(503, {"code": 503, "message": "not available now: try again"})


def _pushes(add: _Adder, parts: Push) -> None:
    def webhook(request: ApiRequest) -> Answer:
        return _answer(200, push.post_webhook(parts, request))

    def post_alerts(request: ApiRequest) -> Answer:
        push.post_alerts(parts, request)
        return _answer(200)

    add("POST", "/api/v1/alertmanager", "push", "Take the webhook of Alertmanager or Grafana", webhook)
    add("POST", "/api/v2/alerts", "push", "Take alerts, as Prometheus and amtool post them", post_alerts)


def _reads(add: _Adder, parts: Reads) -> None:
    def status(_: ApiRequest) -> Answer:
        return _answer(200, reading.get_status(parts))

    def receivers(_: ApiRequest) -> Answer:
        return _answer(200, reading.get_receivers(parts))

    def alerts(request: ApiRequest) -> Answer:
        return _answer(200, reading.get_alerts(parts, request))

    def groups(request: ApiRequest) -> Answer:
        return _answer(200, reading.get_groups(parts, request))

    def healthy(_: ApiRequest) -> Answer:
        return Response(200, "text/plain; charset=utf-8", "OK")

    def metrics(_: ApiRequest) -> Answer:
        return Response(200, TEXT, reading.metrics(parts))

    add("GET", "/api/v2/status", "read", "Show version, uptime and configuration", status)
    add("GET", "/api/v2/receivers", "read", "List receivers", receivers)
    add("GET", "/api/v2/alerts", "read", "List the alerts that fire", alerts)
    add("GET", "/api/v2/alerts/groups", "read", "List the alerts that fire by group", groups)
    add("GET", "/metrics", "read", "Show what is known now, as metrics", metrics)
    for path in ("/-/healthy", "/-/ready"):
        add("GET", path, None, "Answer that the intake runs", healthy)


def _silences(add: _Adder, parts: Silencing, reads: Reads) -> None:
    def silences(request: ApiRequest) -> Answer:
        return _answer(200, reading.get_silences(reads, request))

    def post_silence(request: ApiRequest) -> Answer:
        return _answer(200, silencing.post_silence(parts, request))

    def silence(_: ApiRequest, silence_id: str) -> Answer:
        silencing.checked_id(silence_id)
        found = next((one for one in reads.silences() if one.id == silence_id), None)
        return _answer(200, to_json(found, reads.clock.now())) if found else _answer(404)

    def delete_silence(_: ApiRequest, silence_id: str) -> Answer:
        silencing.delete_silence(parts, silence_id)
        return _answer(200)

    add("GET", "/api/v2/silences", "read", "List silences", silences)
    add("POST", "/api/v2/silences", "silence", "Create or change a silence", post_silence)
    add("GET", "/api/v2/silence/<silence_id>", "read", "Show a silence", silence)
    add("DELETE", "/api/v2/silence/<silence_id>", "silence", "Expire a silence", delete_silence)


def _operations(add: _Adder, handlers: Handlers) -> None:
    parts = handlers.operating

    def health(_: ApiRequest) -> Answer:
        found = operating.health(parts)
        return _answer(200 if found["healthy"] else 503, found)

    def stats(_: ApiRequest) -> Answer:
        return _answer(200, operating.stats(parts))

    def post_test(request: ApiRequest) -> Answer:
        return _answer(200, operating.post_test(parts, request))

    def post_clear(request: ApiRequest) -> Answer:
        return _answer(200, operating.post_clear(parts, request))

    add("POST", "/test", "admin", "Send a drill alert to a receiver", post_test)
    add("POST", "/suppression/clear", "admin", "Notify once more what fires in a group", post_clear)
    add("GET", "/health", "read", "Check whether the table answers", health)
    add("GET", "/stats", "read", "Count alerts, groups, deliveries and what was suppressed", stats)


def _answer(status: int, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
    """An empty body has no type: amtool's client refuses an empty answer in JSON."""
    text = "" if body is None else json.dumps(body, ensure_ascii=False)
    return Response(status, JSON if text else None, text, headers={**_SAFE, **(headers or {})})


_SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
