"""Objectives in an environment's file: what is read, what is refused, and with which mend."""

from __future__ import annotations

import re

import pytest
from alertrelay.alert import Labels
from alertrelay.sources.metadata import read as read_description

from compiler.alarms.check import check_environment
from compiler.alarms.slo_check import PER_STACK
from compiler.cost.demand import slo_demand
from compiler.cost.month import of_slos
from compiler.cost.table import signals_hint
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import Environment, parse_environment
from tests.slo.objectives import (
    AVAILABILITY,
    BALANCER,
    LATENCY,
    METRICS,
    SIGNALS,
    TARGETS,
    WHOLE_BALANCER,
    environment,
    planned,
)

PAGES = frozenset({"slo-error-budget-fast.md", "slo-error-budget-slow.md"})


def _checked(slos: str, *, more: str = "") -> tuple[Environment, tuple[Finding, ...]]:
    text = f"ops_email: [a@example.com]\nrunbook_base_url: https://wiki.example.com\n{more}slos:\n{slos}\n"
    findings = Findings()
    root = parse(text, findings, file="prod.yml")
    assert root is not None
    found = parse_environment(root, "prod", findings)
    assert found is not None
    if not findings.failed:
        check_environment(found, PAGES, findings)
    return found, findings.sorted()


def _one(keys: str) -> list[tuple[str, str, str]]:
    return [(f.code, f.message, f.mend) for f in _checked(f"  - {{{keys}}}")[1]]


FULL = "id: checkout, service: checkout, objective: 99.9, window: 30d"


@pytest.mark.parametrize("what", [AVAILABILITY, WHOLE_BALANCER, METRICS, LATENCY, SIGNALS])
def test_each_kind_is_read_without_a_finding(what: str) -> None:
    share = "objective: 95" if what is LATENCY else "objective: 99.9"
    assert _one(f"id: checkout, service: checkout, {share}, window: 30d, {what}") == []


@pytest.mark.parametrize(
    ("keys", "code", "message", "mend"),
    [
        ("objective: 100", "out-of-range", "100 is not an objective", "100 % leaves no error budget to burn"),
        ("objective: 0.999", "out-of-range", "0.999 is not an objective", "it is a percentage: write 99.9"),
        ("objective: 1", "out-of-range", "1 is not an objective", "write a percentage, as in 99.9"),
        ("objective: 30", "out-of-range", "30 is out of range", "write a number from 50 to 99.999"),
        ("objective: '99.9'", "wrong-type", "expected a number, got text", "take off the quotes: `objective: 99.9`"),
        ("window: 3d", "out-of-range", "'3d' is not a window of an objective", "whole days from 7d to 90d"),
        ("window: 36h", "out-of-range", "'36h' is not a window of an objective", "whole days from 7d to 90d"),
        ("window: month", "bad-duration", "'month' is not a duration", ""),
        ("id: Checkout", "bad-value", "'Checkout' is not a valid id", "small letters, digits and hyphens"),
        ("service: 'a,b'", "bad-value", "'a,b' is not a label's value: one line without a comma", ""),
        ("min_requests: 0", "out-of-range", "0 is out of range", ""),
        ("load_balancer: main", "bad-value", "'main' is not a valid load balancer", "the last part of its ARN"),
        ("goal: 99", "unknown-key", "'goal' is not a key here", ""),
    ],
)
def test_a_value_that_is_wrong_has_its_mend(keys: str, code: str, message: str, mend: str) -> None:
    given = dict(part.split(": ", 1) for part in f"{FULL}, {AVAILABILITY}, {keys}".split(", "))
    found = _one(", ".join(f"{key}: {value}" for key, value in given.items()))
    assert [one[:2] for one in found] == [(code, message)]
    assert mend in found[0][2]


