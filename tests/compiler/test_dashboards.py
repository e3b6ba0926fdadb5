"""The dashboards of an environment: what they show, and CloudWatch's limits for two hundred services."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from compiler.config_files import read_environment
from compiler.cost.demand import demand
from compiler.dashboards.pages import dashboards_of
from compiler.dashboards.relay_page import relay_dashboard
from compiler.dashboards.widgets import MOST_ALARMS, MOST_BYTES, MOST_METRICS, MOST_WIDGETS, Dashboard
from compiler.load import load
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import Environment, parse_environment
from tests.example import CONFIG
from tests.slo.objectives import LATENCY, SIGNALS, environment

SERVICE = (
    "  - {{id: svc{n}, cluster: main, container_insights: standard, load_balancer: app/main/50dc6c495c0c9188, "
    "target_group: targetgroup/svc{n}/{n:016x}, labels: {{service: svc{n}}}}}"
)


def _environment(text: str) -> Environment:
    findings = Findings()
    root = parse(text, findings, file="prod.yml")
    assert root is not None
    found = parse_environment(root, "prod", findings)
    assert found is not None
    assert not findings.failed
    return found


def _prod() -> list[Dashboard]:
    found, _ = read_environment(CONFIG, "prod")
    assert found is not None
    return dashboards_of(found)


def _properties(dashboard: Dashboard, kind: str) -> Iterator[dict[str, Any]]:
    for widget in dashboard.body()["widgets"]:
        if widget["type"] == kind:
            yield widget["properties"]


def _named(found: list[Dashboard], name: str) -> Dashboard:
    return next(one for one in found if one.name == name)


def test_the_example_has_a_page_of_budgets_one_of_alarms_and_one_of_resources() -> None:
    assert [one.name for one in _prod()] == ["slo", "alerts", "resources"]


def test_an_objective_shows_availability_budget_burn_rate_end_and_latency() -> None:
    graphs = {one["title"]: one for one in _properties(_named(_prod(), "slo"), "metric")}
    assert {"Budget left (%)", "Minutes spent of 43.2", "Hours to the end, at the last hour's rate"} < set(graphs)
    rates = graphs["Burn rate over each window"]
    assert [row[-2] for row in rates["metrics"]] == ["1h", "6h", "24h", "72h"]
    assert [line["value"] for line in rates["annotations"]["horizontal"]] == [14.4, 6, 3, 1]
    (share, *counted) = graphs["Availability of each 5 minutes (%)"]["metrics"]
    assert [row[-1]["visible"] for row in counted] == [False, False]
    assert share[0]["expression"].startswith("100 * (1 - ") or share[0]["expression"] == "m1"
    assert {row[-1]["stat"] for row in graphs["Latency, p95 and p99"]["metrics"]} == {"p95", "p99"}


def test_a_latency_has_its_threshold_and_application_signals_its_own_metric() -> None:
    (page,) = [one for one in dashboards_of(environment(LATENCY, percent=95)) if one.name == "slo"]
    graphs = {one["title"]: one for one in _properties(page, "metric")}
    assert graphs["Latency, p95 and p99"]["annotations"]["horizontal"][0]["value"] == 0.5
    (page,) = [one for one in dashboards_of(environment(SIGNALS)) if one.name == "slo"]
    assert "AttainmentRate" in json.dumps(page.body())


def test_every_measure_has_its_thresholds_drawn() -> None:
    graphs = list(_properties(_named(_prod(), "resources"), "metric"))
    cpu = next(one for one in graphs if one["title"].startswith("RDSHighCPU"))
    lines = {line["label"]: line["value"] for line in cpu["annotations"]["horizontal"]}
    assert lines == {"warning >": 80, "critical >": 90}
    bands = [one for one in graphs if "annotations" not in one]
    assert all("ANOMALY_DETECTION_BAND" in json.dumps(one) for one in bands)


def test_every_alarm_that_notifies_is_in_a_list() -> None:
    lists = list(_properties(_named(_prod(), "alerts"), "alarm"))
    names = [arn.rpartition(":")[2] for one in lists for arn in one["alarms"]]
    assert len(names) == len(set(names)) > 150
    assert "prod-slo-checkout-availability-ErrorBudgetBurningFast-critical" in names
    assert not [name for name in names if "-long-" in name or "-short-" in name]


def test_two_hundred_services_are_split_within_the_limits() -> None:
    text = "ops_email: [a@example.com]\nservices:\n" + "\n".join(SERVICE.format(n=n) for n in range(200))
    found = dashboards_of(_environment(text))
    assert len(found) > 3
    assert len({one.name for one in found}) == len(found)
    for one in found:
        body = one.body()
        assert len(body["widgets"]) <= MOST_WIDGETS
        assert one.metrics <= MOST_METRICS
        assert len(json.dumps(body)) <= MOST_BYTES
        for widget in body["widgets"]:
            assert len(widget["properties"].get("metrics", ())) <= 500
            assert len(widget["properties"].get("alarms", ())) <= MOST_ALARMS
            assert 0 <= widget["x"] <= widget["x"] + widget["width"] <= 24
    shown = "".join(json.dumps(one.body()) for one in found if one.name.startswith("resources"))
    assert all(f"ecs svc{n}\\n" in shown for n in range(200))


def test_widgets_do_not_overlap() -> None:
    for one in _prod():
        taken: set[tuple[int, int]] = set()
        for w in one.body()["widgets"]:
            cells = {(x, y) for x in range(w["x"], w["x"] + w["width"]) for y in range(w["y"], w["y"] + w["height"])}
            assert not cells & taken
            taken |= cells


def test_ids_of_a_widget_are_unique_and_expressions_name_them() -> None:
    relay = relay_dashboard("prod", ["slack-forwarder"], ["slack", "email"], ["q"], ["g"])
    for page in [*_prod(), relay]:
        for one in _properties(page, "metric"):
            options = [row[-1] for row in one["metrics"] if isinstance(row[-1], dict)]
            ids = [option["id"] for option in options if "id" in option]
            assert len(ids) == len(set(ids))
            assert all(re.fullmatch(r"[a-z]\w*", name) for name in ids)
            for option in options:
                named = set(re.findall(r"\b[a-z]\w*\b", option.get("expression", "")))
                assert named <= set(ids), option


def test_the_relay_s_page_lists_what_nobody_was_notified_of_with_the_reason() -> None:
    page = relay_dashboard("prod", ["slack-forwarder"], ["slack"], ["q"], ["${Logs0}", "${Logs1}"])
    queries = [one["query"] for one in _properties(page, "log")]
    assert all(query.startswith("SOURCE '${Logs0}' | SOURCE '${Logs1}' | filter ") for query in queries)
    assert 'outcome = "suppressed"' in queries[0]
    assert "reason, detail" in queries[0]


@pytest.mark.parametrize(("env", "count"), [("prod", 4), ("dev", 0)])
def test_the_bill_counts_them(env: str, count: int) -> None:
    loaded = load(CONFIG, env)
    assert loaded.environment is not None
    assert loaded.config is not None
    assert demand(loaded.environment, loaded.config, None, None).dashboards == count
