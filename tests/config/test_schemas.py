"""The JSON schemas that editors read accept what the loader accepts, document by document."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml
from alertrelay.config.delivery import KEYS as DELIVERY_KEYS
from alertrelay.config.delivery import parse_delivery
from alertrelay.config.environment import (
    CACHE_THRESHOLDS,
    DATABASE_THRESHOLDS,
    LOG_RETENTION_DAYS,
    SERVICE_THRESHOLDS,
    parse_environment,
)
from alertrelay.config.environment import KEYS as ENVIRONMENT_KEYS
from alertrelay.config.finding import Findings
from alertrelay.config.yamlfile import parse

DELIVERY = [
    "fallbacks: {a: [[b]]}",
    "fallbacks: {a: [[b, c], [d]]}",
    "fallbacks:",
    "fallbacks: {a: [b]}",
    "fallbacks: {a: b}",
    "fallbacks: {a: []}",
    "fallbacks: {a: [[]]}",
    "fallbacks: {a: [[1]]}",
    "fallbacks: {a: [['']]}",
    "fallbacks: []",
    "last_resort: {email: [a@example.com]}",
    "last_resort: {sms: ['+15555550100']}",
    "last_resort: {email: [a@example.com], sms: []}",
    "last_resort: {email: []}",
    "last_resort: {}",
    "last_resort:",
    "last_resort: {email: [a]}",
    "last_resort: {email: a@example.com}",
    "last_resort: {sms: [15555550100]}",
    "last_resort: {phone: ['+15555550100']}",
    "email: {transport: smtp}",
    "email: {transport: ses}",
    "email: {transport: x}",
    "email: {transport: }",
    "email: {}",
    "email: ses",
    "other: 1",
    "[]",
]
ENVIRONMENT = [
    "region: eu-west-1",
    "region: us-gov-west-1",
    "region: Ireland",
    "region: 1",
    "region:",
    "retain: true",
    "retain: 'yes'",
    "log_retention_days: 30",
    "log_retention_days: 31",
    "log_retention_days: '30'",
    "labels: {env: prod}",
    "labels: {env: 'a,b'}",
    "labels: {env: ''}",
    "labels: {env: ' '}",
    "labels: {env: 1}",
    "labels: {env: }",
    "labels: {a-b: c}",
    "labels: [a]",
    "publisher_accounts: ['111122223333']",
    "publisher_accounts: [111122223333]",
    "publisher_accounts: ['1']",
    "ops_email: [a@example.com]",
    "ops_email: [a]",
    "runbook_base_url: https://wiki.example.com/x",
    "runbook_base_url: wiki",
    "databases: [{id: a}]",
    "databases: [{id: a, labels: {b: c}, thresholds: {cpu_percent: 80, cpu_critical_percent: 90.5}}]",
    "databases: [{id: a, thresholds: {cpu_percent: 101}}]",
    "databases: [{id: a, thresholds: {cpu_percent: -1}}]",
    "databases: [{id: a, thresholds: {cpu_percent: '80'}}]",
    "databases: [{id: a, thresholds: {memory_percent: 80}}]",
    "databases: [{}]",
    "databases: [{id: 'a b'}]",
    "databases: [{id: 1}]",
    "databases: [a]",
    "databases: a",
    "databases:",
    "caches: [{id: a-001, thresholds: {memory_percent: 80, memory_critical_percent: 90}}]",
    "caches: [{id: a, cluster: b}]",
    "services: [{id: a, cluster: b, thresholds: {cpu_percent: 80}}]",
    "services: [{id: a}]",
    "service: []",
    "[]",
]


def _schema(project: Path, name: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads((project / "docs" / "schemas" / f"{name}.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return schema


def _schema_accepts(schema: dict[str, Any], text: str) -> bool:
    return bool(jsonschema.Draft202012Validator(schema).is_valid(yaml.safe_load(text)))


@pytest.mark.parametrize("text", DELIVERY)
def test_the_delivery_schema_and_the_loader_agree(text: str, project: Path) -> None:
    findings = Findings()
    root = parse(text, findings, file="delivery.yml")
    assert root is not None
    parse_delivery(root, findings)
    assert _schema_accepts(_schema(project, "delivery"), text) is not findings.failed


@pytest.mark.parametrize("text", ENVIRONMENT)
def test_the_environment_schema_and_the_loader_agree(text: str, project: Path) -> None:
    findings = Findings()
    root = parse(text, findings, file="dev.yml")
    assert root is not None
    parse_environment(root, "dev", findings)
    assert _schema_accepts(_schema(project, "environment"), text) is not findings.failed


def test_the_schemas_name_every_key_of_the_loader(project: Path) -> None:
    delivery, environment = _schema(project, "delivery"), _schema(project, "environment")
    assert set(delivery["properties"]) == set(DELIVERY_KEYS)
    assert set(environment["properties"]) == set(ENVIRONMENT_KEYS)
    assert set(environment["properties"]["log_retention_days"]["enum"]) == {*LOG_RETENTION_DAYS, None}
    for kind, known in (
        ("databases", DATABASE_THRESHOLDS),
        ("caches", CACHE_THRESHOLDS),
        ("services", SERVICE_THRESHOLDS),
    ):
        item = environment["properties"][kind]["items"]["properties"]
        assert set(item["thresholds"]["properties"]) == set(known)


def test_each_shipped_file_names_its_schema_and_is_valid(project: Path) -> None:
    files = [project / "config" / "delivery.yml", *sorted((project / "config" / "environments").glob("*.yml"))]
    assert len(files) == 4
    for path in files:
        text = path.read_text()
        first = text.splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        schema = (path.parent / first.partition("=")[2]).resolve()
        assert _schema_accepts(json.loads(schema.read_text()), text), path
