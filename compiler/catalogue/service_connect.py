"""Defines the alarms of the traffic that reaches an ECS service through Service Connect."""

from __future__ import annotations

from compiler.catalogue.ecs import NAMESPACE, SLOW
from compiler.catalogue.rule import Metric, Rule, When, warning

CONNECT = When(text="with `service_connect`", holds=lambda f: "service_connect" in f.flags)

RULES = (
    Rule(
        alertname="ECSServiceConnectErrors",
        parts=("connect",),
        namespace=NAMESPACE,
        metrics=(Metric("HTTPCode_Target_5XX_Count", "Sum"),),
        operator=">",
        unit="count",
        key="connect_errors",
        key_unit="count",
        category="errors",
        what="Number of 5xx answers a minute",
        impact="Requests of other services fail.",
        missing="notBreaching",
        missing_why="no error is good news",
        when=CONNECT,
        band=True,
        high=1_000_000,
        levels=(
            warning(
                10, 5, 5, "Ten a minute for five minutes are not an accident; AWS says to choose by the traffic.", "P,X"
            ),
        ),
    ),
    Rule(
        alertname="ECSServiceConnectSlow",
        parts=("connect",),
        namespace=NAMESPACE,
        metrics=(Metric("TargetResponseTime", "p95"),),
        operator=">",
        unit="milliseconds",
        key="connect_response",
        key_unit="milliseconds",
        category="latency",
        what="Response time (p95)",
        impact=SLOW,
        missing="notBreaching",
        missing_why="without requests there is nothing to measure",
        when=CONNECT,
        band=True,
        high=600_000,
        levels=(
            warning(1000, 5, 5, "Callers usually give up after seconds; AWS says to choose by the service.", "P,X"),
        ),
    ),
)
