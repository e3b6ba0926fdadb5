"""Refusals, lost answers and deaths at random: each recipient hears of what fires and of its resolve."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dispatch.post import A, B, C, PostWorld, mailing
from tests.dispatch.world import alarm

ALL = (A, B, C)
NAMES = ("cpu", "disk")

refusals = st.dictionaries(st.sampled_from(ALL), st.sampled_from([421, 451]), max_size=3)
steps = st.one_of(
    st.tuples(st.just("refuse"), refusals),
    st.tuples(st.just("fire"), st.sampled_from(NAMES)),
    st.tuples(st.just("end"), st.sampled_from(NAMES)),
    st.tuples(st.just("wait"), st.sampled_from([20, 70, 200, 400])),
    st.tuples(st.just("lose"), st.integers(1, 2)),
    st.tuples(st.just("die"), st.sampled_from(["record", "members", "lease", "intend"])),
)


@given(plan=st.lists(steps, min_size=3, max_size=14), on_call=st.lists(st.sampled_from(ALL), max_size=2, unique=True))
@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_each_recipient_hears_of_what_fires_and_of_its_end(plan: list[tuple[str, object]], on_call: list[str]) -> None:
    world = PostWorld(config=mailing(*ALL, on_call=on_call, stages=[["slack"]]))
    firing: set[str] = set()
    for what, value in plan:
        at = world.clock.now() + timedelta(seconds=1)
        if what == "refuse":
            world.post.codes = dict(value)  # type: ignore[call-overload]
        elif what in ("fire", "end"):
            world.publish(alarm(str(value), "ALARM" if what == "fire" else "OK", at=at))
            firing = firing | {str(value)} if what == "fire" else firing - {str(value)}
        elif what == "wait":
            world.run(float(str(value)))
        elif what == "lose":
            world.post.lost = [True] * int(str(value))
        else:
            world.mortal.killed_by = str(value)
    world.post.codes, world.post.lost, world.mortal.killed_by = {}, [], ""
    world.run(2400)
    for one in ALL:
        assert known(world, one) == firing, one
    for name in sorted(firing):
        world.publish(alarm(name, "OK", at=world.clock.now() + timedelta(seconds=1)))
    world.run(2400)
    for one in ALL:
        assert known(world, one) == set(), one
    assert world.behind() == {}
    world.settled()


def known(world: PostWorld, one: str) -> set[str]:
    """The alerts that a recipient has to take for firing, by the mails that they got, in order."""
    found: set[str] = set()
    for mail in world.post.got:
        if mail.to == one:
            found = (found | mail.firing) - mail.resolved
    return found
