"""What an entry watches: metrics that stop or are found, and alerts after the entry has changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from alertrelay.anomaly.scorer.shard import PAST

from tests.anomaly.scorer.world import HOUR, START, STEP, TROUBLE, World, config, course, metric, watch

# --- silence --------------------------------------------------------------------------------------------------------


def test_a_metric_that_stops_reporting_is_notified_and_so_is_its_return() -> None:
    world = World().shop(hours=3)
    world.until(START + 5 * HOUR)
    assert world.updates() == [("firing", "MetricNotReporting", "warning")]
    _, _, update = world.published[0]
    assert (
        update["annotations"]["summary"] == "Sum Orders of shop has stopped reporting, last heard 2026-11-16 02:55 UTC"
    )
    assert update["startsAt"] == "2026-11-16T03:00:00.000Z"
    world.metrics.put(metric(), [(START + 5 * HOUR + place * STEP, 400.0) for place in range(20)])
    world.until(START + 6 * HOUR)
    assert ("resolved", "MetricNotReporting", "warning") in world.updates()


def test_a_metric_that_is_often_silent_is_not_reported_missing() -> None:
    world = World()
    points = [(START - PAST + place * STEP, 5.0) for place in range(0, 14 * 288, 7)]
    world.metrics.put(metric(), points)
    world.until(START + 5 * HOUR)
    assert world.updates() == []


def test_after_a_day_a_silent_metric_is_no_longer_waited_for() -> None:
    world = World().shop(hours=1)
    world.until(START + 27 * HOUR)
    assert world.updates() == [
        ("firing", "MetricNotReporting", "warning"),
        ("resolved", "MetricNotReporting", "warning"),
    ]
    assert world.published[-1][2]["annotations"]["reason"] == "it is no longer waited for"


def test_a_ratio_over_nothing_has_no_value_which_neither_begins_nor_ends_an_alert() -> None:
    """Nobody pays from midnight to 2: the denominator is 0, and CloudWatch has no point."""
    ratio: dict[str, Any] = {"expression": "100 * good / total", "inputs": {"good": "Succeeded", "total": "Payments"}}
    world = World(config=config(watch(metric="SuccessRate", **ratio)))
    nobody = range(2 * 12)
    rate = {at: 98.0 + orders % 1.0 for at, orders in course(START - 10 * 86_400, START + 30 * HOUR)}
    rate |= {START + 23 * HOUR + place * STEP: 60.0 for place in range(12)}
    paid = [(at, value) for at, value in rate.items() if (at - START) % 86_400 // STEP not in nobody]
    world.metrics.put(metric(name="SuccessRate"), paid)
    world.at(20 * HOUR).until(START + 26 * HOUR)
    assert {update[:2] for update in world.updates()} == {("firing", "AnomalyDetected")}
    world.until(START + 28 * HOUR)
    assert {name for _, name, _ in world.updates()} == {"AnomalyDetected"}
    assert world.updates("resolved")


# --- the configuration changes in the middle ------------------------------------------------------------------------


def test_entering_shadow_resolves_alerts_and_leaving_it_publishes_open_ones() -> None:
    world = World(config=config(watch(severity={"warning": 0.8}))).shop()
    world.change(TROUBLE, lambda value: value * 3 + 600, points=60)
    world.until(START + 2.3 * HOUR)
    assert world.updates() == [("firing", "AnomalyDetected", "warning")]
    world.reconfigure(watch(severity={"warning": 0.8}, mode="shadow"))
    world.run()
    assert world.updates("resolved") == [("resolved", "AnomalyDetected", "warning")]
    world.clock.sleep(STEP)
    world.reconfigure(watch(severity={"warning": 0.8}))
    world.run()
    assert [status for status, _, _ in world.updates()] == ["firing", "resolved", "firing"]
    times = [update["updatedAt"] for _, _, update in world.published]
    assert times == sorted(set(times))


def test_a_changed_label_ends_the_alert_of_the_old_labels_and_begins_one_of_the_new() -> None:
    world = World(config=config(watch(severity={"warning": 0.8}))).shop()
    world.change(TROUBLE, lambda value: value * 3 + 600, points=60)
    world.until(START + 2.3 * HOUR)
    world.reconfigure(watch(severity={"warning": 0.8}, labels={"service": "shop", "team": "web"}))
    world.run()
    (old, new, ended) = (update for _, _, update in world.published)
    assert (old["status"], new["status"], ended["status"]) == ("firing", "firing", "resolved")
    assert (ended["fingerprint"], ended["labels"]) == (old["fingerprint"], old["labels"])
    assert new["labels"]["team"] == "web"


def test_an_entry_that_is_removed_resolves_what_it_announced() -> None:
    world = World(config=config(watch(severity={"warning": 0.8}), watch("carts", metric="Carts"))).shop()
    world.change(TROUBLE, lambda value: value * 3 + 600, points=60)
    world.until(START + 2.3 * HOUR)
    world.reconfigure(watch("carts", metric="Carts"))
    world.run()
    assert world.updates() == [("firing", "AnomalyDetected", "warning"), ("resolved", "AnomalyDetected", "warning")]
    assert world.published[-1][2]["annotations"]["reason"] == "it is no longer watched"


def test_on_a_holiday_a_business_metric_is_neither_notified_nor_learned_nor_missed() -> None:
    world = World(config=config(watch(calendar="business"), holidays=(date(2026, 11, 16),))).shop(hours=24)
    world.change(TROUBLE, lambda value: value * 0.0, points=12 * 20)
    world.until(START + 24 * HOUR)
    assert world.updates() == []
    assert world.book().tracks[metric().key].silent is None


# --- what is watched ------------------------------------------------------------------------------------------------


def test_a_pattern_watches_listed_metrics_and_finds_new_ones_within_the_hour() -> None:
    entry = watch("functions", namespace="AWS/Lambda", metric="Duration", dimensions={"FunctionName": "orders-*"})
    world = World(config=config(entry))

    def function(name: str) -> None:
        world.shop(
            of=metric("functions", namespace="AWS/Lambda", name="Duration", dimensions=(("FunctionName", name),))
        )

    for name in ("orders-pay", "orders-ship", "carts"):
        function(name)
    assert world.run().metrics == 2
    function("orders-bill")
    world.clock.sleep(STEP)
    assert world.run().metrics == 2
    world.clock.sleep(3600)
    assert world.run().metrics == 3


def test_beyond_max_metrics_a_pattern_gives_way_to_what_is_named_and_that_is_said() -> None:
    pattern = watch("all", namespace="AWS/Lambda", metric="Duration", dimensions={"FunctionName": "*"})
    world = World(config=config(pattern, watch(), max_metrics=3)).shop()
    for place in range(5):
        name = f"f{place}"
        world.shop(of=metric("all", namespace="AWS/Lambda", name="Duration", dimensions=(("FunctionName", name),)))
    assert world.run().metrics == 3
    assert metric().key in world.book().tracks
    assert world.events("metrics_left_out") == [{"count": 3, "max_metrics": 3}]
    assert ("MetricsLeftOut", 3) in world.measures


def test_an_entry_that_finds_nothing_is_named() -> None:
    world = World(config=config(watch("ghost", namespace="AWS/Nothing", metric=""), watch())).shop()
    world.run()
    assert world.events("entry_finds_no_metric") == [{"watch": "ghost"}]
