"""Reads log lines by CloudWatch Logs Insights, however many there are: an answer holds 10,000 of them at most, so that
a span that fills one is asked for again in two halves.

Limits: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html (100 queries at once an
account and region, 50 log groups a query, 10,000 rows an answer, 60 minutes a query).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from alertrelay.aws.errors import THROTTLED, code, failures
from alertrelay.ports import Clock
from alertrelay.values.times import instant

ROWS = 10_000
GROUPS = 50
PATIENCE = timedelta(minutes=5)
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 5.0
SECOND = timedelta(seconds=1)
"""Insights takes whole seconds, both ends included."""
_BUSY = THROTTLED | {"LimitExceededException", "ServiceUnavailableException"}
_OVER = frozenset({"Failed", "Cancelled", "Timeout", "Unknown"})


class LogsUnread(Exception):
    """CloudWatch Logs did not answer. The text has AWS's own code or the state of the query, and the mend."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """`client` makes or gives the client of CloudWatch Logs; `groups` are log groups. `crowded` is called with a second
    in which more lines stand than an answer holds: the others are not read. `patience`: for one answer, with the pauses
    after a throttle."""

    client: Callable[[], Any]
    groups: Sequence[str]
    clock: Clock
    crowded: Callable[[datetime], None] = lambda _: None
    patience: timedelta = PATIENCE

    def lines(self, since: datetime, until: datetime, where: str) -> Iterator[tuple[datetime, str]]:
        """Yields each line with when CloudWatch received it, by part of the time in order. `where` is a condition of
        Insights' language. Raises LogsUnread."""
        first, last = since.replace(microsecond=0), until.replace(microsecond=0)
        for at in range(0, len(self.groups), GROUPS):
            yield from self._between(self.groups[at : at + GROUPS], first, last, where)

    def first_lines(self, since: datetime, until: datetime, where: str, *, rows: int) -> list[tuple[datetime, str]]:
        """Returns the first so many lines of the first groups. Raises LogsUnread."""
        found = self._rows(self.groups[:GROUPS], since.replace(microsecond=0), until, where, limit=rows)
        return [_line(row, since) for row in found]

    def by_hour(self, since: datetime, until: datetime, where: str) -> list[tuple[datetime, int]]:
        """Returns how many lines each hour has, the newest first; hours without any are left out. Raises LogsUnread.

        Source: CloudWatch Logs user guide, `stats`: a group by bin(1h) is one row an hour, which names its begin.
        """
        query = f"filter {where} | stats count(*) as lines by bin(1h)"
        rows = self._asked(self.groups[:GROUPS], since.replace(microsecond=0), until, query)
        found = [{field["field"]: field["value"] for field in row} for row in rows]
        hours = [(instant(next((v for k, v in row.items() if k != "lines"), "")), row.get("lines", 0)) for row in found]
        return sorted(((at, int(float(lines))) for at, lines in hours if at), reverse=True)

    def _between(
        self, groups: Sequence[str], first: datetime, last: datetime, where: str
    ) -> Iterator[tuple[datetime, str]]:
        rows = self._rows(groups, first, last, where)
        if len(rows) >= ROWS and first < last:
            middle = first + timedelta(seconds=int((last - first).total_seconds()) // 2)
            yield from self._between(groups, first, middle, where)
            yield from self._between(groups, middle + SECOND, last, where)
            return
        if len(rows) >= ROWS:
            self.crowded(first)
        yield from (_line(row, first) for row in rows)

    def _rows(
        self, groups: Sequence[str], first: datetime, last: datetime, where: str, *, limit: int | None = None
    ) -> list[Any]:
        query = f"fields @timestamp, @message | filter {where} | sort @timestamp asc | limit {limit or ROWS}"
        return self._asked(groups, first, last, query)

    def _asked(self, groups: Sequence[str], first: datetime, last: datetime, query: str) -> list[Any]:
        until, pause, id_ = self.clock.now() + self.patience, FIRST_PAUSE, ""
        while True:
            try:
                client = self.client()
                if not id_:
                    id_ = client.start_query(
                        logGroupNames=list(groups),
                        startTime=int(first.timestamp()),
                        endTime=int(last.timestamp()),
                        queryString=query,
                    )["queryId"]
                answer = client.get_query_results(queryId=id_)
                if answer["status"] == "Complete":
                    return list(answer["results"])
                state = answer["status"]
            except failures() as error:
                if code(error) not in _BUSY:
                    raise _unread(code(error), first, last) from None
                state = code(error)
            if state in _OVER or self.clock.now() >= until:
                raise _unread(state, first, last)
            self.clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)


def _line(row: Sequence[Mapping[str, str]], otherwise: datetime) -> tuple[datetime, str]:
    fields = {field["field"]: field["value"] for field in row}
    return instant(fields.get("@timestamp", "")) or otherwise, fields.get("@message", "")


def _unread(state: str, first: datetime, last: datetime) -> LogsUnread:
    span = f"from {first.astimezone(UTC):%Y-%m-%d %H:%M} to {last.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if state == "ResourceNotFoundException":
        mend = "a log group is missing: was the environment deployed in this region?"
    elif "AccessDenied" in state:
        mend = "allow logs:StartQuery and logs:GetQueryResults"
    else:
        mend = "try again, or with a shorter span"
    return LogsUnread(f"the logs {span} were not read ({state}): {mend}")
