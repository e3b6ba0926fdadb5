"""The bill of a month: what it is counted for, and what an alert takes of the pipeline itself."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alertrelay.config.durations import ALERT_KEPT, MEMBER_KEPT
from alertrelay.runtime.observe import Observer
from alertrelay.state import Store

from compiler.cost import companion, intake, prices, usage
from compiler.cost.demand import demand, integrations
from compiler.cost.month import ALERTS, REST, Demand, Line, bill, relay_dollars
from compiler.cost.queries import PROMETHEUS, QUERIES
from compiler.cost.table import memory_hint, price, quantity, saved_by_memory
from compiler.cost.usage import UNITS, CountedAlert, methods
from compiler.load import Loaded, load
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import FORWARDER_MB, parse_environment
from tests.dispatch.world import World, alarm, config, timed
from tests.example import CONFIG

OPEN_MINUTES, INTERVAL, REPEAT, HOMES = 30, 300, 4 * 3600, 3
AT_REST_AT_MOST = 6.0
LINE_BYTES = 26
"""That CloudWatch adds to each line."""


class _Counting:
    """The store, and how often each method was called."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        method = getattr(self.store, name)

        def counted(*args: Any, **given: Any) -> Any:
            found = method(*args, **given)
            refused, closing = name == "lease" and not found, name == "record" and given["change"].closing
            self.calls["lease refused" if refused else "record, closing" if closing else name] += 1
            return found

        return counted


def _prod() -> Loaded:
    return load(CONFIG, "prod")


def _demand(alerts_a_day: float, **given: Any) -> Demand:
    loaded = _prod()
    assert loaded.environment is not None
    assert loaded.config is not None
    return demand(
        loaded.environment, loaded.config, loaded.last_resort, loaded.anomaly, alerts_a_day=alerts_a_day, **given
    )


def _units(calls: Counter[str], which: int) -> float:
    return sum(UNITS[name][which] * count for name, count in calls.items())


def test_an_alert_takes_no_more_of_the_table_than_the_bill_says() -> None:
    given = timed(config(), group_wait=30, group_interval=INTERVAL, repeat_interval=REPEAT)
    world = World(config=given, wrap=_Counting)
    world.publish(alarm("a"))
    world.run(OPEN_MINUTES * 60)
    world.publish(alarm("a", "OK", at=world.clock.now()))
    world.run(2 * INTERVAL)
    assert all(header.schedule.next_due is None for header in world.memory._headers.values())
    # What the ticks ask is counted apart.
    calls = Counter({name: count for name, count in world.store.calls.items() if name not in usage.TICK})
    counted = methods(CountedAlert(homes=HOMES, open_minutes=OPEN_MINUTES, repeat_interval=REPEAT))
    assert set(calls) <= set(UNITS)
    for which in (0, 1):
        assert _units(calls, which) <= _units(counted, which) <= 1.4 * _units(calls, which)


def test_an_alert_logs_no_more_than_the_bill_says(capsys: pytest.CaptureFixture[str]) -> None:
    """What its forwarders print, weighed as CloudWatch does; Lambda's own lines are not printed here."""
    world = World(config=timed(config(), group_wait=30, group_interval=INTERVAL, repeat_interval=REPEAT))
    world.publish(alarm("prod-rds-orders-db-RDSHighCPU-critical"))
    world.run(OPEN_MINUTES * 60)
    world.publish(alarm("prod-rds-orders-db-RDSHighCPU-critical", "OK", at=world.clock.now()))
    world.run(2 * INTERVAL)
    observer = Observer(service="slack-forwarder", level="", namespace="alertrelay", also=None, environment="prod")
    observer.begin(SimpleNamespace(aws_request_id="00000000-0000-0000-0000-000000000000"))
    for event, fields in world.log:
        if event not in ("tick", "waking", "survey"):  # of the ticks, which are counted apart
            observer.log(event, **fields)
    for outcome in world.outcomes:
        observer.emit(outcome)
        observer.end()
    lines = capsys.readouterr().out.splitlines()
    weight = sum(len(line.encode()) + LINE_BYTES for line in lines)
    counted = usage.of_alert(CountedAlert(homes=HOMES, open_minutes=OPEN_MINUTES, repeat_interval=REPEAT))
    assert weight <= counted.logged - counted.invocations * usage.LOGGED_INVOCATION <= 1.2 * weight


def test_less_memory_costs_less_and_takes_longer() -> None:
    alert = CountedAlert(homes=4, open_minutes=OPEN_MINUTES, repeat_interval=REPEAT)
    work = usage.of_alert(alert)
    assert work.seconds(256) > work.seconds(512) > work.seconds(1769) == work.seconds(3008)
    given = _demand(100_000, homes=4)
    assert given.forwarder_mb == FORWARDER_MB
    least = relay_dollars(bill(replace(given, forwarder_mb=256)))
    assert saved_by_memory(given) == pytest.approx(relay_dollars(bill(given)) - least)
    assert f"${saved_by_memory(given):.2f} less" in memory_hint(given)
    assert memory_hint(_demand(10)) == memory_hint(replace(given, forwarder_mb=256)) == ""


def test_what_the_table_keeps_is_kept_as_long_as_the_bill_says() -> None:
    assert (ALERT_KEPT.days, MEMBER_KEPT.days) == (usage.ALERT_DAYS, usage.MEMBER_DAYS)


def test_the_relay_at_rest_costs_less_than_six_dollars() -> None:
    lines = bill(_demand(0))
    assert relay_dollars(lines) <= AT_REST_AT_MOST
    assert not [line for line in lines if line.part == ALERTS]
    assert {line.part for line in lines} - {REST} == {
        "alarms on resources",
        "SMS",
        "anomaly-scorer",
        "dashboard of the anomaly-scorer",
        "audit",
        "history",
        "error budgets",
        "dashboards",
    }


