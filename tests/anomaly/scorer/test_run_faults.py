"""A run of the anomaly-scorer beside another one, late, or while something fails: nothing is notified twice or lost."""

from __future__ import annotations

from typing import Any

import pytest
from alertrelay.anomaly.scorer.ports import Answer, MetricsFailure, NotebookFailure

from tests.anomaly.scorer.world import DAY, HOUR, START, STEP, World, config, metric, shop_in_trouble, watch


def test_a_retried_run_changes_nothing_and_asks_for_nothing() -> None:
    world = shop_in_trouble()
    world.until(START + 2.5 * HOUR)
    before, asked, told = dict(world.shelf.objects), world.metrics.requested, list(world.published)
    assert told
    last = world.now - STEP
    assert world.run(last).problems == ()
    assert (world.shelf.objects, world.metrics.requested, world.published) == (before, asked, told)


def test_a_run_that_is_late_changes_nothing_after_a_newer_one() -> None:
    world = shop_in_trouble()
    world.until(START + HOUR)
    before = dict(world.shelf.objects)
    world.run(START + 10 * 60)
    assert world.shelf.objects == before


def test_a_run_beside_another_does_nothing() -> None:
    world = World().shop()
    assert world.notebook.begin_run(owner="other", now=world.now, until=world.now + 100) is not None
    assert world.run().metrics == 0
    assert world.shelf.objects == {}
    assert world.events("scorer_run_overlaps")
    world.clock.sleep(101)
    assert world.run().metrics == 1


def test_without_a_lease_the_object_itself_keeps_two_runs_from_publishing_twice() -> None:
    world = shop_in_trouble()
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


def test_where_the_table_fails_anomalies_are_found_and_notified_all_the_same() -> None:
    world = shop_in_trouble()
    world.until(START + 6 * HOUR, notebook=_Failing(None))
    begins = {u["fingerprint"] for _, _, u in world.published if u["status"] == "firing"}
    ends = {u["fingerprint"] for _, _, u in world.published if u["status"] == "resolved"}
    assert begins == ends != set()


def test_what_a_run_kept_and_did_not_live_to_publish_is_published_by_the_next_one() -> None:
    world = shop_in_trouble()

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


def test_a_topic_that_fails_is_a_problem_and_the_next_run_publishes() -> None:
    world = shop_in_trouble(severity={"warning": 0.8})
    world.topic_fails = True
    ran = world.until(START + 2.5 * HOUR)
    assert any("topic" in problem for one in ran for problem in one.problems)
    world.topic_fails = False
    world.until(START + 6 * HOUR)
    assert world.updates() == [("firing", "AnomalyDetected", "warning"), ("resolved", "AnomalyDetected", "warning")]


def test_a_topic_that_fails_gets_firing_and_resolved_in_order_when_it_answers() -> None:
    world = shop_in_trouble(severity={"warning": 0.8})
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
    world = shop_in_trouble()
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
    world = shop_in_trouble(severity={"warning": 0.8})
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
