"""`alertrelay route`, by itself and beside amtool."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml

from cli.command import main
from cli.route import receivers
from compiler.load import try_out

TREE = """
route:
  receiver: root
  group_by: [service]
  routes:
    - matchers: [severity="critical"]
      receiver: page
      group_wait: 0s
      mute_time_intervals: [night]
      continue: true
    - matchers: [severity="critical"]
      receiver: chat
      group_by: ['...']
      routes:
        - matchers: [team=~"a|b"]
          receiver: page
          active_time_intervals: [night]
    - match: {severity: info}
      receiver: nobody
receivers: [{name: root}, {name: page}, {name: chat}, {name: nobody}]
time_intervals: [{name: night, time_intervals: []}]
"""


@pytest.fixture(name="config")
def _config(tmp_path: Path) -> Path:
    path = tmp_path / "alertmanager.yml"
    path.write_text(TREE)
    return path


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ([], "root"),
        (["severity=critical"], "page,chat"),
        (["severity=critical", "team=a"], "page,page"),
        (["severity=info"], "nobody"),
        (["severity=warning"], "root"),
        (['severity="critical"', "team="], "page,chat"),
        (["severity=info", "severity=critical"], "page,chat"),  # the later one counts, as for amtool
        (["severity=critical,team=a"], "root"),  # the comma belongs to the value
    ],
)
def test_the_last_line_is_the_receivers_in_the_order_of_the_routes(
    config: Path, labels: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["route", "--config", str(config), *labels]) == 0
    assert last_line(capsys) == told


def test_the_tree_shows_the_way_and_what_holds_at_its_ends(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", "--config", str(config), "--tree", "severity=critical", "team=a"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "{}",
        '├── {severity="critical"} continue -> page '
        "(group by [service], wait 0s, interval 5m, repeat 4h, muted in night)",
        '└── {severity="critical"}',
        '    └── {team=~"a|b"} -> page (group by all labels, wait 30s, interval 5m, repeat 4h, active in night)',
        "page,page",
    ]


def test_the_tiers_of_a_critical_alert_stand_before_the_receivers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "alertmanager.yml"
    chat = "slack_configs: [{api_url_file: /etc/alertmanager/secrets/hook, channel: '#ops'}]"
    config.write_text(f"""
route: {{receiver: chat, routes: [{{matchers: [team=none], receiver: nobody}}]}}
receivers: [{{name: chat, {chat}}}, {{name: second, {chat}}}, {{name: boss, {chat}}}, {{name: nobody}}]
time_intervals: [{{name: day, time_intervals: [{{times: [{{start_time: "08:00", end_time: "20:00"}}]}}]}}]
""")
    (tmp_path / "delivery.yml").write_text(
        "escalation: {tiers: [{receivers: [second], hours: [day]}, {receivers: [boss, second]}]}\n"
    )
    tiers = [
        "tier 2, where nobody acknowledges it for 15m -> second (in day)",
        "tier 3, where nobody acknowledges it for 30m -> boss,second",
    ]
    shown = {}
    for labels in ("severity=critical", "severity=warning", "severity=critical team=none", "--tree", ""):
        assert main(["route", "--config", str(config), *labels.split()]) == 0
        shown[labels] = [line for line in capsys.readouterr().out.splitlines() if " -> chat (" not in line]
    assert shown["severity=critical"] == [*tiers, "chat"]
    assert (shown["severity=warning"], shown["severity=critical team=none"]) == (["chat"], ["nobody"])
    assert (shown["--tree"][-3:], shown[""]) == ([*tiers, "chat"], ["chat"])


@pytest.mark.parametrize("label", ["severity", "severity!=info", "severity=~a", "{severity=a}", "=a"])
def test_what_is_no_label_is_a_usage_error(config: Path, label: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", "--config", str(config), label]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("alertrelay route: ")


def test_a_file_with_secrets_and_kinds_that_are_not_served_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "theirs.yml"
    path.write_text("""
