"""Reads what the functions logged of one alert, by CloudWatch Logs Insights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from alertrelay.aws.log_query import LogQuery, LogsUnread
from alertrelay.ports import Clock

PATIENCE = timedelta(seconds=15)
"""A person waits for it, and the function has 25 s."""
ROWS = 1_000


class LogDecisions:
    """See intake.ports.DecisionLog. `client` makes or gives the client of CloudWatch Logs; `groups` are log groups."""

    def __init__(
        self, client: Callable[[], Any], groups: Sequence[str], clock: Clock, log: Callable[..., None]
    ) -> None:
        self._query = LogQuery(client=client, groups=groups, clock=clock, patience=PATIENCE)
        self._log = log

    def lines(self, fingerprint: str, *, since: datetime, now: datetime) -> Sequence[tuple[datetime, str]] | None:
        """See intake.ports.DecisionLog."""
        if not fingerprint.isalnum():  # it stands in the query
            return []
        try:
            return self._query.first_lines(since, now, f'@message like "{fingerprint}"', rows=ROWS)
        except LogsUnread as unread:
            self._log("decisions_not_read", failure=str(unread))
            return None
