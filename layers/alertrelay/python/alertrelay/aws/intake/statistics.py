"""Counts the outcomes of the last day in the forwarders' logs, by CloudWatch Logs Insights: the log has every outcome
with its reason, of which metrics count only what was sent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from alertrelay.aws.errors import code, failures
from alertrelay.intake.ports import DayFigures
from alertrelay.ports import Clock

DAY = timedelta(days=1)
PATIENCE, BETWEEN = 15.0, 0.5
"""Seconds that an answer is waited for, and between two questions whether it is there."""
QUERY = (
    'filter message = "outcome" | stats count(*) as n, '
    "pct(latency_seconds, 50) as p50, pct(latency_seconds, 99) as p99 by outcome, coalesce(reason, '') as why"
)
_ENDED = frozenset({"Complete", "Failed", "Cancelled", "Timeout"})
_UNSENT = frozenset({"suppressed", "merged"})


class LogStatistics:
    """See intake.ports.Statistics. `client` makes or gives the client of CloudWatch Logs; `groups` are log groups."""

    def __init__(
        self, client: Callable[[], Any], groups: Sequence[str], clock: Clock, log: Callable[..., None]
    ) -> None:
        self._client = client
        self._groups = groups
        self._clock = clock
        self._log = log

    def last_day(self, now: datetime) -> DayFigures | None:
        """See intake.ports.Statistics."""
        try:
            rows = self._rows(now)
        except failures() as error:
            self._log("statistics_not_read", failure=code(error))
            return None
        return None if rows is None else figures_of(rows)

    def _rows(self, now: datetime) -> list[Mapping[str, str]] | None:
        client = self._client()
        started = client.start_query(
            logGroupNames=list(self._groups),
            startTime=int((now - DAY).timestamp()),
            endTime=int(now.timestamp()),
            queryString=QUERY,
        )
        waited = 0.0
        while True:
            answer = client.get_query_results(queryId=started["queryId"])
            if answer["status"] == "Complete":
                return [{field["field"]: field["value"] for field in row} for row in answer["results"]]
            if answer["status"] in _ENDED or waited >= PATIENCE:
                self._log("statistics_not_read", failure=answer["status"])
                return None
            self._clock.sleep(BETWEEN)
            waited += BETWEEN


def figures_of(rows: Sequence[Mapping[str, str]]) -> DayFigures:
    """Returns the figures of a query's rows. A percentile is the worst of its rows'."""
    deliveries: Counter[str] = Counter()
    suppressed: Counter[str] = Counter()
    latency: dict[str, float] = {}
    for row in rows:
        number = int(float(row["n"]))
        if row["outcome"] in _UNSENT:
            suppressed[row.get("why") or row["outcome"]] += number
        else:
            deliveries[row["outcome"]] += number
        for name in ("p50", "p99"):
            if row.get(name) and row["outcome"] == "delivered":
                latency[name] = max(latency.get(name, 0.0), float(row[name]))
    return DayFigures(deliveries=dict(deliveries), suppressed=dict(suppressed), latency=latency)
