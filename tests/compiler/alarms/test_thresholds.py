"""Numbers that are derived from the resource, and the sentence that says so."""

from __future__ import annotations

from typing import Any

import pytest

from compiler.alarms.alarm import MetricAlarm, Setting
from compiler.alarms.plan import plan
from compiler.catalogue.facts import GIB, classes, max_connections
from compiler.reading.finding import Finding, Findings
from compiler.resources.resource import (
    Cache,
    Cluster,
    Database,
    Function,
    LoadBalancer,
    Queue,
    Resource,
    ResourceWatch,
    Service,
)

PROD = Setting(environment="prod", region="eu-west-1", runbook_base_url="https://wiki.example.com/runbooks")


def planned(*resources: Resource) -> tuple[dict[tuple[str, str], MetricAlarm], tuple[Finding, ...]]:
    """The alarms by alertname and severity; of several nodes the last."""
    findings = Findings()
    alarms = plan(resources, PROD, findings).alarms
    return {(a.alertname, a.severity): a for a in alarms}, findings.sorted()


def alarms(*resources: Resource) -> dict[tuple[str, str], MetricAlarm]:
    found, findings = planned(*resources)
    assert findings == ()
    return found


def database(**changes: Any) -> Database:
    values: dict[str, Any] = {"id": "a", "engine": "mysql", "instance_class": "db.m7g.large", "storage_gb": 100}
    return Database(**{**values, **changes})


def why(alarm: MetricAlarm) -> str:
    return alarm.description.partition("\n")[0].partition(". ")[2]


@pytest.mark.parametrize(
    ("engine", "gib", "expected"),
    [
        ("mysql", 16, 1365),
        ("mariadb", 8, 682),
        ("postgres", 16, 1802),
        ("postgres", 128, 5000),  # LEAST(…, 5000)
        ("oracle", 16, 1740),
        ("sqlserver", 16, 32_767),
        ("aurora-postgresql", 64, 5000),
        # AWS's own table, where its formula gives other numbers
        ("aurora-mysql", 2, 45),  # db.t3.small
        ("aurora-mysql", 4, 90),  # db.t3.medium
        ("aurora-mysql", 8, 135),  # db.t4g.large
        ("aurora-mysql", 15.25, 1000),  # db.r4.large
        ("aurora-mysql", 16, 1000),  # db.r5.large
        ("aurora-mysql", 32, 2000),
        ("aurora-mysql", 64, 3000),
        ("aurora-mysql", 128, 4000),
        ("aurora-mysql", 256, 5000),
        ("aurora-mysql", 384, 6000),
        ("aurora-mysql", 512, 6000),
        ("aurora-mysql", 768, 7000),
    ],
)
def test_max_connections_is_what_aws_sets_for_engine_and_memory(engine: str, gib: float, expected: float) -> None:
    assert max_connections(engine, gib * GIB)[0] == expected


@pytest.mark.parametrize(
    ("changes", "warning", "critical"),
    [
        ({}, 545, 613),  # 80 and 90 % of 682
        ({"instance_class": "db.t4g.small"}, 110, 122),  # 65 and 72 % of 170: the formula is too high for 2 GiB
        ({"instance_class": "db.t4g.small", "max_connections": 100}, 80, 90),  # said, so not estimated
        ({"engine": "sqlserver", "instance_class": "db.t3.small"}, 26_213, 29_490),
    ],
)
def test_the_connection_alarms_are_a_share_of_max_connections(
    changes: dict[str, Any], warning: float, critical: float
) -> None:
    found = alarms(database(**changes))
    assert found["RDSHighConnections", "warning"].threshold == warning
    assert found["RDSHighConnections", "critical"].threshold == critical


def test_memory_and_storage_are_bytes_of_class_and_allocation() -> None:
    found = alarms(database())
    assert found["RDSLowMemory", "warning"].threshold == pytest.approx(0.8 * GIB, abs=1)
    assert why(found["RDSLowMemory", "warning"]).startswith("10 % of the 8 GiB of db.m7g.large")
    assert found["RDSLowStorage", "critical"].threshold == 10 * GIB
    assert why(found["RDSLowStorage", "warning"]).startswith("20 % of the 100 GiB allocated")


def test_an_own_share_is_applied_to_the_whole_and_the_sentence_says_both() -> None:
    found = alarms(database(watch=ResourceWatch(thresholds={"free_storage_percent": 30})))
    assert found["RDSLowStorage", "warning"].threshold == 30 * GIB
    assert why(found["RDSLowStorage", "warning"]) == "30 % of 100 GiB (storage) is this environment's own number."


@pytest.mark.parametrize(
    ("instance_class", "expected"), [("cache.t4g.small", 45), ("cache.t2.micro", 90), ("cache.r7g.xlarge", None)]
)
def test_a_small_cache_node_shares_one_core_of_ninety_percent(instance_class: str, expected: float | None) -> None:
    found = alarms(Cache(id="a", engine="redis", instance_class=instance_class))
    alarm = found.get(("CacheHighCPU", "warning"))
    assert (alarm.threshold if alarm else None) == expected


def test_credits_are_ten_minutes_of_full_load() -> None:
    assert alarms(database(instance_class="db.t3.xlarge"))["RDSLowCPUCredits", "warning"].threshold == 40
    assert ("RDSLowCPUCredits", "warning") not in alarms(database())


def test_a_redis_of_a_burstable_class_allows_fewer_connections() -> None:
    small = alarms(Cache(id="a", engine="valkey", instance_class="cache.t3.micro"))
    assert small["CacheHighConnections", "critical"].threshold == 18_000
    large = alarms(Cache(id="a", engine="valkey", instance_class="cache.r7g.large"))
    assert large["CacheHighConnections", "critical"].threshold == 58_500


