"""Reports on the relay itself: structured log lines and CloudWatch metrics (EMF), by Powertools.

A log line is an event with fields; `docs/operations.md` lists them. Nothing here is ever given a secret.
"""

from __future__ import annotations

import json
import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import IO, Any, cast

from alertrelay.alert import rfc3339
from alertrelay.notification import Outcome, OutcomeName
from alertrelay.runtime.postponed import postponed

with postponed("aws_lambda_powertools.utilities.jmespath_utils", "typing_extensions"):
    from aws_lambda_powertools import Logger
    from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

COUNTED = {"store_failing": "StoreFailures", "escalated": "Escalations"}
"""Events of the log that an alarm watches, or that people count, and the metric that counts them."""
SENT: Mapping[OutcomeName, bool] = {
    "delivered": True,
    "fallback": True,
    "failed": True,
    "pending": False,
    "merged": False,
    "suppressed": False,
}
"""The outcomes that are counted in a metric, which costs by its dimensions' values; the log has all of them."""
SHARED = "alertrelay"
"""The service under which the forwarders of an environment count what one alarm watches for all of them."""
_RECORD = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime"})
"""Names that a field may not have. Source: logging.Logger.makeRecord of Python's library, which raises KeyError."""
Dimensions = tuple[tuple[str, str], ...]


class Observer:
    """Writes one container's log lines and metrics. `also` gets every outcome, for a local run.

    `environment` is a dimension of what alarms of the relay on itself look at: two environments of one account must not
    stand for each other. `now` dates the lines of a simulated day, whose clock
    is not this machine's.
    """

    def __init__(
        self,
        *,
        service: str,
        level: str,
        namespace: str,
        also: Callable[[Outcome], None] | None,
        environment: str = "",
        now: Callable[[], datetime] | None = None,
    ) -> None:
        # Powertools keeps a handler by service name; a local run changes where stdout goes between two relays.
        self._logger = Logger(service=service, level=level or "INFO", stream=cast("IO[str]", _Stdout()))
        self._service = service
        self._environment = environment
        self._namespace = namespace
        self._also = also
        self._now = now
        self._counts: Counter[tuple[str, Dimensions]] = Counter()
        self._measured: list[tuple[str, Dimensions, float]] = []

    def log(self, event: str, **fields: Any) -> None:
        """Writes one line, and counts an event that an alarm watches."""
        self._logger.info(event, extra=self._dated(fields))
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
        self._logger.info("outcome", extra=self._dated(fields))
        channel = outcome.channel or "none"
        if SENT[outcome.outcome]:
            self._metric("Notifications", channel=channel, outcome=outcome.outcome)
        if outcome.outcome == "pending" and outcome.attempts:
            self._metric("ChannelFailures", service=SHARED, env=self._environment, channel=channel)
        if outcome.latency_seconds is not None:
            self.measure("AlertLatency", outcome.latency_seconds, channel=channel)
        if self._also:
            self._also(outcome)

    def _dated(self, fields: dict[str, Any]) -> dict[str, Any]:
        """Adds `clock`, the time of a simulated day: Powertools' own `timestamp` is always this machine's. A field that
        Python's logging has itself gets an underscore: logging raises on it, and no line is worth an invocation."""
        own = {f"{name}_" if name in _RECORD else name: value for name, value in fields.items()}
        return {**own, "clock": rfc3339(self._now())} if self._now else own

    def measure(self, name: str, value: float, **dimensions: str) -> None:
        """A number that an alarm or a dashboard looks at: a metric of its own."""
        self._measured.append((name, (("service", self._service), *dimensions.items()), value))

    def count(self, name: str, number: int = 1) -> None:
        """Counts something that an alarm of the relay on itself looks at, for all its functions together."""
        self._metric(name, number, service=SHARED, env=self._environment)

    def add(self, name: str, number: int) -> None:
        """Counts several at once, as `count` does; a zero is no value."""
        if number:
            self._counts[name, (("service", SHARED), ("env", self._environment))] += number

    def begin(self, context: Any) -> None:
        """Names the request on every line of this invocation."""
        self._logger.append_keys(request_id=getattr(context, "aws_request_id", ""))

    def end(self) -> None:
        """Writes this invocation's metrics: one line, unless a dimension has several values."""
        counts = [(name, dimensions, float(count)) for (name, dimensions), count in sorted(self._counts.items())]
        for line in _merged(self._documents([*counts, *self._measured])):
            sys.stdout.write(json.dumps(line, separators=(",", ":")) + "\n")
        self._counts.clear()
        self._measured.clear()

    def _metric(self, name: str, number: int = 1, **dimensions: str) -> None:
        self._counts[name, tuple({"service": self._service, **dimensions}.items())] += number

    def _documents(self, values: Iterable[tuple[str, Dimensions, float]]) -> Iterator[dict[str, Any]]:
        """Yields the EMF document of each set of dimensions."""
        found: dict[Dimensions, EphemeralMetrics] = {}
        for name, dimensions, value in values:
            if dimensions not in found:
                found[dimensions] = EphemeralMetrics(namespace=self._namespace, service=dict(dimensions)["service"])
                for key, word in dimensions:
                    found[dimensions].add_dimension(key, word)
            unit = MetricUnit.Seconds if name.endswith(("Lag", "Latency")) else MetricUnit.Count
            found[dimensions].add_metric(name, unit, value)
        return (dict(metrics.serialize_metric_set()) for metrics in found.values())


def _merged(documents: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Returns as few EMF documents as possible: a line may have several directives, but one value of each name."""
    lines: list[dict[str, Any]] = []
    for document in documents:
        directives = document["_aws"]["CloudWatchMetrics"]
        for line in lines:
            if all(line.get(key, value) == value for key, value in document.items() if key != "_aws"):
                line["_aws"]["CloudWatchMetrics"] += directives
                line.update({**document, "_aws": line["_aws"]})
                break
        else:
            lines.append(document)
    return lines


class _Stdout:
    """stdout as it is when a line is written."""

    def write(self, text: str) -> int:
        return sys.stdout.write(text)

    def flush(self) -> None:
        sys.stdout.flush()
