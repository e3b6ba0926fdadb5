from __future__ import annotations

import pytest

from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from compiler.resources.audit import Audit
from compiler.resources.environment import FORWARDER_MB, Environment, parse_environment
from compiler.resources.resource import (
    Cache,
    Cluster,
    Database,
    Function,
    LoadBalancer,
    Queue,
    ResourceWatch,
    Service,
)

DATABASE = "id: a, engine: mysql, class: db.m7g.large, storage_gb: 20"
CACHE = "engine: redis, class: cache.r7g.large"


def _read(text: str) -> tuple[Environment | None, tuple[Finding, ...]]:
    findings = Findings()
    root = parse(text, findings, file="prod.yml")
    assert root is not None
    return parse_environment(root, "prod", findings), findings.sorted()


def test_every_key_is_read() -> None:
    text = """
region: eu-west-1
retain: true
log_retention_days: 90
labels: {env: prod}
publisher_accounts: ["111122223333"]
publishers: [arn:aws:iam::111122223333:role/alertmanager]
ops_email: [ops@example.com]
ops_pagerduty_key: ops_page
rollout: at_once
intake: direct
reserved_concurrency: 100
forwarder_memory_mb: 256
runbook_base_url: https://wiki.example.com/runbooks
databases:
  - {id: orders-db, engine: postgres, class: db.r6g.large, storage_gb: 100, storage_type: gp2, replica: true,
     performance_insights: true, max_connections: 500, memory_gb: 16, vcpus: 2, labels: {service: orders},
     thresholds: {cpu_percent: 70}, anomaly: [connections], insufficient_data: firing,
     runbooks: {RDSHighCPU: orders-cpu.md}, stack: orders}
clusters:
  - {id: catalog, engine: aurora-mysql, max_capacity: 16, readers: false, binlog_replica: true}
alarm_tags_in_notifications: true
managed_prometheus: true
audit: {every: 5m, roles: [arn:aws:iam::444455556666:role/alertrelay-audit]}
caches:
  - {id: sessions, engine: valkey, class: cache.r7g.large, nodes: 2, thresholds: {memory_percent: 80.5}}
services:
  - {id: web, cluster: main, launch: ec2, container_insights: enhanced, load_balancer: app/main/0123456789abcdef,
     target_group: targetgroup/web/0123456789abcdef, healthy_targets: 2, ebs_volume: true, service_connect: web,
     opentelemetry: shop/web, log_group: /ecs/web}
load_balancers: [{id: app/main/0123456789abcdef, anomaly: [requests]}]
queues: [{id: orders.fifo, dead_letter_queue: orders-dead.fifo}]
functions: [{id: resize, timeout_seconds: 30, stream: true}]
"""
    environment, findings = _read(text)
    assert findings == ()
    assert environment == Environment(
        name="prod",
        region="eu-west-1",
        retain=True,
        log_retention_days=90,
        labels={"env": "prod"},
        publisher_accounts=("111122223333",),
        publishers=("arn:aws:iam::111122223333:role/alertmanager",),
        ops_email=("ops@example.com",),
        ops_pagerduty_key="ops_page",
        rollout="at_once",
        intake="direct",
        reserved_concurrency=100,
        forwarder_memory_mb=256,
        runbook_base_url="https://wiki.example.com/runbooks",
        alarm_tags_in_notifications=True,
        managed_prometheus=True,
        audit=Audit(every=300, roles=("arn:aws:iam::444455556666:role/alertrelay-audit",)),
        databases=(
            Database(
                id="orders-db",
                engine="postgres",
                instance_class="db.r6g.large",
                storage_gb=100,
                storage_type="gp2",
                replica=True,
                performance_insights=True,
                max_connections=500,
                memory_gb=16,
                vcpus=2,
                watch=ResourceWatch(
                    labels={"service": "orders"},
                    thresholds={"cpu_percent": 70},
                    anomaly=("connections",),
                    insufficient_data=True,
                    runbooks={"RDSHighCPU": "orders-cpu.md"},
                    stack="orders",
                ),
            ),
        ),
        clusters=(Cluster(id="catalog", engine="aurora-mysql", max_capacity=16, readers=False, binlog_replica=True),),
        caches=(
            Cache(
                id="sessions",
                engine="valkey",
                instance_class="cache.r7g.large",
                nodes=2,
                watch=ResourceWatch(thresholds={"memory_percent": 80.5}),
            ),
        ),
        services=(
            Service(
                id="web",
                cluster="main",
                launch="ec2",
                container_insights="enhanced",
                load_balancer="app/main/0123456789abcdef",
                target_group="targetgroup/web/0123456789abcdef",
                healthy_targets=2,
                ebs_volume=True,
                service_connect="web",
                opentelemetry="shop/web",
                log_group="/ecs/web",
            ),
        ),
        load_balancers=(LoadBalancer(id="app/main/0123456789abcdef", watch=ResourceWatch(anomaly=("requests",))),),
        queues=(Queue(id="orders.fifo", dead_letter_queue="orders-dead.fifo"),),
        functions=(Function(id="resize", timeout_seconds=30, stream=True),),
    )


