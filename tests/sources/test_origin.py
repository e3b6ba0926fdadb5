from __future__ import annotations

import pytest
from alertrelay.sources.origin import origin


@pytest.mark.parametrize(
    ("named", "expected"),
    [
        ({"ClusterName": "main", "ServiceName": "checkout"}, {"service": "checkout", "cluster": "main"}),
        (
            {"Service": "checkout", "Environment": "eks:prod/default"},
            {"service": "checkout", "env": "eks:prod/default", "cluster": "prod"},
        ),
        ({"Service": "a", "Environment": "ecs:main"}, {"service": "a", "env": "ecs:main", "cluster": "main"}),
        ({"Service": "a", "Environment": "ec2:default"}, {"service": "a", "env": "ec2:default"}),
        ({"@resource.service.name": "a", "@resource.k8s.cluster.name": "c"}, {"service": "a", "cluster": "c"}),
        ({"service_name": "a", "deployment_environment": "prod"}, {"service": "a", "env": "prod"}),
        ({"deployment.environment.name": "prod", "k8s_cluster_name": "c"}, {"env": "prod", "cluster": "c"}),
        ({"service": "own", "ServiceName": "dimension"}, {"service": "own"}),
        ({"Cluster Name": "kafka"}, {"cluster": "kafka"}),
        ({"@resource.aws.ecs.cluster.arn": "arn:aws:ecs:eu-west-1:123456789012:cluster/main"}, {"cluster": "main"}),
        ({"CacheClusterId": "sessions-0001-002"}, {"cluster": "sessions"}),
        ({"InstanceId": "i-1"}, {}),
        ({"service": " ", "env": ""}, {}),
    ],
)
def test_service_environment_and_cluster_come_from_every_spelling(
    named: dict[str, str], expected: dict[str, str]
) -> None:
    assert origin(named) == expected


@pytest.mark.parametrize("namespace", ["AWS/Billing", "AWS/Usage", "AWS/TrustedAdvisor"])
def test_a_service_of_aws_itself_is_no_service_of_the_owner(namespace: str) -> None:
    assert origin({"ServiceName": "AmazonEC2"}, namespace) == {}
