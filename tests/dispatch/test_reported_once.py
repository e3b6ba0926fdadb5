"""What comes again has one outcome at each integration: none stays pending once its flush has seen it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from alertrelay.notification import Reason
from alertrelay.sources import Envelope

from tests.dispatch.world import START, World, alarm

MINUTE = timedelta(minutes=1)
DISK = {"alertname": "DiskFull", "severity": "warning"}


def outcomes(world: World, receiver: str, alarm_name: str) -> list[tuple[str, str, Reason]]:
    return [
        (o.status, o.outcome, o.reason)
        for o in world.outcomes
        if o.receiver == receiver and o.state_key.endswith(f":{alarm_name}")
    ]


def test_a_resolve_that_comes_again_while_others_fire_is_a_duplicate() -> None:
    world = World()
    over = alarm("a", "OK", at=START + 2 * MINUTE)
    world.publish(alarm("a"), alarm("b", at=START + MINUTE), over)
    world.run(600)
    world.publish(replace(over, sent_at=world.clock.now()))
    world.run(600)
    resolves = [outcome for status, outcome, _ in outcomes(world, "slack", "a") if status == "resolved"]
    assert resolves[-2:] in (["delivered", "suppressed"], ["merged", "suppressed"])


def test_a_resolve_that_its_firing_replaced_before_it_came_again_is_superseded() -> None:
    world = World()
    world.publish(_alertmanager((DISK, "resolved")), _alertmanager((DISK, "firing"), minute=1))
    world.run(1200)
    found = [(o.status, o.outcome, o.reason) for o in world.outcomes if o.receiver == "slack"]
    assert [one for one in found if one[0] == "resolved"] == [
        ("resolved", "pending", Reason.WAITING),
        ("resolved", "suppressed", Reason.SUPERSEDED),
    ]


def _alertmanager(*alerts: tuple[Mapping[str, str], str], minute: int = 0) -> Envelope:
    """A group as Alertmanager sends it, which has no clock of its own."""
    entries = [
        {
            "status": status,
            "labels": labels,
            "annotations": {},
            "startsAt": "2026-11-20T02:00:00Z",
            "endsAt": "2026-11-20T02:59:00Z" if status == "resolved" else "0001-01-01T00:00:00Z",
        }
        for labels, status in alerts
    ]
    body = {"version": "4", "status": "firing", "receiver": "sns", "groupLabels": {}, "alerts": entries}
    return Envelope(
        text=json.dumps(body),
        message_id=f"{len(alerts)}-{minute}",
        topic_arn="arn:aws:sns:eu-central-1:111122223333:alertrelay-test-warning",
        sent_at=START + minute * MINUTE,
    )
