"""What was deployed shortly before an anomaly."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alertrelay.anomaly.scorer.deployments import deployment_of, named
from alertrelay.anomaly.scorer.ports import Deployment

EVENTS = Path(__file__).parents[3] / "events" / "scorer"
BEGAN = datetime(2026, 11, 20, 21, 30, tzinfo=UTC).timestamp()


def _event(name: str) -> Any:
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.mark.parametrize(
    ("name", "minutes", "what", "known"),
    [
        ("ecs-deployment", 12, "ECS", "checkout"),
        ("codedeploy-deployment", 10, "CodeDeploy deployment of checkout", "checkout"),
        ("cloudformation-update", 6, "CloudFormation stack checkout-prod", "checkout-prod"),
    ],
)
def test_an_event_of_a_deployment_is_kept_in_words_with_the_names_it_goes_by(
    name: str, minutes: int, what: str, known: str
) -> None:
    found = deployment_of(_event(name))
    assert found is not None
    assert found.at == BEGAN - minutes * 60
    assert what in found.what
    assert known in found.names
    assert found.id == _event(name)["id"]
    (said,) = named([found], BEGAN, ["checkout"])
    assert f"{minutes} min before it began" in said


@pytest.mark.parametrize("event", [{}, {"source": "aws.ec2", "time": "2026-11-20T00:00:00Z"}, {"source": "aws.ecs"}])
def test_an_event_of_something_else_or_without_a_time_is_none(event: dict[str, Any]) -> None:
    assert deployment_of(event) is None


def test_the_schedule_s_own_event_is_no_deployment() -> None:
    assert deployment_of(_event("scheduled-run")) is None


def _deployment(name: str, minutes: float, *names: str) -> Deployment:
    return Deployment(id=name, at=BEGAN - minutes * 60, what=name, names=names or (name,))


def test_only_the_half_hour_before_counts_and_the_minutes_just_after() -> None:
    found = named([_deployment("early", 31), _deployment("in", 29), _deployment("late", -6)], BEGAN, [])
    assert found == ["in, 29 min before it began"]
    assert named([_deployment("a", 0.1), _deployment("b", -4)], BEGAN, []) == [
        "b, 4 min after it began",
        "a, at the same time",
    ]


def test_those_of_the_thing_itself_leave_no_room_for_others() -> None:
    all_ = [_deployment("orders-prod", 5), _deployment("other", 4), _deployment("x", 3, "orders")]
    assert named(all_, BEGAN, ["orders"]) == ["x, 3 min before it began", "orders-prod, 5 min before it began"]
    assert len(named(all_, BEGAN, ["nothing"])) == 3


def test_of_many_the_newest_three_are_named_and_the_others_counted() -> None:
    found = named([_deployment(f"d{n}", n) for n in range(1, 8)], BEGAN, [])
    assert found[:1] == ["d1, 1 min before it began"]
    assert found[-1] == "and 4 more"
