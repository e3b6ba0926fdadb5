"""After a storm what still fires is announced alone while the limit allows, else named in the digest."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.alert import Channel
from alertrelay.channels.slack import SlackSettings
from alertrelay.config.model import Config, Receiver
from alertrelay.ports import Retryable
from alertrelay.state import Limit

from tests.dispatch.test_crashes import MortalWorld
from tests.dispatch.world import START, World, alarm, config

COUNT = 12
MAIL, PAGER = Limit(interval=100, burst=3, quiet=300), Limit(interval=6, burst=3)
LIMITS: dict[Channel, Limit] = {"email": MAIL, "pagerduty": PAGER, "slack": MAIL}
CHANNELS: tuple[Channel, ...] = ("email", "pagerduty", "slack")


def _bot() -> Config:
    before = config()
    slack = SlackSettings(mode="bot", key="slack_webhook", url="", channel="C1")
    receivers = [
        Receiver(name="slack", targets=tuple(replace(t, settings=slack) for t in one.targets))
        if one.name == "slack"
        else one
        for one in before.receivers
    ]
    return replace(before, receivers=tuple(receivers))


def _storm(world: World) -> None:
    """A storm of twelve; the first three come alone on every channel, the others by the digest."""
    world.publish(*(alarm(f"one-{n}", at=START + timedelta(milliseconds=n), service=f"s{n}") for n in range(COUNT)))
    world.run(120)


def _resolve(world: World, *numbers: int) -> None:
    at = world.clock.now()
    world.publish(*(alarm(f"one-{n}", "OK", at=at + timedelta(milliseconds=n), service=f"s{n}") for n in numbers))


def _texts(world: World, channel: Channel) -> list[str]:
    return [json.dumps(message) for message in world.sent(channel)]


def _digest(world: World) -> str:
    return next(str(m["dedup_key"]) for m in world.sent("pagerduty") if "AlertStorm" in json.dumps(m))


@pytest.mark.parametrize("configured", [config, _bot])
def test_what_lasts_is_announced_alone_and_resolves_alone(configured: Any) -> None:
    """One alert: of two by mail, both with a resolve, the storm would be more than ten messages."""
    world = World(config=configured(), limits=LIMITS)
    _storm(world)
    _resolve(world, *range(11))
    before = {channel: len(world.sent(channel)) for channel in CHANNELS}
    world.run(900)
    after = {channel: _texts(world, channel)[before[channel] :] for channel in CHANNELS}
    for channel in CHANNELS:
        alone = [text for text in after[channel] if "one-11" in text and "AlertStorm" not in text]
        assert len(alone) == 1, (channel, after[channel])
    for channel in ("email", "slack"):
        last = [text for text in after[channel] if "AlertStorm" in text][-1]
        assert "The storm is over: 1 alert still fires and has a message of its own" in last
        assert "one-11" not in last
    assert [action for action, key in world.pages() if key == _digest(world)][-1] == "resolve"
    assert world.pages()[-1][0] == "resolve"
    _resolve(world, 11)
    world.run(4000)
    assert {action for _, action in {key: action for action, key in world.pages()}.items()} == {"resolve"}
    for channel in ("email", "slack"):
        ends = " ".join(_texts(world, channel)[before[channel] :])
        assert "RESOLVED" in ends


def test_more_than_the_limit_allows_stay_with_the_digest_which_names_each() -> None:
    world = World(limits=LIMITS)
    _storm(world)
    _resolve(world, *range(8))
    before = len(world.sent("email"))
    world.run(1500)
    mails = _texts(world, "email")[before:]
    assert mails
    assert all("AlertStorm" in mail for mail in mails)
    assert all(f"one-{n}" in mails[-1] for n in range(8, 12))
    assert "The storm is over" not in " ".join(mails)
    _resolve(world, *range(8, 12))
    world.run(900)
    assert "RESOLVED" in world.sent("email")[-1]["subject"]


def test_an_alert_whose_own_message_fails_stays_with_the_digest() -> None:
    world = World(limits={"email": MAIL})
    _storm(world)
    _resolve(world, *range(11))
    world.run(200)
    header = next(h for h in world.memory._headers.values() if h.identity.route_id == "storm")
    world.fail("email", by=Retryable("down"))
    world.run(1200)
    kept = next(h for h in world.memory._headers.values() if h.identity.route_id == "storm")
    assert header.ledger.firing >= kept.ledger.firing != frozenset()
    world.fail("email", by=None)
    world.run(3000)
    assert "The storm is over" in " ".join(_texts(world, "email"))


REQUESTS = 24
"""Of the flush of a digest that hands two alerts back, and of their own groups' within it."""


@pytest.mark.parametrize("number", range(REQUESTS))
@pytest.mark.parametrize("how", ["before", "after", "fails"])
@pytest.mark.parametrize("lasts", [20, 4000])
def test_killed_at_any_request_of_the_end_nothing_is_lost(number: int, how: str, lasts: int) -> None:
    world = MortalWorld(limits={"pagerduty": PAGER})
    _storm(world)
    _resolve(world, *range(10))
    world.run(188)
    world.mortal.plan.extend([*["ok"] * number, how])
    world.run(lasts)
    assert not world.mortal.plan, "the request was made"
    digest, state = _digest(world), {key: action for action, key in world.pages()}
    alone = [action for key, action in state.items() if key != digest].count("trigger")
    assert alone == 2 or state[digest] == "trigger", "what fires is open somewhere"
    if lasts > 1000:
        assert (alone, state[digest]) == (2, "resolve"), "both are handed back"
    _resolve(world, 10, 11)
    world.run(4000)
    assert {action for _, action in {key: action for action, key in world.pages()}.items()} == {"resolve"}
