from __future__ import annotations

import json
from typing import Any

import pytest

TEXT = """the database is slow
Alerts Firing:
Labels:
 - alertname = DiskFull
 - instance = a = b
Annotations:
 - description = first line
second line
 - summary = Disk of db-1 is full
Source: https://aps-workspaces.eu-central-1.amazonaws.com/graph?x=1
Labels:
 - alertname = DiskFull
 - instance = db-2
Annotations:
Source: 

Alerts Resolved:
Labels:
 - alertname = Slow
Annotations:
 - summary = It is slow
Source: https://example.com
"""  # noqa: W291  the default template leaves a space where there is no address
START, END = "2026-11-20 08:50:00.5 +0000 UTC", "0001-01-01 00:00:00 +0000 UTC"


def templated(summary: str = "Disk is full", status: str = "firing", end: str = END, name: str = "DiskFull") -> str:
    """An alert as the documented template writes it: nothing is escaped."""
    return (
        f'{{"status": "{status}","labels": {{"alertname": "{name}", "severity": "critical"}},'
        f'"annotations": {{"summary": "{summary}", "runbook_url": "https://x"}},"startsAt": "{START}",'
        f'"endsAt": "{end}","generatorURL": "https://aps","fingerprint": "5d2f0c9b7a1e4638"}}'
    )


def body(*alerts: str) -> str:
    return '{"receiver": "r","status": "firing","alerts": [' + ", ".join(alerts) + '],"groupLabels": {"a": "b"}}'


def test_the_template_is_read(parsed: Any) -> None:
    result = parsed(body(templated()))
    (alert,) = result.alerts
    assert (result.source, alert.source, alert.status, alert.kind) == ("amp", "amp", "firing", "alert")
    assert alert.labels == {"alertname": "DiskFull", "severity": "critical"}
    assert alert.starts_at.isoformat() == "2026-11-20T08:50:00.500000+00:00"


@pytest.mark.parametrize(
    "said",
    [
        'the "big" disk is full',
        "two\nlines",
        "a \\ backslash",
        'ends in a quote"',
        'a "key": of its own',
        '{"a": "b", "c"}',
        "tab\tand \\n",
        "}, ]",
    ],
)
def test_a_value_that_the_template_did_not_escape_is_kept(parsed: Any, said: str) -> None:
    result = parsed(body(templated(said), templated("second", "resolved", START)))
    assert (result.source, result.problem) == ("amp", "")
    first, second = result.alerts
    assert first.annotations["summary"] == " ".join(said.splitlines()[0].split()).replace("\\n", "\\n")
    assert (first.labels["severity"], first.annotations["runbook_url"]) == ("critical", "https://x")
    assert (second.status, second.annotations["summary"]) == ("resolved", "second")


def test_of_json_that_was_cut_the_whole_alerts_are_read(parsed: Any) -> None:
    text = body(templated("one"), templated('tw"o', name="Other"), templated("three"))
    alerts = parsed(text[: text.index("three")]).alerts
    assert [alert.annotations["summary"] for alert in alerts] == ["one", 'tw"o']
    assert all("there may be more" in alert.annotations["truncated"] for alert in alerts)


def test_json_that_was_cut_in_its_first_alert_is_an_event_that_names_it(parsed: Any) -> None:
    result = parsed(body(templated())[:110], subject="")
    (alert,) = result.alerts
    assert (result.source, alert.kind) == ("amp", "event")
    assert "DiskFull" in alert.annotations["summary"]


def test_the_default_text_is_read(parsed: Any) -> None:
    result = parsed(TEXT, subject="[FIRING:2] DiskFull")
    assert result.source == "amp"
    first, second, third = result.alerts
    assert first.labels == {"alertname": "DiskFull", "instance": "a = b"}
    assert first.annotations["summary"] == "Disk of db-1 is full"
    assert first.annotations["description"] == "first line\nsecond line"
    assert first.generator_url.startswith("https://aps-workspaces")
    assert (second.status, second.labels["instance"], second.generator_url) == ("firing", "db-2", "")
    assert (third.status, third.name) == ("resolved", "Slow")


def test_text_and_json_of_one_alert_are_one_alert(one: Any) -> None:
    text = "Alerts Firing:\nLabels:\n - alertname = A\n - b = c\nAnnotations:\nSource: \n"
    same = {"labels": {"alertname": "A", "b": "c"}, "startsAt": START}
    assert one(text).state_key == one({"alerts": [same]}).state_key


def test_the_last_alert_of_a_text_that_was_cut_is_notified_but_not_taken_for_another(parsed: Any) -> None:
    cut = TEXT[: TEXT.index(" - instance = db-2")]
    first, second = parsed(cut, attributes={"truncated": "true"}).alerts
    assert (first.kind, second.kind) == ("alert", "event")
    assert "there may be more" in first.annotations["truncated"]
    assert "DiskFull" in second.annotations["summary"]


@pytest.mark.parametrize("text", ["Error - not a valid UTF-8 encoded string", "Error - Message should not be empty"])
def test_a_body_that_was_replaced_is_an_event_named_by_its_subject(parsed: Any, text: str) -> None:
    result = parsed(text, subject="[FIRING:1] DiskFull (db-1)")
    (alert,) = result.alerts
    assert (result.source, alert.kind, alert.labels["alertname"]) == ("amp", "event", "PrometheusMessageUnreadable")
    assert "[FIRING:1] DiskFull (db-1)" in alert.annotations["summary"]
    assert alert.annotations["reason"] == text


def test_a_webhook_body_is_still_alertmanagers(parsed: Any) -> None:
    alert = {"labels": {"alertname": "A"}, "startsAt": "2026-11-20T08:50:00Z"}
    assert parsed({"alerts": [alert], "version": "4"}).source == "alertmanager"
    managed = {**alert, "generatorURL": "https://aps-workspaces.eu-central-1.amazonaws.com/x"}
    assert parsed(json.dumps({"alerts": [managed]})).source == "amp"
