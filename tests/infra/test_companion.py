"""The companion: it may start the documents that delivery.yml names and no other, and stands beside the forwarders."""

from __future__ import annotations

import json

from compiler.cost import companion as cost
from infra.companion import MEMORY_MB
from tests.infra.template import Template
from tests.infra.test_permissions import by_sid


def test_an_environment_without_dashboards_and_runbooks_has_nothing_of_it(prod: Template) -> None:
    assert "ompanion" not in json.dumps(prod.document["Resources"])


def test_it_may_start_the_named_documents_and_nothing_else_of_systems_manager(busy: Template) -> None:
    own = by_sid(busy, "CompanionRole")
    assert own.keys() == {"Logs", "Poll", "Silences", "Keys", "Ops", "Start", "Hand"}
    assert own["Start"]["Action"] == "ssm:StartAutomationExecution"
    documents = json.dumps(own["Start"]["Resource"])
    assert "automation-definition/AWS-RestartEC2Instance:*" in documents
    assert "automation-definition/Own-Runbook:*" in documents
    assert len(own["Start"]["Resource"]) == 2
    assert (own["Hand"]["Action"], own["Hand"]["Resource"]) == (
        "iam:PassRole",
        "arn:aws:iam::111122223333:role/restart",
    )
    assert own["Hand"]["Condition"] == {"StringEquals": {"iam:PassedToService": "ssm.amazonaws.com"}}
    assert own["Silences"]["Action"] == "dynamodb:GetItem"


def test_every_topic_feeds_its_own_queue_and_no_forwarder_knows_of_it(busy: Template) -> None:
    queue = next(k for k in busy.of_type("AWS::SQS::Queue") if k.startswith("CompanionArrivals"))
    subscribed = [s for s in busy.properties("AWS::SNS::Subscription") if queue in json.dumps(s["Endpoint"])]
    assert len(subscribed) == 5
    (mapping,) = [m for m in busy.properties("AWS::Lambda::EventSourceMapping") if queue in json.dumps(m)]
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    forwarders = {k: r for k, r in busy.of_type("AWS::IAM::Role").items() if "Forwarder" in k}
    assert "Companion" not in json.dumps(forwarders)


def test_its_own_trouble_is_mailed_by_sns_and_wakes_nobody(busy: Template) -> None:
    found = [one for one in busy.properties("AWS::CloudWatch::Alarm") if "-companion" in one["AlarmName"]]
    assert {one["AlarmName"].removeprefix("busy-alertrelay-companion") for one in found} == {
        "-CompanionErrors",
        "-arrivals-CompanionStuck",
        "-lapsed-CompanionLapsed",
    }
    for one in found:
        assert one["AlarmActions"][0]["Ref"].startswith("OpsTopic")
        assert "severity: warning" in one["AlarmDescription"]
    assert (len(found), MEMORY_MB) == (cost.ALARMS, cost.MEMORY_MB)
