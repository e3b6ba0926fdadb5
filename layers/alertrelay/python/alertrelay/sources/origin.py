"""Finds the service, environment and cluster of an alert, from the names that AWS and OpenTelemetry give to them.

Sources: ECS metrics (ClusterName, ServiceName), Application Signals (Service, Environment), OpenTelemetry resource
semantic conventions (service.name, deployment.environment.name, k8s.cluster.name), which CloudWatch prefixes with
`@resource.` and Prometheus writes with underscores.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from alertrelay.alert import Labels

# ElastiCache names a node `<replication group>-001`, or `<group>-0001-001` where the group has shards.
_NODE_OF_GROUP = re.compile(r"(?P<group>.{1,200}?)(?:-[0-9]{4})?-[0-9]{3}")
# Application Signals: eks:<cluster>/<namespace>, k8s:<cluster>/<namespace>, ecs:<cluster>.
_HOSTED = re.compile(r"(?:eks|k8s|ecs):(?P<cluster>[^/]{1,200})(?:/.*)?", re.DOTALL)
_SERVICE = ("service", "service.name", "servicename")
_ENVIRONMENT = ("env", "deployment.environment.name", "deployment.environment", "environment")
_CLUSTER = (
    "k8s.cluster.name",
    "aws.ecs.cluster.name",
    "aws.ecs.cluster.arn",
    "ecs.cluster.name",
    "kube.cluster.name",
    "cluster.name",
    "clustername",
    "clusteridentifier",
)
# In these a service is one of AWS's own (AmazonEC2), not one of the owner's.
_ABOUT_AWS = frozenset({"AWS/Billing", "AWS/Usage", "AWS/TrustedAdvisor"})


def origin(named: Mapping[str, str], namespace: str = "") -> dict[str, str]:
    """Return `service`, `env` and `cluster` as far as the names of dimensions, attributes or tags give them."""
    folded = {_folded(name): value for name, value in reversed(list(named.items()))}
    env = _first(folded, _ENVIRONMENT)
    hosted = _HOSTED.fullmatch(env)
    found = {
        "service": "" if namespace in _ABOUT_AWS else _first(folded, _SERVICE),
        "env": env,
        "cluster": cluster_of(named) or _last_part(_first(folded, _CLUSTER)) or (hosted["cluster"] if hosted else ""),
    }
    return {name: value for name, value in found.items() if value}


def cluster_of(named: Labels) -> str:
    """Return the cluster that a metric's dimensions name, "" for none."""
    for name in ("ClusterName", "DBClusterIdentifier", "ReplicationGroupId"):
        if name in named:
            return named[name]
    node = named.get("CacheClusterId", "")
    match = _NODE_OF_GROUP.fullmatch(node[:256])
    return match["group"] if match else named.get("cluster", node)


def _folded(name: str) -> str:
    """`@resource.service.name`, `service_name` and `Service Name` are one name."""
    plain = name.strip().lower().lstrip("@").replace("_", ".").replace(" ", ".").replace("-", ".")
    return plain.removeprefix("resource.").removeprefix("attributes.")


def _first(folded: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((value for name in names if (value := folded.get(name, "").strip())), "")


def _last_part(name: str) -> str:
    return name.rpartition("/")[2] if name.startswith("arn:") else name
