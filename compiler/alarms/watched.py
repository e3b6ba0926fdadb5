"""Turns a listed resource into parts with their dimensions, and the facts that thresholds are derived from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass, field

from alertrelay.alert import Labels

from compiler.catalogue.facts import GIB, ResourceFacts, classes, max_connections
from compiler.resources.listing import cache_kind
from compiler.resources.resource import (
    Cache,
    Cluster,
    Database,
    Function,
    LoadBalancer,
    Queue,
    Resource,
    ResourceWatch,
    Service,
)

CONNECTIONS = 65_000  # maxclients of Redis and Valkey, Memcached's max_simultaneous_connections: ElastiCache's own
NAMED = 80  # characters of a name in a sentence
SMALL_CONNECTIONS = 20_000  # maxclients of the burstable classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One set of dimensions of a resource. `kind` is what rules ask for; `name` is unique among the kind's alarms.

    `shared` parts belong to several resources (the cluster of ECS services): the first one listed has their alarms.
    """

    kind: str
    name: str
    called: str  # "the writer of Aurora cluster orders", the object of an alarm's sentence
    dimensions: Labels
    labels: Labels = field(default_factory=dict)
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """`kind` names the part of the catalogue; `id` is how people call the resource; `cluster` is the label.

    `console` is the path of its page in the console, with {region} where the region stands.
    """

    kind: str
    id: str
    cluster: str
    parts: tuple[Part, ...]
    facts: ResourceFacts
    watch: ResourceWatch
    console: str = ""


def watched(resource: Resource) -> Watched:
    """Returns the resource as rules see it."""
    match resource:
        case Database():
            return _database(resource)
        case Cluster():
            return _cluster(resource)
        case Cache():
            return _cache(resource)
        case Service():
            return _service(resource)
        case LoadBalancer():
            return _balancer(resource)
        case Queue():
            return _queue(resource)
        case Function():
            return _function(resource)
    raise TypeError(f"compiler/alarms/watched.py does not say how rules see a {type(resource).__name__}: add a case")


def _database(database: Database) -> Watched:
    known = classes().get(database.instance_class.removeprefix("db."))
    memory = database.memory_gb * GIB or (known.memory if known else 0)
    limit, source, estimated = max_connections(database.engine, memory)
    return Watched(
        kind="rds",
        id=database.id,
        cluster="",
        parts=(
            Part(
                kind="instance",
                name=database.id,
                called=f"database {_cut(database.id)}",
                dimensions={"DBInstanceIdentifier": database.id},
            ),
        ),
        facts=ResourceFacts(
            engine=database.engine,
            instance_class=database.instance_class,
            vcpus=database.vcpus or (known.vcpus if known else 0),
            memory=memory,
            ebs_bursts=bool(known and known.ebs_bursts),
            storage=database.storage_gb * GIB,
            storage_type=database.storage_type,
            max_connections=database.max_connections or limit,
            max_connections_from="as the environment file says" if database.max_connections else source,
            max_connections_estimated=estimated and not database.max_connections,
            flags=_flags(replica=database.replica, performance_insights=database.performance_insights),
        ),
        watch=database.watch,
        console=f"rds/home?region={{region}}#database:id={database.id};is-cluster=false",
    )


def _cluster(cluster: Cluster) -> Watched:
    return Watched(
        kind="aurora",
        id=cluster.id,
        cluster=cluster.id,
        parts=_cluster_parts(cluster),
        facts=_cluster_facts(cluster),
        watch=cluster.watch,
        console=f"rds/home?region={{region}}#database:id={cluster.id};is-cluster=true",
    )


def _cluster_parts(cluster: Cluster) -> tuple[Part, ...]:
    called = f"Aurora cluster {cluster.id}"
    identity = {"DBClusterIdentifier": cluster.id}
    roles = ("writer", "reader") if cluster.readers else ("writer",)
    by_role = (
        Part(
            kind=role,
            name=f"{cluster.id}.{role}",
            called=f"the {role} of {called}",
            dimensions={**identity, "Role": role.upper()},
        )
        for role in roles
    )
    return (Part(kind="cluster", name=cluster.id, called=called, dimensions=identity), *by_role)


