"""What is asked of CloudWatch, and in how many requests."""

from __future__ import annotations

from collections.abc import Sequence

from alertrelay.anomaly.scorer.fetch import DATAPOINTS, QUERIES, Wanted, ask, batches
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.anomaly.scorer.ports import Answer, MetricsFailure
from alertrelay.memory.scorer import MemoryMetrics
from hypothesis import given
from hypothesis import strategies as st

from tests.anomaly.scorer.world import START, STEP, metric


@given(st.lists(st.tuples(st.sampled_from([60, 300, 3600]), st.integers(1, 20_000)), max_size=80))
def test_requests_keep_both_limits_of_cloudwatch_and_ask_for_every_metric_once(
    wishes: list[tuple[int, int]],
) -> None:
    end = START
    wanted = [
        Wanted(metric(name=f"m{place}", period=period), end - points * period)
        for place, (period, points) in enumerate(wishes)
    ]
    asked = []
    for batch in batches(wanted, end=lambda _: end):
        assert len(batch) <= QUERIES
        assert len({one.metric.period for one in batch}) == 1
        start = min(one.start for one in batch)
        assert len(batch) == 1 or len(batch) * (end - start) / batch[0].metric.period <= DATAPOINTS
        asked += batch
    assert sorted(one.metric.name for one in asked) == sorted(one.metric.name for one in wanted)


def test_of_a_thousand_metrics_five_hundred_are_asked_for_at_once() -> None:
    wanted = [Wanted(metric(name=f"m{place}"), START - 3600) for place in range(1000)]
    assert [len(batch) for batch in batches(wanted, end=lambda _: START)] == [500, 500]


def test_the_broken_ones_among_many_are_found_by_halving() -> None:
    source = MemoryMetrics(invalid={"m3", "m77"})
    wanted = [Wanted(metric(name=f"m{place}"), START - 3600) for place in range(100)]
    found = ask(source, wanted, end=lambda _: START, more=lambda: True)
    assert len(found.points) == 98
    assert sorted(found.refused.values()) == ["m3 is not valid", "m77 is not valid"]


def test_each_metric_gets_no_point_before_what_it_asked_for() -> None:
    source = MemoryMetrics()
    early, late = metric(name="early"), metric(name="late")
    for one in (early, late):
        source.put(one, [(START + place * STEP, float(place)) for place in range(10)])
    found = ask(
        source, [Wanted(early, START), Wanted(late, START + 5 * STEP)], end=lambda _: START + 3600, more=lambda: True
    )
    assert len(found.points[early.key]) == 10
    assert found.points[late.key][0] == (START + 5 * STEP, 5.0)


def test_after_a_failure_nothing_more_is_asked() -> None:
    class Down(MemoryMetrics):
        def read(self, metrics: Sequence[WatchedMetric], *, start: float, end: float) -> Answer:
            self.requested += 1
            raise MetricsFailure("down")

    source = Down()
    wanted = [Wanted(metric(name=f"m{place}"), START - 3600) for place in range(1200)]
    found = ask(source, wanted, end=lambda _: START, more=lambda: True)
    assert (source.requested, str(found.failed), found.points) == (1, "down", {})
