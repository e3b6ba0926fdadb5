"""`simulate --compatible=0.25` sends what Debian's Alertmanager 0.25 sends, when it sends it."""

from __future__ import annotations

import pytest

from tests.differential.conftest import Played
from tests.differential.scenario import Scenario, differences, simulated
from tests.differential.scenarios import SCENARIOS

PLAYS = 3


@pytest.mark.needs_tool("prometheus-alertmanager")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_same_notifications_go_out_in_the_same_order_at_the_same_time(scenario: Scenario, real: Played) -> None:
    """The real one keeps time as the machine lets it, and two groups of one key race there for the first word: where a
    play differs it is played again, and what differs in itself differs each time."""
    for play in range(PLAYS):
        start, sent = real(scenario, play)
        found = differences(sent, simulated(scenario, "0.25", start), tolerance=scenario.tolerance)
        if not found:
            return
    assert found == []


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_alertrelay_itself_differs_only_where_it_says_why(scenario: Scenario) -> None:
    found = differences(simulated(scenario, "0.33"), simulated(scenario, None), tolerance=0.0)
    assert bool(found) == bool(scenario.differs), (scenario.differs, found)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_releases_differ_only_where_it_says_why(scenario: Scenario) -> None:
    found = differences(simulated(scenario, "0.25"), simulated(scenario, "0.33"), tolerance=0.0)
    assert bool(found) == bool(scenario.since), (scenario.since, found)


def test_every_scenario_has_its_own_name() -> None:
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS) >= 40
