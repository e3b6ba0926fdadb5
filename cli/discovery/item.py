"""One resource that was found, as the environment file lists it. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from compiler.resources.lists import CACHE_ENGINES, CLUSTER_ENGINES
from compiler.resources.resource import Cache

LISTS = ("databases", "clusters", "caches", "services", "load_balancers", "queues", "functions")
"""In the order of the file's documentation."""
OWN = "alertrelay-"
"""How the names of the relay's own resources begin: it watches itself already."""
_LABEL_TAGS: Mapping[str, tuple[str, ...]] = {
    "service": ("service", "app", "application", "component"),
    "team": ("team", "owner", "squad"),
}
"""By label: the tags that give its value, the first that there is; their case does not matter."""

MADE_LATER = "its name is made at the deploy: `alertrelay discover` without --from finds it then"

Property = str | int | float | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An entry under `kind`. `properties` begin with the id; `unusable` says why it can only be a comment."""

    kind: str
    properties: Mapping[str, Property]
    arn: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    unusable: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """Returns its key in the list: an ECS service has its name in its cluster."""
        return self.kind, str(self.properties.get("cluster", "")), str(self.properties["id"])

    @property
    def labels(self) -> Mapping[str, str]:
        """Return the labels that its tags give."""
        lower = {name.lower(): value.strip() for name, value in self.tags.items()}
        found = {}
        for label, names in _LABEL_TAGS.items():
            value = next((lower[name] for name in names if lower.get(name)), "")
            if value and not set(value) & set(",\r\n"):
                found[label] = value
        return found


def database(
    name: str, engine: str, instance_class: str, storage_gb: float, *,
    storage_type: str = "", replica: bool = False, insights: bool = False, arn: str = "",
    tags: Mapping[str, str] | None = None,
) -> Item:  # fmt: skip
    """Return an RDS instance. `engine` is AWS's own word, such as oracle-ee."""
    properties: dict[str, Property] = {
        "id": name,
        "engine": engine.split("-")[0],
        "class": instance_class,
        "storage_gb": storage_gb,
    }
    if storage_type not in ("", "gp3"):
        properties["storage_type"] = storage_type
    properties |= {key: True for key, on in (("replica", replica), ("performance_insights", insights)) if on}
    return Item(kind="databases", properties=properties, arn=arn, tags=tags or {})


def cluster(
    name: str, engine: str, instance_class: str, *, max_capacity: float = 0, members: int = 0,
    arn: str = "", tags: Mapping[str, str] | None = None,
) -> Item | None:  # fmt: skip
    """Return an Aurora cluster; None for one of another engine, whose instances are databases."""
    if engine not in CLUSTER_ENGINES:
        return None
    properties: dict[str, Property] = {"id": name, "engine": engine}
    if max_capacity and instance_class in ("", "db.serverless"):
        properties["max_capacity"] = max_capacity
    else:
        properties["class"] = instance_class
    if members == 1:
        properties["readers"] = False
    unusable = "" if instance_class or max_capacity else "it has no instance, so its class is not known"
    return Item(kind="clusters", properties=properties, arn=arn, tags=tags or {}, unusable=unusable)


def cache(
    name: str, engine: str, node_class: str, *, nodes: int = 1, shards: int = 0, serverless: bool = False,
    single: bool = False, members: tuple[str, ...] = (), arn: str = "", tags: Mapping[str, str] | None = None,
) -> Item:  # fmt: skip
    """Return a replication group, a Memcached cluster or a serverless cache. `single`: a node without a group.

    `members` are the ids of its nodes: they are listed where they are not the first ones that AWS gives.
    """
    properties: dict[str, Property] = {"id": name, "engine": engine if engine in CACHE_ENGINES else "redis"}
    if serverless:
        properties["serverless"] = True
    else:
        properties["class"] = node_class
        properties |= {"nodes": nodes} if nodes != 1 else {}
        properties |= {"shards": shards} if shards else {}
        first = Cache(id=name, engine=engine, nodes=nodes, shards=shards).members
        properties |= {"node_ids": members} if members and set(members) != set(first) else {}
    unusable = "a single node without a replication group cannot be listed" if single else ""
    return Item(kind="caches", properties=properties, arn=arn, tags=tags or {}, unusable=unusable)


def service(
    name: str, in_cluster: str, *, launch: str = "", insights: str = "", target_group: str = "",
    balancer: str = "", arn: str = "", tags: Mapping[str, str] | None = None,
) -> Item:  # fmt: skip
    """Return an ECS service. `target_group` and `balancer` are the last parts of their ARNs."""
    properties: dict[str, Property] = {"id": name, "cluster": in_cluster}
    if launch.lower() == "ec2":
        properties["launch"] = "ec2"
    if insights:
        properties["container_insights"] = insights
    if target_group and balancer.startswith("app/"):
        properties |= {"load_balancer": balancer, "target_group": target_group}
    unusable = "" if in_cluster else "its cluster is not known"
    return Item(kind="services", properties=properties, arn=arn, tags=tags or {}, unusable=unusable)


def plain(
    kind: str,
    name: str,
    *,
    arn: str = "",
    tags: Mapping[str, str] | None = None,
    unusable: str = "",
    **properties: Property,
) -> Item:
    """Return an entry that is its id and a few properties; those that are empty are left out."""
    kept = {key: value for key, value in properties.items() if value}
    return Item(kind=kind, properties={"id": name, **kept}, arn=arn, tags=tags or {}, unusable=unusable)


def named_later(found: Item, *, named: bool) -> Item:
    """Return the item, as one that can only be a comment where no name of it is stated."""
    return found if named or found.unusable else dataclasses.replace(found, unusable=MADE_LATER)


def number_of(value: Any) -> float:
    """Return a number that may stand as text; 0 for anything else."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return 0
