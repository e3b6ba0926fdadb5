"""`alertrelay pending` over the whole relay in memory: what is shown while channels fail, wait and come back."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from alertrelay.channels import KINDS
from alertrelay.groups.undelivered import PendingGroup, pending, unsettled
from alertrelay.ports import Retryable

from cli.pending import show
from tests.dispatch.test_silences import silence
from tests.dispatch.world import World, alarm, config, timed

DOWN = Retryable("it answered 503")


def of(world: World) -> dict[str, PendingGroup]:
    return {one.integration: one for one in pending(world.memory, KINDS, now=world.clock.now())}


def test_nothing_is_pending_once_everybody_is_notified() -> None:
    world = World()
    assert of(world) == {}
    world.publish(alarm("cpu"))
    world.run(60)
    assert of(world) == {}


def test_a_channel_that_fails_is_shown_with_its_fallback_its_tries_and_the_next_one() -> None:
    world = World()
    world.fail("slack", by=DOWN)
    world.publish(alarm("cpu", severity="warning"))
    began = world.clock.now()
    world.run(200)
    found = of(world)
    assert set(found) == {"slack/slack/0"}
    page = found["slack/slack/0"]
    assert (page.why, page.alerts, page.fallbacks) == ("failing", ["HighCPU firing"], ["mail/email/0"])
    assert page.tries >= 2
    assert page.since is not None
    assert abs(page.since - began) < timedelta(seconds=20)
    assert page.next_try is not None
    assert page.next_try > world.clock.now()
    world.fail("slack", by=None)
    world.run(600)
    assert of(world) == {}


def test_groups_that_sleep_are_not_read_one_by_one_and_those_that_fail_come_first() -> None:
    world = World()
    world.publish(alarm("quiet"))
    world.run(600)
    assert unsettled(world.memory, KINDS, now=world.clock.now()) == []
    world.fail("slack", by=DOWN)
    world.publish(alarm("cpu", severity="warning"))
    world.run(100)
    first, *_ = unsettled(world.memory, KINDS, now=world.clock.now())
    assert first.startswith("slack-")


def test_a_resolve_that_no_channel_took_is_pending_too() -> None:
    world = World()
    world.publish(alarm("cpu"))
    world.run(60)
    world.fail("slack", "email", by=DOWN)
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(400)
    assert {one.why for one in of(world).values()} == {"failing"}
    assert of(world)["slack/slack/0"].alerts == ["HighCPU resolved"]


def test_an_alert_that_waits_for_its_groups_flush_is_shown_until_then() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(alarm("cpu"))
    first = of(world)["pager/pagerduty/0"]
    assert (first.why, first.alerts, first.tries) == ("waiting", ["HighCPU firing"], 0)
    assert first.next_try == world.clock.now() + timedelta(seconds=30)
    world.run(31)
    assert of(world) == {}
    world.publish(alarm("disk", at=world.clock.now()))
    assert of(world)["pager/pagerduty/0"].alerts == ["HighCPU firing"]
    world.run(400)
    assert of(world) == {}


def test_an_alert_that_a_silence_mutes_is_not_pending_once_a_flush_has_seen_it() -> None:
    world = World()
    silence(world, 30)
    world.publish(alarm("cpu"))
    world.run(400)
    assert world.pages() == []
    assert of(world) == {}


def test_the_list_ends_with_1_where_something_fails_and_names_the_dead_letters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    world = World()
    assert show("table", world.memory, world.clock, {}) == 0
    assert capsys.readouterr().out == "nothing is pending\n"
    assert show("table", world.memory, world.clock, {"alertrelay-prod-slack-failed": 2}) == 1
    assert "alertrelay-prod-slack-failed: 2 dead letters" in capsys.readouterr().out
    assert show("table", world.memory, world.clock, {"alertrelay-prod-slack-failed": "not allowed"}) == 2
    assert "not known: not allowed" in capsys.readouterr().out
    world.fail("pagerduty", by=DOWN)
    world.publish(alarm("cpu"))
    world.run(100)
    assert show("json", world.memory, world.clock, {}) == 1
    (group,) = json.loads(capsys.readouterr().out)["groups"]
    assert group["integration"] == "pager/pagerduty/0"
    assert group["group"] == {"service": "orders"}
    show("table", world.memory, world.clock, {})
    assert "pager/pagerduty/0  failing" in capsys.readouterr().out
