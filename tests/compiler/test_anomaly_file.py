from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
from alertrelay.config.watch import AnomalyConfig, Watch

from compiler.anomaly import KEYS, WATCH_KEYS, parse_anomaly
from compiler.examine import check_folder
from compiler.reading.finding import Finding, Findings
from compiler.reading.yamlfile import parse
from tests.example import CONFIG as SHIPPED

ENTRY = "watch:\n  - name: cpu\n    namespace: AWS/EC2\n"


def _read(text: str) -> tuple[AnomalyConfig | None, tuple[Finding, ...]]:
    findings = Findings()
    root = parse(text, findings, file="anomaly.yml")
    return (parse_anomaly(root, findings) if root else None), findings.sorted()


def _entry(more: str = "") -> Watch:
    config, findings = _read(ENTRY + more)
    assert findings == ()
    assert config is not None
    return config.watches[0]


def test_an_entry_needs_only_a_name_and_a_namespace_and_starts_in_shadow() -> None:
    entry = _entry()
    assert (entry.mode, entry.direction, entry.sensitivity) == ("shadow", "both", "normal")
    assert (entry.statistic, entry.period, entry.metric) == ("Average", 300, "")


def test_a_limit_is_a_number_on_the_side_of_trouble() -> None:
    assert _entry("    direction: low\n    limit: 0\n").limit == 0.0
    assert _entry("    direction: high\n    limit: 99.5\n").limit == 99.5
    assert _entry().limit is None


def test_every_key_is_read() -> None:
    config, findings = _read(
        "max_metrics: 40\nperiod: 1m\ntimezone: Europe/Berlin\nholidays: [2026-12-25]\n"
        + ENTRY
        + "    metric: CPUUtilization\n    dimensions: {InstanceId: i-1}\n    tags: {team: shop}\n"
        "    statistic: p99.9\n"
        "    unit: '%'\n    direction: high\n    sensitivity: low\n    severity: {warning: 0.8, critical: 0.99}\n"
        "    labels: {service: shop}\n    mode: alert\n"
        "    calendar: business\n    environments: [prod]\n"
    )
    assert findings == ()
    assert config is not None
    assert (config.max_metrics, config.timezone, config.holidays) == (40, "Europe/Berlin", (date(2026, 12, 25),))
    assert config.watches == (
        Watch(
            name="cpu",
            namespace="AWS/EC2",
            metric="CPUUtilization",
            dimensions={"InstanceId": "i-1"},
            tags={"team": "shop"},
            statistic="p99.9",
            period=60,
            unit="%",
            direction="high",
            sensitivity="low",
            severity={"warning": 0.8, "critical": 0.99},
            labels={"service": "shop"},
            mode="alert",
            calendar="business",
            environments=("prod",),
        ),
    )


@pytest.mark.parametrize(
    ("more", "line", "key", "code"),
    [
        ("    direction: both\n    limit: 100\n", 5, "watch[0].limit", "bad-value"),
        ("    direction: high\n    limit: full\n", 5, "watch[0].limit", "wrong-type"),
        ("    direction: low\n    limit: -.inf\n", 5, "watch[0].limit", "out-of-range"),
        ("    mode: loud\n", 4, "watch[0].mode", "bad-value"),
        ("    direction: up\n", 4, "watch[0].direction", "bad-value"),
        ("    sensitivity: 3\n", 4, "watch[0].sensitivity", "wrong-type"),
        ("    statistic: p999\n", 4, "watch[0].statistic", "bad-value"),
        ("    period: 7m\n", 4, "watch[0].period", "bad-value"),
        ("    severity: {page: 0.9}\n", 4, "watch[0].severity.page", "unknown-key"),
        ("    severity: {warning: 90}\n", 4, "watch[0].severity.warning", "out-of-range"),
        ("    severity: {warning: 0.9, critical: 0.8}\n", 4, "watch[0].severity", "out-of-range"),
        ("    labels: {severity: critical}\n", 4, "watch[0].labels.severity", "bad-label"),
        ("    calendar: working\n", 4, "watch[0].calendar", "bad-value"),
        ("    environments: prod\n", 4, "watch[0].environments", "wrong-type"),
        ("    labels: {a-b: c}\n", 4, "watch[0].labels.a-b", "bad-label"),
        ("    threshold: 3\n", 4, "watch[0].threshold", "unknown-key"),
        ("  - name: cpu\n    namespace: AWS/RDS\n", 4, "watch[1]", "duplicate-id"),
        ("  - namespace: AWS/RDS\n", 4, "watch[1].name", "missing-key"),
        ("  - name: CPU load\n    namespace: AWS/RDS\n", 4, "watch[1].name", "bad-value"),
        ("  - name: disk\n", 4, "watch[1].namespace", "missing-key"),
        ("timezone: Mars/Olympus\n", 4, "timezone", "bad-value"),
        ("holidays: [christmas]\n", 4, "holidays[0]", "bad-value"),
        ("holidays: [[2026-12-25]]\n", 4, "holidays[0]", "wrong-type"),
        ("holidays: [null]\n", 4, "holidays[0]", "wrong-type"),
        ("max_metrics: 0\n", 4, "max_metrics", "out-of-range"),
        ('max_metrics: "500"\n', 4, "max_metrics", "wrong-type"),
        ('    severity: {warning: "0.8"}\n', 4, "watch[0].severity.warning", "wrong-type"),
        ("    severity: []\n", 4, "watch[0].severity", "wrong-type"),
        ("    unit: []\n", 4, "watch[0].unit", "wrong-type"),
        ('    metric: "CPU*"\n', 4, "watch[0].metric", "bad-value"),
        ("  - name: all\n    namespace: AWS/*\n", 5, "watch[1].namespace", "bad-value"),
    ],
)
def test_a_fault_is_named_with_its_place_and_a_mend(more: str, line: int, key: str, code: str) -> None:
    _, findings = _read(ENTRY + more)
    assert [(f.line, f.key, f.code, f.severity) for f in findings] == [(line, key, code, "error")]
    assert all(f.mend for f in findings)