def test_what_is_left_out_has_a_default() -> None:
    environment, findings = _read("ops_email: [ops@example.com]\n")
    assert findings == ()
    assert environment is not None
    assert (environment.region, environment.retain, environment.log_retention_days) == ("", False, 90)
    assert (environment.databases, environment.labels) == ((), {})
    assert (environment.rollout, environment.reserved_concurrency, environment.ops_pagerduty_key) == ("canary", 0, "")
    assert environment.forwarder_memory_mb == FORWARDER_MB
    assert environment.publishers == ()
    assert environment.audit is None


def _filled(text: str) -> str:
    return text.replace("<db>", DATABASE).replace("<cache>", CACHE)


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("databses: []", "unknown-key", "databses"),
        ("rollout: slowly", "bad-value", "rollout"),
        ("reserved_concurrency: 29", "out-of-range", "reserved_concurrency"),
        ("forwarder_memory_mb: 128", "out-of-range", "forwarder_memory_mb"),
        ("forwarder_memory_mb: 3008", "out-of-range", "forwarder_memory_mb"),
        ("reserved_concurrency: 30.5", "wrong-type", "reserved_concurrency"),
        ("ops_pagerduty_key: a key", "bad-value", "ops_pagerduty_key"),
        ("audit: {evry: 5m}", "unknown-key", "audit.evry"),
        ("audit: {every: 90s}", "out-of-range", "audit.every"),
        ("audit: {every: 2d}", "out-of-range", "audit.every"),
        ("audit: {every: soon}", "bad-duration", "audit.every"),
        ("audit: {roles: [audit]}", "bad-value", "audit.roles[0]"),
        ("audit: {drill: {every: 1d}}", "missing-key", "audit.drill.receiver"),
        ("audit: {drill: {receiver: drill, every: 5m}}", "out-of-range", "audit.drill.every"),
        ("audit: {drill: {receiver: drill, within: 5m}}", "out-of-range", "audit.drill.within"),
        ("audit: {drill: {receiver: drill, severity: page}}", "bad-value", "audit.drill.severity"),
        ("audit: {heartbeat_key: https://example.com/x}", "bad-value", "audit.heartbeat_key"),
        ("audit: {reviewed: last week}", "bad-value", "audit.reviewed"),
        ("audit: {reviewed: 20261130}", "bad-value", "audit.reviewed"),
        (
            "audit: {roles: [arn:aws:iam::444455556666:role/a, arn:aws:iam::444455556666:role/b]}",
            "duplicate-name",
            "audit.roles[1]",
        ),
        ("publishers: arn:aws:iam::111122223333:role/a", "wrong-type", "publishers"),
        ("publishers: ['arn:aws:iam::111122223333:role/*']", "bad-value", "publishers[0]"),
        ("databases: [{<db>, label: {}}]", "unknown-key", "databases[0].label"),
        ("databases: [{engine: mysql, class: db.m7g.large, storage_gb: 20}]", "missing-key", "databases[0].id"),
        ("databases: [{id: a, engine: mysql, class: db.m7g.large}]", "missing-key", "databases[0].storage_gb"),
        ("databases: [{id: a, engine: mysql, storage_gb: 20}]", "missing-key", "databases[0].class"),
        ("databases: [{id: a, class: db.m7g.large, storage_gb: 20}]", "missing-key", "databases[0].engine"),
        (
            "databases: [{id: 'arn:aws:rds:x', engine: mysql, class: db.m7g.large, storage_gb: 20}]",
            "bad-value",
            "databases[0].id",
        ),
        ("databases: [{id: 12, engine: mysql, class: db.m7g.large, storage_gb: 20}]", "wrong-type", "databases[0].id"),
        ("databases: [{id: a--b, engine: mysql, class: db.m7g.large, storage_gb: 20}]", "bad-value", "databases[0].id"),
        (
            "databases: [{id: a, engine: postgresql, class: db.m7g.large, storage_gb: 20}]",
            "bad-value",
            "databases[0].engine",
        ),
        (
            "databases: [{id: a, engine: mysql, class: db.m7g.lagre, storage_gb: 20}]",
            "unknown-class",
            "databases[0].class",
        ),
        (
            "databases: [{id: a, engine: mysql, class: m7g.large, storage_gb: 20}]",
            "unknown-class",
            "databases[0].class",
        ),
        (
            "databases: [{id: a, engine: mysql, class: db.m7g.large, storage_gb: 107374182400}]",
            "out-of-range",
            "databases[0].storage_gb",
        ),
        ("databases: {id: a}", "wrong-type", "databases"),
        ("databases: [a]", "wrong-type", "databases[0]"),
        ("databases: [{<db>}, {<db>}]", "duplicate-id", "databases[1].id"),
        ("clusters: [{id: a, engine: aurora-mysql}]", "one-of", "clusters[0].class"),
        ("caches: [{id: a-001, <cache>}]", "node-id", "caches[0].id"),
        ("caches: [{id: a, <cache>, node_ids: [b-001]}]", "node-id", "caches[0].node_ids[0]"),
        ("caches: [{id: a, engine: redis, serverless: true, nodes: 2}]", "one-of", "caches[0].nodes"),
        ("services: [{id: a}]", "missing-key", "services[0].cluster"),
        (
            "services: [{id: a, cluster: b, load_balancer: app/x/0123456789abcdef}]",
            "missing-key",
            "services[0].target_group",
        ),
        ("load_balancers: [{id: main}]", "bad-value", "load_balancers[0].id"),
        ("labels: {a-b: c}", "bad-label", "labels.a-b"),
        ("labels: {a: 'b,c'}", "bad-value", "labels.a"),
        ('labels: {a: "b\\nc"}', "bad-value", "labels.a"),
        ("labels: {a: yes}", "wrong-type", "labels.a"),
        ("labels: {a: ''}", "empty-text", "labels.a"),
        ("databases: [{<db>, thresholds: {cpu_percent: 101}}]", "out-of-range", "databases[0].thresholds.cpu_percent"),
        ("databases: [{<db>, thresholds: {cpu_percent: .nan}}]", "out-of-range", "databases[0].thresholds.cpu_percent"),
        ("databases: [{<db>, thresholds: {cpu_percent: high}}]", "wrong-type", "databases[0].thresholds.cpu_percent"),
        ("databases: [{<db>, thresholds: {cpu: 80}}]", "unknown-key", "databases[0].thresholds.cpu"),
        (
            "databases: [{<db>, thresholds: {read_latency_seconds: 20}}]",
            "out-of-range",
            "databases[0].thresholds.read_latency_seconds",
        ),
        ("databases: [{<db>, anomaly: [cpu]}]", "bad-value", "databases[0].anomaly[0]"),
        ("databases: [{<db>, runbooks: {RDSHighCpu: a.md}}]", "unknown-key", "databases[0].runbooks.RDSHighCpu"),
        ("databases: [{<db>, runbooks: {RDSHighCPU: ../a.md}}]", "bad-value", "databases[0].runbooks.RDSHighCPU"),
        ("publisher_accounts: [111122223333]", "wrong-type", "publisher_accounts[0]"),
        ("publisher_accounts: ['1111']", "bad-value", "publisher_accounts[0]"),
        ("region: Ireland", "bad-value", "region"),
        ("retain: 1", "wrong-type", "retain"),
        ("log_retention_days: 31", "bad-value", "log_retention_days"),
        ("log_retention_days: 30.5", "wrong-type", "log_retention_days"),
        ("log_retention_days: 0", "out-of-range", "log_retention_days"),
        ("runbook_base_url: wiki", "bad-value", "runbook_base_url"),
        ("ops_email: [ops]", "bad-value", "ops_email[0]"),
        ("ops_email: ops@example.com", "wrong-type", "ops_email"),
        ("[1]", "wrong-type", ""),
    ],
)
def test_each_fault_is_an_error_at_its_key(text: str, code: str, key: str) -> None:
    errors = [f for f in _read(_filled(text))[1] if f.severity == "error"]
    assert [(f.code, f.key) for f in errors] == [(code, key)]
    assert errors[0].line == 1
    assert errors[0].mend or code in ("wrong-type", "unknown-key")


