"""Reports on the relay itself: structured log lines and CloudWatch metrics (EMF), by Powertools.

A log line is an event with fields; `docs/operations.md` lists them. Nothing here is ever given a secret.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import IO, Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import MetricUnit, single_metric

from alertrelay.notification import Outcome

COUNTED = {"store_failing": "StoreFailures"}
"""Events of the log that an alarm watches, and the metric that counts them."""


class Observer:
    """Writes one container's log lines and metrics. `also` gets every outcome, for a local run.

    `environment` is a dimension of what alarms of the relay on itself look at: two environments of one account must not
    stand for each other.
    """

    def __init__(
        self,
        *,
        service: str,
        level: str,
        namespace: str,
        also: Callable[[Outcome], None] | None,
        environment: str = "",
    ) -> None:
        # Powertools keeps a handler by service name; a local run changes where stdout goes between two relays.
        self._logger = Logger(service=service, level=level or "INFO", stream=cast("IO[str]", _Stdout()))
        self._service = service
        self._environment = environment
        self._namespace = namespace
        self._also = also
        self._counts: Counter[tuple[str, str]] = Counter()
        self._latencies: list[tuple[str, float]] = []
        self._counted: Counter[str] = Counter()

    def log(self, event: str, **fields: Any) -> None:
        """Writes one line, and counts an event that an alarm watches."""
        self._logger.info(event, extra=fields)
        if event in COUNTED:
            self.count(COUNTED[event])

    def failed(self, event: str, error: Exception) -> None:
        """An error by its type and place: its text may be a foreign library's, and hold what must not be logged."""
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
        self._logger.error(event, extra={"error": type(error).__name__, "where": where})

    def emit(self, outcome: Outcome) -> None:
        """Logs and counts the outcome of one update at one integration."""
        fields = {name: value for name, value in asdict(outcome).items() if value not in ("", None)}
        self._logger.info("outcome", extra=fields)
        self._counts[outcome.channel or "none", outcome.outcome] += 1
        if outcome.latency_seconds is not None:
            self._latencies.append((outcome.channel or "none", outcome.latency_seconds))
        if self._also:
            self._also(outcome)

    def measure(self, name: str, value: float, **dimensions: str) -> None:
        """A number that an alarm or a dashboard looks at: a metric of its own."""
        unit = MetricUnit.Seconds if name.endswith("Lag") else MetricUnit.Count
        self._metric(name, unit, value, **dimensions)

    def count(self, name: str) -> None:
        """Counts something that an alarm of the relay on itself looks at."""
        self._counted[name] += 1

    def begin(self, context: Any) -> None:
        """Names the request on every line of this invocation."""
        self._logger.append_keys(request_id=getattr(context, "aws_request_id", ""))

    def end(self) -> None:
        """Writes this invocation's metrics."""
        for (channel, outcome), count in sorted(self._counts.items()):
            self._metric("Notifications", MetricUnit.Count, count, channel=channel, outcome=outcome)
        for channel, seconds in self._latencies:
            self._metric("AlertLatency", MetricUnit.Seconds, seconds, channel=channel)
        for name, count in sorted(self._counted.items()):
            self._metric(name, MetricUnit.Count, count, env=self._environment)
        self._counts.clear()
        self._latencies.clear()
        self._counted.clear()

    def _metric(self, name: str, unit: MetricUnit, value: float, **dimensions: str) -> None:
        with single_metric(name=name, unit=unit, value=value, namespace=self._namespace) as metric:
            metric.add_dimension("service", self._service)
            for key, word in dimensions.items():
                metric.add_dimension(key, word)


class _Stdout:
    """stdout as it is when a line is written."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()