def test_a_serverless_cluster_is_as_large_as_its_largest_capacity() -> None:
    found = alarms(Cluster(id="a", engine="aurora-mysql", max_capacity=16))
    assert found["AuroraHighConnections", "critical"].threshold == 1800  # 32 GiB
    assert ("AuroraHighCapacity", "critical") in found
    assert ("AuroraLowMemory", "critical") not in found


def test_local_disk_is_twice_the_memory_unless_said() -> None:
    cluster = {"id": "a", "engine": "aurora-postgresql", "instance_class": "db.r6g.large"}
    assert alarms(Cluster(**cluster))["AuroraLowLocalStorage", "critical"].threshold == pytest.approx(3.2 * GIB, abs=1)  # type: ignore[arg-type]  # all of it is text
    own = Cluster(**cluster, local_storage_gb=100)  # type: ignore[arg-type]  # as above
    assert alarms(own)["AuroraLowLocalStorage", "critical"].threshold == 10 * GIB


def test_a_function_is_near_its_own_timeout() -> None:
    alarm = alarms(Function(id="a", timeout_seconds=30))["LambdaNearTimeout", "warning"]
    assert (alarm.threshold, alarm.unit) == (24_000, "milliseconds")
    assert why(alarm) == "80 % of the timeout of 30 s."


def test_what_is_not_known_is_asked_for_and_no_alarm_is_made_of_a_guess() -> None:
    found, findings = planned(database(instance_class="db.q9.large"))
    assert ("RDSLowMemory", "warning") not in found
    assert ("RDSHighCPU", "critical") in found
    assert {(f.code, f.mend) for f in findings} == {
        ("unknown-number", "give `memory_gb: …`"),
        ("unknown-number", "give `max_connections: …`, or `memory_gb: …`"),
    }


def test_a_threshold_that_no_alarm_uses_is_named() -> None:
    watch = ResourceWatch(
        thresholds={"replica_lag_seconds": 30}, anomaly=("requests",), runbooks={"RDSReplicaLag": "a.md"}
    )
    assert [f.code for f in planned(database(watch=watch))[1]] == ["unused", "unused", "unused"]


def test_a_number_beside_a_band_is_named_as_unused() -> None:
    watch = ResourceWatch(thresholds={"connections_percent": 50}, anomaly=("connections",))
    assert [f.code for f in planned(database(watch=watch))[1]] == ["unused"]


def test_a_band_replaces_the_warning_and_the_critical_number_stays() -> None:
    found = alarms(database(watch=ResourceWatch(anomaly=("connections",))))
    assert found["RDSHighConnections", "warning"].threshold is None
    assert found["RDSHighConnections", "warning"].billed_metrics == 3
    assert found["RDSHighConnections", "critical"].threshold == 613


def test_a_resource_without_labels_is_its_own_service() -> None:
    for alarm in alarms(Queue(id="orders"), LoadBalancer(id="app/main/50dc6c495c0c9188")).values():
        assert alarm.labels["service"] in ("orders", "main")


def test_a_cluster_of_two_services_has_its_alarms_once() -> None:
    services = [Service(id=name, cluster="main", launch="ec2", container_insights="standard") for name in "ab"]
    findings = Findings()
    found = [a for a in plan(services, PROD, findings).alarms if a.alertname == "ECSClusterHighCPUReservation"]
    assert findings.sorted() == ()
    assert [(a.name, a.labels["service"]) for a in found] == [
        ("prod-ecs-main-ECSClusterHighCPUReservation-warning", "main")
    ]


def test_a_healthy_target_count_is_the_services_own() -> None:
    service = Service(
        id="web",
        cluster="main",
        healthy_targets=3,
        load_balancer="app/main/50dc6c495c0c9188",
        target_group="targetgroup/web/73e2d6bc24d8a067",
    )
    assert alarms(service)["ALBNoHealthyTargets", "critical"].threshold == 3


def test_two_services_whose_joined_names_are_alike_have_two_alarms() -> None:
    findings = Findings()
    found = plan([Service(id="c", cluster="a-b"), Service(id="b-c", cluster="a")], PROD, findings).alarms
    assert findings.sorted() == ()
    assert len({a.name for a in found}) == len(found)


def test_a_name_that_is_too_long_is_cut_and_still_tells_two_things_apart() -> None:
    services = [Service(id="s" * 254 + last, cluster="c" * 255) for last in "12"]
    names = [a.name for a in plan(services, PROD, Findings()).alarms]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) == 255


def test_a_description_that_cannot_fit_is_a_finding_at_the_labels() -> None:
    found, findings = planned(database(watch=ResourceWatch(labels={"team": "t" * 900})))
    assert found == {}
    assert {f.code for f in findings} == {"too-long"}


def test_a_description_without_room_gives_up_the_dashboard_first() -> None:
    found, _ = planned(database(watch=ResourceWatch(labels={"team": "t" * 580})))
    assert found["RDSHighCPU", "warning"].description.count("dashboard:") == 0
    assert "runbook: https://wiki.example.com/runbooks/rds-high-cpu.md" in found["RDSHighCPU", "warning"].description


def test_the_table_of_classes_follows_ec2() -> None:
    moto_types = pytest.importorskip("moto.ec2.models.instance_types").INSTANCE_TYPES
    for name, known in classes().items():
        ec2 = moto_types[name.replace("x2g.", "x2gd.")]
        assert known.vcpus == ec2["VCpuInfo"]["DefaultVCpus"], name
        assert known.memory == ec2["MemoryInfo"]["SizeInMiB"] * 1024**2, name
    assert len(classes()) > 300
