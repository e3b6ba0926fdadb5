"""Storms as people get them: few messages from the first alert to the last resolve, and what lasts is named."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from alertrelay.alert import Channel, Integration
from alertrelay.channels.sns import SnsSettings
from alertrelay.config.model import Config, Receiver, Target
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore
from alertrelay.notify.limits import LIMITS, QUIET, SMS, incidents, limit_of, messages
from alertrelay.notify.rate_limit import Digests
from alertrelay.ports import Retryable

from tests.dispatch.world import START, World, alarm, config, timed

COUNT = 800
"""The messages of a storm do not depend on its size; ten thousand take minutes here."""
SMS_TARGET = Target(
    integration=Integration(receiver="sms", channel="sns", index=0),
    send_resolved=True,
    settings=SnsSettings(topic_arn="", phone_number="+15555550100", target_arn=""),
)


def _with_sms() -> Config:
    """Critical alerts go to a phone too."""
    before = config()
    root = before.route
    pager, *others = root.routes
    phone = replace(pager, id="{}/sms", receiver="sms", key='{}/{severity="critical"}')
    return replace(
        before,
        route=replace(root, routes=(phone, pager, *others)),
        receivers=(*before.receivers, Receiver(name="sms", targets=(SMS_TARGET,))),
    )


def _storm(world: World, count: int, *, seconds: float = 60.0) -> None:
    for number in range(count):
        at = START + timedelta(seconds=seconds * number / count)
        world.publish(alarm(f"lasting-{number}", at=at, service=f"s{number}"))


def _spread(world: World, count: int, *, minutes: float) -> None:
    """Fires alarms one after the other, while timers and ticks run."""
    for number in range(count):
        at = START + timedelta(minutes=minutes * number / count)
        world.run((at - world.clock.now()).total_seconds())
        world.publish(alarm(f"lasting-{number}", at=at, service=f"s{number}"))


def _resolve(world: World, first: int, count: int) -> None:
    at = world.clock.now()
    for number in range(first, count):
        when = at + timedelta(milliseconds=number)
        world.publish(alarm(f"lasting-{number}", "OK", at=when, service=f"s{number}"))


def _posted(world: World, channel: Channel) -> list[str]:
    """What a channel took, edits apart, which notify nobody."""
    return [json.dumps(m) for _, m, _, edit in world.senders[channel].sent if not edit]


def test_a_storm_is_at_most_ten_messages_a_channel_from_first_to_last() -> None:
    world = World(config=_with_sms(), limits=LIMITS)
    times: list[datetime] = []
    send = world.senders["pagerduty"].send

    def noting(message: Any, *args: Any, **given: Any) -> Any:
        if message["event_action"] == "trigger":
            times.append(world.clock.now())
        return send(message, *args, **given)

    world.senders["pagerduty"].send = noting  # type: ignore[method-assign]
    _storm(world, COUNT)
    world.run(400)
    _resolve(world, 0, COUNT)
    world.run(1000)
    for channel in ("slack", "email", "sns"):
        assert 3 <= len(_posted(world, channel)) <= 10, channel
    minute = timedelta(minutes=1)
    assert max(sum(1 for t in times if at <= t < at + minute) for at in times) <= 21
    state = {key: action for action, key in world.pages()}
    assert set(state.values()) == {"resolve"}


@pytest.mark.parametrize(("minutes", "count", "most"), [(35, 300, 10), (90, 300, 12)])
def test_a_storm_of_an_hour_is_few_messages_too(minutes: int, count: int, most: int) -> None:
    """A digest more for each time that the storm lasts four times as long. Where new alarms come as slowly as one in 18
    seconds, two more go out alone before the limit is reached."""
    world = World(config=timed(_with_sms(), repeat_interval=4 * 3600), limits=LIMITS)
    _spread(world, count, minutes=minutes)
    world.run(700)
    text = " ".join(m["text"] for m in world.sent("email"))
    assert len(set(re.findall(r"lasting-\d+", text))) == count
    _resolve(world, 0, count)
    world.run(1500)
    for channel in ("slack", "email", "sns"):
        assert 3 <= len(_posted(world, channel)) <= most, channel
    assert {action for _, action in {key: action for action, key in world.pages()}.items()} == {"resolve"}


def test_the_digest_has_the_count_the_services_and_in_a_mail_every_name() -> None:
    world = World(limits=LIMITS)
    for number in range(200):
        at = START + timedelta(milliseconds=10 * number)
        world.publish(alarm(f"lasting-{number}", at=at, service=f"s{number % 100}"))
    world.run(320)
    mail = world.sent("email")[-1]["text"]
    assert "AlertStorm" in mail
    assert "Most: s" in mail
    named = {word for word in mail.split() if word.startswith("lasting-")}
    alone = {w for m in world.sent("email")[:-1] for w in m["text"].split() if w.startswith("lasting-")}
    assert len(named | {w for w in alone if w in {f"lasting-{n}" for n in range(200)}}) == 200
    slack = json.dumps(world.sent("slack")[-1])
    assert slack.count("lasting-") >= 150
    page = next(m for m in world.sent("pagerduty") if "AlertStorm" in json.dumps(m))
    assert page["payload"]["custom_details"]["Services"]
    whole = "#alarmsV2:?~(alarmStateFilter~%27ALARM)"
    assert all(whole in text for text in (mail, slack, json.dumps(page)))


@pytest.mark.parametrize("channel", ["slack", "email"])
def test_six_alerts_that_last_for_two_hours_are_named(channel: Channel) -> None:
    world = World(limits=LIMITS)
    _storm(world, 100)
    world.run(240)
    _resolve(world, 0, 94)
    before = len(_posted(world, channel))
    world.run(2 * 3600)
    after = " ".join(_posted(world, channel)[before:])
    for number in range(94, 100):
        assert f"lasting-{number}" in after
    _resolve(world, 94, 100)
    world.run(900)
    assert "RESOLVED" in _posted(world, channel)[-1]
    assert len(_posted(world, channel)) <= 10


def test_after_a_storm_resolves_of_alerts_that_came_alone_join_its_digest() -> None:
    world = World(limits={"email": messages(3)})
    _storm(world, 5, seconds=1)
    world.run(600)
    assert len(world.sent("email")) == 4
    _resolve(world, 0, 5)
    world.run(900)
    mails = [m["text"] for m in world.sent("email")]
    assert len(mails) <= 6
    ends = " ".join(mails[4:])
    assert {service for service in ("s0", "s1", "s2") if f"RESOLVED HighCPU: {service}, resolved after" in ends}
    assert "CRITICAL" not in ends
    assert [o.status for o in world.outcomes if o.receiver == "mail" and o.outcome in ("delivered", "merged")] == [
        *["firing"] * 5,
        *["resolved"] * 5,
    ]


def test_a_mail_of_a_digest_names_every_resolve_of_what_came_alone() -> None:
    world = World(limits={"email": messages(45)})
    _storm(world, 50, seconds=1)
    world.run(600)
    before = len(world.sent("email"))
    _resolve(world, 0, 50)
    world.run(900)
    mails = world.sent("email")[before:]
    for body in ("text", "html"):
        named = {name for mail in mails for name in re.findall(r"lasting-\d+ s\d+", mail[body])}
        assert named == {f"lasting-{number} s{number}" for number in range(45)}, body


def test_an_alert_announced_alone_and_by_the_digest_is_one_resolve() -> None:
    """As where its own group's record failed after the send, and the next flush left it to the digest."""
    world = World(limits={"email": messages(2)})
    _storm(world, 4, seconds=1)
    world.run(60)
    store = world.memory
    mails = {gid: header.identity for gid, header in store._headers.items() if gid.startswith("email-")}
    own = next(gid for gid, identity in mails.items() if identity.group_labels == {"service": "s0"})
    digests = Digests(alerts=store, groups=store, timers=world.timers_of(world.clock), clock=world.clock)
    digests.join(mails[own].integration, store.members(own))
    world.run(600)
    before = len(world.sent("email"))
    _resolve(world, 0, 4)
    world.run(900)
    last = world.sent("email")[-1]["text"]
    assert len(world.sent("email")) == before + 1
    assert "all 4 resolved" in last
    assert last.count("RESOLVED HighCPU: s") == 3  # beside the one that is shown in full


