"""The templates under test: those of the shipped configuration, and those of one that uses every key."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from infra.node import use_packaged_node
from infra.synth import synthesise
from tests.example import CONFIG as SHIPPED
from tests.infra.template import Template, read_template

ENVIRONMENTS = ("dev", "prod", "staging")
BUSY = """\
region: ap-southeast-2
retain: true
log_retention_days: 3653
labels: {team: platform}
publisher_accounts: ["444455556666"]
publishers:
  - arn:aws:iam::111122223333:role/alertrelay-rehearsal
  - arn:aws:iam::444455556666:role/monitoring/alertmanager
ops_email: [ops@example.com]
ops_pagerduty_key: ops_page
rollout: at_once
intake: direct
reserved_concurrency: 100
forwarder_memory_mb: 256
audit:
  every: 1h
  roles: [arn:aws:iam::444455556666:role/alertrelay-audit]
  drill: {receiver: drill, every: 12h, severity: warning}
  heartbeat_key: heartbeat_url
  report: email-database
databases:
  - id: orders-db
    engine: postgres
    class: db.m7g.large
    storage_gb: 100
    insufficient_data: firing
    labels: {service: orders}
    thresholds: {cpu_percent: 70, cpu_critical_percent: 85}
  - id: far-db
    engine: mysql
    class: db.m7g.large
    storage_gb: 100
    stack: far
"""
DRILL_ROUTE = """\
    - matchers: ['alertname="AlertrelayDrill"']
      receiver: drill
      group_wait: 0s
      group_interval: 1m
"""
ACCOMPANIED = """\
grafana:
  url: https://grafana.example.com
  token_key: grafana_token
  dashboards: [{match: ['service="orders"'], dashboard: uid1}]
automation:
  - document: AWS-RestartEC2Instance
    match: ['service="orders"']
    role: arn:aws:iam::111122223333:role/restart
  - {document: Own-Runbook, match: ['service="billing"']}
"""
SNS_RECEIVER = """\
  - name: drill
    pagerduty_configs:
      - routing_key_file: /etc/alertmanager/secrets/drill_key
  - name: partner
    sns_configs:
      - topic_arn: arn:aws:sns:ap-southeast-2:111122223333:partner-alerts
"""


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The assembly of the shipped configuration, as `make synth` writes it; parallel workers share one."""
    base = tmp_path_factory.getbasetemp()
    return synthesise((base if worker_id == "master" else base.parent) / "assembly")


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture(scope="session")
def relay(assembly: Path, environment: str) -> Template:
    return read_template(assembly, environment, "Relay")


@pytest.fixture(scope="session")
def alarms(assembly: Path, environment: str) -> Template:
    return read_template(assembly, environment, "Alarms")


@pytest.fixture(scope="session")
def prod(assembly: Path) -> Template:
    return read_template(assembly, "prod", "Relay")


@pytest.fixture(scope="session")
def dev(assembly: Path) -> Template:
    return read_template(assembly, "dev", "Relay")


@pytest.fixture
def config_folder(tmp_path: Path) -> Path:
    """A copy of the shipped configuration, to be changed."""
    return shutil.copytree(SHIPPED, tmp_path / "config")


@pytest.fixture(scope="session")
def busy_assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One environment that uses what the shipped files leave empty: a further account, SES, a named topic, charts."""
    folder = tmp_path_factory.mktemp("busy")
    config = shutil.copytree(SHIPPED, folder / "config")
    shutil.rmtree(config / "environments")
    (config / "environments").mkdir()
    (config / "environments" / "busy.yml").write_text(BUSY)
    (config / "environments" / "batched.yml").write_text("region: eu-west-1\nintake: batched\n")
    delivery = config / "delivery.yml"
    delivery.write_text(
        delivery.read_text().replace("transport: smtp", "transport: ses") + f"\ncharts: true\n{ACCOMPANIED}"
    )
    alertmanager = config / "alertmanager.yml"
    text = alertmanager.read_text().replace("receivers:\n", f"receivers:\n{SNS_RECEIVER}", 1)
    alertmanager.write_text(text.replace("  routes:\n", f"  routes:\n{DRILL_ROUTE}", 1))
    use_packaged_node()
    from infra.application import synthesise as synthesise_app

    synthesise_app(config, {"CDK_OUTDIR": str(folder / "out"), "ALERTRELAY_ALLOW_PLACEHOLDERS": "1"})
    return folder / "out"


@pytest.fixture(scope="session")
def busy(busy_assembly: Path) -> Template:
    return read_template(busy_assembly, "busy", "Relay")


@pytest.fixture(scope="session")
def batched(busy_assembly: Path) -> Template:
    """The relay of an environment whose forwarders take batches."""
    return read_template(busy_assembly, "batched", "Relay")


@pytest.fixture(scope="session")
def busy_alarms(busy_assembly: Path) -> Template:
    return read_template(busy_assembly, "busy", "Alarms")


@pytest.fixture(scope="session")
def busy_far(busy_assembly: Path) -> Template:
    return read_template(busy_assembly, "busy", "AlarmsFar")


@pytest.fixture(scope="session")
def assembly_names(assembly: Path) -> list[str]:
    """The names of all alarms of all environments."""
    stacks = [read_template(assembly, e, s) for e in ENVIRONMENTS for s in ("Relay", "Alarms")]
    alarms = [p["AlarmName"] for stack in stacks for p in stack.properties("AWS::CloudWatch::Alarm")]
    parents = [read_template(assembly, e, "Alarms").properties("AWS::CloudWatch::CompositeAlarm") for e in ENVIRONMENTS]
    return alarms + [p["AlarmName"] for found in parents for p in found]
