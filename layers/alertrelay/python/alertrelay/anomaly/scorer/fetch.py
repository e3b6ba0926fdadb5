"""Fetches points from CloudWatch: as many metrics a request as allowed, and one broken metric does not stop the
rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.ports import Answer, Metrics, MetricsFailure, Points, QueryRefused

QUERIES = 500
DATAPOINTS = 100_800
"""Both a request of GetMetricData: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A metric, and from when on (seconds) its points are wanted."""

    metric: WatchedMetric
    start: float


@dataclass(slots=True)
class Fetched:
    """`points` by key, for every metric that answered, if only with none; `refused` says why one did not;
    `failed` is the failure after which the others were not asked."""

    points: dict[str, Points]
    refused: dict[str, str]
    asked: int = 0
    failed: MetricsFailure | None = None


def ask(
    metrics: Metrics, wanted: Iterable[Wanted], *, end: Callable[[WatchedMetric], float], more: Callable[[], bool]
) -> Fetched:
    """Returns the points of each up to the `end` of its last whole period. Never raises a failure: what CloudWatch did
    not say is missing. `more` says whether there is time for another request."""
    found = Fetched(points={}, refused={})
    for batch in batches(wanted, end=end):
        if not more():
            break
        if not _ask(metrics, batch, end=end(batch[0].metric), found=found):
            break
    return found


def batches(wanted: Iterable[Wanted], *, end: Callable[[WatchedMetric], float]) -> Iterator[list[Wanted]]:
    """Yields metrics of one period together, within both limits."""

    def period(one: Wanted) -> int:
        return one.metric.period

    for seconds, group in groupby(sorted(wanted, key=lambda w: (w.metric.period, w.start)), key=period):
        batch: list[Wanted] = []
        for one in group:
            start = batch[0].start if batch else one.start
            points = max(1.0, (end(one.metric) - start) / seconds)
            queries = sum(other.metric.queries for other in batch) + one.metric.queries
            if batch and (queries > QUERIES or queries * points > DATAPOINTS):
                yield batch
                batch = []
            batch.append(one)
        if batch:
            yield batch


def _ask(metrics: Metrics, batch: Sequence[Wanted], *, end: float, found: Fetched) -> bool:
    """Returns False where CloudWatch does not answer at all. A refused request is asked again in halves, until it is
    known which metric it was refused for."""
    try:
        answer = metrics.read([one.metric for one in batch], start=batch[0].start, end=end)
    except QueryRefused as refused:
        if len(batch) == 1:
            found.refused[batch[0].metric.key] = str(refused)
            return True
        middle = len(batch) // 2
        return all(_ask(metrics, half, end=end, found=found) for half in (batch[:middle], batch[middle:]))
    except MetricsFailure as failure:
        found.failed = failure
        return False
    found.asked += len(batch)
    _take(answer, batch, found)
    return True


def _take(answer: Answer, batch: Sequence[Wanted], found: Fetched) -> None:
    """Gives each metric its points: the request begins with the earliest of them."""
    found.refused |= answer.refused
    for one in batch:
        key = one.metric.key
        if key not in answer.refused:
            found.points[key] = [point for point in answer.points.get(key, ()) if point[0] >= one.start]
