"""The table fails while a flush reads: nothing was sent, so nothing is in doubt afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.sources import Envelope
from alertrelay.state import Store, StoreFailure

from tests.dispatch.world import START, World, alarm

MINUTE = timedelta(minutes=1)
TOPIC = "arn:aws:sns:eu-central-1:111122223333:alertrelay-test-critical"
TICK = 310
"""Seconds within which an open group that does not sleep is flushed again."""


class Failing:
    """A store whose requests of these names fail as often as is set; with `lost` they are done, the answer is lost."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.name, self.times, self.lost = "", 0, False

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*args: Any, **given: Any) -> Any:
            fails = name in self.name.split() and self.times > 0
            if not fails:
                return getattr(self.inner, name)(*args, **given)
            self.times -= 1
            if self.lost:
                getattr(self.inner, name)(*args, **given)
            raise StoreFailure(f"DynamoDB {name}: ReadTimeoutError")

        return call


@pytest.mark.parametrize(
    ("name", "lost"),
    [("members", False), ("facts", False), ("lease", False), ("lease", True), ("members", True), ("record", True)],
)
def test_a_flush_that_the_table_failed_leads_to_no_repeat(name: str, lost: bool) -> None:
    world = World(wrap=Failing, sleeps=False)
    world.publish(alarm("cpu"))
    world.store.name, world.store.times, world.store.lost = name, 1, lost
    world.run(20 * 60)
    assert world.store.times == 0
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [1, 1, 1]
    world.publish(alarm("cpu", "OK", at=START + 30 * MINUTE))
    world.run(TICK)
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [2, 2, 2]


def test_an_alert_that_joins_while_the_table_fails_a_flush_is_notified() -> None:
    world = World(wrap=Failing, sleeps=False)
    world.publish(alarm("cpu"))
    world.store.name, world.store.times = "members", 3
    world.run(TICK)
    assert world.store.times == 0
    world.publish(alarm("disk", at=START + 6 * MINUTE))
    world.run(2 * TICK)
    assert [len(world.sent(c)) for c in ("pagerduty", "slack", "email")] == [2, 2, 2]


def test_an_event_is_not_notified_without_its_text() -> None:
    """It is notified once, so that what a reader is to know of it must be in that message."""
    world = World(wrap=Failing, sleeps=False)
    world.store.name, world.store.times = "facts get_alerts", 5
    world.publish(Envelope(text="the nightly copy did not run", message_id="m", topic_arn=TOPIC, sent_at=START))
    world.run(TICK)
    assert world.store.times == 0
    for channel in ("pagerduty", "slack", "email"):
        assert ["the nightly copy did not run" in str(message) for message in world.sent(channel)] == [True]
