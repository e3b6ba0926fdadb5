"""A fallback to a destination that holds the alert open already is an annotation there; any other one is notified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.memory.store import CollectingSender
from alertrelay.ports import Retryable
from alertrelay.state import Store, StoreFailure

from tests.dispatch.test_unanswered import open_incidents
from tests.dispatch.world import START, World, alarm, config, receive

MINUTE = timedelta(minutes=1)
TICK = 310
DOWN = Retryable("connection refused")


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

    def header(self, gid: str) -> Any:
        if self.failing and not gid.startswith("email"):
            raise StoreFailure("DynamoDB get_item: InternalServerError")
        return self.inner.header(gid)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


def test_where_the_table_does_not_say_what_is_held_the_fallback_is_notified() -> None:
    world = World(wrap=NoHeaderOfOthers)
    world.fail("email", by=DOWN)
    world.store.failing = True
    receive(world.relays[2], alarm("cpu"), deadline=world.deadline)
    assert {o.receiver for o in world.of("fallback")} == {"slack", "pager"}
