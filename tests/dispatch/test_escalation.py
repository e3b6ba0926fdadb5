"""A critical alert that nobody acknowledges goes to the next tier, once, unless a channel that escalates has it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.channels.slack import SlackSettings
from alertrelay.config.calendar import TimeInterval
from alertrelay.config.escalation import Tier
from alertrelay.config.model import Config
from alertrelay.intake.acknowledging import withdraw
from alertrelay.policy.silence import Silence
from alertrelay.ports import Retryable

from tests.dispatch.test_acknowledged import fingerprint, on, parts
from tests.dispatch.world import START, World, _email, alarm, config, receiver

SECOND = SlackSettings(mode="incoming", key="slack_webhook", url="", channel="#second")
TIERS = (
    Tier(number=2, after=900, receivers=("second",), contacts=("S0SECOND", "@here")),
    Tier(number=3, after=1800, receivers=("boss",)),
)


def escalating(*, pages: bool = False, tiers: tuple[Tier, ...] = TIERS, **more: Any) -> Config:
    """critical -> slack and mail, with `pages` the pager too; tier 2 is a channel of Slack, tier 3 a mailbox."""
    before = config()
    routes = before.route.routes if pages else before.route.routes[1:]
    added = (receiver("second", SECOND), receiver("boss", _email("boss@example.com")))
    route = replace(before.route, routes=routes)
    return replace(before, route=route, receivers=(*before.receivers, *added), escalation=tiers, **more)


def calls(world: World) -> list[tuple[int, str]]:
    """The messages to the tiers that say so, each with the minute at which it was sent."""
    return [(fields["after"] // 60, fields["receiver"]) for event, fields in world.log if event == "escalated"]


def to(world: World, name: str) -> list[str]:
    return [
        json.dumps(message)
        for sender in world.senders.values()
        for target, message, _, _ in sender.sent
        if target.integration.receiver == name
    ]


def test_it_goes_to_tier_2_and_then_to_tier_3_and_says_so() -> None:
    world = World(config=escalating())
    world.publish(alarm("one"))
    world.run(899)
    assert to(world, "second") == []
    world.run(61)
    assert len(to(world, "second")) == 1
    assert "Not acknowledged for 15 min: escalated to tier 2." in to(world, "second")[0]
    assert "<!subteam^S0SECOND> <!here>" in to(world, "second")[0]
    world.run(900)
    assert calls(world) == [(15, "second"), (30, "boss")]
    assert "escalated to tier 3" in to(world, "boss")[0]
    world.publish(alarm("one", "OK", at=world.clock.now()))
    world.run(600)
    assert (len(to(world, "second")), len(to(world, "boss"))) == (2, 2)  # each hears that it is over
    assert "escalated" not in to(world, "boss")[1]
    assert "S0SECOND" not in to(world, "second")[1]


@pytest.mark.parametrize("minute", [0, 14, 29])
def test_an_acknowledgement_stops_it(minute: int) -> None:
    world = World(config=escalating())
    world.publish(alarm("one"))
    world.run(minute * 60)
    on(world, "one")
    world.run(7200)
    assert [name for _, name in calls(world)] == ["second"] * (minute > 15)
    # Who was called is not reminded.
    assert len(to(world, "second")) == (minute > 15)


def test_an_undone_acknowledgement_goes_on_with_it() -> None:
    world = World(config=escalating())
    world.publish(alarm("one"))
    on(world, "one", seconds=3000)
    assert calls(world) == []
    withdraw(parts(world), fingerprint(world, "one"), by="ana")
    world.run(90)
    assert [name for _, name in calls(world)] == ["second", "boss"]


def test_a_resolve_stops_it() -> None:
    world = World(config=escalating())
    world.publish(alarm("one"))
    world.run(600)
    world.publish(alarm("one", "OK", at=world.clock.now()))
    world.run(7200)
    assert (calls(world), to(world, "second"), to(world, "boss")) == ([], [], [])


def test_a_page_stops_it_and_one_that_only_fell_back_does_not() -> None:
    world = World(config=escalating(pages=True))
    world.publish(alarm("one"))
    world.run(3600)
    assert calls(world) == []
    world = World(config=escalating(pages=True))
    world.fail("pagerduty", by=Retryable("PagerDuty answered 503"))
    world.publish(alarm("one"))
    world.run(1000)
    assert [name for _, name in calls(world)] == ["second"]
    world.fail("pagerduty", by=None)  # it answers before tier 3 is due
    world.run(3600)
    assert [name for _, name in calls(world)] == ["second"]


def test_slack_and_mail_that_fall_back_to_the_pager_are_a_page() -> None:
    world = World(config=escalating())
    world.fail("slack", "email", by=Retryable("it answered 503"))
    world.publish(alarm("one"))
    world.run(3600)
    assert world.pages()
    assert calls(world) == []


def test_an_alert_that_nobody_was_notified_of_is_escalated_all_the_same() -> None:
    tiers = (replace(TIERS[0], receivers=("pager",)),)
    world = World(config=replace(escalating(tiers=tiers), fallbacks={}))
    world.fail("slack", "email", by=Retryable("it answered 503"))
    world.publish(alarm("one"))
    world.run(960)
    assert [name for _, name in calls(world)] == ["pager"]
    assert "Not acknowledged for 15 min" in to(world, "pager")[0]


def test_other_severities_and_events_go_nowhere() -> None:
    world = World(config=escalating())
    world.publish(alarm("one", severity="warning", topic="warning"))
    world.run(7200)
    assert calls(world) == []


def test_each_alert_of_a_group_has_its_own_time() -> None:
    world = World(config=escalating(tiers=TIERS[:1]))
    world.publish(alarm("one"))
    world.run(840)
    world.publish(alarm("two", at=world.clock.now()))
    world.run(120)
    assert len(calls(world)) == 1
    world.run(1200)
    assert len(calls(world)) == 2


def test_hours_and_silences_hold_it_back_and_its_time_counts_from_the_notification() -> None:
    at_night = TimeInterval(times=((0, 300),))
    tiers = (Tier(number=2, after=900, receivers=("second",), hours=("day",)), TIERS[1])
    day = TimeInterval(times=((300, 1440),))
    world = World(config=escalating(tiers=tiers, time_intervals={"day": (day,), "night": (at_night,)}))
    world.publish(alarm("one"))  # at 03:00
    world.run(3600)
    assert [name for _, name in calls(world)] == ["boss"]
    world.run(3600 + 300)
    assert [name for _, name in calls(world)] == ["boss", "second"]

    world = World(config=escalating())
    matcher = escalating().route.routes[0].matchers
    silence = Silence(
        id="s", matchers=(matcher,), starts_at=START, ends_at=START + timedelta(minutes=20), updated_at=START,
        created_by="ana", comment="a test",
    )  # fmt: skip
    world.memory.put_silences([silence], seen=0)
    world.publish(alarm("one"))
    world.run(1800)
    assert calls(world) == []
    assert to(world, "slack")
    world.run(600)
    assert [name for _, name in calls(world)] == ["second"]


def test_a_tier_that_a_new_configuration_removes_leaves_the_alert_to_the_next_one() -> None:
    world = World(config=escalating())
    world.publish(alarm("one"))
    world.run(600)
    after = escalating(tiers=(replace(TIERS[0], receivers=("boss",)),))
    new = replace(after, hash="changed", receivers=(*after.receivers[:-2], after.receivers[-1]))
    world.relays = [replace(relay, config=new) for relay in world.relays]
    world.run(900)
    assert [name for _, name in calls(world)] == ["boss"]


@pytest.mark.parametrize("pages", [True, False])
def test_a_tier_that_is_not_to_be_called_sleeps_until_an_undo(pages: bool) -> None:
    world = World(config=escalating(pages=pages), sleeps=True)
    world.publish(alarm("one"))
    on(world, "one", seconds=2400)
    due = {header.schedule.next_due for header in world.memory._headers.values()}
    assert all(at and at > world.clock.now() + timedelta(minutes=10) for at in due)
    withdraw(parts(world), fingerprint(world, "one"), by="ana")
    world.run(150)
    assert [name for _, name in calls(world)] == ([] if pages else ["second", "boss"])
    world.publish(alarm("one", "OK", at=world.clock.now()))
    world.run(600)
    assert {header.schedule.next_due for header in world.memory._headers.values()} == {None}


def test_without_tiers_no_alert_costs_a_request_more() -> None:
    class Counting:
        def __init__(self, store: Any) -> None:
            self.store, self.asked = store, list[str]()

        def __getattr__(self, name: str) -> Any:
            self.asked.append(name)
            return getattr(self.store, name)

    def asked(tiers: tuple[Tier, ...]) -> list[str]:
        world = World(config=escalating(tiers=tiers), wrap=Counting)
        world.publish(alarm("one"), alarm("two", severity="warning", topic="warning"))
        world.run(120)
        return list(world.store.asked)

    with_tiers, without = asked(TIERS), asked(())
    # Of the critical one, for each tier: member, header and arm; its own groups are leased unread.
    assert len(with_tiers) - len(without) == 2 * 3
