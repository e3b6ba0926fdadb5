"""The rules in Amazon Managed Prometheus: what is deployed, and that its Alertmanager sends to the right topics."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from compiler.alertmanager.managed import parse_alertmanager_text
from compiler.examine import check_folder
from compiler.reading.finding import Findings
from compiler.rules.deployed import deployed_rules
from infra.node import use_packaged_node
from tests.example import CONFIG

use_packaged_node()

import aws_cdk as cdk  # noqa: E402 - starts node, which is found first

from infra.managed_prometheus import ManagedPrometheus, RulesStack, definition  # noqa: E402

STRICT = {"@aws-cdk/core:validateAgainstDefaultRules": True}
TOPICS = {
    name: f"arn:aws:sns:eu-west-1:111122223333:{name}" for name in ("critical", "warning", "info", "slo-violations")
}
OWN = "arn:aws:aps:eu-west-1:111122223333:workspace/ws-0123456789abcdef"


@pytest.fixture(scope="module")
def rules() -> dict[str, str]:
    findings = Findings()
    found = deployed_rules(CONFIG, "prod.yml", findings)
    assert not findings.failed
    return dict(found)


def _resources(stack: cdk.Stack) -> dict[str, Any]:
    app = stack.node.root
    assert isinstance(app, cdk.App)
    found: dict[str, Any] = app.synth().get_stack_by_name(stack.stack_name).template["Resources"]
    return found


def test_each_file_is_a_namespace_of_a_workspace_that_sends_to_our_topics(rules: dict[str, str]) -> None:
    app = cdk.App(context=STRICT)
    made = _resources(RulesStack(app, "Rules", rules, environment="prod", stack_name="alertrelay-prod-rules"))
    (workspace,) = (one["Properties"] for one in made.values() if one["Type"] == "AWS::APS::Workspace")
    spaces = [one["Properties"] for one in made.values() if one["Type"] == "AWS::APS::RuleGroupsNamespace"]
    assert {one["Name"]: one["Data"] for one in spaces} == {n.removesuffix(".yml"): text for n, text in rules.items()}
    assert len(spaces) > 8
    text = json.dumps(workspace["AlertManagerDefinition"])
    for name in TOPICS:
        assert f":alertrelay-prod-{name}" in text
    assert '{"Ref": "AWS::Region"}' in text


def test_a_workspace_of_yours_keeps_its_alertmanager(rules: dict[str, str]) -> None:
    stack = cdk.Stack(cdk.App(context=STRICT), "Somebody")
    made = ManagedPrometheus(stack, "Rules", {"slo.yml": rules["slo.yml"]}, environment="prod", workspace_arn=OWN)
    (one,) = _resources(stack).values()
    assert one["Properties"]["Workspace"] == OWN
    assert made.workspace is None
    assert yaml.safe_load(made.definition)["alertmanager_config"]


@pytest.mark.parametrize(
    ("labels", "topic"),
    [
        ({"severity": "critical"}, "critical"),
        ({"severity": "warning"}, "warning"),
        ({"severity": "info"}, "info"),
        ({"severity": "critical", "category": "slo"}, "slo-violations"),
        ({}, "warning"),
    ],
)
def test_its_alertmanager_is_one_that_alertmanager_takes(labels: dict[str, str], topic: str) -> None:
    config = yaml.safe_load(yaml.safe_load(definition(TOPICS))["alertmanager_config"])
    findings = Findings()
    assert parse_alertmanager_text(definition(TOPICS), findings, file="definition.yml")
    assert not findings.failed
    route = config["route"]
    matched = [
        one["receiver"]
        for one in route["routes"]
        for name, _, value in (one["matchers"][0].partition("="),)
        if labels.get(name) == value.strip('"')
    ]
    receiver = (matched or [route["receiver"]])[0]
    (sns,) = (one["sns_configs"][0] for one in config["receivers"] if one["name"] == receiver)
    assert sns["topic_arn"].endswith(f":{topic}")
    assert set(sns) == {"topic_arn", "sigv4", "send_resolved"}


def test_an_environment_that_deploys_rules_needs_some(tmp_path: Path) -> None:
    shutil.copytree(CONFIG, tmp_path / "config")
    path = tmp_path / "config" / "environments" / "prod.yml"
    path.write_text("managed_prometheus: true\n" + path.read_text())
    assert "no-rules" in {one.code for one in check_folder(tmp_path / "config", environment="prod")}
    shutil.copytree(CONFIG.parent / "rules", tmp_path / "rules")
    assert "no-rules" not in {one.code for one in check_folder(tmp_path / "config", environment="prod")}
    (tmp_path / "rules" / "templates" / "bad.yml").write_text(
        "groups: [{name: g, rules: [{alert: A, expr: 'rate(x)'}]}]\n"
    )
    findings = Findings()
    assert deployed_rules(tmp_path / "config", "prod.yml", findings) == {}
    assert [one.code for one in findings.sorted() if one.severity == "error"] == ["bad-promql"]