@pytest.mark.parametrize(
    ("keys", "code", "message", "mend"),
    [
        (FULL, "one-of", "exactly one of 'load_balancer', 'metrics', 'application_signals', 'latency' is needed",
         "add `load_balancer: app/main/50dc6c495c0c9188`, or one of the others"),
        (f"{FULL}, {AVAILABILITY}, {SIGNALS}", "one-of",
         "exactly one of 'load_balancer', 'metrics', 'application_signals', 'latency' is needed, and there are "
         "'load_balancer' and 'application_signals'", "keep one of them"),
        (f"{FULL}, {SIGNALS}, min_requests: 5", "one-of",
         "the burn rates of Application Signals come without a count of requests", "remove it"),
        (f"{FULL}, {METRICS}, target_group: {TARGETS}", "one-of", "'target_group' goes with 'load_balancer'",
         "remove it; for a latency it stands under `latency`"),
        (f"{FULL}, metrics: {{good: {{namespace: Shop, metric: A}}}}", "missing-key", "'total' is missing",
         "add `total: {namespace: Shop, metric: OrdersPlaced}`"),
        (f"{FULL}, metrics: {{good: {{namespace: N, metric: A}}, total: {{namespace: N, metric: A}}}}", "bad-value",
         "'good' and 'total' are one metric, so that nothing is ever bad",
         "name the metric that counts good events alone"),
        (f"{FULL}, latency: {{load_balancer: {BALANCER}}}", "missing-key", "'threshold_seconds' is missing",
         "add `threshold_seconds: 0.5`: what is slower is bad"),
        (f"{FULL}, latency: {{threshold: 3}}", "one-of", "exactly one of 'load_balancer' and 'metric' is needed",
         "`load_balancer: app/…` with `threshold_seconds: 0.5`, or a metric with `threshold: …` in its unit"),
        (f"{FULL}, metrics: {{good: {{namespace: AWS/ApplicationELB, metric: HTTPCode_Target_2X_Count, dimensions: "
         f"{{LoadBalancer: {BALANCER}}}}}, total: {{namespace: AWS/ApplicationELB, metric: RequestCount, dimensions: "
         f"{{LoadBalancer: {BALANCER}}}}}}}", "unknown-metric",
         "checkout: an Application Load Balancer has no metric 'HTTPCode_Target_2X_Count'",
         "did you mean 'HTTPCode_Target_2XX_Count'?"),
        (f"{FULL}, metrics: {{good: {{namespace: AWS/ApplicationELB, metric: HTTPCode_ELB_3XX_Count, dimensions: "
         f"{{LoadBalancer: {BALANCER}, TargetGroup: {TARGETS}}}}}, total: {{namespace: AWS/ApplicationELB, metric: "
         f"RequestCount, dimensions: {{LoadBalancer: {BALANCER}}}}}}}", "wrong-dimensions",
         "checkout: HTTPCode_ELB_3XX_Count has no data by LoadBalancer, TargetGroup",
         "it is published by LoadBalancer; or AvailabilityZone, LoadBalancer"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_has_its_mend(keys: str, code: str, message: str, mend: str) -> None:
    assert _one(keys) == [(code, message, mend)]


def test_two_slos_of_one_name_are_an_error_at_the_second() -> None:
    _, findings = _checked(f"  - {{{FULL}, {AVAILABILITY}}}\n  - {{{FULL}, {SIGNALS}}}")
    assert [(f.code, f.line, f.message) for f in findings] == [
        ("duplicate-id", 5, "'checkout' is defined twice, first in line 4")
    ]
    assert findings[0].mend == "rename one of the two: alarms, metrics and messages are called by it"


def test_a_load_balancer_that_stands_nowhere_else_is_a_warning() -> None:
    listed = "load_balancers: [{id: app/main/50dc6c495c0c9189}]\n"
    _, findings = _checked(f"  - {{{FULL}, {AVAILABILITY}}}", more=listed)
    found = [f for f in findings if f.code == "unlisted-load-balancer"]
    assert {(f.severity, f.mend) for f in found} == {("warning", "did you mean 'app/main/50dc6c495c0c9189'?")}


def test_what_is_nearly_a_name_of_the_file_is_a_warning() -> None:
    alb = "load_balancer: app/main/50dc6c495c0c9188"
    listed = f"services: [{{id: checkout, cluster: main, {alb}, target_group: targetgroup/a/73e2d6bc24d8a067}}]\n"
    slo = f"id: a, service: chekout, objective: 99.9, window: 30d, {alb}"
    _, findings = _checked(f"  - {{{slo}, target_group: targetgroup/b/73e2d6bc24d8a067}}", more=listed)
    assert {f.code: f.mend for f in findings if f.code.startswith("unlisted")} == {
        "unlisted-load-balancer": "did you mean 'targetgroup/a/73e2d6bc24d8a067'?",
        "unlisted-service": "did you mean 'checkout'?",
    }
    for other in ("checkout-api", "check", "lockout"):
        _, findings = _checked(f"  - {{{slo.replace('chekout', other)}}}", more=listed)
        assert "unlisted-service" not in {f.code for f in findings}


def test_a_latency_in_milliseconds_is_a_warning_and_one_of_a_count_an_error() -> None:
    alb = "load_balancer: app/main/50dc6c495c0c9188"
    (found,) = _one(f"{FULL}, latency: {{{alb}, threshold_seconds: 500}}")
    assert found[::2] == ("bad-value", "it is in seconds: write 0.5 for 500 ms")
    metric = f"namespace: AWS/ApplicationELB, metric: RequestCount, dimensions: {{LoadBalancer: {alb[15:]}}}"
    (found,) = _one(f"{FULL}, latency: {{{metric}, threshold: 0.5}}")
    assert found[::2] == ("unknown-metric", "a load balancer's latency is TargetResponseTime")


def test_an_objective_whose_alarms_can_never_fire_is_a_warning() -> None:
    (found,) = _one(f"id: checkout, service: checkout, objective: 90, window: 30d, {AVAILABILITY}")
    assert found == (
        "never-fires",
        "checkout: at 90 % the budget burns at most 10 times as fast as planned, and the alarms over 1h ask for 14.4 "
        "times",
        "they never fire: raise the objective, or shorten its window",
    )


def test_more_objectives_than_a_stack_holds_are_an_error() -> None:
    listed = "\n".join(f"  - {{{FULL.replace('id: ', f'id: n{n}-')}, {AVAILABILITY}}}" for n in range(PER_STACK + 1))
    assert [f.code for f in _checked(listed)[1]] == ["too-many-alarms"]


def test_the_alarms_of_an_objective_and_what_their_message_reads_back() -> None:
    found = planned(environment(more=", labels: {team: commerce}"))
    assert [alarm.name for alarm in found.windows] == [
        *("prod-slo-checkout-1h-long-critical", "prod-slo-checkout-5m-short-critical"),
        *("prod-slo-checkout-6h-long-critical", "prod-slo-checkout-30m-short-critical"),
        *("prod-slo-checkout-1d-long-warning", "prod-slo-checkout-2h-short-warning"),
        *("prod-slo-checkout-3d-long-warning", "prod-slo-checkout-6h-short-warning"),
    ]
    assert [(a.period, a.threshold) for a in found.windows[:4]] == [(3600, 14.4), (300, 14.4), (21600, 6), (1800, 6)]
    # PutMetricAlarm: Period times EvaluationPeriods is at most seven days.
    assert max(a.period for a in found.windows) == 259_200 <= 604_800
    assert found.windows[0].expression == "IF(FILL(a, 0) >= 100, FILL(b, 0) / FILL(a, 0) / 0.001, 0)"
    assert found.windows[1].expression == "IF(FILL(a, 0) >= 1, FILL(b, 0) / FILL(a, 0) / 0.001, 0)"
    fast, slow = found.burns
    assert fast.rule == (
        '(ALARM("prod-slo-checkout-1h-long-critical") AND ALARM("prod-slo-checkout-5m-short-critical")) OR '
        '(ALARM("prod-slo-checkout-6h-long-critical") AND ALARM("prod-slo-checkout-30m-short-critical"))'
    )
    read = read_description(fast.description)
    expected: Labels = {
        "alertname": "ErrorBudgetBurningFast",
        "severity": "critical",
        "service": "checkout",
        "env": "prod",
        "team": "commerce",
        "category": "slo",
        "slo": "checkout",
    }
    assert read.labels == expected
    assert "Freeze deployments of checkout" in read.prose
    assert read.annotations["runbook_url"] == "https://wiki.example.com/runbooks/slo-error-budget-fast.md"
    assert read_description(slow.description).labels["severity"] == "warning"


def test_application_signals_are_watched_by_their_own_metric() -> None:
    alarm = planned(environment(SIGNALS)).windows[0]
    assert (alarm.expression, alarm.period, alarm.threshold) == ("", 60, 14.4)
    assert dict(alarm.stats[0].dimensions) == {"SloName": "checkout-availability", "BurnRateWindowMinutes": "60"}


def test_a_whole_load_balancer_also_counts_what_it_answers_itself() -> None:
    text = planned(environment(WHOLE_BALANCER)).windows[0].expression
    assert text == (
        "IF((FILL(a, 0) + FILL(b, 0)) >= 100, (FILL(c, 0) + FILL(d, 0)) / (FILL(a, 0) + FILL(b, 0)) / 0.001, 0)"
    )


@pytest.mark.parametrize(
    ("what", "metrics", "dollars"), [(AVAILABILITY, 16, 2.6), (WHOLE_BALANCER, 32, 4.2), (SIGNALS, 8, 1.8)]
)
def test_what_the_alarms_cost_and_what_application_signals_would_save(what: str, metrics: int, dollars: float) -> None:
    found = slo_demand(environment(what))
    assert found is not None
    assert found.metrics == metrics
    assert sum(line.dollars for line in of_slos(found)[:2]) == pytest.approx(dollars)
    saved = re.search(r"\$([0-9.]+) less", signals_hint(found))
    assert (float(saved[1]) if saved else 0) == pytest.approx((metrics - 8) / 10)


def test_an_environment_without_objectives_has_none_of_it() -> None:
    findings = Findings()
    root = parse("ops_email: [a@example.com]", findings, file="prod.yml")
    assert root is not None
    found = parse_environment(root, "prod", findings)
    assert found is not None
    assert (found.objectives, planned(found).windows, slo_demand(found)) == (None, (), None)
