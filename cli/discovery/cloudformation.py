"""Reads what a CloudFormation template states. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cli.discovery import item
from cli.discovery.item import Item, named_later, number_of

_FUNCTIONS = frozenset(
    ("Ref", "Sub", "GetAtt", "Join", "If", "Select", "Split", "ImportValue", "FindInMap", "Base64", "Transform")
)
"""Intrinsic functions that give a text."""


def of_template(document: Mapping[str, Any]) -> Iterator[Item]:
    """Return the resources of a template."""
    parameters = {
        name: one["Default"]
        for name, one in (document.get("Parameters") or {}).items()
        if isinstance(one, dict) and "Default" in one
    }
    for logical, resource in document["Resources"].items():
        if isinstance(resource, dict) and (reader := _TEMPLATE.get(str(resource.get("Type")))):
            raw = resource.get("Properties")
            properties = _resolved(raw if isinstance(raw, dict) else {}, parameters)
            found = reader(str(logical), properties)
            if found:
                yield found


def _resolved(properties: Mapping[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties with parameters by their defaults; what is computed at the deploy is left out."""
    found = {}
    for key, value in properties.items():
        plain = parameters.get(str(value["Ref"])) if isinstance(value, dict) and set(value) == {"Ref"} else value
        if plain is not None and not _computed(plain):
            found[key] = plain
    return found


def _computed(value: Any) -> bool:
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)).removeprefix("Fn::") in _FUNCTIONS


def _tags_of(properties: Mapping[str, Any]) -> dict[str, str]:
    tags = properties.get("Tags", ())
    if isinstance(tags, dict):
        return {str(key): str(value) for key, value in tags.items()}
    return {str(one["Key"]): str(one.get("Value", "")) for one in tags if isinstance(one, dict) and "Key" in one}


def _cf_database(logical: str, of: Mapping[str, Any]) -> Item | None:
    engine = str(of.get("Engine", ""))
    if engine.startswith("aurora"):
        return None
    found = item.database(
        str(of.get("DBInstanceIdentifier", logical)),
        engine,
        str(of.get("DBInstanceClass", "")),
        number_of(of.get("AllocatedStorage")),
        storage_type=str(of.get("StorageType", "")),
        replica="SourceDBInstanceIdentifier" in of,
        insights=of.get("EnablePerformanceInsights") in (True, "true"),
        tags=_tags_of(of),
    )
    return named_later(found, named="DBInstanceIdentifier" in of)


def _cf_cluster(logical: str, of: Mapping[str, Any]) -> Item | None:
    scaling = of.get("ServerlessV2ScalingConfiguration", {})
    found = item.cluster(
        str(of.get("DBClusterIdentifier", logical)),
        str(of.get("Engine", "")),
        str(of.get("DBClusterInstanceClass", "")),
        max_capacity=number_of(scaling.get("MaxCapacity")),
        tags=_tags_of(of),
    )
    return named_later(found, named="DBClusterIdentifier" in of) if found else None


def _cf_replication_group(logical: str, of: Mapping[str, Any]) -> Item:
    shards = int(number_of(of.get("NumNodeGroups")))
    nodes = int(number_of(of.get("ReplicasPerNodeGroup"))) + 1 if shards else int(number_of(of.get("NumCacheClusters")))
    found = item.cache(
        str(of.get("ReplicationGroupId", logical)).lower(),
        str(of.get("Engine", "redis")),
        str(of.get("CacheNodeType", "")),
        nodes=nodes or 1,
        shards=shards if shards > 1 else 0,
        tags=_tags_of(of),
    )
    return named_later(found, named="ReplicationGroupId" in of)


def _cf_cache(logical: str, of: Mapping[str, Any]) -> Item:
    memcached = of.get("Engine") == "memcached"
    found = item.cache(
        str(of.get("ClusterName", logical)).lower(),
        str(of.get("Engine", "redis")),
        str(of.get("CacheNodeType", "")),
        nodes=int(number_of(of.get("NumCacheNodes"))) or 1,
        single=not memcached,
        tags=_tags_of(of),
    )
    return named_later(found, named="ClusterName" in of)


def _cf_serverless_cache(logical: str, of: Mapping[str, Any]) -> Item:
    name, engine = str(of.get("ServerlessCacheName", logical)), str(of.get("Engine", "redis"))
    found = item.cache(name, engine, "", serverless=True, tags=_tags_of(of))
    return named_later(found, named="ServerlessCacheName" in of)


def _cf_service(logical: str, of: Mapping[str, Any]) -> Item:
    found = item.service(
        str(of.get("ServiceName", logical)),
        str(of.get("Cluster", "")).rpartition("/")[2],
        launch=str(of.get("LaunchType", "")),
        tags=_tags_of(of),
    )
    return named_later(found, named="ServiceName" in of)


def _cf_balancer(logical: str, of: Mapping[str, Any]) -> Item | None:
    if of.get("Type", "application") != "application":
        return None
    why = "a part of its ARN is made at the deploy: `alertrelay discover` without --from finds it then"
    return item.plain("load_balancers", str(of.get("Name", logical)), tags=_tags_of(of), unusable=why)


def _cf_queue(logical: str, of: Mapping[str, Any]) -> Item:
    return named_later(
        item.plain("queues", str(of.get("QueueName", logical)), tags=_tags_of(of)), named="QueueName" in of
    )


def _cf_function(logical: str, of: Mapping[str, Any]) -> Item:
    found = item.plain(
        "functions",
        str(of.get("FunctionName", logical)),
        tags=_tags_of(of),
        timeout_seconds=int(number_of(of.get("Timeout"))),
    )
    return named_later(found, named="FunctionName" in of)


_TEMPLATE: Mapping[str, Callable[[str, Mapping[str, Any]], Item | None]] = {
    "AWS::RDS::DBInstance": _cf_database,
    "AWS::RDS::DBCluster": _cf_cluster,
    "AWS::ElastiCache::ReplicationGroup": _cf_replication_group,
    "AWS::ElastiCache::CacheCluster": _cf_cache,
    "AWS::ElastiCache::ServerlessCache": _cf_serverless_cache,
    "AWS::ECS::Service": _cf_service,
    "AWS::ElasticLoadBalancingV2::LoadBalancer": _cf_balancer,
    "AWS::SQS::Queue": _cf_queue,
    "AWS::Lambda::Function": _cf_function,
}
