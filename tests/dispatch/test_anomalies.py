"""What the anomaly-scorer finds unusual of a service stands in the other alerts of that service."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from alertrelay.alert import rfc3339
from alertrelay.anomaly.scorer.ports import Vote
from alertrelay.memory.scorer import MemoryNotebook
from alertrelay.sources import Envelope
from alertrelay.sources.anomaly import SENDER
from alertrelay.state import AnomalyNote, StoreFailure

from tests.dispatch.world import START, World, alarm

NOTE = AnomalyNote(
    text="Sum Orders of orders is 31, usual is 84 to 113, since 2026-11-20 02:30 UTC",
    score=0.97142,
    since="2026-11-20T02:30:00.000Z",
    link="https://eu-central-1.console.aws.amazon.com/cloudwatch/home",
)


def anomaly(ended: datetime | None = None) -> Envelope:
    labels = {"alertname": "AnomalyDetected", "severity": "critical", "service": "orders"}
    update: dict[str, Any] = {"status": "firing", "labels": labels, "annotations": {}, "startsAt": START.isoformat()}
    if ended:
        update |= {"status": "resolved", "endsAt": ended.isoformat(), "updatedAt": ended.isoformat()}
    return Envelope(text=json.dumps({"sender": SENDER, "version": "1", "alerts": [update]}), message_id="own")


def _texts(world: World) -> Iterator[str]:
    for channel in ("pagerduty", "slack"):
        for message in world.sent(channel):
            yield json.dumps(message)


def test_an_alert_names_the_anomalies_of_its_service() -> None:
    world = World()
    world.memory.anomalies["orders"] = (NOTE,)
    world.publish(alarm("cpu"))
    texts = list(_texts(world))
    assert texts
    for text in texts:
        assert "Sum Orders of orders is 31, usual is 84 to 113, since 2026-11-20 02:30 UTC (score 0.971)" in text


def test_of_many_the_three_most_unusual_are_named() -> None:
    world = World()
    world.memory.anomalies["orders"] = tuple(AnomalyNote(text=f"metric {n}", score=0.9, since="") for n in range(5))
    world.publish(alarm("cpu"))
    assert all("metric 2 (score" in text and "metric 3" not in text for text in _texts(world))


def test_another_service_an_end_and_an_anomaly_itself_name_none() -> None:
    world = World()
    world.memory.anomalies["billing"] = (NOTE,)
    world.publish(alarm("cpu"))
    world.memory.anomalies["orders"] = (NOTE,)
    world.run(10)
    world.publish(alarm("cpu", "OK", at=world.clock.now()))
    world.publish(anomaly())
    world.run(310)
    assert "AnomalyDetected" in "".join(_texts(world))
    assert "usual is 84 to 113" not in "".join(_texts(world))


def test_while_the_table_fails_the_alert_is_notified_without_them() -> None:
    class Deaf:
        def __init__(self, store: Any) -> None:
            self._store = store

        def __getattr__(self, name: str) -> Any:
            if name == "facts":
                raise StoreFailure("the table does not answer")
            return getattr(self._store, name)

    world = World(wrap=Deaf)
    world.memory.anomalies["orders"] = (NOTE,)
    world.publish(alarm("cpu"))
    assert list(_texts(world))
    assert "usual is 84" not in "".join(_texts(world))


def test_the_message_of_an_anomaly_says_who_judged_it_last_and_notifies_nobody() -> None:
    world = World(sleeps=True)
    slack = world.senders["slack"]
    slack.can_edit = True
    world.publish(anomaly())
    world.run(60)
    (item,) = world.memory.firing(world.clock.now())
    notes = MemoryNotebook(verdicts=world.memory.verdicts)
    counts = len(world.sent("pagerduty")), len(world.sent("email"))
    for by, helpful, started in (("ana", True, START), ("bo", False, START), ("cy", True, START - timedelta(days=1))):
        vote = Vote(
            fingerprint=item.alert.fingerprint,
            started=rfc3339(started),
            at=world.clock.now().timestamp(),
            helpful=helpful,
            by=by,
        )
        notes.add_vote(vote)
        for gid in item.groups:  # as a press does it
            header = world.memory.header(gid)
            if header and header.schedule.next_due:
                world.memory.bring_forward(gid, due=world.clock.now(), seen=header.schedule.next_due)
        world.run(90)
    edits = [json.dumps(message) for _, message, _, edit in slack.sent if edit]
    assert len(edits) == 2  # what is said of an earlier firing is not said of this one
    assert "*Judged*: helpful, by ana at 03:0" in edits[0]
    assert "*Judged*: not helpful, by bo" in edits[1]
    assert (len(world.sent("pagerduty")), len(world.sent("email"))) == counts
    world.publish(anomaly(ended=world.clock.now()))
    world.run(600)
    resolved = json.dumps([message for _, message, _, _ in slack.sent][-1])
    assert "RESOLVED" in resolved
    assert "*Judged*: not helpful, by bo" in resolved
