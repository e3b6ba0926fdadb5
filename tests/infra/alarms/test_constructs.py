"""The packs as constructs in somebody else's CDK app."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from alertrelay.sources.metadata import read

from compiler.resources.resource import Cache, Cluster, Database, Function, LoadBalancer, Queue, ResourceWatch, Service
from infra.node import use_packaged_node

use_packaged_node()

import aws_cdk as cdk  # noqa: E402 - starts node, which is found first
from aws_cdk import assertions  # noqa: E402
from constructs import Construct  # noqa: E402

from infra.alarms.alarm import ResourceAlarms, tags  # noqa: E402

ORDERS = Database(id="orders-db", engine="postgres", instance_class="db.r6g.large", storage_gb=100)
LABELS = {"env": "prod", "service": "orders", "team": "commerce"}
PACKS: list[tuple[str, Callable[[Construct], ResourceAlarms]]] = [
    ("AWS/RDS", lambda stack: ResourceAlarms(stack, "Orders", ORDERS, labels=LABELS)),
    (
        "AWS/RDS",
        lambda stack: ResourceAlarms(
            stack, "Catalog", Cluster(id="catalog", engine="aurora-mysql", max_capacity=8), labels=LABELS
        ),
    ),
    (
        "AWS/ElastiCache",
        lambda stack: ResourceAlarms(
            stack, "Cache", Cache(id="c", engine="redis", instance_class="cache.r7g.large"), labels=LABELS
        ),
    ),
    ("AWS/ECS", lambda stack: ResourceAlarms(stack, "Web", Service(id="web", cluster="main"), labels=LABELS)),
    (
        "AWS/ApplicationELB",
        lambda stack: ResourceAlarms(stack, "Edge", LoadBalancer(id="app/main/50dc6c495c0c9188"), labels=LABELS),
    ),
    ("AWS/SQS", lambda stack: ResourceAlarms(stack, "Queue", Queue(id="orders"), labels=LABELS)),
    ("AWS/Lambda", lambda stack: ResourceAlarms(stack, "Resize", Function(id="resize"), labels=LABELS)),
]


def synthesised(make: Callable[[Construct], object]) -> list[dict[str, Any]]:
    stack = cdk.Stack(cdk.App(), "Somebody")
    make(stack)
    found = assertions.Template.from_stack(stack).find_resources("AWS::CloudWatch::Alarm")
    return [resource["Properties"] for resource in found.values()]


@pytest.mark.parametrize(("namespace", "make"), PACKS)
def test_each_pack_makes_alarms_of_its_resource_in_any_app(
    namespace: str, make: Callable[[Construct], ResourceAlarms]
) -> None:
    alarms = synthesised(make)
    assert len(alarms) >= 2
    assert namespace in {alarm.get("Namespace") for alarm in alarms}
    for alarm in alarms:
        labels = read(alarm["AlarmDescription"]).labels
        assert (labels["env"], labels["team"], labels["service"]) == ("prod", "commerce", "orders")
        assert alarm["AlarmName"].startswith("prod-")
        assert alarm["OKActions"] == alarm["AlarmActions"]


def test_the_topics_may_be_somebody_elses() -> None:
    topics = {severity: f"arn:aws:sns:eu-west-1:111122223333:{severity}" for severity in ("critical", "warning")}
    for alarm in synthesised(lambda s: ResourceAlarms(s, "A", ORDERS, environment="dev", topics=topics)):
        assert alarm["AlarmActions"] == [topics[read(alarm["AlarmDescription"]).labels["severity"]]]


def test_two_resources_in_one_stack_do_not_meet() -> None:
    def both(stack: Construct) -> None:
        for name in ("a", "b"):
            ResourceAlarms(stack, name.upper(), Queue(id=name), environment="prod")

    assert len({alarm["AlarmName"] for alarm in synthesised(both)}) == 4


def test_an_app_that_does_not_name_the_environment_is_told_so() -> None:
    with pytest.raises(
        ValueError, match='Orders: the environment is part of an alarm\'s name: give `environment="prod"`'
    ):
        synthesised(lambda stack: ResourceAlarms(stack, "Orders", ORDERS))


def test_a_number_that_cannot_be_derived_is_asked_for() -> None:
    new = Database(id="orders-db", engine="postgres", instance_class="db.q9.large", storage_gb=100)
    with pytest.raises(ValueError, match=r"Orders: memory of orders-db is not known.*give `memory_gb: …`"):
        synthesised(lambda stack: ResourceAlarms(stack, "Orders", new, environment="prod"))


def test_labels_of_the_resource_win_over_those_of_the_construct() -> None:
    watch = ResourceWatch(labels={"team": "data"})
    database = Database(id="a", engine="mysql", instance_class="db.r6g.large", storage_gb=100, watch=watch)
    for alarm in synthesised(lambda stack: ResourceAlarms(stack, "A", database, labels=LABELS)):
        assert read(alarm["AlarmDescription"]).labels["team"] == "data"


def test_a_label_that_aws_refuses_as_a_tag_stands_in_the_description_only() -> None:
    made = {tag.key: tag.value for tag in tags({"team": "r&d #1", "service": "orders"}, "RDSHighCPU", "critical")}
    assert made == {"service": "orders", "alertname": "RDSHighCPU", "severity": "critical"}
