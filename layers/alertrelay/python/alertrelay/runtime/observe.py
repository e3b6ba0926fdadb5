"""Reports on the relay itself: structured log lines and CloudWatch metrics (EMF).

A log line is an event with fields; `docs/operations.md` lists them. Nothing here is ever given a secret.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.notification import Outcome, OutcomeName
from alertrelay.runtime.log_lines import Dimensions, line, metric_lines, shown

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
_RECORD = frozenset(
    (
        *("args", "asctime", "created", "exc_info", "exc_text", "filename", "funcName", "levelname", "levelno"),
        *("lineno", "message", "module", "msecs", "msg", "name", "pathname", "process", "processName"),
        *("relativeCreated", "stack_info", "taskName", "thread", "threadName"),
    )
)
"""Names that a field had to change when Python's logging wrote the lines: people's queries know the others."""


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
        self._level = level
        self._request_id: str | None = None
        self._service = service
        self._environment = environment
        self._namespace = namespace
        self._also = also
        self._now = now
        self._counts: Counter[tuple[str, Dimensions]] = Counter()
        self._measured: list[tuple[str, Dimensions, float]] = []

    def log(self, event: str, **fields: Any) -> None:
        """Writes one line, and counts an event that an alarm watches."""
        self._write("INFO", "log", event, self._dated(fields))
        if event in COUNTED:
            self.count(COUNTED[event])

    def failed(self, event: str, error: Exception) -> None:
        """An error by its type and place: its text may be a foreign library's, and hold what must not be logged."""
        trace = error.__traceback__
        while trace and trace.tb_next:
            trace = trace.tb_next
        where = f"{trace.tb_frame.f_code.co_qualname}:{trace.tb_lineno}" if trace else ""
        self._write("ERROR", "failed", event, {"error": type(error).__name__, "where": where})

    def emit(self, outcome: Outcome) -> None:
        """Logs and counts the outcome of one update at one integration."""
        fields = {name: value for name, value in asdict(outcome).items() if value not in ("", None)}
        self._write("INFO", "emit", "outcome", self._dated(fields))
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
        """Adds `clock`, the time of a simulated day: a line's own `timestamp` is always this machine's. A field with a
        name of Python's logging gets an underscore, as ever."""
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
        self._request_id = getattr(context, "aws_request_id", "")

    def end(self) -> None:
        """Writes this invocation's metrics: one line, unless a dimension has several values."""
        counts = [(name, dimensions, float(count)) for (name, dimensions), count in sorted(self._counts.items())]
        for written in metric_lines(self._namespace, [*counts, *self._measured]):
            sys.stdout.write(written)
        self._counts.clear()
        self._measured.clear()

    def _metric(self, name: str, number: int = 1, **dimensions: str) -> None:
        self._counts[name, tuple({"service": self._service, **dimensions}.items())] += number

    def _write(self, level: str, where: str, event: str, fields: Mapping[str, Any]) -> None:
        if not shown(level, self._level):
            return
        keys = {"service": self._service, "request_id": self._request_id}
        try:
            sys.stdout.write(line(level, where, event, keys, fields))
            sys.stdout.flush()
        except (TypeError, ValueError, OSError) as error:  # no line is worth an invocation
            sys.stderr.write(f"a log line was not written: {event}: {type(error).__name__}\n")
