"""Which metrics an entry watches."""

from __future__ import annotations

from alertrelay.anomaly.scorer.discovery import look_up
from alertrelay.anomaly.scorer.metric import WatchedMetric
from alertrelay.memory.scorer import MemoryMetrics

from tests.anomaly.scorer.world import START, config, metric, watch


def _found(entry: object, *metrics: WatchedMetric, **resources: dict[str, str]) -> list[str]:
    source = MemoryMetrics(resources=dict(resources))
    for one in metrics:
        source.put(one, [(START, 1.0)])
    found = look_up(config(entry), source, now=START)  # type: ignore[arg-type] # an entry
    return sorted(str(dict(one.dimensions)) for one in found.metrics)


def _balancer(name: str, **more: str) -> WatchedMetric:
    dims = tuple(sorted({"LoadBalancer": name, **more}.items()))
    return metric("lb", namespace="AWS/ApplicationELB", name="RequestCount", dimensions=dims)


def test_a_pattern_fits_metrics_with_just_its_dimensions() -> None:
    entry = watch("lb", namespace="AWS/ApplicationELB", metric="RequestCount", dimensions={"LoadBalancer": "app/*"})
    found = _found(entry, _balancer("app/a"), _balancer("net/b"), _balancer("app/c", TargetGroup="t"))
    assert found == ["{'LoadBalancer': 'app/a'}"]


def test_only_a_star_is_special_in_a_pattern() -> None:
    entry = watch("lb", namespace="AWS/ApplicationELB", metric="RequestCount", dimensions={"LoadBalancer": "a[b]?*"})
    assert _found(entry, _balancer("a[b]?c"), _balancer("abxc")) == ["{'LoadBalancer': 'a[b]?c'}"]


def test_tags_choose_the_metrics_of_the_resources_that_have_them() -> None:
    entry = watch("lb", namespace="AWS/ApplicationELB", metric="", tags={"team": "shop"})
    resources = {
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/main/50dc": {"team": "shop"},
        "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/other/60dc": {"team": "web"},
        "arn:aws:rds:eu-west-1:111122223333:db:app/third/70dc": {"team": "shop"},
    }
    found = _found(
        entry, _balancer("app/main/50dc"), _balancer("app/other/60dc"), _balancer("app/third/70dc"), **resources
    )
    assert found == ["{'LoadBalancer': 'app/main/50dc'}"]


def test_each_series_of_a_query_is_watched_under_its_labels() -> None:
    entry = watch("errors", namespace="Prometheus", metric="error_ratio", expression="q", source="prometheus")
    there = MemoryMetrics(queries={"q": [(("service", "b"),), (("service", "a"),)]})
    found = look_up(config(entry), there, now=0.0)
    assert [(one.name, one.dimensions, one.source) for one in found.metrics] == [
        ("error_ratio", (("service", "a"),), "prometheus"),
        ("error_ratio", (("service", "b"),), "prometheus"),
    ]
    there.invalid = {"q"}
    again = look_up(config(entry), there, now=1.0, before=found)
    assert (again.metrics, again.failed) == (found.metrics, ("errors",))
    assert [WatchedMetric.of_json(one.to_json()) for one in found.metrics] == list(found.metrics)
