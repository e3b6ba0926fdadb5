"""Notifications to render, made by hand: one for each thing that a message must be able to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from alertrelay.alert import Alert, Channel, Integration, Kind, Source, Status, fingerprint
from alertrelay.notification import Failed, Notification, Reason

NOW = datetime(2026, 11, 20, 3, 8, 10, tzinfo=UTC)
STARTED = datetime(2026, 11, 20, 3, 4, 5, 678000, tzinfo=UTC)
CONSOLE = "https://console.aws.amazon.com/cloudwatch/home?region=eu-west-1#alarmsV2:alarm/"


def alert(
    labels: Mapping[str, str],
    annotations: Mapping[str, str] | None = None,
    *,
    status: Status = "firing",
    kind: Kind = "alert",
    source: Source = "cloudwatch",
    starts_at: datetime = STARTED,
    ends_at: datetime | None = None,
    generator_url: str = "",
    state_key: str = "",
) -> Alert:
    """An alert whose identity follows from its labels unless `state_key` is given."""
    print_ = fingerprint(labels)
    return Alert(
        labels=labels,
        annotations=annotations or {"summary": labels.get("alertname", "")},
        status=status,
        kind=kind,
        starts_at=starts_at,
        ends_at=ends_at,
        updated_at=ends_at or starts_at,
        source=source,
        fingerprint=print_,
        state_key=state_key or print_,
        generator_url=generator_url,
    )


def notification(
    *alerts: Alert,
    reason: Reason = Reason.FIRST,
    group_labels: Mapping[str, str] | None = None,
    counts: tuple[int, int] | None = None,
    at: datetime = NOW,
    news: frozenset[str] | None = None,
    failed: Failed | None = None,
    next_try_at: datetime | None = None,
    without_state: bool = False,
    receiver: str = "oncall",
    channel: Channel = "slack",
) -> Notification:
    """A notification of one group of production; `counts` is firing and resolved where more than shown."""
    gone = sum(a.status == "resolved" for a in alerts)
    firing, resolved = counts or (len(alerts) - gone, gone)
    labels = {"alertname": alerts[0].name} if group_labels is None and alerts else (group_labels or {})
    told = ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items()))
    return Notification(
        id="0f8fad5bd9cb469fa165",
        integration=Integration(receiver=receiver, channel=channel, index=0),
        status="firing" if firing else "resolved",
        reason=reason,
        environment="prod",
        group_key=_route_key(alerts) + ":{" + told + "}",
        group_labels=labels,
        dedup_key="3f1d8a5b0c7e9d2468ace13579bdf02468ace13579bdf0123456789abcdef012",
        alerts=alerts,
        news=frozenset(a.state_key for a in alerts) if news is None else news,
        firing_count=firing,
        resolved_count=resolved,
        at=at,
        failed=failed,
        next_try_at=next_try_at,
        without_state=without_state,
    )


def _route_key(alerts: Sequence[Alert]) -> str:
    """Returns the key of a route that leads all of them here: one by severity, or the root where they have several."""
    severities = {one.labels.get("severity", "") for one in alerts}
    return f'{{}}/{{severity="{min(severities)}"}}' if len(severities) == 1 and severities != {""} else "{}"


RDS_LABELS = {
    "alertname": "RDSHighCPU",
    "alarm_name": "prod-orders-db-1-cpu-high",
    "severity": "critical",
    "service": "orders",
    "env": "prod",
    "cluster": "orders-db",
    "team": "database",
    "category": "cpu",
    "region": "eu-west-1",
    "account_id": "111122223333",
    "namespace": "AWS/RDS",
    "metric": "CPUUtilization",
    "DBInstanceIdentifier": "orders-db-1",
}
RDS = alert(
    RDS_LABELS,
    {
        "summary": "CPU of the orders database is above 80 % for 10 minutes",
        "description": "CPU of the orders database is above 80 % for 10 minutes. Checkout slows down above 90 %.",
        "impact": "Customers wait at checkout; above 95 % payments time out",
        "value": "93.4%",
        "threshold": "80%",
        "condition": "CPUUtilization average over 60 s > 80% for 10 of 10 periods",
        "previous_state": "OK",
        "reason": "Threshold Crossed: 10 out of the last 10 datapoints were greater than the threshold (80.0). "
        "The most recent datapoints: [93.4 (20/11/26 03:03:00), 91.0 (20/11/26 03:02:00)].",
        "runbook_url": "https://wiki.example.com/runbooks/rds-cpu?db=orders&step=1",
        "dashboard_url": "https://grafana.example.com/d/rds/orders?from=now-1h",
    },
    generator_url=CONSOLE + "prod-orders-db-1-cpu-high",
    state_key="arn:aws:cloudwatch:eu-west-1:111122223333:alarm:prod-orders-db-1-cpu-high",
)
BARE = alert({"alertname": "disk-full-web-7", "severity": "warning"})


def pod(number: int, *, status: Status = "firing", severity: str = "warning", minutes: int = 9) -> Alert:
    """One of many alerts of a Prometheus rule."""
    return alert(
        {
            "alertname": "PodCrashLooping",
            "severity": severity,
            "service": "checkout",
            "cluster": "eks-prod",
            "namespace": "shop",
            "pod": f"checkout-{number}",
        },
        {
            "summary": f"Pod shop/checkout-{number} restarts again and again",
            "value": f"{number + 4} restarts",
            "threshold": "> 3 in 10 min",
            "runbook_url": "https://wiki.example.com/runbooks/crash-loop",
        },
        status=status,
        source="alertmanager",
        starts_at=NOW - timedelta(minutes=minutes),
        ends_at=NOW - timedelta(seconds=40) if status == "resolved" else None,
        generator_url="https://prometheus.example.com/graph?g0.expr=rate(restarts[10m])>3",
    )


HOSTILE = "<!channel> <@U123|boss> <https://evil.example|your bank> ```rm -rf``` `x` & *b* _i_ @here {{ .X }} <script>"
GONE_AT = STARTED + timedelta(minutes=12, seconds=30)
PAGER = Integration(receiver="oncall-page", channel="pagerduty", index=0)
FAILED = Failed(
    integration=PAGER, text="PagerDuty answered 503", attempts=4, seconds=9.2, title="PagerDuty", message="page"
)
RESOLVED_RDS = alert(
    RDS.labels,
    {**RDS.annotations, "value": "41.2%", "reason": "Threshold Crossed: 1 datapoint [41.2] was not greater than 80.0."},
    status="resolved",
    ends_at=GONE_AT,
    generator_url=RDS.generator_url,
    state_key=RDS.state_key,
)

CASES: Mapping[str, Notification] = {
    "critical-everything": notification(RDS, group_labels={"alertname": "RDSHighCPU", "cluster": "orders-db"}),
    "warning-name-only": notification(BARE),
    "group-of-four": notification(
        pod(1, severity="critical"),
        pod(2, severity="critical"),
        pod(3, severity="critical"),
        pod(4, severity="critical", status="resolved"),
        reason=Reason.NEW_ALERTS,
        news=frozenset({pod(3, severity="critical").state_key}),
        group_labels={"alertname": "PodCrashLooping", "cluster": "eks-prod"},
    ),
    "some-ended": notification(
        pod(1), pod(2), pod(3, status="resolved", minutes=30), reason=Reason.SOME_RESOLVED, news=frozenset()
    ),
    "resolved": notification(
        RESOLVED_RDS,
        reason=Reason.ALL_RESOLVED,
        at=GONE_AT + timedelta(seconds=2),
        group_labels={"alertname": "RDSHighCPU", "cluster": "orders-db"},
    ),
    "fallback": notification(
        RDS,
        reason=Reason.CHANNEL_FAILED,
        failed=FAILED,
        next_try_at=datetime(2026, 11, 20, 3, 9, 15, tzinfo=UTC),
        receiver="oncall-fallback",
    ),
    "reached-again": notification(RDS, reason=Reason.REACHED_AGAIN, failed=FAILED, receiver="oncall-fallback"),
    "event": notification(
        alert(
            {
                "alertname": "RDS-EVENT-0049",
                "severity": "warning",
                "service": "orders",
                "region": "eu-west-1",
                "account_id": "111122223333",
                "SourceId": "orders-db",
            },
            {"summary": "A Multi-AZ failover of orders-db has finished"},
            kind="event",
            source="aws-event",
            state_key="event-1",
        ),
        reason=Reason.EVENT,
    ),
    "raw-text": notification(
        alert(
            {"alertname": "RawMessage", "severity": "warning", "topic": "warning"},
            {
                "summary": "Backup of web-7 failed",
                "description": 'Backup of web-7 failed\n{"job": "nightly", "exit": 3, "log": "`tar`: <disk>"}\n\tbye',
            },
            kind="event",
            source="raw",
            state_key="message-1",
        ),
        reason=Reason.EVENT,
    ),
    "composite": notification(
        alert(
            {
                "alertname": "CheckoutDown",
                "severity": "critical",
                "service": "checkout",
                "env": "prod",
                "region": "eu-west-1",
                "account_id": "111122223333",
            },
            {
                "summary": "Checkout is down: load balancer and database both alarm",
                "reason": "arn:aws:cloudwatch:eu-west-1:111122223333:alarm:alb-5xx transitioned to ALARM",
                "alarm_rule": "ALARM(alb-5xx) AND ALARM(orders-db-cpu)",
                "triggering_alarms": "alb-5xx, orders-db-cpu",
                "triggering_alarm_urls": f"{CONSOLE}alb-5xx\n{CONSOLE}orders-db-cpu",
            },
            generator_url=CONSOLE + "CheckoutDown",
        )
    ),
    "error-budget": notification(
        alert(
            {
                "alertname": "ErrorBudgetBurningFast",
                "severity": "critical",
                "service": "checkout",
                "env": "prod",
                "team": "commerce",
                "category": "slo",
                "slo": "checkout-availability",
                "region": "eu-west-1",
                "account_id": "111122223333",
            },
            {
                "summary": "SLO checkout-availability (99.9 % of 30d): the error budget burns faster than planned.",
                "description": (
                    "SLO checkout-availability (99.9 % of 30d): the error budget burns faster than planned. More than "
                    "14.4 times over 1h and 5m (2 % of the budget), or 6 times over 6h and 30m (5 % of the budget). "
                    "Freeze deployments of checkout: only what mends this goes out."
                ),
                "impact": "Users of checkout see failures now, and the budget of 30d is spent in hours to days.",
                "runbook_url": "https://wiki.example.com/runbooks/slo-error-budget-fast.md",
                "error_budget": "▰▰▰▱▱▱▱▱▱▱ 10.8 of 43.2 min spent, 75 % left (99.9 % of 30 d, at 03:00 UTC)",
                "burn_rates": (
                    "16.2x over 1 h and 20x over 5 min (limit 14.4x); 4.1x over 6 h and 8x over 30 min (limit 6x)"
                ),
                "budget_spent": "in 33 h 20 min at the rate of the last 1 h",
            },
            generator_url=CONSOLE + "ErrorBudgetBurningFast",
        )
    ),
    "charted": notification(
        alert(
            {
                "alertname": "RDSElevatedCPU",
                "severity": "warning",
                "service": "orders",
                "env": "prod",
                "region": "eu-west-1",
                "account_id": "111122223333",
                "namespace": "AWS/RDS",
                "metric": "CPUUtilization",
                "DBInstanceIdentifier": "orders-db",
            },
            {
                "summary": "CPU of orders-db is above 70 % for 15 minutes",
                "value": "84.2%",
                "threshold": "70%",
                "condition": "CPUUtilization average over 300 s > 70% for 3 of 3 periods",
                "metric_chart": "▁▁▂▁▁▂▁▁·▂▂▁▂▂▃▃▄▄▅▅▆▇▇█ 21.4% to 84.2%, threshold 70% ▆",
                "runbook_url": "https://wiki.example.com/runbooks/rds-cpu.md",
            },
            generator_url=CONSOLE + "orders-db-cpu-warning",
        )
    ),
    "anomaly": notification(
        alert(
            {
                "alertname": "OrdersPerMinuteAnomaly",
                "severity": "warning",
                "service": "orders",
                "category": "transactions",
                "region": "eu-west-1",
                "account_id": "111122223333",
                "namespace": "Shop",
                "metric": "OrdersPerMinute",
            },
            {
                "summary": "Orders per minute are outside the expected band",
                "value": "12",
                "threshold": "80 to 140",
                "condition": "OrdersPerMinute sum over 60 s outside the expected band (80 to 140) for 3 of 3 periods",
                "reason": "Thresholds Crossed: 3 out of the last 3 datapoints were less than the lower thresholds.",
            },
            generator_url=CONSOLE + "orders%2Fanomaly",
        )
    ),
    "anomaly-scored": notification(
        alert(
            {
                "alertname": "AnomalyDetected",
                "alarm_name": "response-time",
                "severity": "warning",
                "service": "catalog",
                "category": "anomaly",
                "region": "eu-west-1",
                "account_id": "111122223333",
                "namespace": "AWS/ApplicationELB",
                "metric": "TargetResponseTime",
                "LoadBalancer": "app/prod-catalog/5c1f0f6c0d3a9b41",
            },
            {
                "summary": "p99 TargetResponseTime of catalog is 0.8704 s, usual is 0.392 s to 0.448 s",
                "value": "0.8704 s",
                "threshold": "0.392 s to 0.448 s",
                "reason": "0.8704 s; usual for Friday 03:04 is 0.3917 s to 0.448 s, 32.0 robust sigma above; started "
                "03:04; distance from this time of day +0.4505 s (rarer than 1 in 1,000,000); distance from the "
                "forecast +0.4399 s (rarer than 1 in 1,000,000)",
                "score": "1.0000, notifies from 0.8 on",
                "deployed_shortly_before": "CodeDeploy deployment d-EXAMPLE1 of catalog succeeded at 02:51 UTC",
                "runbook_url": "https://wiki.example.com/runbooks/anomaly-detected.md",
                "was_this_helpful": "alertrelay feedback 462560e75eb41b25 helpful --env prod (or: not)",
            },
            source="anomaly",
            generator_url=CONSOLE.replace("alarmsV2:alarm/", "metricsV2:graph=~()"),
        ),
        group_labels={"alertname": "AnomalyDetected", "service": "catalog"},
    ),
    "hostile": notification(
        alert(
            {"alertname": HOSTILE[:255], "severity": "critical", "service": "<b>", "team": "a\x00b\ud800c\u202ed"},
            {
                "summary": HOSTILE,
                "description": (HOSTILE * 12)[:1024],
                "reason": "\x07" + HOSTILE * 9,
                "value": "<1>",
                "threshold": "&",
                "runbook_url": "javascript:alert(1)",
                "dashboard_url": 'https://evil.example/"><script>|x',
            },
        ),
        group_labels={"alertname": HOSTILE[:255]},
    ),
    "without-state": notification(RDS, reason=Reason.STORE_FAILING, without_state=True),
    "group-of-10000": notification(
        *(pod(number) for number in range(100)),
        counts=(9990, 10),
        group_labels={"alertname": "PodCrashLooping", "cluster": "eks-prod"},
    ),
}
