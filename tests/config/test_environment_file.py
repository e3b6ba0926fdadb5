from __future__ import annotations

import pytest
from alertrelay.config.environment import Cache, Database, Environment, Service, parse_environment
from alertrelay.config.finding import Finding, Findings
from alertrelay.config.yamlfile import parse


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
ops_email: [ops@example.com]
runbook_base_url: https://wiki.example.com/runbooks
databases: [{id: orders-db, labels: {service: orders}, thresholds: {cpu_percent: 70}}]
caches: [{id: sessions-001, thresholds: {memory_percent: 80.5}}]
services: [{id: web, cluster: main}]
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
        ops_email=("ops@example.com",),
        runbook_base_url="https://wiki.example.com/runbooks",
        databases=(Database(id="orders-db", labels={"service": "orders"}, thresholds={"cpu_percent": 70}),),
        caches=(Cache(id="sessions-001", labels={}, thresholds={"memory_percent": 80.5}),),
        services=(Service(id="web", cluster="main", labels={}, thresholds={}),),
    )


def test_what_is_left_out_has_a_default() -> None:
    environment, findings = _read("ops_email: [ops@example.com]\n")
    assert findings == ()
    assert environment is not None
    assert (environment.region, environment.retain, environment.log_retention_days) == ("", False, 30)
    assert (environment.databases, environment.labels) == ((), {})


@pytest.mark.parametrize(
    ("text", "code", "key"),
    [
        ("databses: []", "unknown-key", "databses"),
        ("databases: [{id: a, label: {}}]", "unknown-key", "databases[0].label"),
        ("databases: [{labels: {}}]", "missing-key", "databases[0].id"),
        ("databases: [{id: 'arn:aws:rds:x'}]", "bad-value", "databases[0].id"),
        ("databases: [{id: 12}]", "wrong-type", "databases[0].id"),
        ("databases: {id: a}", "wrong-type", "databases"),
        ("databases: [a]", "wrong-type", "databases[0]"),
        ("databases: [{id: a}, {id: a}]", "duplicate-id", "databases[1].id"),
        ("services: [{id: a}]", "missing-key", "services[0].cluster"),
        ("labels: {a-b: c}", "bad-label", "labels.a-b"),
        ("labels: {a: 'b,c'}", "bad-value", "labels.a"),
        ('labels: {a: "b\\nc"}', "bad-value", "labels.a"),
        ("labels: {a: yes}", "wrong-type", "labels.a"),
        ("labels: {a: ''}", "empty-text", "labels.a"),
        ("databases: [{id: a, thresholds: {cpu_percent: 101}}]", "out-of-range", "databases[0].thresholds.cpu_percent"),
        (
            "databases: [{id: a, thresholds: {cpu_percent: .nan}}]",
            "out-of-range",
            "databases[0].thresholds.cpu_percent",
        ),
        ("databases: [{id: a, thresholds: {cpu_percent: high}}]", "wrong-type", "databases[0].thresholds.cpu_percent"),
        ("databases: [{id: a, thresholds: {cpu: 80}}]", "unknown-key", "databases[0].thresholds.cpu"),
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
    errors = [f for f in _read(text)[1] if f.severity == "error"]
    assert [(f.code, f.key) for f in errors] == [(code, key)]
    assert errors[0].line == 1


def test_one_service_name_in_two_clusters_is_no_duplicate() -> None:
    text = "ops_email: [o@example.com]\nservices: [{id: web, cluster: a}, {id: web, cluster: b}]\n"
    assert _read(text)[1] == ()


def test_a_warning_that_does_not_come_before_its_critical_alarm_is_named() -> None:
    text = "ops_email: [o@example.com]\ndatabases: [{id: a, thresholds: {cpu_percent: 90, cpu_critical_percent: 90}}]\n"
    assert [(f.severity, f.code) for f in _read(text)[1]] == [("warning", "threshold-order")]


def test_nobody_behind_the_ops_topic_is_a_warning() -> None:
    assert [(f.severity, f.code) for f in _read("region: eu-west-1\n")[1]] == [("warning", "no-ops-email")]
