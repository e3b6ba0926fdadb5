"""The resources that an environment lists, as plain values: what a construct takes, and what the file is read into."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from alertrelay.alert import Labels

from compiler.reading.finding import Place

NOWHERE = Place(file="")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceWatch:
    """The settings that every watched resource has.

    `labels` stand on its alarms; without `service` that is its own id. `thresholds` are this environment's own
    numbers by key (`cpu_percent: 70`), last `reviewed` on a date, "" where it does not say. `anomaly` names what is
    held against CloudWatch's learnt band instead of a number. `insufficient_data`: its alarms fire when their
    metric is missing. `runbooks` are its own pages by alertname. `stack` names the further stack that its alarms go
    to. `places` says where each key stands, "" the whole.
    """

    labels: Labels = field(default_factory=dict)
    thresholds: Mapping[str, float] = field(default_factory=dict)
    reviewed: str = ""
    anomaly: tuple[str, ...] = ()
    insufficient_data: bool = False
    runbooks: Mapping[str, str] = field(default_factory=dict)
    stack: str = ""
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)

    def at(self, key: str = "") -> Place:
        """Returns the place of a key of the resource, else that of the resource itself."""
        return self.places.get(key) or self.places.get("", NOWHERE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """An RDS instance. `memory_gb` and `vcpus` are needed only for a class that the table of classes does not have.

    `max_connections` is the parameter's value where it is not AWS's default.
    """

    id: str  # DBInstanceIdentifier
    engine: str  # of ENGINES
    instance_class: str  # db.r6g.large
    storage_gb: float
    storage_type: str = "gp3"
    replica: bool = False
    performance_insights: bool = False
    max_connections: float = 0
    memory_gb: float = 0
    vcpus: float = 0
    watch: ResourceWatch = field(default_factory=ResourceWatch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """An Aurora cluster; its instances are watched by role. `max_capacity` (ACU) makes it serverless.

    `local_storage_gb` and `storage_network_megabytes` (a second) are AWS's numbers for the class.
    """

    id: str  # DBClusterIdentifier
    engine: str  # of CLUSTER_ENGINES
    instance_class: str = ""
    max_capacity: float = 0
    readers: bool = True
    binlog_replica: bool = False
    performance_insights: bool = False
    max_connections: float = 0
    memory_gb: float = 0
    vcpus: float = 0
    local_storage_gb: float = 0
    storage_network_megabytes: float = 0
    watch: ResourceWatch = field(default_factory=ResourceWatch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cache:
    """A replication group of ElastiCache, a Memcached cluster, or a serverless cache.

    `nodes` is how many a shard has (Memcached: how many there are), `shards` 0 where cluster mode is disabled.
    `node_ids` are the nodes' own ids where they are not the first ones that AWS gives.
    """

    id: str  # ReplicationGroupId, CacheClusterId of Memcached, or the serverless cache's name
    engine: str  # of CACHE_ENGINES
    instance_class: str = ""
    nodes: int = 1
    shards: int = 0
    node_ids: tuple[str, ...] = ()
    serverless: bool = False
    must_not_evict: bool = False
    max_connections: float = 0
    vcpus: float = 0
    watch: ResourceWatch = field(default_factory=ResourceWatch)

    @property
    def members(self) -> tuple[str, ...]:
        """The ids of the nodes: `sessions-001`, in cluster mode `sessions-0001-001`, Memcached's `0001`."""
        if self.node_ids:
            return self.node_ids
        if self.engine == "memcached":
            return tuple(f"{node:04}" for node in range(1, self.nodes + 1))
        shards = [f"{self.id}-{shard:04}" for shard in range(1, self.shards + 1)] or [self.id]
        return tuple(f"{shard}-{node:03}" for shard in shards for node in range(1, self.nodes + 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """An ECS service. `container_insights` is "", "standard" or "enhanced".

    `load_balancer` and `target_group` are the last parts of their ARNs; `healthy_targets` is how many it needs.
    `service_connect` is the discovery name under which others call it. `opentelemetry` is its `service.name` in the
    metrics that it sends to CloudWatch by OTLP, `log_group` the name of its log.
    """

    id: str  # ServiceName
    cluster: str  # ClusterName
    launch: str = "fargate"
    container_insights: str = ""
    ebs_volume: bool = False
    load_balancer: str = ""  # app/main/50dc6c495c0c9188
    target_group: str = ""  # targetgroup/checkout/73e2d6bc24d8a067
    healthy_targets: int = 1
    service_connect: str = ""
    opentelemetry: str = ""
    log_group: str = ""
    watch: ResourceWatch = field(default_factory=ResourceWatch)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadBalancer:
    """An Application Load Balancer, by the last part of its ARN."""

    id: str  # app/main/50dc6c495c0c9188
    watch: ResourceWatch = field(default_factory=ResourceWatch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """An SQS queue, with its dead-letter queue if it has one."""

    id: str  # QueueName
    dead_letter_queue: str = ""
    watch: ResourceWatch = field(default_factory=ResourceWatch)


@dataclass(frozen=True, slots=True, kw_only=True)
class Function:
    """A Lambda function. `stream`: it reads a stream (Kinesis, DynamoDB)."""

    id: str  # FunctionName
    timeout_seconds: float = 0
    stream: bool = False
    watch: ResourceWatch = field(default_factory=ResourceWatch)


Resource = Database | Cluster | Cache | Service | LoadBalancer | Queue | Function
