"""Lists the shapes of what the console asks, as JSON schemas by route, for tools/openapi_shapes.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT, TIME, FLAG = {"type": "string"}, {"type": "string", "format": "date-time"}, {"type": "boolean"}
TEXTS = {"type": "object", "additionalProperties": TEXT}
WHOLE, NUMBER = {"type": "integer"}, {"type": "number"}
COUNTS = {"type": "object", "additionalProperties": WHOLE}


def ref(name: str) -> dict[str, str]:
    """A shape of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(items: Mapping[str, Any]) -> dict[str, Any]:
    """A list."""
    return {"type": "array", "items": dict(items)}


def objects(required: str, **properties: Any) -> dict[str, Any]:
    """An object of which these keys are always there."""
    return {"type": "object", "required": required.split(), "properties": properties}


def or_null(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A value that may be null."""
    return {**schema, "nullable": True}


_LINE = {
    "fingerprint": TEXT,
    "name": TEXT,
    "severity": TEXT,
    "service": TEXT,
    "state": {"type": "string", "enum": ["active", "suppressed"]},
    "why": {"type": "string", "enum": ["", "silence", "inhibition", "mute_time_interval", "active_time_interval"]},
    "by": listed(TEXT),
    "since": TIME,
    "summary": TEXT,
    "labels": TEXTS,
    "receivers": listed(TEXT),
    "acknowledged": or_null(objects("by at comment", by=TEXT, at=TIME, comment=TEXT)),
}
SCHEMAS: Mapping[str, Any] = {
    "session": objects(
        "signedIn environment version local",
        signedIn=FLAG,
        name=TEXT,
        rights=listed({"type": "string", "enum": ["read", "silence", "admin"]}),
        endsAt=TIME,
        environment=TEXT,
        version=TEXT,
        local=FLAG,
    ),
    "alertLine": objects(" ".join(_LINE), **_LINE),
}
BODIES: Mapping[str, Any] = {
    "POST /console/sign-in": objects("token", token=TEXT, name={"type": "string", "maxLength": 100}),
    "POST /console/sign-out": {"type": "object"},
}
RESULTS: Mapping[str, Mapping[str, Any] | str | None] = {
    "GET /console": "text/html",
    "GET /console/": "text/html",
    "GET /console/<file>": "text/html",
    "GET /console/session": ref("session"),
    "POST /console/sign-in": ref("session"),
    "POST /console/sign-out": ref("session"),
    "GET /api/v1/overview": objects(
        "asOf counts alerts",
        asOf=TIME,
        counts=objects(
            "active suppressed bySeverity byService",
            active=WHOLE,
            suppressed=WHOLE,
            bySeverity=COUNTS,
            byService=COUNTS,
        ),
        alerts=listed(ref("alertLine")),
    ),
}
