"""A webhook's `payload`: the whole body of the team's own, or nothing at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from alertrelay.channels import render
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.config.model import Target
from alertrelay.notification import Listing
from alertrelay.render.team_texts import NotRendered
from alertrelay.render.templates.structured import valued

from compiler.alertmanager.file import parse_alertmanager
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from local.standins import StandIns
from tests.render.notifications import CASES

FIRING = CASES["critical-everything"]
CARD = """
      title: '{{ .Status | toUpper }} {{ .CommonLabels.alertname }}'
      priority: '{{ if eq .Status "firing" }}5{{ else }}0{{ end }}'
      urgent: '{{ eq .Status "firing" }}'
      link: null
      extras: {"client::display": {contentType: text/markdown}, lines: 3, "{{ .Status }}": {nested: yes}}
      labels: '{{ .CommonLabels | toJson }}'
      alerts: |
        [ {{ range .Alerts }}{"host": {{ toJson .Labels.alertname }}, "n": "1:"}, {{ end }} ]
      note: 'Disk: full'
      nothing: '{{ .CommonLabels.nothing }}'
"""


def read(payload: str) -> tuple[Target, list[Finding]]:
    """The target of a webhook with this payload, and what is found in it but the address in plain text."""
    findings = Findings()
    text = "route: {receiver: r}\nreceivers:\n- name: r\n  webhook_configs:\n"
    root = parse(f"{text}  - url: https://hooks.example.com/in\n    payload: {payload}\n", findings, file="a.yml")
    assert root is not None
    parsed = parse_alertmanager(root, findings)
    assert parsed is not None
    return parsed.receivers[0].targets[0], [one for one in findings.sorted() if one.code != "inline-url"]


def body(payload: str, **changed: Any) -> Any:
    target, findings = read(payload)
    assert findings == []
    return render(replace(FIRING, **changed), target)["payload"]


def test_a_payload_is_the_whole_body_with_values_where_its_texts_are_json() -> None:
    alert = FIRING.alerts[0]
    assert body(CARD) == {
        "title": f"FIRING {alert.name}",
        "priority": 5,
        "urgent": True,
        "link": None,
        "extras": {"client::display": {"contentType": "text/markdown"}, "lines": 3, "firing": {"nested": True}},
        "labels": dict(alert.labels),
        "alerts": [{"host": alert.name, "n": "1:"}],
        "note": "Disk: full",
        "nothing": "",
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, true, null, "1:"]}', {"a": [1, 2.5, True, None, "1:"]}),
        ('[{"a": "b,]"}, ]', [{"a": "b,]"}]),
        ("5", 5),
        ("-0.5", -0.5),
        ("yes", "yes"),
        ("007", "007"),
        ("NaN", "NaN"),
        ("Disk: full", "Disk: full"),
        ('"15129"', "15129"),
        ('"a" and "b"', '"a" and "b"'),
        ('{}:{alertname="A"}', '{}:{alertname="A"}'),
        ("[" * 100_000, "[" * 100_000),
        ("", ""),
    ],
)
def test_a_text_is_a_value_only_where_it_is_json(text: str, value: object) -> None:
    assert valued({"k": [text]}) == {"k": [value]}


def test_a_body_may_be_one_template_and_a_list() -> None:
    assert body("'{{ .CommonLabels | toJson }}'") == dict(FIRING.alerts[0].labels)
    assert body("['{{ .Status }}', {a: 1}]") == ["firing", {"a": 1}]


def test_a_payload_has_as_many_alerts_as_max_alerts_says() -> None:
    target, _ = read("{n: '{{ len .Alerts }}'}\n    max_alerts: 2")
    assert render(CASES["group-of-four"], target)["payload"] == {"n": 2}


def test_a_digest_has_the_payload_too() -> None:
    listing = Listing(services=(("orders", 2),), firing=("a", "b"))
    assert body("{n: '{{ len .Alerts }}', s: '{{ .Status }}'}", listing=listing) == {"n": 1, "s": "firing"}


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ("{a: '{{ index .Alerts 7 }}'}", "payload: line 1: .*out of range"),
        ('\'{"a": "{{ .CommonAnnotations.description }}"\'', "the template of payload gives no JSON"),
        ("'{{ .CommonLabels.nothing }}'", "gives no JSON: nothing"),
    ],
)
def test_nothing_is_sent_in_place_of_a_payload_that_fails(payload: str, said: str) -> None:
    with pytest.raises(NotRendered, match=said):
        render(FIRING, read(payload)[0])


@pytest.mark.parametrize(
    ("payload", "code", "severity", "mend"),
    [
        ("{a: '{{ .Status'}", "bad-template", "error", "add `}}`"),
        ("{a: '{{ template \"card\" . }}'}", "no-template", "error", "define it"),
        ("on fire", "bad-value", "error", "a template that gives JSON"),
        ("{a: '{{ index .Alerts 7 }}'}", "template-fails", "warning", "template render"),
        ("'{\"a\": {{ .Status }}}'", "template-fails", "warning", "template render"),
    ],
)
def test_check_names_a_payload_that_cannot_be_sent(payload: str, code: str, severity: str, mend: str) -> None:
    (found,) = read(payload)[1]
    assert (found.code, found.severity) == (code, severity)
    assert mend in found.mend
    assert found.line == 6
    assert found.key.startswith("receivers[0].webhook_configs[0].payload")


def test_a_payload_arrives_as_json_also_a_list(peers: StandIns) -> None:
    sender = Senders(Network(endpoints=peers.endpoints))["webhook"]
    for payload in (CARD, "'{{ .Alerts.Firing | toJson }}'"):
        target, _ = read(payload)
        message = render(FIRING, target)
        sender.send(message, target, key=None, notification_id="n-1", timeout=600)
        assert peers.requests[-1].body == json.loads(json.dumps(message["payload"]))
