"""Every scenario that was selected is played at once, a few side by side; the tests look at what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from tests.differential.alertmanager import played
from tests.differential.scenario import Scenario, Sent

SIDE_BY_SIDE = 6

Played = Callable[[Scenario, int], tuple[datetime, list[Sent]]]


@pytest.fixture(scope="session")
def real(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """real(scenario, play): when its second 0 was, and what the real Alertmanager sent. A later play is a new one."""
    wanted: dict[str, Scenario] = {}
    for item in request.session.items:
        if isinstance(item, pytest.Function) and {"real", "scenario"} <= set(item.fixturenames):
            scenario = item.callspec.params["scenario"]
            assert isinstance(scenario, Scenario)
            wanted[scenario.name] = scenario
    longest_first = sorted(wanted.values(), key=lambda scenario: -scenario.until)
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        runs = {one.name: pool.submit(played, one, tmp_path_factory.mktemp("am")) for one in longest_first}

        def play(scenario: Scenario, number: int) -> tuple[datetime, list[Sent]]:
            return played(scenario, tmp_path_factory.mktemp("am")) if number else runs[scenario.name].result()

        yield play
