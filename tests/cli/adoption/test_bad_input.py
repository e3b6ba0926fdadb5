"""Foreign files, plans that are none, regions that cannot be read: what was expected, what came, and the mend."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest

from cli.adoption import sources
from cli.adoption.export import read_export
from cli.command import main
from tests.cli.adoption.cloudwatch import Account
from tests.example import CONFIG
from tools.made_account import alarms, topic

ADOPT = ["adopt", "--config-dir", str(CONFIG), "--env", "prod"]
TEMPLATE = """
Resources:
  Pager: {Type: "AWS::SNS::Topic"}
  OrdersDown:
    Type: AWS::CloudWatch::Alarm
    Properties:
      AlarmName: orders-down-P1
      AlarmActions: [!Ref Pager]
      Tags: [{Key: team, Value: !Ref Team}]
  Nameless:
    Type: AWS::CloudWatch::CompositeAlarm
    Properties: {AlarmRule: "ALARM(orders-down-P1)", AlarmActions: [!GetAtt Pager.Arn], AlarmName: !Sub "${Env}-x"}
  Computed:
    Type: AWS::CloudWatch::Alarm
    Properties: {AlarmName: computed, AlarmActions: !If [IsProd, [!Ref Pager], []], OKActions: !Ref Topics}
  Queue: {Type: "AWS::SQS::Queue"}
