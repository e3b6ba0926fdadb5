"""The routes of the intake, by Powertools' resolver for HTTP APIs.

Each is authenticated before its handler runs, and what fails is an answer: 503 wherever a post may succeed later.
`tools/openapi.py` writes the specification from ROUTES.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response

from alertrelay.intake import acknowledging, incidents, judging, operating, push, reading, silencing
from alertrelay.intake.acknowledging import Acknowledging
from alertrelay.intake.console.parts import Console
from alertrelay.intake.console.routes import CONSOLE_ROUTES
from alertrelay.intake.incidents import Incidents
from alertrelay.intake.judging import Judging
from alertrelay.intake.operating import Operating
from alertrelay.intake.ports import IntakeReport, QueueFailure, TopicFailure
from alertrelay.intake.push import Push
from alertrelay.intake.reading import Reads
from alertrelay.intake.request import ApiError, ApiRequest, cookies_of, headers_of, read_request
from alertrelay.intake.route import TEXT, Answer, RouteFacts, answer, packed
from alertrelay.intake.same_origin import OWN_HEADER, foreign
from alertrelay.intake.silencing import Silencing
from alertrelay.intake.slack.talk import Reception
from alertrelay.intake.tokens import NoTokens, Presented, TokenRefused
from alertrelay.state import StoreFailure

_PHRASES = {401: "Unauthorized", 403: "Forbidden"}
_PART = re.compile("<[a-z_]+>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handlers:
    """What the routes call, by what a token must be allowed; `console` has the tokens too."""

    push: Push
    reading: Reads
    silencing: Silencing
    acknowledging: Acknowledging
    judging: Judging
    operating: Operating
    slack: Reception
    incidents: Incidents
    console: Console
    report: IntakeReport


def _health(handlers: Handlers, _: ApiRequest) -> Answer:
    found = operating.health(handlers.operating)
    return answer(200 if found["healthy"] else 503, found)


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
               lambda handlers, request, silence_id: silencing.delete_silence(
                   handlers.silencing, silence_id, by=request.client)),
    RouteFacts("GET", "/api/v1/acknowledgements", "read", "List the alerts that fire and are acknowledged",
               lambda handlers, _: acknowledging.get_acknowledgements(handlers.acknowledging)),
    RouteFacts("POST", "/api/v1/acknowledgements", "silence", "Acknowledge an alert that fires",
               lambda handlers, request: acknowledging.post_acknowledgement(handlers.acknowledging, request)),
    RouteFacts("DELETE", "/api/v1/acknowledgements/<fingerprint>", "silence", "Undo an acknowledgement",
               lambda handlers, request, fingerprint: acknowledging.delete_acknowledgement(
                   handlers.acknowledging, request, fingerprint)),
    RouteFacts("POST", "/api/v1/feedback", "silence", "Keep whether an anomaly was helpful",
               lambda handlers, request: judging.post_feedback(handlers.judging, request)),
    RouteFacts("GET", "/metrics", "read", "Show what is known now, as metrics", _metrics),
    RouteFacts("GET", "/-/healthy", None, "Answer that the intake runs", _alive),
    RouteFacts("GET", "/-/ready", None, "Answer that the intake runs", _alive),
    RouteFacts("GET", "/health", "read", "Check whether the table answers", _health),
    RouteFacts("GET", "/stats", "read", "Count alerts, groups, deliveries and what was suppressed",
               lambda handlers, _: operating.stats(handlers.operating)),
    RouteFacts("POST", "/pagerduty/webhook", None, "Take PagerDuty's webhook: who acknowledged an incident, and notes",
               lambda handlers, request: incidents.post_webhook(handlers.incidents, request)),
    RouteFacts("POST", "/slack/interactions", None, "Take a button that was pressed in Slack",
               lambda handlers, request: handlers.slack.interaction(request)),
    RouteFacts("POST", "/slack/commands", None, "Take Slack's slash command",
               lambda handlers, request: handlers.slack.command(request)),
    RouteFacts("POST", "/test", "admin", "Send a drill alert to a receiver",
               lambda handlers, request: operating.post_test(handlers.operating, request)),
    RouteFacts("POST", "/suppression/clear", "admin", "Notify once more what fires in a group",
               lambda handlers, request: operating.post_clear(handlers.operating, request)),
    *CONSOLE_ROUTES,
)  # fmt: skip


def routes(handlers: Handlers, more: Sequence[RouteFacts] = ()) -> APIGatewayHttpResolver:
    """Returns the resolver with every route, and those that only this place has."""
    app = APIGatewayHttpResolver()
    known = (*ROUTES, *more)
    for route in known:
        app.route(route.rule, route.method)(_guarded(app, handlers, route))

    @app.not_found
    def _missing(_: Exception) -> Answer:
        event = app.current_event
        allowed = methods_of(event.path, known)
        if not allowed:
            return answer(404, {"code": 404, "message": f"path {event.path[:200]} was not found"})
        if event.http_method in allowed:  # an id with characters that no id has
            return answer(404)
        message = f"method {event.http_method} is not allowed, but [{','.join(allowed)}] are"
        return answer(405, {"code": 405, "message": message}, headers={"Allow": ", ".join(allowed)})

    return app


def methods_of(path: str, known: Sequence[RouteFacts] = ROUTES) -> list[str]:
    """Returns the methods that a path has, none for one that does not exist."""
    return sorted({route.method for route in known if re.fullmatch(_PART.sub("[^/]+", route.rule), path)})


def _guarded(app: APIGatewayHttpResolver, handlers: Handlers, route: RouteFacts) -> Callable[..., Answer]:
    def guarded(**parts: str) -> Answer:
        event = app.current_event.raw_event
        return packed(_answered(event, handlers, route, **parts), headers_of(event).get("accept-encoding", ""))

    return guarded


def _answered(event: Mapping[str, Any], handlers: Handlers, route: RouteFacts, **parts: str) -> Answer:
    report = handlers.report
    try:
        user = _admitted(event, handlers.console, route)
        found = route.handle(handlers, read_request(event, user=user), **parts)
        return found if isinstance(found, Response) else answer(200, found)
    except ApiError as error:
        return answer(error.status, error.body, headers=error.headers)
    except TokenRefused as refused:
        report.log("intake_refused", status=refused.status, why=refused.why)
        own_page = OWN_HEADER in headers_of(event)  # a browser would ask for a password by itself
        asks = {"WWW-Authenticate": 'Basic realm="alertrelay"'} if refused.status == 401 and not own_page else {}
        return answer(refused.status, {"message": _PHRASES[refused.status]}, headers=asks)
    except (NoTokens, StoreFailure, TopicFailure, QueueFailure) as failure:
        report.log("intake_unavailable", failure=str(failure) or "no token can be read from the secret")
        report.count("IntakeUnavailable", 1)
        return answer(503, {"code": 503, "message": "not available now: try again"})


def _admitted(event: Mapping[str, Any], console: Console, route: RouteFacts) -> str:
    """Returns the name that the caller goes by. Raises TokenRefused and NoTokens."""
    headers = headers_of(event)
    authorization, session = headers.get("authorization", ""), cookies_of(event).get(console.site.cookie, "")
    by_cookie = bool(session) and not authorization and route.right is not None
    if why := foreign(route.method, headers, by_cookie=by_cookie):
        raise TokenRefused(403, why)
    if route.right is None:
        return ""
    return console.doorkeeper.check(Presented(authorization, session), route.right)
