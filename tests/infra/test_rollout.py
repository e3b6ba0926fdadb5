"""How a new version takes over: what is checked, which alarms roll it back, and what makes a version new."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from infra.synth import ROOT
from tests.infra.template import Template

FUNCTIONS = ("PagerDuty", "Slack", "Email", "Anomaly", "SloFunction")
MOST_ALARMS = 10
"""Of a deployment group; CodeDeploy's limit."""


def _there(environment: str) -> tuple[str, ...]:
    """The functions of an environment: prod alone has objectives."""
    return FUNCTIONS if environment == "prod" else FUNCTIONS[:-1]


def groups(template: Template) -> dict[str, Any]:
    """The properties of each deployment group, by logical id."""
    return {key: r["Properties"] for key, r in template.of_type("AWS::CodeDeploy::DeploymentGroup").items()}


def alarm_names(template: Template, group: Any) -> set[str]:
    """The names of a group's alarms, without the environment."""
    resources = template.document["Resources"]
    refs = [alarm["Name"]["Ref"] for alarm in group["AlarmConfiguration"]["Alarms"]]
    return {resources[ref]["Properties"]["AlarmName"].split("-alertrelay-")[1] for ref in refs}


def test_each_function_has_an_alias_that_codedeploy_moves_after_the_check(relay: Template, environment: str) -> None:
    aliases = relay.of_type("AWS::Lambda::Alias")
    (hook,) = (key for key in relay.of_type("AWS::Lambda::Function") if key.startswith("RolloutHook"))
    assert sorted(a["Properties"]["FunctionName"]["Ref"][:5] for a in aliases.values()) == sorted(
        name[:5] for name in _there(environment)
    )
    moved_by = set()
    for alias in aliases.values():
        update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
        # The reference also has the hook updated first: it holds the versions that it is to check.
        assert update["BeforeAllowTrafficHook"] == {"Ref": hook}
        moved_by.add(update["DeploymentGroupName"]["Ref"])
    assert moved_by == set(groups(relay))


def test_the_hook_checks_the_new_version_of_every_function(relay: Template, environment: str) -> None:
    (hook,) = (r for key, r in relay.of_type("AWS::Lambda::Function").items() if key.startswith("RolloutHook"))
    variables = json.dumps(hook["Properties"]["Environment"]["Variables"]["ALERTRELAY_VERSIONS"])
    versions = relay.of_type("AWS::Lambda::Version")
    assert len(versions) == len(_there(environment))
    assert all(f'{{"Ref": "{version}"}}' in variables for version in versions)


def test_any_forwarders_trouble_rolls_all_of_them_back(relay: Template) -> None:
    names = ("pagerduty-forwarder", "slack-forwarder", "email-forwarder")
    # A missing tick is no sign here: of a canary's ticks a tenth, which are never missing for four minutes in a row.
    wanted = {f"{name}-AlertrelayErrors" for name in names}
    wanted |= {f"{name}-failed-AlertrelayDeadLetters" for name in names}
    for key, group in groups(relay).items():
        assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaCanary10Percent5Minutes"
        assert "DEPLOYMENT_STOP_ON_ALARM" in group["AutoRollbackConfiguration"]["Events"]
        found = alarm_names(relay, group)
        assert len(found) <= MOST_ALARMS
        alone = {"anomaly": {"anomaly-scorer-AnomalyScorerErrors"}, "slo": {"slo-SloFunctionErrors"}}
        named = next((name for name in alone if name in key.removeprefix("Rollout")[:9]), "")
        assert found == alone.get(named, wanted)


def test_at_once_moves_all_traffic_and_asks_no_alarm_but_still_checks(busy: Template) -> None:
    for group in groups(busy).values():
        assert group["DeploymentConfigName"] == "CodeDeployDefault.LambdaAllAtOnce"
        assert "AlarmConfiguration" not in group or not group["AlarmConfiguration"].get("Enabled")
        assert group["AutoRollbackConfiguration"]["Events"] == ["DEPLOYMENT_FAILURE", "DEPLOYMENT_STOP_ON_REQUEST"]
    for alias in busy.of_type("AWS::Lambda::Alias").values():
        assert alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]["BeforeAllowTrafficHook"]


def test_earlier_versions_are_kept_to_go_back_to(relay: Template) -> None:
    for version in relay.of_type("AWS::Lambda::Version").values():
        assert version["DeletionPolicy"] == "Retain"


def test_a_changed_layer_or_configuration_makes_a_new_version(tmp_path: Path, config_folder: Path) -> None:
    import aws_cdk as cdk
    from aws_cdk import aws_lambda as lambda_

    from infra.application import CONTEXT

    def version(layer: str, environment: str) -> str:
        stack = cdk.Stack(cdk.App(context=CONTEXT), "S")
        function = lambda_.Function(
            stack,
            "F",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="a.b",
            code=lambda_.Code.from_inline("pass"),
            environment={"ALERTRELAY_CONFIG_HASH": environment},
            layers=[
                lambda_.LayerVersion(stack, "L", code=lambda_.Code.from_asset(str(ROOT / "lambdas"), asset_hash=layer))
            ],
        )
        return str(stack.resolve(function.current_version.node.default_child.logical_id))  # type: ignore[union-attr] # a CfnVersion

    first = version("a" * 64, "one")
    assert version("a" * 64, "one") == first
    assert len({first, version("b" * 64, "one"), version("a" * 64, "two")}) == 3


def test_the_hook_imports_from_its_asset_without_any_environment(assembly: Path, dev: Template) -> None:
    (hook,) = (r for key, r in dev.of_type("AWS::Lambda::Function").items() if key.startswith("RolloutHook"))
    asset = (assembly / "assembly-dev" / hook["Metadata"]["aws:asset:path"]).resolve()
    module, _, handler = hook["Properties"]["Handler"].rpartition(".")
    path = os.pathsep.join([str(asset), str(ROOT / "layers" / "alertrelay" / "python")])
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import {module} as m; assert callable(m.{handler}); print(m.__file__)"],
        cwd=asset,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()).is_relative_to(asset)
