"""What intake.ports promises, asked of the table and of the memory twins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from alertrelay.aws.clients import Clients
from alertrelay.aws.intake.alerts import DynamoOpenAlerts
from alertrelay.aws.intake.posted import DynamoPostedAlerts
from alertrelay.aws.intake.topics import SnsTopics, SqsRefusedBodies
from alertrelay.aws.state.table import Table
from alertrelay.intake.ports import Known, PostedAlerts, TopicFailure
from alertrelay.intake.posted import PostedAlert
from alertrelay.memory.intake import MemoryPostedAlerts
from alertrelay.memory.ports import ManualClock
from alertrelay.memory.store import MemoryStore

from tests.aws import state
from tests.aws.state import NOW, after, alert, item


@pytest.fixture(params=["memory", "dynamodb"])
def posted(request: pytest.FixtureRequest, clock: ManualClock, dynamodb: Any) -> Iterator[PostedAlerts]:
    if request.param == "memory":
        yield MemoryPostedAlerts()
        return
    with state.table(dynamodb):
        yield DynamoPostedAlerts(Table(lambda: dynamodb, state.TABLE, clock), clock)


def known(name: str = "00000000000000aa", *, ends: float = 240, fires: bool = True, version: int = 0) -> Known:
    return Known(
        alert=PostedAlert(
            labels={"alertname": "Down", "unit": "µs 🔥"},
            annotations={"summary": "line 1\nline 2"},
            starts_at=NOW,
            ends_at=after(ends),
            guessed=True,
            fingerprint=name,
            at=after(1.000_007),
            generator_url="https://prometheus.example.com/graph",
        ),
        content="c0ffee",
        until=after(1800),
        fires=fires,
        version=version,
    )


def test_what_is_put_is_known_as_it_was_put(posted: PostedAlerts) -> None:
    new = [known(f"{number:016x}") for number in range(130)]  # more than a request takes
    assert posted.put(new) == []
    names = [one.alert.fingerprint for one in new]
    assert posted.known([*names, "ffffffffffffffff"]) == {one.alert.fingerprint: replace(one, version=1) for one in new}


def test_of_a_batch_only_what_somebody_else_wrote_is_lost(posted: PostedAlerts) -> None:
    posted.put([known("aa"), known("bb")])
    moved = [known("aa", ends=300, version=1), known("bb", ends=300, version=0), known("cc")]
    assert posted.put(moved) == ["bb"]
    found = posted.known(["aa", "bb", "cc"])
    assert {name: (one.alert.ends_at, one.version) for name, one in found.items()} == {
        "aa": (after(300), 2),
        "bb": (after(240), 1),
        "cc": (after(240), 1),
    }


def test_what_ends_later_is_read(posted: PostedAlerts) -> None:
    posted.put([known("aa", ends=240), known("bb", ends=241), known("cc", ends=9_000, fires=False)])
    assert {one.alert.fingerprint for one in posted.ending_after(after(240))} == {"bb", "cc"}


def test_what_is_doubted_has_no_content_and_no_earlier_writer_wins(posted: PostedAlerts) -> None:
    posted.put([known("aa")])
    posted.doubt([known("aa", fires=False, version=0)])
    found = posted.known(["aa"])["aa"]
    assert (found.content, found.fires, found.version) == ("", True, 2)
    assert posted.put([known("aa", version=1)]) == ["aa"]


def test_over_is_what_was_published_as_firing_and_has_ended(posted: PostedAlerts) -> None:
    posted.put([known("aa", ends=10), known("bb", ends=500), known("cc", ends=10, fires=False)])
    assert [one.alert.fingerprint for one in posted.over(after(10))] == ["aa"]


@pytest.mark.parametrize("kind", ["memory", "dynamodb"])
def test_open_alerts_are_those_that_fire_or_ended_lately(kind: str, clock: ManualClock, dynamodb: Any) -> None:
    with state.table(dynamodb):
        store = MemoryStore(clock) if kind == "memory" else state.dynamo(dynamodb, clock)
        table = Table(lambda: dynamodb, state.TABLE, clock)
        listing = store if isinstance(store, MemoryStore) else DynamoOpenAlerts(table, clock)
        fires = item(1, key="aa", update=alert("Fires"))
        ended = item(2, key="bb", update=alert("Ended", status="resolved"))
        announced = item(3, key="cc", update=replace(alert("Announced"), ends_at=after(60)))
        event = item(4, key="dd", update=replace(alert("Event"), kind="event"))
        for one in (fires, ended, announced, event):
            store.put_alert(one, groups=["slack-1"])
        store.put_member(state.GID, state.member())
        found = {
            hours: {one.alert.name for one in listing.firing(after(61) + timedelta(hours=hours))} for hours in (0, 1)
        }
        assert found == {0: {"Fires", "Ended", "Announced"}, 1: {"Fires"}}


def test_a_topic_stores_or_the_publish_fails(aws: Clients) -> None:
    arn = aws.sns().create_topic(Name="alertrelay-test-critical")["TopicArn"]
    topics = SnsTopics(aws.sns, {"critical": arn, "warning": f"{arn}-that-is-missing"})
    topics.publish("critical", "{}", attributes={"alertrelay-hop": "1"})
    with pytest.raises(TopicFailure, match="the warning topic: NotFound"):
        topics.publish("warning", "{}", attributes={})


def test_a_refused_body_is_kept_also_where_it_is_large(aws: Clients) -> None:
    url = aws.sqs().create_queue(QueueName="alertrelay-test-intake-refused")["QueueUrl"]
    logged: list[str] = []
    bodies = SqsRefusedBodies(aws.sqs, url, lambda event, **_: logged.append(event))
    bodies.keep('"' * 4_000_000, why="it is no alert")
    (message,) = aws.sqs().receive_message(QueueUrl=url)["Messages"]
    assert message["Body"].startswith('{"why":"it is no alert"')
    SqsRefusedBodies(aws.sqs, f"{url}-missing", lambda event, **_: logged.append(event)).keep("x", why="y")
    assert logged == ["refused_body_not_kept"]
