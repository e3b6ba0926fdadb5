"""A fallback to a destination that holds the alert open already is an annotation there; any other one is notified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest
from alertrelay.channels.email import EmailSettings
from alertrelay.config.channel import Settings
from alertrelay.memory.ports import CollectingSender, MemorySecrets
from alertrelay.ports import Permanent, Retryable
from alertrelay.state import Store, StoreFailure

from tests.dispatch.test_portion import Wrapped
from tests.dispatch.test_together import homes
from tests.dispatch.test_unanswered import open_incidents
from tests.dispatch.world import PAGERDUTY, START, World, alarm, config, receive, receiver

MINUTE = timedelta(minutes=1)
TICK = 310
DOWN = Retryable("connection refused")
UNANSWERED = Retryable("answered 503", ambiguous=True)


def publish_to_pager_last(world: World, *names: str) -> None:
    """Slack's and mail's own groups have announced the alert when PagerDuty's forwarder falls back."""
    for name in names:
        for relay in reversed(world.relays):
            receive(relay, alarm(name), deadline=world.deadline)


def test_a_page_that_falls_back_on_slack_edits_the_message_that_stands_there() -> None:
    world = World()
    world.senders["slack"] = CollectingSender(can_edit=True)
    world.fail("pagerduty", by=DOWN)
    publish_to_pager_last(world, "cpu")
    (_, _, _, first), (_, message, earlier, edit) = world.senders["slack"].sent
    assert (first, edit) == (False, True)
    assert earlier is not None
    assert "PagerDuty FAILED" in str(message)
    assert {o.receiver for o in world.of("fallback")} == {"slack", "mail"}


def test_a_mail_that_falls_back_on_pagerduty_opens_no_second_incident() -> None:
    world = World()
    world.fail("email", by=DOWN)
    world.publish(alarm("cpu"))
    assert len(open_incidents(world)) == 1
    assert {action for action, _ in world.pages()} == {"trigger"}
    assert len({key for _, key in world.pages()}) == 1


def test_an_annotation_is_resolved_only_by_the_group_that_holds_the_alert() -> None:
    world = World()
    world.fail("email", by=DOWN)
    world.publish(alarm("cpu"))
    world.publish(alarm("cpu", "OK", at=START + 5 * MINUTE))
    world.run(TICK)
    assert open_incidents(world) == []
    assert [action for action, _ in world.pages()].count("resolve") == 1


def test_an_annotation_is_made_once_however_often_the_first_channel_is_tried_again() -> None:
    world = World()
    world.fail("email", by=DOWN)
    world.publish(alarm("cpu"))
    asked = len(world.pages()), len(world.sent("slack"))
    world.run(40 * 60)
    assert (len(world.pages()), len(world.sent("slack"))) == asked


def test_a_fallback_that_gave_no_answer_holds_nothing_open_for_its_own_group() -> None:
    """Mail took the page of PagerDuty, and Slack may have or not: Slack's own group still announces it."""
    world = World()
    for channel in ("pagerduty", "slack"):
        world.fail(channel, by=UNANSWERED)
    world.publish(alarm("cpu"))
    assert {o.receiver for o in world.of("fallback")} >= {"mail"}
    world.fail("slack", by=None)
    asked = len(world.sent("slack"))
    world.run(10 * 60)
    assert len(world.sent("slack")) > asked
    assert "slack" in {o.receiver for o in world.of("delivered")}


MAIL = cast(EmailSettings, config().receivers[2].targets[0].settings)
OTHERS: dict[str, Settings] = {
    "the same key under another client": replace(PAGERDUTY, client="night", client_url="https://wiki.example.com"),
    "one of two mailboxes, from another sender": replace(MAIL, to=("Boss@example.com",), sender="night@example.com"),
    "a mailbox more": replace(MAIL, to=("boss@example.com", "oncall@example.com", "intern@example.com")),
    "another key": replace(PAGERDUTY, routing_key="other_key"),
}


