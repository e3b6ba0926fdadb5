"""The pipeline on the real store's requests: a storm in one group, on moto's DynamoDB."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.alert import CHANNELS
from alertrelay.memory import ManualClock
from alertrelay.ports import Store
from alertrelay.runtime import LIMITS

from tests.pipeline.world import MINUTE, START, World, alarm


@dataclass
class OnDynamoDB(World):
    """The ticks look at the index of the table, not at memory."""

    def ticks(self) -> list[datetime]:
        far = self.clock.now() + timedelta(days=1)
        due = [at for channel in CHANNELS for _, at in self.store.due(channel, before=far)]
        if not due:
            return []
        after = max(self.clock.now(), self.ticked + MINUTE, min(due) - timedelta(seconds=75))
        return [after + (START - after) % MINUTE]


@pytest.fixture
def world(dynamo_store: Store, clock: ManualClock) -> OnDynamoDB:
    clock.move_to(START)
    return OnDynamoDB(clock=clock, wrap=lambda _: dynamo_store, limits=LIMITS)


def test_a_storm_of_three_hundred_is_told_and_ended_without_a_loss(world: OnDynamoDB) -> None:
    world.relays = world.relays[:1]
    for number in range(300):
        world.publish(alarm(f"a{number}", at=START + number * MINUTE / 300))
    world.run(400)
    final: dict[Any, str] = world.final()
    assert len(final) == 300
    assert set(final.values()) == {"delivered", "merged"}
    now = world.clock.now()
    for number in range(300):
        world.publish(alarm(f"a{number}", "OK", at=now))
    world.run(1200)
    state = {key: action for action, key in world.pages()}
    assert set(state.values()) == {"resolve"}
