"""A run of the anomaly-scorer: what is found, and what the alert of it says."""

from __future__ import annotations

import json
import random
import re

import pytest
from alertrelay.alert import fingerprint
from alertrelay.anomaly.scorer.ports import Deployment, Vote

from tests.anomaly.scorer.world import DAY, HOUR, START, STEP, TROUBLE, World, metric, shop_in_trouble


def test_a_new_metric_is_learned_from_two_weeks_and_nothing_of_them_is_notified() -> None:
    world = World().shop()
    world.change(START - 3 * DAY, lambda value: value * 4 + 900, points=12)
    ran = world.run()
    assert (ran.metrics, ran.problems, world.published) == (1, (), [])
    assert world.book().tracks[metric().key].read_to == START
    assert list(world.events("anomaly_opened")) == []


def test_a_day_that_is_as_all_days_is_left_alone_also_at_its_peak() -> None:
    world = World().shop(hours=26)
    world.until(START + 25 * HOUR)
    assert world.published == []


def test_an_anomaly_is_notified_once_by_its_severity_s_topic_and_its_end_too() -> None:
    world = shop_in_trouble()
    world.until(START + 6 * HOUR)
    # Ten days of history prove no critical alert.
    assert world.updates("firing") == [("firing", "AnomalyDetected", "warning")]
    begins = [u["fingerprint"] for _, _, u in world.published if u["status"] == "firing"]
    ends = [u["fingerprint"] for _, _, u in world.published if u["status"] == "resolved"]
    assert sorted(begins) == sorted(ends)
    assert all(topic == update["labels"]["severity"] for _, topic, update in world.published)
    told_at, _, first = world.published[0]
    assert told_at - TROUBLE < 3 * STEP
    assert first["startsAt"] == "2026-11-16T02:00:00.000Z"
    over_at, _, last = world.published[-1]
    assert over_at - (TROUBLE + 6 * STEP) < HOUR
    assert last["startsAt"] == first["startsAt"]
    assert last["annotations"]["reason"].startswith("it is back in its usual range; it was ")
    assert last["annotations"]["summary"].startswith("Sum Orders of shop is ")
    assert last["updatedAt"] > first["updatedAt"]


def test_the_alert_says_whose_metric_it_is_what_came_what_is_usual_and_where_to_look() -> None:
    world = shop_in_trouble(unit="orders", severity={"warning": 0.8})
    world.until(START + 3 * HOUR)
    _, _, update = world.published[0]
    assert update["labels"] == {
        "category": "anomaly",
        "env": "prod",
        "service": "shop",
        "alertname": "AnomalyDetected",
        "alarm_name": "orders",
        "severity": "warning",
        "namespace": "Shop",
        "metric": "Orders",
        "account_id": "111122223333",
        "region": "eu-west-1",
    }
    assert update["fingerprint"] == fingerprint(update["labels"])
    notes = update["annotations"]
    assert notes["summary"].startswith("Sum Orders of shop is ")
    assert "orders" in notes["value"]
    assert " to " in notes["threshold"]
    assert "usual for Monday 02:" in notes["reason"]
    assert notes["score"].endswith("notifies from 0.8 on")
    assert notes["runbook_url"] == "https://wiki.example.com/runbooks/anomaly-detected.md"
    assert f"alertrelay feedback {update['fingerprint']} helpful" in notes["was_this_helpful"]
    assert update["generatorURL"].startswith(
        "https://eu-west-1.console.aws.amazon.com/cloudwatch/home?region=eu-west-1#"
    )
    assert "~'Shop~'Orders" in update["generatorURL"]


def test_the_numbers_of_an_alert_have_the_unit_of_its_entry() -> None:
    world = shop_in_trouble(unit="ms")
    world.until(START + 3 * HOUR)
    notes = world.published[0][2]["annotations"]
    assert re.match(r"Sum Orders of shop is \S+ ms, usual is \S+ ms to \S+ ms at this hour$", notes["summary"])
    assert re.search(
        r"^\S+ ms; usual for Monday 02:0\d \(by 6 working days\) is \S+ ms to \S+ ms: \S+ ms above; .* \+\S+ ms \(",
        notes["reason"],
    )


def test_of_a_metric_that_is_always_0_the_alert_says_0_and_no_range() -> None:
    world = World()
    errors = dict.fromkeys((-1500, -900, -500), 1.0)
    world.metrics.put(metric(), ((START + place * STEP, errors.get(place, 0.0)) for place in range(-6 * 288, 288)))
    world.change(TROUBLE, lambda _: 7.0, points=6)
    world.until(START + 3 * HOUR)
    notes = world.published[0][2]["annotations"]
    assert notes["summary"] == "Sum Orders of shop is 7, usual is 0 at this hour"
    assert "7; usual for Monday 02:00 (by 4 working days) is 0; started" in notes["reason"]


def test_a_value_within_its_usual_range_is_said_to_be_unusual_for_how_it_came_there() -> None:
    world = World()
    draw = random.Random(7)
    usual = ((START + place * STEP, 500.0 + draw.gauss(0.0, 12.0)) for place in range(-10 * 288, 288))
    world.metrics.put(metric(), usual)
    world.change(TROUBLE, lambda _: 500.0, points=36)
    world.until(START + 6 * HOUR)
    summary = world.published[0][2]["annotations"]["summary"]
    assert re.match(r"Sum Orders of shop is 500: \d+ points without a change$", summary)


