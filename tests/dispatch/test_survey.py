"""After the table was lost CloudWatch is asked what fires: it is notified, and no resolve closes an incident of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.dispatch.survey import RECENT, TRIES, Alarms
from alertrelay.memory.store import MemoryStore
from alertrelay.notification import Reason
from alertrelay.ports import Retryable
from alertrelay.sources import Envelope

from tests.dispatch.test_unanswered import critical_to, open_incidents
from tests.dispatch.world import START, World, alarm, config, timed

MINUTE = timedelta(minutes=1)


@dataclass
class CloudWatch:
    """The alarms as CloudWatch knows them: by name the newest update and its time, two a page."""

    known: dict[str, tuple[Envelope, datetime]] = field(default_factory=dict)
    answers: bool = True
    asked: int = 0

    def __call__(self, state: str, token: str) -> Alarms | None:
        self.asked += 1
        if not self.answers:
            return None
        ours = [one for _, one in sorted(self.known.items()) if json.loads(one[0].text)["NewStateValue"] == state]
        first = int(token or 0)
        return Alarms(ours[first : first + 2], str(first + 2) if first + 2 < len(ours) else "")


@dataclass
class Surveyed(World):
    """A world whose alarms CloudWatch knows. `quiet`: what is published to CloudWatch alone is not delivered."""

    def __post_init__(self) -> None:
        self.alarms = self.cloudwatch = CloudWatch()
        super().__post_init__()

    def change(self, *envelopes: Envelope) -> None:
        """Alarms change; nobody is notified of it."""
        for envelope in envelopes:
            said = json.loads(envelope.text)
            # DescribeAlarms does not say what an alarm was before.
            asked = replace(envelope, text=json.dumps(said | {"OldStateValue": ""}))
            self.cloudwatch.known[said["AlarmName"]] = asked, envelope.sent_at or self.clock.now()

    def publish(self, *envelopes: Envelope) -> None:
        self.change(*envelopes)
        super().publish(*envelopes)

    def on_ticks(self, count: int) -> None:
        """As many minutes; a tick is due even where no group is."""
        for _ in range(count):
            self.run(60)
            for relay in self.relays:
                self.on_tick(relay)

    def lose(self) -> None:
        """The table is empty from now on, and what the queues held of flushes finds nothing."""
        self.memory.__dict__.update(MemoryStore(self.clock).__dict__)


def surveyed(**given: object) -> Surveyed:
    """A world whose first survey is over."""
    world = Surveyed(**given)  # type: ignore[arg-type] # World's own fields
    world.on_ticks(1)
    return world


def test_the_resolve_of_one_alert_leaves_the_incident_of_another_open() -> None:
    world = surveyed(config=critical_to("pager"))
    world.publish(alarm("cpu", at=START + 2 * MINUTE), alarm("disk", at=START + 2 * MINUTE))
    world.lose()
    world.publish(alarm("cpu", "OK", at=START + 3 * MINUTE))
    assert [action for action, _ in world.pages()][-1] == "trigger"
    world.on_ticks(15)
    assert "resolve" not in [action for action, _ in world.pages()]
    world.publish(alarm("disk", "OK", at=world.clock.now()))
    world.on_ticks(10)
    assert open_incidents(world) == []


@pytest.mark.parametrize("severity", ["critical", "warning"])
def test_what_waited_for_its_first_flush_is_notified(severity: str) -> None:
    world = surveyed(config=timed(config(), group_wait=120))
    world.publish(alarm("cpu", at=START + 2 * MINUTE, severity=severity))
    world.lose()
    world.on_ticks(6)
    assert len(world.sent("slack")) == 1
    assert len(world.pages()) == (severity == "critical")


def test_a_resolve_that_waited_for_its_flush_closes_the_incident() -> None:
    world = surveyed(config=critical_to("pager"))
    world.publish(alarm("cpu", at=START + 2 * MINUTE))
    world.publish(alarm("cpu", "OK", at=START + 3 * MINUTE))
    assert len(open_incidents(world)) == 1
    world.lose()
    world.on_ticks(5)
    assert open_incidents(world) == []


def test_what_is_over_for_long_is_not_asked_to_be_resolved() -> None:
    world = Surveyed(config=critical_to("pager"))
    world.change(alarm("cpu", "OK", at=START - 2 * RECENT, sent_at=START - 2 * RECENT))
    world.on_ticks(5)
    assert world.pages() == []


def test_the_page_of_a_fallback_is_resolved_only_when_nothing_else_fires() -> None:
    world = surveyed(config=critical_to("slack", ["pager"]))
    world.fail("slack", by=Retryable("it answered 503"))
    world.publish(alarm("cpu", at=START + 2 * MINUTE), alarm("disk", at=START + 2 * MINUTE))
    world.on_ticks(7)
    world.lose()
    before = len(world.pages())
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.on_ticks(15)
    assert "resolve" not in [action for action, _ in world.pages()[before:]]
    world.publish(alarm("disk", "OK", at=world.clock.now()))
    world.on_ticks(15)
    assert open_incidents(world) == []


def test_a_table_that_knows_all_notifies_nobody_anew() -> None:
    world = Surveyed()
    world.publish(alarm("cpu"), alarm("disk"), alarm("net", service="web", severity="warning"))
    sent = [len(world.sent(channel)) for channel in ("pagerduty", "slack", "email")]
    world.on_ticks(3)
    assert [len(world.sent(channel)) for channel in ("pagerduty", "slack", "email")] == sent


def test_alarms_that_fire_when_the_table_is_new_are_notified() -> None:
    world = Surveyed()
    world.change(*(alarm(f"a{n}", service=f"s{n}", at=START - MINUTE) for n in range(5)))
    world.on_ticks(2)
    assert len(world.sent("slack")) == 5
    assert len(open_incidents(world)) == 5
    asked = world.cloudwatch.asked
    world.on_ticks(5)
    assert world.cloudwatch.asked == asked, "it is asked once"


def test_a_survey_that_finds_no_time_goes_on_with_the_next_tick() -> None:
    world = Surveyed(config=critical_to("slack"))
    world.change(*(alarm(f"a{n}", service=f"s{n}", at=START - MINUTE) for n in range(6)))
    slack = world.senders["slack"]
    send = slack.send

    def slowly(*args: Any, **given: Any) -> Any:
        world.clock.sleep(5)
        return send(*args, **given)

    slack.send = slowly  # type: ignore[method-assign]
    for relay in world.relays:
        world.on_tick(relay)
    assert 0 < len(world.sent("slack")) < 6
    world.on_ticks(5)
    assert len(world.sent("slack")) == 6


def test_a_loss_within_a_survey_begins_it_anew() -> None:
    world = surveyed(config=critical_to("pager"))
    world.publish(alarm("cpu", at=START + 2 * MINUTE), alarm("disk", at=START + 2 * MINUTE))
    world.lose()
    ask = world.cloudwatch.__class__.__call__

    def losing(state: str, token: str) -> Alarms | None:
        if state == "OK" and world.cloudwatch.asked < 20:
            world.cloudwatch.asked += 100
            world.lose()
        return ask(world.cloudwatch, state, token)

    world.relays = [replace(relay, alarms=losing) for relay in world.relays]
    world.publish(alarm("cpu", "OK", at=START + 3 * MINUTE))
    world.on_ticks(15)
    assert "resolve" not in [action for action, _ in world.pages()]
    assert len(open_incidents(world)) == 1


def test_where_cloudwatch_does_not_answer_ops_hears_and_resolves_go_on() -> None:
    world = Surveyed(config=critical_to("pager"))
    world.cloudwatch.answers = False
    world.publish(alarm("cpu"))
    world.publish(alarm("cpu", "OK", at=START + MINUTE))
    world.on_ticks(TRIES + 20)
    assert {one.name for one in world.ops} == {"AlarmsNotSurveyed"}
    assert open_incidents(world) == []
    resolved = [o for o in world.outcomes if o.status == "resolved" and o.receiver == "pager"]
    assert [o.reason for o in resolved if o.outcome == "delivered"] == [Reason.ALL_RESOLVED]
