"""The dashboard of the relay itself: latency, deliveries, fallbacks, queues, and what was not notified, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from compiler.dashboards.widgets import HALF, RED, THIRD, WIDE, Dashboard, Widget, graph, log_table, text

OWN = "alertrelay"


def relay_dashboard(
    environment: str, forwarders: Sequence[str], channels: Sequence[str], queues: Sequence[str], logs: Sequence[str]
) -> Dashboard:
    """Returns the dashboard. `forwarders` are services by name; `logs` are names of their log groups."""
    widgets = [
        text("## The relay itself", height=1),
        *_deliveries(forwarders, channels),
        *_plumbing(environment, queues),
        *_quiet(logs),
    ]
    return Dashboard(name="relay", widgets=tuple(widgets))


def _deliveries(forwarders: Sequence[str], channels: Sequence[str]) -> Iterator[Widget]:
    pairs = [(service, channel) for service in forwarders for channel in channels]
    latencies = [_own("AlertLatency", "p95", channel, service) for service, channel in pairs]
    yield graph(
        "Seconds from the source's clock to delivered, p95", latencies, width=THIRD, limits=[("a minute", 60, RED)]
    )
    for title, outcome in (("Delivered", "delivered"), ("Delivered on a fallback", "fallback")):
        rows = [_own("Notifications", "Sum", channel, service, outcome) for service, channel in pairs]
        yield graph(f"{title}, by channel", rows, width=THIRD, period=300)
    rows = [_own("Notifications", "Sum", channel, service, "failed") for service, channel in pairs]
    yield graph("Failed for good: in a dead-letter queue", rows, width=HALF, period=300, limits=[("none", 1, RED)])
    yield graph("Share of deliveries on their own channel (%)", _success(pairs), width=HALF, period=300, low=None)


def _success(pairs: Sequence[tuple[str, str]]) -> list[list[Any]]:
    """Returns the rows of delivered / (delivered + fallback + failed), for each channel."""
    found: list[list[Any]] = []
    for number, (service, channel) in enumerate(pairs):
        ids = {"delivered": f"own{number}", "fallback": f"other{number}", "failed": f"none{number}"}
        for outcome, name in ids.items():
            *row, options = _own("Notifications", "Sum", channel, service, outcome)
            found.append([*row, {**options, "id": name, "visible": False}])
        good, others = f"FILL({ids['delivered']}, 0)", [f"FILL({ids[o]}, 0)" for o in ("fallback", "failed")]
        share = f"100 * {good} / ({' + '.join([good, *others])})"
        found.append([{"expression": share, "label": f"{channel} by {service}", "id": f"s{number}"}])
    return found


def _own(name: str, statistic: str, channel: str, service: str, outcome: str = "") -> list[Any]:
    dimensions = ["channel", channel, *(["outcome", outcome] if outcome else []), "service", service]
    return [OWN, name, *dimensions, {"stat": statistic, "label": f"{channel} by {service}"}]


def _plumbing(environment: str, queues: Sequence[str]) -> Iterator[Widget]:
    shared = ["env", environment, "service", OWN]
    ticks = [[OWN, name, *shared, {"stat": "Sum"}] for name in ("TicksDone", "TicksFailed", "StoreFailures")]
    yield graph("Ticks, and failures of the state table", ticks, width=THIRD)
    for title, name in (
        ("Messages waiting", "ApproximateNumberOfMessagesVisible"),
        ("Age of the oldest message (s)", "ApproximateAgeOfOldestMessage"),
    ):
        rows = [["AWS/SQS", name, "QueueName", queue, {"stat": "Maximum", "label": queue}] for queue in queues]
        yield graph(f"{title}, by queue", rows, width=THIRD)


def _quiet(logs: Sequence[str]) -> Iterator[Widget]:
    """Yields what nobody was notified of: alerts of severity info end at a receiver without integrations."""
    yield log_table(
        "Info and suppressed alerts, with the reason",
        logs,
        'filter message = "outcome" and outcome = "suppressed"',
        "sort @timestamp desc",
        "fields @timestamp, alertname, status, receiver, reason, detail",
        "limit 100",
        width=WIDE,
    )
    yield log_table(
        "Suppressed updates by reason",
        logs,
        'filter message = "outcome" and outcome = "suppressed"',
        "stats count() as updates by reason, alertname",
        "sort updates desc",
        "limit 50",
        width=HALF,
    )
    yield log_table(
        "What was not delivered at first, and why",
        logs,
        'filter message = "outcome" and outcome in ["fallback", "pending", "failed"]',
        "sort @timestamp desc",
        "fields @timestamp, alertname, receiver, channel, outcome, detail",
        "limit 50",
        width=HALF,
    )
