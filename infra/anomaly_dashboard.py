"""Shows the anomaly-scorer's findings on one page: anomalies, values beside the usual ones, feedback."""

from __future__ import annotations

from collections.abc import Sequence

from alertrelay.config.watch import AnomalyConfig, Watch
from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.anomaly import NAME
from infra.topics import topic_prefix

WIDE, HALF = 24, 12
MOST_ENTRIES = 12
"""Entries that get a graph of their own."""
RUN_METRICS = ("MetricsScored", "PointsScored", "ScorerProblems")


class AnomalyDashboard(Construct):
    """`dashboard`, made of the scorer's logs: a query costs what it scans, and only while somebody looks."""

    def __init__(
        self, scope: Construct, construct_id: str, environment: str, config: AnomalyConfig, *, logs: logs.ILogGroup
    ) -> None:
        super().__init__(scope, construct_id)
        self._logs = logs
        self.dashboard = cloudwatch.Dashboard(
            self,
            "Dashboard",
            dashboard_name=f"{topic_prefix(environment)}anomalies",
            default_interval=Duration.days(1),
            period_override=cloudwatch.PeriodOverride.INHERIT,
        )
        self.dashboard.add_widgets(self._found())
        self.dashboard.add_widgets(self._judged(), self._shadow())
        for pair in _pairs(config.watches[:MOST_ENTRIES]):
            self.dashboard.add_widgets(*(self._entry(watch) for watch in pair))
        self.dashboard.add_widgets(self._runs(), self._lag())

    def _found(self) -> cloudwatch.IWidget:
        return self._table(
            "Anomalies: what is unusual, by how much, and why",
            WIDE,
            'filter message in ["anomaly_opened", "anomaly_worse", "anomaly_silent", "anomaly_limit_forecast"]',
            "sort @timestamp desc",
            "fields affects as service, metric, severity, score, shown as value, usual, text as reason, mode, link",
            "limit 50",
        )

    def _judged(self) -> cloudwatch.IWidget:
        return self._table(
            "Precision by feedback: the share of judged alerts that were helpful, of the last 90 days",
            HALF,
            'filter message = "feedback"',
            "stats latest(share) as precision, latest(helpful) as helpful, latest(not_helpful) as not_helpful, "
            "latest(told_from) as told_from_score by watch",
        )

    def _shadow(self) -> cloudwatch.IWidget:
        return self._table(
            "In shadow: what would have been notified",
            HALF,
            'filter message = "anomaly_opened" and mode = "shadow"',
            "stats count() as anomalies, max(score) as highest_score by watch, severity",
        )

    def _entry(self, watch: Watch) -> cloudwatch.IWidget:
        unit = f" ({watch.unit})" if watch.unit else ""
        return cloudwatch.LogQueryWidget(
            title=f"{watch.name}{unit}: the most unusual of its metrics, against what is usual",
            log_group_names=[self._logs.log_group_name],
            view=cloudwatch.LogQueryVisualizationType.LINE,
            query_lines=[
                f'filter message = "watched" and watch = "{watch.name}"',
                "stats max(value) as measured, max(high) as usual_high, min(low) as usual_low by bin(5m)",
            ],
            width=HALF,
            height=6,
        )

    def _runs(self) -> cloudwatch.IWidget:
        return cloudwatch.GraphWidget(
            title="Runs: metrics and points scored, and what could not be done",
            left=[_metric(name) for name in RUN_METRICS],
            width=HALF,
            height=6,
        )

    def _lag(self) -> cloudwatch.IWidget:
        return cloudwatch.GraphWidget(
            title="Seconds from the schedule to the end of a run",
            left=[_metric("ScorerLag", "Maximum")],
            width=HALF,
            height=6,
        )

    def _table(self, title: str, width: int, *query: str) -> cloudwatch.IWidget:
        return cloudwatch.LogQueryWidget(
            title=title,
            log_group_names=[self._logs.log_group_name],
            view=cloudwatch.LogQueryVisualizationType.TABLE,
            query_lines=list(query),
            width=width,
            height=7,
        )


def _metric(name: str, statistic: str = "Sum") -> cloudwatch.Metric:
    return cloudwatch.Metric(
        namespace="alertrelay",
        metric_name=name,
        dimensions_map={"service": NAME},
        statistic=statistic,
        period=Duration.minutes(5),
    )


def _pairs(watches: Sequence[Watch]) -> list[Sequence[Watch]]:
    return [watches[place : place + 2] for place in range(0, len(watches), 2)]