@pytest.mark.parametrize(("name", "notified"), [(name, place > 1) for place, name in enumerate(OTHERS)])
def test_a_destination_is_where_messages_arrive_whatever_else_is_set(name: str, notified: bool) -> None:
    """The alert is open at PagerDuty and with two mailboxes when Slack falls back on another receiver."""
    before = config()
    mail = receiver("mail", replace(MAIL, to=("oncall@example.com", "boss@example.com")))
    receivers = (*before.receivers[:2], mail, receiver("backup", OTHERS[name]))
    world = World(
        config=replace(before, receivers=receivers, fallbacks={"slack": (("backup",),)}),
        secrets=MemorySecrets({"pagerduty_key": ["k"], "other_key": ["o"], "slack_webhook": ["w"]}),
    )
    world.fail("slack", by=DOWN)
    for relay in (world.relays[0], world.relays[2], world.relays[1]):
        receive(relay, alarm("cpu"), deadline=world.deadline)
    assert {o.receiver for o in world.of("fallback")} == {"backup"}
    world.fail("slack", by=None)
    world.run(TICK)
    for relay in world.relays:
        receive(relay, alarm("cpu", "OK", at=world.clock.now()), deadline=world.deadline)
    world.run(2 * TICK)
    assert open_incidents(world) == []
    keys = {key for _, key in world.pages()}
    ends = [mail for mail in world.sent("email") if "RESOLVED" in mail["subject"]]
    assert len(keys) + len(ends) == (3 if notified else 2)


@pytest.mark.parametrize("what", ["another destination", "another alert", "nothing announced"])
def test_a_destination_that_does_not_hold_the_alert_is_notified(what: str) -> None:
    before = config()
    world = World(config=before)
    if what == "another destination":
        routes = tuple(r for r in before.route.routes if r.receiver != "pager")
        world = World(config=replace(before, route=replace(before.route, routes=routes)))
    elif what == "another alert":
        world.publish(alarm("disk", service="web"))
    world.fail("email", by=DOWN)
    if what == "nothing announced":
        receive(world.relays[2], alarm("cpu"), deadline=world.deadline)
    else:
        world.publish(alarm("cpu", at=START + MINUTE))
    keys = {key for _, key in world.pages()}
    assert len(keys) == {"another destination": 1, "another alert": 2, "nothing announced": 1}[what]


class NoHeaderOfOthers:
    """A store that does not answer for the header of PagerDuty's or Slack's groups to mail's forwarder."""

    def __init__(self, inner: Store) -> None:
        self.inner = inner
        self.failing = False

    def headers(self, gids: Any) -> Any:
        if self.failing:
            raise StoreFailure("DynamoDB batch_get_item: InternalServerError")
        return self.inner.headers(gids)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_where_the_table_does_not_say_what_is_held_the_fallback_is_notified() -> None:
    world = World(wrap=NoHeaderOfOthers)
    world.fail("email", by=DOWN)
    world.store.failing = True
    receive(world.relays[2], alarm("cpu"), deadline=world.deadline)
    assert {o.receiver for o in world.of("fallback")} == {"slack", "pager"}


def publish_to_mail_first(world: World, *names: str, state: str = "ALARM", at: Any = START) -> None:
    """A fallback has announced the alert before the destination's own group does."""
    world.clock.move_to(at)
    for name in names:
        for relay in (world.relays[2], world.relays[0], world.relays[1]):
            receive(relay, alarm(name, state, at=at), deadline=world.deadline)


def test_a_group_takes_over_the_incident_that_a_fallback_opened_at_its_destination() -> None:
    world = World()
    world.fail("email", by=DOWN)
    publish_to_mail_first(world, "cpu")
    assert len({key for _, key in world.pages()}) == 1
    world.run(TICK)
    publish_to_mail_first(world, "cpu", state="OK", at=world.clock.now())
    world.run(2 * TICK)
    assert open_incidents(world) == []