def _cluster_facts(cluster: Cluster) -> ResourceFacts:
    known = classes().get(cluster.instance_class.removeprefix("db."))
    # An Aurora capacity unit is 2 GiB; max_connections follows from the largest capacity.
    memory = cluster.memory_gb * GIB or cluster.max_capacity * 2 * GIB or (known.memory if known else 0)
    limit, source, estimated = max_connections(cluster.engine, memory)
    return ResourceFacts(
        engine=cluster.engine,
        instance_class=cluster.instance_class,
        vcpus=cluster.vcpus or (known.vcpus if known else 0),
        memory=memory,
        local_storage=cluster.local_storage_gb * GIB or 2 * memory,
        storage_network=cluster.storage_network_megabytes * 1_000_000,
        max_connections=cluster.max_connections or limit,
        max_connections_from="as the environment file says" if cluster.max_connections else source,
        max_connections_estimated=estimated and not cluster.max_connections,
        flags=_flags(
            serverless=cluster.max_capacity > 0,
            readers=cluster.readers,
            binlog_replica=cluster.binlog_replica,
            performance_insights=cluster.performance_insights,
        ),
    )


def _cache(cache: Cache) -> Watched:
    known = classes().get(cache.instance_class.removeprefix("cache."))
    facts = ResourceFacts(
        engine=cache.engine,
        instance_class=cache.instance_class,
        vcpus=cache.vcpus or (known.vcpus if known else 0),
        nodes=len(cache.node_ids) or cache.nodes,
        max_connections=cache.max_connections,
        max_connections_from="as the environment file says",
        flags=_flags(must_not_evict=cache.must_not_evict),
    )
    if not cache.max_connections:
        small = facts.burstable and cache.engine != "memcached"
        limit = SMALL_CONNECTIONS if small else CONNECTIONS
        facts = dataclasses.replace(facts, max_connections=limit, max_connections_from="AWS's limit")
    return Watched(
        kind=cache_kind(cache.engine, serverless=cache.serverless),
        id=cache.id,
        cluster=cache.id,
        parts=tuple(_cache_parts(cache)),
        facts=facts,
        watch=cache.watch,
        console=f"elasticache/home?region={{region}}#/{cache.engine}/{cache.id}",
    )


def _cache_parts(cache: Cache) -> Iterator[Part]:
    if cache.serverless:
        yield Part(
            kind="cache", name=cache.id, called=f"serverless cache {cache.id}", dimensions={"clusterId": cache.id}
        )
        return
    for node in cache.members:
        if cache.engine == "memcached":
            yield Part(
                kind="node",
                name=f"{cache.id}.{node}",
                called=f"node {node} of cache {cache.id}",
                dimensions={"CacheClusterId": cache.id, "CacheNodeId": node},
            )
        else:
            # The group's id as a CacheClusterId never has data: the alarm would never fire.
            yield Part(kind="node", name=node, called=f"cache node {node}", dimensions={"CacheClusterId": node})


def _service(service: Service) -> Watched:
    identity = {"ClusterName": service.cluster, "ServiceName": service.id}
    name = f"{service.cluster}.{service.id}"  # no ECS name holds a dot, so the pair has one spelling
    called = f"service {_cut(service.id)} in cluster {_cut(service.cluster)}"
    return Watched(
        kind="ecs",
        id=service.id,
        cluster=service.cluster,
        parts=(
            Part(kind="service", name=name, called=called, dimensions=identity),
            Part(
                kind="cluster",
                name=service.cluster,
                called=f"ECS cluster {_cut(service.cluster)}",
                dimensions={"ClusterName": service.cluster},
                labels={"service": service.cluster},
                shared=True,
            ),
            *_service_connect(service, name, called),
            *_targets(service, name),
            *_telemetry(service, name, called),
        ),
        facts=ResourceFacts(
            nodes=service.healthy_targets,
            flags=_flags(
                ec2=service.launch == "ec2",
                insights=bool(service.container_insights),
                enhanced=service.container_insights == "enhanced",
                ebs_volume=service.ebs_volume,
                service_connect=bool(service.service_connect),
                otel=bool(service.opentelemetry),
                logs=bool(service.log_group),
            ),
        ),
        watch=service.watch,
        console=f"ecs/v2/clusters/{service.cluster}/services/{service.id}/health?region={{region}}",
    )