def test_in_shadow_all_is_recorded_and_nobody_is_notified() -> None:
    world = shop_in_trouble(mode="shadow")
    world.until(START + 6 * HOUR)
    assert (world.published, world.notebook.anomalies) == ([], {})
    kinds = [entry.kind for entry in world.book().journal]
    assert (kinds[0], kinds[-1]) == ("opened", "ended")
    (opened,) = world.events("anomaly_opened")
    assert (opened["mode"], opened["affects"]) == ("shadow", "shop")
    assert opened["score"] >= 0.8
    assert opened["link"].startswith("https://")


def test_assist_publishes_an_info_alert_and_a_note_for_alerts_of_the_service() -> None:
    world = shop_in_trouble(mode="assist")
    world.until(START + 2.5 * HOUR)
    assert world.updates() == [("firing", "AnomalyDetected", "info")]
    ((note, until),) = world.notebook.anomalies["shop"].values()
    assert note["text"].startswith("Sum Orders of shop is ")
    assert until > world.now
    world.until(START + 6 * HOUR)
    assert world.updates("resolved") == [("resolved", "AnomalyDetected", "info")]
    assert world.notebook.anomalies["shop"] == {}


@pytest.mark.parametrize(("direction", "told"), [("high", True), ("low", False), ("both", True)])
def test_only_the_side_that_is_trouble_is_notified(direction: str, told: bool) -> None:
    world = shop_in_trouble(direction=direction)
    world.until(START + 3 * HOUR)
    assert bool(world.published) is told


def test_a_metric_that_stays_where_it_went_is_said_to_be_usual_after_three_days() -> None:
    world = World().shop(hours=80)
    world.change(TROUBLE, lambda value: value + 4000, points=12 * 78)
    while world.now <= START + 77 * HOUR:
        world.run()
        world.clock.sleep(HOUR)
    first, *_, last = world.published
    assert (first[2]["status"], last[2]["status"]) == ("firing", "resolved")
    assert "usual from now on" in last[2]["annotations"]["reason"]
    assert last[0] - first[0] >= 3 * DAY


# --- deployments and feedback ---------------------------------------------------------------------------------------


def test_a_deployment_of_the_service_shortly_before_is_named() -> None:
    world = shop_in_trouble()
    for name, minutes in (("shop-prod", 12), ("elsewhere", 5)):
        world.notebook.keep_deployment(
            Deployment(
                id=name, at=TROUBLE - minutes * 60, what=f"CloudFormation stack {name} is updated", names=(name,)
            )
        )
    world.until(START + 2.3 * HOUR)
    said = world.published[0][2]["annotations"]["deployed_shortly_before"]
    assert said == "CloudFormation stack shop-prod is updated, 12 min before it began"


def test_an_adaptive_entry_that_was_not_helpful_tells_from_a_higher_score_on() -> None:
    world = shop_in_trouble(mode="adaptive")
    for day in range(8):
        for place in range(3):
            at = START - (day + 1) * DAY + place * 60
            world.notebook.add_vote(
                Vote(fingerprint=f"{day:08x}{place:08x}", started="", at=at, helpful=False, watch="orders")
            )
    world.run()
    (said,) = world.events("feedback")
    assert (said["helpful"], said["not_helpful"], said["share"]) == (0, 24, 0.0)
    assert said["told_from"] > said["told_from_without"] == pytest.approx(0.8)


def test_the_numbers_that_the_alarms_look_at_are_measured_by_each_run() -> None:
    world = World().shop()
    world.clock.sleep(7)
    world.run(world.now - 7)
    assert dict(world.measures) == {
        "MetricsLeftOut": 0,
        "PointsScored": 0,
        "MetricsScored": 1,
        "ScorerLag": 7.0,
        "ScorerProblems": 0,
    }


def test_the_book_is_plain_json_that_names_the_metric() -> None:
    world = World().shop()
    world.run()
    track = world.book().tracks[metric().key]
    assert track.metric == metric()
    assert json.loads(json.dumps(track.metric.to_json())) == ["orders", "Shop", "Orders", [], "Sum", 300]


def test_the_usual_range_of_a_count_is_whole_numbers() -> None:
    world = shop_in_trouble()
    world.change(TROUBLE, lambda _: 7.0, points=6)
    world.until(START + 3 * HOUR)
    summary = world.published[0][2]["annotations"]["summary"]
    assert re.search(r" is \d+, usual is \d+ to \d+ at this hour$", summary)


def test_a_metric_that_its_source_refuses_neither_begins_nor_ends_an_alert() -> None:
    """That it was not answered is no silence of the metric, and no return to usual."""
    world = World().shop(hours=30)
    world.change(START + 3 * 3600, lambda value: 9 * value + 500, points=12)
    world.at(3 * 3600)
    world.until(START + 4 * 3600)
    assert [status for status, *_ in world.updates()] == ["firing"] * len(world.updates())
    before = world.updates()
    assert before
    world.metrics.invalid = {"Orders"}
    world.until(START + 12 * 3600)
    assert world.updates() == before
    assert {"metric_refused"} <= {event for event, _ in world.log}
    world.metrics.invalid = set()
    world.until(START + 14 * 3600)
    assert len(world.updates("resolved")) == len(before)
