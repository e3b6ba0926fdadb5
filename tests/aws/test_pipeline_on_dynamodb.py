"""The pipeline on the real store's requests: a storm in one group, on moto's DynamoDB."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.aws.state import headers
from alertrelay.channels import KINDS
from alertrelay.memory.ports import ManualClock
from alertrelay.notify.limits import LIMITS
from alertrelay.policy.group_key import key_of
from alertrelay.state import Store

from tests.aws.state import TABLE, dynamo, table
from tests.dispatch.test_crashes import Killed, Mortal, MortalWorld
from tests.dispatch.world import MINUTE, START, World, alarm


@dataclass
class OnDynamoDB(World):
    """The ticks look at the index of the table, not at memory."""

    def due(self) -> list[datetime]:
        """When the groups are to be looked at."""
        far = self.clock.now() + timedelta(days=1)
        return [at for _, at in self.store.due(KINDS, before=far)]

    def ticks(self) -> list[datetime]:
        due = self.due()
        if not due:
            return []
        after = max(self.clock.now(), self.ticked + MINUTE, min(due) - timedelta(seconds=75))
        return [after + (START - after) % MINUTE]


@pytest.fixture
def world(dynamo_store: Store, clock: ManualClock) -> OnDynamoDB:
    clock.move_to(START)
    return OnDynamoDB(clock=clock, wrap=lambda _: dynamo_store, limits=LIMITS)


STORM = 110
"""More than a batch of the table takes, and than a message shows; storms of thousands are played in memory."""


def test_a_storm_is_notified_and_ended_without_a_loss(world: OnDynamoDB) -> None:
    world.relays = world.relays[:1]
    for number in range(STORM):
        world.publish(alarm(f"a{number}", at=START + number * MINUTE / STORM))
    world.run(400)
    final: dict[Any, str] = world.final()
    assert len(final) == STORM
    assert set(final.values()) == {"delivered", "merged"}
    now = world.clock.now()
    for number in range(STORM):
        world.publish(alarm(f"a{number}", "OK", at=now))
    world.run(1200)
    state = {key: action for action, key in world.pages()}
    assert set(state.values()) == {"resolve"}


NAME = "arn:aws:cloudwatch:eu-central-1:111122223333:alarm:"


@dataclass
class DiesAt:
    """A client of DynamoDB that kills the process at its n-th request for a chunk or to record, before it is done or
    after it."""

    client: Any
    at: int
    moment: str
    asked: list[str] = field(default_factory=list)

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**arguments: Any) -> Any:
            counts = "'L#slack" in str(arguments) or "#ledger = :ledger" in arguments.get("UpdateExpression", "")
            mine = counts and len(self.asked) == self.at
            if counts:
                self.asked.append(operation)
            if mine and self.moment == "before":
                raise Killed
            answer = getattr(self.client, operation)(**arguments)
            if mine and self.moment == "after":
                raise Killed
            return answer

        return call


@dataclass
class MortalOnDynamoDB(OnDynamoDB, MortalWorld):
    """Invocations that die are repeated."""

    client: Any = None

    def due(self) -> list[datetime]:
        return [headers.due(item)[1] for item in self.client.scan(TableName=TABLE)["Items"] if "next_due" in item]

    def announced(self, table: Store) -> int:
        """Alerts that the one group has told and not ended, by the table itself."""
        alerts = table.get_alerts([key_of(NAME + name) for name in "ab"]).values()
        (gid,) = {home for item in alerts for home in item.groups}
        header = table.state(gid)
        assert header
        assert not header.schedule.owner
        assert (header.schedule.next_due is None) == (not header.ledger.firing)
        return len(header.ledger.firing)


def _lives(client: DiesAt, clock: ManualClock) -> MortalOnDynamoDB:
    world = MortalOnDynamoDB(clock=clock, wrap=lambda _: Mortal(dynamo(client, clock)), client=client.client)
    world.relays = world.relays[1:2]
    world.publish(alarm("a", severity="warning"), alarm("b", severity="warning", at=START + MINUTE))
    world.run(800)
    assert world.announced(dynamo(client.client, clock)) == 2
    assert all(any(f"{name} is high" in str(message) for message in world.sent("slack")) for name in "ab")
    world.publish(alarm("a", "OK", severity="warning", at=world.clock.now()))
    world.publish(alarm("b", "OK", severity="warning", at=world.clock.now() + 6 * MINUTE))
    world.run(1200)
    return world


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_death_at_any_request_for_chunks_still_notifies_and_resolves(
    dynamodb: Any, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    monkeypatch.setattr("alertrelay.nflog.chunks.INLINE_ALERTS", 0)
    monkeypatch.setattr("alertrelay.aws.state.items.SHARDS", 1)  # a tick is one query
    request, done = 0, False
    while not done:
        with table(dynamodb):
            client = DiesAt(dynamodb, at=request, moment=moment)
            world = _lives(client, ManualClock(START))
            done, request = len(client.asked) <= request, request + 1
            assert world.announced(dynamo(dynamodb, world.clock)) == 0, f"request {request}"
            assert "resolved" in str(world.sent("slack")[-1]).lower()
            assert len(world.sent("slack")) <= 5, "one crash repeats one message"
            assert not [said.name for said in world.ops]
            assert world.dead_letters == []
            left = [item["pk"]["S"][:2] for item in dynamodb.scan(TableName=TABLE)["Items"]]
            assert left.count("H#") == 1
            assert left.count("L#") <= 1, "at most the garbage of the flush that died"
    assert request > 8
