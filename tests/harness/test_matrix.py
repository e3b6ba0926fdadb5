"""The table of `make faults`: what it runs, how it sums, and that the page has it."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace

import pytest

from tests.harness import matrix
from tests.harness.judge import Verdict
from tests.harness.matrix import BEGIN, CHANNELS, END, PAGE, WORDS, faults, row, table
from tests.harness.scenarios import SCENARIOS, play

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


@pytest.mark.parametrize(("verdict", "code"), [(SOUND, 0), (replace(SOUND, lost=["one"]), 1)])
def test_the_command_fails_where_a_promise_was_broken(
    verdict: Verdict, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Here:
        """A pool that is this process."""

        def __init__(self, jobs: int) -> None:
            self.map = map

        def __enter__(self) -> Here:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    monkeypatch.setattr(matrix, "play", lambda *_, **__: verdict)
    monkeypatch.setattr(matrix, "ProcessPoolExecutor", Here)
    assert matrix.main(["--only", "ticks are lost", "--updates", "80"]) == code
    assert "| ticks are lost | 84 |" in capsys.readouterr().out


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
