"""Whatever stands in a file, it becomes findings: nothing raises, and nothing that is refused is deployed."""

from __future__ import annotations

import copy
import json
from typing import Any

import yaml
from alertrelay.channels import settings_of
from alertrelay.config.model import Config
from hypothesis import given, settings
from hypothesis import strategies as st

from compiler.alertmanager.file import parse_alertmanager
from compiler.delivery import check_delivery, parse_delivery
from compiler.load import compile_config
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import parse_environment

ALERTMANAGER = yaml.safe_load("""
global: {smtp_from: a@example.com, smtp_smarthost: "h:25", slack_api_url_file: /s/hook}
route:
  receiver: a
  group_by: [service]
  routes:
    - {matchers: ['x="y"'], match: {k: v}, match_re: {k: v.*}, receiver: b, group_wait: 0s, continue: true}
    - {receiver: a, mute_time_intervals: [night]}
receivers:
  - name: a
    slack_configs: [{channel: "#a", send_resolved: true}]
    pagerduty_configs: [{routing_key_file: /s/pd, details: {a: b}}]
  - name: b
    email_configs: [{to: a@example.com, headers: {Subject: x}}]
    sns_configs: [{phone_number: "+15555550100", sigv4: {region: eu-west-1}}]
    webhook_configs: [{url_file: /s/w, http_config: {follow_redirects: true}}]
inhibit_rules: [{source_matchers: ['a="b"'], target_matchers: ['a="c"'], equal: [service]}]
time_intervals:
  - name: night
    time_intervals: [{times: [{start_time: "00:00", end_time: "06:00"}], weekdays: ["monday:friday"], months: [may]}]
""")
DELIVERY = yaml.safe_load("""
fallbacks: {a: [[b]], b: [[a], [a]]}
last_resort: {email: [a@example.com], sms: ["+15555550100"]}
email: {transport: smtp}
""")
ENVIRONMENT = yaml.safe_load("""
region: eu-west-1
retain: true
log_retention_days: 30
labels: {env: dev}
publisher_accounts: ["111122223333"]
publishers: [arn:aws:iam::111122223333:role/alertmanager]
rollout: canary
reserved_concurrency: 30
ops_pagerduty_key: ops_page
ops_email: [a@example.com]
databases: [{id: a, labels: {service: x}, thresholds: {cpu_percent: 70}}]
services: [{id: a, cluster: b}]
""")
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(alphabet=st.characters(codec="utf-8"), max_size=8),
    st.sampled_from(
        ["{{ .x }}", "...", "a=~(", "arn:aws:sns:x", "http://[", "\ud800", "1:2", "24:00", "-31:31", "/", "\x1b"]
    ),
)
JUNK = st.one_of(SCALARS, st.lists(SCALARS, max_size=2), st.dictionaries(st.text(max_size=4), SCALARS, max_size=2))


def _containers(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [value, *(found for item in value.values() for found in _containers(item))]
    if isinstance(value, list):
        return [value, *(found for item in value for found in _containers(item))]
    return []


def _spoil(data: st.DataObject, document: Any) -> str:
    """The document with one value or two replaced by junk, as text."""
    spoilt = copy.deepcopy(document)
    for _ in range(data.draw(st.integers(1, 2))):
        container = data.draw(st.sampled_from([c for c in _containers(spoilt) if c]))
        keys = list(container) if isinstance(container, dict) else list(range(len(container)))
        container[data.draw(st.sampled_from(keys))] = data.draw(JUNK)
    return json.dumps(spoilt, ensure_ascii=False)  # JSON is YAML, and carries what no YAML dumper writes


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_spoilt_alertmanager_yml_is_findings_or_a_configuration_that_ships(data: st.DataObject) -> None:
    findings = Findings()
    root = parse(_spoil(data, ALERTMANAGER), findings, file="alertmanager.yml")
    parsed = parse_alertmanager(root, findings) if root else None
    delivery_root = parse(json.dumps(DELIVERY), findings, file="delivery.yml")
    assert delivery_root is not None
    delivery = parse_delivery(delivery_root, findings)
    if parsed:
        check_delivery(delivery, {r.name: r for r in parsed.receivers}, parsed.routed, findings)
    assert parsed is not None or findings.failed
    if parsed and not findings.failed:
        config = compile_config(parsed, delivery, "dev")
        assert Config.from_json(json.loads(json.dumps(config.to_json())), settings_of=settings_of) == config


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_spoilt_delivery_yml_is_findings_or_values(data: st.DataObject) -> None:
    findings = Findings()
    root = parse(_spoil(data, DELIVERY), findings, file="delivery.yml")
    delivery = parse_delivery(root, findings) if root else None
    if delivery and not findings.failed:
        check_delivery(delivery, {}, frozenset(), findings)
        assert findings.failed or not delivery.fallbacks


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_spoilt_environment_is_findings_or_values(data: st.DataObject) -> None:
    findings = Findings()
    root = parse(_spoil(data, ENVIRONMENT), findings, file="dev.yml")
    environment = parse_environment(root, "dev", findings) if root else None
    if environment and not findings.failed:
        assert all(database.id for database in environment.databases)
        assert all(service.id and service.cluster for service in environment.services)
        assert all(environment.labels.values())
