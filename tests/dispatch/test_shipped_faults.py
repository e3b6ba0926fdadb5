"""The shipped configuration and strange messages: unrelated causes are incidents of their own, and none is lost."""

from __future__ import annotations

import functools
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alertrelay.config.model import Config
from alertrelay.memory.ports import ManualClock
from alertrelay.sources import unwrap

from compiler.load import load
from tests.dispatch.world import World
from tests.example import CONFIG

FAULTS = Path(__file__).parents[1] / "sources" / "faults"
AT = datetime(2026, 12, 1, tzinfo=UTC)


@functools.cache
def shipped() -> Config:
    found = load(CONFIG, "prod").config
    assert found is not None
    return found


def world_of(*names: str) -> World:
    """Each file comes by the critical topic, as AWS would deliver it."""
    world = World(config=shipped(), clock=ManualClock(AT))
    for name in names:
        for envelope in unwrap((FAULTS / f"{name}.json").read_bytes()):
            world.publish(envelope)
    world.run(400)
    return world


def incidents(world: World) -> dict[str, list[str]]:
    """The actions of each incident, by its key. PagerDuty drops the resolve of a key that it does not know."""
    found: dict[str, list[str]] = {}
    for action, key in world.pages():
        if action == "trigger" or key in found:
            found.setdefault(key, []).append(action)
    return found


@pytest.mark.parametrize(
    "names",
    [
        ("23a-lambda-payments-errors", "23b-dynamodb-sessions-throttles"),
        ("23c-ecs-search-cpu", "23d-ecs-checkout-cpu"),
        ("32a-us-alarm", "32b-eu-alarm"),
    ],
)
def test_unrelated_alarms_are_incidents_of_their_own(names: tuple[str, str]) -> None:
    found = incidents(world_of(*names))
    assert list(found.values()) == [["trigger"], ["trigger"]]


def test_a_resolve_of_one_region_leaves_the_other_regions_incident_open() -> None:
    found = incidents(world_of("32a-us-alarm", "32b-eu-alarm", "32c-us-ok"))
    assert sorted(found.values()) == [["trigger"], ["trigger", "resolve"]]


def test_a_finding_on_one_bucket_hides_none_on_another() -> None:
    world = world_of("04a-sechub-critical-bucket-a", "04b-sechub-medium-bucket-b")
    assert [o for o in world.of("suppressed") if o.reason == "inhibition"] == []
    texts = str([world.sent("slack"), world.sent("email"), world.sent("pagerduty")])
    assert "bucket-a" in texts
    assert "bucket-b" in texts


def test_both_pages_of_a_health_event_reach_people() -> None:
    texts = str([w.sent("slack") for w in [world_of("kind-35-health-page1", "kind-36-health-page2")]])
    assert "page 1 of 2" in texts
    assert "page 2 of 2" in texts


@pytest.mark.parametrize("file", sorted(FAULTS.iterdir()), ids=lambda file: file.stem)
def test_every_one_reaches_somebody_and_is_accounted_for(file: Path) -> None:
    world = World(config=shipped(), clock=ManualClock(AT))
    topic = "arn:aws:sns:eu-central-1:111122223333:alertrelay-prod-critical"
    for envelope in unwrap(file.read_bytes()):
        world.publish(type(envelope)(text=envelope.text, message_id=envelope.message_id, topic_arn=topic, sent_at=AT))
    world.run(400)
    assert world.outcomes
    assert not world.of("failed")
    resolves = all(outcome.status == "resolved" for outcome in world.outcomes)
    assert resolves or world.of("delivered")
