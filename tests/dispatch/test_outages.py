"""Table and queue fail together, or what was sent meanwhile meets what was joined: nothing is lost, nothing stays
open."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from alertrelay.ports import NotAccountedFor
from alertrelay.sources import Envelope

from tests.dispatch.test_unanswered import critical_to, open_incidents
from tests.dispatch.test_without_state import Queue, Switch
from tests.dispatch.world import START, World, alarm, config, receive, timed

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TICK = 310
"""Seconds within which an open group is flushed again."""
SETTLED = 1000
"""Seconds after which a resolve is believed to have overtaken nothing."""


class Outage:
    """A world in which one receiver is notified of what is critical, and table and queue fail at will."""

    def __init__(self, receiver: str, *, group_wait: int = 0) -> None:
        config_ = timed(critical_to(receiver), group_wait=group_wait) if group_wait else critical_to(receiver)
        self.world = World(config=config_, wrap=Switch, timers_of=Queue)
        channels = {"pager": "pagerduty", "slack": "slack", "mail": "email"}
        self.channel = channels[receiver]
        self.relay = next(relay for relay in self.world.relays if self.channel in relay.channels)

    def down(self, *, table: bool = False, queue: bool = False) -> None:
        """From now on these fail; the others answer."""
        self.world.store.down = table
        timers = self.world.timers(self.relay)
        assert isinstance(timers, Queue)
        timers.down = queue

    def comes(self, envelope: Envelope, *, after: timedelta = timedelta()) -> None:
        """The forwarder gets a message so long after it reached its topic."""
        self.world.clock.move_to((envelope.sent_at or START) + after)
        receive(self.relay, envelope, deadline=self.world.deadline)

    def is_forgotten(self, envelope: Envelope) -> None:
        """The message is notified, and neither table nor queue can record that: it comes again."""
        self.down(table=True, queue=True)
        with pytest.raises(NotAccountedFor):
            self.comes(envelope)
        self.down()

    def resolves(self) -> list[bool]:
        """Of each message that the receiver was sent, whether it resolves."""
        sent = self.world.sent(self.channel)
        if self.channel == "pagerduty":
            return [message["event_action"] == "resolve" for message in sent]
        return ["RESOLVED" in str(message) for message in sent]

    def texts(self) -> list[str]:
        """What the receiver was sent, as text."""
        return [str(message) for message in self.world.sent(self.channel)]


def ok(at: datetime) -> Envelope:
    return alarm("cpu", "OK", at=at)


def test_a_page_that_nobody_could_record_is_not_closed_by_an_older_resolve() -> None:
    outage = Outage("pager")
    older, page = ok(START - MINUTE), alarm("cpu")
    outage.is_forgotten(page)
    outage.comes(older, after=2 * MINUTE)
    outage.comes(page, after=3 * MINUTE)
    outage.world.run(TICK)
    assert len(open_incidents(outage.world)) == 1
    outage.comes(ok(START + 20 * MINUTE))
    outage.world.run(TICK)
    assert open_incidents(outage.world) == []


@pytest.mark.parametrize("receiver", ["pager", "slack", "mail"])
@pytest.mark.parametrize("fired_before", [False, True])
def test_what_nobody_could_record_is_resolved_though_its_message_comes_late(receiver: str, fired_before: bool) -> None:
    outage = Outage(receiver)
    if fired_before:
        outage.comes(alarm("cpu"))
        outage.comes(ok(START + 10 * MINUTE))
        outage.world.run(TICK)
    page = alarm("cpu", at=START + HOUR)
    outage.is_forgotten(page)
    before = len(outage.texts())
    outage.comes(ok(START + HOUR + 2 * MINUTE))
    outage.comes(page, after=3 * MINUTE)
    outage.world.run(2 * SETTLED)
    resolves = outage.resolves()[before:]
    assert all(resolves)
    # PagerDuty drops a second one without a sound.
    assert len(resolves) == 1 or (receiver == "pager" and len(resolves) == 2)


@pytest.mark.parametrize("receiver", ["pager", "slack", "mail"])
def test_what_nobody_could_record_is_resolved_before_its_flush(receiver: str) -> None:
    outage = Outage(receiver, group_wait=300)
    page = alarm("cpu")
    outage.is_forgotten(page)
    outage.comes(page, after=MINUTE)
    outage.comes(ok(START + 2 * MINUTE))
    outage.world.run(SETTLED)
    assert outage.resolves() == [False, True]


def test_an_alert_that_fires_without_the_table_survives_the_resolve_before_it() -> None:
    """The resolve stands in the table, and is notified after the alert was notified anew without it."""
    outage = Outage("slack")
    outage.comes(alarm("cpu"))
    outage.comes(ok(START + MINUTE))
    outage.world.run(200)  # a tick sends the timer of the group
    outage.down(table=True)
    outage.comes(alarm("cpu", at=START + 4 * MINUTE + timedelta(seconds=50)))
    outage.down()
    outage.world.run(20 * 60)
    assert outage.resolves() == [False, False, True, False]
    outage.comes(ok(START + 30 * MINUTE))
    outage.world.run(TICK)
    assert outage.resolves()[-1]


def test_an_alert_sent_without_the_table_survives_the_resolve_of_another() -> None:
    """The table knows only that one when the queue brings it back."""
    outage = Outage("pager")
    outage.down(table=True)
    outage.comes(alarm("disk"))
    outage.world.clock.sleep(20)
    outage.comes(alarm("cpu", at=START + timedelta(seconds=20)))
    outage.down()
    outage.comes(alarm("disk", "OK", at=START + timedelta(seconds=30)))
    outage.world.run(20 * 60)
    assert len(open_incidents(outage.world)) == 1


def test_what_was_sent_without_the_table_is_not_sent_again() -> None:
    outage = Outage("slack")
    outage.comes(alarm("cpu"))
    outage.comes(ok(START + 10 * MINUTE))
    outage.world.run(TICK)
    outage.down(table=True)
    outage.comes(alarm("cpu", at=START + HOUR))
    outage.down()
    outage.world.run(20 * 60)
    assert outage.resolves() == [False, True, False]


@pytest.mark.parametrize("receiver", ["slack", "mail"])
def test_what_a_lost_table_knew_is_resolved_ten_minutes_later(receiver: str) -> None:
    outage = Outage(receiver)
    outage.comes(alarm("cpu"))
    outage.world.memory.__dict__.update(World(clock=outage.world.clock).memory.__dict__)
    outage.comes(ok(START + 5 * MINUTE))
    outage.world.run(9 * 60)
    assert len(outage.texts()) == 1
    outage.world.run(SETTLED)
    assert outage.resolves() == [False, True]


@pytest.mark.parametrize("receiver", ["slack", "mail"])
def test_an_ok_that_overtakes_its_alarm_stays_quiet_for_good(receiver: str) -> None:
    outage = Outage(receiver)
    outage.comes(ok(START + timedelta(seconds=30)))
    outage.comes(alarm("cpu"))
    outage.world.run(2 * SETTLED)
    assert outage.texts() == []


def test_the_first_ok_of_a_new_alarm_stays_quiet_for_good() -> None:
    world = World(config=config())
    created = alarm("cpu", "OK")
    new = Envelope(
        text=created.text.replace('"OldStateValue": "ALARM"', '"OldStateValue": "INSUFFICIENT_DATA"'),
        message_id="new",
        topic_arn=created.topic_arn,
        sent_at=created.sent_at,
    )
    world.publish(new)
    world.run(2 * SETTLED)
    assert [len(world.sent(c)) for c in ("slack", "email")] == [0, 0]