def test_without_a_storm_resolves_are_sent_alone() -> None:
    world = World(limits={"email": messages(3)})
    _storm(world, 3, seconds=1)
    world.run(400)
    _resolve(world, 0, 3)
    world.run(900)
    assert ["RESOLVED" in mail["subject"] for mail in world.sent("email")] == [False] * 3 + [True] * 3


def test_resolves_that_cost_no_message_are_sent_alone() -> None:
    world = World(limits=LIMITS)
    world.senders["slack"].can_edit = True
    world.relays = world.relays[:2]
    _storm(world, 5, seconds=1)
    world.run(400)
    _resolve(world, 0, 5)
    world.run(900)
    assert len(_posted(world, "slack")) == 5
    assert sum(edit for *_, edit in world.senders["slack"].sent) == 5
    assert [action for action, _ in world.pages()] == ["trigger"] * 5 + ["resolve"] * 5


def test_a_storm_is_over_when_five_minutes_were_quiet() -> None:
    clock = ManualClock(START)
    store = MemoryStore(clock)
    limit = messages(5)

    def take() -> bool:
        return store.take("one", now=clock.now(), limit=limit)

    assert [take() for _ in range(7)] == [True] * 5 + [False] * 2
    clock.sleep(QUIET - 1)
    assert not take()
    clock.sleep(QUIET - 1)
    assert not take()
    clock.sleep(QUIET)
    assert take()


def test_in_any_minute_pagerduty_gets_no_more_than_its_limit() -> None:
    clock = ManualClock(START)
    store, taken = MemoryStore(clock), []
    for _ in range(3000):
        if store.take("key", now=clock.now(), limit=incidents(20)):
            taken.append(clock.now())
        clock.sleep(0.1)
    minute = timedelta(minutes=1)
    assert max(sum(1 for t in taken if at <= t < at + minute) for at in taken) <= 21
    assert len(taken) >= 50


