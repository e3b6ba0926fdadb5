"""Declares the ports of a run of the anomaly-scorer, as Protocols, and the ways in which they fail.

Each has a real implementation (aws/) and a memory twin (memory/scorer.py); both pass the same contract tests.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from alertrelay.alert import AnomalyVerdict
from alertrelay.anomaly.scorer.metric import Dimensions, WatchedMetric
from alertrelay.config.watch import AnomalyConfig
from alertrelay.ports import Clock

Points = Sequence[tuple[float, float]]
"""Time in seconds (the begin of its period) and value, oldest first."""


class MetricsFailure(Exception):
    """A source did not answer: throttled to the last try, or down."""


class QueryRefused(Exception):
    """A source refuses a request for what stands in it: one of its queries is wrong."""


class ShelfFailure(Exception):
    """The bucket did not answer. `code` is AWS's word."""


class NotebookFailure(Exception):
    """The table did not answer."""


class PublishFailure(Exception):
    """A topic did not take a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The points of each metric by its key; `refused` says why a metric has none, by its key."""

    points: Mapping[str, Points]
    refused: Mapping[str, str] = field(default_factory=dict)


class Metrics(Protocol):
    """The metrics of CloudWatch, and of a Prometheus where an entry asks one."""

    def listed(self, namespace: str, name: str) -> Iterable[tuple[str, Dimensions]]:
        """Lists, sorted, the name and the dimensions of every metric of a namespace, or of those with a name. Raises
        MetricsFailure."""

    def tagged(self, tags: Mapping[str, str]) -> Iterable[str]:
        """Returns the ARNs of all resources with these tags. Raises MetricsFailure."""

    def queried(self, query: str) -> Iterable[Dimensions]:
        """Returns the labels of each series that a query in PromQL has now, sorted. Raises QueryRefused,
        MetricsFailure."""

    def read(self, metrics: Sequence[WatchedMetric], *, start: float, end: float) -> Answer:
        """Returns the points from `start` up to, not including, `end`, in seconds; at most 500 metrics and 100,800
        points. Raises QueryRefused, MetricsFailure."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An object of the shelf, and the version under which it was read."""

    content: bytes
    version: str


class Shelf(Protocol):
    """Objects by name, each written only over the version that was read. Raises ShelfFailure."""

    def get(self, name: str) -> Kept | None:
        """Reads an object; None where there is none."""

    def put(self, name: str, content: bytes, *, over: str | None) -> bool:
        """Writes an object; False where somebody wrote it meanwhile. `over` is the version that was read, None where
        there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """Something that changed a service: by CodeDeploy, ECS or CloudFormation. `what` is its summary, `names` are the
    words by which a metric of the same thing is known; `at` is in seconds."""

    id: str
    at: float
    what: str
    names: tuple[str, ...]
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """A person's judgement of an alert. `watch` is the entry that it came from, "" for any other alert.

    A later vote on the same alert takes the place of the earlier. `at` is in seconds.
    """

    fingerprint: str
    started: str  # RFC 3339: which time that it fired
    at: float
    helpful: bool
    by: str = ""
    comment: str = ""
    watch: str = ""
    alertname: str = ""
    service: str = ""

    @property
    def verdict(self) -> AnomalyVerdict:
        """Returns what messages about the anomaly show of it."""
        return AnomalyVerdict(helpful=self.helpful, by=self.by, at=self.at, started=self.started)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLease:
    """A run that was granted. `published` has, by shard, the run whose alerts are known to have been published."""

    owner: str
    published: Mapping[str, float]


class Notebook(Protocol):
    """The scorer's part of the state table. Raises NotebookFailure."""

    def begin_run(self, *, owner: str, now: float, until: float) -> RunLease | None:
        """Takes the lease of a run; None where another run holds it."""

    def end_run(self, lease: RunLease, *, published: Mapping[str, float]) -> None:
        """Gives the lease back, where it is still ours, and notes what was published."""

    def keep_deployment(self, deployment: Deployment) -> None:
        """Keeps a deployment for two days."""

    def deployments(self, since: float) -> Sequence[Deployment]:
        """Returns those at or after `since`, oldest first, the newest hundred at most."""

    def add_vote(self, vote: Vote) -> None:
        """Keeps a vote for 400 days."""

    def votes(self, since: float) -> Sequence[Vote]:
        """Returns those at or after `since`, oldest first."""

    def note_anomaly(self, service: str, fingerprint: str, note: Mapping[str, Any], *, until: float) -> None:
        """Keeps the note that other alerts of the service show, until then at the latest."""

    def drop_anomaly(self, service: str, fingerprint: str) -> None:
        """Removes the note of an anomaly that has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """All parts of a run together. `publish(severity, message)` raises PublishFailure. `log` writes an event with
    fields; `measure(name, value)` gives a number to an alarm or a dashboard."""

    config: AnomalyConfig
    account: str
    region: str
    metrics: Metrics
    shelf: Shelf
    notebook: Notebook
    clock: Clock
    publish: Callable[[str, str], None]
    log: Callable[..., None]
    measure: Callable[..., None]
    new_id: Callable[[], str]
