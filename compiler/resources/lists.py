"""The lists of environments/NAME.yml: which keys an entry of each may have, and what stands in them."""

from __future__ import annotations

from compiler.resources.keys import (
    ResourceKey,
    ResourceList,
    choice_key,
    class_key,
    flag_key,
    name_key,
    number_key,
    whole_key,
)

ENGINES = ("mysql", "mariadb", "postgres", "oracle", "sqlserver")
CLUSTER_ENGINES = ("aurora-mysql", "aurora-postgresql")
CACHE_ENGINES = ("redis", "valkey", "memcached")
STORAGE_TYPES = ("gp2", "gp3", "io1", "io2", "standard")

_RDS_NAME = (r"[A-Za-z](-?[A-Za-z0-9]){0,62}", "orders-db")
_CACHE_NAME = (r"[A-Za-z](-?[A-Za-z0-9]){0,49}", "sessions")
_ECS_NAME = (r"[A-Za-z0-9_-]{1,255}", "checkout")
_OTEL_NAME = (r"[A-Za-z0-9][A-Za-z0-9_.:/ -]{0,99}", "checkout")
_LOG_GROUP = (r"[A-Za-z0-9_/.#-]{1,512}", "/ecs/checkout")
_ECS_CLUSTER = (_ECS_NAME[0], "main")
_BALANCER = (r"app/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}", "app/main/50dc6c495c0c9188")
_TARGETS = (r"targetgroup/[A-Za-z0-9-]{1,32}/[0-9a-f]{16}", "targetgroup/checkout/73e2d6bc24d8a067")
_QUEUE_NAME = (r"[A-Za-z0-9_-]{1,80}(\.fifo)?", "orders")
_FUNCTION_NAME = (r"[A-Za-z0-9_-]{1,64}", "resize-images")
_DISCOVERY_NAME = (r"[A-Za-z0-9_-]{1,64}", "checkout")

_NUMBERS = ("memory_gb", "vcpus")
"""What a class that the table does not have needs."""
_UNKNOWN = "Needed only for a class that alertrelay does not know."
_CONNECTIONS = "The parameter's value, where it is not AWS's default."
_CAPACITY = (
    number_key("max_connections", 1, 1_000_000, _CONNECTIONS),
    number_key("memory_gb", 0.5, 65_536, _UNKNOWN),
    number_key("vcpus", 1, 2_048, _UNKNOWN),
)
_LOAD = flag_key("performance_insights", "It publishes DBLoad.")
DATABASES = ResourceList(
    key="databases",
    about="RDS instances.",
    kinds=("rds",),
    own=(
        name_key("id", _RDS_NAME, "DBInstanceIdentifier"),
        choice_key("engine", ENGINES, ENGINES[2], "Its engine."),
        class_key("db", _NUMBERS, "db.r6g.large"),
        number_key("storage_gb", 5, 65_536, "Allocated storage, in GiB.", needed=True),
        choice_key("storage_type", STORAGE_TYPES, "gp3", "gp3 unless said.", needed=False),
        flag_key("replica", "It is a read replica."),
        _LOAD,
        *_CAPACITY,
    ),
)
CLUSTERS = ResourceList(
    key="clusters",
    about="Aurora clusters.",
    kinds=("aurora",),
    own=(
        name_key("id", _RDS_NAME, "DBClusterIdentifier"),
        choice_key("engine", CLUSTER_ENGINES, CLUSTER_ENGINES[1], "Its engine."),
        class_key("db", _NUMBERS, "Of its instances: db.r6g.large", needed=False),
        number_key("max_capacity", 0.5, 256, "Aurora Serverless v2: the largest capacity, in ACU.", null=False),
        flag_key("readers", "It has a reader; true unless said.", default=True),
        flag_key("binlog_replica", "It replicates from a MySQL outside by binlog."),
        _LOAD,
        *_CAPACITY,
        number_key("local_storage_gb", 1, 65_536, "Local disk of the class; twice its memory unless said."),
        number_key("storage_network_megabytes", 1, 100_000, "Storage traffic that the class allows, in MB a second."),
    ),
)
CACHES = ResourceList(
    key="caches",
    about="Replication groups of ElastiCache, Memcached clusters, serverless caches.",
    kinds=("elasticache", "memcached", "elasticache-serverless"),
    own=(
        name_key("id", _CACHE_NAME, "ReplicationGroupId, not a node's id"),
        choice_key("engine", CACHE_ENGINES, CACHE_ENGINES[0], "Its engine."),
        class_key("cache", ("vcpus",), "cache.r7g.large", needed=False),
        whole_key("nodes", 1, 1, 60, "Nodes of a shard, the primary included; of Memcached all."),
        whole_key("shards", 0, 1, 500, "Shards, where cluster mode is enabled."),
        ResourceKey(
            name="node_ids",
            field="node_ids",
            about="The nodes' ids, where they are not the first ones that AWS gives.",
            read=lambda item: item.strings("node_ids"),
            schema={
                "type": ["array", "null"],
                "items": {"type": "string", "pattern": "^(.+-[0-9]{3}|[0-9]+)$"},
            },
            needed=False,
        ),
        flag_key("serverless", "A serverless cache."),
        flag_key("must_not_evict", "An eviction is an alarm."),
        number_key("max_connections", 1, 1_000_000, "Where it is not ElastiCache's own limit."),
        number_key("vcpus", 1, 2_048, _UNKNOWN),
    ),
)
SERVICES = ResourceList(
    key="services",
    about="ECS services.",
    kinds=("ecs",),
    own=(
        name_key("id", _ECS_NAME, "ServiceName"),
        name_key("cluster", _ECS_CLUSTER, "ClusterName"),
        choice_key("launch", ("fargate", "ec2"), "fargate", "fargate unless said.", needed=False),
        choice_key(
            "container_insights", ("standard", "enhanced"), "", "The cluster's Container Insights.", needed=False
        ),
        flag_key("ebs_volume", "Its tasks have EBS volumes."),
        name_key("load_balancer", _BALANCER, "The last part of the load balancer's ARN.", needed=False),
        name_key("target_group", _TARGETS, "The last part of the target group's ARN.", needed=False),
        whole_key("healthy_targets", 1, 1, 1_000, "How many targets it needs; 1 unless said."),
        name_key("service_connect", _DISCOVERY_NAME, "Its discovery name in Service Connect.", needed=False),
        name_key(
            "opentelemetry",
            _OTEL_NAME,
            "Its service.name in the OpenTelemetry metrics that it sends to CloudWatch.",
            needed=False,
        ),
        name_key("log_group", _LOG_GROUP, "The name of its log group.", needed=False),
    ),
)
LOAD_BALANCERS = ResourceList(
    key="load_balancers",
    about="Application Load Balancers.",
    kinds=("alb",),
    own=(name_key("id", _BALANCER, "The last part of its ARN."),),
)
QUEUES = ResourceList(
    key="queues",
    about="SQS queues.",
    kinds=("sqs",),
    own=(
        name_key("id", _QUEUE_NAME, "QueueName"),
        name_key("dead_letter_queue", _QUEUE_NAME, "The name of its dead-letter queue.", needed=False),
    ),
)
FUNCTIONS = ResourceList(
    key="functions",
    about="Lambda functions.",
    kinds=("lambda",),
    own=(
        name_key("id", _FUNCTION_NAME, "FunctionName"),
        number_key("timeout_seconds", 1, 900, "Its timeout."),
        flag_key("stream", "It reads a stream."),
    ),
)
LISTS = (DATABASES, CLUSTERS, CACHES, SERVICES, LOAD_BALANCERS, QUEUES, FUNCTIONS)
