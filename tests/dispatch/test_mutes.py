"""Inhibition and time intervals in the pipeline: what they hold back, what they do not, and how they end."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from alertrelay.config.calendar import TimeInterval
from alertrelay.config.model import Config, InhibitRule, MaintenanceWindow, Matcher
from alertrelay.notification import Reason
from alertrelay.state import Store, StoreFailure

from tests.dispatch.world import START, World, alarm, config, receive, timed

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TICK = 310
RULE = InhibitRule(
    source=(Matcher(name="severity", op="=", value="critical"),),
    target=(Matcher(name="severity", op="=", value="warning"),),
    equal=("service",),
)


def inhibiting() -> Config:
    return replace(config(), inhibit_rules=(RULE,))


def warnings_told(world: World) -> list[str]:
    """The reasons for which the warning was told, in order."""
    return [o.reason.value for o in world.of("delivered") if o.receiver == "slack" and "disk" in o.state_key]


# --- inhibition ----------------------------------------------------------------------------------------------------


def test_what_a_firing_alert_explains_notifies_nobody_and_named_with_it() -> None:
    world = World(config=inhibiting())
    world.publish(alarm("cpu"), alarm("disk", at=START + SECOND, severity="warning"))
    assert warnings_told(world) == []
    (kept,) = world.of("suppressed")
    assert (kept.reason, kept.detail) == (Reason.INHIBITED, "HighCPU fires with the same service")


def test_another_service_is_not_held_back() -> None:
    world = World(config=inhibiting())
    world.publish(alarm("cpu"), alarm("disk", at=START + SECOND, severity="warning", service="billing"))
    assert warnings_told(world) == [Reason.FIRST]


def test_when_the_source_has_ended_what_still_fires_is_notified_at_the_next_flush() -> None:
    world = World(config=inhibiting())
    world.publish(alarm("cpu"), alarm("disk", at=START + SECOND, severity="warning"))
    world.run(20 * 60)
    assert warnings_told(world) == []
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.run(TICK)
    assert warnings_told(world) == [Reason.FIRST]


def test_what_ends_while_it_is_inhibited_was_never_notified() -> None:
    world = World(config=inhibiting())
    world.publish(alarm("cpu"), alarm("disk", at=START + SECOND, severity="warning"))
    world.publish(alarm("disk", "OK", at=START + MINUTE, severity="warning"))
    world.run(TICK)
    assert warnings_told(world) == []
    assert {o.reason for o in world.of("suppressed")} == {Reason.INHIBITED, Reason.RESOLVED_EARLY}


def test_an_inhibited_alert_is_not_repeated_and_its_resolve_is_notified() -> None:
    world = World(config=inhibiting())
    world.publish(alarm("disk", severity="warning"), alarm("cpu", at=START + MINUTE))
    world.run(2 * 3600)
    assert warnings_told(world) == [Reason.FIRST]
    world.publish(alarm("disk", "OK", at=world.clock.now(), severity="warning"))
    world.run(TICK)
    assert warnings_told(world) == [Reason.FIRST, Reason.ALL_RESOLVED]


def test_a_source_that_comes_within_the_wait_of_its_target_is_in_time() -> None:
    world = World(config=timed(inhibiting(), group_wait=30))
    world.publish(alarm("disk", severity="warning"), alarm("cpu", at=START + 5 * SECOND))
    world.run(60)
    assert warnings_told(world) == []
    assert [action for action, _ in world.pages()] == ["trigger"]


def test_a_source_that_itself_notifies_nobody_inhibits_its_targets_until_it_resolves() -> None:
    """As kube-prometheus uses InfoInhibitor: routed to a receiver without integrations."""
    told_to_nobody = (Matcher(name="severity", op="=", value="info"),)
    world = World(config=replace(config(), inhibit_rules=(replace(RULE, source=told_to_nobody),)))
    world.publish(alarm("quiet", severity="info"), alarm("disk", at=START + SECOND, severity="warning"))
    world.run(TICK)
    assert warnings_told(world) == []
    world.publish(alarm("quiet", "OK", at=world.clock.now(), severity="info"))
    world.run(TICK)
    assert warnings_told(world) == [Reason.FIRST]


def test_of_many_sources_the_last_that_fires_still_holds_back() -> None:
    world = World(config=inhibiting())
    many = 250
    for n in range(many):
        world.publish(alarm(f"cpu{n}"))
    for n in range(many - 1):
        world.publish(alarm(f"cpu{n}", "OK", at=START + SECOND))
    world.publish(alarm("disk", at=START + MINUTE, severity="warning"))
    assert warnings_told(world) == []
    world.publish(alarm(f"cpu{many - 1}", "OK", at=START + 2 * MINUTE))
    world.run(TICK)
    assert warnings_told(world) == [Reason.FIRST]


def test_inhibitors_that_cannot_be_read_hold_nothing_back() -> None:
    class Blind:
        def __init__(self, inner: Store) -> None:
            self.inner = inner

        def facts(self, **_: object) -> None:
            raise StoreFailure("DynamoDB batch_get_item: InternalServerError")

        def __getattr__(self, name: str) -> object:
            return getattr(self.inner, name)

    world = World(config=inhibiting(), wrap=Blind)
    world.publish(alarm("cpu"), alarm("disk", at=START + SECOND, severity="warning"))
    assert warnings_told(world) == [Reason.FIRST]


# --- time intervals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["mute_time_intervals", "active_time_intervals"])
def test_outside_its_hours_a_route_is_mute_and_notifies_at_its_first_tick_within(key: str) -> None:
    night = TimeInterval(times=((0, 240),))
    day = TimeInterval(times=((240, 1440),))
    hours = {"hours": (night if key == "mute_time_intervals" else day,)}
    world = World(config=replace(timed(config(), **{key: ("hours",)}), time_intervals=hours))
    world.publish(alarm("disk", severity="warning"), alarm("oven", severity="warning", service="b"))
    world.publish(alarm("oven", "OK", at=START + 30 * MINUTE, severity="warning", service="b"))
    world.run(29 * 60)
    assert world.sent("slack") == []
    reason = Reason.MUTED if key == "mute_time_intervals" else Reason.NOT_ACTIVE
    assert {(o.reason, o.detail) for o in world.of("suppressed") if "disk" in o.state_key} == {(reason, "hours")}
    world.run(TICK)
    assert warnings_told(world) == [Reason.FIRST]
    assert len(world.sent("slack")) == 1


def test_what_was_announced_is_ended_though_its_route_is_mute_by_then() -> None:
    hours = {"hours": (TimeInterval(times=((190, 240),)),)}
    world = World(config=replace(timed(config(), mute_time_intervals=("hours",)), time_intervals=hours))
    world.publish(alarm("disk", severity="warning"))
    world.run(15 * 60)
    world.publish(alarm("disk", "OK", at=world.clock.now(), severity="warning"))
    world.run(TICK)
    assert warnings_told(world) == [Reason.FIRST, Reason.ALL_RESOLVED]


@pytest.mark.parametrize("first", [0, 1])
def test_what_fires_is_kept_whichever_forwarder_writes_it_down_last(first: int) -> None:
    """Who pages notes a source that only others tell; it is gone from the table no sooner for that."""
    warning = (Matcher(name="severity", op="=", value="warning"),)
    world = World(config=replace(config(), inhibit_rules=(replace(RULE, source=warning),)))
    for relay in (world.relays[first], world.relays[1 - first]):
        receive(relay, alarm("disk", severity="warning"), deadline=world.deadline)
    (item,) = world.memory._alerts.values()
    assert item.groups
    assert item.expires is None


def test_what_a_maintenance_window_matches_waits_until_it_is_over() -> None:
    window = MaintenanceWindow(
        name="patch",
        cron=None,
        once=f"{START:%Y-%m-%dT%H:%M}",
        duration=1800.0,
        location="",
        matchers=(Matcher(name="service", op="=", value="orders"),),
        receivers=("slack",),
    )
    world = World(config=replace(config(), maintenance=(window,)))
    world.publish(alarm("a"), alarm("b", service="billing"))
    world.run(1500)
    assert (len(world.sent("slack")), len(world.pages())) == (1, 2)
    muted = [(one.reason, one.detail) for one in world.of("suppressed") if one.receiver == "slack"]
    assert muted == [(Reason.MUTED, "maintenance patch")]
    world.run(900)
    assert len(world.sent("slack")) == 2
