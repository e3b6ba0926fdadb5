"""A run of the anomaly-scorer: what is found, what is told, and that nothing is told twice or forgotten."""

from __future__ import annotations

import json
import random
import re
from datetime import date
from typing import Any

import pytest
from alertrelay.alert import fingerprint
from alertrelay.anomaly.scorer.ports import Answer, Deployment, MetricsFailure, NotebookFailure, Vote
from alertrelay.anomaly.scorer.shard import PAST
from alertrelay.anomaly.scorer.shard_state import of_bytes

from tests.anomaly.scorer.world import DAY, START, STEP, World, config, metric, watch

HOUR = 3600.0
TROUBLE = START + 2 * HOUR
"""Within the first day that is watched."""


RUN_LATE = 600.0


def _world(**changes: Any) -> World:
    """A shop that was watched for its first two hours, and then sells three times what it should for half an hour."""
    world = World(config=config(watch(**changes)))
    world.shop()
    world.change(TROUBLE, lambda value: value * 3 + 600, points=6)
    return world


def test_a_new_metric_is_learned_from_two_weeks_and_nothing_of_them_is_told() -> None:
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


def test_an_anomaly_is_told_once_by_its_severity_s_topic_and_its_end_too() -> None:
    world = _world()
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
    world = _world(unit="orders", severity={"warning": 0.8})
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
    world = _world(unit="ms")
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


def test_in_shadow_all_is_recorded_and_nobody_is_told() -> None:
    world = _world(mode="shadow")
    world.until(START + 6 * HOUR)
    assert (world.published, world.notebook.anomalies) == ([], {})
    kinds = [entry.kind for entry in world.book().journal]
    assert (kinds[0], kinds[-1]) == ("opened", "ended")
    (opened,) = world.events("anomaly_opened")
    assert (opened["mode"], opened["affects"]) == ("shadow", "shop")
    assert opened["score"] >= 0.8
    assert opened["link"].startswith("https://")


def test_assist_publishes_an_info_alert_and_a_note_for_alerts_of_the_service() -> None:
    world = _world(mode="assist")
    world.until(START + 2.5 * HOUR)
    assert world.updates() == [("firing", "AnomalyDetected", "info")]
    ((note, until),) = world.notebook.anomalies["shop"].values()
    assert note["text"].startswith("Sum Orders of shop is ")
    assert until > world.now
    world.until(START + 6 * HOUR)
    assert world.updates("resolved") == [("resolved", "AnomalyDetected", "info")]
    assert world.notebook.anomalies["shop"] == {}


@pytest.mark.parametrize(("direction", "told"), [("high", True), ("low", False), ("both", True)])
def test_only_the_side_that_is_trouble_is_told(direction: str, told: bool) -> None:
    world = _world(direction=direction)
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


# --- a run that comes again, late, or beside another ----------------------------------------------------------------


def test_a_retried_run_changes_nothing_and_asks_for_nothing() -> None:
    world = _world()
    world.until(START + 2.5 * HOUR)
    before, asked, told = dict(world.shelf.objects), world.metrics.requested, list(world.published)
    assert told
    last = world.now - STEP
    assert world.run(last).problems == ()
    assert (world.shelf.objects, world.metrics.requested, world.published) == (before, asked, told)


def test_a_run_that_is_late_changes_nothing_after_a_newer_one() -> None:
    world = _world()
    world.until(START + HOUR)
    before = dict(world.shelf.objects)
    world.run(START + RUN_LATE)
    assert world.shelf.objects == before


def test_a_run_beside_another_does_nothing() -> None:
    world = World().shop()
    assert world.notebook.begin_run(owner="other", now=world.now, until=world.now + 100) is not None
    assert world.run().metrics == 0
    assert world.shelf.objects == {}
    assert world.events("scorer_run_overlaps")
    world.clock.sleep(101)
    assert world.run().metrics == 1


