"""docs/start.md shows what the commands print, and what it writes runs on this machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alertrelay.sources import unwrap

from cli import discover
from cli.command import main
from compiler.config_folder import VARIABLE
from local.stack.day import DayRun
from local.stack.day_input import START, own_time, template_of
from tests.cli.discovery.account import account, add_database

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "start.md").read_text(encoding="utf-8")
INIT = "alerts --environment prod --region eu-west-1 --on-call-mail oncall@acme.test --slack #alerts --pagerduty"


def _block(marker: str) -> str:
    """Return a block of the page without the line of its command."""
    match = re.search(rf"<!-- {re.escape(marker)} -->\n```\w*\n(?:\$ [^\n]*\n)?(.*?)```", PAGE, re.DOTALL)
    assert match is not None
    return match[1]


@pytest.fixture(name="here")
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and credentials that are none."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "FAKE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_page_shows_what_init_discover_and_check_print(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", *INIT.split()]) == 0
    assert capsys.readouterr().out == _block("output: init")
    monkeypatch.chdir(here / "alerts")
    assert main(["check", "--strict"]) == 0
    assert capsys.readouterr().out == _block("output: check")
    with account(serverless=()) as client:
        add_database(client, "shop-db", tags={"service": "shop", "owner": "commerce"}, storage_type="gp3")
        add_database(client, "lab-db", instance_class="db.m99g.large", storage_type="gp3")
        sqs = client("sqs")
        sqs.create_queue(QueueName="jobs-dead")
        policy = '{"deadLetterTargetArn": "arn:aws:sqs:eu-west-1:123456789012:jobs-dead", "maxReceiveCount": 3}'
        tags = {"service": "shop", "owner": "commerce"}
        sqs.create_queue(QueueName="jobs", Attributes={"RedrivePolicy": policy}, tags=tags)
        monkeypatch.setattr(discover, "client_of", lambda _: client)
        assert main(["discover", "--env", "prod"]) == 0
        shown = capsys.readouterr()
        assert shown.out + shown.err == _block("output: discover")
        assert main(["discover", "--env", "prod", "--write"]) == 0
    capsys.readouterr()
    assert main(["check"]) == 0
    assert capsys.readouterr().out == _block("output: check again")


def test_what_init_writes_deploys_the_relay_alone_and_delivers_an_alarm(here: Path) -> None:
    assert main(["init", *INIT.split()]) == 0
    template = template_of("prod", config=here / "alerts")
    alarms = "".join(path.read_text() for path in template.parent.glob("*Alarms*.template.json"))
    assert "AWS::CloudWatch::Alarm" not in alarms
    envelopes = unwrap(_block("example: my-alarm.json").encode())
    with DayRun(template, "prod", start=own_time(envelopes, START), down={}) as run:
        run.publish("my-alarm.json", envelopes)
        day = run.finish()
    assert day.lost == ()
    delivered = {told.outcome.receiver for event in day.events for told in event.deliveries}
    assert delivered == {"pagerduty-oncall", "slack-alerts", "email-oncall"}
    assert {told.outcome.outcome for event in day.events for told in event.deliveries} == {"delivered"}
