"""Objectives in the templates: the alarms as they are planned, the slo function, and nothing where there are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from compiler.alarms.slo import plan_slos
from compiler.config_files import read_environment
from compiler.reading.finding import Findings
from tests.example import CONFIG
from tests.infra.template import Template, read_template
from tests.slo import objectives

VARIABLES = {
    *("ALERTRELAY_ENV", "ALERTRELAY_SLO_CONFIG", "ALERTRELAY_CONFIG_HASH", "ALERTRELAY_TABLE"),
    *("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE", "POWERTOOLS_LOG_LEVEL"),
}


@pytest.fixture(scope="session")
def slos(assembly: Path) -> Template:
    return read_template(assembly, "prod", "Slos")


def _function(template: Template) -> Any:
    (found,) = (f for f in template.properties("AWS::Lambda::Function") if f["FunctionName"] == "alertrelay-prod-slo")
    return found


def test_the_template_has_the_alarms_that_the_property_tests_evaluate(slos: Template) -> None:
    found, _ = read_environment(CONFIG, "prod")
    assert found is not None
    planned = objectives.template(plan_slos(found, Findings()))["Resources"]
    made = {r["Properties"]["AlarmName"]: r for r in slos.document["Resources"].values() if "Alarm" in r["Type"]}
    assert set(made) == set(planned)
    for name, wanted in planned.items():
        assert made[name]["Type"] == wanted["Type"]
        assert {key: made[name]["Properties"][key] for key in wanted["Properties"]} == wanted["Properties"], name


def test_windows_have_no_action_and_their_composites_notify_the_topic_of_slos(slos: Template) -> None:
    for alarm in slos.properties("AWS::CloudWatch::Alarm"):
        assert not {"AlarmActions", "OKActions", "InsufficientDataActions"} & set(alarm)
        assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    for alarm in slos.properties("AWS::CloudWatch::CompositeAlarm"):
        assert alarm["AlarmActions"] == alarm["OKActions"]
        assert json.dumps(alarm["AlarmActions"]).count("alertrelay-prod-slo-violations") == 1


def test_a_composite_is_made_after_its_children(slos: Template) -> None:
    for alarm in slos.of_type("AWS::CloudWatch::CompositeAlarm").values():
        assert len(alarm["DependsOn"]) == 4


def test_the_function_reads_metrics_and_writes_budgets_and_nothing_else(prod: Template) -> None:
    function = _function(prod)
    assert set(function["Environment"]["Variables"]) == VARIABLES
    role = prod.document["Resources"][function["Role"]["Fn::GetAtt"][0]]
    (policy,) = role["Properties"]["Policies"]
    statements = {one["Sid"]: one for one in policy["PolicyDocument"]["Statement"]}
    assert {sid: one["Action"] for sid, one in statements.items()} == {
        "Logs": ["logs:CreateLogStream", "logs:PutLogEvents"],
        "Metrics": "cloudwatch:GetMetricData",
        "Budgets": "dynamodb:UpdateItem",
        "Send": "sqs:SendMessage",
    }
    assert statements["Budgets"]["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["B#*"]}}


def test_it_runs_each_five_minutes_by_its_alias(prod: Template) -> None:
    (rule,) = (r for r in prod.properties("AWS::Events::Rule") if r.get("Name") == "alertrelay-prod-slo-schedule")
    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(5 minutes)", "ENABLED")
    (target,) = rule["Targets"]
    assert prod.document["Resources"][target["Arn"]["Ref"]]["Type"] == "AWS::Lambda::Alias"


def test_its_own_trouble_is_mailed_by_sns(prod: Template) -> None:
    named = {alarm["AlarmName"]: alarm for alarm in prod.properties("AWS::CloudWatch::Alarm")}
    assert {name for name in named if "-alertrelay-slo" in name} == {
        "prod-alertrelay-slo-SloFunctionErrors",
        "prod-alertrelay-slo-SloBudgetsMissing",
        "prod-alertrelay-slo-failed-SloFunctionGaveUp",
    }
    dimensions = named["prod-alertrelay-slo-SloBudgetsMissing"]["Dimensions"]
    assert {one["Name"]: one["Value"] for one in dimensions} == {"service": "slo", "env": "prod"}


def test_an_environment_without_objectives_has_none_of_it(dev: Template, assembly: Path) -> None:
    assert [f for f in dev.properties("AWS::Lambda::Function") if f["FunctionName"].endswith("-slo")] == []
    assert [name for name in dev.document["Resources"] if name.startswith("Slo")] == []
    assert list((assembly / "assembly-dev").glob("*Slos*")) == []
