"""Silences, inhibition, outages and new configurations in any order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from alertrelay.config.model import InhibitRule, Matcher
from alertrelay.dispatch import silences
from alertrelay.policy.silence import Silence
from alertrelay.ports import Retryable
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.dispatch.test_moves import deploy, open_at
from tests.dispatch.world import World, alarm, config

TICK, REPEAT = 310, 3600
RULE = InhibitRule(
    source=(Matcher(name="severity", op="=", value="critical"),),
    target=(Matcher(name="severity", op="=", value="warning"),),
    equal=("service",),
)
NAMES = {"source": "critical", "one": "warning", "other": "warning"}
HAPPENS = st.lists(
    st.one_of(
        st.tuples(st.just("alarm"), st.sampled_from(sorted(NAMES)), st.booleans()),
        st.tuples(st.just("silence"), st.sampled_from(sorted(NAMES)), st.sampled_from([1, 10, 90])),
        st.tuples(st.just("wait"), st.sampled_from([0.2, 20, 200, TICK, 4000])),
        st.tuples(st.just("slack"), st.booleans()),
        st.tuples(st.just("deploy")),
    ),
    max_size=16,
)


class Story:
    """A world, and what it knows of itself: who fires, and until when who is silenced."""

    def __init__(self, send_resolved: bool) -> None:
        self.config = replace(config(send_resolved=send_resolved), inhibit_rules=(RULE,))
        self.world = World(config=self.config)
        self.firing: set[str] = set()
        self.silenced: dict[str, Any] = {}

    def alarm(self, name: str, fires: bool) -> None:
        self.world.run(0.5)
        (self.firing.add if fires else self.firing.discard)(name)
        self.world.publish(
            alarm(name, "ALARM" if fires else "OK", at=self.world.clock.now(), severity=NAMES[name], team=name)
        )

    def silence(self, name: str, minutes: int) -> None:
        now = self.world.clock.now()
        matcher = Matcher(name="team", op="=", value=name)
        wanted = Silence(
            id="", matchers=((matcher,),), starts_at=now, ends_at=now + timedelta(minutes=minutes), created_by="ann",
            comment="work", updated_at=now,
        )  # fmt: skip
        silences.save(self.world.store, self.world.clock, wanted, new_id=f"s-{len(self.world.memory.silences()[0])}")
        self.silenced[name] = max(wanted.ends_at, self.silenced.get(name, now))

    def wait(self, seconds: float) -> None:
        self.world.run(seconds)

    def slack(self, answers: bool) -> None:
        self.world.senders["slack"].always = None if answers else Retryable("it is down")

    def deploy(self) -> None:
        self.config = replace(self.config, hash=self.config.hash + "+")
        deploy(self.world, self.config)

    def muted(self) -> set[str]:
        now = self.world.clock.now()
        silenced = {name for name, until in self.silenced.items() if until > now}
        return silenced | (set(NAMES) - {"source"} if "source" in self.firing else set())

    def announced(self) -> set[str]:
        """What was announced for certain: the resolve of an alert that the table has not seen fire is owed where its
        firing may have been announced before the table was lost."""
        doubtful = {key for header in self.world.memory._headers.values() for key in header.ledger.unsure}
        names = {key: item.alert.state_key.rpartition(":")[2] for key, item in self.world.memory._alerts.items()}
        found = {name for receiver, name in open_at(self.world) if receiver in ("slack", "pager")}
        return found - {names[key] for key in doubtful}


@given(HAPPENS, st.booleans())
@example([("alarm", "one", False), ("alarm", "source", True), ("slack", False), ("wait", 4000)], True)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_muted_alerts_are_not_notified_others_are_and_all_notified_resolve(
    happens: list[Any], send_resolved: bool
) -> None:
    story = Story(send_resolved)
    for what, *rest in happens:
        before, muted = story.announced(), story.muted()
        getattr(story, what)(*rest)
        assert not (story.announced() - before) & muted & story.muted(), "what is muted all the time is not announced"
    story.slack(answers=True)
    story.wait(1000)
    assert story.firing - story.muted() <= story.announced() <= story.firing
    story.wait(2 * 3600)
    held_back = set(NAMES) - {"source"} if "source" in story.firing else set()
    assert story.firing - held_back <= story.announced() <= story.firing
    told = len(story.world.sent("slack"))
    story.wait(REPEAT + TICK)
    repeated = (story.firing & story.announced()) - held_back
    assert (len(story.world.sent("slack")) > told) == bool(repeated), "what is open is repeated, and nothing else"
    for name in sorted(story.firing):
        story.alarm(name, fires=False)
    story.wait(TICK + 1000)
    assert open_at(story.world) == set()
