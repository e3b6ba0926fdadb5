"""The shipped inhibition rules keep from people what another alert explains, and nothing else."""

from __future__ import annotations

import pytest
from alertrelay.policy.inhibit import Firing, inhibiting

from compiler.load import load
from tests.example import CONFIG as SHIPPED

CONFIG = load(SHIPPED, "prod").config
ORDERS = {"service": "orders", "cluster": "main", "env": "prod"}


def inhibited(target: dict[str, str], source: dict[str, str]) -> bool:
    assert CONFIG is not None
    return inhibiting(CONFIG.inhibit_rules, target, [Firing(state_key="s", labels=source)]) is not None


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ({"alertname": "RDSHighCPU", "severity": "critical"}, {"alertname": "RDSHighCPU", "severity": "warning"}),
        ({"alertname": "RDSHighCPU", "severity": "warning"}, {"alertname": "RDSHighCPU", "severity": "info"}),
        ({"alertname": "ServiceDown", "severity": "critical"}, {"alertname": "ECSHighCPU", "severity": "critical"}),
        ({"alertname": "DatabaseDown", "severity": "critical"}, {"alertname": "RDSHighCPU", "severity": "warning"}),
        ({"alertname": "ClusterDown", "severity": "critical"}, {"alertname": "ServiceDown", "severity": "critical"}),
        ({"alertname": "MultipleServicesDown"}, {"alertname": "ServiceDown", "severity": "critical"}),
        ({"alertname": "ClusterDown"}, {"alertname": "MultipleServicesDown", "severity": "critical"}),
    ],
)
def test_the_larger_inhibits_the_smaller_and_never_the_other_way_round(
    source: dict[str, str], target: dict[str, str]
) -> None:
    assert inhibited(ORDERS | target, ORDERS | source)
    assert not inhibited(ORDERS | source, ORDERS | target)


@pytest.mark.parametrize("label", ["service", "env"])
def test_another_service_or_environment_is_not_inhibited(label: str) -> None:
    down = ORDERS | {"alertname": "ServiceDown", "severity": "critical"}
    assert not inhibited(ORDERS | {"alertname": "ECSHighCPU", label: "other"}, down)


def test_a_service_down_without_a_service_inhibits_nothing() -> None:
    assert not inhibited({"alertname": "ECSHighCPU"}, {"alertname": "ServiceDown"})


def test_two_databases_of_one_service_do_not_inhibit_each_other() -> None:
    one = ORDERS | {"alertname": "RDSHighCPU", "severity": "critical", "DBInstanceIdentifier": "a"}
    other = ORDERS | {"alertname": "RDSHighCPU", "severity": "warning", "DBInstanceIdentifier": "b"}
    assert not inhibited(other, one)


def test_alerts_that_name_neither_service_nor_resource_do_not_inhibit_each_other() -> None:
    finding = {"alertname": "SecurityHubFinding", "env": "prod", "account_id": "123456789012"}
    one = finding | {"severity": "critical", "resource": "arn:aws:s3:::bucket-a"}
    other = finding | {"severity": "warning", "resource": "arn:aws:s3:::bucket-b"}
    assert not inhibited(other, one)
    for down in ("DatabaseDown", "CacheDown", "ServiceDown", "ClusterDown"):
        assert not inhibited({"alertname": "RDSHighCPU"}, {"alertname": down, "severity": "critical"})


def test_two_queues_of_one_service_do_not_inhibit_each_other() -> None:
    one = ORDERS | {"alertname": "SQSBacklog", "severity": "critical", "QueueName": "a"}
    other = ORDERS | {"alertname": "SQSBacklog", "severity": "warning", "QueueName": "b"}
    assert not inhibited(other, one)
    assert inhibited(other | {"QueueName": "a"}, one)
