"""Lists the metrics that AWS publishes: units, periods, dimensions and useful statistics. Alarms are checked against
it.

Sources: the metrics pages of RDS, Aurora, ElastiCache, ECS, Container Insights, Application Load Balancers, SQS and
Lambda, read on 2026-11-20.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Bad = Literal["high", "low", "either"]
Dimensions = tuple[frozenset[str], ...]


def _sets(*names: str) -> Dimensions:
    return tuple(frozenset(each.split()) for each in names)


INSTANCE = _sets("DBInstanceIdentifier", "DBClusterIdentifier Role", "DBClusterIdentifier")
CLUSTER = _sets("DBClusterIdentifier", "DBClusterIdentifier Role")
NODE = _sets("CacheClusterId", "CacheClusterId CacheNodeId")
CACHE = _sets("clusterId")
NODE_OR_CACHE = NODE + CACHE
SERVICE = _sets("ClusterName ServiceName")
SERVICE_OR_CLUSTER = SERVICE + _sets("ClusterName")
ECS_CLUSTER = _sets("ClusterName")
CONNECT = _sets("TargetDiscoveryName", "TargetDiscoveryName ServiceName ClusterName")
TARGET = _sets("LoadBalancer TargetGroup", "LoadBalancer TargetGroup AvailabilityZone")
TARGET_OR_BALANCER = TARGET + _sets("LoadBalancer", "LoadBalancer AvailabilityZone")
BALANCER = _sets("LoadBalancer", "LoadBalancer AvailabilityZone")
QUEUE = _sets("QueueName")
FUNCTION = _sets("FunctionName", "FunctionName Resource")
THROTTLED = _sets("TableName", "TableName GlobalSecondaryIndexName")


@dataclass(frozen=True, slots=True)
class Published:
    """One metric. `bad` is the direction in which it is trouble; `counter`: only a sum says something.

    `period` is the shortest in seconds at which it is published. `of` names what is measured where two metrics of one
    unit measure different things, so that nobody divides one by the other.
    """

    unit: str
    bad: Bad
    dimensions: Dimensions
    counter: bool = False
    period: int = 60
    of: str = ""


PUBLISHED: Mapping[str, Mapping[str, Published]] = {
    "AWS/RDS": {
        "CPUUtilization": Published("percent", "high", INSTANCE),
        "DatabaseConnections": Published("count", "high", INSTANCE),
        "EBSByteBalance%": Published("percent", "low", INSTANCE),
        "EBSIOBalance%": Published("percent", "low", INSTANCE),
        "FreeableMemory": Published("bytes", "low", INSTANCE),
        "FreeStorageSpace": Published("bytes", "low", _sets("DBInstanceIdentifier"), of="allocated storage"),
        "MaximumUsedTransactionIDs": Published("count", "high", INSTANCE),
        "ReadLatency": Published("seconds", "high", INSTANCE),
        "WriteLatency": Published("seconds", "high", INSTANCE),
        "ReplicaLag": Published("seconds", "either", _sets("DBInstanceIdentifier")),
        "DBLoad": Published("count", "high", INSTANCE),
        "SwapUsage": Published("bytes", "high", INSTANCE),
        "DiskQueueDepth": Published("count", "high", INSTANCE),
        "BurstBalance": Published("percent", "low", _sets("DBInstanceIdentifier"), period=300),
        "CPUCreditBalance": Published("count", "low", INSTANCE, period=300),
        "FreeLocalStorage": Published("bytes", "low", INSTANCE, of="the instance's local disk"),
        "VolumeBytesUsed": Published("bytes", "high", CLUSTER, period=300, of="the cluster volume"),
        "AuroraVolumeBytesLeftTotal": Published("bytes", "low", CLUSTER, of="the cluster volume"),
        "AuroraBinlogReplicaLag": Published("seconds", "either", INSTANCE),
        "BlockedTransactions": Published("count", "high", INSTANCE),
        "BufferCacheHitRatio": Published("percent", "low", INSTANCE),
        "EngineUptime": Published("seconds", "low", INSTANCE),
        "RollbackSegmentHistoryListLength": Published("count", "high", INSTANCE),
        "StorageNetworkThroughput": Published("bytes", "high", INSTANCE),
        "AuroraReplicaLagMaximum": Published("milliseconds", "high", CLUSTER),
        "ACUUtilization": Published("percent", "high", INSTANCE),
        "ServerlessDatabaseCapacity": Published("count", "high", INSTANCE),
        "Deadlocks": Published("count", "high", INSTANCE),
        "CommitLatency": Published("milliseconds", "high", INSTANCE),
    },
    "AWS/ElastiCache": {
        "EngineCPUUtilization": Published("percent", "high", NODE),
        "CPUUtilization": Published("percent", "high", NODE),
        "DatabaseMemoryUsagePercentage": Published("percent", "high", NODE),
        "ReplicationLag": Published("seconds", "high", NODE),
        "CurrConnections": Published("count", "high", NODE_OR_CACHE),
        "Evictions": Published("count", "high", NODE_OR_CACHE, counter=True),
        "SwapUsage": Published("bytes", "high", NODE),
        "FreeableMemory": Published("bytes", "low", NODE),
        "TrafficManagementActive": Published("count", "high", NODE),
        "NetworkBandwidthInAllowanceExceeded": Published("count", "high", NODE, counter=True),
        "NetworkBandwidthOutAllowanceExceeded": Published("count", "high", NODE, counter=True),
        "AuthenticationFailures": Published("count", "high", NODE_OR_CACHE, counter=True),
        "KeyAuthorizationFailures": Published("count", "high", NODE_OR_CACHE, counter=True),
        "MasterLinkHealthStatus": Published("count", "low", NODE),
        "ThrottledCmds": Published("count", "high", CACHE, counter=True),
        "SuccessfulReadRequestLatency": Published("microseconds", "high", NODE_OR_CACHE),
    },
    "AWS/ECS": {
        "CPUUtilization": Published("percent", "high", SERVICE_OR_CLUSTER),
        "MemoryUtilization": Published("percent", "high", SERVICE_OR_CLUSTER),
        "CPUReservation": Published("percent", "high", ECS_CLUSTER),
        "MemoryReservation": Published("percent", "high", ECS_CLUSTER),
        "EBSFilesystemUtilization": Published("percent", "high", SERVICE),
        "HTTPCode_Target_5XX_Count": Published("count", "high", CONNECT, counter=True),
        "TargetResponseTime": Published("milliseconds", "high", CONNECT),
    },
    "ECS/ContainerInsights": {
        "RunningTaskCount": Published("count", "low", SERVICE),
        "DesiredTaskCount": Published("count", "either", SERVICE),
        "EphemeralStorageUtilized": Published("bytes", "high", SERVICE_OR_CLUSTER, of="ephemeral storage"),
        "EphemeralStorageReserved": Published("bytes", "either", SERVICE_OR_CLUSTER, of="ephemeral storage"),
        "TaskCpuUtilization": Published("percent", "high", SERVICE_OR_CLUSTER),
        "TaskMemoryUtilization": Published("percent", "high", SERVICE_OR_CLUSTER),
        "ContainerCpuUtilization": Published("percent", "high", SERVICE_OR_CLUSTER),
        "ContainerMemoryUtilization": Published("percent", "high", SERVICE_OR_CLUSTER),
        "TaskEphemeralStorageUtilization": Published("percent", "high", SERVICE_OR_CLUSTER),
        "TaskEBSFilesystemUtilization": Published("percent", "high", SERVICE_OR_CLUSTER),
        "instance_filesystem_utilization": Published("percent", "high", ECS_CLUSTER),
    },
    "AWS/ApplicationELB": {
        "HTTPCode_Target_5XX_Count": Published("count", "high", TARGET_OR_BALANCER, counter=True),
        "HTTPCode_ELB_5XX_Count": Published("count", "high", BALANCER, counter=True),
        "RequestCount": Published("count", "either", TARGET_OR_BALANCER, counter=True),
        "TargetResponseTime": Published("seconds", "high", TARGET_OR_BALANCER),
        "UnHealthyHostCount": Published("count", "high", TARGET),
        "HealthyHostCount": Published("count", "low", TARGET),
        "RejectedConnectionCount": Published("count", "high", BALANCER, counter=True),
        "TargetConnectionErrorCount": Published("count", "high", TARGET_OR_BALANCER, counter=True),
    },
    "AWS/SQS": {
        "ApproximateAgeOfOldestMessage": Published("seconds", "high", QUEUE),
        "ApproximateNumberOfMessagesVisible": Published("count", "high", QUEUE),
    },
    "AWS/Lambda": {
        "Errors": Published("count", "high", FUNCTION, counter=True),
        "Invocations": Published("count", "either", FUNCTION, counter=True),
        "Throttles": Published("count", "high", FUNCTION, counter=True),
        "Duration": Published("milliseconds", "high", FUNCTION),
        "IteratorAge": Published("milliseconds", "high", FUNCTION),
    },
    "AWS/DynamoDB": {
        "ReadThrottleEvents": Published("count", "high", THROTTLED, counter=True),
        "WriteThrottleEvents": Published("count", "high", THROTTLED, counter=True),
    },
}