def test_without_a_lease_the_object_itself_keeps_two_runs_from_telling_twice() -> None:
    world = _world()
    world.until(START + 2 * HOUR)
    first = world.scoring()

    class Beside:
        """Another run does the same work while this one computes."""

        def get(self, name: str) -> object:
            return world.shelf.get(name)

        def put(self, name: str, content: bytes, *, over: str | None) -> bool:
            there = world.shelf.get(name)
            assert there is not None
            world.shelf.put(name, there.content, over=there.version)
            return world.shelf.put(name, content, over=over)

    class NoLease:
        def __getattr__(self, name: str) -> object:
            raise NotebookFailure("the table does not answer")

    world.at(2 * HOUR + 10 * 60)
    world.published.clear()
    world.run(shelf=Beside(), notebook=_Failing(first.notebook))
    assert world.published == []
    assert world.events("scorer_state_changed_meanwhile")


class _Failing:
    """A table that does not answer."""

    def __init__(self, _: object) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        def fail(*_: object, **__: object) -> None:
            raise NotebookFailure("the table does not answer")

        return fail


def test_where_the_table_fails_anomalies_are_found_and_told_all_the_same() -> None:
    world = _world()
    world.until(START + 6 * HOUR, notebook=_Failing(None))
    begins = {u["fingerprint"] for _, _, u in world.published if u["status"] == "firing"}
    ends = {u["fingerprint"] for _, _, u in world.published if u["status"] == "resolved"}
    assert begins == ends != set()


