"""Accounted for: each update of an alert comes, at each integration, to exactly one end."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.config.model import Config
from alertrelay.notification import Outcome, Reason
from alertrelay.ports import Retryable
from alertrelay.sources import Envelope
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.dispatch.world import START, World, alarm, config, timed

WHAT_HAPPENS = st.lists(
    st.one_of(
        st.tuples(st.just("alarm"), st.sampled_from("ab"), st.sampled_from(["ALARM", "OK"])),
        st.tuples(st.just("wait"), st.sampled_from([1, 20, 100, 400, 4000])),
        st.tuples(st.sampled_from(["down", "up"]), st.sampled_from(["pagerduty", "slack", "email"])),
    ),
    max_size=14,
)
A_BEGIN, AN_END = ("alarm", "a", "ALARM"), ("alarm", "a", "OK")


def ends_of(outcomes: list[Outcome]) -> Counter[tuple[str, str, str]]:
    """Of each (alarm, status) at each integration, how often something final is said. A repeat is about no update, and
    what a fallback says is its own."""
    return Counter(
        (o.state_key.rpartition(":")[2], o.status, o.receiver)
        for o in outcomes
        if o.outcome != "pending" and not o.fallback_for and o.reason != Reason.REPEAT
    )


@given(WHAT_HAPPENS, st.sampled_from([0, 30]), st.sampled_from([250, 0]), st.booleans())
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@example([A_BEGIN, AN_END, A_BEGIN], 30, 250, True)
@example([A_BEGIN, ("wait", 400), AN_END, A_BEGIN], 30, 250, True)
@example([A_BEGIN, ("wait", 400), AN_END, A_BEGIN], 30, 250, False)
@example([("down", "slack"), A_BEGIN, ("wait", 100), AN_END, ("up", "slack")], 0, 250, True)
@example([("down", "slack"), A_BEGIN, ("wait", 100), AN_END, ("up", "slack")], 0, 0, True)
@example([("down", "pagerduty"), A_BEGIN, AN_END, ("down", "email"), ("wait", 4000), A_BEGIN], 0, 0, False)
@example([A_BEGIN, ("down", "pagerduty"), ("wait", 4000), A_BEGIN, A_BEGIN], 0, 0, False)
def test_each_update_comes_to_one_end_at_each_integration(
    happens: list[Any], group_wait: int, inline: int, send_resolved: bool
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("alertrelay.nflog.chunks.INLINE_ALERTS", inline)  # of more, the ledger stands in chunks
        settled = timed(config(send_resolved=send_resolved), group_wait=group_wait)
        _each_comes_to_one_end(happens, settled)


def _each_comes_to_one_end(happens: list[Any], settled: Config) -> None:
    world = World(config=settled)
    published = Counter[tuple[str, str]]()
    firing = set[str]()
    for what, *rest in happens:
        if what == "wait":
            world.run(rest[0])
        elif what == "alarm":
            name, state = rest
            if state == "OK" and name not in firing:
                continue  # of an end after an end it may be said twice that nobody had heard of it
            world.run(0.5)
            world.publish(alarm(name, state, at=world.clock.now()))
            status = "firing" if state == "ALARM" else "resolved"
            (firing.add if status == "firing" else firing.discard)(name)
            published[name, status] += 1
        else:
            world.senders[rest[0]].always = Retryable("it is down") if what == "down" else None
    for sender in world.senders.values():
        sender.always = None
    world.run(3 * 3600)
    found = ends_of(world.outcomes)
    for (name, status), count in published.items():
        for receiver in ("pager", "slack", "mail"):
            said = found[name, status, receiver] + (found[name, status, ""] if status == "resolved" else 0)
            assert said == count, (name, status, receiver, world.outcomes)


def posted(name: str, *, ends: float, at: datetime = START) -> Envelope:
    """An alert as Prometheus posts it: it says itself when it will have ended, unless it is posted again."""
    labels = {"alertname": name, "severity": "warning", "service": "orders"}
    ends_at = (at + timedelta(seconds=ends)).isoformat()
    text = json.dumps([{"labels": labels, "startsAt": at.isoformat(), "endsAt": ends_at}])
    return replace(alarm("x", at=at), text=text, message_id=f"{name}-{at.isoformat()}")


def test_what_ends_of_itself_before_it_is_notified_comes_to_its_end_once_and_expires() -> None:
    world = World(config=timed(config(), group_wait=30))
    world.publish(posted("Short", ends=10), posted("Long", ends=7200))
    world.run(1000)
    assert [(o.alertname, o.status, o.reason) for o in world.of("suppressed")] == [
        ("Short", "firing", Reason.RESOLVED_EARLY)
    ]
    (members,) = world.memory._members.values()
    assert {m.name: m.expires - m.alert.ends_at for m in members.values() if m.expires and m.alert.ends_at} == {
        "Short": timedelta(days=3),
        "Long": timedelta(days=3),
    }


def test_what_ends_of_itself_after_it_was_notified_is_ended() -> None:
    world = World()
    world.publish(posted("Short", ends=240))
    world.run(1000)
    assert [(o.status, o.reason) for o in world.of("delivered")] == [
        ("firing", Reason.FIRST),
        ("resolved", Reason.ALL_RESOLVED),
    ]
