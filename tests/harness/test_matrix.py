"""The table of `make faults`: what it runs, how it sums, and that the page has it."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alertrelay.dispatch import due

from tests.harness import matrix
from tests.harness.judge import Episode, Verdict, judge
from tests.harness.matrix import BEGIN, CHANNELS, END, PAGE, WORDS, faults, row, table
from tests.harness.peers import Received
from tests.harness.scenarios import SCENARIOS, Scenario, play

SOUND = Verdict(
    updates=42,
    messages=60,
    lost=[],
    unresolved=[],
    incidents_open=[],
    duplicates=["twice"],
    needless=[],
    certain=False,
    bound=2,
    accounts={
        "delivered": 70,
        "by fallback": 3,
        "merged": 5,
        "silenced": 2,
        "inhibited": 1,
        "over before": 4,
        "lost": 0,
    },
)


def test_each_channel_fails_in_each_way_and_each_scenario_is_run_once() -> None:
    names = [one.name for one in faults()]
    assert len(names) == len(set(names))
    assert {f"{CHANNELS[channel]} {WORDS[kind]}" for channel, kind in itertools.product(CHANNELS, WORDS)} <= set(names)
    assert {one.name for one in SCENARIOS} <= set(names)


def test_a_row_sums_the_runs_and_names_the_seeds_that_broke_the_promise() -> None:
    found = row("a fault", {1: SOUND, 2: replace(SOUND, lost=["one"], incidents_open=["two", "three"])})
    assert (found.runs, found.updates, found.duplicates, found.bound, found.wrong) == (2, 84, 2, 4, (2,))
    assert found.line == "| a fault | 84 | 160 | 140 | 6 | 10 | 4 | 2 | 8 | 120 | 1 | 2 | 2 | 4 | 0 |"
    assert (
        table([found, found]).splitlines()[-1]
        == "| **All** | 168 | 320 | 280 | 12 | 20 | 8 | 4 | 16 | 240 | 2 | 4 | 4 | 8 | 0 |"
    )


@pytest.mark.parametrize("seed", [201, 237])
def test_each_late_copy_of_a_firing_excuses_its_resolve(seed: int) -> None:
    """Both copies of SNS come after the alert resolved, and late: neither says which try it is."""
    (twice,) = (one for one in SCENARIOS if one.name == "SNS delivers twice and out of order")
    assert not play(twice, seed=seed).wrong


class Here:
    """A pool that is this process."""

    def __init__(self, jobs: int) -> None:
        self.map = map

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None:
        pass


@pytest.mark.parametrize(("verdict", "code"), [(SOUND, 0), (replace(SOUND, lost=["one"]), 1)])
def test_the_command_fails_where_a_promise_was_broken(
    verdict: Verdict, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(matrix, "play", lambda *_, **__: verdict)
    monkeypatch.setattr(matrix, "ProcessPoolExecutor", Here)
    assert matrix.main(["--only", "ticks are lost", "--updates", "80"]) == code
    assert "| ticks are lost | 84 |" in capsys.readouterr().out


def test_a_run_goes_on_from_its_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds: list[int] = []

    def played(_fault: Scenario, *, seed: int, **_: object) -> Verdict:
        seeds.append(seed)
        return replace(SOUND, lost=["one"] if seed == 2 else [])

    monkeypatch.setattr(matrix, "play", played)
    monkeypatch.setattr(matrix, "ProcessPoolExecutor", Here)
    again = ["--only", "ticks are lost", "--keep", str(tmp_path / "runs")]
    assert matrix.main([*again, "--updates", "84"]) == 1
    assert matrix.main([*again, "--updates", "400"]) == 1
    assert seeds == [*range(1, 11)]
    assert "| ticks are lost | 420 |" in capsys.readouterr().out
    assert matrix.main([*again, "--only", "clocks differ by minutes", "--updates", "42"]) == 1
    assert [row.name for row in matrix.kept(tmp_path / "runs")][-1] == "clocks differ by minutes"


def test_a_mistake_of_the_code_in_a_tick_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def mistaken(**_: object) -> None:
        raise AttributeError("a tick")

    monkeypatch.setattr(due, "on_tick", mistaken)
    with pytest.raises(AttributeError, match="a tick"):
        play(SCENARIOS[0])


def test_an_edit_announces_nothing() -> None:
    """It notifies nobody, so an alert that it alone shows as firing was lost."""
    at = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
    one = Episode(token="tok1x", begins=at, ends=at + timedelta(hours=2), receivers=("chat",))
    shown = {"text": "CRITICAL tok1x is high\nreceiver chat, group g"}
    received = Received(at=at, channel="slack", destination="#c", body=shown, thread="t")

    def lost(edit: bool) -> int:
        found = judge([replace(received, edit=edit)], [one], {"chat": ["#c"]}, updates=1, bound=0, healthy_since=at)
        return len(found.lost)

    assert (lost(edit=False), lost(edit=True)) == (0, 1)


def test_the_page_has_the_faults_with_nothing_lost_or_left_open() -> None:
    shown = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = [re.split(r" *\| *", line)[1:-1] for line in shown.splitlines()[2:-1]]
    named = {one[0] for one in rows}
    assert {f"{CHANNELS[channel]} {WORDS[kind]}" for channel, kind in itertools.product(CHANNELS, WORDS)} <= named
    assert named == {one.name for one in faults()}
    for name, updates, owed, delivered, by_fallback, _, *muted, over, _, lost, left_open, twice, bound, _ in rows:
        assert int(updates) >= matrix.PER_FAULT, name
        assert (int(lost), int(left_open)) == (0, 0), name
        assert int(twice) <= int(bound), name
        assert int(owed) == sum(map(int, (delivered, by_fallback, *muted, over))), name
