"""A deployment replaces the code in the middle of an incident, or is rolled back: what was announced is resolved, once.

Where the history does not hold the recorded commit (a shallow clone), these tests run against its recording instead:
none is skipped.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from tests.wire.host import Code
from tests.wire.incidents import INCIDENTS, heard
from tests.wire.mid_incident import comparable, recorded_code, recording, resume, state_of
from tests.wire.normalise import numbered_ids
from tests.wire.scenarios import todays
from tests.wire.world import deployed

Heard = Sequence[dict[str, str]]
DEAR = frozenset({"large-ledger"})
"""251 alerts take seconds: opened in the recording alone, and by today's code for its golden file."""


@pytest.fixture(scope="module")
def then() -> Iterator[Code | None]:
    """The code of the recorded commit, None where the history does not have it."""
    with recorded_code() as code:
        yield code


@pytest.fixture(autouse=True)
def _ids() -> Iterator[None]:
    with numbered_ids():
        yield


def conversations(said: Heard) -> dict[str, list[str]]:
    """What each incident heard, in order: by PagerDuty's key, by Slack's message, by address."""
    found: dict[str, list[str]] = {}
    for one in said:
        verbs = found.setdefault(f"{one['target'].split()[0]} {one['key']}" if one["key"] else one["target"], [])
        # PagerDuty is silent about a resolve of an incident that is not open, and an edit notifies nobody.
        silent = one["target"].startswith("pagerduty") or one["target"] == "slack update"
        if not (silent and one["verb"] == "resolved" and verbs[-1:] == ["resolved"]):
            verbs.append(one["verb"])
    return found


def check(name: str, before: Heard, after: Heard, *, alike: bool = True) -> None:
    """Everything that was announced is resolved, once and last; `alike`: people hear what the recorded code said."""
    for incident, verbs in conversations([*before, *after]).items():
        assert verbs.count("resolved") == 1, f"{name}: {incident} heard {verbs}"
        assert verbs[-1] == "resolved", f"{name}: {incident} heard {verbs}"
    assert not alike or conversations(after) == conversations(recording(name)["then"]), name


def _from_recording(name: str) -> None:
    with deployed(todays()) as world:
        state = recording(name)
        since = resume(world, state)
        INCIDENTS[name].close(world)
        check(name, state["heard"], heard(world, since=since))
        assert world.waiting() == []
        assert [item["pk"]["S"] for item in world.items() if "next_due" in item] == []


@pytest.mark.parametrize("name", INCIDENTS)
def test_todays_code_closes_the_recorded_incident_on_its_keys_and_once(name: str) -> None:
    _from_recording(name)


@pytest.mark.parametrize("name", sorted(INCIDENTS.keys() - DEAR))
def test_a_deployment_in_mid_incident_closes_what_the_old_code_opened(name: str, then: Code | None) -> None:
    if then is None:
        _from_recording(name)
        return
    with deployed(then) as world:
        INCIDENTS[name].open_(world)
        before = heard(world)
        world.rebind(todays())
        INCIDENTS[name].close(world)
        check(name, before, heard(world)[len(before) :])


CHANGED = frozenset({"storm", "ambiguous", "fallback", "fallback-reached-again", "silenced"})
"""Opened otherwise by today's code: a digest begins at another alert; a group takes over what a fallback announced at
its destination; a message is edited to show who silenced what it announced."""


@pytest.mark.parametrize("name", sorted(INCIDENTS.keys() - DEAR))
def test_a_rollback_in_mid_incident_finds_what_the_old_code_would_have_left(name: str, then: Code | None) -> None:
    with deployed(todays()) as world:
        INCIDENTS[name].open_(world)
        alike = name not in CHANGED
        if alike:
            assert comparable(state_of(world)) == comparable(recording(name))
        if then is None:
            return  # it is what the old code closed when it was recorded
        before = heard(world)
        world.rebind(then)
        INCIDENTS[name].close(world)
        check(name, before, heard(world)[len(before) :], alike=alike)
