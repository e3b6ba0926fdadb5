"""Defines the alarms of Lambda functions."""

from __future__ import annotations

from compiler.catalogue.rule import Metric, Rule, When, critical, warning

NAMESPACE = "AWS/Lambda"
TIMEOUT = When(text="with `timeout_seconds`", holds=lambda f: f.timeout > 0)
STREAM = When(text="with `stream: true`", holds=lambda f: "stream" in f.flags)

RULES = (
    Rule(
        alertname="LambdaErrors",
        parts=("function",),
        namespace=NAMESPACE,
        metrics=(Metric("Errors", "Sum"), Metric("Invocations", "Sum")),
        expression="IF(b > 0, 100 * a / b, 0)",
        operator=">",
        unit="percent",
        key="errors",
        key_unit="percent",
        category="errors",
        what="Share of invocations that fail",
        impact="The function's work fails, or is retried.",
        missing="notBreaching",
        missing_why="a function that is not called cannot fail",
        levels=(
            warning(5, 3, 5, "Three minutes of five with errors outlast Lambda's own two retries.", "X"),
            critical(50, 3, 5, "Most invocations fail: the code or something that it needs is broken.", "X", down=True),
        ),
    ),
    Rule(
        alertname="LambdaThrottles",
        parts=("function",),
        namespace=NAMESPACE,
        metrics=(Metric("Throttles", "Sum"),),
        operator=">",
        unit="count",
        key="throttles",
        key_unit="count",
        category="errors",
        what="Number of throttled invocations",
        says="{called} is throttled",
        impact="Callers get errors; events wait for up to 6 hours and are then dropped.",
        missing="notBreaching",
        missing_why="a function that is not called cannot be throttled",
        high=1_000_000_000,
        levels=(warning(0, 5, 5, "Throttling that lasts 5 minutes is not a burst: the concurrency is used up.", "X"),),
    ),
    Rule(
        alertname="LambdaNearTimeout",
        parts=("function",),
        namespace=NAMESPACE,
        metrics=(Metric("Duration", "Maximum"),),
        operator=">",
        unit="milliseconds",
        key="duration",
        key_unit="percent",
        share_of="timeout",
        category="latency",
        what="Longest duration",
        impact="Invocations that reach the timeout are stopped in the middle of their work.",
        missing="notBreaching",
        missing_why="a function that is not called takes no time",
        when=TIMEOUT,
        levels=(warning(80, 3, 5, "{percent} % of the timeout of {timeout}.", "X"),),
    ),
    Rule(
        alertname="LambdaIteratorAge",
        parts=("function",),
        namespace=NAMESPACE,
        metrics=(Metric("IteratorAge", "Maximum"),),
        operator=">",
        unit="milliseconds",
        key="iterator_age",
        key_unit="milliseconds",
        category="queue",
        what="Age of the newest record read",
        impact="The function falls behind its stream; records that are too old are lost.",
        missing="notBreaching",
        missing_why="a stream that rests reports nothing",
        when=STREAM,
        high=604_800_000,
        levels=(
            warning(
                300_000, 5, 5, "5 minutes behind: it does not keep up with the stream, or one record blocks it.", "X"
            ),
            critical(3_600_000, 5, 5, "An hour behind; a stream keeps its records for a day by default.", "X"),
        ),
    ),
)
