"""Turns a listed resource into parts with their dimensions, and the facts that thresholds are derived from."""

from __future__ import annotations

from collections.abc import Iterator

from compiler.alarms.data_stores import watched_cache, watched_cluster, watched_database
from compiler.alarms.part import Part, Watched, flags, shortened
from compiler.catalogue.facts import ResourceFacts
from compiler.resources.resource import (
    Cache,
    Cluster,
    Database,
    Function,
    LoadBalancer,
    Queue,
    Resource,
    Service,
)


def watched(resource: Resource) -> Watched:
    """Returns the resource as rules see it."""
    match resource:
        case Database():
            return watched_database(resource)
        case Cluster():
            return watched_cluster(resource)
        case Cache():
            return watched_cache(resource)
        case Service():
            return _service(resource)
        case LoadBalancer():
            return _balancer(resource)
        case Queue():
            return _queue(resource)
        case Function():
            return _function(resource)
    raise TypeError(f"compiler/alarms/watched.py does not say how rules see a {type(resource).__name__}: add a case")


def _service(service: Service) -> Watched:
    identity = {"ClusterName": service.cluster, "ServiceName": service.id}
    name = f"{service.cluster}.{service.id}"  # no ECS name holds a dot, so the pair has one spelling
    called = f"service {shortened(service.id)} in cluster {shortened(service.cluster)}"
    return Watched(
        kind="ecs",
        id=service.id,
        cluster=service.cluster,
        parts=(
            Part(kind="service", name=name, called=called, dimensions=identity),
            Part(
                kind="cluster",
                name=service.cluster,
                called=f"ECS cluster {shortened(service.cluster)}",
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
            flags=flags(
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
            called=f"service {shortened(service.id)} behind load balancer {_short(service.load_balancer)}",
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
            called=f"dead-letter queue {shortened(queue.dead_letter_queue)}",
            dimensions={"QueueName": queue.dead_letter_queue},
        ),
    )
    return Watched(
        kind="sqs",
        id=queue.id,
        cluster="",
        parts=(
            Part(
                kind="queue", name=queue.id, called=f"queue {shortened(queue.id)}", dimensions={"QueueName": queue.id}
            ),
            *(dead_letters if queue.dead_letter_queue else ()),
        ),
        facts=ResourceFacts(flags=flags(messages=asked, dead_letter_queue=bool(queue.dead_letter_queue))),
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
        facts=ResourceFacts(timeout=function.timeout_seconds * 1000, flags=flags(stream=function.stream)),
        watch=function.watch,
        console=f"lambda/home?region={{region}}#/functions/{function.id}?tab=monitoring",
    )
