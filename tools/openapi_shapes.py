"""Lists the shapes of the intake's bodies as JSON schemas, by route: by hand, and schemathesis holds them in tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT, TIME, FLAG = {"type": "string"}, {"type": "string", "format": "date-time"}, {"type": "boolean"}
TEXTS = {"type": "object", "additionalProperties": TEXT}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _list(items: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": dict(items)}


def _object(required: str, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required.split(), "properties": properties}


_NAMED = _object("name", name=TEXT)
_NUMBERS = {"type": "object", "additionalProperties": {"type": "number"}}
_LABELS = {**TEXTS, "minProperties": 1}

SCHEMAS: Mapping[str, Any] = {
    "error": {"oneOf": [TEXT, {"type": "object", "properties": {"code": {"type": "integer"}, "message": TEXT}}]},
    "postableAlert": _object(
        "labels", labels=_LABELS, annotations=TEXTS, startsAt=TIME, endsAt=TIME, generatorURL=TEXT
    ),
    "gettableAlert": _object(
        "labels annotations startsAt endsAt updatedAt fingerprint receivers status",
        labels=TEXTS,
        annotations=TEXTS,
        startsAt=TIME,
        endsAt=TIME,
        updatedAt=TIME,
        fingerprint=TEXT,
        generatorURL=TEXT,
        receivers=_list(_NAMED),
        status=_object(
            "state silencedBy inhibitedBy mutedBy",
            state={"type": "string", "enum": ["active", "suppressed", "unprocessed"]},
            silencedBy=_list(TEXT),
            inhibitedBy=_list(TEXT),
            mutedBy=_list(TEXT),
        ),
    ),
    "alertGroup": _object("alerts labels receiver", alerts=_list(_ref("gettableAlert")), labels=TEXTS, receiver=_NAMED),
    "matcher": _object("name value", name=TEXT, value=TEXT, isRegex=FLAG, isEqual=FLAG),
    "postableSilence": _object(
        "matchers endsAt",
        id=TEXT,
        matchers={**_list(_ref("matcher")), "minItems": 1},
        startsAt=TIME,
        endsAt=TIME,
        createdBy=TEXT,
        comment=TEXT,
    ),
    "gettableSilence": _object(
        "id status updatedAt startsAt endsAt createdBy comment",
        id=TEXT,
        status=_object("state", state={"type": "string", "enum": ["active", "pending", "expired"]}),
        updatedAt=TIME,
        startsAt=TIME,
        endsAt=TIME,
        createdBy=TEXT,
        comment=TEXT,
        matchers=_list(_ref("matcher")),
        matcherSets=_list(_list(_ref("matcher"))),
    ),
    "status": _object(
        "cluster config uptime versionInfo",
        cluster=_object("status", status=TEXT, peers=_list({"type": "object"})),
        config=_object("original", original=TEXT),
        uptime=TIME,
        versionInfo=TEXTS,
    ),
    "groupNotification": _object(
        "alerts receiver",
        version=TEXT,
        receiver=TEXT,
        status=TEXT,
        alerts=_list(_object("labels", status=TEXT, labels=_LABELS, annotations=TEXTS, startsAt=TIME, endsAt=TIME)),
    ),
    "acknowledgement": _object("fingerprint", fingerprint={**TEXT, "minLength": 1}, comment=TEXT, by=TEXT),
    "acknowledged": _object(
        "fingerprint alertname acknowledged",
        fingerprint=TEXT,
        alertname=TEXT,
        acknowledged=_object("by at via comment", by=TEXT, at=TIME, via=TEXT, comment=TEXT),
        first=FLAG,
    ),
    "order": _object("receiver", receiver={"type": "string", "minLength": 1}, labels=TEXTS),
}
BODIES: Mapping[str, Any] = {
    "POST /api/v1/alertmanager": _ref("groupNotification"),
    "POST /api/v2/alerts": _list(_ref("postableAlert")),
    "POST /api/v2/silences": _ref("postableSilence"),
    "POST /api/v1/acknowledgements": _ref("acknowledgement"),
    "POST /test": _ref("order"),
    "POST /suppression/clear": _ref("order"),
}
RESULTS: Mapping[str, Mapping[str, Any] | str | None] = {
    "POST /api/v1/alertmanager": _object("alerts", alerts={"type": "integer"}),
    "POST /api/v2/alerts": None,
    "GET /api/v2/status": _ref("status"),
    "GET /api/v2/receivers": _list(_NAMED),
    "GET /api/v2/alerts": _list(_ref("gettableAlert")),
    "GET /api/v2/alerts/groups": _list(_ref("alertGroup")),
    "GET /metrics": "text/plain",
    "GET /-/healthy": "text/plain",
    "GET /-/ready": "text/plain",
    "GET /api/v2/silences": _list(_ref("gettableSilence")),
    "POST /api/v2/silences": _object("silenceID", silenceID=TEXT),
    "GET /api/v2/silence/<silence_id>": _ref("gettableSilence"),
    "DELETE /api/v2/silence/<silence_id>": None,
    "GET /api/v1/acknowledgements": _list(_ref("acknowledged")),
    "POST /api/v1/acknowledgements": _ref("acknowledged"),
    "DELETE /api/v1/acknowledgements/<fingerprint>": None,
    "POST /test": _object("test labels endsAt", test=TEXT, labels=TEXTS, endsAt=TIME),
    "POST /suppression/clear": _object("groups", groups=_list(TEXT)),
    "GET /health": _object(
        "healthy version environment table", healthy=FLAG, version=TEXT, environment=TEXT, table=TEXT
    ),
    "GET /stats": _object(
        "alerts groups last_day",
        alerts=_object("active suppressed", active={"type": "integer"}, suppressed={"type": "integer"}),
        groups={"type": "integer"},
        last_day={
            **_object("deliveries suppressed latency", deliveries=_NUMBERS, suppressed=_NUMBERS, latency=_NUMBERS),
            "nullable": True,
        },
    ),
}
_MATCHERS = {"name": "filter", "in": "query", "schema": _list(TEXT), "description": 'A matcher, service="orders"'}
_SHOWN = [{"name": name, "in": "query", "schema": FLAG} for name in ("active", "silenced", "inhibited", "muted")]
_RECEIVER = {"name": "receiver", "in": "query", "schema": TEXT, "description": "An expression over receiver names"}
FILTERS: Mapping[str, list[dict[str, Any]]] = {
    "GET /api/v2/alerts": [*_SHOWN, _MATCHERS, _RECEIVER],
    "GET /api/v2/alerts/groups": [*_SHOWN, _MATCHERS, _RECEIVER],
    "GET /api/v2/silences": [_MATCHERS],
}
