"""What the intake asks of Slack: to post an answer, and who belongs to a user group."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.channels.slack import SlackSettings
from alertrelay.channels.transport.connection import Network
from alertrelay.intake.slack.presses import NotKnown
from alertrelay.memory.ports import ManualClock
from alertrelay.runtime.slack import SlackWorld, slack_world

from local.standins import Fault, StandIns
from tests.intake.door import NOW

BOT = SlackSettings(mode="bot", key="token", url="https://slack.com/api/chat.postMessage", channel="C1", buttons=True)
REPLY = "https://hooks.slack.com/actions/T1/1/abc"


@pytest.fixture(scope="module")
def peers() -> Iterator[StandIns]:
    with StandIns(kinds=["slack"]) as found:
        yield found


@pytest.fixture
def clock(peers: StandIns) -> ManualClock:
    peers.heal()
    return ManualClock(NOW)


def world(peers: StandIns, clock: ManualClock, **secret: str) -> SlackWorld:
    nothing: Any = lambda *_: None  # noqa: E731 - a port that is not asked
    network = Network(endpoints=peers.endpoints, haste=50.0)
    return slack_world(network, lambda _: secret, clock, later=nothing, vote=nothing, alerts=nothing, queue=nothing)


def test_an_answer_is_posted_to_slack_and_tried_twice(peers: StandIns, clock: ManualClock) -> None:
    found = world(peers, clock)
    before = len(peers.requests)
    assert found.reply(REPLY, {"text": "done"}) == ""
    assert peers.requests[-1].body == {"text": "done"}
    assert "authorization" not in peers.requests[-1].headers  # a token is nothing for this address
    peers.fail("slack", Fault(kind="status", status=503), times=1)
    assert found.reply(REPLY, {"text": "again"}) == ""
    peers.fail("slack", Fault(kind="status", status=404), times=1)
    assert found.reply(REPLY, {"text": "late"}) == "Slack answered 404"
    assert len(peers.requests) - before == 4
    peers.fail("slack", Fault(kind="refused"))
    assert "Slack" in found.reply(REPLY, {"text": "lost"})


def test_the_users_of_a_group_are_asked_with_the_bots_token_and_known_for_a_while(
    peers: StandIns, clock: ManualClock
) -> None:
    found = world(peers, clock, token="xoxb-FAKE\n")
    before = len(peers.requests)
    for _ in range(3):
        assert found.members(BOT, "S1") == frozenset()
    (asked,) = peers.requests[before:]
    assert asked.path == "/api/usergroups.users.list"
    assert "xoxb-FAKE" in asked.tokens
    clock.sleep(timedelta(minutes=6).total_seconds())
    found.members(BOT, "S1")
    assert len(peers.requests) - before == 2


def test_where_slack_does_not_say_it_nobody_is_taken_for_a_member(peers: StandIns, clock: ManualClock) -> None:
    found = world(peers, clock, token="xoxb-FAKE")
    for fault in (
        Fault(kind="status", status=503),
        Fault(kind="status", status=200, body='{"ok": false, "error": "missing_scope"}'),
        Fault(kind="status", status=200, body="<html>"),
    ):
        peers.fail("slack", fault, times=1)
        with pytest.raises(NotKnown, match="Slack does not say who belongs to S1"):
            found.members(BOT, "S1")
