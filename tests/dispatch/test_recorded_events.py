"""All recorded events, as the shipped configuration has them, in a few minutes and in the wrong order."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

from alertrelay.memory.ports import MemorySecrets
from alertrelay.notify.limits import LIMITS
from alertrelay.sources import Envelope, parse, unwrap

from compiler.load import load
from local.account import Account, PublishedEvent
from local.stack.day_input import START, own_time
from tests.dispatch.world import World
from tests.example import CONFIG
from tests.stack import EVENTS
from tools.burst import burst

LATEST = timedelta(minutes=60)
"""After the last event: a resolve waits for its group, and then half an hour at most in the digest of a storm."""


def _recorded() -> dict[str, list[Envelope]]:
    files = {path.name: list(unwrap(path.read_bytes())) for path in EVENTS.glob("*.json") if path.stem != "env"}
    return dict(sorted(files.items(), key=lambda item: own_time(item[1], START), reverse=True))


def _observed(account: Account, world: World, name: str, done: int) -> int:
    for outcome in world.outcomes[done:]:
        account.observe(world.clock.now(), name, outcome)
    return len(world.outcomes)


def _publish(world: World, account: Account, name: str, envelopes: list[Envelope]) -> None:
    now: datetime = world.clock.now()
    event = PublishedEvent(file=name, at=now, topic="")
    account.events.append(event)
    for number, envelope in enumerate(envelopes):
        world.clock.sleep(0.001)
        sent_at, message_id = world.clock.now(), envelope.message_id or f"{name} {number}"
        sent = replace(envelope, message_id=message_id, sent_at=sent_at)
        event.add(sent, parse(sent, received_at=sent_at))
        world.publish(sent)


def _world() -> tuple[World, Account]:
    config = load(CONFIG, "prod").config
    assert config is not None
    keys = {key: ["k"] for key in config.secret_keys()}
    return World(config=config, limits=LIMITS, secrets=MemorySecrets(keys)), Account(config)


def test_a_burst_of_fifty_becomes_few_messages_and_one_incident(critical: bytes) -> None:
    world, _ = _world()
    for copy in burst(json.loads(critical), copies=50, instance="orders-db"):
        world.publish(*unwrap(json.dumps(copy).encode()))
    world.run(LATEST.total_seconds())

    pages = [outcome for (_, receiver, _), outcome in world.final().items() if receiver == "pagerduty-oncall"]
    assert len(pages) == 50
    assert set(pages) == {"delivered", "merged"}
    assert 0 < len(world.pages()) <= 8
    assert len({incident for _, incident in world.pages()}) == 1


def test_all_recorded_events_at_once_the_latest_first_lose_nothing() -> None:
    """The clock never runs backwards, so that the whole day arrives within its last minutes, later before earlier."""
    (world, account), done = _world(), 0
    files = _recorded()
    world.clock.move_to(max(own_time(envelopes, START) for envelopes in files.values()))
    for name, envelopes in files.items():
        _publish(world, account, name, envelopes)
        done = _observed(account, world, name, done)
    world.run(LATEST.total_seconds())
    _observed(account, world, "", done)

    assert list(account.lost("")) == []
    found = [(event.file, one.outcome) for event in account.events for one in event.deliveries]
    assert {file for file, _ in found} == set(files)
    assert [(file, outcome) for file, outcome in found if outcome.outcome == "pending"] == []
