"""Alarms that send their tags along: an option, held against the service's own model."""

from __future__ import annotations

from typing import Any

import botocore.session
import pytest

from compiler.resources.resource import Database
from infra.node import use_packaged_node

use_packaged_node()

import aws_cdk as cdk  # noqa: E402 - starts node, which is found first

from infra.alarms.alarm import ResourceAlarms  # noqa: E402

ORDERS = Database(id="orders-db", engine="postgres", instance_class="db.r6g.large", storage_gb=100)
STRICT = {"@aws-cdk/core:validateAgainstDefaultRules": True}
KINDS = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")


def alarms(*, send_tags: bool) -> list[dict[str, Any]]:
    """Synthesise with the rules of the shipped cdk.json: a breach raises."""
    app = cdk.App(context=STRICT)
    stack = cdk.Stack(app, "Somebody")
    ResourceAlarms(stack, "Orders", ORDERS, labels={"env": "prod", "service": "orders"}, send_tags=send_tags)
    resources = app.synth().get_stack_by_name("Somebody").template["Resources"]
    return [one["Properties"] for one in resources.values() if one["Type"] in KINDS]


def test_an_alarm_sends_no_tags_unless_it_is_asked_to() -> None:
    found = alarms(send_tags=False)
    assert found
    assert all("ActionConfiguration" not in properties for properties in found)


def test_each_alarm_sends_all_its_tags_where_it_is_asked_to() -> None:
    found = alarms(send_tags=True)
    assert found
    for properties in found:
        assert properties["ActionConfiguration"] == {"AlarmTagsPropagation": {"Enabled": True}}
        assert properties["Tags"]


@pytest.mark.parametrize("operation", ["PutMetricAlarm", "PutCompositeAlarm"])
def test_cloudwatch_itself_knows_the_property(operation: str) -> None:
    model: Any = botocore.session.Session().get_service_model("cloudwatch").operation_model(operation)
    inner = model.input_shape.members["ActionConfiguration"].members["AlarmTagsPropagation"]
    assert inner.members["Enabled"].type_name == "boolean"
    assert set(inner.members) == {"Enabled", "IncludedTagKeys", "ExcludedTagKeys"}
