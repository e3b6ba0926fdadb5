"""Slips of the command line that would be taken in silence, and the words about them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from cli.cloud import without_answer
from cli.command import main
from compiler.load import try_out
from compiler.reading.finding import nearest
from infra.application import environment_names
from local.stack import day, day_input
from local.stack.day_input import UsageError, checked_down, template_of, watched_by
from local.stack.history import Day
from local.timeline import as_text
from tests.example import CONFIG

WRONG = "there is no environment 'prd' (did you mean 'prod'?)"


@pytest.mark.parametrize(
    "words",
    [
        ["discover", "--env", "prd"],
        ["cost", "--env", "prd"],
        ["pending", "--env", "prd"],
        ["redrive", "--env", "prd"],
        ["reconcile", "--env", "prd"],
        ["silence", "list", "--env", "prd"],
        ["send-test", "--env", "prd"],
        ["check", "--env", "prd"],
        ["export", "sam", "--env", "prd"],
        ["replay", __file__, "--env", "prd"],
    ],
)
def test_a_wrong_environment_has_one_wording(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    captured = capsys.readouterr()
    said = " ".join((captured.out + captured.err).split()).replace(
        " -> did you mean 'prod'?", " (did you mean 'prod'?)"
    )
    assert WRONG in said


def test_synth_names_a_wrong_environment_as_the_commands_do() -> None:
    with pytest.raises(ValueError, match="there is no environment 'prd'") as refused:
        environment_names(CONFIG, "prd")
    assert WRONG in str(refused.value)
    with pytest.raises(UsageError, match="did you mean 'prod'"):
        template_of("prd", config=CONFIG)


@pytest.mark.parametrize("flag", ["--yes", "--dry-run"])
def test_what_goes_with_fix_is_not_taken_without_it(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", flag]) == 2
    assert capsys.readouterr().err == f"alertrelay check: {flag} goes with --fix: add --fix, or leave it out\n"


@pytest.mark.parametrize(
    ("channel", "said"),
    [("", "a channel was expected"), ("alerts", "did you mean '#alerts'?"), ("# alerts", "did you mean '#alerts'?")],
)
def test_a_slack_channel_has_its_mark(
    channel: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flags = ["--environment", "prod", "--on-call-mail", "oncall@acme.test", "--slack", channel]
    assert main(["init", str(tmp_path / "alerts"), *flags]) == 2
    assert said in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert main(["init", str(tmp_path / "alerts"), *flags[:-1], "C024BE91L"]) == 0


def test_init_names_the_mend_of_a_file_with_secrets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "am.yml"
    own.write_text(
        "route: {receiver: a}\nreceivers:\n- name: a\n  pagerduty_configs: [{routing_key: FAKE}]\n", encoding="utf-8"
    )
    flags = ["--environment", "prod", "--on-call-mail", "oncall@acme.test", "--alertmanager", str(own)]
    assert main(["init", str(tmp_path / "alerts"), *flags]) == 1
    assert f"first: alertrelay check --config {own} --fix" in capsys.readouterr().err


def test_a_word_is_near_by_more_than_a_common_ending() -> None:
    kinds = ["opsgenie_configs", "slack_configs", "pagerduty_configs"]
    assert nearest("pigeon_configs", kinds) == ""
    assert nearest("slak_configs", kinds) == "slack_configs"
    assert nearest("slack_config", kinds) == "slack_configs"


def test_a_channel_that_no_receiver_has_cannot_be_down() -> None:
    receiver = "{name: chat, slack_configs: [{api_url_file: /s/chat}]}"
    config = try_out(f"route: {{receiver: chat}}\nreceivers: [{receiver}]\n").config
    assert config is not None
    assert list(checked_down(["slack", "chat=timeout"], config)) == ["slack", "chat"]
    for place in ("victorops", "sns", "pigeon"):
        with pytest.raises(UsageError, match=rf"--down {place}: no receiver has this channel or this name; .*slack"):
            checked_down([place], config)
    with pytest.raises(UsageError, match=r"(?s)--down sns: .*--down pigeon: "):
        checked_down(["sns", "slack", "pigeon"], config)
    with pytest.raises(UsageError, match=r"(?s)--down slack=no: .*--down 'chat=': "):
        checked_down(["slack=no", "chat="], config)


def test_the_flags_of_a_replay_are_checked_before_the_synthesis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day, "template_of", lambda *_, **__: pytest.fail("synthesised"))
    for flags, wrong in (
        ({"down": ["pigeon"]}, "--down pigeon: no receiver"),
        ({"down": [], "modes": ["orders=loud"]}, "--mode orders=loud"),
    ):
        with pytest.raises(UsageError, match=wrong):
            day.live([], environment="prod", topic=None, config=CONFIG, **flags)  # type: ignore[arg-type]


def test_a_mode_is_of_a_metric_that_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(day_input, "anomaly_config_of", lambda _: None)
    with pytest.raises(UsageError, match="--mode nope=alert: this environment watches no metric"):
        watched_by(Path("t.json"), ["nope=alert"])


def test_unreachable_is_no_lack_of_credentials() -> None:
    assert without_answer(["EndpointConnectionError"])
    assert not without_answer(["EndpointConnectionError", "AccessDenied"])


def test_a_verdict_is_not_given_where_no_file_reached_a_topic() -> None:
    at = datetime(2026, 1, 5, 9, tzinfo=UTC)
    day = Day(
        environment="prod", down={}, began=at, ended=at, events=(), history=(), received=(), waiting={}, lost=(),
        unpublished=("x.json: SNS does not take this message",), secrets={},
    )  # fmt: skip
    said = "\n".join(as_text(day, unread=1))
    assert "2 files reached no topic" in said
    assert "is lost" not in said


def test_a_command_that_is_misspelt_is_met_with_the_nearest(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["chekc"])
    assert "; did you mean 'check'?; see `alertrelay --help`" in capsys.readouterr().err


def test_a_label_that_stands_twice_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", "severity=critical", "severity=info"]) == 0
    assert "the label 'severity' is defined twice: the last one counts" in capsys.readouterr().err


def test_init_names_the_keys_of_a_file_that_the_user_has(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    own = tmp_path / "am.yml"
    own.write_text(
        "route: {receiver: a}\nreceivers:\n- name: a\n  pagerduty_configs: [{routing_key_file: /s/pd}]\n",
        encoding="utf-8",
    )
    flags = ["--environment", "prod", "--on-call-mail", "oncall@acme.test", "--alertmanager", str(own)]
    assert main(["init", str(tmp_path / "alerts"), *flags]) == 0
    assert "after the deploy, into the stack's secret: pd" in capsys.readouterr().out
