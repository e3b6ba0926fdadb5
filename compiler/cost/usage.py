"""Counts what an alert takes of AWS: requests to the table, timers, invocations and their time, lines of log.

The counts are those of an alert in groups of its own that fires once and resolves; tests/compiler/test_cost.py
holds them against the pipeline itself. What shares its groups with others takes less.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

FORWARDERS = 3
CORE_MB = 1769
"""Lambda gives so much memory a whole core, and others in proportion."""
MONTH_DAYS = 30
MONTH_MINUTES = MONTH_DAYS * 24 * 60

UNITS: Mapping[str, tuple[float, float]] = {
    "put_alert": (2, 0),  # of CloudWatch's recorded updates 8 % are at most 1 KB, and all take 2.01 on average
    "note_source": (1, 0),
    "put_member": (1, 0),
    "arm": (2, 0),  # the header, and its entry in the index
    "lease": (1, 0),  # leaves the entry where it is
    "lease refused": (1, 0),  # a condition that fails costs what the item would
    "record": (3, 0),  # moves the entry: one is deleted, one is written
    "close": (2, 0),  # deletes the entry
    "record, closing": (1, 0),  # these two where somebody joined meanwhile
    "finish": (2, 0),
    "wake": (3, 0),
    "take": (1, 0),
    "header": (0, 1),
    "headers": (0, 1),
    "members": (0, 1),
    "facts": (0, 4),  # the silences, the alert, what may inhibit it, whether the group may sleep
    "get_alerts": (0, 1),
    "due": (0, 0.5),
    "survey": (0, 1),
    "waking": (0, 2),  # the mark, and the silences
}
"""Write and read units of each method of the store. An item of a header or a member is below 1 KB."""

Methods = Mapping[str, float]
JOIN: Methods = {"put_alert": FORWARDERS, "note_source": 1}
"""Of an update, whatever it notifies."""
JOIN_HOME: Methods = {"put_member": 1, "header": 1}
"""Of an update in each of its groups."""
ARM: Methods = {"arm": 1}
FLUSH: Methods = {
    "lease": 1,
    "headers": 1,
    "members": 1,
    "take": 1,
    "record": 1,
}
"""Of the flush that notifies of the alert. Then the group sleeps (docs/adr/0043)."""
FLUSH_TOGETHER: Methods = {"facts": 1}
"""Of the flushes of all groups of one forwarder, whatever they are for (docs/adr/0068)."""
OPEN: Methods = {
    "lease": 1,
    "members": 1,
    "get_alerts": 1,
    "record": 1,
}
"""Of a flush that notifies once more, each repeat_interval."""
LAST: Methods = {
    "wake": 1,
    "lease": 1,
    "lease refused": 0.1,
    "header": 0.1 + 0.75,
    "members": 1,
    "get_alerts": 1,
    "take": 0.75,
    "close": 1,
}
"""Of the resolve, which wakes the group, and of the flush that notifies of it and closes the group (docs/adr/0067). A
second timer, from a tick that was late in its minute, is refused its lease, and reads why. One of four integrations
pages: that resolve counts against no limit, and asks for no storm."""
TICK: Methods = {"due": 1, "survey": 1, "waking": 1}

TIMERS_FIRST, TIMERS_OPEN, TIMERS_LAST = 1.0, 1.0, 1.1
"""Messages that bring the groups of a forwarder to each flush: their own, or a tick's (docs/adr/0061, 0068)."""
QUEUE_REQUESTS = 3
"""Of each message: sent, received, deleted."""
IDLE_POLLS = 15
"""A minute and queue: five pollers of Lambda, each of which waits 20 s.
https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html"""

JOIN_CPU, JOIN_HOME_CPU, FLUSH_CPU, TICK_CPU = 0.0045, 0.002, 0.009, 0.0035
"""Seconds of a whole core, warm: an update that joins, and for each of its groups; a flush; a tick. Measured by
`make bench-invocations`: docs/performance.md."""
REQUEST_SECONDS = 0.006
"""Until AWS has answered a request of the same region: an assumption."""
SEND_SECONDS = 0.2
"""Until PagerDuty, Slack or a mail server has answered: an assumption."""

