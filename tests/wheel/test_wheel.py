"""The wheel as a user gets it: one import name, a command, and constructs for an app outside this repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path
from typing import Any

import pytest

from infra.assets import build_layer, lambda_interpreter
from infra.synth import ROOT
from tests.wheel.installed import build_wheel, install, run, site_packages

APP = """\
from alertrelay.infra.constructs import EnvironmentAlarms, RelayStack, ResourceAlarms, StateTable
import aws_cdk as cdk

app = cdk.App(context={"aws:cdk:enable-path-metadata": True})
alerts = RelayStack(app, "Alerts", config_dir="alerts", environment="prod")
RelayStack(app, "MoreAlerts", config_dir="alerts", environment="prod")
EnvironmentAlarms(cdk.Stack(app, "Alarms"), "Alarms", alerts)
app.synth()
"""
ALERTMANAGER = """\
route:
  receiver: chat
  group_by: [alertname, service]
  routes:
    - matchers: [severity="critical"]
      receiver: pager
receivers:
  - name: pager
    pagerduty_configs:
      - routing_key_file: /keys/pagerduty_key
  - name: chat
    slack_configs:
      - api_url_file: /keys/slack_url
        channel: "#alerts"
"""
DELIVERY = """\
fallbacks:
  pager: [[chat]]
  chat: [[pager]]
last_resort:
  email: [oncall@ledger.test]
"""
PROD = """\
region: eu-west-1
retain: true
log_retention_days: 30
labels: {env: prod}
ops_email: [ops@ledger.test]
databases:
  - id: ledger-db
    engine: postgres
    class: db.m7g.large
    storage_gb: 100
    labels: {service: ledger}
