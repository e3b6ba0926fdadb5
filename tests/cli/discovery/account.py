"""An account by moto, in this process, with what moto does not have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from botocore.exceptions import ClientError
from moto import mock_aws

from cli.cloud import Client, clients

REGION = "eu-west-1"
CARTS = {"ServerlessCacheName": "carts", "Engine": "valkey", "ARN": "arn:carts"}


class _NoServerless:
    """A client of ElastiCache: moto knows no serverless caches."""

    def __init__(self, real: Any, caches: Sequence[Mapping[str, str]]) -> None:
        self._real, self._caches = real, caches

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def get_paginator(self, operation: str) -> Any:
        return self if operation == "describe_serverless_caches" else self._real.get_paginator(operation)

    def paginate(self) -> list[dict[str, Any]]:
        return [{"ServerlessCaches": list(self._caches)}, {"ServerlessCaches": []}]


@contextmanager
def account(serverless: Sequence[Mapping[str, str]] = (CARTS,)) -> Iterator[Client]:
    """An account that is empty but for its serverless caches."""
    with mock_aws():
        made = clients(REGION)
        yield lambda service: _NoServerless(made(service), serverless) if service == "elasticache" else made(service)


def denying(client: Client, *services: str) -> Client:
    """The same account, with no permission for some services."""

    def asked(service: str) -> Any:
        if service in services:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "ListThem")
        return client(service)

    return asked


def add_database(
    client: Client,
    name: str,
    *,
    engine: str = "postgres",
    instance_class: str = "db.m7g.large",
    storage_type: str = "gp2",
    tags: Mapping[str, str] | None = None,
) -> None:
    """An RDS instance of 100 GB."""
    client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        Engine=engine,
        DBInstanceClass=instance_class,
        AllocatedStorage=100,
        StorageType=storage_type,
        MasterUsername="admin",
        MasterUserPassword="not-a-secret",
        Tags=[{"Key": key, "Value": value} for key, value in (tags or {}).items()],
    )


def fill(client: Client) -> None:
    """One of everything, and what is left out: the relay's own, a dead-letter queue, another engine."""
    add_database(client, "shop-db", tags={"Service": "shop", "Owner": "commerce"})
    add_database(client, "old-db", engine="mysql", instance_class="db.z9.huge")
    rds = client("rds")
    rds.create_db_cluster(
        DBClusterIdentifier="ledger",
        Engine="aurora-postgresql",
        MasterUsername="admin",
        MasterUserPassword="not-a-secret",
    )
    for name in ("ledger-1", "ledger-2"):
        rds.create_db_instance(
            DBInstanceIdentifier=name,
            DBClusterIdentifier="ledger",
            Engine="aurora-postgresql",
            DBInstanceClass="db.r7g.large",
        )
    client("elasticache").create_replication_group(
        ReplicationGroupId="tokens",
        ReplicationGroupDescription="tokens",
        Engine="redis",
        CacheNodeType="cache.t4g.small",
        NumNodeGroups=1,
        ReplicasPerNodeGroup=1,
    )
    sqs = client("sqs")
    dead = sqs.create_queue(QueueName="jobs-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = f'{{"deadLetterTargetArn": "{arn}", "maxReceiveCount": 3}}'
    sqs.create_queue(QueueName="jobs", Attributes={"RedrivePolicy": policy}, tags={"team": "a, b", "app": "jobs"})
    sqs.create_queue(QueueName="alertrelay-prod-timers")
    _add_service(client)


def _add_service(client: Client) -> None:
    ec2, elbv2, ecs = client("ec2"), client("elbv2"), client("ecs")
    subnets = [one["SubnetId"] for one in ec2.describe_subnets()["Subnets"]][:2]
    vpc = ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
    balancer = elbv2.create_load_balancer(Name="front", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    elbv2.create_load_balancer(Name="pipe", Subnets=subnets, Type="network")
    group = elbv2.create_target_group(Name="cart", Protocol="HTTP", Port=80, VpcId=vpc)["TargetGroups"][0]
    elbv2.create_listener(
        LoadBalancerArn=balancer,
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": group["TargetGroupArn"]}],
    )
    ecs.create_cluster(clusterName="apps", settings=[{"name": "containerInsights", "value": "enabled"}])
    ecs.register_task_definition(family="cart", containerDefinitions=[{"name": "cart", "image": "cart", "memory": 64}])
    ecs.create_service(
        cluster="apps",
        serviceName="cart",
        taskDefinition="cart",
        desiredCount=1,
        launchType="EC2",
        loadBalancers=[{"targetGroupArn": group["TargetGroupArn"], "containerName": "cart", "containerPort": 80}],
    )
