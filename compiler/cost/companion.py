"""Counts what the companion adds to a month: its queue, its function, its alarms, and its logs.

The most it can be: each update comes alone, so that it is a batch of its own, and is annotated on one dashboard.
"""

from __future__ import annotations

from compiler.cost import prices, usage
from compiler.cost.prices import Price

MEMORY_MB = 256
ALARMS = 3
"""On its function, its queue, and the queue of what lapsed."""
ASKED = 2
"""Requests to Grafana for an update: what is there is read, then one annotation is written."""
CPU_SECONDS = 0.012 * usage.CORE_MB / MEMORY_MB
"""Of an invocation, at the function's share of a core."""


def quantities(updates: float) -> list[tuple[str, float, Price]]:
    """Returns what, how much, and the price of each line of the bill, for so many updates of alerts a month."""
    seconds = updates * (CPU_SECONDS + ASKED * usage.SEND_SECONDS)
    logged = updates * (usage.LOGGED_INVOCATION + usage.LOGGED_LINE)
    return [
        ("alarms of the companion on itself", ALARMS, prices.ALARM_METRIC),
        ("polls of its idle queue", usage.IDLE_POLLS * usage.MONTH_MINUTES, prices.SQS_REQUEST),
        ("updates, sent, received, deleted", updates * usage.QUEUE_REQUESTS, prices.SQS_REQUEST),
        ("invocations", updates, prices.INVOCATION),
        (f"their time, at {MEMORY_MB} MB", seconds * MEMORY_MB / 1024, prices.GB_SECOND),
        ("its logs", logged / 1e9, prices.LOGS),
    ]