def _service_connect(service: Service, name: str, called: str) -> Iterator[Part]:
    if service.service_connect:
        yield Part(
            kind="connect",
            name=name,
            called=called,
            dimensions={
                "ClusterName": service.cluster,
                "ServiceName": service.id,
                "TargetDiscoveryName": service.service_connect,
            },
        )


def _targets(service: Service, name: str) -> Iterator[Part]:
    if service.target_group:
        yield Part(
            kind="target",
            name=name,
            called=f"service {_cut(service.id)} behind load balancer {_short(service.load_balancer)}",
            dimensions={"LoadBalancer": service.load_balancer, "TargetGroup": service.target_group},
        )


def _telemetry(service: Service, name: str, called: str) -> Iterator[Part]:
    if service.opentelemetry:
        dimensions = {"service.name": service.opentelemetry}
        yield Part(kind="telemetry", name=name, called=called, dimensions=dimensions)
    if service.log_group:
        yield Part(kind="log", name=name, called=called, dimensions={"LogGroup": service.log_group})


def _balancer(balancer: LoadBalancer) -> Watched:
    short = _short(balancer.id)
    return Watched(
        kind="alb",
        id=short,
        cluster="",
        parts=(
            Part(
                kind="balancer",
                name=short,
                called=f"load balancer {short}",
                dimensions={"LoadBalancer": balancer.id},
            ),
        ),
        facts=ResourceFacts(flags=frozenset(balancer.watch.anomaly)),
        watch=balancer.watch,
        console=f"ec2/home?region={{region}}#LoadBalancers:search={short}",
    )


def _short(balancer: str) -> str:
    """Returns main for app/main/50dc6c495c0c9188. The name alone is unique, and outlives a replacement."""
    return balancer.split("/")[1] if balancer.count("/") == 2 else balancer


def _queue(queue: Queue) -> Watched:
    asked = "messages" in queue.watch.anomaly or "messages" in queue.watch.thresholds
    dead_letters = (
        Part(
            kind="dead-letters",
            name=queue.id,
            called=f"dead-letter queue {_cut(queue.dead_letter_queue)}",
            dimensions={"QueueName": queue.dead_letter_queue},
        ),
    )
    return Watched(
        kind="sqs",
        id=queue.id,
        cluster="",
        parts=(
            Part(kind="queue", name=queue.id, called=f"queue {_cut(queue.id)}", dimensions={"QueueName": queue.id}),
            *(dead_letters if queue.dead_letter_queue else ()),
        ),
        facts=ResourceFacts(flags=_flags(messages=asked, dead_letter_queue=bool(queue.dead_letter_queue))),
        watch=queue.watch,
        console="sqs/v3/home?region={region}#/queues",
    )


def _function(function: Function) -> Watched:
    return Watched(
        kind="lambda",
        id=function.id,
        cluster="",
        parts=(
            Part(
                kind="function",
                name=function.id,
                called=f"function {function.id}",
                dimensions={"FunctionName": function.id},
            ),
        ),
        facts=ResourceFacts(timeout=function.timeout_seconds * 1000, flags=_flags(stream=function.stream)),
        watch=function.watch,
        console=f"lambda/home?region={{region}}#/functions/{function.id}?tab=monitoring",
    )


def _cut(name: str) -> str:
    """Cuts a name: those of ECS have up to 255 characters, a description has 1,024; the dimensions have the whole
    name."""
    return name if len(name) <= NAMED else f"{name[: NAMED - 1]}…"


def _flags(**flags: bool) -> frozenset[str]:
    return frozenset(name for name, holds in flags.items() if holds)
