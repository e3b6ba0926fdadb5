"""Reads series from a server that speaks Prometheus' HTTP API, Amazon Managed Prometheus among them.

Both queries go as forms (POST), so that none is too long for an address, and nothing of them is in an access log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import urlencode

from alertrelay.anomaly.scorer.metric import Dimensions, WatchedMetric
from alertrelay.anomaly.scorer.ports import Answer, MetricsFailure, Points, QueryRefused
from alertrelay.anomaly.scorer.promql import labels_of, points_of, steps
from alertrelay.aws.scorer.metrics import CloudWatchMetrics
from alertrelay.channels.transport.connection import NotConnected
from alertrelay.channels.transport.wire import BadAddress, HttpAnswer, NotAnswered, Wire
from alertrelay.ports import SecretMissing

SECONDS = 20.0
"""Of one request."""
CONNECT_SECONDS = 3.0
MAX_ANSWER_BYTES = 32 * 1024 * 1024
"""10,000 values of some 100 series."""
_FORM = "application/x-www-form-urlencoded"

NOT_NAMED = "no Prometheus is asked from here"
REFUSED = frozenset({401, 403})
Authorise = Callable[[str, bytes, Mapping[str, str]], Iterable[Mapping[str, str]]]
"""From an address, a body and headers to the headers with which it may be allowed: with each version of the key, the
newest first. Raises SecretMissing."""


class PrometheusMetrics:
    """Half of scoring.ports.Metrics: what a query has. One series that is refused stops no other query."""

    def __init__(self, address: str, wire: Wire, authorise: Authorise) -> None:
        self._address = address.rstrip("/")
        self._wire = wire
        self._authorise = authorise

    def queried(self, query: str) -> Iterable[Dimensions]:
        """See scoring.ports.Metrics."""
        answer = self._ask("query", {"query": query})
        return labels_of(answer.status, answer.body, complete=answer.complete)

    def read(self, metrics: Sequence[WatchedMetric], *, start: float, end: float) -> Answer:
        """See scoring.ports.Metrics. Never raises: where the server does not answer each metric is refused by name, and
        those of CloudWatch go on."""
        points: dict[str, Points] = {}
        refused: dict[str, str] = {}
        for (query, period), held in _by_query(metrics).items():
            try:
                found = self._range(query, period, start=start, end=end)
            except (QueryRefused, MetricsFailure) as failure:
                refused |= dict.fromkeys((metric.key for metric in held), f"Prometheus: {failure}")
            else:
                points |= {metric.key: found.get(metric.dimensions, ()) for metric in held}
        return Answer(points=points, refused=refused)

    def _range(self, query: str, period: int, *, start: float, end: float) -> Mapping[Dimensions, Points]:
        found: defaultdict[Dimensions, list[tuple[float, float]]] = defaultdict(list)
        for first, last in steps(start, end, period):
            asked = {"query": query, "start": f"{first}", "end": f"{last}", "step": f"{period}"}
            answer = self._ask("query_range", asked)
            for labels, points in points_of(
                answer.status, answer.body, period=period, complete=answer.complete
            ).items():
                found[labels] += points
        return found

    def _ask(self, what: str, asked: Mapping[str, str]) -> HttpAnswer:
        """Raises MetricsFailure, QueryRefused; no text holds the address or a key."""
        url, body = f"{self._address}/api/v1/{what}", urlencode(asked).encode()
        failure: MetricsFailure | QueryRefused
        plain = {"Content-Type": _FORM, "Accept-Encoding": "identity"}
        try:
            for headers in self._authorise(url, body, plain):
                answer = self._wire.ask(
                    url, body, headers, connecting=CONNECT_SECONDS, seconds=SECONDS, most=MAX_ANSWER_BYTES
                )
                if answer.status not in REFUSED:
                    break
            return answer
        except SecretMissing as missing:
            failure = QueryRefused(str(missing))
        except NotConnected as error:
            failure = MetricsFailure(error.text)
        except NotAnswered as error:
            failure = MetricsFailure("it closed the connection" if error.in_time else "it did not answer in time")
        except BadAddress:
            failure = QueryRefused("its address is malformed")
        raise failure  # outside the handler: the error's context would carry the address


class SourcesOfMetrics:
    """scoring.ports.Metrics of both sources: CloudWatch's, and a Prometheus' where the configuration names one."""

    def __init__(self, cloudwatch: CloudWatchMetrics, prometheus: PrometheusMetrics | None) -> None:
        self._cloudwatch = cloudwatch
        self._prometheus = prometheus

    def listed(self, namespace: str, name: str) -> Iterable[tuple[str, Dimensions]]:
        """See scoring.ports.Metrics."""
        return self._cloudwatch.listed(namespace, name)

    def tagged(self, tags: Mapping[str, str]) -> Iterable[str]:
        """See scoring.ports.Metrics."""
        return self._cloudwatch.tagged(tags)

    def queried(self, query: str) -> Iterable[Dimensions]:
        """See scoring.ports.Metrics."""
        if self._prometheus is None:
            raise QueryRefused(NOT_NAMED)
        return self._prometheus.queried(query)

    def read(self, metrics: Sequence[WatchedMetric], *, start: float, end: float) -> Answer:
        """See scoring.ports.Metrics."""
        theirs = [metric for metric in metrics if metric.source == "prometheus"]
        ours = [metric for metric in metrics if metric.source != "prometheus"]
        found = self._cloudwatch.read(ours, start=start, end=end) if ours else Answer(points={})
        if not theirs:
            return found
        if self._prometheus is None:
            asked = Answer(points={}, refused={metric.key: NOT_NAMED for metric in theirs})
        else:
            asked = self._prometheus.read(theirs, start=start, end=end)
        return Answer(points={**found.points, **asked.points}, refused={**found.refused, **asked.refused})


def _by_query(metrics: Sequence[WatchedMetric]) -> Mapping[tuple[str, int], list[WatchedMetric]]:
    found: defaultdict[tuple[str, int], list[WatchedMetric]] = defaultdict(list)
    for metric in metrics:
        found[metric.expression, metric.period].append(metric)
    return found