def test_a_limit_of_the_receiver_goes_before_that_of_its_channel() -> None:
    slack = config().receivers[1].targets[0]
    assert limit_of(slack, {}, LIMITS) == messages(5)
    assert limit_of(slack, {"slack": 9}, LIMITS) == messages(9)
    assert limit_of(config().receivers[0].targets[0], {"pager": 60}, LIMITS) == incidents(60)
    assert limit_of(SMS_TARGET, {}, LIMITS) == SMS
    assert limit_of(slack, {}, {}) is None


@pytest.mark.parametrize(("minutes", "lasts"), [(15, 400), (120, 400), (1, 3 * 3600)])
def test_however_slowly_a_storm_resolves_it_is_ten_messages(minutes: int, lasts: int) -> None:
    """Ten thousand alarms differ in the length of the lists alone. `lasts`: seconds until the first one resolves."""
    world = World(config=timed(_with_sms(), repeat_interval=48 * 3600), limits=LIMITS)
    count = 60
    _storm(world, count)
    world.run(lasts)
    began = world.clock.now()
    for number in range(count):
        world.run((began + timedelta(minutes=minutes * number / count) - world.clock.now()).total_seconds())
        world.publish(alarm(f"lasting-{number}", "OK", at=world.clock.now(), service=f"s{number}"))
    world.run(1500)
    for channel in ("slack", "email", "sns"):
        assert 3 <= len(_posted(world, channel)) <= 10, channel
    assert "RESOLVED" in _posted(world, "slack")[-1]
    resolved = {o.state_key for o in world.outcomes if (o.receiver, o.status) == ("mail", "resolved")}
    assert len(resolved) == count
    assert not [o for o in world.final().items() if o[1] == "pending"]


@pytest.mark.parametrize("left", [1, 2, 3, 4, 5, 6])
def test_what_outlasts_a_storm_is_announced_alone_within_its_ten_messages(left: int) -> None:
    world = World(config=_with_sms(), limits=LIMITS)
    _storm(world, 30)
    world.run(240)
    _resolve(world, 0, 30 - left)
    world.run(3000)
    for number in range(30 - left, 30):
        _resolve(world, number, number + 1)
        world.run(700)
    world.run(3000)
    for channel in ("slack", "email", "sns"):
        assert len(_posted(world, channel)) <= 10, channel
        assert "RESOLVED" in _posted(world, channel)[-1]


def test_an_alert_that_fired_after_a_storm_resolves_alone_in_its_thread() -> None:
    world = World(limits=LIMITS)
    _storm(world, 30)
    world.run(400)
    _resolve(world, 0, 30)
    world.run(1200)
    sent = len(world.sent("email"))
    world.publish(alarm("later", at=world.clock.now(), service="later"))
    world.run(400)
    world.publish(alarm("later", "OK", at=world.clock.now(), service="later"))
    world.run(400)
    assert [mail["subject"] for mail in world.sent("email")[sent:]] == [
        "[CRITICAL] HighCPU later (test)",
        "[RESOLVED] HighCPU later (test)",
    ]


def test_a_digest_calls_nothing_resolved_that_fires_again() -> None:
    world = World(limits=LIMITS)
    _storm(world, 30)
    for seconds, number in ((200, 4), (600, 3), (200, 0), (1, 1)):
        world.run(seconds)
        _resolve(world, number, number + 1)
    world.run(400)
    world.publish(alarm("lasting-0", at=world.clock.now(), service="s0"))
    assert "lasting-0 is high" in world.sent("slack")[-1]["text"]
    world.run(2000)
    digest = _posted(world, "slack")[-1]
    assert "25 firing, 1 of 26 resolved" in digest
    assert "HighCPU: s1, resolved after" in digest
    assert "HighCPU: s0," not in digest


def test_no_fallback_is_notified_of_resolves_that_a_digest_collects() -> None:
    world = World(limits=LIMITS)
    _storm(world, 30)
    world.run(400)
    pages = len(world.pages())
    world.fail("email", by=Retryable("it is down"))
    _resolve(world, 0, 30)
    world.run(900)
    assert {action for action, _ in world.pages()[pages:]} == {"resolve"}
    assert not world.of("fallback")
    world.fail("email", by=None)
    world.run(3000)
    assert "RESOLVED" in world.sent("email")[-1]["subject"]


def test_resolves_wait_for_their_own_channel_where_a_fallback_takes_the_news() -> None:
    world = World(limits=LIMITS)
    _storm(world, 30)
    world.run(400)
    world.fail("email", by=Retryable("it is down"))
    _resolve(world, 0, 2)
    at = world.clock.now()
    world.publish(*(alarm(f"more-{n}", at=at + timedelta(milliseconds=n), service=f"more{n}") for n in range(20)))
    world.run(900)
    assert {o.receiver for o in world.of("fallback")} >= {"pager"}
    sent = len(world.sent("email"))
    world.fail("email", by=None)
    world.run(4000)
    text = " ".join(mail["text"] for mail in world.sent("email")[sent:])
    assert "RESOLVED HighCPU: s0" in text
    assert "RESOLVED HighCPU: s1" in text
