"""The rules over native histograms, which promtool 2.42 cannot write: asked of a Prometheus that has them on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.compiler.rules.prometheus import Prometheus, prometheus

RENDERED = Path(__file__).parents[3] / "rules" / "rendered"
START = 1_790_000_000
NOW = START + 1_800
MINUTES = range(START, NOW + 1, 60)
LATENCY = "http_request_duration_seconds"
TWO_TO_FOUR, A_QUARTER = 2, -2
"""Buckets of schema 0 by their upper bound, a power of 2."""

pytestmark = pytest.mark.needs_tool("prometheus")


def _recorded(file: str) -> list[tuple[str, str, str]]:
    groups = yaml.safe_load((RENDERED / file).read_text(encoding="utf-8"))["groups"]
    rules = [rule for group in groups for rule in group["rules"] if "record" in rule]
    return [(rule["record"], rule.get("labels", {}).get("slo", ""), rule["expr"]) for rule in rules]


def _expression(file: str, record: str, slo: str = "") -> str:
    (found,) = (expr for name, kind, expr in _recorded(file) if (name, kind) == (record, slo))
    return found


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    with prometheus(tmp_path_factory.mktemp("prometheus")) as found:
        for service, bucket in (("slow", TWO_TO_FOUR), ("fast", A_QUARTER)):
            counts = {at: (at - START) // 60 * 30 for at in MINUTES}
            found.write({"__name__": LATENCY, "service": service, "instance": "a"}, counts, bucket)
        # A restart in the middle: the counts begin again.
        again = {at: (at - START) % 900 // 60 * 30 for at in MINUTES}
        found.write({"__name__": LATENCY, "service": "restarted", "instance": "a"}, again, A_QUARTER)
        found.write({"__name__": LATENCY, "service": "idle", "instance": "a"}, dict.fromkeys(MINUTES, 7), A_QUARTER)
        jobs = {at: (at - START) // 60 for at in MINUTES}
        found.write({"__name__": "batch_job_duration_seconds", "service": "orders", "job_name": "slow"}, jobs, 10)
        yield found


def test_a_quantile_is_found_over_a_restart_and_an_idle_service_has_none(server: Prometheus) -> None:
    found = server.query(_expression("recording.yml", "service:latency_seconds:p95"), NOW)
    assert set(found) == {"slow", "fast", "restarted"}
    assert 2 < found["slow"] <= 4
    assert 0.125 < found["fast"] <= 0.25
    assert found["restarted"] == pytest.approx(found["fast"])


def test_the_latency_objective_counts_what_is_slower_than_its_threshold(server: Prometheus) -> None:
    bad = server.query(_expression("slo.yml", "service:slo_bad:rate5m", "latency"), NOW)
    every = server.query(_expression("slo.yml", "service:slo_all:rate5m", "latency"), NOW)
    assert every["slow"] == every["fast"] == pytest.approx(0.5)
    assert bad["slow"] == pytest.approx(0.5)
    assert bad["fast"] == pytest.approx(0)


def test_an_alert_on_a_job_s_histogram_fires(server: Prometheus) -> None:
    groups = yaml.safe_load((RENDERED / "work.yml").read_text(encoding="utf-8"))["groups"]
    (slow,) = (rule for group in groups for rule in group["rules"] if rule.get("alert") == "JobSlow")
    assert set(server.query(slow["expr"], NOW)) == {"orders"}
