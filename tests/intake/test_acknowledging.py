"""Acknowledging an alert by the API."""

from __future__ import annotations

import pytest
from alertrelay.intake.acknowledging import Acknowledging, acknowledge
from alertrelay.intake.ports import IntakeReport
from alertrelay.state import StoreFailure

from tests.intake.door import READ, SILENCE, Answer, Door
from tests.intake.test_api import deliver, fire

PATH = "/api/v1/acknowledgements"


def fingerprint(door: Door) -> str:
    found: str = door.ask("GET", "/api/v2/alerts", token=READ).json[0]["fingerprint"]
    return found


def who(door: Door, gid: str) -> list[str]:
    """Who is on the members of a group."""
    return [by.by for one in door.store.members(gid) if (by := one.alert.acknowledged)]


def post(door: Door, name: str, user: str = "", **more: object) -> Answer:
    return door.ask("POST", PATH, {"fingerprint": name, **({"by": user} if user else {}), **more}, token=SILENCE)


def test_the_first_of_two_people_stands_and_an_undo_takes_it_back(door: Door) -> None:
    fire(door, "Down", service="orders", severity="critical")
    name = fingerprint(door)
    first = post(door, name, "ana", comment="on it")
    shown = {"by": "ana", "at": "2026-11-20T03:04:05.000Z", "via": "api", "comment": "on it"}
    assert first.json == {"fingerprint": name, "alertname": "Down", "acknowledged": shown, "first": True}
    door.clock.sleep(60)
    second = post(door, name, "bo")
    assert (second.status, second.json) == (200, {**first.json, "first": False})
    listed = door.ask("GET", PATH, token=READ)
    assert listed.json == [{"fingerprint": name, "alertname": "Down", "acknowledged": shown}]
    assert door.ask("DELETE", f"{PATH}/{name}", token=READ).status == 403
    assert door.ask("DELETE", f"{PATH}/{name}", token=SILENCE).status == 200
    assert door.ask("GET", PATH, token=READ).json == []
    assert door.ask("DELETE", f"{PATH}/{name}", token=SILENCE).status == 404
    assert post(door, name, "bo").json["acknowledged"]["by"] == "bo"


def test_a_new_firing_is_not_acknowledged_by_the_old_one(door: Door) -> None:
    fire(door, "Down", service="orders")
    name = fingerprint(door)
    assert post(door, name).json["first"]
    fire(door, "Down", service="orders", unit="other")  # a post that changes nothing of it
    assert len(door.ask("GET", PATH, token=READ).json) == 1
    door.clock.sleep(301)
    door.tick()
    deliver(door)
    over = post(door, name)
    assert over.status == 404
    assert "has resolved" in over.json["message"]
    door.clock.sleep(60)
    fire(door, "Down", service="orders")
    assert door.ask("GET", PATH, token=READ).json == []


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ([], "got list"),
        ({}, "fingerprint is missing"),
        ({"fingerprint": 5}, "fingerprint is int"),
        ({"fingerprint": "x", "comment": ["a"]}, "comment is list"),
    ],
)
def test_a_body_of_another_shape_is_refused_by_name(door: Door, body: object, says: str) -> None:
    answer = door.ask("POST", PATH, body, token=SILENCE)
    assert answer.status == 422
    assert says in answer.json["message"]
    assert "expected" in answer.json["message"]


def test_what_does_not_fire_is_404_with_what_to_do(door: Door) -> None:
    answer = post(door, "0123456789abcdef")
    assert answer.status == 404
    assert "GET /api/v2/alerts lists those that fire" in answer.json["message"]
    assert door.ask("DELETE", f"{PATH}/0123456789abcdef", token=SILENCE).status == 404


def test_its_groups_carry_it_and_are_due_at_once(door: Door) -> None:
    fire(door, "Down", service="orders", severity="critical")
    (item,) = door.store.firing(door.clock.now())
    gid = sorted(item.groups)[0]
    header = door.store.header(gid)
    assert header is None  # the groups of this test are armed by hand
    post(door, item.alert.fingerprint, "ana")
    assert who(door, gid) == ["ana"]
    # A later update of the same firing keeps it.
    door.clock.sleep(1)
    fire(door, "Down", service="orders", severity="critical", region="eu-west-1")
    assert who(door, gid) == ["ana"]


def test_one_that_changes_each_time_is_asked_again_and_then_refused(door: Door) -> None:
    fire(door, "Down", service="orders")
    (item,) = door.store.firing(door.clock.now())

    class Changing:
        tries = 0

        def acknowledge(self, *_: object) -> None:
            self.tries += 1

    changing = Changing()
    parts = Acknowledging(
        alerts=door.store,
        acknowledgements=changing,  # type: ignore[arg-type]
        groups=door.store,
        clock=door.clock,
        report=IntakeReport(log=lambda *_, **__: None, count=lambda *_: None),
        show=lambda _: None,
    )
    with pytest.raises(StoreFailure, match="try again"):
        acknowledge(parts, item.alert.fingerprint, by="ana", via="api")
    assert changing.tries == 3
