"""The weekly audit of a month is a message that one would read, with a diff that one would merge."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from alertrelay.config.alarm_file import AlarmFile
from alertrelay.dispatch.audit.weekly.change import diff
from alertrelay.dispatch.audit.weekly.report import WeeklyAudit, audit
from alertrelay.dispatch.audit.weekly.text import plain, slack
from alertrelay.nflog.history.log_lines import read_lines
from alertrelay.nflog.history.timeline import as_markdown, timeline
from alertrelay.policy.contradiction import contradicts

from cli.command import main
from compiler.alarms.tuning import alarm_file
from compiler.load import load
from compiler.resources.environment import Environment
from tests.example import CONFIG
from tests.nflog.history.lines import MONDAY, firing, line, outcome
from tools.alarm_month import NOISY, REAL, month, write

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
UNTIL = MONDAY + 28 * DAY
NOTHING = AlarmFile(name="prod.yml", text="", reviewed="2026-11-01", alarms={})


def of(lines: Sequence[str], file: AlarmFile = NOTHING, **dead: str) -> WeeklyAudit:
    return audit("prod", read_lines(lines), file, lambda _: None, lambda _: dead, since=MONDAY, until=UNTIL)


def often(name: str, times: int, minutes: float, **fields: Any) -> Iterator[str]:
    for n in range(times):
        yield from firing(MONDAY + n * DAY, name, minutes, **fields)


@pytest.fixture(scope="module")
def environment() -> Environment:
    found = load(CONFIG, "prod").environment
    assert found is not None
    return found


@pytest.fixture(scope="module")
def file(environment: Environment) -> AlarmFile:
    text = (CONFIG / "environments" / "prod.yml").read_text(encoding="utf-8")
    return alarm_file(environment, "config/environments/prod.yml", text)


@pytest.fixture(scope="module")
def folder(file: AlarmFile, tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("month")
    write(month(file), made)
    return made


def test_a_simulated_month_has_the_change_that_quietens_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["audit", "--env", "prod", "--config-dir", str(CONFIG), "--logs", str(folder / "month.log")]
    assert main([*words, "--series", str(folder / "points")]) == 1
    shown = capsys.readouterr().out
    assert "45 alerts of 2 alarms, 1 noisy" in shown
    assert f"- {NOISY}: 38 of 41 ignored. Threshold 85 instead of 80: 3 alerts instead of 41" in shown
    assert "all 3 that people acted on among them" in shown
    assert "\n+    thresholds:\n+      cpu_percent: 85\n" in shown
    assert main([*words, "--series", str(folder / "points"), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["noisy"][0]["change"]["number"] == 85
    assert found["delivery"]["fallbacks"] > 0
    assert main(words) == 1
    assert "No change: with --logs its metric's points are read from files: --series DIR" in capsys.readouterr().out
    assert main([*words, "--diff"]) == 1
    assert f"{NOISY}: no change: with --logs its metric's points are read from" in capsys.readouterr().err
    assert main([*words, "--series", str(folder), "--diff"]) == 1
    assert f"{folder / NOISY}.csv is not there" in capsys.readouterr().err
    words[2] = "staging"
    assert main(words) in (0, 1)
    strangers = f"2 alarms of the log are of prod, not of staging ({REAL}, {NOISY}): --env prod audits that log"
    assert f"- {strangers}\n" in capsys.readouterr().out
    main([*words, "--diff"])
    assert f"alertrelay audit: {strangers}\n" in capsys.readouterr().err
    words[2] = "prod"
    assert main([*words, "--series", str(folder / "pionts")]) == 2
    assert "expected a folder with ALARM.csv for each alarm" in capsys.readouterr().err
    assert main([*words, "--since", "2030-01-01"]) == 2
    assert "--since 2030-01-01 00:00 UTC: the log ends at 2026-" in capsys.readouterr().err


@pytest.mark.parametrize(("folder_of", "here"), [("alerts", "."), ("../alerts", "sub"), ("{}/alerts", "sub")])
def test_git_apply_takes_the_diff_whatever_the_folder_is_called(
    folder_of: str, here: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    _copy(CONFIG, tmp_path / "alerts")
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / here)
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    of_month = ["--logs", str(folder / "month.log"), "--series", str(folder / "points")]
    assert main(["audit", "--env", "prod", "--config-dir", folder_of.format(tmp_path), *of_month, "--diff"]) == 1
    made = capsys.readouterr().out
    subprocess.run(["git", "apply"], input=made, cwd=tmp_path, text=True, check=True)
    assert "      cpu_percent: 85\n" in (tmp_path / "alerts/environments/prod.yml").read_text(encoding="utf-8")


def test_the_diff_makes_a_file_that_the_compiler_reads(file: AlarmFile, tmp_path: Path) -> None:
    """Each number of every alarm, changed at once: what is written is what is read."""
    billing = "prod-rds-billing-db-RDSHighCPU-warning"  # its number stands in the file, with a comment behind it
    numbers = {NOISY: 85.0, billing: 75.0, "prod-rds-billing-db-RDSHighCPU-critical": 95.0}
    numbers |= {"prod-rds-orders-db-RDSHighConnections-warning": 85.0}
    made = diff(file, [(file.alarms[name], number) for name, number in numbers.items()])
    assert "-      cpu_percent: 70 # the month's end needs its headroom\n" in made
    assert "+      cpu_percent: 75 # the month's end needs its headroom\n" in made
    assert made.count("+    thresholds:") == 1
    changed = _patched(file.text, made)
    again = tmp_path / "config"
    _copy(CONFIG, again)
    (again / "environments" / "prod.yml").write_text(changed, encoding="utf-8")
    loaded = load(again, "prod")
    assert [str(error) for error in loaded.errors] == []
    assert loaded.environment is not None
    after = alarm_file(loaded.environment, "prod.yml", changed)
    assert {name: after.alarms[name].number for name in numbers} == numbers
    same = {n: one.number for n, one in file.alarms.items() if n not in numbers}
    assert {n: one.number for n, one in after.alarms.items() if n not in numbers} == same


def test_a_file_goes_through_json_unchanged(file: AlarmFile) -> None:
    assert AlarmFile.from_json(json.loads(json.dumps(file.to_json()))) == file


def test_each_alarm_has_what_became_of_it() -> None:
    lines = [
        *often("ignored", 5, 30),
        *often("short", 5, 3),
        *often("quiet", 5, 30, outcome="suppressed", reason="silence"),
        *firing(MONDAY, "bad", 30),
        line(MONDAY + MINUTE, "judged", fingerprint="f-bad", helpful=False),
        *firing(MONDAY, "good", 30),
        line(MONDAY + MINUTE, "acknowledged", fingerprint="f-good", by="ada"),
        outcome(MONDAY, "budget", reason="event"),
    ]
    found = of(lines)
    counts = {one.name: (one.fired, one.by_itself, one.acknowledged, one.silenced, one.ignored, one.not_helpful)
              for one in found.alarms}  # fmt: skip
    assert counts == {
        "ignored": (5, 0, 0, 0, 5, 0),
        "short": (5, 5, 0, 0, 5, 0),
        "quiet": (5, 0, 0, 5, 0, 0),
        "bad": (1, 0, 0, 0, 0, 1),
        "good": (1, 0, 1, 0, 0, 0),
    }
    assert {one.tally.name for one in found.noisy} == {"ignored", "short"}
    assert "prod.yml does not have it" in found.noisy[0].why_not


def test_where_nobody_acknowledges_noisy_is_what_resolves_by_itself() -> None:
    found = of([*often("long", 5, 30), *often("short", 5, 3)])
    assert [one.tally.name for one in found.noisy] == ["short"]
    assert "Nobody acknowledged, silenced or judged anything" in plain(found)


def test_one_day_one_alert_and_one_alarm_are_singular() -> None:
    found = replace(of(firing(MONDAY, "a", 30)), until=MONDAY + DAY)
    assert plain(found).startswith("Alarms of prod, 1 day to 2026-11-03: 1 alert of 1 alarm\n")


def test_a_month_without_alerts_says_so() -> None:
    text = plain(of([]))
    assert text.startswith("Alarms of prod, 28 days to 2026-11-30: no alert\n")
    assert "Do alarms still reach the topics?" in text
    assert "Nothing was sent." in text


def test_a_log_that_is_shorter_or_cut_is_named() -> None:
    found = of([*firing(MONDAY + 9 * DAY, "a", 30), '{"level":"INFO","mess'])
    assert found.doubts == (
        "the log begins at 2026-11-11 08:00 UTC: what was before is not counted",
        "1 line is cut off in the middle: what stood there is not in this history",
    )


def test_an_alarm_that_was_renamed_is_counted_under_its_new_name(file: AlarmFile) -> None:
    old, new = "prod-rds-orders-RDSHighCPU-warning", NOISY
    lines = [
        *often(old, 2, 30),
        *firing(MONDAY + 9 * DAY, new, 30),
        *firing(MONDAY, "prod-rds-x-RDSLowMemory-warning", 9),
    ]
    lines = [text.replace('"alertname": "warning"', '"alertname": "RDSHighCPU"') for text in lines]
    found = of(lines, file)
    assert {one.name: one.fired for one in found.alarms}[new] == 3
    assert found.doubts == (f"{old} became {new}: they are counted together",)
    for about in (old, new):
        incident = timeline(read_lines(lines).decisions, about, known=file.alarms, contradicts=contradicts)
        assert incident is not None
        assert incident.before_count + 1 == 3  # as the audit counts
        assert f"- The log: {found.doubts[0]}." in as_markdown(incident)


def test_flapping_dead_runbooks_and_old_thresholds_are_listed() -> None:
    lines = [text for n in range(5) for text in firing(MONDAY + n * 20 * MINUTE, "flaps", 5)]
    old = AlarmFile(name="prod.yml", text="", reviewed="2026-06-01", alarms={})
    text = plain(of(lines, old, **{"https://wiki/x.md": "it answers 404"}))
    assert "- flaps: fired again within 30 minutes 4 times" in text
    assert "- https://wiki/x.md: it answers 404" in text
    assert "Last reviewed on 2026-06-01, more than a quarter ago" in text


def test_resources_whose_own_thresholds_are_old_are_listed() -> None:
    reviews = {"orders-db": "2026-10-01", "billing-db": "2026-05-01", "sessions": ""}
    old = AlarmFile(name="prod.yml", text="", reviewed="", alarms={}, reviews=reviews)
    found = of([], old)
    assert (found.unreviewed, found.unreviewed_resources) == (
        "never",
        {"billing-db": "2026-05-01", "sessions": "never"},
    )
    assert "- billing-db: last on 2026-05-01\n- sessions: never" in plain(found)
    fresh = of([], replace(old, reviewed="2026-11-01"))
    assert (fresh.unreviewed, set(fresh.unreviewed_resources)) == ("", {"billing-db"})
    # Where each resource has a date, the file needs none.
    assert of([], replace(old, reviews={"orders-db": "2026-10-01"})).unreviewed == ""


def test_slack_takes_the_message_whatever_its_length() -> None:
    lines = [text for n in range(60) for text in often(f"<alarm & {n:02}> {'x' * 200}", 5, 3)]
    made = slack(of(lines))
    assert all(len(block["text"]["text"]) <= 3000 for block in made["blocks"])
    assert "&lt;alarm &amp; 01&gt;" in json.dumps(made)
    assert len(json.dumps(made["blocks"], ensure_ascii=False)) < 13_200


def _patched(text: str, made: str) -> str:
    """Applies a unified diff, as `git apply` would."""
    lines, found, at = text.splitlines(keepends=True), list[str](), 0
    for part in made.splitlines(keepends=True)[2:]:
        if part.startswith("@@"):
            start = int(part.split()[1].split(",")[0][1:]) - 1
            found += lines[at:start]
            at = start
        elif part[0] in " -":
            assert lines[at] == part[1:]
            at += 1
        if part[0] in " +":
            found.append(part[1:])
    return "".join([*found, *lines[at:]])


def _copy(source: Path, to: Path) -> None:
    for path in source.rglob("*.yml"):
        (to / path.relative_to(source)).parent.mkdir(parents=True, exist_ok=True)
        (to / path.relative_to(source)).write_bytes(path.read_bytes())
