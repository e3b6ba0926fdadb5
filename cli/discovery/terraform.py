"""Reads what `terraform show -json` prints of a state or a plan. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from cli.discovery import item
from cli.discovery.item import Item, named_later, number_of


def of_terraform(document: Mapping[str, Any]) -> Iterator[Item]:
    """Return the resources of a state or a plan."""
    values = document.get("values") or document.get("planned_values") or {}
    resources = [one for one in _resources(values.get("root_module") or {}) if one.get("mode", "managed") == "managed"]
    members = [one["values"] for one in resources if one.get("type") == "aws_rds_cluster_instance"]
    for resource in resources:
        reader = _TERRAFORM.get(str(resource.get("type")))
        found = reader(str(resource.get("name", "")), resource["values"], members) if reader else None
        if found:
            yield found


def _resources(module: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for resource in module.get("resources", ()):
        if isinstance(resource, dict) and isinstance(resource.get("values"), dict):
            yield resource
    for child in module.get("child_modules", ()):
        yield from _resources(child)


_Values = Mapping[str, Any]


def _tf_tags(of: _Values) -> dict[str, str]:
    return {str(key): str(value) for key, value in (of.get("tags_all") or of.get("tags") or {}).items()}


def _tf_database(name: str, of: _Values, _: list[dict[str, Any]]) -> Item | None:
    found = item.database(
        str(of.get("identifier") or name),
        str(of.get("engine") or ""),
        str(of.get("instance_class") or ""),
        number_of(of.get("allocated_storage")),
        storage_type=str(of.get("storage_type") or ""),
        replica=bool(of.get("replicate_source_db")),
        insights=bool(of.get("performance_insights_enabled")),
        tags=_tf_tags(of),
    )
    return named_later(found, named=bool(of.get("identifier")))


def _tf_cluster(name: str, of: _Values, members: list[dict[str, Any]]) -> Item | None:
    identifier = of.get("cluster_identifier")
    own = [one for one in members if one.get("cluster_identifier") == identifier]
    scaling = of.get("serverlessv2_scaling_configuration") or [{}]
    found = item.cluster(
        str(identifier or name),
        str(of.get("engine") or ""),
        str(own[0].get("instance_class") or "") if own else "",
        max_capacity=number_of(scaling[0].get("max_capacity")),
        members=len(own),
        tags=_tf_tags(of),
    )
    return named_later(found, named=bool(identifier)) if found else None


def _tf_replication_group(name: str, of: _Values, _: list[dict[str, Any]]) -> Item:
    shards = int(number_of(of.get("num_node_groups")))
    clustered = shards > 1 or bool(of.get("cluster_enabled"))
    each = of.get("replicas_per_node_group") if clustered else of.get("num_cache_clusters")
    nodes = int(number_of(each)) + clustered
    found = item.cache(
        str(of.get("replication_group_id") or name),
        str(of.get("engine") or "redis"),
        str(of.get("node_type") or ""),
        nodes=nodes or 1,
        shards=shards if clustered else 0,
        tags=_tf_tags(of),
    )
    return named_later(found, named=bool(of.get("replication_group_id")))


def _tf_cache(name: str, of: _Values, _: list[dict[str, Any]]) -> Item | None:
    if of.get("replication_group_id"):
        return None
    memcached = of.get("engine") == "memcached"
    return item.cache(
        str(of.get("cluster_id") or name),
        str(of.get("engine") or "redis"),
        str(of.get("node_type") or ""),
        nodes=int(number_of(of.get("num_cache_nodes"))) or 1 if memcached else 1,
        single=not memcached,
        tags=_tf_tags(of),
    )


def _tf_service(name: str, of: _Values, _: list[dict[str, Any]]) -> Item:
    return item.service(
        str(of.get("name") or name),
        str(of.get("cluster") or "").rpartition("/")[2],
        launch=str(of.get("launch_type") or ""),
        tags=_tf_tags(of),
    )


def _tf_balancer(name: str, of: _Values, _: list[dict[str, Any]]) -> Item | None:
    if of.get("load_balancer_type", "application") != "application":
        return None
    found = item.plain("load_balancers", str(of.get("arn_suffix") or of.get("name") or name), tags=_tf_tags(of))
    return named_later(found, named=bool(of.get("arn_suffix")))


def _tf_queue(name: str, of: _Values, _: list[dict[str, Any]]) -> Item:
    try:
        policy = json.loads(of.get("redrive_policy") or "{}")
    except ValueError:
        policy = {}
    dead = str(policy.get("deadLetterTargetArn", "")).rpartition(":")[2]
    found = item.plain("queues", str(of.get("name") or name), tags=_tf_tags(of), dead_letter_queue=dead)
    return named_later(found, named=bool(of.get("name")))


def _tf_function(name: str, of: _Values, _: list[dict[str, Any]]) -> Item:
    timeout = int(number_of(of.get("timeout")))
    return item.plain("functions", str(of.get("function_name") or name), tags=_tf_tags(of), timeout_seconds=timeout)


_TERRAFORM: Mapping[str, Callable[[str, _Values, list[dict[str, Any]]], Item | None]] = {
    "aws_db_instance": _tf_database,
    "aws_rds_cluster": _tf_cluster,
    "aws_elasticache_replication_group": _tf_replication_group,
    "aws_elasticache_cluster": _tf_cache,
    "aws_ecs_service": _tf_service,
    "aws_lb": _tf_balancer,
    "aws_alb": _tf_balancer,
    "aws_sqs_queue": _tf_queue,
    "aws_lambda_function": _tf_function,
}
