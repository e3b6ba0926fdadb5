"""Turns databases and caches into what rules watch: memory, processors and connections follow from the class."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from compiler.alarms.part import Part, Watched, flags, shortened
from compiler.catalogue.facts import GIB, ResourceFacts, classes, max_connections
from compiler.resources.listing import cache_kind
from compiler.resources.resource import Cache, Cluster, Database

CONNECTIONS = 65_000  # maxclients of Redis and Valkey, Memcached's max_simultaneous_connections: ElastiCache's own
SMALL_CONNECTIONS = 20_000  # maxclients of the burstable classes


def watched_database(database: Database) -> Watched:
    """Returns an RDS instance as rules see it: one part."""
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
                called=f"database {shortened(database.id)}",
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
            flags=flags(replica=database.replica, performance_insights=database.performance_insights),
        ),
        watch=database.watch,
        console=f"rds/home?region={{region}}#database:id={database.id};is-cluster=false",
    )


def watched_cluster(cluster: Cluster) -> Watched:
    """Returns an Aurora cluster as rules see it: the cluster, its writer, and its readers as one."""
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
        flags=flags(
            serverless=cluster.max_capacity > 0,
            readers=cluster.readers,
            binlog_replica=cluster.binlog_replica,
            performance_insights=cluster.performance_insights,
        ),
    )


def watched_cache(cache: Cache) -> Watched:
    """Returns an ElastiCache cluster as rules see it: a part a node, one where it is serverless."""
    known = classes().get(cache.instance_class.removeprefix("cache."))
    facts = ResourceFacts(
        engine=cache.engine,
        instance_class=cache.instance_class,
        vcpus=cache.vcpus or (known.vcpus if known else 0),
        nodes=len(cache.node_ids) or cache.nodes,
        max_connections=cache.max_connections,
        max_connections_from="as the environment file says",
        flags=flags(must_not_evict=cache.must_not_evict),
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
