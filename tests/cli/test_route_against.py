"""`alertrelay route --against`: who is notified now and was before."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.command import main

OLD = """
global: {resolve_timeout: 5m, slack_api_url: 'https://hooks.slack.com/services/T/B/FAKEOLD'}
route:
  receiver: root
  routes:
    - matchers: [severity="critical"]
      receiver: page
    - matchers: [team=~"a.*", team!="another"]
      receiver: chat
      routes: [{matchers: ['env!="prod"'], receiver: void}]
time_intervals: [{name: night, time_intervals: [{times: [{start_time: '00:00', end_time: '06:00'}]}]}]
receivers:
  - name: root
  - name: page
    pagerduty_configs: [{routing_key: FAKEOLD}]
  - name: chat
    slack_configs: [{channel: '#a', send_resolved: true}]
  - name: void
"""
SWAPPED = OLD.replace("receiver: page", "receiver: X").replace("receiver: chat", "receiver: page")
SWAPPED = SWAPPED.replace("receiver: X", "receiver: chat")


def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], now: str, *more: str, old: str = OLD
) -> tuple[int, list[str]]:
    for name, text in (("old.yml", old), ("now.yml", now)):
        (tmp_path / name).write_text(text)
    code = main(["route", "--config", str(tmp_path / "now.yml"), "--against", str(tmp_path / "old.yml"), *more])
    return code, capsys.readouterr().out.splitlines()


def test_a_file_against_itself_differs_in_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    summary = "other receivers at 0 of 4 routes"
    assert run(tmp_path, capsys, OLD) == (0, [summary])


def test_a_swap_of_the_receivers_of_two_routes_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, capsys, SWAPPED) == (
        1,
        [
            '{}/{severity="critical"}: {severity="critical"}',
            "  now    chat",
            "  before page",
            '{}/{team=~"a.*",team!="another"}: {env="prod", team="a"}',
            "  now    page",
            "  before chat",
            "other receivers at 2 of 4 routes",
        ],
    )


def test_a_new_route_shows_whom_it_takes_alerts_from(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    now = OLD.replace("  routes:\n", "  routes:\n    - {matchers: ['service=\"x\"'], receiver: void}\n", 1)
    code, lines = run(tmp_path, capsys, now)
    assert code == 1
    taken = lines.index('{}/{severity="critical"}: {service="x", severity="critical"}')
    assert lines[taken + 1 : taken + 3] == ["  now    void", "  before page"]
    assert lines[:3] == ['{}/{service="x"}: {service="x"}', "  now    void", "  before root"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("routing_key: FAKEOLD", "routing_key: FAKENEW", "receiver 'page': other pagerduty_configs[0].routing_key"),
        ("channel: '#a'", "channel: '#b'", "receiver 'chat': other slack_configs[0].channel"),
        ("T/B/FAKEOLD", "T/B/FAKENEW", "global: other slack_api_url"),
        ("  - name: void", "  - name: void\n    sns_configs: []", "receiver 'void': other sns_configs"),
    ],
)  # fmt: skip
def test_another_destination_is_named_and_no_secret(
    old: str, new: str, line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = run(tmp_path, capsys, OLD.replace(old, new))
    assert (code, lines[0]) == (1, line)
    assert "FAKE" not in "".join(lines)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("receiver: page", "receiver: page\n      group_wait: 7s", '{}/{severity="critical"}: other group_wait'),
        ("end_time: '06:00'", "end_time: '07:00'", "time interval 'night': other times"),
        ("resolve_timeout: 5m", "resolve_timeout: 6m", None),
        (
            "  - name: void",
            "  - name: void\ninhibit_rules: [{source_matchers: [a=b], target_matchers: [a=c]}]",
            "inhibit_rules: other rules",
        ),
    ],
)
def test_a_setting_is_shown_and_is_no_change_of_receivers(
    old: str, new: str, line: str | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, lines = run(tmp_path, capsys, OLD.replace(old, new))
    assert (code, lines[:-1]) == (0, [line] if line else [])


def test_each_case_shows_now_and_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = tmp_path / "cases.yml"
    cases.write_text(
        "- {labels: {severity: critical}, receivers: [chat]}\n"
        "- {labels: {x: y}, receivers: [root]}\n- {labels: {team: ab, env: prod}, receivers: [chat]}\n"
    )
    code, lines = run(tmp_path, capsys, SWAPPED, "--cases", str(cases))
    assert code == 1
    assert lines[:3] == [f'{cases}:1: {{severity="critical"}}', "  now    chat", "  before page"]
    assert lines[3] == f'{cases}:2: {{x="y"}}: root, as before'
    assert 'the alert: {team="b"}: root, as before' in run(tmp_path, capsys, SWAPPED, "team=b")[1]
    assert f"{cases}:3: expected chat, but got page" in lines


def test_a_case_that_does_not_hold_fails_without_any_change(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = tmp_path / "cases.yml"
    cases.write_text("- {labels: {severity: critical}, receivers: [chat]}\n")
    assert run(tmp_path, capsys, OLD, "--cases", str(cases))[0] == 1


@pytest.mark.parametrize(("text", "code"), [("route: {receiver: nobody}\nreceivers: []\n", 1), (None, 2)])
def test_an_earlier_file_that_is_refused_is_named(
    text: str | None, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "now.yml").write_text(OLD)
    if text:
        (tmp_path / "alertmanager.yml").write_text(text)
    old = tmp_path if text else tmp_path / "none.yml"
    assert main(["route", "--config", str(tmp_path / "now.yml"), "--against", str(old)]) == code
    assert str(old) in capsys.readouterr().err


def test_the_whole_tree_is_drawn_without_a_label(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.yml").write_text(OLD)
    assert main(["route", "--config", str(tmp_path / "a.yml"), "--tree"]) == 0
    shown = [line.split(" (")[0] for line in capsys.readouterr().out.splitlines()]
    assert shown == [
        "{} -> root",
        '├── {severity="critical"} -> page',
        '└── {team=~"a.*",team!="another"} -> chat',
        '    └── {env!="prod"} -> void',
        "root",
    ]
