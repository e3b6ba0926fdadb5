"""What is posted again is absorbed, what expires is resolved, and without the record everything is published."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import pytest
from alertrelay.alert import rfc3339
from alertrelay.config.model import Config
from alertrelay.sources import Envelope, parse
from alertrelay.values.times import instant

from tests.intake.door import NOW, PUSH, Door, alert

LEASE = timedelta(minutes=4)  # what Prometheus adds: four times the interval of its posts


def post(door: Door, *alerts: object, status: int = 200) -> None:
    answer = door.ask("POST", "/api/v2/alerts", list(alerts), token=PUSH)
    assert answer.status == status, answer.text


def firing(door: Door, name: str = "Down", **labels: str) -> dict[str, object]:
    return alert(name, ends=rfc3339(door.clock.now() + LEASE), **labels)


def test_an_hour_of_posts_saves_at_least_50_of_59_publishes(door: Door) -> None:
    for _ in range(60):
        post(door, firing(door))
        door.tick()
        door.clock.sleep(60)
    assert len(door.topics.published) - 1 <= 59 - 50
    assert len(door.topics.published) == 3
    ends = [instant(entry["endsAt"]) for entry in door.entries()]
    assert all(end and end >= NOW + timedelta(minutes=30) for end in ends)


def test_the_published_end_never_comes_before_the_true_one(door: Door) -> None:
    until = NOW
    for minute in range(240):
        post(door, firing(door))
        door.tick()
        until = max(until, *(end for entry in door.entries() if (end := instant(entry["endsAt"]))))
        assert until > NOW + timedelta(minutes=minute) + LEASE
        door.clock.sleep(60)


def test_what_is_posted_no_more_is_resolved_when_its_end_has_passed(door: Door) -> None:
    post(door, firing(door))
    door.clock.sleep(239)
    assert door.tick() == {"expired": 0}
    door.clock.sleep(2)
    assert door.tick() == {"expired": 1}
    assert door.tick() == {"expired": 0}
    last = door.entries()[-1]
    assert (last["status"], last["endsAt"]) == ("resolved", rfc3339(NOW + LEASE))


def test_an_alert_that_comes_back_is_published(door: Door) -> None:
    post(door, firing(door))
    door.clock.sleep(300)
    door.tick()
    post(door, firing(door))
    assert [entry.get("status", "firing") for entry in door.entries()] == ["firing", "resolved", "firing"]


def test_it_is_published_also_where_the_tick_has_not_seen_its_end(door: Door) -> None:
    post(door, firing(door))
    door.clock.sleep(300)
    post(door, firing(door))
    assert len(door.entries()) == 2


def test_a_resolve_is_published_once_although_it_is_posted_for_a_quarter_of_an_hour(door: Door) -> None:
    post(door, firing(door))
    door.clock.sleep(60)
    ended = alert(ends=rfc3339(door.clock.now()))
    for _ in range(15):
        post(door, ended)
        door.clock.sleep(60)
        door.tick()
    assert [entry.get("status", "firing") for entry in door.entries()] == ["firing", "resolved"]


def test_a_changed_annotation_is_published(door: Door) -> None:
    post(door, firing(door))
    post(door, {**firing(door), "annotations": {"summary": "worse"}})
    assert door.entries()[-1]["annotations"] == {"summary": "worse"}


def test_an_alert_without_an_end_is_over_after_resolve_timeout(door: Door) -> None:
    post(door, alert())
    door.clock.sleep(door.config.resolve_timeout - 1)
    assert door.tick() == {"expired": 0}
    door.clock.sleep(2)
    assert door.tick() == {"expired": 1}


def test_without_the_record_everything_is_published_with_its_own_end(door: Door) -> None:
    door.posted.failing = True
    for _ in range(3):
        post(door, firing(door))
        door.clock.sleep(60)
    assert [entry["endsAt"] for entry in door.entries()] == [
        rfc3339(NOW + timedelta(minutes=minute) + LEASE) for minute in range(3)
    ]


def test_a_post_that_its_topic_does_not_take_is_503_and_is_not_known(door: Door) -> None:
    door.topics.failing = True
    post(door, firing(door), status=503)
    door.topics.failing = False
    post(door, firing(door))
    assert len(door.entries()) == 1


def test_where_two_posts_meet_the_next_one_is_published(config: Config) -> None:
    """One says resolved while the other says firing: nobody knows which message its topic took last."""
    door = Door(config)
    post(door, firing(door))
    door.clock.sleep(60)
    ended, again = alert(ends=rfc3339(door.clock.now())), {**firing(door), "annotations": {"summary": "again"}}
    original = door.topics.publish
    waiting = [again]

    def publish(topic: str, message: str, *, attributes: object) -> None:
        original(topic, message, attributes={})
        if waiting:
            post(door, waiting.pop())

    door.topics.publish = publish  # type: ignore[method-assign]
    post(door, ended)
    door.clock.sleep(1)
    before = len(door.entries())
    post(door, {**firing(door), "annotations": {"summary": "again"}})
    assert len(door.entries()) == before + 1


def test_an_absorbed_post_that_lost_the_race_is_published(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    door = Door(config)
    post(door, firing(door))
    door.clock.sleep(60)
    known = door.posted.known
    stale = known([next(iter(door.posted._kept))])
    post(door, alert(ends=rfc3339(door.clock.now())))
    monkeypatch.setattr(door.posted, "known", lambda _: stale)
    post(door, firing(door))
    assert door.entries()[-1].get("status") is None
    assert len(door.entries()) == 3


def test_the_valid_alerts_of_a_batch_count_and_the_others_are_400_and_kept(door: Door) -> None:
    post(door, firing(door), {"labels": {}}, {**firing(door, "Late"), "endsAt": "2020-01-01T00:00:00Z"}, status=400)
    assert len(door.entries()) == 1
    assert "at least one label pair required" in door.refused.kept[0][1]


def test_a_published_alert_is_read_by_the_forwarders_as_it_was_posted(door: Door) -> None:
    post(door, firing(door, severity="critical", service="orders"))
    topic, message, _ = door.topics.published[0]
    (read,) = parse(
        Envelope(text=message, topic_arn=f"arn:aws:sns:eu-west-1:1:alertrelay-prod-{topic}"), received_at=NOW
    ).alerts
    assert (topic, read.status, read.labels["service"]) == ("critical", "firing", "orders")
    assert read.ends_at == NOW + timedelta(minutes=30)
    assert read.fingerprint == json.loads(message)["alerts"][0]["fingerprint"]


@pytest.mark.parametrize("number", [2_000])
def test_a_large_batch_is_split_into_messages_that_a_topic_takes(door: Door, number: int) -> None:
    post(door, *(firing(door, instance=f"db-{one}") for one in range(number)))
    sizes = [len(message.encode()) for _, message, _ in door.topics.published]
    assert max(sizes) <= 250_000
    assert len(door.entries()) == number


def test_one_alert_of_a_megabyte_is_cut_not_refused(door: Door) -> None:
    post(door, {**firing(door), "annotations": {"summary": "x" * 1_000_000}})
    (entry,) = door.entries()
    assert len(json.dumps(entry)) < 250_000
    assert isinstance(instant(entry["startsAt"]), datetime)


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ('{"alertname": "B", "service": 5}', 'alert 2: label service is 5: write a text, "5"'),
        ('{"alertname": "B", "up": true}', 'alert 2: label up is true: write a text, "true"'),
        ('{"service": null}', "alert 2: label service is null: write a text, or leave it out"),
        ('["B"]', 'alert 2: labels: write an object of texts, {"service": "orders"}, got ["B"]'),
        ('{"\\ud800": 5}', 'alert 2: label \ufffd is 5: write a text, "5"'),
    ],
)
def test_a_refused_alert_is_named_in_the_words_of_json(door: Door, labels: str, said: str) -> None:
    answer = door.ask("POST", "/api/v2/alerts", f'[{{"labels": {{"alertname": "A"}}}}, {{"labels": {labels}}}, null]')
    assert answer.status == 400
    assert answer.json == f"{said}; alert 3: expected an alert, an object with labels, got null"


def test_broken_json_is_named_by_its_place(door: Door) -> None:
    answer = door.ask("POST", "/api/v2/alerts", '[\n{"labels": }]')
    assert answer.json["message"].startswith("parsing body body failed: line 2, column 12: expected JSON")
