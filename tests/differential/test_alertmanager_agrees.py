"""`simulate --compatible=0.25` sends what Debian's Alertmanager 0.25 sends, when it sends it."""

from __future__ import annotations

import pytest

from tests.differential.conftest import Played
from tests.differential.scenario import Scenario, differences, simulated
from tests.differential.scenarios import SCENARIOS


@pytest.mark.needs_tool("prometheus-alertmanager")
@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_the_same_notifications_go_out_in_the_same_order_at_the_same_time(scenario: Scenario, real: Played) -> None:
    start, sent = real(scenario)
    expected = simulated(scenario, "0.25", start)
    assert differences(sent, expected, tolerance=scenario.tolerance) == []


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
