"""The relay as a construct of somebody else's app, and the move of a deployment to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from compiler import placeholders
from infra.node import use_packaged_node
from tests.infra.template import Template, read_template

use_packaged_node()

import aws_cdk as cdk  # noqa: E402 - starts node

from infra.constructs import LONGEST, EnvironmentAlarms, RelayStack, named_after  # noqa: E402 - starts node


@pytest.fixture(autouse=True)
def _example_values_are_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(placeholders.VARIABLE, "1")


def synthesised(app: cdk.App, stage: str, stack: str) -> Template:
    found = app.synth().get_nested_assembly(f"assembly-{stage}").get_stack_by_name(stack)
    return Template(json.loads(Path(found.template_full_path).read_text()))


def without_metadata(template: Template) -> Mapping[str, Any]:
    """The resources as CloudFormation compares them."""
    return {
        name: {key: value for key, value in resource.items() if key != "Metadata"}
        for name, resource in template.document["Resources"].items()
    }


def test_a_deployment_moves_to_the_construct_without_any_change(config_folder: Path, assembly: Path) -> None:
    app = cdk.App()
    where = cdk.Stage(app, "prod")
    RelayStack(
        where, "Relay", config_dir=config_folder, environment="prod", deployment="prod", stack_name="alertrelay-prod"
    )
    moved, stays = synthesised(app, "prod", "alertrelay-prod"), read_template(assembly, "prod", "Relay")
    assert without_metadata(moved) == without_metadata(stays)
    assert moved.document["Outputs"] == stays.document["Outputs"]


def test_the_parts_of_a_relay_can_be_used_by_other_stacks(config_folder: Path) -> None:
    app = cdk.App()
    relay = RelayStack(app, "Mine", config_dir=config_folder, environment="prod")
    assert set(relay.parts.topics) >= {"critical", "warning", "info"}
    assert "pagerduty-forwarder" in relay.forwarders
    assert relay.scorer is not None


def test_a_part_of_the_alarms_that_there_is_not_is_named(config_folder: Path) -> None:
    app = cdk.App()
    relay = RelayStack(app, "Mine", config_dir=config_folder, environment="dev")
    with pytest.raises(ValueError, match="part='orders': one of ''"):
        EnvironmentAlarms(cdk.Stack(app, "Alarms"), "Alarms", relay, part="orders")


def test_a_deployment_that_is_too_long_is_refused_with_the_limit(config_folder: Path) -> None:
    with pytest.raises(ValueError, match=f"at most {LONGEST} characters were expected, there are 21"):
        RelayStack(cdk.App(), "Mine", config_dir=config_folder, environment="dev", deployment="x" * 21)


@pytest.mark.parametrize(
    ("stack", "name"),
    [
        ("Alerts", "Alerts"),
        ("Stage/Alerts", "Stage-Alerts"),
        ("a" * 128, "aaaaaaaaaaa-6836cf13"),
        ("Production/Europe/OnCall/Alerts", "Production-83018e59"),
        ("x/" * 40, "x-x-x-x-x-x-5698e4a1"),
    ],
)
def test_names_of_deployments_fit_and_stay(stack: str, name: str) -> None:
    """Another name for the same stack would replace every resource that is named after it."""
    assert named_after(stack) == name
    assert len(name) <= LONGEST


def test_long_stack_names_that_begin_alike_stay_distinct() -> None:
    assert named_after("Production/Europe/Alerts") != named_after("Production/America/Alerts")