route: {receiver: r}
receivers:
  - name: r
    slack_configs: [{api_url: 'https://hooks.slack.com/services/T000/B000/FAKE', channel: c}]
    telegram_configs: [{bot_token: fake-token, chat_id: 1, send_resolved: false}]
    wechat_configs: [{api_secret: fake-secret}]
    sns_configs: [{topic_arn: '{{ .CommonLabels.topic }}'}]
    webhook_configs: [{url: 'https://hooks.example.com/a'}, {url: 'https://hooks.example.com/b'}]
""")
    assert main(["route", "--config", str(path), "a=b"]) == 0
    captured = capsys.readouterr()
    assert captured.out == "r\n"
    assert "fake" not in captured.err.lower()
    loaded = try_out(path)
    assert loaded.config is not None
    told = [(str(t.integration), t.send_resolved) for t in loaded.config.receivers[0].targets]
    assert told == [
        ("r/slack/0", False),
        ("r/sns/0", True),
        ("r/webhook/0", True),
        ("r/webhook/1", True),
        ("r/telegram/0", False),
        ("r/webhook/2", False),
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [("route: {receiver: a}\nreceivers: [{name: b}]\n", 1), ("route: {recever: a}\n", 1), ("a: [", 1), (None, 2)],
)
def test_a_configuration_that_alertmanager_refuses_is_refused(
    text: str | None, code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yml"
    if text is not None:
        path.write_text(text)
    assert main(["route", "--config", str(path)]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert str(path) in captured.err


def test_what_decides_who_is_notified_and_is_not_understood_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.yml"
    path.write_text("route: {receiver: a, routes: [{receiver_matchers: [x=y]}]}\nreceivers: [{name: a}]\n")
    assert main(["route", "--config", str(path)]) == 1
    assert "receiver_matchers" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["route", "simulate"])
def test_the_help_names_what_is_refused_though_nothing_is_sent(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "alertmanager.yml"
    slack = "{api_url_file: /etc/alertmanager/secrets/hook, channel: '#a', text: '{{ if }}'}"
    path.write_text(f"route: {{receiver: a}}\nreceivers: [{{name: a, slack_configs: [{slack}]}}]\n")
    timeline = tmp_path / "timeline.json"
    timeline.write_text("[]")
    words = {"route": [], "simulate": ["--timeline", str(timeline), "--until", "1m"]}[command]
    assert main([command, "--config", str(path), *words]) == 1
    assert "bad-template" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([command, "--help"])
    assert "bad-template" in capsys.readouterr().out


def cases(path: Path, config: Path, text: str) -> int:
    path.write_text(text)
    return main(["route", "--config", str(config), "--cases", str(path)])


def test_cases_that_hold(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "- {labels: {severity: critical}, receivers: [page, chat]}\n- {receivers: [root]}\n"
    assert cases(tmp_path / "cases.yml", config, text) == 0
    assert capsys.readouterr().out == "2 cases, 0 differ\n"


def test_a_case_that_differs_is_shown_with_its_line(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "cases.yml"
    text = "- {labels: {}, receivers: [root]}\n- labels: {severity: critical, code: 500}\n  receivers: [chat, page]\n"
    assert cases(path, config, text) == 1
    assert capsys.readouterr().out.splitlines() == [
        f'{path}:2: {{code="500", severity="critical"}}',
        "  expected chat,page",
        "  but got page,chat",
        "2 cases, 1 differs",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty"),
        ("a: b", "a list of cases"),
        ("[]", "expected a list of cases, got an empty list"),
        ("- a", "expected a mapping, got"),
        ("- {labels: {a: b}}", "'receivers' is missing"),
        ("- {label: {a: b}, receivers: [root]}", "did you mean 'labels'?"),
        ("- {labels: [a], receivers: [root]}", "expected a mapping, got"),
        ("- {labels: {a: [b]}, receivers: [root]}", "expected text, got"),
        ("- {receivers: root}", "write [root]"),
    ],
)
def test_a_file_that_holds_no_cases_is_an_error_and_not_a_pass(
    text: str, said: str, config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cases(tmp_path / "cases.yml", config, text) == 2
    assert said in capsys.readouterr().err


def test_cases_and_labels_exclude_each_other(config: Path, tmp_path: Path) -> None:
    assert main(["route", "--config", str(config), "--cases", str(tmp_path / "c.yml"), "a=b"]) == 2
    assert main(["route", "--config", str(config), "--cases", str(tmp_path / "c.yml")]) == 2


def test_the_configuration_s_folder_is_the_default(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", "severity=info"]) == 0
    assert last_line(capsys) == "nobody"


# --- beside amtool -------------------------------------------------------------------------------------------------

TREES, SETS_A_TREE = 30, 10
NAMES = ("severity", "team", "service", "env")
VALUES = ("", "a", "b", "ab", "a b", "A", "a\nb", "x.y", "é", '"', "\\", "critical")
PATTERNS = ("a|b", "a.*", ".*", ".+", "", "[^a]+", "(?i)a", "a{2}|b", "x\\.y", "a(b)?", "^a$", ".")


def random_matcher(chance: random.Random) -> str:
    name, op = chance.choice(NAMES), chance.choice(["=", "!=", "=~", "!~"])
    value = chance.choice(PATTERNS if "~" in op else VALUES)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'{name}{op}"{escaped}"'


def random_route(chance: random.Random, depth: int, counter: list[int]) -> dict[str, Any]:
    counter[0] += 1
    node: dict[str, Any] = {"matchers": [random_matcher(chance) for _ in range(chance.choice([0, 1, 1, 1, 2]))]}
    if chance.random() < 0.3:
        node["match"] = {chance.choice(NAMES): chance.choice(VALUES)}
    if chance.random() < 0.2:
        node["match_re"] = {chance.choice(NAMES): chance.choice(PATTERNS)}
    if chance.random() < 0.7:
        node["receiver"] = f"r{counter[0] % 7}"
    if chance.random() < 0.4:
        node["continue"] = True
    if depth:
        node["routes"] = [random_route(chance, depth - 1, counter) for _ in range(chance.randint(0, 3))]
    return node


def random_tree(chance: random.Random) -> dict[str, Any]:
    counter = [0]
    routes = [random_route(chance, 2, counter) for _ in range(chance.randint(1, 5))]
    return {
        "route": {"receiver": "root", "routes": routes},
        "receivers": [{"name": n} for n in ("root", *(f"r{i}" for i in range(7)))],
    }


def told_by_amtool(path: Path, labels: Sequence[str]) -> str:
    command = ["amtool", "config", "routes", "test", f"--config.file={path}", *labels]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout.splitlines()[-1]


@pytest.mark.needs_tool("amtool")
def test_random_label_sets_are_routed_through_random_trees_as_by_amtool(tmp_path: Path) -> None:
    chance = random.Random(20261120)
    asked = []
    for n in range(TREES):
        path = tmp_path / f"{n}.yml"
        path.write_text(yaml.safe_dump(random_tree(chance), allow_unicode=True))
        config = try_out(path).config
        assert config is not None, path.read_text()
        for _ in range(SETS_A_TREE):
            labels = {name: chance.choice(VALUES[1:]) for name in chance.sample(NAMES, chance.randint(0, len(NAMES)))}
            asked.append((path, labels, ",".join(receivers(config, labels))))

    def theirs(question: tuple[Path, dict[str, str], str]) -> str:
        path, labels, _ = question
        quoted = (v.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") for v in labels.values())
        return told_by_amtool(path, [f'{k}="{v}"' for k, v in zip(labels, quoted, strict=True)])

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(theirs, asked))
    differ = [
        (path.name, labels, ours, told)
        for (path, labels, ours), told in zip(asked, answers, strict=True)
        if ours != told
    ]
    assert differ == []
    assert len({ours for _, _, ours in asked}) > 20, "the trees hardly tell anything apart"
