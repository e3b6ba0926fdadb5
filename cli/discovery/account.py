"""Reads an account: one service after another, page by page; a service that may not be read is named."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alertrelay.aws.errors import code
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from cli.cloud import NOT_OF_AWS, UNREADABLE, Client
from cli.discovery import item
from cli.discovery.item import OWN, Item

_AT_ONCE = 10
"""Services that DescribeServices takes."""
_TAGGED = [
    "rds:db",
    "rds:cluster",
    "elasticache",
    "ecs:service",
    "elasticloadbalancing:loadbalancer",
    "sqs",
    "lambda:function",
]
_APPLICATION = "loadbalancer/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A service that did not answer: why, in AWS's word, and which call."""

    service: str
    why: str


class NoSelection(Exception):
    """Resources were to be chosen by tag, and the tags cannot be read. The text says why."""


def discover(client: Client, wanted: Mapping[str, str]) -> tuple[tuple[Item, ...], tuple[Unread, ...]]:
    """Return what the account has in the clients' region, with the tags `wanted`, and what could not be read.

    Throttling is the clients' own matter: they retry with backoff. Raises NoSelection.
    """
    unread: list[Unread] = []
    try:
        tags = _tags(client, wanted)
    except UNREADABLE as error:
        if wanted:
            raise NoSelection(f"--tag: tag:GetResources answered {_why(error)}") from None
        tags = {}
        unread.append(Unread(service="tags", why=_why(error)))
    found: list[Item] = []
    for name, reader in READERS.items():
        try:
            for one in reader(client):
                own = str(one.properties["id"]).startswith(OWN)
                if not own and (not wanted or one.arn in tags):
                    found.append(dataclasses.replace(one, tags=tags.get(one.arn, one.tags)))
        except UNREADABLE as error:
            unread.append(Unread(service=name, why=_why(error)))
    return tuple(found), tuple(unread)


def _why(error: BotoCoreError | ClientError | ResponseParserError) -> str:
    if isinstance(error, ResponseParserError):
        return NOT_OF_AWS
    called = f" ({error.operation_name})" if isinstance(error, ClientError) else ""
    return f"{code(error)}{called}"


def _tags(client: Client, wanted: Mapping[str, str]) -> dict[str, dict[str, str]]:
    pages = client("resourcegroupstaggingapi").get_paginator("get_resources")
    asked: dict[str, Any] = {"ResourceTypeFilters": list(_TAGGED)}
    if wanted:
        asked["TagFilters"] = [{"Key": key, "Values": [value] if value else []} for key, value in wanted.items()]
    return {
        one["ResourceARN"]: _plain_tags(one.get("Tags", ()))
        for page in pages.paginate(**asked)
        for one in page["ResourceTagMappingList"]
    }


def _plain_tags(tags: Sequence[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}


def _paged(client: Any, operation: str, key: str, **asked: Any) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**asked):
        yield from page.get(key, ())


def _databases(client: Client) -> Iterator[Item]:
    for one in _paged(client("rds"), "describe_db_instances", "DBInstances"):
        if not one["Engine"].startswith("aurora"):
            yield item.database(
                one["DBInstanceIdentifier"],
                one["Engine"],
                one["DBInstanceClass"],
                one["AllocatedStorage"],
                storage_type=one.get("StorageType", ""),
                replica=bool(one.get("ReadReplicaSourceDBInstanceIdentifier")),
                insights=bool(one.get("PerformanceInsightsEnabled")),
                arn=one["DBInstanceArn"],
                tags=_plain_tags(one.get("TagList", ())),
            )


def _clusters(client: Client) -> Iterator[Item]:
    rds = client("rds")
    clusters = [one for one in _paged(rds, "describe_db_clusters", "DBClusters") if "aurora" in one["Engine"]]
    classes = (
        {
            one["DBInstanceIdentifier"]: one["DBInstanceClass"]
            for one in _paged(rds, "describe_db_instances", "DBInstances")
        }
        if clusters
        else {}
    )
    for one in clusters:
        members = sorted(one.get("DBClusterMembers", ()), key=lambda member: not member.get("IsClusterWriter"))
        found = item.cluster(
            one["DBClusterIdentifier"],
            one["Engine"],
            next((classes[m["DBInstanceIdentifier"]] for m in members if m["DBInstanceIdentifier"] in classes), ""),
            max_capacity=one.get("ServerlessV2ScalingConfiguration", {}).get("MaxCapacity", 0),
            members=len(members),
            arn=one["DBClusterArn"],
            tags=_plain_tags(one.get("TagList", ())),
        )
        if found:
            yield found


def _caches(client: Client) -> Iterator[Item]:
    elasticache = client("elasticache")
    nodes = list(_paged(elasticache, "describe_cache_clusters", "CacheClusters"))
    engines = {one.get("ReplicationGroupId"): one["Engine"] for one in nodes}
    classes = {one.get("ReplicationGroupId"): one.get("CacheNodeType", "") for one in nodes}
    for one in _paged(elasticache, "describe_replication_groups", "ReplicationGroups"):
        name, shards = one["ReplicationGroupId"], one.get("NodeGroups", ())
        yield item.cache(
            name,
            one.get("Engine") or engines.get(name, "redis"),
            one.get("CacheNodeType") or classes.get(name, ""),
            nodes=_nodes_of_a_shard(one),
            shards=len(shards) if one.get("ClusterEnabled") else 0,
            members=tuple(sorted(one.get("MemberClusters", ()))),
            arn=one.get("ARN", ""),
        )
    for one in nodes:
        if not one.get("ReplicationGroupId"):
            memcached = one["Engine"] == "memcached"
            yield item.cache(
                one["CacheClusterId"],
                one["Engine"],
                one.get("CacheNodeType", ""),
                nodes=one.get("NumCacheNodes", 1) if memcached else 1,
                single=not memcached,
                arn=one.get("ARN", ""),
            )


