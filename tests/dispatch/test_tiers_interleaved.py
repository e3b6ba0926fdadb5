"""The tier of an escalation, its flushes, its acknowledgement and its resolve, interleaved at every request: it is
called once, not where somebody was on the alert before, and is resolved where it was called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from alertrelay.config.escalation import Tier
from alertrelay.config.model import Config
from alertrelay.intake.acknowledging import Acknowledging, acknowledge_item
from alertrelay.intake.ports import IntakeReport
from alertrelay.memory.store import MemoryStore
from alertrelay.nflog.group_state import AlertItem, Member

from tests.dispatch import broken
from tests.dispatch.actor import Actor, running
from tests.dispatch.interleave import Explored, Violation, explore
from tests.dispatch.meeting import LONG, Meeting
from tests.dispatch.test_escalation import escalating
from tests.dispatch.world import World, alarm, receive

AFTER = 30
Scene = Callable[["TierMeeting"], None]


@cache
def _config() -> Config:
    """Critical alerts go to Slack and mail, and after half a minute to the pager."""
    return escalating(tiers=(Tier(number=2, after=AFTER, receivers=("pager",)),))


@cache
def _gid() -> str:
    world = World(config=_config())
    receive(world.relays[0], alarm("a"), deadline=world.deadline)
    (gid,) = world.memory._headers
    return gid


class TierMeeting(Meeting):
    """The pager's forwarder, which has the tier alone. What an actor knows of an acknowledgement is what it could read
    when it took its lease."""

    def __init__(self, table: type[MemoryStore] = MemoryStore) -> None:
        super().__init__(AFTER, table)
        self.others = World(config=_config()).relays[1:]
        self.acknowledger: Actor | None = None
        self.calls = 0
        self.is_nobodys = False  # whatever the table says
        self.late: dict[str, bool] = {}  # by who leases: somebody was on it before
        lease = self.world.store.inner.lease

        def leased(*args: Any, **given: Any) -> Any:
            self.late[self._who()] = bool(self.acknowledger and self.acknowledger.over and not self.died())
            return lease(*args, **given)

        self.world.store.inner.lease = leased
        send = self.pager.send

        def sent(message: Any, *args: Any, **given: Any) -> Any:
            receipt = send(message, *args, **given)
            if message["note"].reason != "acknowledged" and message["note"].news:
                assert not self.late.get(self._who()), "the tier is called, although somebody was on it before"
                self.calls += 1
            return receipt

        self.pager.send = sent  # type: ignore[method-assign]

    def configured(self, wait: int) -> Config:
        return _config()

    @property
    def gid(self) -> str:
        return _gid()

    @staticmethod
    def _who() -> str:
        actor = running()
        return actor.name if actor else "world"

    def died(self) -> bool:
        return bool(self.acknowledger and self.acknowledger._dies)

    def acknowledges(self, name: str = "ana") -> None:
        """An actor: somebody acknowledges the alert."""
        store = self.world.store
        parts = Acknowledging(
            alerts=store,
            acknowledgements=store,
            groups=store,
            clock=self.world.clock,
            report=IntakeReport(log=lambda *_, **__: None, count=lambda *_: None),
            show=lambda _: None,
        )

        def acts() -> None:
            for item in self.world.memory.firing(self.world.clock.now()):
                acknowledge_item(parts, item, by=name, via="api")

        self.acknowledger = Actor(name, acts, mortal=False)
        self.actors.append(self.acknowledger)

    def check(self, *, died: int) -> None:
        self.world.run(LONG)
        firing = self.newest["a"][1] == "ALARM"
        item = next(iter(self.world.memory._alerts.values()))
        if firing and (self.is_nobodys or not item.acknowledged):
            assert self.calls, "nobody was called"
        assert self.calls <= 1 + died, f"called {self.calls} times"
        self.world.publish(alarm("a", "OK", at=self.world.clock.now()))
        self.world.run(LONG)
        incidents = {note.incident: note.open for note in self.pager.notes}
        assert not any(incidents.values()), "an incident hangs open"
        header = self.world.memory.state(self.gid)
        assert header is None or (header.schedule.next_due, header.schedule.owner) == (None, "")


def two_flushes_and_a_tick(meeting: TierMeeting) -> None:
    meeting.joined("a")
    meeting.falls_due()
    meeting.flushes()
    meeting.flushes()
    meeting.ticks()


def it_is_acknowledged_while_the_tier_is_called(meeting: TierMeeting) -> None:
    meeting.joined("a")
    meeting.falls_due()
    meeting.flushes()
    meeting.acknowledges()
    meeting.flushes()


def it_resolves_while_the_tier_is_called(meeting: TierMeeting) -> None:
    meeting.joined("a")
    meeting.falls_due()
    meeting.flushes()
    meeting.joins("a", "OK", seconds=AFTER)
    meeting.ticks()


def its_alarm_comes_again_while_the_tier_is_called(meeting: TierMeeting) -> None:
    meeting.joined("a")
    meeting.falls_due()
    meeting.flushes()
    meeting.joins("a")
    meeting.acknowledges()


def it_fires_again_after_it_was_acknowledged(meeting: TierMeeting) -> None:
    meeting.joined("a")
    meeting.acknowledges()
    meeting.actors.pop().act()
    meeting.acknowledger, meeting.is_nobodys = None, True
    meeting.joined("a", "OK", seconds=10)
    meeting.joins("a", "ALARM", seconds=20)
    meeting.ticks()


SCENES: list[tuple[Scene, int, int, int]] = [  # with preemptions, deaths, and how many schedules it has at least
    (two_flushes_and_a_tick, 2, 0, 15),
    (it_is_acknowledged_while_the_tier_is_called, 2, 0, 60),
    (it_resolves_while_the_tier_is_called, 2, 0, 35),
    (its_alarm_comes_again_while_the_tier_is_called, 1, 0, 20),
    (it_fires_again_after_it_was_acknowledged, 1, 0, 3),
    (two_flushes_and_a_tick, 0, 1, 20),
    (it_is_acknowledged_while_the_tier_is_called, 0, 1, 20),
    (it_resolves_while_the_tier_is_called, 0, 1, 20),
]


def _explored(scene: Scene, *, preemptions: int, deaths: int, table: type[MemoryStore] = MemoryStore) -> Explored:
    def stage() -> TierMeeting:
        meeting = TierMeeting(table)
        scene(meeting)
        return meeting

    explored = explore(stage, preemptions=preemptions, deaths=deaths)
    print(f"{scene.__name__}: {explored.schedules} schedules, {explored.ends} ends")  # noqa: T201
    return explored


@pytest.mark.parametrize(("scene", "preemptions", "deaths", "least"), SCENES)
def test_in_whichever_order_requests_meet_a_tier_is_called_once(
    scene: Scene, preemptions: int, deaths: int, least: int
) -> None:
    assert _explored(scene, preemptions=preemptions, deaths=deaths).schedules >= least


class KeepsItThroughAResolve(MemoryStore):
    """A resolve does not remove the acknowledgement."""

    def put_alert(self, item: AlertItem, *, groups: Iterable[str]) -> tuple[bool, AlertItem]:
        old = self._alerts.get(item.key)
        written, new = super().put_alert(item, groups=groups)
        if written and old and old.acknowledged:
            new = self._alerts[item.key] = replace(new, acknowledged=old.acknowledged)
        return written, new


class AcknowledgesNothing(MemoryStore):
    """The alert is not written, nor its members."""

    def acknowledge(self, seen: AlertItem, new: Any) -> AlertItem | None:
        return replace(seen, acknowledged=new)

    def note(self, gid: str, key: str, acknowledged: Any) -> bool:
        return key in self._members.get(gid, {})


class PutsNoMember(MemoryStore):
    """The member of a tier is not there when its group is armed."""

    def put_member(self, gid: str, member: Member) -> tuple[bool, Member | None]:
        return True, None


@pytest.mark.parametrize(
    ("table", "scene", "preemptions", "deaths"),
    [
        (KeepsItThroughAResolve, it_fires_again_after_it_was_acknowledged, 0, 0),
        (AcknowledgesNothing, it_is_acknowledged_while_the_tier_is_called, 1, 0),
        (PutsNoMember, two_flushes_and_a_tick, 0, 0),
        (broken.SharesTheLease, two_flushes_and_a_tick, 1, 0),
        (broken.Disarms, two_flushes_and_a_tick, 0, 1),
    ],
)
def test_a_table_that_skips_or_doubles_a_tier_is_found(
    table: type[MemoryStore], scene: Scene, preemptions: int, deaths: int
) -> None:
    with pytest.raises(Violation):
        _explored(scene, preemptions=preemptions, deaths=deaths, table=table)
