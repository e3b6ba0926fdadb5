"""The routes of the intake, by Powertools' resolver for HTTP APIs.

Each is authenticated before its handler runs, and what fails is an answer: 503 wherever a post may succeed later.
`tools/openapi.py` writes the specification from ROUTES.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from alertrelay.intake import acknowledging, operating, push, reading, silencing
from alertrelay.intake.acknowledging import Acknowledging
from alertrelay.intake.operating import Operating
from alertrelay.intake.ports import IntakeReport, TopicFailure
from alertrelay.intake.push import Push
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiError, ApiRequest, read_request
from alertrelay.intake.silencing import Silencing
from alertrelay.intake.tokens import Doorkeeper, NoTokens, Right, TokenRefused
from alertrelay.state import StoreFailure

JSON, TEXT = "application/json", "text/plain; version=0.0.4; charset=utf-8"
Answer = Response[str]
_PHRASES = {401: "Unauthorized", 403: "Forbidden"}
_SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_PART = re.compile("<[a-z_]+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """What the routes call, by what a token must be allowed."""

    push: Push
    reading: Reads
    silencing: Silencing
    acknowledging: Acknowledging
    operating: Operating
    doorkeeper: Doorkeeper
    report: IntakeReport


@dataclass(frozen=True, slots=True)
class RouteFacts:
    """One route. `handle` returns the body of a 200, or the whole answer; it may raise what `_answered` knows."""

    method: str
    rule: str
    right: Right | None
    summary: str
    handle: Callable[..., Any]


def _health(handlers: Handlers, _: ApiRequest) -> Answer:
    found = operating.health(handlers.operating)
    return _answer(200 if found["healthy"] else 503, found)


def _metrics(handlers: Handlers, _: ApiRequest) -> Answer:
    return Response(200, TEXT, reading.metrics(handlers.reading))


def _alive(_: Handlers, __: ApiRequest) -> Answer:
    return Response(200, "text/plain; charset=utf-8", "OK")


def _silence(handlers: Handlers, _: ApiRequest, silence_id: str) -> Any:
    silencing.checked_id(silence_id)
    return reading.get_silence(handlers.reading, silence_id)


ROUTES: tuple[RouteFacts, ...] = (
    RouteFacts("POST", "/api/v1/alertmanager", "push", "Take the webhook of Alertmanager or Grafana",
               lambda handlers, request: push.post_webhook(handlers.push, request)),
    RouteFacts("POST", "/api/v2/alerts", "push", "Take alerts, as Prometheus and amtool post them",
               lambda handlers, request: push.post_alerts(handlers.push, request)),
    RouteFacts("GET", "/api/v2/alerts", "read", "List the alerts that fire",
               lambda handlers, request: reading.get_alerts(handlers.reading, request)),
    RouteFacts("GET", "/api/v2/alerts/groups", "read", "List the alerts that fire by group",
               lambda handlers, request: reading.get_groups(handlers.reading, request)),
    RouteFacts("GET", "/api/v2/status", "read", "Show version, uptime and configuration",
               lambda handlers, _: reading.get_status(handlers.reading)),
    RouteFacts("GET", "/api/v2/receivers", "read", "List receivers",
               lambda handlers, _: reading.get_receivers(handlers.reading)),
    RouteFacts("GET", "/api/v2/silences", "read", "List silences",
               lambda handlers, request: reading.get_silences(handlers.reading, request)),
    RouteFacts("POST", "/api/v2/silences", "silence", "Create or change a silence",
               lambda handlers, request: silencing.post_silence(handlers.silencing, request)),
    RouteFacts("GET", "/api/v2/silence/<silence_id>", "read", "Show a silence", _silence),
    RouteFacts("DELETE", "/api/v2/silence/<silence_id>", "silence", "Expire a silence",
               lambda handlers, _, silence_id: silencing.delete_silence(handlers.silencing, silence_id)),
    RouteFacts("GET", "/api/v1/acknowledgements", "read", "List the alerts that fire and are acknowledged",
               lambda handlers, _: acknowledging.get_acknowledgements(handlers.acknowledging)),
    RouteFacts("POST", "/api/v1/acknowledgements", "silence", "Acknowledge an alert that fires",
               lambda handlers, request: acknowledging.post_acknowledgement(handlers.acknowledging, request)),
    RouteFacts("DELETE", "/api/v1/acknowledgements/<fingerprint>", "silence", "Undo an acknowledgement",
               lambda handlers, request, fingerprint: acknowledging.delete_acknowledgement(
                   handlers.acknowledging, request, fingerprint)),
    RouteFacts("GET", "/metrics", "read", "Show what is known now, as metrics", _metrics),
    RouteFacts("GET", "/-/healthy", None, "Answer that the intake runs", _alive),
    RouteFacts("GET", "/-/ready", None, "Answer that the intake runs", _alive),
    RouteFacts("GET", "/health", "read", "Check whether the table answers", _health),
    RouteFacts("GET", "/stats", "read", "Count alerts, groups, deliveries and what was suppressed",
               lambda handlers, _: operating.stats(handlers.operating)),
    RouteFacts("POST", "/test", "admin", "Send a drill alert to a receiver",
               lambda handlers, request: operating.post_test(handlers.operating, request)),
    RouteFacts("POST", "/suppression/clear", "admin", "Notify once more what fires in a group",
               lambda handlers, request: operating.post_clear(handlers.operating, request)),
)  # fmt: skip


def routes(handlers: Handlers) -> APIGatewayHttpResolver:
    """Returns the resolver with every route."""
    app = APIGatewayHttpResolver()
    for route in ROUTES:
        app.route(route.rule, route.method)(_guarded(app, handlers, route))

    @app.not_found
    def _missing(_: Exception) -> Answer:
        event = app.current_event
        allowed = methods_of(event.path)
        if not allowed:
            return _answer(404, {"code": 404, "message": f"path {event.path[:200]} was not found"})
        if event.http_method in allowed:  # an id with characters that no id has
            return _answer(404)
        message = f"method {event.http_method} is not allowed, but [{','.join(allowed)}] are"
        return _answer(405, {"code": 405, "message": message}, headers={"Allow": ", ".join(allowed)})

    return app


def methods_of(path: str) -> list[str]:
    """Returns the methods that a path has, none for one that does not exist."""
    return sorted({route.method for route in ROUTES if re.fullmatch(_PART.sub("[^/]+", route.rule), path)})


def _guarded(app: APIGatewayHttpResolver, handlers: Handlers, route: RouteFacts) -> Callable[..., Answer]:
    def guarded(**parts: str) -> Answer:
        return _answered(app, handlers, route, **parts)

    return guarded


def _answered(app: APIGatewayHttpResolver, handlers: Handlers, route: RouteFacts, **parts: str) -> Answer:
    report = handlers.report
    try:
        event = app.current_event.raw_event
        if route.right is not None:
            headers = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
            handlers.doorkeeper.check(headers.get("authorization", ""), route.right)
        found = route.handle(handlers, read_request(event), **parts)
        return found if isinstance(found, Response) else _answer(200, found)
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


def _answer(status: int, body: Any = None, *, headers: Mapping[str, str] | None = None) -> Answer:
    """An empty body has no type: amtool's client refuses an empty answer in JSON."""
    text = "" if body is None else json.dumps(body, ensure_ascii=False)
    return Response(status, JSON if text else None, text, headers={**_SAFE, **(headers or {})})
