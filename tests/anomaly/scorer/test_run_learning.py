"""Metrics that a run has no time to score or to learn, and a state that is lost: the next runs make up for it."""

from __future__ import annotations

import pytest
from alertrelay.anomaly.scorer.ports import Answer
from alertrelay.anomaly.scorer.shard_state import of_bytes

from tests.anomaly.scorer.world import HOUR, START, STEP, World, config, metric, shop_in_trouble, watch


def test_metrics_without_time_are_a_problem_and_the_next_run_scores_them() -> None:
    world = World().shop()
    world.run()
    world.clock.sleep(STEP)
    assert world.run(seconds=10.0).problems == ("shard-00-of-1: there was no time for 1 metric",)
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
    world = shop_in_trouble()
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
    world = shop_in_trouble()
    world.until(START + 2.3 * HOUR)
    told = list(world.published)
    assert told
    monkeypatch.setattr("alertrelay.anomaly.detector.state.VERSION", 99)
    world.run()
    assert world.events("scorer_run")[-1]["learned"] == 1
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
