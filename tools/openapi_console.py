"""Lists the shapes of what the console asks, as JSON schemas by route, for tools/openapi_shapes.py."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from alertrelay.groups.dead_letters import Done
from alertrelay.groups.undelivered import Why
from alertrelay.intake.console.notified import State

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
    "wholeAlert": objects(
        " ".join(_LINE) + " annotations generatorURL source anomaly verdict status startsAt endsAt updatedAt",
        **_LINE,
        annotations=TEXTS,
        generatorURL=TEXT,
        source=TEXT,
        anomaly=FLAG,
        verdict=or_null(objects("helpful by at", helpful=FLAG, by=TEXT, at=TIME)),
        status={"type": "string", "enum": ["firing", "resolved"]},
        startsAt=TIME,
        endsAt=or_null(TIME),
        updatedAt=TIME,
    ),
    "notified": objects(
        "integration receiver channel group state at next failures failingSince fallbacks digest tier",
        integration=TEXT,
        receiver=TEXT,
        channel=TEXT,
        group=TEXTS,
        state={"type": "string", "enum": list(get_args(State))},
        at=or_null(TIME),
        next=or_null(TIME),
        failures=WHOLE,
        failingSince=or_null(TIME),
        fallbacks=listed(TEXT),
        digest=FLAG,
        tier=WHOLE,
    ),
    "routeNode": objects(
        "matchers receiver continue taken ends groupBy integrations routes",
        matchers=listed(TEXT),
        receiver=TEXT,
        **{"continue": FLAG},
        taken=FLAG,
        ends=FLAG,
        groupBy=or_null(listed(TEXT)),
        groupWait=NUMBER,
        groupInterval=NUMBER,
        repeatInterval=NUMBER,
        mutedIn=listed(TEXT),
        activeIn=listed(TEXT),
        integrations=listed(TEXT),
        routes=listed(ref("routeNode")),
    ),
}
BODIES: Mapping[str, Any] = {
    "POST /console/sign-in": objects("token", token=TEXT, name={"type": "string", "maxLength": 100}),
    "POST /console/sign-out": {"type": "object"},
    "POST /api/v1/silences/preview": objects("matchers", matchers={**listed(ref("matcher")), "minItems": 1}),
    "POST /api/v1/route": objects("labels", labels=TEXTS),
    "POST /api/v1/redrive": objects("queue", queue={"type": "string", "minLength": 1}),
}
RESULTS: Mapping[str, Mapping[str, Any] | str | None] = {
    "GET /console": "text/html",
    "GET /console/": "text/html",
    "GET /console/<file>": "text/html",
    "GET /console/<version>/<file>": "text/html",
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
    "GET /api/v1/alert/<fingerprint>": objects(
        "asOf alert suppressedBy notifications",
        asOf=TIME,
        alert=ref("wholeAlert"),
        suppressedBy=listed(objects("why", why=TEXT, interval=TEXT)),
        notifications=listed(ref("notified")),
        outcomes=or_null(
            listed(
                objects(
                    "at integration outcome reason detail",
                    at=TIME,
                    integration=TEXT,
                    outcome=TEXT,
                    reason=TEXT,
                    detail=TEXT,
                )
            )
        ),
    ),
    "GET /api/v1/alert/<fingerprint>/timeline": objects(
        "asOf complete entries",
        asOf=TIME,
        complete=FLAG,
        entries=listed(objects("at what text channel who", at=TIME, what=TEXT, text=TEXT, channel=TEXT, who=TEXT)),
    ),
    "GET /api/v1/alert/<fingerprint>/messages": objects(
        "asOf messages",
        asOf=TIME,
        messages=listed(
            objects(
                "integration receiver channel title text body",
                integration=TEXT,
                receiver=TEXT,
                channel=TEXT,
                title=TEXT,
                text=TEXT,
                body={"type": "object"},
                fault=TEXT,
            )
        ),
    ),
    "POST /api/v1/silences/preview": objects(
        "asOf total alerts warnings",
        asOf=TIME,
        total=WHOLE,
        alerts=listed(
            objects(
                "fingerprint name severity service state",
                fingerprint=TEXT,
                name=TEXT,
                severity=TEXT,
                service=TEXT,
                state=TEXT,
            )
        ),
        warnings=listed(TEXT),
    ),
    "POST /api/v1/route": objects("asOf receivers tree", asOf=TIME, receivers=listed(TEXT), tree=ref("routeNode")),
    "GET /api/v1/undelivered": objects(
        "asOf groups more deadLetters",
        asOf=TIME,
        more=FLAG,
        groups=listed(
            objects(
                "integration group why alerts since nextTry tries fallbacks",
                integration=TEXT,
                group=TEXTS,
                why={"type": "string", "enum": list(get_args(Why))},
                alerts=listed(TEXT),
                since=or_null(TIME),
                nextTry=or_null(TIME),
                tries=WHOLE,
                fallbacks=listed(TEXT),
            )
        ),
        deadLetters=listed(objects("queue messages", queue=TEXT, messages=or_null(WHOLE), fault=TEXT)),
    ),
    "POST /api/v1/redrive": objects(
        "asOf queue handled more",
        asOf=TIME,
        queue=TEXT,
        handled=listed(
            objects(
                "about sentAt done why",
                about=TEXT,
                sentAt=TIME,
                done={"type": "string", "enum": list(get_args(Done))},
                why=TEXT,
            )
        ),
        more=FLAG,
    ),
    "GET /api/v1/budgets": objects(
        "asOf budgets",
        asOf=TIME,
        budgets=listed(
            objects(
                "objective asOf percent windowSeconds allowedMinutes consumedMinutes remaining historySeconds"
                " burnRates",
                objective=TEXT,
                asOf=TIME,
                percent=NUMBER,
                windowSeconds=WHOLE,
                allowedMinutes=NUMBER,
                consumedMinutes=NUMBER,
                remaining=NUMBER,
                historySeconds=NUMBER,
                burnRates={"type": "object", "additionalProperties": NUMBER},
            )
        ),
    ),
    "GET /api/v1/anomalies": objects(
        "asOf anomalies",
        asOf=TIME,
        anomalies=listed(
            objects("service text score since link", service=TEXT, text=TEXT, score=NUMBER, since=TEXT, link=TEXT)
        ),
    ),
}