def _nodes_of_a_shard(group: Mapping[str, Any]) -> int:
    shards = group.get("NodeGroups", ())
    largest = max((len(shard.get("NodeGroupMembers", ())) for shard in shards), default=0)
    return max(1, largest, len(group.get("MemberClusters", ())) // max(1, len(shards)))


def _serverless_caches(client: Client) -> Iterator[Item]:
    for one in _paged(client("elasticache"), "describe_serverless_caches", "ServerlessCaches"):
        yield item.cache(one["ServerlessCacheName"], one["Engine"], "", serverless=True, arn=one.get("ARN", ""))


def _services(client: Client) -> Iterator[Item]:
    ecs = client("ecs")
    balancers: Mapping[str, str] | None = None
    for cluster in _paged(ecs, "list_clusters", "clusterArns"):
        services = list(_paged(ecs, "list_services", "serviceArns", cluster=cluster))
        insights = _insights(ecs, cluster) if services else ""
        for start in range(0, len(services), _AT_ONCE):
            answer = ecs.describe_services(cluster=cluster, services=services[start : start + _AT_ONCE])
            for one in answer["services"]:
                group = next((b["targetGroupArn"] for b in one.get("loadBalancers", ()) if "targetGroupArn" in b), "")
                if group and balancers is None:
                    balancers = _balancers_of_groups(client)
                yield item.service(
                    one["serviceName"],
                    cluster.rpartition("/")[2],
                    launch=one.get("launchType", ""),
                    insights=insights,
                    target_group=_last_part(group, "targetgroup/", keep=True),
                    balancer=(balancers or {}).get(group, ""),
                    arn=one["serviceArn"],
                )


def _insights(ecs: Any, cluster: str) -> str:
    found = ecs.describe_clusters(clusters=[cluster], include=["SETTINGS"])["clusters"]
    settings = {one["name"]: one["value"] for each in found for one in each.get("settings", ())}
    return {"enabled": "standard", "enhanced": "enhanced"}.get(settings.get("containerInsights", ""), "")


def _balancers_of_groups(client: Client) -> dict[str, str]:
    """By target group: its load balancer. Without the permission services are listed without theirs."""
    try:
        groups = list(_paged(client("elbv2"), "describe_target_groups", "TargetGroups"))
    except UNREADABLE:
        return {}  # named by the reader of load balancers, which needs the same permission
    return {
        one["TargetGroupArn"]: _last_part(one["LoadBalancerArns"][0], _APPLICATION)
        for one in groups
        if one.get("LoadBalancerArns")
    }


def _load_balancers(client: Client) -> Iterator[Item]:
    for one in _paged(client("elbv2"), "describe_load_balancers", "LoadBalancers"):
        if one.get("Type", "application") == "application":
            arn = one["LoadBalancerArn"]
            yield item.plain("load_balancers", _last_part(arn, _APPLICATION), arn=arn)


def _last_part(arn: str, after: str, *, keep: bool = False) -> str:
    _, word, rest = arn.partition(after)
    return (word if keep else "") + rest


def _queues(client: Client) -> Iterator[Item]:
    sqs = client("sqs")
    found = []
    for url in _paged(sqs, "list_queues", "QueueUrls", PaginationConfig={"PageSize": 1000}):
        try:
            answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn", "RedrivePolicy"])
        except ClientError as error:
            if "NonExistentQueue" in code(error):
                continue  # deleted since the list was made
            raise
        found.append(answer["Attributes"])
    dead = Counter(_dead_letters(one) for one in found)
    for one in found:
        if one["QueueArn"] not in dead:
            name = _dead_letters(one).rpartition(":")[2]
            yield item.plain("queues", one["QueueArn"].rpartition(":")[2], arn=one["QueueArn"], dead_letter_queue=name)


def _dead_letters(attributes: Mapping[str, str]) -> str:
    policy = json.loads(attributes.get("RedrivePolicy") or "{}")
    return str(policy.get("deadLetterTargetArn", ""))


def _functions(client: Client) -> Iterator[Item]:
    lambda_ = client("lambda")
    functions = list(_paged(lambda_, "list_functions", "Functions"))
    sources = _paged(lambda_, "list_event_source_mappings", "EventSourceMappings") if functions else ()
    streams = {
        one["FunctionArn"]
        for one in sources
        if one.get("EventSourceArn", "").split(":")[2:3] in (["kinesis"], ["dynamodb"])
    }
    for one in functions:
        arn = one["FunctionArn"]
        yield item.plain(
            "functions", one["FunctionName"], arn=arn, timeout_seconds=one.get("Timeout", 0), stream=arn in streams
        )


READERS: Mapping[str, Callable[[Client], Iterator[Item]]] = {
    "RDS": _databases,
    "Aurora": _clusters,
    "ElastiCache": _caches,
    "ElastiCache Serverless": _serverless_caches,
    "ECS": _services,
    "load balancers": _load_balancers,
    "SQS": _queues,
    "Lambda": _functions,
}
