"""An existing deployment keeps what it has: the template beside that of commit 802c9f3, recorded in baseline/.

For each resource the record has its type, its name, its deletion policy, and the properties whose change, from nothing
too, would have CloudFormation replace it (the resource reference, "Update requires: Replacement").
"""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.infra.template import Template

BASELINE: dict[str, dict[str, Any]] = json.loads((Path(__file__).parent / "baseline" / "relay-prod.json").read_text())
NAMES = ("TopicName", "QueueName", "FunctionName", "TableName", "Name", "AlarmName", "DashboardName")
HOLDS_SOMETHING = {
    "AWS::DynamoDB::Table",
    "AWS::IAM::Role",
    "AWS::KMS::Key",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
}
MADE_ANEW = {
    # Watched together with others of the same mend: nothing is held in an alarm.
    "AWS::CloudWatch::Alarm": 30,
    # For the aliases. CloudFormation makes the new ones first and deletes the old ones when all else is done, so that
    # an event comes twice rather than not at all.
    "AWS::Lambda::Permission": 22,
    "AWS::SNS::Subscription": 15,
}


def _fixed(resource: dict[str, Any], wanted: dict[str, Any]) -> dict[str, Any]:
    return {name: resource["Properties"].get(name) for name in wanted}


def test_the_record_holds_what_a_deployment_must_not_lose() -> None:
    kinds = Counter(recorded["type"] for recorded in BASELINE.values())
    assert set(kinds) >= HOLDS_SOMETHING
    assert (kinds["AWS::SNS::Topic"], kinds["AWS::Lambda::Function"], kinds["AWS::SQS::Queue"]) == (7, 4, 12)


def test_no_resource_that_holds_something_is_replaced_renamed_or_left_behind(prod: Template) -> None:
    resources = prod.document["Resources"]
    for key, recorded in BASELINE.items():
        if recorded["type"] not in HOLDS_SOMETHING:
            continue
        resource = resources[key]
        assert resource["Type"] == recorded["type"]
        assert resource.get("DeletionPolicy", "") == recorded["deletion"]
        assert _fixed(resource, recorded["fixed"]) == recorded["fixed"], key


def test_only_subscriptions_and_permissions_are_made_anew(prod: Template) -> None:
    gone = Counter(recorded["type"] for key, recorded in BASELINE.items() if key not in prod.document["Resources"])
    assert gone == MADE_ANEW


def test_no_new_resource_takes_the_name_of_one_that_goes(prod: Template) -> None:
    taken = {(recorded["type"], recorded["name"]) for recorded in BASELINE.values() if recorded["name"]}
    for key, resource in prod.document["Resources"].items():
        if key in BASELINE:
            continue
        properties = resource.get("Properties", {})
        names = {properties[name] for name in NAMES if isinstance(properties.get(name), str)}
        assert not {(resource["Type"], name) for name in names} & taken, key


def test_what_is_there_already_keeps_its_name_and_type(prod: Template) -> None:
    for key, resource in prod.document["Resources"].items():
        if key in BASELINE and BASELINE[key]["name"]:
            properties = resource["Properties"]
            names = [properties[name] for name in NAMES if isinstance(properties.get(name), str)]
            assert (resource["Type"], names[0]) == (BASELINE[key]["type"], BASELINE[key]["name"])
