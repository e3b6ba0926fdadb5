"""`alertrelay export sam`: templates and folders that sam deploys, and nothing of a person's overwritten."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.command import main
from infra import synth
from infra.sam_template import sam_template
from local.stack.day_input import template_of

SAM = synth.BUILD / "sam-venv" / "bin" / "sam"


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "sam"
    assert main(["export", "sam", "--env", "prod", "--output", str(folder)]) == 0
    return folder


@pytest.fixture(scope="module")
def relay(exported: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((exported / "template.yaml").read_text())
    return found


def test_logical_ids_and_names_are_those_of_the_cdk(relay: dict[str, Any]) -> None:
    synthesised = json.loads(template_of("prod").read_text())
    assert set(relay["Resources"]) == set(synthesised["Resources"])
    for name, resource in relay["Resources"].items():
        assert resource["Type"] == synthesised["Resources"][name]["Type"]


def test_every_function_and_layer_names_a_folder_beside_the_template(exported: Path, relay: dict[str, Any]) -> None:
    resources = relay["Resources"].values()
    functions = [r["Properties"]["Code"] for r in resources if r["Type"] == "AWS::Lambda::Function"]
    layers = [r["Properties"]["Content"] for r in resources if r["Type"] == "AWS::Lambda::LayerVersion"]
    assert functions
    assert set(functions) == {"./function"}
    assert layers == ["./layer"]
    assert (exported / "function" / "lambdas" / "pagerduty_forwarder.py").is_file()
    assert (exported / "layer" / "python" / "alertrelay" / "alert.py").is_file()


def test_nothing_of_the_cdk_is_left(exported: Path) -> None:
    for path in exported.glob("*.yaml"):
        assert not [
            word for word in ("aws:cdk", "cdk-bootstrap", "BootstrapVersion", "aws:asset") if word in path.read_text()
        ]


def test_an_earlier_export_is_written_anew(exported: Path) -> None:
    assert main(["export", "sam", "--env", "prod", "--output", str(exported)]) == 0


def test_a_folder_of_somebody_else_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "template.yaml").write_text("Resources: {}\n")
    assert main(["export", "sam", "--output", str(tmp_path)]) == 2
    assert "expected an empty folder" in capsys.readouterr().err
    assert (tmp_path / "template.yaml").read_text() == "Resources: {}\n"


def test_an_environment_that_there_is_not_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "sam", "--env", "qa", "--output", str(tmp_path / "sam")]) == 2
    assert "qa" in capsys.readouterr().err
    assert not (tmp_path / "sam").exists()


def test_a_dependency_that_a_reference_implies_is_left_out() -> None:
    template = {
        "Resources": {
            "A": {"Type": "AWS::SNS::Topic", "DependsOn": ["B", "C"], "Properties": {"DisplayName": {"Ref": "B"}}},
            "B": {"Type": "AWS::SNS::Topic", "DependsOn": "C"},
        }
    }
    made = sam_template(template, {})["Resources"]
    assert made["A"]["DependsOn"] == ["C"]
    assert made["B"]["DependsOn"] == ["C"]


@pytest.mark.skipif(not SAM.exists() and os.environ.get("CI") != "true", reason="sam is not installed: make sam")
@pytest.mark.parametrize("name", ["template.yaml", "alarms.yaml"])
def test_sam_validates_and_lints_it(exported: Path, tmp_path: Path, name: str) -> None:
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "eu-west-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    command = [str(SAM), "validate", "--lint", "-t", str(exported / name)]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
