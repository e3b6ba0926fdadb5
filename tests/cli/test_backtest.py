"""A recorded month, played through the configuration: messages before and after, by channel and by alarm."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cli.adoption import sources
from cli.command import main
from tests.cli.adoption.cloudwatch import Account
from tests.example import CONFIG
from tools.made_account import alarms, lines, subscriptions
from tools.made_history import history

BACKTEST = ["backtest", "--config-dir", str(CONFIG), "--env", "prod"]
TREE = """
route:
  receiver: chat
  group_by: [{group_by}]
  repeat_interval: 24h
  routes: [{{matchers: [severity="info"], receiver: nobody}}]
receivers:
  - name: nobody
  - name: chat
    slack_configs: [{{channel: "#alerts", api_url_file: /secrets/slack, send_resolved: {resolved}}}]
    email_configs: [{{to: "a@acme.test, b@acme.test", send_resolved: false}}]
global: {{smtp_smarthost: "smtp.acme.test:587", smtp_from: a@acme.test, smtp_require_tls: true}}
"""


def _folder(path: Path, *, group_by: str = "alertname", resolved: str = "true") -> Path:
    """A configuration of one channel of Slack, and a mail to two people."""
    path.mkdir()
    text = TREE.format(group_by=group_by, resolved=resolved)
    (path / "alertmanager.yml").write_text(text, encoding="utf-8")
    shutil.copytree(CONFIG / "environments", path / "environments")
    return path


@pytest.fixture(name="week", scope="module")
def _week(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fifty alarms with two days of history."""
    path = tmp_path_factory.mktemp("made") / "week.jsonl"
    path.write_text("\n".join(lines(50, days=2)) + "\n", encoding="utf-8")
    return path