"""
NAMES = {
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Events::Rule": "Name",
    "AWS::CloudWatch::Alarm": "AlarmName",
}


@dataclass(frozen=True)
class Installed:
    """A wheel in an environment, and an app beside it. `environ` keeps what it builds out of the user's cache."""

    wheel: Path
    environment: Path
    project: Path
    environ: Mapping[str, str]

    @property
    def command(self) -> str:
        return str(self.environment / "bin" / "alertrelay")

    def template(self, stack: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.project / "cdk.out" / f"{stack}.template.json").read_text())
        return found


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel, installed, and the app of this file, synthesised with it."""
    folder = tmp_path_factory.mktemp("wheel")
    wheel = build_wheel(ROOT, folder / "dist")
    python = install(wheel, folder / "environment", "editor,local")
    project = folder / "project"
    (project / "alerts" / "environments").mkdir(parents=True)
    (project / "alerts" / "alertmanager.yml").write_text(ALERTMANAGER)
    (project / "alerts" / "delivery.yml").write_text(DELIVERY)
    (project / "alerts" / "environments" / "prod.yml").write_text(PROD)
    (project / "app.py").write_text(APP)
    # One layer of the same inputs has one name: this checkout's is found there, and nothing is downloaded.
    layer = build_layer(lambda_interpreter("arm64"))
    cache = folder / "cache" / "alertrelay" / "layer"
    cache.mkdir(parents=True)
    (cache / layer.hash).symlink_to(layer.path)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ALERTRELAY_", "PYTHON"))}
    environ = {
        **kept,
        "XDG_CACHE_HOME": str(folder / "cache"),
        "UV_OFFLINE": "1",
        "CDK_OUTDIR": str(project / "cdk.out"),
    }
    run([str(python), "app.py"], cwd=project, env=environ)
    return Installed(wheel, folder / "environment", project, environ)


def test_the_wheel_brings_one_import_name(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"alertrelay"}
    site = site_packages(installed.environment)
    assert not [name for name in ("cli", "compiler", "infra", "lambdas", "local", "tools") if (site / name).exists()]


def test_nothing_of_the_tools_and_the_tests_is_shipped(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        names = archive.namelist()
    assert not [name for name in names if "/tools/" in name or "/tests/" in name or "__pycache__" in name]


def test_the_command_prints_version_and_commit(installed: Installed) -> None:
    from alertrelay import __version__

    shown = run([installed.command, "--version"], cwd=installed.project).stdout.strip()
    head = subprocess.run(["git", "-C", str(ROOT), "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    name, version, *commit = shown.split()
    assert (name, version) == ("alertrelay", __version__)
    if head.returncode == 0:
        assert head.stdout.startswith(commit[0].strip("(+)"))


def test_every_command_finds_its_imports(installed: Installed) -> None:
    program = (
        "import pkgutil, importlib, alertrelay\n"
        "for room in ('cli', 'compiler', 'infra', 'lambdas', 'local'):\n"
        "    package = importlib.import_module(f'alertrelay.{room}')\n"
        "    for found in pkgutil.walk_packages(package.__path__, f'alertrelay.{room}.'):\n"
        "        importlib.import_module(found.name)\n"
    )
    run([str(installed.environment / "bin" / "python"), "-P", "-c", program], env=dict(installed.environ))


def test_the_layer_of_the_wheel_is_the_layer_of_the_checkout(installed: Installed) -> None:
    folder = Path(installed.environ["XDG_CACHE_HOME"]) / "alertrelay" / "layer"
    assert [path.name for path in folder.iterdir()] == [build_layer(lambda_interpreter("arm64")).hash]


def test_two_relays_of_one_environment_share_no_name(installed: Installed) -> None:
    taken = [names(installed.template(stack)) for stack in ("Alerts", "MoreAlerts")]
    assert taken[0]
    assert not taken[0] & taken[1]
    for name in taken[0] | taken[1]:
        assert "Alerts" in name


def names(template: Mapping[str, Any]) -> set[str]:
    return {
        resource["Properties"][NAMES[resource["Type"]]]
        for resource in template["Resources"].values()
        if resource["Type"] in NAMES
    }


def test_alarms_publish_to_the_topics_of_their_relay(installed: Installed) -> None:
    topics = names(installed.template("Alerts"))
    alarms = installed.template("Alarms")["Resources"].values()
    actions = {json.dumps(a["Properties"]["AlarmActions"]) for a in alarms if a["Type"] == "AWS::CloudWatch::Alarm"}
    assert actions
    assert all(any(f":{topic}" in action for topic in topics) for action in actions)
    assert "Fn::ImportValue" not in json.dumps(installed.template("Alarms"))


def test_cfn_lint_finds_nothing_in_the_app(installed: Installed) -> None:
    templates = [str(path) for path in (installed.project / "cdk.out").glob("*.template.json")]
    lint = str(Path(sys.executable).parent / "cfn-lint")
    run([lint, "--ignore-checks", "W3005", "W3037", "--", *templates], cwd=installed.project)


def test_an_event_is_replayed_through_the_app(installed: Installed) -> None:
    event = ROOT / "events" / "rds-cpu-critical-alarm.json"
    template = installed.project / "cdk.out" / "Alerts.template.json"
    command = [installed.command, "replay", str(event), "--template", str(template), "--json"]
    done = run(command, cwd=installed.project, env=dict(installed.environ))
    (event_shown,) = json.loads(done.stdout)["events"]
    outcomes = {(d["receiver"], d["outcome"]) for d in event_shown["deliveries"]}
    assert outcomes == {("pager", "delivered")}


def test_a_command_without_its_extra_says_how_to_install_it(installed: Installed, tmp_path: Path) -> None:
    python = install(installed.wheel, tmp_path / "plain", "")
    event = str(ROOT / "events" / "rds-cpu-critical-alarm.json")
    command = [str(python.parent / "alertrelay")]
    done = subprocess.run([*command, "replay", event], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert "pip install 'alertrelay[local]'" in done.stderr
    assert "Traceback" not in done.stderr
    run([*command, "normalise", event], cwd=tmp_path)
    run([*command, "check", "--config", str(installed.project / "alerts" / "alertmanager.yml")], cwd=tmp_path)


def test_older_pythons_are_refused_by_the_metadata(installed: Installed) -> None:
    with zipfile.ZipFile(installed.wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    assert metadata["Requires-Python"] == ">=3.11"