LOGGED_INVOCATION, LOGGED_LINE, LOGGED_WAITING, LOGGED_SENT, LOGGED_METRICS, LOGGED_TICK = 345, 256, 540, 760, 443, 456
"""Bytes, each with the 26 that CloudWatch adds to a line: Lambda's START, END and REPORT; a line; the outcome of an
update that waits for its flush, and of one that is notified; the metrics of an invocation; both lines of a tick.
tests/compiler/test_cost.py weighs them on the pipeline; Lambda's three are as its guide shows them."""
KEPT_ALERT, KEPT_HOME = 2_100, 600
"""Bytes of an alert, and of a header or member, with the 100 that the table adds to an item."""
ALERT_DAYS, MEMBER_DAYS = 18, 3
SENT_BYTES = 3_000
"""Of a message to a channel, with what TLS adds."""
METRICS_A_CHANNEL = 2
"""Custom metrics where nothing fails: Notifications, AlertLatency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What something takes: units of the table, messages of the queue, invocations and their seconds, bytes."""

    writes: float = 0
    reads: float = 0
    timers: float = 0
    invocations: float = 0
    cpu: float = 0
    """Seconds of a whole core."""
    waited: float = 0
    """Seconds for which invocations wait for AWS and the channels."""
    logged: float = 0
    sent: float = 0
    kept_days: float = 0
    """Bytes of the table, times the days for which it keeps them."""

    def seconds(self, memory_mb: int) -> float:
        """Returns how long the invocations take with the share of a core that comes with so much memory."""
        return self.cpu * max(1.0, CORE_MB / memory_mb) + self.waited


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedAlert:
    """An alert that fires, stays open, and resolves. `homes` are the integrations that it notifies."""

    homes: float
    open_minutes: float
    repeat_interval: float  # seconds

    @property
    def forwarders(self) -> float:
        """Returns how many forwarders have groups of it, each of which flushes its own together."""
        return min(self.homes, FORWARDERS)

    @property
    def flushes_open(self) -> float:
        """Returns how often each of its groups is flushed in between: it sleeps till its repeat."""
        return self.open_minutes * 60 // self.repeat_interval


def methods(alert: CountedAlert) -> Counter[str]:
    """Returns the requests to the table, by method, from the alarm until the last group is closed."""
    found: Counter[str] = Counter()
    parts = (
        (JOIN, 2),
        (JOIN_HOME, 2 * alert.homes),
        (ARM, alert.homes),
        (FLUSH, alert.homes),
        (OPEN, alert.homes * alert.flushes_open),
        (LAST, alert.homes),
        (FLUSH_TOGETHER, alert.forwarders * (2 + alert.flushes_open)),
    )
    for part, times in parts:
        for name, count in part.items():
            found[name] += count * times  # type: ignore[assignment] # a Counter adds numbers of any kind
    return found


def of_alert(alert: CountedAlert) -> Work:
    """Returns what the alert takes in all."""
    calls, homes = methods(alert), alert.homes
    timers = alert.forwarders * (TIMERS_FIRST + TIMERS_OPEN * alert.flushes_open + TIMERS_LAST)
    invocations = 2 * FORWARDERS + timers
    requests = sum(calls.values()) + timers
    sends = 2 * homes
    return Work(
        writes=sum(UNITS[name][0] * count for name, count in calls.items()),
        reads=sum(UNITS[name][1] * count for name, count in calls.items()),
        timers=timers,
        invocations=invocations,
        cpu=2 * FORWARDERS * JOIN_CPU + 2 * homes * JOIN_HOME_CPU + timers * FLUSH_CPU,
        waited=requests * REQUEST_SECONDS + sends * SEND_SECONDS,
        logged=invocations * LOGGED_INVOCATION
        + 2 * FORWARDERS * LOGGED_LINE
        + 2 * homes * (LOGGED_WAITING + LOGGED_SENT)
        + sends * LOGGED_METRICS,
        sent=sends * SENT_BYTES,
        kept_days=KEPT_ALERT * ALERT_DAYS + homes * KEPT_HOME * (ALERT_DAYS + MEMBER_DAYS),
    )


def of_ticks() -> Work:
    """Returns what the ticks of a month take while nothing is due."""
    ticks = FORWARDERS * MONTH_MINUTES
    return Work(
        reads=ticks * sum(UNITS[name][1] * count for name, count in TICK.items()),
        invocations=ticks,
        cpu=ticks * TICK_CPU,
        waited=ticks * REQUEST_SECONDS * sum(TICK.values()),
        logged=ticks * (LOGGED_INVOCATION + LOGGED_TICK),
    )
