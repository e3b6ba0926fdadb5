"""The specification is that of the code, and the intake answers as it says, whatever schemathesis makes of it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
import schemathesis
from alertrelay.intake.routes import ROUTES
from hypothesis import HealthCheck, settings

from compiler.load import load
from tests.example import CONFIG
from tests.intake.door import ADMIN, Door, event
from tools.openapi import PAGE, document, text


def test_the_page_is_that_of_the_code() -> None:
    assert PAGE.read_text(encoding="utf-8") == text(), "python -m tools.openapi --write"


def test_it_has_every_route() -> None:
    found = {(method.upper(), path) for path, methods in document()["paths"].items() for method in methods}
    assert found == {(route.method, route.rule.replace("<", "{").replace(">", "}")) for route in ROUTES}


def application() -> Callable[..., Iterable[bytes]]:
    """The intake as a WSGI application, which also shows its specification."""
    config = load(CONFIG, "prod").config
    assert config is not None
    door = Door(config)

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/openapi.json":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [json.dumps(document()).encode()]
        headers = {
            name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")
        }
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        body = environ.get("wsgi.input", io.BytesIO()).read(int(environ.get("CONTENT_LENGTH") or 0))
        target = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        made = event(environ["REQUEST_METHOD"], "/", body.decode("utf-8", "replace"), headers=headers)
        made |= {"rawPath": target, "rawQueryString": environ.get("QUERY_STRING", "")}
        answer = door.handle(made, None)
        found = {name: value for name, value in (answer.get("headers") or {}).items() if value is not None}
        start_response(f"{answer['statusCode']} X", list(found.items()))
        return [answer["body"].encode()]

    return app


CHECKED = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
)
schema = schemathesis.openapi.from_wsgi("/openapi.json", app=application())


@schema.parametrize()
@settings(max_examples=8, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
def test_it_answers_as_it_says(case: Any) -> None:
    checks: list[Any] = [schemathesis.checks.CHECKS.get_one(name) for name in CHECKED]
    case.call_and_validate(headers={"Authorization": f"Bearer {ADMIN}", "Accept-Encoding": "identity"}, checks=checks)


@pytest.mark.parametrize(
    "route", [route for route in ROUTES if route.right], ids=lambda route: f"{route.method} {route.rule}"
)
def test_every_route_but_the_probes_asks_for_a_token(door: Door, route: Any) -> None:
    assert door.ask(route.method, route.rule.replace("<silence_id>", "x"), {}, token="").status == 401
