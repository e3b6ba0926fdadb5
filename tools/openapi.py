"""Writes docs/schemas/intake.openapi.json: the intake's routes, as the code has them, with the shapes of their bodies.

`python -m tools.openapi --write`; without the flag it only compares. The routes, rights and summaries are those of
alertrelay/intake/routes.py; a route that has no shapes here is an error. Shapes: prometheus/alertmanager
api/v2/openapi.yaml, where the route is Alertmanager's.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from alertrelay import __version__
from alertrelay.intake.route import RouteFacts
from alertrelay.intake.routes import ROUTES

from tools.openapi_shapes import BODIES, FILTERS, FORMS, RESULTS, SCHEMAS, SIGNED

PAGE = Path(__file__).parents[1] / "docs" / "schemas" / "intake.openapi.json"
_PARTS: Mapping[str, Any] = {
    "silence_id": {"type": "string", "format": "uuid"},
    "file": {"type": "string"},
    "version": {"type": "string"},
    "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{16}$"},
}
_ERRORS: Mapping[int, str] = {
    400: "What was posted is not what is expected; the text says what is",
    401: "No token, or an unknown one",
    403: "The token may not do this",
    413: "The body has more than 4 MB",
    415: "Another content type than JSON, or a compressed body",
    422: "The body or a parameter breaks the schema",
    503: "Not now: try again",
}


def document() -> dict[str, Any]:
    """Returns the specification. Raises KeyError for a route without shapes."""
    paths: dict[str, dict[str, Any]] = {}
    for route in ROUTES:
        path = re.sub(r"<(\w+)>", r"{\1}", route.rule)
        paths.setdefault(path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "alertrelay's intake",
            "version": __version__,
            "description": "Alertmanager's API v2, a webhook, and what operators ask: docs/intake.md.",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic"},
            },
        },
    }


def _operation(route: RouteFacts) -> dict[str, Any]:
    name = f"{route.method} {route.rule}"
    result = RESULTS[name]
    signed = [401] if name in FORMS else []
    codes = [*([401, 403] if route.right or name in BODIES else signed), *_further(route, name)]
    right = f"Right of the token: {route.right or 'none is needed'}."
    found: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", name.lower()).strip("_"),
        "summary": route.summary,
        "description": SIGNED.get(name, right),
        "security": [{"bearer": []}, {"basic": []}] if route.right else [],
        "responses": {"200": _result(result), **{str(code): _error(code) for code in sorted(set(codes))}},
    }
    parameters = [*_in_path(route.rule), *FILTERS.get(name, ()), *(_signed() if name in FORMS else ())]
    if name in FORMS:
        form = {"application/x-www-form-urlencoded": {"schema": FORMS[name]}}
        found["requestBody"] = {"required": True, "content": form}
    if "<" in route.rule:
        found["responses"]["404"] = {"description": "There is nothing of this name"}
    if parameters:
        found["parameters"] = parameters
    if name in BODIES:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": BODIES[name]}}}
        if name in _NAMING:
            found["responses"]["404"] = {"description": "There is no such receiver, group, silence, alert or queue"}
    return found


_NAMING = frozenset(
    {
        "POST /test",
        "POST /suppression/clear",
        "POST /api/v2/silences",
        "POST /api/v1/acknowledgements",
        "POST /api/v1/feedback",
        "POST /api/v1/redrive",
    }
)
"""Routes whose body names something that may not be there."""


def _signed() -> list[dict[str, Any]]:
    """Returns the headers by which Slack signs a request."""
    names = ("X-Slack-Request-Timestamp", "X-Slack-Signature")
    return [{"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in names]


def _further(route: RouteFacts, name: str) -> list[int]:
    if name in FORMS:
        return [400, 413, 415, 503]
    if route.right is None and name not in BODIES:
        return [413, 415, 503]
    read = [400, 422] if name in FILTERS else []
    return [413, 415, 503, *read, *([400, 422] if name in BODIES else []), *([422] if "<" in route.rule else [])]


def _in_path(rule: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PARTS[name]} for name in re.findall(r"<(\w+)>", rule)
    ]


def _result(schema: Mapping[str, Any] | str | None) -> dict[str, Any]:
    if schema is None:
        return {"description": "Done"}
    if isinstance(schema, str):
        return {"description": "Shown", "content": {schema: {"schema": {"type": "string"}}}}
    return {"description": "Shown", "content": {"application/json": {"schema": schema}}}


def _error(code: int) -> dict[str, Any]:
    shape = {"$ref": "#/components/schemas/error"}
    return {"description": _ERRORS[code], "content": {"application/json": {"schema": shape}}}


def text() -> str:
    """Returns the file's content."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


def main() -> int:
    """Compares or writes; 1 where they differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--write", action="store_true", help=f"write {PAGE.name}")
    if parser.parse_args().write:
        PAGE.write_text(text(), encoding="utf-8")
        return 0
    same = PAGE.exists() and PAGE.read_text(encoding="utf-8") == text()
    print(f"{PAGE.name}: {'as the code' if same else 'differs: python -m tools.openapi --write'}", file=sys.stderr)
    return 0 if same else 1


if __name__ == "__main__":
    raise SystemExit(main())
