"""The page that does not need the relay: what triggers it, where its key is, and what watches it."""

from __future__ import annotations

import json
from typing import Any

from tests.infra.template import Template


def rules(template: Template) -> dict[str, Any]:
    """The rules of the page, by what they do."""
    found = template.properties("AWS::Events::Rule")
    return {r["Name"].rpartition("-")[2]: r for r in found if "-ops-page-" in r["Name"]}


def test_the_key_stands_in_the_template_by_reference_alone(busy: Template) -> None:
    properties = busy.only("AWS::Events::Connection")["Properties"]
    (secret,) = busy.of_type("AWS::SecretsManager::Secret")
    key = properties["AuthParameters"]["ApiKeyAuthParameters"]["ApiKeyValue"]
    expected = ["{{resolve:secretsmanager:", {"Ref": secret}, ":SecretString:ops_page::}}"]
    assert key == {"Fn::Join": ["", expected]}
    (parameter,) = properties["AuthParameters"]["InvocationHttpParameters"]["BodyParameters"]
    assert parameter == {"Key": "routing_key", "Value": key, "IsValueSecret": True}
    # Nowhere else: what describes a rule or a role shows no secret.
    others = {k: r for k, r in busy.document["Resources"].items() if r["Type"] != "AWS::Events::Connection"}
    assert "{{resolve" not in json.dumps(others)


def test_an_alarm_of_the_relay_triggers_an_incident_and_its_ok_resolves_it(busy: Template) -> None:
    found = rules(busy)
    for name, state in (("trigger", "ALARM"), ("resolve", "OK")):
        pattern = found[name]["EventPattern"]
        assert pattern["detail-type"] == ["CloudWatch Alarm State Change"]
        assert pattern["detail"]["state"] == {"value": [state]}
        (target,) = found[name]["Targets"]
        paths = target["InputTransformer"]["InputPathsMap"]
        body = target["InputTransformer"]["InputTemplate"]
        for variable in paths:
            # Unquoted, so that EventBridge writes a JSON value: a quotation mark in it would break the body.
            assert f"<{variable}>" in body
            assert f'"<{variable}>"' not in body
        plain = json.loads(body.replace("<", '"<').replace(">", '>"'))
        assert plain["event_action"] == name
        assert paths[plain["dedup_key"].strip("<>")] == "$.resources[0]"


def test_every_critical_alarm_pages_save_those_about_the_page_itself(busy: Template) -> None:
    prefixes = [p["prefix"] for p in rules(busy)["trigger"]["EventPattern"]["detail"]["alarmName"]]
    for alarm in busy.properties("AWS::CloudWatch::Alarm"):
        name = alarm["AlarmName"]
        pages = name.startswith(tuple(prefixes))
        critical = "severity: critical" in alarm["AlarmDescription"]
        assert pages is (critical and "-ops-page-" not in name), name


def test_mail_watches_the_page_and_the_page_watches_mail(busy: Template) -> None:
    alarms = {a["AlarmName"]: a for a in busy.properties("AWS::CloudWatch::Alarm")}
    for action in ("trigger", "resolve"):
        alarm = alarms[f"busy-alertrelay-ops-page-{action}-AlertrelayPageFailed"]
        assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Events", "FailedInvocations")
    assert "busy-alertrelay-topic-ops-AlertrelayNotificationsFailed" in alarms
    for rule in rules(busy).values():
        assert rule["Targets"][0]["DeadLetterConfig"]


def test_nothing_of_it_is_there_without_a_key(relay: Template) -> None:
    kinds = {resource["Type"] for resource in relay.document["Resources"].values()}
    assert not kinds & {"AWS::Events::Connection", "AWS::Events::ApiDestination"}
    assert rules(relay) == {}
