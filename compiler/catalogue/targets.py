"""Defines the alarms of the targets that an ECS service has behind an Application Load Balancer."""

from __future__ import annotations

from compiler.catalogue.ecs import SLOW
from compiler.catalogue.rule import Chosen, Metric, Rule, critical, warning

DESIRED = Chosen(text="`healthy_targets`, else 1", of=lambda f: float(max(f.nodes, 1)))
RULES = (
    Rule(
        alertname="ALBTargetErrors",
        parts=("target",),
        namespace="AWS/ApplicationELB",
        metrics=(
            Metric("HTTPCode_Target_5XX_Count", "Sum"),
            Metric("RequestCount", "Sum"),
        ),
        expression="IF(b >= 20, 100 * FILL(a, 0) / b, 0)",
        operator=">",
        unit="percent",
        key="errors",
        key_unit="percent",
        category="errors",
        what="Share of requests that the targets answer with 5xx",
        impact="Users see errors.",
        missing="notBreaching",
        missing_why="without requests there is no error",
        levels=(
            warning(5, 5, 5, "A share fits any traffic, and minutes with fewer than 20 requests do not count.", "X"),
            critical(
                20,
                5,
                5,
                "One user in five sees an error; minutes with fewer than 20 requests do not count.",
                "X",
                down=True,
            ),
        ),
    ),
    Rule(
        alertname="ALBSlowTargets",
        parts=("target",),
        namespace="AWS/ApplicationELB",
        metrics=(Metric("TargetResponseTime", "p95"),),
        operator=">",
        unit="seconds",
        key="response",
        key_unit="seconds",
        category="latency",
        what="Response time (p95)",
        impact=SLOW,
        missing="notBreaching",
        missing_why="without requests there is nothing to measure",
        band=True,
        high=300,
        levels=(
            warning(
                1, 5, 5, "One request in twenty is slower than a second; AWS says to choose by the service.", "P,X"
            ),
            critical(5, 5, 5, "One request in twenty is slower than 5 s: users leave.", "X"),
        ),
    ),
    Rule(
        alertname="ALBUnhealthyTargets",
        parts=("target",),
        namespace="AWS/ApplicationELB",
        metrics=(Metric("UnHealthyHostCount", "Maximum"),),
        operator=">",
        unit="count",
        key="unhealthy_targets",
        key_unit="count",
        category="availability",
        what="Number of unhealthy targets",
        says="{called} has unhealthy targets",
        impact="Fewer targets carry the load.",
        missing="notBreaching",
        missing_why="a target group without targets reports none; ALBNoHealthyTargets covers that",
        high=10_000,
        levels=(warning(0, 3, 3, "A deployment replaces targets within 3 minutes.", "X"),),
    ),
    Rule(
        alertname="ALBNoHealthyTargets",
        parts=("target",),
        namespace="AWS/ApplicationELB",
        metrics=(Metric("HealthyHostCount", "Minimum"),),
        operator="<",
        unit="count",
        key="healthy_targets",
        key_unit="count",
        category="availability",
        what="Number of healthy targets",
        impact="The load balancer answers every request with an error: the service is down.",
        missing="breaching",
        missing_why="a target group without targets reports nothing",
        low=1,
        high=10_000,
        levels=(
            critical(
                DESIRED, 3, 3, "Fewer than the service needs; a deployment keeps them throughout.", "X", down=True
            ),
        ),
    ),
)
