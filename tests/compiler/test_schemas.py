"""The JSON schemas that editors read accept what the loader accepts, document by document."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml

from compiler.alarms.watched import watched
from compiler.catalogue.table import CATALOGUE
from compiler.delivery import KEYS as DELIVERY_KEYS
from compiler.delivery import parse_delivery
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse
from compiler.resources import listing
from compiler.resources.environment import KEYS as ENVIRONMENT_KEYS
from compiler.resources.environment import LOG_RETENTION_DAYS, parse_environment
from compiler.resources.lists import LISTS
from tests.example import CONFIG as SHIPPED
from tests.example import EXAMPLES
from tools import alarms_page, schemas

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
    "email: {time_zone: Europe/Berlin}",
    "email: {time_zone: 1}",
    "email: {transport: }",
    "email: {}",
    "email: ses",
    "slack: {buttons: true, may_silence: [U0123, S0456], time_zone: Europe/Berlin}",
    "slack: {mentions: [{match: ['severity=\"critical\"'], who: ['@here', S0789]}]}",
    "slack: {mentions: [{who: [U0123]}]}",
    "slack: {mentions: [{who: []}]}",
    "slack: {mentions: [{who: ['here']}]}",
    "slack: {mentions: [{match: [a]}]}",
    "slack: {mentions: [{who: [U0123], when: night}]}",
    "slack: {mentions: U0123}",
    "slack: {may_silence: [ana]}",
    "slack: {may_silence: U0123}",
    "slack: {buttons: 1}",
    "slack: {colour: red}",
    "slack: {}",
    "slack:",
    "other: 1",
    "[]",
]
DATABASE = "id: a, engine: mysql, class: db.m7g.large, storage_gb: 20"
TARGETS = "load_balancer: app/x/0123456789abcdef, target_group: targetgroup/y/0123456789abcdef"
SLO, BALANCER = "id: a, service: s, objective: 99, window: 30d", "load_balancer: app/x/0123456789abcdef"
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
    "publishers: [arn:aws:iam::111122223333:role/alertmanager]",
    "publishers: ['arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Ops_*']",
    "publishers: ['arn:aws:iam::111122223333:role/*']",
    "publishers: ['arn:aws:iam::*:role/alertmanager']",
    "publishers: [arn:aws:sts::111122223333:assumed-role/alertmanager/session]",
    "publishers: [alertmanager]",
    "rollout: at_once",
    "rollout: slowly",
    "reserved_concurrency: 30",
    "reserved_concurrency: 29",
    "forwarder_memory_mb: 255",
    "forwarder_memory_mb: 1769",
    "forwarder_memory_mb: 1770",
    "reserved_concurrency: 1001",
    "ops_pagerduty_key: ops_page",
    "ops_pagerduty_key: ops page",
    "audit: {}",
    "audit:",
    "audit: {every: 15m}",
    "audit: {every: soon}",
    "audit: {every: }",
    "audit: {roles: [arn:aws:iam::444455556666:role/audit/alertrelay]}",
    "audit: {roles: [arn:aws:iam::444455556666:user/a]}",
    "audit: {roles: alertrelay}",
    "audit: daily",
    "audit: {drill: {receiver: drill, every: 1d, within: 2m, severity: warning}}",
    "audit: {drill: {every: 1d}}",
    "audit: {drill: {receiver: ''}}",
    "audit: {drill: {receiver: drill, severity: error}}",
    "audit: {drill: {receiver: drill, to: me}}",
    "audit: {drill: daily}",
    "audit: {heartbeat_key: heartbeat_url}",
    "audit: {heartbeat_key: https://example.com}",
    "audit: {report: weekly, reviewed: '2026-11-30'}",
    "audit: {report: []}",
    "audit: {reviewed: soon}",
    "audit: {often: 1m}",
    "ops_email: [a@example.com]",
    "ops_email: [a]",
    "runbook_base_url: https://wiki.example.com/x",
    "runbook_base_url: wiki",
    "databases: [{<db>}]",
    "databases: [{<db>, labels: {b: c}, thresholds: {cpu_percent: 80, cpu_critical_percent: 90.5}}]",
    "databases: [{<db>, thresholds: {cpu_percent: 80}, reviewed: '2026-11-30'}]",
    "databases: [{<db>, reviewed: soon}]",
    "databases: [{<db>, thresholds: {cpu_percent: 101}}]",
    "databases: [{<db>, thresholds: {cpu_percent: -1}}]",
    "databases: [{<db>, thresholds: {cpu_percent: '80'}}]",
    "databases: [{<db>, thresholds: {memory_percent: 80}}]",
    "databases: [{<db>, thresholds: {read_latency_seconds: 20}}]",
    "databases: [{<db>, anomaly: [connections], insufficient_data: firing, stack: far}]",
    "databases: [{<db>, anomaly: [cpu]}]",
    "databases: [{<db>, anomaly: connections}]",
    "databases: [{<db>, insufficient_data: ok}]",
    "databases: [{<db>, stack: Far}]",
    "databases: [{<db>, runbooks: {RDSHighCPU: mine.md}}]",
    "databases: [{<db>, runbooks: {RDSHighCpu: mine.md}}]",
    "databases: [{<db>, runbooks: {RDSHighCPU: ../mine.md}}]",
    "databases: [{<db>, storage_type: gp2, replica: true, max_connections: 500}]",
    "databases: [{<db>, storage_type: gp1}]",
    "databases: [{<db>, max_connections: 0}]",
    "databases: [{id: a, engine: mysql, class: db.m7g.large}]",
    "databases: [{id: a, engine: aurora, class: db.m7g.large, storage_gb: 20}]",
    "databases: [{id: a, engine: mysql, class: m7g.large, storage_gb: 20}]",
    "databases: [{}]",
    "databases: [{id: 'a b'}]",
    "databases: [{id: 1}]",
    "databases: [a]",
    "databases: a",
    "databases:",
    "clusters: [{id: a, engine: aurora-mysql, class: db.r6g.large}]",
    "clusters: [{id: a, engine: aurora-postgresql, max_capacity: 16, readers: false}]",
    "clusters: [{id: a, engine: aurora-mysql, class: db.r6g.large, max_capacity: 16}]",
    "clusters: [{id: a, engine: aurora-mysql}]",
    "clusters: [{id: a, engine: mysql, class: db.r6g.large}]",
    "caches: [{id: a, engine: redis, class: cache.r7g.large, nodes: 2, shards: 3, thresholds: {memory_percent: 80}}]",
    "caches: [{id: a, engine: valkey, serverless: true}]",
    "caches: [{id: a, engine: valkey, serverless: true, nodes: 2}]",
    "caches: [{id: a, engine: valkey}]",
    "caches: [{id: a, engine: memcached, class: cache.t4g.small, nodes: 3}]",
    "caches: [{id: a, engine: redis, class: cache.r7g.large, node_ids: [a-001, a-003]}]",
    "caches: [{id: a, engine: redis, class: cache.r7g.large, node_ids: [a]}]",
    "caches: [{id: a, engine: redis, class: cache.r7g.large, cluster: b}]",
    "services: [{id: a, cluster: b, thresholds: {cpu_percent: 80}}]",
    "services: [{id: a, cluster: b, launch: ec2, container_insights: enhanced}]",
    "services: [{id: a, cluster: b, container_insights: on}]",
    "services: [{id: a, cluster: b, <targets>}]",
    "services: [{id: a, cluster: b, target_group: targetgroup/y/0123456789abcdef}]",
    "services: [{id: a}]",
    "load_balancers: [{id: app/x/0123456789abcdef, anomaly: [requests]}]",
    "load_balancers: [{id: x}]",
    "queues: [{id: a.fifo, dead_letter_queue: b, thresholds: {age_seconds: 60, messages: 100}}]",
    "queues: [{id: a.b}]",
    "functions: [{id: a, timeout_seconds: 30, stream: true}]",
    "functions: [{id: a, timeout_seconds: 901}]",
    "service: []",
    "[]",
    "slos: [{id: a, service: s, objective: 99.9, window: 30d, <balancer>}]",
    "slos: [{<slo>, <targets>, min_requests: 5, labels: {team: a}, stack: far}]",
    "slos: [{id: a, service: s, objective: 100, window: 30d, <balancer>}]",
    "slos: [{id: a, service: s, objective: 0.999, window: 30d, <balancer>}]",
    "slos: [{id: A, service: s, objective: 99, window: 30d, <balancer>}]",
    "slos: [{id: a, service: s, objective: 99, window: 1d12h, application_signals: x y}]",
    "slos: [{id: a, service: s, objective: 99, window: month, application_signals: x y}]",
    "slos: [{id: a, service: s, objective: 99, window: 4w, application_signals: checkout}]",
    "slos: [{<slo>}]",
    "slos: [{<slo>, <balancer>, application_signals: x}]",
    "slos: [{<slo>, metrics: {good: {namespace: N, metric: A}, total: {namespace: N, metric: B, dimensions: {D: d}}}}]",
    "slos: [{<slo>, metrics: {good: {namespace: N, metric: A}}}]",
    "slos: [{<slo>, latency: {<balancer>, threshold_seconds: 0.5}}]",
    "slos: [{<slo>, latency: {namespace: N, metric: M, threshold: 300}}]",
    "slos: [{<slo>, latency: {<balancer>}}]",
    "slos: [{service: s, objective: 99, window: 30d, <balancer>}]",
    "dashboards: true",
    "dashboards: 'yes'",
    "slos: {}",
    "slos:",
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
    text = (
        text.replace("<db>", DATABASE)
        .replace("<targets>", TARGETS)
        .replace("<slo>", SLO)
        .replace("<balancer>", BALANCER)
    )
    findings = Findings()
    root = parse(text, findings, file="dev.yml")
    assert root is not None
    parse_environment(root, "dev", findings)
    assert _schema_accepts(_schema(project, "environment"), text) is not findings.failed


def test_the_environment_schema_has_the_catalogue_of_today() -> None:
    text = schemas.SCHEMA.read_text(encoding="utf-8")
    assert schemas.generated(text) == text, "python -m tools.schemas --write"


@pytest.mark.parametrize(
    ("write", "said"),
    [
        (alarms_page.catalogue_page, "tools/alarms_page.py: TITLES has no title for streams"),
        (lambda: schemas.generated("{}"), "compiler/resources/lists.py: LISTS has no list for "),
        (
            lambda: watched(cast(Any, object())),
            "compiler/alarms/watched.py does not say how rules see a object: add ",
        ),
    ],
)
def test_a_new_kind_of_resource_names_its_next_step(
    write: Callable[[], object], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(CATALOGUE, "streams", CATALOGUE["sqs"])
    with pytest.raises((LookupError, TypeError), match=re.escape(said)):
        write()


def test_a_new_alarm_is_written_into_the_schema(monkeypatch: pytest.MonkeyPatch) -> None:
    rule = replace(CATALOGUE["sqs"][0], alertname="SQSDummy", key="dummy")
    monkeypatch.setitem(CATALOGUE, "sqs", (*CATALOGUE["sqs"], rule))
    found = json.loads(schemas.generated(schemas.SCHEMA.read_text(encoding="utf-8")))
    queue = found["properties"]["queues"]["items"]["properties"]
    assert "SQSDummy" in queue["runbooks"]["propertyNames"]["enum"]
    assert {"dummy_seconds", "dummy_critical_seconds"} <= set(queue["thresholds"]["properties"])


def test_a_list_of_resources_is_written_from_its_reader_alone() -> None:
    """By hand stand only the rules between keys of one entry: a new list needs no line in the schema."""
    whole = json.loads(schemas.SCHEMA.read_text(encoding="utf-8"))
    without = copy.deepcopy(whole)
    for listed in LISTS:
        items = without["properties"][listed.key]["items"]
        without["properties"][listed.key] = {"items": {name: items[name] for name in schemas.RULES if name in items}}
    del without["properties"]["queues"]
    assert json.loads(schemas.generated(json.dumps(without))) == whole


def test_the_schemas_name_every_key_of_the_loader(project: Path) -> None:
    delivery, environment = _schema(project, "delivery"), _schema(project, "environment")
    assert set(delivery["properties"]) == set(DELIVERY_KEYS)
    assert set(environment["properties"]) == set(ENVIRONMENT_KEYS)
    assert set(environment["properties"]["log_retention_days"]["enum"]) == {*LOG_RETENTION_DAYS, None}
    for listed in LISTS:
        kinds = listed.kinds
        item = environment["properties"][listed.key]["items"]["properties"]
        assert set(item) == set(listing.known_keys(listed))
        assert set(item["thresholds"]["properties"]) == {k for kind in kinds for k in listing.threshold_range(kind)}
        assert set(item["runbooks"]["propertyNames"]["enum"]) == {r.alertname for k in kinds for r in CATALOGUE[k]}
        words = set(item["anomaly"].get("items", {}).get("enum", ()))
        assert words == {word for kind in kinds for word in listing.anomaly_words(kind)}
    assert {kind for listed in LISTS for kind in listed.kinds} == set(CATALOGUE)


def test_each_shipped_file_names_its_schema_and_is_valid(project: Path) -> None:
    files = [SHIPPED / "delivery.yml", *sorted((SHIPPED / "environments").glob("*.yml"))]
    assert len(files) == 4
    for path in files:
        text = path.read_text()
        first = text.splitlines()[0]
        assert first.startswith("# yaml-language-server: $schema=")
        # The copy names it as the file in config/ does, from where that stands.
        schema = (EXAMPLES / path.relative_to(SHIPPED).parent / first.partition("=")[2]).resolve()
        assert _schema_accepts(json.loads(schema.read_text()), text), path


def test_the_example_of_all_options_is_valid(project: Path) -> None:
    text = (project / "docs" / "examples" / "observed.yml").read_text()
    findings = Findings()
    root = parse(text, findings, file="observed.yml")
    assert root is not None
    assert parse_environment(root, "observed", findings) is not None
    assert findings.sorted() == ()
    assert _schema_accepts(_schema(project, "environment"), text)
