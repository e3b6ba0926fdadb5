"""The console's own routes, of those that `alertrelay.intake.routes` serves."""

from __future__ import annotations

from alertrelay.intake.console import files, overview, sign_in
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
    RouteFacts("GET", "/api/v1/overview", "read", "Show what fires, by severity and service",
               lambda handlers, _: overview.get_overview(handlers.reading)),
)  # fmt: skip
