"""The weekly audit reaches the Slack channel and the mailbox of its receiver, and people where neither takes it."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.aws.log_query import LogQuery
from alertrelay.channels.transport.connection import Network
from alertrelay.channels.transport.senders import Senders
from alertrelay.config.alarm_file import AlarmFile
from alertrelay.memory.ports import ManualClock, MemorySecrets
from alertrelay.ports import SelfAlert
from alertrelay.runtime import weekly
from alertrelay.runtime.observe import Observer
from alertrelay.runtime.weekly import Reporting, report
from slack_sdk.models.blocks import Block

from compiler.load import load
from local.stack.shipped import fake_secrets
from local.standins import StandIns
from tests.aws.log_insights import Insights
from tests.example import CONFIG
from tests.nflog.history.lines import MONDAY, firing

NOW = MONDAY + timedelta(days=20)
CONFIGURATION = load(CONFIG, "prod").config
DAYS = [MONDAY + n * timedelta(days=1) for n in range(6)]
LINES = [(at, text) for at in DAYS for text in firing(at, "a", 3)]


class Counting(Insights):
    """Insights that also counts by the hour."""

    def get_query_results(self, **request: Any) -> dict[str, Any]:
        query = self.asked[int(request["queryId"]) - 1]
        if "stats count(*) as lines by bin(1h)" not in query["queryString"]:
            return super().get_query_results(**request)
        hours = Counter(at.replace(minute=0, second=0, microsecond=0) for at, _ in self.lines)
        rows = [
            [
                {"field": "bin(1h)", "value": f"{at:%Y-%m-%d %H:%M:%S}.000"},
                {"field": "lines", "value": str(number)},
            ]
            for at, number in hours.items()
        ]
        return self._valid({"status": "Complete", "results": rows})


def reporting(peers: StandIns, *receivers: str) -> Reporting:
    assert CONFIGURATION is not None
    insights = Counting(LINES)
    query = LogQuery(client=lambda: insights, groups=["g"], clock=ManualClock(NOW))
    found = [CONFIGURATION.receiver(name) for name in receivers]
    return Reporting(
        file=AlarmFile(name="prod.yml", text="", reviewed="2026-11-01", alarms={}),
        targets=[target for receiver in found if receiver for target in receiver.targets],
        lines=lambda since, until: weekly.lines_within(query, since, until),
        points=lambda *_: None,
        dead_links=lambda _: {},
        senders=Senders(Network(endpoints=peers.endpoints, haste=50.0)),
    )


def sent(own: Reporting, **secrets: str) -> list[SelfAlert]:
    mails: list[SelfAlert] = []
    report(
        own,
        "prod",
        clock=ManualClock(NOW),
        secrets=MemorySecrets({name: (value,) for name, value in secrets.items()}),
        observer=Observer(service="auditor", level="", namespace="alertrelay", also=None, environment="prod"),
        alert_ops=mails.append,
    )
    return mails


def test_slack_and_the_mailbox_get_the_audit(capsys: pytest.CaptureFixture[str]) -> None:
    assert CONFIGURATION is not None
    with StandIns() as peers:
        mails = sent(reporting(peers, "slack-database", "email-database"), **fake_secrets(CONFIGURATION))
        slack, mail = sorted(peers.requests, key=lambda one: one.channel, reverse=True)
    assert mails == []
    assert isinstance(slack.body, dict)
    for block in slack.body["blocks"]:
        parsed = Block.parse(block)
        assert parsed is not None
        assert parsed.to_dict() == block
    assert "Alarms of prod, 28 days to 2026-11-22: 6 alerts of 1 alarm, 1 noisy" in str(slack.body)
    assert "Half arrived within 2 s" in str(mail.body)
    assert '"message":"audit_reported"' in capsys.readouterr().out


def test_what_no_channel_takes_is_mailed_to_people(capsys: pytest.CaptureFixture[str]) -> None:
    with StandIns() as peers:
        (mail,) = sent(reporting(peers, "slack-database"))
    assert mail.name == "WeeklyAudit"
    assert "6 alerts of 1 alarm" in mail.text
    assert '"message":"audit_not_sent"' in capsys.readouterr().out


@pytest.mark.parametrize(("most", "days"), [(6, 3), (3, 2), (100, 6)])
def test_a_log_of_more_lines_than_can_be_read_is_read_from_later_on(
    monkeypatch: pytest.MonkeyPatch, most: int, days: int
) -> None:
    """Each day has two lines in one hour."""
    monkeypatch.setattr(weekly, "MOST_LINES", most)
    with StandIns() as peers:
        own = reporting(peers, "slack-database")
        since, lines = own.lines(NOW - weekly.SPAN, NOW)
        (mail,) = sent(own)
    assert {at.date() for at, _ in lines} <= {at.date() for at in DAYS[-days:]}
    assert ("lines: read from" in mail.text) == (since > NOW - weekly.SPAN) == (most < 100)


def test_a_storm_in_one_hour_is_read_in_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weekly, "MOST_LINES", 250)
    storm = [(MONDAY + n * timedelta(seconds=36), "{}") for n in range(100)]  # one hour
    insights = Counting([*storm[:1] * 1_000, *((at + timedelta(hours=1), text) for at, text in storm)])
    query = LogQuery(client=lambda: insights, groups=["g"], clock=ManualClock(NOW))
    since, _ = weekly.lines_within(query, MONDAY - weekly.SPAN, NOW)
    assert since == MONDAY + timedelta(hours=1) * (1 - 150 / 1_000)
