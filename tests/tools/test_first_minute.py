"""`make run`: about ten lines a replay, and a verdict over all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from alertrelay.sources import unwrap

from local.brief import brief, verdict
from local.stack.day import DayRun
from local.stack.history import Day
from local.standins import Fault
from tools import first_minute
from tools.first_minute import ALL, MISSION, Replay, caches

ROOT = Path(__file__).parents[2]


@pytest.fixture(name="pagerduty_down")
def _pagerduty_down(begin: Callable[..., DayRun], critical: bytes, critical_ok: bytes) -> Day:
    run = begin({"pagerduty": Fault.named("503")})
    run.publish("alarm", unwrap(critical))
    run.stack.run_until(run.stack.clock.now() + timedelta(minutes=6))
    run.publish("ok", unwrap(critical_ok))
    return run.finish()


def test_a_replay_is_about_ten_lines_with_times_channels_and_reasons(pagerduty_down: Day) -> None:
    lines = list(brief(pagerduty_down))
    assert len(lines) <= 12
    words = [match[1] for line in lines if (match := re.match(r"  \d\d:\d\d:\d\d  (\w+)", line))]
    assert words[:3] == ["firing", "pending", "fallback"]
    assert {"delivered", "resolved"} <= set(words)
    fallback = next(line for line in lines if " fallback " in line)
    assert "channel_failed: PagerDuty answered 503 [slack 1, email 1]" in fallback
    assert sum("»" in line for line in lines) == 2


def test_the_verdict_counts_what_the_peers_received(pagerduty_down: Day) -> None:
    lines = list(verdict([pagerduty_down, pagerduty_down]))
    assert len(lines) <= 10
    taken = [received.channel for received in pagerduty_down.received if received.taken]
    messages = next(line for line in lines if line.startswith("messages"))
    assert f"{2 * len(taken)} sent" in messages
    assert f"email {2 * taken.count('email')}" in messages
    assert "pagerduty" not in messages
    assert lines[-1] == "lost        0"


def test_a_suppressed_update_is_counted_by_its_reason(begin: Callable[..., DayRun], critical: bytes) -> None:
    run = begin()
    run.publish("alarm", unwrap(critical))
    run.publish("again", unwrap(critical))
    lines = list(verdict([run.finish()]))
    assert re.search(r"^suppressed  \d+: .*duplicate \d+", "\n".join(lines), re.MULTILINE)


@pytest.mark.parametrize("replays", [MISSION, ALL])
def test_pagerduty_down_is_shown_first_and_every_event_exists(replays: tuple[Replay, ...]) -> None:
    assert replays[0].down == ("pagerduty=503",)
    names = {name for replay in replays for name in replay.events}
    assert {name for name in names if not (ROOT / "events" / f"{name}.json").is_file()} == set()


def test_every_example_includes_messages_of_others() -> None:
    names = {name for replay in ALL for name in replay.events}
    assert {"no-metadata-alarm", "amazonq-notification"} <= names


def test_the_cache_folders_are_named_where_they_are_there(tmp_path: Path) -> None:
    (tmp_path / ".cache" / "aws" / "jsii").mkdir(parents=True)
    assert caches({"HOME": str(tmp_path)}) == ["~/.cache/aws/jsii"]
    (tmp_path / "elsewhere" / "uv").mkdir(parents=True)
    environ = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "elsewhere")}
    assert caches(environ) == ["~/elsewhere/uv", "~/.cache/aws/jsii"]


def test_a_stack_that_is_not_there_is_no_lost_alert(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("ALERTRELAY_CONFIG_DIR", str(tmp_path))
    assert first_minute.main([]) == 3
    assert "no configuration folder" in capsys.readouterr().err


def test_the_last_line_opens_the_console_on_the_replay_that_ended_with_most_alerts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    firing = {"1": 0, "2": 12, "3": 1, "4": 12}
    monkeypatch.setattr(first_minute, "opened", lambda folder: folder)
    monkeypatch.setattr(first_minute, "fires", lambda folder: firing[folder.name])
    (line,) = first_minute._console({int(name): first_minute.KEPT / name for name in firing})
    assert "replay 2, where 12 alerts fire at its end" in line
    assert line.endswith(".venv/bin/alertrelay serve --day .build/day/2")
    assert list(first_minute._console({})) == []
