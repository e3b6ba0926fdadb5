"""Lists the shapes of the intake's bodies as JSON schemas, by route: by hand, and schemathesis holds them in tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools import openapi_console
from tools.openapi_console import FLAG, TEXT, TEXTS, TIME, listed, objects, ref

_NAMED = objects("name", name=TEXT)
_NUMBERS = {"type": "object", "additionalProperties": {"type": "number"}}
_LABELS = {**TEXTS, "minProperties": 1}

SCHEMAS: Mapping[str, Any] = {
    **openapi_console.SCHEMAS,
    "error": {"oneOf": [TEXT, {"type": "object", "properties": {"code": {"type": "integer"}, "message": TEXT}}]},
    "postableAlert": objects(
        "labels", labels=_LABELS, annotations=TEXTS, startsAt=TIME, endsAt=TIME, generatorURL=TEXT
    ),
    "gettableAlert": objects(
        "labels annotations startsAt endsAt updatedAt fingerprint receivers status",
        labels=TEXTS,
        annotations=TEXTS,
        startsAt=TIME,
        endsAt=TIME,
        updatedAt=TIME,
        fingerprint=TEXT,
        generatorURL=TEXT,
        receivers=listed(_NAMED),
        status=objects(
            "state silencedBy inhibitedBy mutedBy",
            state={"type": "string", "enum": ["active", "suppressed", "unprocessed"]},
            silencedBy=listed(TEXT),
            inhibitedBy=listed(TEXT),
            mutedBy=listed(TEXT),
        ),
    ),
    "alertGroup": objects("alerts labels receiver", alerts=listed(ref("gettableAlert")), labels=TEXTS, receiver=_NAMED),
    "matcher": objects("name value", name=TEXT, value=TEXT, isRegex=FLAG, isEqual=FLAG),
    "postableSilence": objects(
        "matchers endsAt",
        id=TEXT,
        matchers={**listed(ref("matcher")), "minItems": 1},
        startsAt=TIME,
        endsAt=TIME,
        createdBy=TEXT,
        comment=TEXT,
    ),
    "gettableSilence": objects(
        "id status updatedAt startsAt endsAt createdBy comment",
        id=TEXT,
        status=objects("state", state={"type": "string", "enum": ["active", "pending", "expired"]}),
        updatedAt=TIME,
        startsAt=TIME,
        endsAt=TIME,
        createdBy=TEXT,
        comment=TEXT,
        matchers=listed(ref("matcher")),
        matcherSets=listed(listed(ref("matcher"))),
    ),
    "status": objects(
        "cluster config uptime versionInfo",
        cluster=objects("status", status=TEXT, peers=listed({"type": "object"})),
        config=objects("original", original=TEXT),
        uptime=TIME,
        versionInfo=TEXTS,
    ),
    "groupNotification": objects(
        "alerts receiver",
        version=TEXT,
        receiver=TEXT,
        status=TEXT,
        alerts=listed(objects("labels", status=TEXT, labels=_LABELS, annotations=TEXTS, startsAt=TIME, endsAt=TIME)),
    ),
    "acknowledgement": objects("fingerprint", fingerprint={**TEXT, "minLength": 1}, comment=TEXT, by=TEXT),
    "acknowledged": objects(
        "fingerprint alertname acknowledged",
        fingerprint=TEXT,
        alertname=TEXT,
        acknowledged=objects("by at via comment", by=TEXT, at=TIME, via=TEXT, comment=TEXT),
        first=FLAG,
    ),
    "order": objects("receiver", receiver={"type": "string", "minLength": 1}, labels=TEXTS),
}
BODIES: Mapping[str, Any] = {
    **openapi_console.BODIES,
    "POST /api/v1/alertmanager": ref("groupNotification"),
    "POST /api/v2/alerts": listed(ref("postableAlert")),
    "POST /api/v2/silences": ref("postableSilence"),
    "POST /api/v1/acknowledgements": ref("acknowledgement"),
    "POST /api/v1/feedback": objects("fingerprint helpful", fingerprint=TEXT, helpful=FLAG, comment=TEXT, by=TEXT),
    "POST /pagerduty/webhook": objects("event", event={"type": "object"}),
    "POST /test": ref("order"),
    "POST /suppression/clear": ref("order"),
}
SIGNED: Mapping[str, str] = {
    **dict.fromkeys(("POST /slack/interactions", "POST /slack/commands"), "Slack signs it (docs/slack.md)."),
    "POST /pagerduty/webhook": "PagerDuty signs it (docs/intake.md).",
}
FORMS: Mapping[str, Mapping[str, Any]] = {
    "POST /slack/interactions": objects("payload", payload=TEXT),
    "POST /slack/commands": objects("command user_id", command=TEXT, user_id=TEXT, text=TEXT, response_url=TEXT),
}
"""The bodies that Slack posts as forms; it signs them in two headers."""
RESULTS: Mapping[str, Mapping[str, Any] | str | None] = {
    **dict.fromkeys(FORMS),
    **openapi_console.RESULTS,
    "POST /api/v1/alertmanager": objects("alerts", alerts={"type": "integer"}),
    "POST /api/v2/alerts": None,
    "GET /api/v2/status": ref("status"),
    "GET /api/v2/receivers": listed(_NAMED),
    "GET /api/v2/alerts": listed(ref("gettableAlert")),
    "GET /api/v2/alerts/groups": listed(ref("alertGroup")),
    "GET /metrics": "text/plain",
    "GET /-/healthy": "text/plain",
    "GET /-/ready": "text/plain",
    "GET /api/v2/silences": listed(ref("gettableSilence")),
    "POST /api/v2/silences": objects("silenceID", silenceID=TEXT),
    "GET /api/v2/silence/<silence_id>": ref("gettableSilence"),
    "DELETE /api/v2/silence/<silence_id>": None,
    "POST /pagerduty/webhook": objects("alerts", alerts={"type": "integer"}),
    "GET /api/v1/acknowledgements": listed(ref("acknowledged")),
    "POST /api/v1/acknowledgements": ref("acknowledged"),
    "DELETE /api/v1/acknowledgements/<fingerprint>": None,
    "POST /api/v1/feedback": objects(
        "fingerprint startsAt helpful by comment",
        fingerprint=TEXT,
        startsAt=TIME,
        helpful=FLAG,
        by=TEXT,
        comment=TEXT,
    ),
    "POST /test": objects("test labels endsAt", test=TEXT, labels=TEXTS, endsAt=TIME),
    "POST /suppression/clear": objects("groups", groups=listed(TEXT)),
    "GET /health": objects(
        "healthy version environment table", healthy=FLAG, version=TEXT, environment=TEXT, table=TEXT
    ),
    "GET /stats": objects(
        "alerts groups last_day",
        alerts=objects("active suppressed", active={"type": "integer"}, suppressed={"type": "integer"}),
        groups={"type": "integer"},
        last_day={
            **objects("deliveries suppressed latency", deliveries=_NUMBERS, suppressed=_NUMBERS, latency=_NUMBERS),
            "nullable": True,
        },
    ),
}
_MATCHERS = {"name": "filter", "in": "query", "schema": listed(TEXT), "description": 'A matcher, service="orders"'}
_SHOWN = [{"name": name, "in": "query", "schema": FLAG} for name in ("active", "silenced", "inhibited", "muted")]
_RECEIVER = {"name": "receiver", "in": "query", "schema": TEXT, "description": "An expression over receiver names"}
FILTERS: Mapping[str, list[dict[str, Any]]] = {
    "GET /api/v2/alerts": [*_SHOWN, _MATCHERS, _RECEIVER],
    "GET /api/v2/alerts/groups": [*_SHOWN, _MATCHERS, _RECEIVER],
    "GET /api/v2/silences": [_MATCHERS],
    "GET /api/v1/alert/<fingerprint>": [{"name": "outcomes", "in": "query", "schema": FLAG}],
}
