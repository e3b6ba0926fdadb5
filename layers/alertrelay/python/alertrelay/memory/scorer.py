"""Keeps a run's ports in memory: for tests, and for the scorer on a laptop."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from alertrelay.alert import AnomalyVerdict
from alertrelay.anomaly.scorer.fetch import DATAPOINTS, QUERIES
from alertrelay.anomaly.scorer.metric import Dimensions, WatchedMetric
from alertrelay.anomaly.scorer.ports import Answer, Deployment, Kept, QueryRefused, RunLease, Vote

Series = tuple[str, str, Dimensions, str]
"""Namespace, name, dimensions, statistic."""


@dataclass(slots=True)
class MemoryMetrics:
    """ports.Metrics. `series` has the value of each period that has one, by its begin in seconds; `resources` are tags
    by ARN; a request that names a metric or a query of `invalid` is
    refused; `queries` are the labels of the series of each. `requested` counts metrics."""

    series: dict[Series, dict[float, float]] = field(default_factory=dict)
    resources: dict[str, Mapping[str, str]] = field(default_factory=dict)
    invalid: set[str] = field(default_factory=set)  # names of metrics
    queries: dict[str, list[Dimensions]] = field(default_factory=dict)
    requested: int = 0

    def put(self, metric: WatchedMetric, points: Iterable[tuple[float, float]]) -> None:
        """Adds points."""
        self.series.setdefault(_series(metric), {}).update(points)

    def listed(self, namespace: str, name: str) -> Iterable[tuple[str, Dimensions]]:
        """See ports.Metrics."""
        return sorted({(n, dims) for ns, n, dims, _ in self.series if ns == namespace and name in ("", n)})

    def tagged(self, tags: Mapping[str, str]) -> Iterable[str]:
        """See ports.Metrics."""
        return [arn for arn, held in self.resources.items() if all(held.get(k) == v for k, v in tags.items())]

    def queried(self, query: str) -> Iterable[Dimensions]:
        """See ports.Metrics."""
        if query in self.invalid:
            raise QueryRefused(f"{query} is not valid")
        return sorted(self.queries.get(query, ()))

    def read(self, metrics: Sequence[WatchedMetric], *, start: float, end: float) -> Answer:
        """See ports.Metrics."""
        assert len(metrics) <= QUERIES
        assert sum((end - start) / metric.period for metric in metrics) <= DATAPOINTS
        for metric in metrics:
            if metric.name in self.invalid:
                raise QueryRefused(f"{metric.name} is not valid")
        self.requested += len(metrics)
        return Answer(points={metric.key: self._points(metric, start, end) for metric in metrics})

    def _points(self, metric: WatchedMetric, start: float, end: float) -> list[tuple[float, float]]:
        held = self.series.get(_series(metric), {})
        return sorted((at, value) for at, value in held.items() if start <= at < end)


@dataclass(slots=True)
class MemoryShelf:
    """ports.Shelf."""

    objects: dict[str, Kept] = field(default_factory=dict)
    _writes: int = 0

    def get(self, name: str) -> Kept | None:
        """See ports.Shelf."""
        return self.objects.get(name)

    def put(self, name: str, content: bytes, *, over: str | None) -> bool:
        """See ports.Shelf."""
        there = self.objects.get(name)
        if (there.version if there else None) != over:
            return False
        self._writes += 1
        self.objects[name] = Kept(content, str(self._writes))
        return True


@dataclass(slots=True)
class MemoryNotebook:
    """ports.Notebook. `anomalies` are the notes by service and fingerprint, with their end; `verdicts` those that a
    store has for its flushes."""

    anomalies: dict[str, dict[str, tuple[Mapping[str, Any], float]]] = field(default_factory=dict)
    verdicts: MutableMapping[str, AnomalyVerdict] = field(default_factory=dict)
    _owner: str = ""
    _until: float = 0.0
    _published: dict[str, float] = field(default_factory=dict)
    _deployments: dict[str, Deployment] = field(default_factory=dict)
    _votes: list[Vote] = field(default_factory=list)

    def begin_run(self, *, owner: str, now: float, until: float) -> RunLease | None:
        """See ports.Notebook."""
        if self._owner and self._until >= now:
            return None
        self._owner, self._until = owner, until
        return RunLease(owner=owner, published=dict(self._published))

    def end_run(self, lease: RunLease, *, published: Mapping[str, float]) -> None:
        """See ports.Notebook."""
        if self._owner == lease.owner:
            self._owner, self._published = "", dict(published)

    def keep_deployment(self, deployment: Deployment) -> None:
        """See ports.Notebook."""
        self._deployments[deployment.id] = deployment

    def deployments(self, since: float) -> Sequence[Deployment]:
        """See ports.Notebook."""
        found = sorted((d for d in self._deployments.values() if d.at >= since), key=lambda d: (d.at, d.id))
        return found[-100:]

    def add_vote(self, vote: Vote) -> None:
        """See ports.Notebook."""
        self._votes.append(vote)
        known, new = self.verdicts.get(vote.fingerprint), vote.verdict
        if known is None or (known.started, known.at) <= (new.started, new.at):
            self.verdicts[vote.fingerprint] = new

    def votes(self, since: float) -> Sequence[Vote]:
        """See ports.Notebook."""
        return sorted((v for v in self._votes if v.at >= since), key=lambda v: v.at)

    def note_anomaly(self, service: str, fingerprint: str, note: Mapping[str, Any], *, until: float) -> None:
        """See ports.Notebook."""
        self.anomalies.setdefault(service, {})[fingerprint] = (dict(note), until)

    def drop_anomaly(self, service: str, fingerprint: str) -> None:
        """See ports.Notebook."""
        self.anomalies.get(service, {}).pop(fingerprint, None)


def _series(metric: WatchedMetric) -> Series:
    return metric.namespace, metric.name, metric.dimensions, metric.statistic
