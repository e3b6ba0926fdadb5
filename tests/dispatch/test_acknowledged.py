"""An acknowledgement is shown where the alert was notified, and notifies nobody."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from alertrelay.intake.acknowledging import Acknowledging, acknowledge_item, withdraw
from alertrelay.intake.ports import IntakeReport
from alertrelay.notify.shown import as_notified
from alertrelay.ports import Retryable
from alertrelay.render.notice import ACKNOWLEDGED
from alertrelay.state import Facts

from tests.aws.state import alert
from tests.dispatch.world import START, World, alarm


def parts(world: World) -> Acknowledging:
    """The intake's part, over the world's table."""
    return Acknowledging(
        alerts=world.memory,
        acknowledgements=world.memory,
        groups=world.memory,
        clock=world.clock,
        report=IntakeReport(log=lambda event, **fields: world.log.append((event, fields)), count=lambda *_: None),
        show=lambda _: None,
    )


def fingerprint(world: World, name: str) -> str:
    return next(i.alert.fingerprint for i in world.memory.firing(world.clock.now()) if name in i.alert.state_key)


def on(world: World, name: str, *, by: str = "ana", incident: str = "", seconds: float = 90) -> None:
    via: Any = "pagerduty" if incident else "slack"
    found = next(i for i in world.memory.firing(world.clock.now()) if name in i.alert.state_key)
    acknowledge_item(parts(world), found, by=by, via=via, comment="on it", incident=incident)
    world.run(seconds)


def world_of_a_bot(**more: Any) -> World:
    world = World(**more)
    world.senders["slack"].can_edit = True
    return world


def edits(world: World) -> list[str]:
    return [json.dumps(message) for _, message, _, edit in world.senders["slack"].sent if edit]


def test_slacks_message_is_edited_and_the_incident_acknowledged_once() -> None:
    world = world_of_a_bot(sleeps=True)
    world.publish(alarm("one"))
    world.run(360)
    on(world, "one")
    assert [action for action, _ in world.pages()] == ["trigger", "acknowledge"]
    assert len({key for _, key in world.pages()}) == 1
    assert len(edits(world)) == 1
    assert "by ana at 03:06 UTC: on it" in edits(world)[0]
    world.run(1800)
    on(world, "one", by="bo")
    # The second changed nothing; mail, which can do neither, got nothing for it.
    assert (len(world.pages()), len(edits(world)), len(world.sent("email"))) == (2, 1, 1)
    withdraw(parts(world), fingerprint(world, "one"), by="ana")
    world.run(90)
    assert "on it" not in edits(world)[1]
    world.publish(alarm("one", "OK", at=world.clock.now()))
    world.run(600)
    assert [action for action, _ in world.pages()] == ["trigger", "acknowledge", "resolve"]


def test_a_repeat_says_who_is_on_it_and_a_new_firing_is_nobodys() -> None:
    world = world_of_a_bot()
    world.publish(alarm("one"))
    on(world, "one")
    world.run(3600)
    assert "by ana" in json.dumps(world.sent("email")[1])  # the repeat
    world.publish(alarm("one", "OK", at=world.clock.now()))
    world.run(600)
    world.publish(alarm("one", at=world.clock.now()))
    world.run(600)
    assert "by ana" not in json.dumps(world.sent("email")[-1])
    assert [action for action, _ in world.pages()].count("acknowledge") == 1


def test_an_incident_waits_until_somebody_is_on_each_of_its_alerts() -> None:
    world = world_of_a_bot()
    world.publish(alarm("one"), alarm("two", at=START + timedelta(seconds=1)))
    world.run(600)
    on(world, "one")
    assert "acknowledge" not in [action for action, _ in world.pages()]
    assert len(edits(world)) == 1
    on(world, "two", by="bo")
    assert [action for action, _ in world.pages()].count("acknowledge") == 1
    assert "acknowledged" in edits(world)[1]


def test_an_incident_is_acknowledged_when_what_nobody_is_on_resolves() -> None:
    world = world_of_a_bot()
    world.publish(alarm("one"), alarm("two", at=START + timedelta(seconds=1)))
    world.run(600)
    on(world, "one")
    world.publish(alarm("two", "OK", at=world.clock.now()))
    world.run(600)
    assert [action for action, _ in world.pages()].count("acknowledge") == 1
    world.run(3000)
    assert [action for action, _ in world.pages()].count("acknowledge") == 1


def test_what_came_from_an_incident_is_not_sent_back_to_it() -> None:
    world = world_of_a_bot()
    world.publish(alarm("one"))
    world.run(60)
    on(world, "one", incident=world.pages()[0][1])
    assert [action for action, _ in world.pages()] == ["trigger"]
    assert "by ana" in edits(world)[0]


def test_a_channel_that_does_not_answer_is_tried_again() -> None:
    world = world_of_a_bot()
    world.publish(alarm("one"))
    world.run(60)
    world.fail("pagerduty", by=Retryable("PagerDuty answered 503"))
    on(world, "one")
    assert [action for action, _ in world.pages()] == ["trigger"]
    world.fail("pagerduty", by=None)
    world.run(330)
    assert [action for action, _ in world.pages()] == ["trigger", "acknowledge"]
    assert len(edits(world)) == 1


def test_a_page_that_only_fell_back_is_shown_on_its_fallback() -> None:
    world = world_of_a_bot()
    world.fail("pagerduty", by=Retryable("PagerDuty answered 503"))
    world.publish(alarm("one", severity="critical"))
    world.run(60)
    on(world, "one", seconds=70)
    assert [text for text in edits(world) if "by ana" in text]
    world.fail("pagerduty", by=None)
    world.run(1200)
    assert [action for action, _ in world.pages()] == ["trigger", "acknowledge"]


def test_a_source_cannot_say_that_somebody_is_on_it() -> None:
    forged = replace(alert(), annotations={ACKNOWLEDGED: "by nobody", "summary": "it is down"})
    shown = as_notified(forged, Facts(), resolved=False, now=START)
    assert shown.annotations == {"summary": "it is down"}