"""
TERRAFORM = {
    "format_version": "1.2",
    "planned_values": {
        "root_module": {
            "child_modules": [
                {
                    "resources": [
                        {
                            "address": "module.shop.aws_cloudwatch_metric_alarm.cpu[0]",
                            "mode": "managed",
                            "type": "aws_cloudwatch_metric_alarm",
                            "values": {"alarm_name": "shop-cpu", "ok_actions": None, "tags_all": {"team": "shop"}},
                        },
                        {"address": "aws_sqs_queue.x", "type": "aws_sqs_queue", "values": {}},
                    ]
                }
            ]
        }
    },
}


def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr("tfplan", "x")
    return file.getvalue()


def test_a_template_is_shown_with_what_belongs_into_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "shop.yml"
    path.write_text(TEMPLATE, encoding="utf-8")
    plan = tmp_path / "plan.yml"
    assert main([*ADOPT, "--from", str(path), "--account", "123456789012", "--plan", str(plan), "--json"]) == 0
    said = capsys.readouterr()
    first, second, third = json.loads(said.out)  # the gravest first
    assert (first["alarm"], first["severity"], first["place"]) == ("orders-down-P1", "critical", "OrdersDown")
    assert first["change"]["AlarmActions"]["to"] == ["Ref Pager", topic("alertrelay-prod-critical")]
    assert second["change"]["AlarmActions"]["from"] == ["GetAtt Pager.Arn"]
    assert third["change"]["OKActions"]["from"] == ["Ref Topics"]
    assert len(third["change"]["AlarmActions"]["from"]) == 1
    assert "it is for reading" in said.err
    assert main([*ADOPT, "--apply", str(plan)]) == 2
    assert "is a plan for a CloudFormation template" in capsys.readouterr().err


def test_a_terraform_plan_is_shown_whose_actions_are_made_at_the_deploy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(TERRAFORM), encoding="utf-8")
    assert main([*ADOPT, "--from", str(path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert found["owner"] == "shop"
    ours = "arn:aws:sns:eu-west-1:ACCOUNT:alertrelay-prod-warning"
    assert found["change"]["AlarmActions"] == {"from": ["(made at the deploy)"], "to": ["(made at the deploy)", ours]}
    assert found["change"]["OKActions"] == {"from": [], "to": [ours]}


def test_an_account_without_alarms_is_an_answer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "none.json"
    path.write_text('{"MetricAlarms": [], "CompositeAlarms": []}', encoding="utf-8")
    assert main([*ADOPT, "--from", str(path)]) == 0
    assert "none.json is an export without an alarm of CloudWatch" in capsys.readouterr().err


@pytest.mark.parametrize(
    "field", [{"AlarmArn": 5}, {"Tags": "x"}, {"Tags": [{}]}, {"Tags": [1]}, {"AlarmActions": 7}, {"OKActions": [7]}]
)
def test_an_alarm_of_other_types_is_named_by_its_line(field: dict[str, object]) -> None:
    sound = {"AlarmName": "a", "AlarmArn": "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a", "Tags": [{"Key": "k"}]}
    found = read_export("\n".join(json.dumps(one) for one in (sound, sound | field)))
    assert [alarm.fields["AlarmName"] for alarm in found.alarms] == ["a"]
    assert found.faults == [
        "line 2: expected an alarm, an item of history or a subscription, got an object with "
        + ", ".join(sound | field)
    ]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (_zip(), "is a zip, as the plan that `terraform plan -out` writes: give `terraform show -json` of it"),
        (b"\xff\xfe\x00", "is not UTF-8 from byte 1 on: expected a CloudFormation template"),
        (b"a: [", "is neither JSON nor YAML"),
        (b"[1, 2]", "holds list: expected"),
        (b"", "holds nothing: expected"),
        (b'{"kind": "Pod", "spec": {}}', "holds kind, spec: expected a CloudFormation template (with Resources)"),
        (b'{"terraform_version": "1.9", "resources": []}', "is a state file of Terraform: give `terraform show -json`"),
        (b"plan: alertrelay-adopt", "is a plan of `alertrelay adopt`: review it, then give it to --apply"),
    ],
)
def test_a_foreign_file_says_what_was_expected(
    raw: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(raw)
    assert main([*ADOPT, "--from", str(path)]) == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEMPLATE, "foreign-plan"),
        ("plan: alertrelay-adopt\nversion: 2", "version 2 is not 1"),
        ("plan: alertrelay-adopt\nversion: 1\nsource: account\nalarms: [{name: a}]", "'arn' is missing"),
        (
            "plan: alertrelay-adopt\nversion: 1\nsource: account\nalarms: [{name: a, arn: x, type: Foo, read: x}]",
            "'Foo' is not a type of alarm: expected one of MetricAlarm, CompositeAlarm, LogAlarm",
        ),
        ("plan: [alertrelay-adopt", "yaml"),
        ("- alertrelay-adopt", "expected a mapping, got a list"),
    ],
)
def test_a_plan_that_is_none_is_refused_with_its_place(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.yml"
    path.write_text(text, encoding="utf-8")
    assert main([*ADOPT, "--apply", str(path)]) == 2
    found = capsys.readouterr().err
    assert said in found
    assert f"{path}:" in found


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("Threshold: {from: 1, to: 2}", "'Threshold' is not changed by a plan"),
        ("AlarmActions: {from: [], to: [mail]}", "AlarmActions: expected a list of at most 5 ARNs"),
        ("AlarmActions: {to: []}", "expected `from` and `to`"),
        ("Tags: {from: {}, to: {team: [a]}}", "Tags: expected a mapping of texts"),
        ("OKActions: {from: none, to: []}", "OKActions: expected a list of at most 5 ARNs"),
    ],
)
def test_an_edited_plan_changes_nothing_else(
    change: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "plan.yml"
    made = "made_at: 2026-11-30T09:00:00Z"
    head = f"plan: alertrelay-adopt\nversion: 1\nenvironment: prod\nsource: account\n{made}\nend: true\nalarms:\n"
    arn = "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a"
    entry = f"  - {{name: a, arn: '{arn}', type: MetricAlarm, read: aaaabbbbccccdddd, change: {{{change}}}}}"
    path.write_text(head + entry, encoding="utf-8")
    assert main([*ADOPT, "--apply", str(path)]) == 2
    assert said in capsys.readouterr().err


def test_a_plan_of_another_environment_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "plan.yml"
    head = "plan: alertrelay-adopt\nversion: 1\nenvironment: dev\nsource: account\nmade_at: 2026-11-30T09:00:00Z\n"
    path.write_text(f"{head}alarms: []\nend: true\n", "utf-8")
    assert main([*ADOPT, "--apply", str(path)]) == 2
    assert "is a plan for --env dev, not prod" in capsys.readouterr().err


def test_a_region_that_cannot_be_read_is_named_and_the_other_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here, there, closed = Account(alarms(30)), Account(), Account()
    there.alarms = {"x": ("MetricAlarm", {"AlarmName": "x", "AlarmArn": "arn:aws:cloudwatch:us-east-1:1:alarm:x"})}
    closed.faults = {("DescribeAlarms", 0): "AccessDenied"}
    regions = {"eu-west-1": here, "us-east-1": there, "eu-north-1": closed}
    monkeypatch.setattr(sources, "clients_of", lambda: lambda region: regions[region].client)
    asked = [*ADOPT, "--region", "us-east-1", "--region", "eu-north-1", "--replace", "arn:aws:sns:eu-west-1:1:typo"]
    assert main(asked) == 1
    said = capsys.readouterr()
    assert "no topic of ours in us-east-1: an alarm notifies its own region alone" in said.out
    assert "eu-north-1: the alarms: DescribeAlarms is not allowed (AccessDenied)" in said.err
    assert "--replace arn:aws:sns:eu-west-1:1:typo: no alarm has an action on it" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["adopt"], "--env is missing"),
        (["adopt", "--env", "nowhere"], "nowhere"),
        (["adopt", "--env", "prod", "--apply", "x", "--plan", "y"], "--apply takes no --from and no --plan"),
        (["adopt", "--env", "prod", "--from", "/nowhere/x"], "/nowhere/x cannot be read: No such file"),
        (["adopt", "--env", "prod", "--rules", "/nowhere/x", "--from", "y"], "/nowhere/x"),
    ],
)
def test_usage_is_refused_with_the_mend(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALERTRELAY_CONFIG_DIR", str(CONFIG))
    assert main(words) == 2
    assert said in capsys.readouterr().err


def test_the_rules_are_printed_as_they_hold(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["adopt", "--config-dir", str(CONFIG), "--print-rules"]) == 0
    rules = tmp_path / "adopt.yml"
    rules.write_text(capsys.readouterr().out, encoding="utf-8")
    export = tmp_path / "alarms.json"
    export.write_text(json.dumps({"MetricAlarms": alarms(60)}), encoding="utf-8")
    asked = [*ADOPT, "--from", str(export)]
    assert main(asked) == 0
    built_in = capsys.readouterr().out
    assert main([*asked, "--rules", str(rules)]) == 0
    assert capsys.readouterr().out == built_in
