"""Whatever fails: nothing is lost, nothing stays open, and little comes twice. By what the peers received alone."""

from __future__ import annotations

import pytest

from tests.harness.breaks import BREAKS, Break
from tests.harness.scenarios import SCENARIOS, UPDATES, Scenario, play
from tests.harness.weather import Weather

BY_NAME = {scenario.name: scenario for scenario in SCENARIOS}


def _case(scenario: Scenario) -> object:
    known = scenario.known_fault
    marks = [pytest.mark.xfail(reason=known, strict=True)] if known else []
    return pytest.param(scenario, id=scenario.name, marks=marks)


@pytest.mark.parametrize("scenario", [_case(scenario) for scenario in SCENARIOS])
def test_nothing_is_lost_left_open_or_repeated_beyond_what_the_faults_excuse(scenario: Scenario) -> None:
    verdict = play(scenario)
    assert not verdict.wrong, str(verdict)


def test_a_table_that_is_throttled_in_a_storm_loses_nothing() -> None:
    def throttled(weather: Weather) -> None:
        weather.table_fails = 0.1

    verdict = play(Scenario(name="a storm while the table is throttled", storm=True, faults=throttled))
    assert not verdict.wrong, str(verdict)


@pytest.mark.parametrize("seed", [1, 13])
def test_a_throttled_storm_repeats_only_what_is_excused(seed: int) -> None:
    def throttles(weather: Weather) -> None:
        weather.table_throttles = 0.5

    storm = Scenario(name="a storm while the table throttles", storm=True, faults=throttles)
    verdict = play(storm, seed=seed)
    assert not verdict.wrong, str(verdict)
    assert len(verdict.duplicates) < 10, verdict.duplicates  # some 30, where nothing waits a throttle out


def test_a_storm_of_which_four_tries_in_five_are_throttled_loses_nothing() -> None:
    def throttles(weather: Weather) -> None:
        weather.table_throttles = 0.8

    verdict = play(Scenario(name="a storm while the table throttles", storm=True, faults=throttles), seed=1)
    assert not verdict.wrong, str(verdict)
    assert not verdict.dead


@pytest.mark.parametrize("seed", [1, 2])
def test_a_failing_storm_repeats_only_what_is_excused(seed: int) -> None:
    def fails(weather: Weather) -> None:
        weather.table_fails = 0.5

    verdict = play(Scenario(name="a storm while half of all requests fail", storm=True, faults=fails), seed=seed)
    assert not verdict.wrong, str(verdict)


def test_the_scenarios_make_a_thousand_updates() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert len(SCENARIOS) * UPDATES >= 1000


@pytest.mark.parametrize("broken", [pytest.param(one, id=one.name) for one in BREAKS])
def test_a_break_of_the_code_is_found(broken: Break, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a scenario, or a seed of it, that the code as it is survives."""
    runs = [(BY_NAME[name], seed) for seed in range(1, broken.seeds + 1) for name in broken.scenarios]
    broken.patch(monkeypatch)
    found = next(((scenario, seed) for scenario, seed in runs if play(scenario, seed=seed).wrong), None)
    assert found, f"no scenario finds: {broken.name}"
    monkeypatch.undo()
    scenario, seed = found
    assert scenario.known_fault or not play(scenario, seed=seed).wrong
