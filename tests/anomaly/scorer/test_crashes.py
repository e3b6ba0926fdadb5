"""A run that dies before or after any one of its requests: what was to be told is told, and nothing twice for good."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.anomaly.scorer.world import DAY, START, STEP, World, config, watch

HOUR = 3600.0
TROUBLE = START + HOUR


class Killed(BaseException):
    """The container is gone."""


class Counted:
    """Counts the requests of all ports together, and dies before or after one of them."""

    def __init__(self, dies_at: int = -1, *, after: bool = False) -> None:
        self.count = 0
        self._dies_at = dies_at
        self._after = after

    def around(self, port: Any) -> Any:
        counted = self

        class Port:
            def __getattr__(self, name: str) -> Callable[..., Any]:
                return lambda *args, **named: counted.call(lambda: getattr(port, name)(*args, **named))

        return Port()

    def call(self, request: Callable[[], Any]) -> Any:
        number = self.count
        self.count += 1
        if number == self._dies_at and not self._after:
            raise Killed
        answer = request()
        if number == self._dies_at and self._after:
            raise Killed
        return answer


def _shop() -> World:
    """The same shop each time: learned once, copied."""
    learned = _learned()
    return replace(
        learned,
        shelf=copy.deepcopy(learned.shelf),
        notebook=copy.deepcopy(learned.notebook),
        clock=copy.deepcopy(learned.clock),
        published=[],
        log=[],
        measures=[],
    )


@cache
def _learned() -> World:
    world = World(config=config(watch(severity={"warning": 0.8}))).shop(hours=4)
    world.change(TROUBLE, lambda value: value * 3 + 600, points=6)
    world.until(TROUBLE - STEP)
    return world


def _one_run(world: World, counted: Counted) -> None:
    world.run(
        metrics=counted.around(world.metrics),
        shelf=counted.around(world.shelf),
        notebook=counted.around(world.notebook),
        publish=lambda severity, message: counted.call(lambda: world.publish(severity, message)),
    )


def _requests() -> Iterator[tuple[int, bool]]:
    world, counted = _shop(), Counted()
    world.at(HOUR + 2 * STEP)
    _one_run(world, counted)
    assert world.updates() == [("firing", "AnomalyDetected", "warning")]
    assert counted.count >= 7
    for number in range(counted.count):
        yield number, False
        yield number, True


@pytest.mark.parametrize(("number", "after"), list(_requests()))
def test_the_next_run_completes_one_killed_at_any_request_and_resolves_its_alert(number: int, after: bool) -> None:
    world = _shop()
    world.at(HOUR + 2 * STEP)
    with pytest.raises(Killed):
        _one_run(world, Counted(number, after=after))
    # Lambda tries the same event again; then the schedule goes on.
    same = world.now
    world.clock.sleep(60)
    world.run(same)
    world.clock.sleep(STEP - 60)
    world.until(START + 3.5 * HOUR)
    updates = [update for _, _, update in world.published]
    begins = {u["updatedAt"] for u in updates if u["status"] == "firing"}
    ends = {u["updatedAt"] for u in updates if u["status"] == "resolved"}
    # What is published twice has one clock: the relay takes it for what it is.
    assert len(begins) == len(ends) == 1
    assert max(begins) < min(ends)
    assert len(updates) <= 3


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans(), st.booleans()), min_size=1, max_size=6))
def test_runs_that_die_one_after_the_other_lose_nothing(deaths: list[tuple[int, bool, bool]]) -> None:
    world = _shop()
    world.at(HOUR + STEP)
    for number, after, retried in deaths:
        with contextlib.suppress(Killed):
            _one_run(world, Counted(number, after=after))
        if retried:
            world.run(world.now)
        world.clock.sleep(STEP)
    world.until(START + 3.8 * HOUR)
    open_: set[str] = set()
    for _, _, update in world.published:
        if update["status"] == "firing":
            open_.add(update["fingerprint"])
        else:
            open_.discard(update["fingerprint"])
    journal = [entry.kind for entry in world.book().journal]
    assert open_ == set()
    assert journal.count("opened") == journal.count("ended") >= 1
    assert world.now > START + DAY / 8
