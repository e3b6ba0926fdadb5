"""The console's own routes, of those that `alertrelay.intake.routes` serves."""

from __future__ import annotations

from alertrelay.intake.console import (
    files,
    messages,
    notes,
    overview,
    past,
    route_tree,
    sign_in,
    silence_preview,
    undelivered,
)
from alertrelay.intake.route import RouteFacts

CONSOLE_ROUTES: tuple[RouteFacts, ...] = (
    RouteFacts("GET", "/console", None, "Show the console's page",
               lambda _, request: files.get_file(request)),
    RouteFacts("GET", "/console/", None, "Show the console's page",
               lambda _, request: files.get_file(request)),
    RouteFacts("GET", "/console/session", None, "Show who is signed in at the console",
               lambda handlers, request: sign_in.get_session(handlers.console, request)),
    RouteFacts("POST", "/console/sign-in", None, "Sign in at the console, for a cookie",
               lambda handlers, request: sign_in.sign_in(handlers.console, request)),
    RouteFacts("POST", "/console/sign-out", None, "Sign out",
               lambda handlers, request: sign_in.sign_out(handlers.console, request)),
    RouteFacts("GET", "/console/<file>", None, "Show a file of the console's page",
               lambda _, request, file: files.get_file(request, file)),
    RouteFacts("GET", "/console/<version>/<file>", None, "Show a file of one version of the page, to keep",
               lambda _, request, version, file: files.get_file(request, file, version)),
    RouteFacts("GET", "/api/v1/overview", "read", "Show what fires, by severity and service",
               lambda handlers, _: overview.get_overview(handlers.reading)),
    RouteFacts("GET", "/api/v1/alert/<fingerprint>", "read", "Show an alert, and what became of it",
               lambda handlers, request, fingerprint:
               past.get_alert(handlers.reading, handlers.console, request, fingerprint)),
    RouteFacts("GET", "/api/v1/alert/<fingerprint>/timeline", "read", "Show an alert's last firing in order of time",
               lambda handlers, _, fingerprint:
               past.get_timeline(handlers.reading, handlers.console.log, fingerprint)),
    RouteFacts("GET", "/api/v1/alert/<fingerprint>/messages", "read", "Preview the message of each channel",
               lambda handlers, request, fingerprint:
               messages.get_messages(handlers.reading, handlers.console.site, request, fingerprint)),
    RouteFacts("POST", "/api/v1/silences/preview", "read", "Show which alerts a silence would mute",
               lambda handlers, request: silence_preview.post_preview(handlers.reading, request)),
    RouteFacts("POST", "/api/v1/route", "read", "Draw the way of labels through the route tree",
               lambda handlers, request: route_tree.post_route(handlers.reading, request)),
    RouteFacts("GET", "/api/v1/undelivered", "read", "Show what is not yet delivered, and dead letters",
               lambda handlers, _: undelivered.get_undelivered(
                   handlers.reading, handlers.console.groups, handlers.console.letters)),
    RouteFacts("POST", "/api/v1/redrive", "admin", "Send dead letters of a queue again",
               lambda handlers, request: undelivered.post_redrive(
                   handlers.reading, handlers.console.letters, handlers.report, request)),
    RouteFacts("GET", "/api/v1/budgets", "read", "Show error budgets",
               lambda handlers, _: notes.get_budgets(
                   handlers.reading, handlers.console.lookup, handlers.console.objectives)),
    RouteFacts("GET", "/api/v1/anomalies", "read", "Show what is unusual now",
               lambda handlers, _: notes.get_anomalies(handlers.reading, handlers.console.lookup)),
)  # fmt: skip