def test_more_exact_metrics_than_max_metrics_is_an_error() -> None:
    exact = "".join(f"  - {{name: m{n}, namespace: Shop, metric: Orders}}\n" for n in range(3))
    _, findings = _read("max_metrics: 2\nwatch:\n" + exact)
    assert [(f.key, f.code, f.mend) for f in findings] == [
        ("max_metrics", "out-of-range", "write `max_metrics: 3` or more")
    ]


def test_holidays_that_concern_no_entry_are_a_warning() -> None:
    _, findings = _read("holidays: [2026-12-25]\n" + ENTRY)
    assert [(f.key, f.code, f.severity) for f in findings] == [("holidays", "unused", "warning")]


def test_an_environment_that_does_not_exist_is_an_error_with_the_nearest_name(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    (tmp_path / "environments" / "prod.yml").write_text("region: eu-west-1\n")
    (tmp_path / "anomaly.yml").write_text(ENTRY + "    environments: [prd]\n")
    found = [f for f in check_folder(tmp_path) if f.file.endswith("anomaly.yml")]
    assert [(f.line, f.key, f.code) for f in found] == [(4, "watch[0].environments[0]", "bad-value")]
    assert "prod" in found[0].mend


def test_the_compiled_configuration_reads_back_with_the_watched_entries() -> None:
    text = ENTRY + "    environments: [prod]\n  - name: disk\n    namespace: AWS/EBS\nholidays: [2026-12-25]\n"
    config, _ = _read(text)
    assert config is not None
    prod = config.for_environment("prod", labels={"env": "prod"}, runbook_base_url="https://wiki.example.com")
    dev = config.for_environment("dev", labels={}, runbook_base_url="")
    assert [w.name for w in prod.watches] == ["cpu", "disk"]
    assert [w.name for w in dev.watches] == ["disk"]
    assert AnomalyConfig.from_json(json.loads(json.dumps(prod.to_json()))) == prod
    with pytest.raises(ValueError, match="schema 99"):
        AnomalyConfig.from_json({**prod.to_json(), "schema": 99})


def test_the_shipped_file_is_clean_and_every_entry_starts_in_shadow(project: Path) -> None:
    config, findings = _read((SHIPPED / "anomaly.yml").read_text())
    assert findings == ()
    assert config is not None
    assert {watch.mode for watch in config.watches} == {"shadow"}


def test_check_names_a_fault_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "anomaly.yml").write_text("watch: [{name: a, namespace: b, mode: loud}]\n")
    found = check_folder(tmp_path)
    assert any(finding.file.endswith("anomaly.yml") and finding.code == "bad-value" for finding in found)


def test_the_schema_knows_the_same_keys(project: Path) -> None:
    schema = json.loads((project / "docs" / "schemas" / "anomaly.schema.json").read_text())
    assert set(schema["properties"]) == set(KEYS)
    assert set(schema["properties"]["watch"]["items"]["properties"]) == set(WATCH_KEYS)


RATE = "    metric: SuccessRate\n    expression: 100 * good / total\n    inputs: {good: Succeeded, total: All}\n"


def test_an_expression_names_its_inputs() -> None:
    entry = _entry(RATE)
    assert (entry.expression, entry.inputs) == ("100 * good / total", {"good": "Succeeded", "total": "All"})
    assert entry.exact
    config, _ = _read(ENTRY + RATE)
    assert config is not None
    assert AnomalyConfig.from_json(json.loads(json.dumps(config.to_json()))) == config


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (RATE.replace("total: All", "all: All"), "do not name the same metrics: all, total"),
        (RATE.replace("good", "Good"), "'Good' cannot be used in an expression"),
        ("    inputs: {good: Succeeded}\n", "without an expression that uses them"),
        (RATE + "    dimensions: {Shop: 'd*'}\n", "metrics that are named outright"),
        (RATE.replace("    metric: SuccessRate\n", ""), "metric"),
    ],
)
def test_an_expression_that_cannot_be_asked_is_a_finding(entry: str, message: str) -> None:
    _, findings = _read(ENTRY + entry)
    assert any(message in finding.message and finding.mend for finding in findings), findings
