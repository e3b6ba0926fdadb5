"""Joins, flushes and ticks of the real pipeline, interleaved at every request: what fires is told, what was told is
ended, nothing is told twice, and nothing is left held or armed."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from alertrelay.memory.store import MemoryStore

from tests.dispatch import broken
from tests.dispatch.interleave import Explored, Violation, explore
from tests.dispatch.meeting import Meeting
from tests.dispatch.test_unanswered import critical_to
from tests.dispatch.world import START, World, alarm

MORE = int(os.environ.get("ALERTRELAY_PREEMPTIONS", "2")) - 2
"""Preemptions beyond those that there is time for in every run of the tests."""
Scene = Callable[[Meeting], None]


def two_joiners_and_the_flush(meeting: Meeting) -> None:
    if meeting.wait:
        meeting.joined("a")
        meeting.falls_due()
        meeting.joins("c", seconds=30)
    else:
        meeting.joins("a")
    meeting.joins("b", seconds=meeting.wait)
    meeting.flushes()


def an_alarm_that_comes_twice_at_once(meeting: Meeting) -> None:
    if meeting.wait:
        meeting.joined("a")
        meeting.falls_due()
        meeting.flushes()
    else:
        meeting.joins("a")
    meeting.joins("a")
    meeting.ticks()


def the_end_joins_while_its_alarm_is_told(meeting: Meeting) -> None:
    if meeting.wait:
        meeting.joined("a")
        meeting.falls_due()
        meeting.flushes()
    else:
        meeting.joins("a")
    meeting.joins("a", "OK", seconds=20)
    meeting.flushes()


def it_fires_again_while_its_end_is_told(meeting: Meeting) -> None:
    meeting.joined("a")
    meeting.told()
    meeting.falls_due()
    meeting.flushes()
    meeting.joins("a", "OK", seconds=300)
    meeting.joins("a", "ALARM", seconds=320)


def a_late_copy_joins_while_its_end_is_told(meeting: Meeting) -> None:
    meeting.joined("a")
    meeting.told()
    meeting.falls_due()
    meeting.joins("a")
    meeting.joins("a", "OK", seconds=300)
    meeting.flushes()


def another_one_joins_while_the_group_closes(meeting: Meeting) -> None:
    meeting.joined("a")
    meeting.told()
    meeting.joined("a", "OK", seconds=60)
    meeting.falls_due()
    meeting.flushes()
    meeting.joins("b", seconds=320)
    meeting.ticks()


def two_flushes_and_a_tick_while_it_fires_again(meeting: Meeting) -> None:
    meeting.joined("a")
    meeting.told()
    meeting.joined("a", "OK", seconds=60)
    meeting.falls_due()
    meeting.flushes()
    meeting.flushes()
    meeting.ticks()
    meeting.joins("a", seconds=320)


def an_owner_outlives_its_lease(meeting: Meeting) -> None:
    if meeting.wait:
        meeting.joined("a")
        meeting.falls_due()
        meeting.flushes()
    else:
        meeting.joins("a")
    meeting.joins("a", "OK", "ALARM", seconds=20)
    meeting.a_lease_runs_out()


def another_one_joins_while_the_group_falls_asleep(meeting: Meeting) -> None:
    if meeting.wait:
        meeting.joined("a")
        meeting.falls_due()
        meeting.flushes()
    else:
        meeting.joins("a")
    meeting.joins("b", seconds=meeting.wait)


def one_joins_and_one_ends_while_the_group_sleeps(meeting: Meeting) -> None:
    meeting.joined("a")
    meeting.told()
    meeting.joins("b", seconds=60)
    meeting.joins("a", "OK", seconds=60)
    meeting.ticks()


def it_ends_and_fires_again_while_the_group_falls_asleep(meeting: Meeting) -> None:
    meeting.joined("b")
    meeting.told()
    meeting.joined("a", seconds=60)
    meeting.falls_due()
    meeting.flushes()
    meeting.joins("a", "OK", seconds=330)
    meeting.joins("a", "ALARM", seconds=340)


SLEEPING: list[tuple[Scene, int, int, int]] = [  # with preemptions, deaths, and how many schedules it has at least
    (another_one_joins_while_the_group_falls_asleep, 2, 0, 15),
    (one_joins_and_one_ends_while_the_group_sleeps, 2, 0, 15),
    (it_ends_and_fires_again_while_the_group_falls_asleep, 1, 0, 40),
    (another_one_joins_while_the_group_falls_asleep, 1, 1, 40),
    (one_joins_and_one_ends_while_the_group_sleeps, 0, 1, 40),
    (another_one_joins_while_the_group_closes, 2, 0, 20),
    (another_one_joins_while_the_group_closes, 0, 1, 40),
    (two_flushes_and_a_tick_while_it_fires_again, 1, 0, 40),
]


SCENES: list[tuple[Scene, int, int]] = [  # with its preemptions, and how many schedules it has at least
    (two_joiners_and_the_flush, 2, 110),
    (an_alarm_that_comes_twice_at_once, 2, 20),
    (the_end_joins_while_its_alarm_is_told, 2, 50),
    (it_fires_again_while_its_end_is_told, 2, 130),
    (a_late_copy_joins_while_its_end_is_told, 2, 110),
    (another_one_joins_while_the_group_closes, 2, 45),
    (two_flushes_and_a_tick_while_it_fires_again, 1, 120),
    (an_owner_outlives_its_lease, 2, 400),
]
WITH_A_DEATH: list[tuple[Scene, int, int]] = [
    (two_joiners_and_the_flush, 0, 110),
    (an_alarm_that_comes_twice_at_once, 1, 170),
    (the_end_joins_while_its_alarm_is_told, 1, 350),
    (it_fires_again_while_its_end_is_told, 0, 120),
    (a_late_copy_joins_while_its_end_is_told, 0, 130),
    (another_one_joins_while_the_group_closes, 0, 80),
    (two_flushes_and_a_tick_while_it_fires_again, 0, 230),
    (an_owner_outlives_its_lease, 0, 10),
]
WAITS = pytest.mark.parametrize("wait", [0, 30])


def _explored(
    scene: Scene,
    wait: int,
    *,
    preemptions: int,
    deaths: int = 0,
    table: type[MemoryStore] = MemoryStore,
    sleeps: bool = False,
) -> Explored:
    def stage() -> Meeting:
        meeting = Meeting(wait, table, sleeps=sleeps)
        scene(meeting)
        return meeting

    explored = explore(stage, preemptions=preemptions, deaths=deaths)
    print(f"{scene.__name__}, wait {wait}: {explored.schedules} schedules, {explored.ends} ends")  # noqa: T201
    return explored


@WAITS
@pytest.mark.parametrize(("scene", "preemptions", "least"), SCENES)
def test_in_whichever_order_requests_meet_what_fires_is_notified_once_and_ended(
    scene: Scene, wait: int, preemptions: int, least: int
) -> None:
    assert _explored(scene, wait, preemptions=preemptions + MORE).schedules >= least


@WAITS
@pytest.mark.parametrize(("scene", "preemptions", "least"), WITH_A_DEATH)
def test_wherever_one_of_those_that_meet_dies_what_fires_is_notified_and_ended(
    scene: Scene, wait: int, preemptions: int, least: int
) -> None:
    assert _explored(scene, wait, preemptions=preemptions + MORE, deaths=1).schedules >= least


@WAITS
@pytest.mark.parametrize(("scene", "preemptions", "deaths", "least"), SLEEPING)
def test_whenever_somebody_joins_a_group_that_sleeps_or_closes_it_is_flushed(
    scene: Scene, wait: int, preemptions: int, deaths: int, least: int
) -> None:
    assert _explored(scene, wait, preemptions=preemptions + MORE, deaths=deaths, sleeps=True).schedules >= least


BROKEN: list[tuple[type[MemoryStore], Scene, int, int, int]] = [  # with wait, preemptions and deaths that show it
    (broken.ReadsTheHeaderFirst, two_flushes_and_a_tick_while_it_fires_again, 30, 1, 0),
    (broken.LooksOnce, another_one_joins_while_the_group_closes, 0, 1, 0),
    (broken.TakesClosingForArmed, another_one_joins_while_the_group_closes, 30, 1, 0),
    (broken.FinishesWhatWasArmed, another_one_joins_while_the_group_closes, 30, 1, 0),
    (broken.RecordsForAnybody, an_owner_outlives_its_lease, 30, 2, 0),
    (broken.SharesTheLease, two_joiners_and_the_flush, 0, 1, 0),
    (broken.Disarms, a_late_copy_joins_while_its_end_is_told, 0, 0, 1),
    (broken.ForgetsWhatMayBeTold, the_end_joins_while_its_alarm_is_told, 30, 0, 1),
    (broken.RefusesTheSame, two_joiners_and_the_flush, 30, 0, 1),
    (broken.PutsAnyEnd, it_fires_again_while_its_end_is_told, 30, 1, 0),
    (broken.PutsAnyFiring, the_end_joins_while_its_alarm_is_told, 0, 1, 0),
    (broken.DeletesEnds, a_late_copy_joins_while_its_end_is_told, 30, 1, 0),
]


@pytest.mark.parametrize(("table", "scene", "wait", "preemptions", "deaths"), BROKEN)
def test_a_table_that_breaks_a_rule_of_the_protocol_is_found(
    table: type[MemoryStore], scene: Scene, wait: int, preemptions: int, deaths: int
) -> None:
    with pytest.raises(Violation):
        _explored(scene, wait, preemptions=preemptions, deaths=deaths, table=table)


@pytest.mark.parametrize(
    ("table", "scene", "deaths"),
    [
        (broken.WakesNobody, one_joins_and_one_ends_while_the_group_sleeps, 0),
        (broken.NotesNobody, another_one_joins_while_the_group_falls_asleep, 0),
        (broken.NotesAnywhere, another_one_joins_while_the_group_falls_asleep, 0),
        (broken.SleepsThoughWoken, another_one_joins_while_the_group_falls_asleep, 0),
        (broken.NotesNobody, another_one_joins_while_the_group_closes, 0),
        (broken.NotesAnywhere, another_one_joins_while_the_group_closes, 0),
        (broken.ClosesThoughWoken, another_one_joins_while_the_group_closes, 0),
    ],
)
def test_a_table_that_lets_a_group_sleep_on_or_closes_it_is_found(
    table: type[MemoryStore], scene: Scene, deaths: int
) -> None:
    with pytest.raises(Violation):
        _explored(scene, 30, preemptions=2, deaths=deaths, table=table, sleeps=True)


@pytest.mark.parametrize(("table", "notified"), [(MemoryStore, 0), (broken.RemembersAnything, 1)])
def test_the_order_of_an_alert_is_what_keeps_a_late_alarm_from_people(table: type[MemoryStore], notified: int) -> None:
    """A channel that resolves by key orders the updates by the members of its group too, so this is seen on Slack."""
    world = World(config=critical_to("slack"))
    world.memory.__class__ = table
    world.publish(alarm("cpu", "OK", at=START + timedelta(minutes=1)))
    world.publish(alarm("cpu", at=START, sent_at=START + timedelta(minutes=2)))
    assert len(world.sent("slack")) == notified
