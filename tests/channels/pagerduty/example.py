from __future__ import annotations

import json
import re

from alertrelay.channels.pagerduty import PagerDutySettings
from alertrelay.notification import Message

from local.standins.pagerduty import problems
from tests.channels.example import Example, Rendered, Sent
from tests.render.checks import check_address, check_clean, check_json, utf16

ROUTING_KEY = "not0a0real0routing0key0123456789"
PAGERDUTY = PagerDutySettings(
    routing_key="pagerduty_key",
    url="https://events.pagerduty.com/v2/enqueue",
    client="alertrelay",
    client_url="https://example.com/alerts",
)
TRIGGER: Message = {
    "event_action": "trigger",
    "dedup_key": "d1",
    "payload": {"summary": "CPU high", "source": "orders", "severity": "critical"},
}


def check_pagerduty(message: Message) -> None:
    check_json(message)
    check_clean(message)
    assert "routing_key" not in message
    assert 0 < len(message["dedup_key"]) <= 255
    if message["event_action"] in ("resolve", "acknowledge"):
        assert set(message) == {"event_action", "dedup_key"}
        return
    assert set(message) <= {"event_action", "dedup_key", "payload", "links", "client", "client_url"}
    assert message["event_action"] == "trigger"
    payload = message["payload"]
    known = {"summary", "source", "severity", "timestamp", "component", "group", "class", "custom_details"}
    assert {"summary", "source", "severity"} <= set(payload) <= known
    assert 0 < utf16(payload["summary"]) <= 1024
    assert "\n" not in payload["summary"]
    assert payload["severity"] in {"critical", "error", "warning", "info"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", payload["timestamp"])
    for name in ("source", "component", "group", "class"):
        assert 0 < utf16(payload.get(name, "x")) <= 255
    for link in message["links"]:
        assert set(link) == {"href", "text"}
        check_address(link["href"])
    assert len(json.dumps(message)) < 450_000


SENT = Sent(
    settings=PagerDutySettings(
        routing_key="pagerduty_key", url="https://events.pagerduty.com/v2/enqueue", client="", client_url=""
    ),
    message=TRIGGER,
    secret=ROUTING_KEY,
    parts=(ROUTING_KEY,),
)
V1 = PagerDutySettings(
    routing_key="", service_key="pagerduty_v1", url="https://events.pagerduty.com/v2/enqueue", client="", client_url=""
)


def check_v1(message: Message) -> None:
    check_json(message)
    check_clean(message)
    assert list(problems(message)) == []
    assert set(message) <= {"event_type", "incident_key", "description", "details", "client_url", "contexts"}
    assert len(json.dumps(message)) < 450_000


SENT_V1 = Sent(
    settings=V1,
    message={"event_type": "trigger", "incident_key": "d1", "description": "CPU high", "details": {}, "contexts": []},
    secret=ROUTING_KEY,
    parts=(ROUTING_KEY,),
)
EXAMPLE = Example(
    rendered={
        "pagerduty": Rendered(settings=PAGERDUTY, check=check_pagerduty),
        "pagerduty-v1": Rendered(settings=V1, check=check_v1, cases=("critical-everything", "resolved", "fallback")),
    },
    sent={"pagerduty": SENT, "PagerDuty Events v1": SENT_V1},
)
