"""`alertrelay simulate`: what it prints, what it says on stderr, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cli.command import main
from tests.example import CONFIG as EXAMPLE

CONFIG = """
route: {receiver: pager, group_by: [service], group_wait: 30s, group_interval: 5m, repeat_interval: 4h}
receivers:
  - name: pager
    pagerduty_configs: [{routing_key: not-a-real-key, description: '{{ .CommonLabels.alertname }}'}]
  - name: chat
    slack_configs:
      - {api_url: 'https://hooks.example.com/not-real', channel: '#{{ .GroupLabels.service }}', send_resolved: true}
  - name: phones
    opsgenie_configs: [{api_key: not-a-real-key}]
  - name: nobody
inhibit_rules:
  - {source_matchers: [alertname=ServiceDown], target_matchers: [alertname!=ServiceDown], equal: [service]}
"""
DELIVERY = "fallbacks: {pager: [[chat]]}\nlast_resort: {email: [oncall@example.com]}\n"
CPU = {"labels": {"alertname": "CPU", "service": "orders"}, "source": "cloudwatch"}
DOWN = {"labels": {"alertname": "ServiceDown", "service": "orders"}, "source": "cloudwatch"}
SILENCE = {"name": "work", "matchers": [{"name": "service", "value": "orders"}], "startsAt": 0, "endsAt": 600}

Lines = list[dict[str, Any]]
Simulate = Callable[..., Lines]


@pytest.fixture
def simulate(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Simulate:
    """simulate(timeline, "--explain", until=900, config=…): the lines; it must end with 0."""

    def run(timeline: Any, *flags: str, until: float = 900, config: str = CONFIG, delivery: str = "") -> Lines:
        (tmp_path / "alertmanager.yml").write_text(config)
        (tmp_path / "timeline.json").write_text(json.dumps(timeline))
        command = ["simulate", "--config", str(tmp_path / "alertmanager.yml"), "--until", str(until), *flags]
        if delivery:
            (tmp_path / "delivery.yml").write_text(delivery)
            command += ["--delivery", str(tmp_path / "delivery.yml")]
        assert main([*command, "--timeline", str(tmp_path / "timeline.json")]) == 0
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


def told(lines: Lines) -> list[tuple[Any, ...]]:
    return [(line["t"], line["receiver"], line["reason"], line["code"]) for line in lines]


@pytest.mark.parametrize("flags", [(), ("--compatible",), ("--compatible=0.25",)])
def test_a_line_has_the_documented_fields(simulate: Simulate, flags: tuple[str, ...]) -> None:
    assert simulate([[0, [CPU]]], *flags) == [
        {
            "t": 30.0,
            "receiver": "pager",
            "groupKey": '{}:{service="orders"}',
            "groupLabels": {"service": "orders"},
            "status": "firing",
            "alerts": [{"labels": CPU["labels"], "status": "firing"}],
            "reason": "first_notification",
            "code": 200,
            "attempts": 1,
        }
    ]


def test_t_has_three_decimals(simulate: Simulate, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    simulate([[0.0625, [CPU]]])
    files = ["--config", str(tmp_path / "alertmanager.yml"), "--timeline", str(tmp_path / "timeline.json")]
    main(["simulate", *files, "--until", "60"])
    assert capsys.readouterr().out.startswith('{"t": 30.062, "receiver": ')


def test_secrets_and_templates_are_warned_of_and_never_shown(
    simulate: Simulate, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    simulate([])
    files = ["--config", str(tmp_path / "alertmanager.yml"), "--timeline", str(tmp_path / "timeline.json")]
    assert main(["simulate", *files, "--until", "1"]) == 0
    said = capsys.readouterr()
    assert "inline-secret" in said.err
    assert "template" in said.err
    assert "not-a-real-key" not in said.out + said.err


def test_an_unserved_kind_counts_and_an_empty_receiver_prints_nothing(
    simulate: Simulate,
) -> None:
    for receiver, lines in (("phones", 1), ("nobody", 0)):
        config = CONFIG.replace("{receiver: pager,", f"{{receiver: {receiver},")
        assert len(simulate([[0, [CPU]]], config=config)) == lines


def test_a_failing_channel_is_tried_four_times_and_its_fallback_is_resolved(simulate: Simulate) -> None:
    timeline = [[0, {"sink": {"pager": 503}}], [0, [CPU]], [200, [{**CPU, "endsAt": 200}]]]
    lines = simulate(timeline, delivery=DELIVERY, until=340)
    tries = [line for line in lines if line["receiver"] == "pager"][:4]
    assert [(line["t"], line["attempts"]) for line in tries] == [(30, 1), (31, 2), (33, 3), (37, 4)]
    fallback = [line for line in lines if line["receiver"] == "chat"]
    assert fallback[0]["t"] == 37
    assert fallback[0]["status"] == "firing"
    assert fallback[0]["fallback_for"] == "pager"
    assert fallback[-1]["status"] == "resolved"
    assert fallback[-1]["fallback_for"] == "pager"


def test_the_last_resort_comes_last(simulate: Simulate) -> None:
    lines = simulate(
        [[0, {"sink": "refused"}], [0, {"sink": {"last-resort": 200}}], [0, [CPU]]], delivery=DELIVERY, until=60
    )
    assert [line["receiver"] for line in lines if line["code"] == 200] == ["last-resort"]


def test_a_hang_costs_its_time_and_holds_up_nobody_else(simulate: Simulate) -> None:
    other = {"labels": {"alertname": "CPU", "service": "billing"}, "source": "cloudwatch"}
    lines = simulate([[0, {"sink": "timeout"}], [0, [CPU]], [1, [other]], [31.5, {"sink": 200}]], until=60)
    begun = [(line["groupLabels"]["service"], line["t"]) for line in lines]
    assert begun[:2] == [("orders", 30), ("billing", 31)]
    assert [t for service, t in begun if service == "orders"] == [30, 36]


@pytest.mark.parametrize("flags", [(), ("--compatible",)])
def test_explain_names_what_nobody_is_notified_of(simulate: Simulate, flags: tuple[str, ...]) -> None:
    lines = simulate([[0, [DOWN, CPU]]], "--explain", *flags)
    kept = [line for line in lines if "suppressed" in line]
    assert [(line["t"], line["reason"], line["suppressed"]["labels"]) for line in kept] == [
        (30, "inhibition", CPU["labels"])
    ]
    assert "ServiceDown" in kept[0]["detail"]


def test_an_end_within_a_silence_is_notified_except_as_alertmanager(simulate: Simulate) -> None:
    timeline = [[0, [CPU]], [60, {"silence": {**SILENCE, "startsAt": 60}}], [90, [{**CPU, "endsAt": 90}]]]
    assert told(simulate(timeline)) == [
        (30, "pager", "first_notification", 200),
        (330, "pager", "all_alerts_resolved", 200),
    ]
    assert told(simulate(timeline, "--compatible")) == [(30, "pager", "first_notification", 200)]


def test_a_repeat_comes_on_time_except_as_alertmanager(simulate: Simulate) -> None:
    config = CONFIG.replace("repeat_interval: 4h", "repeat_interval: 10m")
    assert [line["t"] for line in simulate([[0, [CPU]]], until=1300, config=config)] == [30, 630, 1230]
    assert [line["t"] for line in simulate([[0, [CPU]]], "--compatible", until=1300, config=config)] == [30, 930]


def test_only_what_cloudwatch_sends_never_times_out(simulate: Simulate) -> None:
    prometheus = {"labels": {"alertname": "Disk", "service": "billing"}}
    assert [(line["t"], line["status"]) for line in simulate([[0, [CPU, prometheus]]])] == [
        (30, "firing"),
        (30, "firing"),
        (330, "resolved"),
    ]


def test_what_happens_at_one_moment_happens_before_its_timers(simulate: Simulate) -> None:
    config = CONFIG.replace("group_wait: 30s", "group_wait: 0s")
    assert simulate([[5, [CPU]], [5, {"silence": SILENCE}]], config=config, until=100) == []


def test_a_flush_at_the_very_end_is_included(simulate: Simulate) -> None:
    assert len(simulate([[0, [CPU]]], until=30)) == 1
    assert simulate([[0, [CPU]]], until=29.999) == []


def test_times_may_be_absolute_and_the_start_may_be_chosen(simulate: Simulate) -> None:
    old = {**CPU, "startsAt": "2026-02-01T00:00:00Z"}
    assert [line["t"] for line in simulate([[60, [old]]], "--start", "2026-02-01T00:00:00Z")] == [60]
    assert [line["t"] for line in simulate([[60, [old]]], "--start", "2026-01-31T23:59:50Z")] == [60]
    assert [line["t"] for line in simulate([[60, [old]]])] == [90]


def test_a_time_is_a_duration_as_on_the_command_line(simulate: Simulate) -> None:
    ended = {**CPU, "startsAt": "1m", "endsAt": "5m"}
    in_seconds = simulate([[60, [{**CPU, "startsAt": 60}]], [600, [{**CPU, "startsAt": 60, "endsAt": 300}]]])
    assert simulate([["1m", [{**CPU, "startsAt": "1m"}]], ["10m", [ended]]]) == in_seconds


def test_a_reload_that_has_errors_changes_nothing(simulate: Simulate) -> None:
    for flags in ((), ("--compatible",)):
        assert len(simulate([[0, [CPU]], [10, {"reload": "route: {receiver: ghost}"}]], *flags)) == 1


def test_a_failed_try_is_repeated_without_jitter_as_alertmanager(simulate: Simulate) -> None:
    lines = simulate([[0, {"sink": 500}], [0, [CPU]], [32, {"sink": 200}]], "--compatible")
    assert [(line["t"], line["code"]) for line in lines] == [(30, 500), (30.5, 500), (31.25, 500), (32.375, 200)]


def test_a_refusal_is_not_retried_within_the_flush_except_429_of_pagerduty(simulate: Simulate) -> None:
    for code, tries in ((400, 1), (429, 3)):
        lines = simulate([[0, {"sink": code}], [0, [CPU]]], "--compatible", until=31.5)
        assert len(lines) == tries


BAD = {
    "nothing at all": "{",
    "no list": "{}",
    "no pair": "[[1]]",
    "no number": '[["1", []]]',
    "before the start": "[[-1, []]]",
    "no known key": '[[0, {"sinc": 1}]]',
    "no answer": '[[0, {"sink": 99}]]',
    "a silence without a name": '[[0, {"silence": {}}]]',
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_a_file_that_is_no_timeline_is_named(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "alertmanager.yml").write_text(CONFIG)
    (tmp_path / "timeline.json").write_text(text)
    files = ["--config", str(tmp_path / "alertmanager.yml"), "--timeline", str(tmp_path / "timeline.json")]
    assert main(["simulate", *files, "--until", "1"]) == 2
    assert "timeline.json" in capsys.readouterr().err


REFUSED = {
    "no object": 1,
    "no labels": {"annotations": {}},
    "only empty labels": {"labels": {"alertname": ""}},
    "a label that is no text": {"labels": {"alertname": 1}},
    "a name that is empty": {"labels": {"": "x"}},
    "an end before its start": {"labels": {"alertname": "x"}, "startsAt": 10, "endsAt": 5},
    "a start beyond resolve_timeout": {"labels": {"alertname": "x"}, "startsAt": 1000},
    "a time that is none": {"labels": {"alertname": "x"}, "startsAt": "soon"},
    "a time out of reach": {"labels": {"alertname": "x"}, "endsAt": 1e300},
}


@pytest.mark.parametrize("alert", REFUSED.values(), ids=REFUSED)
def test_an_invalid_alert_is_named_and_left_out(
    alert: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], simulate: Simulate
) -> None:
    assert len(simulate([[0, [alert, CPU]]])) == 1
    files = ["--config", str(tmp_path / "alertmanager.yml"), "--timeline", str(tmp_path / "timeline.json")]
    assert main(["simulate", *files, "--until", "1"]) == 0
    assert "timeline.json[0][0]: " in capsys.readouterr().err


def test_a_silence_that_is_refused_is_named_and_mutes_nothing(simulate: Simulate) -> None:
    everything = {**SILENCE, "matchers": [{"name": "service", "value": ".*", "isRegex": True}]}
    assert len(simulate([[0, {"silence": everything}], [0, {"expire": "ghost"}], [0, [CPU]]])) == 1


def test_a_configuration_with_errors_exits_with_1_and_a_missing_one_with_2(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text("route: {receiver: ghost}\nreceivers: []\n")
    (tmp_path / "timeline.json").write_text("[]")
    rest = ["--timeline", str(tmp_path / "timeline.json"), "--until", "1"]
    assert main(["simulate", "--config", str(tmp_path / "bad.yml"), *rest]) == 1
    assert main(["simulate", "--config", str(tmp_path / "missing.yml"), *rest]) == 2


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        (["--until", "99999999999999"], "10 years"),
        (["--until", "60", "--start", "9999-12-31T23:59:59Z"], "1970 to 2999"),
        (["--until", "60", "--start", "0001-01-01T00:00:00+05:00"], "1970 to 2999"),
    ],
)
def test_a_time_out_of_range_is_a_usage_error(
    flags: list[str], expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "alertmanager.yml").write_text(CONFIG)
    (tmp_path / "timeline.json").write_text("[]")
    files = ["--config", str(tmp_path / "alertmanager.yml"), "--timeline", str(tmp_path / "timeline.json")]
    with pytest.raises(SystemExit) as ended:
        main(["simulate", *files, *flags])
    assert ended.value.code == 2
    assert expected in capsys.readouterr().err


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"sink": {"pagre": 503}}, "timeline.json[0]: there is no receiver 'pagre' (did you mean 'pager'?)"),
        (
            [{**CPU, "endsAt": "tomorrow"}],
            "timeline.json[0][0]: expected seconds from the start, a duration as in 1h30m, or a time of RFC 3339",
        ),
        ({"expire": "work"}, "timeline.json[0]: no silence is named 'work' here"),
        ({"silence": {**SILENCE, "endsAt": "soon"}}, "as in 2026-01-01T00:10:00Z, got 'soon'"),
    ],
)
def test_what_an_entry_gets_wrong_is_named_and_the_run_goes_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], entry: Any, said: str
) -> None:
    (tmp_path / "alertmanager.yml").write_text(CONFIG)
    (tmp_path / "timeline.json").write_text(json.dumps([[0, entry]]))
    command = ["simulate", "--config", str(tmp_path / "alertmanager.yml"), "--until", "1h"]
    assert main([*command, "--timeline", str(tmp_path / "timeline.json")]) == 0
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("what", "said"),
    [
        ({"reload": 5}, "expected the text of an alertmanager.yml as 'reload', got a number"),
        ({"expire": None}, "expected the name of a silence as 'expire', got null"),
        ({"sink": {"pager": 5}}, "expected a status (100 to 599), timeout or refused, got 5"),
    ],
)
def test_a_timeline_that_cannot_be_played_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], what: Any, said: str
) -> None:
    (tmp_path / "alertmanager.yml").write_text(CONFIG)
    (tmp_path / "timeline.json").write_text(json.dumps([[0, what]]))
    command = ["simulate", "--config", str(tmp_path / "alertmanager.yml"), "--until", "1h"]
    assert main([*command, "--timeline", str(tmp_path / "timeline.json")]) == 2
    assert f"timeline.json[0]: {said}" in capsys.readouterr().err


def test_a_fallback_that_is_for_critical_alerts_alone_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    timeline = tmp_path / "timeline.json"
    timeline.write_text("[]", encoding="utf-8")
    assert main(["simulate", "--config-dir", str(EXAMPLE), "--timeline", str(timeline), "--until", "1m"]) == 0
    assert "delivery.yml:9:49: info critical-only" in capsys.readouterr().err
