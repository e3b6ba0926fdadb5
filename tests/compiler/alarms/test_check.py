"""What the check refuses. Each alarm here is one that a library or a person has really made."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from compiler.alarms.alarm import MetricAlarm, Plan, Setting, Stat
from compiler.alarms.check import (
    STACK_LIMIT,
    check_coverage,
    check_order,
    check_parent,
    check_plan,
    check_runbooks,
    check_stacks,
)
from compiler.alarms.plan import plan
from compiler.reading.finding import Findings, Place
from compiler.resources.resource import Cache, Cluster, Database, Queue, ResourceWatch, Service

PROD = Setting(environment="prod", region="eu-west-1", runbook_base_url="https://wiki.example.com/runbooks")
EVERYTHING = (
    Database(
        id="orders-db",
        engine="postgres",
        instance_class="db.t3.medium",
        storage_gb=100,
        storage_type="gp2",
        replica=True,
        performance_insights=True,
    ),
    Cluster(
        id="catalog",
        engine="aurora-mysql",
        instance_class="db.t4g.medium",
        binlog_replica=True,
        performance_insights=True,
        storage_network_megabytes=80,
    ),
    Cluster(id="ledger", engine="aurora-postgresql", max_capacity=8),
    Cache(id="sessions", engine="valkey", instance_class="cache.t4g.small", nodes=2, shards=2, must_not_evict=True),
    Cache(id="pages", engine="memcached", instance_class="cache.r7g.large", nodes=2),
    Cache(id="flags", engine="valkey", serverless=True),
    Service(
        id="web",
        cluster="main",
        launch="ec2",
        container_insights="enhanced",
        ebs_volume=True,
        load_balancer="app/main/50dc6c495c0c9188",
        target_group="targetgroup/web/73e2d6bc24d8a067",
        service_connect="web",
        opentelemetry="shop/web",
        log_group="/ecs/web",
    ),
    Service(id="jobs", cluster="main", container_insights="standard"),
    Queue(id="orders", dead_letter_queue="orders-dead", watch=ResourceWatch(thresholds={"messages": 100})),
)


@pytest.fixture(name="found", scope="module")
def _found() -> Plan:
    findings = Findings()
    made = plan(EVERYTHING, PROD, findings)
    assert findings.sorted() == ()
    return made


def alarm_of(found: Plan, alertname: str, severity: str = "") -> MetricAlarm:
    return next(a for a in found.alarms if a.alertname == alertname and a.severity in (severity or a.severity))


def codes(found: Plan, *alarms: MetricAlarm) -> set[str]:
    findings = Findings()
    check_plan(dataclasses.replace(found, alarms=alarms, parents=(), watched=()), findings)
    return {f.code for f in findings.sorted()}


def read(alarm: MetricAlarm, **stat: Any) -> MetricAlarm:
    """The alarm, with its first metric read in another way."""
    first, *rest = alarm.stats
    return dataclasses.replace(alarm, stats=(dataclasses.replace(first, **stat), *rest))


def test_the_whole_catalogue_passes(found: Plan) -> None:
    findings = Findings()
    check_plan(found, findings)
    assert findings.sorted() == ()
    assert len({a.alertname for a in found.alarms}) > 70


def test_a_sum_of_connections_is_five_times_the_connections(found: Plan) -> None:
    assert codes(found, read(alarm_of(found, "RDSHighConnections"), statistic="Sum")) == {"wrong-statistic"}


def test_the_largest_free_space_hides_the_full_disk(found: Plan) -> None:
    assert codes(found, read(alarm_of(found, "RDSLowStorage"), statistic="Maximum")) == {"wrong-statistic"}


def test_two_disks_have_no_total(found: Plan) -> None:
    alarm = alarm_of(found, "AuroraLowLocalStorage")
    (local,) = alarm.stats
    volume = dataclasses.replace(local, id="b", name="VolumeBytesUsed", statistic="Average")
    share = dataclasses.replace(
        alarm, stats=(local, volume), expression="100 * b / (a + b)", period=300, operator=">", unit="percent"
    )
    assert "mixed-measures" in codes(found, share)


def test_an_alarm_on_too_many_running_tasks_is_silent_in_an_outage(found: Plan) -> None:
    alarm = alarm_of(found, "ECSNoTasks")
    running = alarm.stats[1]
    upside_down = dataclasses.replace(alarm, stats=(running,), expression="", operator=">", threshold=10)
    assert codes(found, upside_down) == {"wrong-direction"}


def test_the_id_of_a_replication_group_is_no_nodes_id(found: Plan) -> None:
    alarm = read(alarm_of(found, "CacheHighMemory"), dimensions={"CacheClusterId": "sessions"})
    assert codes(found, alarm) == {"node-id"}


def test_a_group_id_that_looks_like_a_nodes_is_caught_in_the_file() -> None:
    """Here nothing can tell them apart; `tests/compiler/test_environment_file.py` has that case."""
    assert Cache(id="sessions", engine="redis").members == ("sessions-001",)


def test_a_threshold_in_milliseconds_on_seconds_is_refused(found: Plan) -> None:
    alarm = dataclasses.replace(alarm_of(found, "RDSHighReadLatency"), threshold=20, unit="milliseconds")
    assert codes(found, alarm) == {"wrong-unit"}


@pytest.mark.parametrize(
    ("alertname", "dimensions"),
    [
        ("RDSHighCPU", {"DBInstanceIdentifer": "orders-db"}),
        ("RDSLowStorage", {"DBClusterIdentifier": "orders"}),
        ("AuroraReplicaLag", {"DBInstanceIdentifier": "catalog-1"}),
        ("ECSHighCPU", {"ServiceName": "web"}),
        ("ALBUnhealthyTargets", {"TargetGroup": "targetgroup/web/73e2d6bc24d8a067"}),
        ("SQSOldMessages", {"QueueUrl": "orders"}),
        ("CacheServerlessThrottled", {"CacheClusterId": "flags-001"}),
        ("RDSHighCPU", {}),
    ],
)
def test_a_metric_without_data_by_these_dimensions_is_refused(
    found: Plan, alertname: str, dimensions: dict[str, str]
) -> None:
    assert codes(found, read(alarm_of(found, alertname), dimensions=dimensions)) == {"wrong-dimensions"}


def test_a_metric_that_is_not_published_is_refused_with_the_nearest_that_is(found: Plan) -> None:
    findings = Findings()
    alarm = read(alarm_of(found, "RDSHighConnections"), name="DatabaseConnection")
    check_plan(Plan(alarms=(alarm,), parents=(), watched=()), findings)
    (finding,) = findings.sorted()
    assert (finding.code, finding.mend) == ("unknown-metric", "did you mean 'DatabaseConnections'?")


@pytest.mark.parametrize(
    "changes",
    [
        {"period": 10},
        {"datapoints": 6, "of": 5},
        {"datapoints": 0},
        {"of": 1441},  # more than a day
    ],
)
def test_a_period_that_is_not_published_or_not_allowed_is_refused(found: Plan, changes: dict[str, Any]) -> None:
    assert codes(found, dataclasses.replace(alarm_of(found, "RDSHighCPU"), **changes)) == {"wrong-period"}


def test_a_five_minute_metric_is_not_read_each_minute(found: Plan) -> None:
    assert codes(found, dataclasses.replace(alarm_of(found, "RDSLowBurstBalance"), period=60)) == {"wrong-period"}


def test_several_metrics_need_an_expression_of_at_most_ten(found: Plan) -> None:
    alarm = alarm_of(found, "CacheNetworkLimited")
    assert codes(found, dataclasses.replace(alarm, expression="")) == {"mixed-measures"}
    many = tuple(dataclasses.replace(alarm.stats[0], id=f"m{n}") for n in range(10))
    assert codes(found, dataclasses.replace(alarm, stats=many)) == {"mixed-measures"}
    assert codes(found, dataclasses.replace(alarm, threshold=None)) == {"mixed-measures"}


@pytest.mark.parametrize(
    "lost", ["severity: warning", "alertname: RDSHighCPU", "service: orders-db", "impact:", ". The team"]
)
def test_a_description_without_what_the_night_needs_is_refused(found: Plan, lost: str) -> None:
    alarm = alarm_of(found, "RDSHighCPU", "warning")
    changed = alarm.description.replace(lost, "x")
    assert changed != alarm.description
    assert codes(found, dataclasses.replace(alarm, description=changed)) == {"no-description"}


def test_a_description_or_a_name_beyond_cloudwatchs_limit_is_refused(found: Plan) -> None:
    alarm = alarm_of(found, "RDSHighCPU")
    assert codes(found, dataclasses.replace(alarm, name="n" * 256)) == {"too-long"}
    assert codes(found, dataclasses.replace(alarm, description=alarm.description + "x" * 1024)) == {"too-long"}


def test_a_warning_after_its_critical_alarm_is_named() -> None:
    watch = ResourceWatch(thresholds={"cpu_percent": 95, "free_storage_percent": 5})
    database = Database(id="a", engine="mysql", instance_class="db.m7g.large", storage_gb=100, watch=watch)
    findings = Findings()
    check_order(plan([database], PROD, findings).alarms, findings)
    assert [(f.severity, f.code) for f in findings.sorted()] == [("warning", "threshold-order")] * 2


def test_a_resource_that_wakes_nobody_is_named(found: Plan) -> None:
    findings = Findings()
    check_coverage(dataclasses.replace(found, alarms=tuple(a for a in found.alarms if a.kind != "rds")), findings)
    assert [f.message for f in findings.sorted()] == ["orders-db has no critical alarm"]


def test_a_stack_that_is_too_large_is_refused_with_the_mend() -> None:
    each = len(plan([Queue(id="q")], PROD, Findings()).alarms)
    queues = [Queue(id=f"q{n}") for n in range(STACK_LIMIT // each + 1)]
    findings = Findings()
    check_stacks(plan(queues, PROD, findings), findings)
    (finding,) = findings.sorted()
    assert finding.code == "too-many-alarms"
    assert "stack: NAME" in finding.mend
    split = [dataclasses.replace(queues[0], watch=ResourceWatch(stack="more")), *queues[1:]]
    findings = Findings()
    check_stacks(plan(split, PROD, findings), findings)
    assert findings.sorted() == ()


def test_a_parent_of_too_many_parts_is_refused() -> None:
    shared = ResourceWatch(labels={"service": "shop"})
    databases = [
        Database(id=f"db{n}", engine="mysql", instance_class="db.m7g.large", storage_gb=100, watch=shared)
        for n in range(34)
    ]
    (parent,) = plan(databases, PROD, Findings()).parents
    assert len(parent.children) == 102
    findings = Findings()
    check_parent(parent, findings)
    assert [f.code for f in findings.sorted()] == ["too-many-parts"]


def test_a_missing_page_is_an_error_where_the_file_named_it(found: Plan) -> None:
    place = Place(file="prod.yml", line=7, column=20, key="databases[0].runbooks.RDSHighCPU")
    watch = ResourceWatch(runbooks={"RDSHighCPU": "orders-cpu.md"}, places={"runbooks.RDSHighCPU": place})
    database = Database(id="a", engine="mysql", instance_class="db.m7g.large", storage_gb=100, watch=watch)
    made = plan([database], PROD, Findings())
    pages = {alarm.runbook for alarm in made.every} - {"orders-cpu.md", "rds-low-memory.md"}
    findings = Findings()
    check_runbooks(made, pages, findings)
    assert sorted((f.severity, f.line, f.message) for f in findings.sorted()) == [
        ("error", 7, "runbooks/orders-cpu.md, the page of RDSHighCPU, does not exist"),
        ("warning", 0, "runbooks/rds-low-memory.md, the page of RDSLowMemory, does not exist"),
    ]


def test_two_resources_with_one_name_are_refused_where_the_second_stands() -> None:
    findings = Findings()
    plan([Queue(id="a"), Queue(id="a", watch=ResourceWatch(places={"": Place(file="x.yml", line=9)}))], PROD, findings)
    assert {(f.code, f.line) for f in findings.sorted()} == {("duplicate-alarm", 9)}


def test_every_metric_of_the_catalogue_is_read_by_its_letter(found: Plan) -> None:
    for alarm in found.alarms:
        assert [s.id for s in alarm.stats] == list("ab"[: len(alarm.stats)])
        assert all(isinstance(s, Stat) for s in alarm.stats)