def test_one_service_name_in_two_clusters_is_no_duplicate() -> None:
    text = "ops_email: [o@example.com]\nservices: [{id: web, cluster: a}, {id: web, cluster: b}]\n"
    assert _read(text)[1] == ()


def test_an_unknown_class_asks_for_its_numbers_and_is_taken_with_them() -> None:
    text = "ops_email: [o@example.com]\ndatabases: [{id: a, engine: mysql, class: db.q9.large, storage_gb: 20%s}]\n"
    (error,) = _read(text % "")[1]
    assert error.message == "the class 'db.q9.large' is not known"
    assert error.mend.endswith("give `memory_gb: …` and `vcpus: …`")
    assert _read(text % ", memory_gb: 16, vcpus: 2")[1] == ()


def test_a_number_in_the_wrong_unit_is_answered_with_the_right_one() -> None:
    text = "ops_email: [o@example.com]\ndatabases: [{<db>, thresholds: {read_latency_seconds: 20}}]\n"
    (error,) = _read(_filled(text))[1]
    assert error.mend == "write a number from 0 to 10, in seconds"


def test_the_nodes_of_a_group_have_the_ids_that_elasticache_gives() -> None:
    assert Cache(id="a", engine="redis", nodes=2).members == ("a-001", "a-002")
    assert Cache(id="a", engine="redis", nodes=2, shards=2).members == (
        "a-0001-001",
        "a-0001-002",
        "a-0002-001",
        "a-0002-002",
    )
    assert Cache(id="a", engine="redis", node_ids=("a-002", "a-004")).members == ("a-002", "a-004")
    assert Cache(id="a", engine="memcached", nodes=2).members == ("0001", "0002")


def test_nobody_behind_the_ops_topic_is_a_warning() -> None:
    assert [(f.severity, f.code) for f in _read("region: eu-west-1\n")[1]] == [("warning", "no-ops-email")]
