"""The assembly as a whole: what must be true of every file in it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from constructs import IConstruct

from infra.node import use_packaged_node
from infra.synth import ROOT, template
from tests.example import CONFIG as SHIPPED
from tests.infra.template import Template, read_template

ALERT_TOPICS = ("Critical", "Warning", "Info", "SloViolations", "Infrastructure")


def texts(assembly: Path) -> dict[Path, str]:
    """What is deployed or read by tools, without the assets."""
    paths = [*assembly.glob("*.json"), *assembly.glob("assembly-*/*.json")]
    return {path.relative_to(assembly): path.read_text() for path in paths}


def test_every_environment_of_the_configuration_has_its_two_stacks(assembly: Path) -> None:
    environments = sorted(path.stem for path in (SHIPPED / "environments").glob("*.yml"))
    assert sorted(path.name for path in assembly.glob("assembly-*")) == [f"assembly-{name}" for name in environments]
    for name in environments:
        assert template(assembly, name).is_file()
        assert read_template(assembly, name, "Alarms").document["Description"] == f"alertrelay {name}: alarms"


def test_an_environment_that_was_not_synthesised_is_named_with_those_that_were(assembly: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"no assembly of 'qa'; there are: dev, prod, staging"):
        template(assembly, "qa")


def test_no_file_names_a_path_of_this_machine(assembly: Path) -> None:
    found = texts(assembly)
    assert len(found) > 10
    for path, text in found.items():
        for private in (str(ROOT), str(assembly), str(Path.home()) + os.sep):
            assert private not in text, f"{path} holds {private}"


def test_the_cdk_warns_of_nothing(assembly: Path) -> None:
    assert [path for path, text in texts(assembly).items() if "aws:cdk:warning" in text] == []


def test_nothing_has_to_be_looked_up_in_an_account(assembly: Path) -> None:
    for path, text in texts(assembly).items():
        if path.name == "manifest.json":
            assert "missing" not in json.loads(text)
            assert "aws://unknown-account/" in text or path.parent == Path()


def test_a_stage_goes_to_the_region_of_its_environment(assembly: Path, busy_assembly: Path) -> None:
    for folder, region in (
        (assembly / "assembly-prod", "eu-west-1"),
        (busy_assembly / "assembly-busy", "ap-southeast-2"),
    ):
        artifacts = json.loads((folder / "manifest.json").read_text())["artifacts"].values()
        stacks = {a["environment"] for a in artifacts if a["type"] == "aws:cloudformation:stack"}
        assert stacks == {f"aws://unknown-account/{region}"}


def test_the_alarms_are_deployed_after_the_topics_that_they_notify(assembly: Path) -> None:
    artifacts = json.loads((assembly / "assembly-prod" / "manifest.json").read_text())["artifacts"]
    (alarms,) = (a for a in artifacts.values() if a.get("properties", {}).get("stackName") == "alertrelay-prod-alarms")
    assert any(name.startswith("prodRelay") and not name.endswith(".assets") for name in alarms["dependencies"])


def test_no_value_of_a_secret_stands_in_a_template(relay: Template, alarms: Template) -> None:
    for document in (relay.document, alarms.document):
        text = json.dumps(document)
        assert '"SecretString"' not in text
        assert "{{resolve:" not in text


def test_operators_find_topics_secret_and_functions_in_the_outputs(relay: Template) -> None:
    outputs = set(relay.document["Outputs"])
    assert {f"Topic{name}" for name in (*ALERT_TOPICS, "Ops", "LastResort")} <= outputs
    assert {"SecretArn", "FunctionPagerdutyForwarder", "FunctionSlackForwarder", "FunctionEmailForwarder"} <= outputs


def test_a_stack_stays_well_below_the_limit_of_500_resources(relay: Template) -> None:
    assert len(relay.document["Resources"]) < 250


def test_cfn_lint_has_nothing_to_say(assembly: Path) -> None:
    templates = [str(path) for path in sorted(assembly.glob("assembly-*/*.template.json"))]
    assert len(templates) == 8  # prod has objectives and dashboards, too
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--format", "json", "--", *templates]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [f"{found['Rule']['Id']} {found['Message']}" for found in json.loads(done.stdout)]
    # Its list of actions is older than this one. Once it knows it, this fails, and the exception goes.
    assert {" ".join(each.split()[:2]) for each in said} == {f"W3037 '{NEW_ACTION}'"}
    assert done.stderr == ""


NEW_ACTION = "describealarmcontributors"


def test_two_syntheses_give_equal_templates(assembly: Path, tmp_path: Path) -> None:
    only = {"ALERTRELAY_ENVIRONMENTS": "prod", "ALERTRELAY_ALLOW_PLACEHOLDERS": "1"}
    environ = {**os.environ, "CDK_OUTDIR": str(tmp_path / "again"), **only}
    subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environ, check=True)
    for stack in ("Relay", "Alarms"):
        assert read_template(tmp_path / "again", "prod", stack) == read_template(assembly, "prod", stack)
    assert not (tmp_path / "again" / "assembly-dev").exists()


def test_a_rule_of_cdk_nag_that_nobody_acknowledged_stops_the_synthesis(
    config_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_packaged_node()
    from infra import relay
    from infra.application import TemplateRefused, synthesise

    monkeypatch.setattr(relay, "acknowledge_runtime", lambda _: None)
    with pytest.raises(TemplateRefused, match="cdk-nag"):
        synthesise(config_folder, {"CDK_OUTDIR": str(tmp_path / "out"), "ALERTRELAY_ENVIRONMENTS": "dev"})
    assert "AwsSolutions-L1" in (tmp_path / "out" / "validation-report.json").read_text()


def test_every_acknowledgement_stands_in_the_report_with_its_reason(
    config_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # cdk-nag 3 hides a finding for an id without its "AwsSolutions::" too, and then records nothing.
    use_packaged_node()
    import aws_cdk as cdk

    from infra.application import synthesise

    made: set[tuple[str, str]] = set()
    original = cdk.Validations.of

    def of(scope: IConstruct) -> Any:
        validations = original(scope)
        acknowledge = validations.acknowledge

        def recording(*acknowledgements: cdk.Acknowledgment) -> None:
            made.update((scope.node.path, each.id) for each in acknowledgements)
            acknowledge(*acknowledgements)

        monkeypatch.setattr(validations, "acknowledge", recording)
        return validations

    monkeypatch.setattr(cdk.Validations, "of", of)
    synthesise(config_folder, {"CDK_OUTDIR": str(tmp_path / "out"), "ALERTRELAY_ENVIRONMENTS": "dev"})
    report = json.loads((tmp_path / "out" / "validation-report.json").read_text())
    recorded = [found for plugin in report["pluginReports"] for found in plugin["suppressedViolations"]]
    assert made - {(found["acknowledgedAt"], found["acknowledgedId"]) for found in recorded} == set()
    assert len(made) > 20
    assert all(found["reason"] for found in recorded)


def test_the_cdk_command_is_pinned_and_its_lock_names_no_package_index() -> None:
    package = json.loads((ROOT / "package.json").read_text())
    lock = json.loads((ROOT / "package-lock.json").read_text())
    # npm's `latest` refuses what this aws-cdk-lib writes.
    assert package["devDependencies"]["aws-cdk"].startswith("2.")
    assert lock["packages"]["node_modules/aws-cdk"]["version"] == package["devDependencies"]["aws-cdk"]
    assert "http" not in json.dumps(lock)