def test_an_incident_that_was_taken_over_stays_while_more_fires() -> None:
    world = World()
    world.fail("email", by=DOWN)
    publish_to_mail_first(world, "cpu")
    world.run(TICK)
    world.fail("email", by=None)
    publish_to_mail_first(world, "disk", at=world.clock.now())
    world.run(TICK)
    publish_to_mail_first(world, "cpu", state="OK", at=world.clock.now())
    world.run(2 * TICK)
    assert len(open_incidents(world)) == 1
    publish_to_mail_first(world, "disk", state="OK", at=world.clock.now())
    world.run(2 * TICK)
    assert open_incidents(world) == []


def test_a_group_edits_what_a_fallback_posted_at_its_destination() -> None:
    world = World()
    world.senders["slack"] = CollectingSender(can_edit=True)
    world.fail("pagerduty", by=DOWN)
    world.publish(alarm("cpu"))
    (_, _, _, first), (_, _, earlier, edit), *others = world.senders["slack"].sent
    assert (first, edit) == (False, True)
    assert earlier is not None
    assert all(edited for _, _, _, edited in others)


def test_where_nothing_can_be_edited_the_group_says_nothing_more() -> None:
    world = World()
    world.fail("pagerduty", by=DOWN)
    world.publish(alarm("cpu"))
    assert len(world.sent("slack")) == 1
    assert ("slack", "merged") in {(o.receiver, o.outcome) for o in world.outcomes if not o.fallback_for}
    world.run(TICK)
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(2 * TICK)
    assert len(world.sent("slack")) == 2
    assert "RESOLVED" in str(world.sent("slack")[-1])


def test_an_event_of_a_fallback_is_not_announced_by_the_group_there() -> None:
    world = World()
    world.fail("pagerduty", by=DOWN)
    topic = "arn:aws:sns:eu-central-1:111122223333:alertrelay-test-critical"
    world.publish(replace(alarm("x"), text="the cellar is full of water", topic_arn=topic))
    assert len(world.sent("slack")) == 1
    world.run(3 * TICK)
    assert len(world.sent("slack")) == 1


def test_the_last_message_of_a_fallback_calls_nothing_resolved_that_fires() -> None:
    world = World(config=replace(config(), fallbacks={"pager": (("mail",),)}))
    routes = tuple(r for r in world.config.route.routes if r.receiver != "mail")
    world = World(config=replace(world.config, route=replace(world.config.route, routes=routes)))
    world.fail("pagerduty", by=DOWN)
    world.publish(alarm("cpu"))
    world.fail("pagerduty", by=None)
    world.run(TICK)
    world.publish(alarm("disk", at=world.clock.now()))
    world.run(TICK)
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(TICK)
    last = str(world.sent("email")[-1])
    assert "RESOLVED" in last
    assert "disk" not in last


def test_what_a_fallback_announced_at_its_destination_is_read_with_the_facts() -> None:
    asked = list[str]()
    world = World(wrap=lambda store: Wrapped(store, lambda name, _: asked.append(name)))
    world.fail("email", by=DOWN)
    mail, pager = world.relays[2], world.relays[0]
    receive(mail, alarm("cpu"), deadline=world.deadline)
    asked.clear()
    receive(pager, alarm("cpu"), deadline=world.deadline)
    assert "headers" not in asked
    assert len({key for _, key in world.pages()}) == 1


def test_the_next_group_of_a_message_sees_what_the_one_before_it_announced_there() -> None:
    found = homes(2, wait=0)
    world = World(config=replace(found, fallbacks={"home-0": (("home-1",),), "home-1": (("home-0",),)}))
    taken = list[str]()

    def send(message: Any, target: Any, **given: Any) -> Any:
        taken.append(target.integration.receiver)
        if taken[-1] == "home-0":
            raise Permanent("answered 400")  # not tried again: the next group comes within the same seconds
        return CollectingSender.send(slack, message, target, **given)

    slack = world.senders["slack"]
    slack.send = send  # type: ignore[method-assign] # an instance of its own
    receive(world.relays[1], alarm("cpu"), deadline=world.deadline)
    assert taken.count("home-1") == 1
    assert {(o.receiver, o.outcome) for o in world.outcomes if not o.fallback_for} >= {("home-1", "merged")}
