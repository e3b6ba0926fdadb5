"""docs/adopt.md shows what the commands print of the made account, and rules that hold."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cli.adoption import sources
from cli.adoption.rules import AdoptionRules, rules_of
from cli.command import main
from tests.cli.adoption.cloudwatch import CHANGED_AT, Account, operations
from tests.example import CONFIG
from tools.made_account import alarms

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "adopt.md").read_text(encoding="utf-8")
ADOPT = ["adopt", "--config-dir", str(CONFIG), "--env", "prod"]
LEFT_OUT = ("…", "  …", "")


def _block(marker: str) -> list[str]:
    match = re.search(rf"<!-- {re.escape(marker)} -->\n```\w*\n(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    return [line for line in match[1].splitlines() if line not in LEFT_OUT]


def test_the_page_shows_what_adopt_prints_plans_and_applies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    account = Account(alarms())
    monkeypatch.setattr(sources, "clients_of", lambda: lambda _: account.client)
    assert main([*ADOPT, "--plan", "adopt-plan.yml"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert [line for line in _block("output: adopt") if line not in shown] == []
    planned = re.sub(r"\d{4}-?\d\d-?\d\dT[\d:]+Z", "TIME", Path("adopt-plan.yml").read_text(encoding="utf-8"))
    page = [re.sub(r"\d{4}-?\d\d-?\d\dT[\d:]+Z", "TIME", line) for line in _block("output: plan")]
    assert [line for line in page if line not in planned.splitlines()] == []
    account.fields("payments-error-logs").update(Threshold=21.0, AlarmConfigurationUpdatedTimestamp=CHANGED_AT)
    assert main([*ADOPT, "--apply", "adopt-plan.yml"]) == 1
    applied = capsys.readouterr().out.splitlines()
    assert [line for line in _block("output: apply") if line not in applied and "take it back" not in line] == []


def test_the_policy_of_the_page_allows_what_is_asked_and_no_more() -> None:
    match = re.search(r"```json\n(\{\"Version\".*?)```", PAGE, re.DOTALL)
    assert match is not None
    listed = [statement["Action"] for statement in json.loads(match[1])["Statement"]]
    allowed = {action for each in listed for action in ([each] if isinstance(each, str) else each)}
    services = {"GetResources": "tag", "ListSubscriptions": "sns"}
    asked = {f"{services.get(name, 'cloudwatch')}:{name}" for name in operations()}
    assert allowed == asked | {"cloudformation:DescribeStacks"}


def test_the_rules_of_the_page_hold(tmp_path: Path) -> None:
    match = re.search(r"```yaml\n(severity:.*?)```", PAGE, re.DOTALL)
    assert match is not None
    path = tmp_path / "adopt.yml"
    path.write_text(match[1], encoding="utf-8")
    assert isinstance(rules_of(path), AdoptionRules)
