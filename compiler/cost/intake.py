"""Counts what the HTTPS intake adds to a month: its API, its function, the record of what was posted, and its logs.

The most it can be: each alert comes alone, each minute while it is open and a quarter of an hour more, as Prometheus
posts it. In batches, or by a webhook, it takes less.
"""

from __future__ import annotations

from dataclasses import dataclass

from compiler.cost import prices, usage
from compiler.cost.prices import Price

MEMORY_MB = 1024
ALARMS = 7
"""On the function, its ticks, what it refused, and what its access log counts."""
METRICS = 4
"""Custom metrics where nothing fails: alerts, publishes, ticks that ended some, and the answers of the access log."""
POSTED_RESOLVED = 15
"""Minutes for which Prometheus posts an alert that is over."""
RENEWED_MINUTES = 22
"""Between two publishes of an alert that stays open: docs/adr/0045."""
SHARDS = 16
"""Queries of a tick, each half a read unit."""
REQUESTS = 3
"""Of a post, to AWS: what is known is read, what is new published, what changed recorded."""
CPU_SECONDS = 0.012 * usage.CORE_MB / MEMORY_MB
"""Of a request, at the function's share of a core."""
RECORD_UNITS = 2
"""Write units of a record: 1 to 2 KB."""
ACCESS_LOG = 350
"""Bytes of a line of the access log."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntakeUse:
    """What a month of the intake takes of AWS."""

    posts: float
    renewals: float
    writes: float
    reads: float
    seconds: float
    logged: float

    @property
    def invocations(self) -> float:
        """Returns those of its own function, and of the forwarders for what it publishes again."""
        return usage.MONTH_MINUTES + self.posts + usage.FORWARDERS * self.renewals


def use(alerts: float, alert: usage.CountedAlert) -> IntakeUse:
    """Returns what so many alerts a month take, with the ticks."""
    ticks = usage.MONTH_MINUTES
    posts = alerts * (alert.open_minutes + POSTED_RESOLVED)
    renewals = alerts * (alert.open_minutes // RENEWED_MINUTES)
    join = usage.UNITS["put_alert"][0] * usage.FORWARDERS + alert.homes
    return IntakeUse(
        posts=posts,
        renewals=renewals,
        writes=alerts * (alert.open_minutes + 1) * RECORD_UNITS + renewals * join,
        reads=posts + ticks * SHARDS / 2,
        seconds=posts * (CPU_SECONDS + REQUESTS * usage.REQUEST_SECONDS)
        + ticks * (CPU_SECONDS + SHARDS * usage.REQUEST_SECONDS),
        logged=posts * (ACCESS_LOG + usage.LOGGED_INVOCATION + usage.LOGGED_LINE + usage.LOGGED_METRICS)
        + ticks * (usage.LOGGED_INVOCATION + usage.LOGGED_METRICS),
    )


def quantities(found: IntakeUse) -> list[tuple[str, float, Price]]:
    """Returns what, how much, and the price of each line of the bill."""
    return [
        ("alarms of the intake on itself", ALARMS, prices.ALARM_METRIC),
        ("metrics of its posts", METRICS, prices.CUSTOM_METRIC),
        ("requests, each alert alone each minute", found.posts, prices.API_REQUEST),
        ("invocations for posts and ticks", found.invocations, prices.INVOCATION),
        (f"their time, at {MEMORY_MB} MB", found.seconds * MEMORY_MB / 1024, prices.GB_SECOND),
        ("publishes of what stays open", found.renewals, prices.SNS_MESSAGE),
        ("writes to the table", found.writes, prices.TABLE_WRITE),
        ("reads of the table", found.reads, prices.TABLE_READ),
        ("logs and metrics lines, with the access log", found.logged / 1e9, prices.LOGS),
    ]
