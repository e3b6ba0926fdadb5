"""Defines the alarms of an Application Load Balancer itself; those of its targets are with the service behind them."""

from __future__ import annotations

from compiler.catalogue.rule import Metric, Rule, When, critical, warning

NAMESPACE = "AWS/ApplicationELB"
TRAFFIC = When(text="with `anomaly: [requests]`", holds=lambda f: "requests" in f.flags)

RULES = (
    Rule(
        alertname="ALBErrors",
        parts=("balancer",),
        namespace=NAMESPACE,
        metrics=(Metric("HTTPCode_ELB_5XX_Count", "Sum"), Metric("RequestCount", "Sum")),
        expression="IF(FILL(b, 0) + FILL(a, 0) >= 20, 100 * FILL(a, 0) / (FILL(b, 0) + FILL(a, 0)), 0)",
        operator=">",
        unit="percent",
        key="errors",
        key_unit="percent",
        category="errors",
        what="Share of requests that the load balancer itself answers with 5xx",
        impact="Users see errors, and no target has seen their requests.",
        missing="notBreaching",
        missing_why="without requests there is no error",
        levels=(
            warning(
                1, 5, 5, "A working load balancer makes none; minutes with fewer than 20 requests do not count.", "X"
            ),
            critical(
                5,
                5,
                5,
                "One user in twenty is turned away; minutes with fewer than 20 requests do not count.",
                "X",
                down=True,
            ),
        ),
    ),
    Rule(
        alertname="ALBRejectedConnections",
        parts=("balancer",),
        namespace=NAMESPACE,
        metrics=(Metric("RejectedConnectionCount", "Sum"),),
        operator=">",
        unit="count",
        key="rejected_connections",
        key_unit="count",
        category="errors",
        what="Number of rejected connections",
        says="{called} rejects connections",
        impact="Users cannot connect at all.",
        missing="notBreaching",
        missing_why="no rejected connection is good news",
        high=1_000_000_000,
        levels=(
            critical(
                0, 3, 3, "The load balancer rejects only at its own limit, and scales within minutes.", "X", down=True
            ),
        ),
    ),
    Rule(
        alertname="ALBTargetConnectionErrors",
        parts=("balancer",),
        namespace=NAMESPACE,
        metrics=(Metric("TargetConnectionErrorCount", "Sum"),),
        operator=">",
        unit="count",
        key="target_connection_errors",
        key_unit="count",
        category="errors",
        what="Number of failed connections to targets",
        impact="Requests fail with 502 or 504.",
        missing="notBreaching",
        missing_why="no failed connection is good news",
        high=1_000_000_000,
        levels=(warning(10, 5, 5, "A few come with every deployment; ten a minute for five minutes do not.", "X"),),
    ),
    Rule(
        alertname="ALBUnusualTraffic",
        parts=("balancer",),
        namespace=NAMESPACE,
        metrics=(Metric("RequestCount", "Sum"),),
        operator=">",
        unit="count",
        key="requests",
        period=300,
        category="traffic",
        what="Number of requests",
        impact="Traffic is lost before it arrives, or far more than usual arrives.",
        missing="breaching",
        missing_why="no request at all is the most unusual traffic",
        when=TRAFFIC,
        band=True,
        band_only=True,
        both_sides=True,
        high=1_000_000_000_000,
        levels=(
            warning(0, 3, 3, "No number fits both day and night: the band is learnt from the last two weeks.", "X"),
        ),
    ),
)
