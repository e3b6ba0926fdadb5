"""Reads what the functions logged of one alert, by CloudWatch Logs Insights."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from alertrelay.aws.errors import code, failures
from alertrelay.aws.intake.statistics import asked
from alertrelay.ports import Clock

QUERY = 'fields @message | filter @message like "{}" | sort @timestamp asc | limit 1000'


class LogDecisions:
    """See intake.ports.DecisionLog. `client` makes or gives the client of CloudWatch Logs; `groups` are log groups."""

    def __init__(
        self, client: Callable[[], Any], groups: Sequence[str], clock: Clock, log: Callable[..., None]
    ) -> None:
        self._client = client
        self._groups = groups
        self._clock = clock
        self._log = log

    def lines(self, fingerprint: str, *, since: datetime, now: datetime) -> Sequence[str] | None:
        """See intake.ports.DecisionLog."""
        if not fingerprint.isalnum():  # it stands in the query
            return []
        try:
            rows = asked(self._client(), self._groups, QUERY.format(fingerprint), (since, now), self._clock)
        except failures() as error:
            self._log("decisions_not_read", failure=code(error))
            return None
        if rows is None:
            self._log("decisions_not_read", failure="no answer in time")
            return None
        return [row["@message"] for row in rows if "@message" in row]
