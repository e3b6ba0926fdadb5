"""Finds the metrics that the entries of the configuration watch, as CloudWatch lists them, or a Prometheus."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from alertrelay.anomaly.scorer.metric import Dimensions, WatchedMetric, dimensions_of
from alertrelay.anomaly.scorer.ports import Kept, Metrics, MetricsFailure, QueryRefused
from alertrelay.config.watch import AnomalyConfig, Watch

NAME = "catalogue.json"
FRESH = 3600.0
"""Seconds after which patterns and tags are looked up anew: a new resource is watched within the hour."""
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/aws-services-cloudwatch-metrics.html
_SERVICES: Mapping[str, str] = {
    "AWS/ApplicationELB": "elasticloadbalancing",
    "AWS/NetworkELB": "elasticloadbalancing",
    "AWS/ELB": "elasticloadbalancing",
    "AWS/EC2": "ec2",
    "AWS/EBS": "ec2",
    "AWS/Kinesis": "kinesis",
    "AWS/Firehose": "firehose",
    "AWS/States": "states",
    "AWS/ApiGateway": "apigateway",
    "AWS/EFS": "elasticfilesystem",
    "AWS/ES": "es",
    "ECS/ContainerInsights": "ecs",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """The watched metrics. `left_out` are metrics beyond `max_metrics`; `empty` are entries that found none; `failed`
    are entries that could not be looked up: what was known of them is watched.

    `config` is the hash of the entries that it was made for; `at` is in seconds.
    """

    at: float
    config: str
    metrics: tuple[WatchedMetric, ...]
    left_out: int = 0
    empty: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    def to_bytes(self) -> bytes:
        """JSON."""
        content = {
            "at": self.at,
            "config": self.config,
            "metrics": [metric.to_json() for metric in self.metrics],
            "left_out": self.left_out,
            "empty": self.empty,
            "failed": self.failed,
        }
        return json.dumps(content, separators=(",", ":")).encode()


def kept_catalogue(kept: Kept | None, config: AnomalyConfig) -> Catalogue | None:
    """Reads the catalogue of an earlier run; None where it was for other entries or cannot be read."""
    if kept is None:
        return None
    try:
        data: dict[str, Any] = json.loads(kept.content)
        found = Catalogue(
            at=float(data["at"]),
            config=data["config"],
            metrics=tuple(map(WatchedMetric.of_json, data["metrics"])),
            left_out=data["left_out"],
            empty=tuple(data["empty"]),
            failed=tuple(data["failed"]),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if found.config == entries_hash(config) else None


def look_up(config: AnomalyConfig, metrics: Metrics, *, now: float, before: Catalogue | None = None) -> Catalogue:
    """Asks each source. An entry without an answer keeps its metrics from `before`. Raises MetricsFailure where
    nothing at all is known."""
    found: dict[str, WatchedMetric] = {}
    empty, failed = [], []
    last: MetricsFailure | QueryRefused | None = None
    # Those that are named outright come first: a pattern must not push them out.
    for watch in sorted(config.watches, key=lambda w: not w.exact):
        try:
            own = list(_found(watch, metrics))
        except (MetricsFailure, QueryRefused) as failure:
            own = [metric for metric in before.metrics if metric.watch == watch.name] if before else []
            failed.append(watch.name)
            last = failure
        else:
            empty += [] if own else [watch.name]
        found |= {metric.key: metric for metric in own}
    if last and not found:
        raise MetricsFailure(str(last))
    kept = tuple(found.values())[: config.max_metrics]
    return Catalogue(
        at=now,
        config=entries_hash(config),
        metrics=kept,
        left_out=len(found) - len(kept),
        empty=tuple(empty),
        failed=tuple(failed),
    )


def entries_hash(config: AnomalyConfig) -> str:
    """Names all that decides which metrics are watched."""
    asked = [
        [w.name, w.namespace, w.metric, sorted(w.dimensions.items()), sorted(w.tags.items()), w.statistic, w.period]
        + ([w.expression, sorted(w.inputs.items())] if w.expression else [])
        + ([w.source] if w.source != "cloudwatch" else [])
        for w in config.watches
    ]
    text = json.dumps([config.max_metrics, asked], separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _found(watch: Watch, metrics: Metrics) -> Iterator[WatchedMetric]:
    if watch.source == "prometheus":
        for labels in metrics.queried(watch.expression):
            yield _metric(watch, watch.metric, labels)
        return
    if watch.exact:
        yield _metric(watch, watch.metric, dimensions_of(watch.dimensions))
        return
    resources = _resources(watch, metrics.tagged(watch.tags)) if watch.tags else None
    for name, dimensions in metrics.listed(watch.namespace, watch.metric):
        if _fits(watch, dict(dimensions)) and (resources is None or _is_of(resources, dimensions)):
            yield _metric(watch, name, dimensions)


def _metric(watch: Watch, name: str, dimensions: Dimensions) -> WatchedMetric:
    return WatchedMetric(
        watch=watch.name,
        namespace=watch.namespace,
        name=name,
        dimensions=dimensions,
        statistic=watch.statistic,
        period=watch.period,
        expression=watch.expression,
        inputs=dimensions_of(watch.inputs),
        source=watch.source,
    )


def _fits(watch: Watch, dimensions: Mapping[str, str]) -> bool:
    """Returns whether a metric has just the dimensions that its entry names: `FunctionName: "orders-*"` is not also the
    metric of one of the function's aliases."""
    if not watch.dimensions:
        return True
    return dimensions.keys() == watch.dimensions.keys() and all(
        fnmatchcase(dimensions[name], _only_stars(wanted)) for name, wanted in watch.dimensions.items()
    )


def _only_stars(pattern: str) -> str:
    """Compiles a pattern in which only `*` is special, for any text."""
    return re.sub(r"([?\[])", r"[\1]", pattern)


def _resources(watch: Watch, arns: Iterable[str]) -> frozenset[str]:
    """Returns the names by which a dimension may know a resource: every end of its ARN that begins after a slash or a
    colon, as in app/main/50dc6c495c0c9188 of a load balancer, or orders-db of a database."""
    service = _SERVICES.get(watch.namespace, watch.namespace.removeprefix("AWS/").lower())
    names = set()
    for arn in arns:
        parts = arn.split(":", 5)
        if len(parts) == 6 and (parts[2] == service or not watch.namespace.startswith("AWS/")):
            resource = parts[5]
            starts = [0, *(place + 1 for place, char in enumerate(resource) if char in "/:")]
            names |= {resource[start:] for start in starts}
    return frozenset(names)


def _is_of(resources: frozenset[str], dimensions: Dimensions) -> bool:
    return any(value in resources for _, value in dimensions)
