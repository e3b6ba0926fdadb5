"""A plan is applied whole or not at all: one that was cut short, or has a line of something else, is refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.adoption import sources
from cli.adoption.alarm import ReadAlarm
from cli.adoption.plan_file import ACCOUNT, AdoptionPlan, PlanHead, written
from cli.adoption.plan_reading import read_plan
from cli.adoption.propose import AdoptionSetting, propose
from cli.adoption.rules import AdoptionRules, rules_of
from cli.command import main
from tests.cli.adoption.cloudwatch import ACCOUNT as ID
from tests.cli.adoption.cloudwatch import REGION, TOPICS, Account
from tests.example import CONFIG

ADOPT = ["adopt", "--config-dir", str(CONFIG), "--env", "prod"]
HEAD = PlanHead(environment="prod", source=ACCOUNT, made_at="2026-11-30T09:00:00Z")


def _text(path: Path, *names: str) -> str:
    rules = rules_of(None)
    assert isinstance(rules, AdoptionRules)
    found = [
        ReadAlarm(
            kind="MetricAlarm",
            region=REGION,
            fields={
                "AlarmName": name,
                "AlarmArn": f"arn:aws:cloudwatch:{REGION}:{ID}:alarm:{name}",
                "AlarmActions": [f"arn:aws:sns:{REGION}:{ID}:mails"],
                "ActionsEnabled": True,
            },
            tags={},
        )
        for name in names
    ]
    return written(HEAD, propose(found, AdoptionSetting(region=REGION, topics=TOPICS, rules=rules)), path)


def _said(path: Path, text: str) -> str:
    path.write_text(text, encoding="utf-8")
    found = read_plan(path)
    assert not isinstance(found, AdoptionPlan), found
    return "\n".join(map(str, found))


def test_a_plan_cut_at_any_line_is_refused_and_one_with_an_alarm_struck_out_is_not(tmp_path: Path) -> None:
    path = tmp_path / "plan.yml"
    text = _text(path, "a", "b")
    lines = text.splitlines(keepends=True)
    for kept in range(len(lines)):
        assert _said(path, "".join(lines[:kept])), kept
    assert "the plan was cut short, and nothing of it is applied" in _said(path, "".join(lines[:-1]))
    begin, end = text.index('  - name: "b"'), text.index("\nend: true")
    path.write_text(text[:begin] + text[end:], encoding="utf-8")
    plan = read_plan(path)
    assert isinstance(plan, AdoptionPlan)
    assert [one.name for one in plan.alarms] == ["a"]
    path.write_text(_text(path), encoding="utf-8")
    assert isinstance(read_plan(path), AdoptionPlan)


@pytest.mark.parametrize(
    ("pattern", "by", "said"),
    [
        (r"\nalarms:(.|\n)*(?=\nend)", "", "'alarms' is missing"),
        (r"(?<=alarms:)(.|\n)*(?=\nend)", "", "'alarms' is missing"),
        (r'read: "\w*"', "read: 12", "'12' is not the hash of an alarm"),
        ('made_at: ".*"', "made_at: yesterday", "'yesterday' is not a time in UTC"),
        (r"alarm:a\"", 'alarm:c"', "is the ARN of another alarm than 'a'"),
        (rf"{ID}:alarm:b", "210987654321:alarm:b", "b is of the account 210987654321, the first alarm of"),
        (r'(  - name: "a"(?:.|\n)*?\n)(?=\n  #)', r"\1\1", "a stands here again, after line 1"),
        (r"    change:\n(      .*\n)+", "", "'change' is missing"),
    ],
)
def test_a_line_of_a_plan_that_became_something_else_is_refused(
    pattern: str, by: str, said: str, tmp_path: Path
) -> None:
    path = tmp_path / "plan.yml"
    text = _text(path, "a", "b")
    changed = re.sub(pattern, by, text, count=1)
    assert changed != text
    found = _said(path, changed)
    assert said in found
    assert f"{path}:" in found


def test_an_edited_plan_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export, plan = tmp_path / "alarms.json", tmp_path / "plan.yml"
    export.write_text('{"MetricAlarms": []}', encoding="utf-8")
    asked = [*ADOPT, "--from", str(export), "--plan", str(plan)]
    assert main(asked) == main(asked) == 0  # as it was made
    edited = plan.read_text(encoding="utf-8") + "# reviewed\n"
    plan.write_text(edited, encoding="utf-8")
    assert main(asked) == 2
    assert "write over it with --force" in capsys.readouterr().err
    assert plan.read_text(encoding="utf-8") == edited
    assert main([*asked, "--force"]) == 0
    assert plan.read_text(encoding="utf-8") != edited
    assert main([*ADOPT, "--from", str(export), "--plan", str(export), "--force"]) == 2
    assert "is read by this command" in capsys.readouterr().err


def test_without_credentials_it_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from botocore.exceptions import NoCredentialsError

    class NotLoggedIn:
        def describe_alarms(self, **_: object) -> None:
            raise NoCredentialsError

    monkeypatch.setattr(sources, "clients_of", lambda: lambda _: lambda _: NotLoggedIn())
    monkeypatch.setattr("cli.adoption.account.alarm_types", lambda _: [])
    path = tmp_path / "plan.yml"
    path.write_text(_text(path, "a", "b", "c", "d"), encoding="utf-8")
    assert main([*ADOPT, "--apply", str(path)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "there are no credentials for AWS (NoCredentialsError): set AWS_PROFILE, or log in" in said.err


def test_a_session_that_ends_half_way_leaves_the_rest_untried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    account = Account()
    account.faults = {("DescribeAlarms", 2): "ExpiredToken"}
    monkeypatch.setattr(sources, "clients_of", lambda: lambda _: account.client)
    path = tmp_path / "plan.yml"
    path.write_text(_text(path, "a", "b", "c", "d"), encoding="utf-8")
    assert main([*ADOPT, "--apply", str(path)]) == 1
    said = capsys.readouterr()
    assert said.out == "refused: a: there is no such alarm any more\n1 refused\n"
    assert "the session has ended (ExpiredToken): log in again: 3 are left, not tried; apply the plan again" in said.err
    assert account.calls["DescribeAlarms"] == 2