def _json(words: list[str], capsys: pytest.CaptureFixture[str]) -> Any:
    assert main([*words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_the_reduction_is_shown_by_channel_and_by_alarm_for_both_configurations(
    week: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    now = _folder(tmp_path / "now", resolved="false")
    old = _folder(tmp_path / "old", group_by="alertname, env")
    asked = ["backtest", "--config-dir", str(now), "--env", "prod", "--history", str(week), "--against", str(old)]
    found = _json(asked, capsys)
    channels = {one["name"]: one for one in found["channels"]}
    assert list(channels)[-1] == "all"
    for one in (*channels.values(), *found["by_alarm"]):
        for side in ("after", "against"):
            percent = one["reduction_percent" if side == "after" else "against_reduction_percent"]
            before = one["before"]
            assert percent == (round(100 * (before - one[side]) / before, 1) if before else None)
    assert channels["slack"]["after"] < channels["slack"]["against"]  # it has no resolves
    assert channels["email"]["after"] == channels["email"]["against"] > 0
    assert channels["email"]["after"] % 2 == 0  # to two people
    assert channels["all"]["before"] == sum(one["before"] for name, one in channels.items() if name != "all")
    assert main([*asked, "--days", "0.5"]) == 0
    said = capsys.readouterr()
    rows = {line.split()[0]: line.split() for line in said.out.splitlines() if line}
    assert rows["CHANNEL"] == ["CHANNEL", "ALARMS", "ALONE", "AGAINST", "FEWER", "RELAY", "FEWER"]
    assert rows["pagerduty"][-3:] == ["0", "100", "%"]


def test_a_page_of_one_alarm_by_hand(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An alarm that fires twice, with two readers of its mails: four mails before, since nothing said that it ended."""
    alarm = next(one for one in alarms() if one["AlarmName"] == "web-queue-depth-step")
    elsewhere = {**alarm, "AlarmArn": alarm["AlarmArn"].replace("eu-west-1", "us-east-1")}
    items = [
        {**item, "Timestamp": f"2026-11-10T0{hour}:00:00Z", "HistorySummary": f"Alarm updated from X to {state}"}
        for hour, state in enumerate(("ALARM", "OK", "ALARM", "OK"))
        for item in history([alarm])[:1]
    ]
    for item in items:
        item.pop("HistoryData")
    readers = subscriptions()[:2]
    path = tmp_path / "one.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in (alarm, elsewhere, *readers, *items)), encoding="utf-8")
    folder = _folder(tmp_path / "config")
    found = _json(["backtest", "--config-dir", str(folder), "--env", "prod", "--history", str(path)], capsys)
    assert (found["changes"], found["alarms"]) == (4, 1)
    assert [(one["name"], one["before"], one["after"]) for one in found["channels"]] == [
        ("email", 4, 4),  # two firings, to two people
        ("slack", 0, 4),  # two firings and two resolves
        ("all", 4, 8),
    ]


def test_what_adopt_leaves_alone_counts_on_neither_side_and_is_said(
    week: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = _json([*BACKTEST, "--history", str(week), "--days", "1"], capsys)
    assert any("that adopt leaves alone count on neither side" in note for note in found["notes"])
    assert "TargetTracking-service/main/web-AlarmHigh-5f0c" not in [one["name"] for one in found["by_alarm"]]
    assert all(one["against"] is None for one in found["channels"] if "against" in one)


def test_the_account_is_read_page_by_page_type_by_type_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = alarms(50)
    account = Account(made, history=history(made, days=2), subscriptions=subscriptions(), page=20)
    account.faults = {("ListSubscriptions", 1): "AuthorizationError"}
    monkeypatch.setattr(sources, "clients_of", lambda: lambda _: account.client)
    monkeypatch.setattr("cli.backtest._now", lambda: datetime(2026, 11, 3, tzinfo=UTC))
    kept = tmp_path / "kept.jsonl"
    asked = ["backtest", "--config-dir", str(_folder(tmp_path / "config")), "--env", "prod"]
    assert main([*asked, "--days", "2", "--save", str(kept), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["changes"] > 20
    assert account.calls["DescribeAlarmHistory"] > 9  # of three types, three kinds of items, some on several pages
    assert any("each topic counts as one reader" in note for note in found["notes"])
    again = _json([*asked, "--history", str(kept)], capsys)
    assert again["changes"] == found["changes"]
    assert [one["before"] for one in again["channels"]] == [one["before"] for one in found["channels"]]


def test_lines_that_end_in_the_middle_are_named_and_the_rest_counts(
    week: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = week.read_text(encoding="utf-8")
    cut = tmp_path / "cut.jsonl"
    count = len(text.splitlines())
    cut.write_text('{"kind": "Pod"}\n{"a\n' + text.rstrip()[:-30], encoding="utf-8")
    assert main([*BACKTEST, "--history", str(cut), "--days", "0.2", "--top", "1"]) == 0
    said = capsys.readouterr().err
    assert f"{cut}, line 2: is not JSON" in said
    assert f"{cut}, line {count + 2}: the file ends in the middle of this line; it is left out" in said
    assert f"{cut}, line 1: expected an alarm, an item of history or a subscription, got an object with kind" in said


def test_a_month_without_alerts_says_so_and_alarms_without_history_are_no_month(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "quiet.json"
    changed = {"AlarmName": "x", "HistoryItemType": "ConfigurationUpdate", "Timestamp": "2026-11-10T01:00:00Z"}
    path.write_text(json.dumps([{"MetricAlarms": alarms(30)}, changed]), encoding="utf-8")
    assert main([*BACKTEST, "--history", str(path)]) == 0
    assert "no alarm changed its state: there is nothing to compare" in capsys.readouterr().out
    for timeless in ([], [{**changed, "Timestamp": "soon"}]):
        path.write_text(json.dumps([{"MetricAlarms": alarms(30)}, *timeless]), encoding="utf-8")
        assert main([*BACKTEST, "--history", str(path)]) == 2
        shown = capsys.readouterr()
        assert shown.out == ""
        assert f"{path}: 30 alarms, and no item of history with a time: `aws cloudwatch describe-alarm" in shown.err


def test_alarms_that_no_definition_is_known_of_are_named(
    week: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "history.jsonl"
    kept = [line for line in week.read_text(encoding="utf-8").splitlines() if "HistoryItemType" in line]
    path.write_text("\n".join(kept), encoding="utf-8")
    assert main([*BACKTEST, "--history", str(path)]) == 0
    assert "that no definition is known of count on neither side" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--history", "/nowhere/x"], "/nowhere/x cannot be read: No such file"),
        (["--history", __file__], "expected what `aws cloudwatch describe-alarm-history`"),
        (["--against", "/nowhere", "--history", __file__], "/nowhere"),
        (["--days", "0"], "expected a number of days up to 366, got '0'"),
        (["--top=-1"], "expected a whole number of alarms, such as 15, got '-1'"),
        (["--history", __file__, "--save", __file__], "is read by this command"),
    ],
)
def test_usage_is_refused_with_the_mend(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main([*BACKTEST, *words])
    except SystemExit as ended:
        code = ended.code  # type: ignore[assignment] # argparse exits with a number
    assert code == 2
    assert said in capsys.readouterr().err
