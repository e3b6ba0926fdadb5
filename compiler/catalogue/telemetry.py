"""Defines the alarms of what a service itself reports: OpenTelemetry metrics by PromQL, and its log by Logs Insights.

The queries follow OpenTelemetry's conventions for HTTP servers
(https://opentelemetry.io/docs/specs/semconv/http/http-metrics/) and CloudWatch's labels for them
(https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-PromQL-Querying.html): histograms are native,
and counts are cumulative. `$service` and `$threshold` are filled in.
"""

from __future__ import annotations

from compiler.catalogue.ecs import SLOW
from compiler.catalogue.rule import Rule, When, critical, warning

LOGS_NAMESPACE = "AWS/Logs"
OTEL_NAMESPACE = "OpenTelemetry"
OTEL = When(text="with `opentelemetry`", holds=lambda f: "otel" in f.flags)
LOGS = When(text="with `log_group`", holds=lambda f: "logs" in f.flags)
_DURATION = '{"http.server.request.duration", "@resource.service.name"="$service"}[5m]'
_FAILED = _DURATION.replace("}", ', "http.response.status_code"=~"5.."}')
QUERY_LIMIT = 10_000  # characters, of both kinds of alarm
EVERY = 300  # seconds between two runs of a query on a log
RULES = (
    Rule(
        alertname="ServiceHighErrorRate",
        parts=("telemetry",),
        namespace=OTEL_NAMESPACE,
        metrics=(),
        promql=(
            f"100 * histogram_count(sum(rate({_FAILED}))) "
            f"/ (histogram_count(sum(rate({_DURATION}))) > 0.1) > $threshold"
        ),
        operator=">",
        unit="percent",
        key="request_errors",
        key_unit="percent",
        category="errors",
        what="Share of requests that are answered with 5xx",
        impact="Users see errors.",
        missing="notBreaching",
        missing_why="without requests there is no error",
        when=OTEL,
        levels=(
            warning(5, 5, 5, "A share fits any traffic; below 0.1 requests a second nothing is said.", "X"),
            critical(10, 5, 5, "One user in ten sees an error, as CriticalHighErrorRate of the rules.", "X"),
        ),
    ),
    Rule(
        alertname="ServiceHighLatency",
        parts=("telemetry",),
        namespace=OTEL_NAMESPACE,
        metrics=(),
        promql=f"histogram_quantile(0.95, sum(rate({_DURATION}))) > $threshold",
        operator=">",
        unit="seconds",
        key="request_p95",
        key_unit="seconds",
        category="latency",
        what="Response time (p95)",
        impact=SLOW,
        missing="notBreaching",
        missing_why="without requests there is nothing to measure",
        high=300,
        when=OTEL,
        levels=(
            warning(2, 5, 5, "One request in twenty is slower, as HighRequestLatency of the rules.", "X"),
            critical(10, 5, 5, "Users leave, as APISlowResponses of the rules.", "X"),
        ),
    ),
    Rule(
        alertname="ServiceLogErrors",
        parts=("log",),
        namespace=LOGS_NAMESPACE,
        metrics=(),
        logs="fields @timestamp, @message | filter @message like /(?i)(error|exception|fatal)/",
        operator=">",
        unit="count",
        key="log_errors",
        category="errors",
        period=EVERY,
        what="Number of errors in the log in 5 minutes",
        impact="Requests or background work fail, which no other metric may show.",
        missing="notBreaching",
        missing_why="without such a line there is no error",
        high=1_000_000,
        when=LOGS,
        levels=(warning(50, 2, 3, "Ten a minute, twice in a quarter of an hour, are no accident.", "X"),),
    ),
)