def test_what_a_run_kept_and_did_not_live_to_tell_is_told_by_the_next_one() -> None:
    world = _world()

    def killed(severity: str, message: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        world.until(START + 3 * HOUR, publish=killed)
    world.clock.sleep(300)
    assert world.published == []
    world.until(world.now)
    assert world.updates("firing") != []
    once = list(world.published)
    world.run()
    assert world.published == once


def test_a_topic_that_fails_is_a_problem_and_the_next_run_tells() -> None:
    world = _world(severity={"warning": 0.8})
    world.topic_fails = True
    ran = world.until(START + 2.5 * HOUR)
    assert any("topic" in problem for one in ran for problem in one.problems)
    world.topic_fails = False
    world.until(START + 6 * HOUR)
    assert world.updates() == [("firing", "AnomalyDetected", "warning"), ("resolved", "AnomalyDetected", "warning")]


def test_a_topic_that_fails_gets_firing_and_resolved_in_order_when_it_answers() -> None:
    world = _world(severity={"warning": 0.8})
    world.until(START + 1.9 * HOUR)
    world.topic_fails = True
    world.until(START + 6 * HOUR)
    assert world.book().tracks[metric().key].read_to >= START + 6 * HOUR - STEP
    world.topic_fails = False
    world.run()
    assert world.updates() == [("firing", "AnomalyDetected", "warning"), ("resolved", "AnomalyDetected", "warning")]


# --- CloudWatch and the state fail ----------------------------------------------------------------------------------


class _Throttled:
    """CloudWatch, which does not answer."""

    def __init__(self, world: World) -> None:
        self.listed, self.tagged = world.metrics.listed, world.metrics.tagged

    def read(self, *_: object, **__: object) -> Answer:
        raise MetricsFailure("GetMetricData: Throttling")


def test_while_cloudwatch_fails_a_run_says_so_and_the_next_goes_on_where_it_was() -> None:
    world = _world()
    world.until(START + HOUR)
    ran = world.run(metrics=_Throttled(world))
    assert ran.problems == ("shard-00-of-1: GetMetricData: Throttling",)
    world.at(2.3 * HOUR).until(START + 6 * HOUR)
    assert {status for status, _, _ in world.updates()} == {"firing", "resolved"}


class _Blind:
    """CloudWatch, which lists nothing."""

    def __init__(self, world: World) -> None:
        self.read, self.tagged = world.metrics.read, world.metrics.tagged

    def listed(self, *_: object) -> object:
        raise MetricsFailure("ListMetrics: Throttling")


def test_an_entry_that_cannot_be_looked_up_keeps_its_metrics_and_spares_the_others() -> None:
    pattern = watch("functions", namespace="AWS/Lambda", metric="Duration", dimensions={"FunctionName": "*"})
    world = World(config=config(pattern, watch())).shop()
    world.shop(of=metric("functions", namespace="AWS/Lambda", name="Duration", dimensions=(("FunctionName", "pay"),)))
    assert world.run().metrics == 2
    world.clock.sleep(3600 + STEP)
    ran = world.run(metrics=_Blind(world))
    assert ran.metrics == 2
    assert ran.problems == ("what the entry functions watches could not be looked up",)
    world.clock.sleep(STEP)
    assert world.run().problems == ()


def test_where_nothing_can_be_looked_up_in_the_first_run_that_is_its_problem() -> None:
    world = World(config=config(watch("functions", namespace="AWS/Lambda", metric="", dimensions={})))
    ran = world.run(metrics=_Blind(world))
    assert ran.problems == ("what is watched: ListMetrics: Throttling",)


def test_while_learning_fails_what_was_scored_is_kept() -> None:
    world = _world(severity={"warning": 0.8})
    world.until(START + HOUR)
    world.reconfigure(watch(severity={"warning": 0.8}), watch("carts", metric="Carts"))

    class NoPast:
        listed, tagged = world.metrics.listed, world.metrics.tagged

        def read(self, metrics: Any, *, start: float, end: float) -> Answer:
            if end - start > DAY:
                raise MetricsFailure("GetMetricData: Throttling")
            return world.metrics.read(metrics, start=start, end=end)

    ran = world.until(START + 2.3 * HOUR, metrics=NoPast())
    assert all("while learning" in problem for one in ran for problem in one.problems)
    assert world.updates() == [("firing", "AnomalyDetected", "warning")]


def test_metrics_without_time_are_a_problem_and_the_next_run_scores_them() -> None:
    world = World().shop()
    world.run()
    world.clock.sleep(STEP)
    assert world.run(seconds=10.0).problems == ("shard-00-of-1: there was no time for 1 metrics",)
    world.clock.sleep(STEP)
    assert world.run().points == 2


def test_a_shard_that_learns_leaves_time_for_those_after_it() -> None:
    names = [f"orders-{place:03d}" for place in range(60)]
    world = World(config=config(*(watch(name, metric=f"Orders{name}") for name in names), max_metrics=800))
    for name in names:
        world.metrics.put(metric(name, name=f"Orders{name}"), [(START - STEP, 1.0)])
    world.run(seconds=240.0, metrics=_Slow(world, seconds=60.0))
    learned = {
        name: len(of_bytes(kept.content)[0].tracks) for name, kept in world.shelf.objects.items() if "shard" in name
    }
    assert min(learned.values()) >= 20


def test_one_metric_that_cloudwatch_refuses_does_not_stop_the_rest() -> None:
    names = [f"orders-{place}" for place in range(7)]
    world = World(config=config(*(watch(name, metric=f"Orders{place}") for place, name in enumerate(names))))
    for place, name in enumerate(names):
        world.shop(hours=1, of=metric(name, name=f"Orders{place}"))
    world.metrics.invalid = {"Orders3"}
    ran = world.run()
    assert (ran.metrics, ran.problems) == (6, ())
    assert [fields["watch"] for fields in world.events("metric_refused")] == ["orders-3"]


def test_one_metric_whose_scorer_fails_does_not_stop_the_rest_and_is_learned_anew() -> None:
    other = metric("carts", name="Carts")
    world = World(config=config(watch(), watch("carts", metric="Carts"))).shop().shop(of=other)
    world.run()
    series = world.metrics.series[other.namespace, other.name, other.dimensions, other.statistic]
    kept = dict(series)
    series[START] = "not a number"  # type: ignore[assignment] # what must never come
    world.at(STEP)
    assert world.run().problems == ()
    assert {failed["watch"] for failed in world.events("metric_failed")} == {"carts"}
    series.update(kept)
    world.at(2 * STEP)
    assert world.run().metrics == 2


def test_a_lost_object_is_learned_again_and_alerts_that_ended_meanwhile_resolve() -> None:
    world = _world()
    world.until(START + 2.3 * HOUR)
    begins = {u["fingerprint"] for _, _, u in world.published}
    assert begins
    for name in [name for name in world.shelf.objects if name.startswith("shard")]:
        del world.shelf.objects[name]
    world.at(8 * HOUR)
    world.run()
    assert world.events("scorer_state_lost")
    ends = {u["fingerprint"] for _, _, u in world.published if u["status"] == "resolved"}
    assert begins <= ends


def test_a_damaged_object_is_as_good_as_lost() -> None:
    world = World().shop()
    world.run()
    (name,) = (name for name in world.shelf.objects if name.startswith("shard"))
    there = world.shelf.objects[name]
    world.shelf.put(name, there.content[:200], over=there.version)
    world.at(STEP)
    assert world.run().metrics == 1
    assert world.events("scorer_state_lost")[0]["problem"].startswith("damaged")


def test_scorers_of_another_version_are_learned_anew_and_what_is_open_stays_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = _world()
    world.until(START + 2.3 * HOUR)
    told = list(world.published)
    assert told
    monkeypatch.setattr("alertrelay.anomaly.detector.state.VERSION", 99)
    asked = world.metrics.requested
    world.run()
    assert world.metrics.requested == asked + 1
    assert world.published == told
    world.until(START + 6 * HOUR)
    begins = {u["fingerprint"] for _, _, u in world.published if u["status"] == "firing"}
    ends = {u["fingerprint"] for _, _, u in world.published if u["status"] == "resolved"}
    assert begins == ends


def test_what_there_is_no_time_to_learn_is_learned_by_the_next_runs() -> None:
    names = [f"orders-{place:02d}" for place in range(45)]
    world = World(config=config(*(watch(name, metric=f"Orders{name}") for name in names)))
    for name in names:
        world.metrics.put(metric(name, name=f"Orders{name}"), [(START - STEP, 1.0)])
    slow = _Slow(world, seconds=150.0)
    assert [world.run(seconds=240.0, metrics=slow).metrics for _ in range(1)] == [40]
    world.clock.sleep(STEP)
    assert world.run(metrics=slow).metrics == 45


class _Slow:
    """CloudWatch, which takes its time."""

    def __init__(self, world: World, *, seconds: float) -> None:
        self.listed, self.tagged, self._world, self._seconds = (
            world.metrics.listed,
            world.metrics.tagged,
            world,
            seconds,
        )

    def read(self, *args: object, **named: object) -> Answer:
        self._world.clock.sleep(self._seconds)
        return self._world.metrics.read(*args, **named)  # type: ignore[arg-type] # handed on


# --- silence --------------------------------------------------------------------------------------------------------


def test_a_metric_that_stops_reporting_is_told_and_so_is_its_return() -> None:
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


def test_a_metric_that_is_often_silent_is_not_told_to_be_missing() -> None:
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


def test_an_entry_that_is_removed_ends_what_it_told() -> None:
    world = World(config=config(watch(severity={"warning": 0.8}), watch("carts", metric="Carts"))).shop()
    world.change(TROUBLE, lambda value: value * 3 + 600, points=60)
    world.until(START + 2.3 * HOUR)
    world.reconfigure(watch("carts", metric="Carts"))
    world.run()
    assert world.updates() == [("firing", "AnomalyDetected", "warning"), ("resolved", "AnomalyDetected", "warning")]
    assert world.published[-1][2]["annotations"]["reason"] == "it is no longer watched"


def test_on_a_holiday_a_business_metric_is_neither_told_nor_learned_nor_missed() -> None:
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


# --- deployments and feedback ---------------------------------------------------------------------------------------


def test_a_deployment_of_the_service_shortly_before_is_named() -> None:
    world = _world()
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
    world = _world(mode="adaptive")
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
    world = _world()
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