def test_the_scorer_is_charged_for_each_metric_that_it_asks_for() -> None:
    (asked,) = (
        line for line in bill(_demand(0)) if line.price is prices.GET_METRIC_DATA and line.part == "anomaly-scorer"
    )
    loaded = _prod()
    assert loaded.anomaly is not None
    assert asked.quantity == loaded.anomaly.max_metrics * 30 * 86_400 / loaded.anomaly.every


def test_the_intake_has_lines_of_its_own() -> None:
    without = _demand(100, open_minutes=60.0)
    lines = {line.what: line for line in bill(replace(without, intake=True)) if line.part == "intake"}
    assert not [line for line in bill(without) if line.part == "intake"]
    requests = lines["requests, each alert alone each minute"]
    assert (requests.quantity, requests.price) == (100 * 30 * 75, prices.API_REQUEST)
    assert lines["publishes of what stays open"].quantity == 100 * 30 * 2
    assert lines["writes to the table"].quantity >= 100 * 30 * 61
    rest = [line.what for line in bill(replace(_demand(0), intake=True)) if line.part == "intake"]
    assert rest == [
        "alarms of the intake on itself", "metrics of its posts", "invocations for posts and ticks",
        f"their time, at {intake.MEMORY_MB} MB", "reads of the table", "logs and metrics lines, with the access log",
    ]  # fmt: skip


def test_the_companion_has_lines_of_its_own() -> None:
    lines = {line.what: line for line in bill(replace(_demand(100), accompanied=True)) if line.part == "companion"}
    assert lines["invocations"].quantity == 2 * 100 * 30
    assert lines["alarms of the companion on itself"].quantity == companion.ALARMS
    assert not [line for line in bill(_demand(100)) if line.part == "companion"]
    rest = [line.what for line in bill(replace(_demand(0), accompanied=True)) if line.part == "companion"]
    assert rest == ["alarms of the companion on itself", "polls of its idle queue"]


def test_more_alerts_integrations_and_minutes_cost_more() -> None:
    def month(alerts: float, homes: float, minutes: float) -> float:
        return relay_dollars(bill(_demand(alerts, homes=homes, open_minutes=minutes)))

    assert month(100, 4, 30) < month(1000, 4, 30) < month(1000, 10, 30) < month(1000, 10, 1500)


def test_the_integrations_of_an_alert_are_counted_once_for_each_of_its_groups() -> None:
    loaded = _prod()
    assert loaded.config is not None
    found = integrations(loaded.config, {"severity": "critical", "service": "orders", "env": "prod"})
    receivers = [target.integration.receiver for target in found]
    assert len(receivers) == len(set(receivers))
    assert "pagerduty-oncall" in receivers


@pytest.mark.parametrize(
    ("number", "text"), [(1_944_000.0, "1,944,000"), (30.0, "30"), (0.15, "0.15"), (142.4, "142"), (7.094, "7.09")]
)
def test_a_quantity_is_short(number: float, text: str) -> None:
    assert quantity(number) == text


@pytest.mark.parametrize(
    ("given", "text"),
    [(prices.TABLE_WRITE, "$0.625 / 1,000,000"), (prices.KEY, "$1.00"), (prices.GB_SECOND, "$0.0000133")],
)
def test_a_price_is_as_the_page_of_the_service_says(given: prices.Price, text: str) -> None:
    assert price(Line(part=REST, what="", quantity=1, price=given)) == text


OBSERVED = (Path(__file__).resolve().parents[2] / "docs" / "examples" / "observed.yml").read_text(encoding="utf-8")


def _observed(**given: Any) -> dict[str, dict[str, Line]]:
    """The bill of the example that has alarms on queries and managed Prometheus, by part and line."""
    findings, loaded = Findings(), _prod()
    root = parse(OBSERVED, findings, file="observed.yml")
    assert root is not None
    environment = parse_environment(root, "observed", findings)
    assert environment is not None
    assert loaded.config is not None
    assert not findings.failed
    lines = bill(demand(environment, loaded.config, None, None, **given))
    return {part: {line.what: line for line in lines if line.part == part} for part in (QUERIES, PROMETHEUS)}


RULES = """
groups:
  - {name: a, rules: [{alert: A, expr: up}, {alert: B, expr: up}]}
  - {name: b, interval: 2m, rules: [{record: c, expr: up}]}
"""


def test_alarms_on_queries_are_charged_one_each_and_for_what_they_scan() -> None:
    found = _observed(log_gb=30)[QUERIES]
    assert {what: line.quantity for what, line in found.items()} == {
        "alarms by PromQL": 8,  # two alarms, each at two levels, of two services
        "alarms on logs": 2,
        "GB of logs that their queries scan": 60,
    }
    assert found["GB of logs that their queries scan"].dollars == pytest.approx(0.30)
    assert found["alarms by PromQL"].price is prices.ALARM_METRIC
    assert not [line for line in bill(_demand(0)) if line.part in (QUERIES, PROMETHEUS)]


def test_managed_prometheus_is_charged_for_samples_rules_and_storage() -> None:
    found = _observed(rules={"a.yml": RULES}, series=10_000)[PROMETHEUS]
    month = 30 * 24 * 60
    assert found["samples ingested"].quantity == 10_000 * month
    assert found["samples ingested"].dollars == pytest.approx(432 * 0.09, abs=0.01)
    evaluations = 2 * month + month / 2  # two rules a minute, one every other minute
    assert found["samples that its rules read"].quantity == pytest.approx(evaluations * 500 * 5)
    assert _observed()[PROMETHEUS] == {}
