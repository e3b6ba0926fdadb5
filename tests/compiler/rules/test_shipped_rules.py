"""The rules of rules/: what stands on each alert, and promtool's own tests of when it fires and when it does not."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

RULES = Path(__file__).parents[3] / "rules"
RENDERED = sorted((RULES / "rendered").glob("*.yml"))
CASES = sorted((RULES / "tests").glob("*.yml"))
RESPONSE = {"critical": "5 min", "warning": "30 min", "info": "next business day"}
_FIRING = re.compile(r'alertname=~?"([\w|]+)",alertstate="firing"')


def _alerts() -> Iterator[Mapping[str, Any]]:
    for path in RENDERED:
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            yield from (rule for rule in group["rules"] if "alert" in rule)


ALERTS = list(_alerts())
VALUES = yaml.safe_load((RULES / "parameters.yml").read_text(encoding="utf-8"))["values"]
TEMPLATES = "".join(path.read_text(encoding="utf-8") for path in (RULES / "templates").glob("*.yml"))


def test_there_are_at_least_forty_alerts_of_three_severities() -> None:
    assert len({alert["alert"] for alert in ALERTS}) >= 40
    assert {alert["labels"]["severity"] for alert in ALERTS} == {"critical", "warning", "info"}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: f"{alert['alert']}-{alert['labels']['severity']}")
def test_an_alert_says_all_that_a_person_needs(alert: Mapping[str, Any]) -> None:
    assert "for" in alert
    assert set(alert["annotations"]) == {"summary", "description", "impact", "response_time", "runbook_url"}
    assert alert["annotations"]["response_time"] == RESPONSE[alert["labels"]["severity"]]
    assert alert["labels"]["category"]


DEFAULTS: Mapping[str, tuple[str, str, Mapping[str, float]]] = {
    "CriticalHighErrorRate": ("critical", "5m", {"critical_error_percent": 10}),
    "HighErrorRateAnomaly": ("critical", "5m", {"error_anomaly_factor": 2}),
    "HighRequestLatency": ("warning", "5m", {"p95_seconds": 2}),
    "APISlowResponses": ("critical", "5m", {"slow_seconds": 10}),
    "RequestVolumeSpike": ("warning", "10m", {"traffic_spike_factor": 1.5}),
    "ExceptionSpike": ("warning", "5m", {"exceptions_per_second": 0.5}),
    "HighCPUUsage": ("critical", "5m", {"cpu_percent": 90}),
    "HighMemoryUsage": ("critical", "5m", {"memory_percent": 90}),
    "ElevatedCPUUsage": ("warning", "15m", {"cpu_elevated_percent": 70}),
    "ElevatedMemoryUsage": ("warning", "15m", {"memory_elevated_percent": 75}),
    "HighDiskUsage": ("warning", "10m", {"disk_percent": 85}),
    "ProcessHighCPU": ("warning", "10m", {"process_cores": 0.8}),
    "MemoryLeakDetected": ("warning", "30m", {"leak_bytes": 10e6, "leak_above_bytes": 1e9}),
    "APIRateLimitExceeded": ("warning", "5m", {"rate_limited_per_second": 0.5}),
    "APIRateLimitApproaching": ("info", "5m", {"rate_limit_near_per_second": 0.1}),
    "QueueBacklog": ("warning", "10m", {"queue_messages": 10}),
    "JobSlow": ("warning", "5m", {"job_p95_seconds": 600}),
    "JobErrors": ("warning", "5m", {"job_errors_per_second": 0.05}),
    "JobPassRateLow": ("warning", "10m", {"job_pass_percent": 80}),
    "QualityLow": ("warning", "10m", {"quality_percent": 70}),
    "QualityDropped": ("warning", "5m", {"quality_drop_points": 5}),
    "BusinessVolumeDrop": ("critical", "10m", {"volume_drop_percent": 50}),
}
"""Severity, `for` and numbers by which the alerts are known: a change of one is a change for everybody who has none of
their own."""


@pytest.mark.parametrize("name", DEFAULTS)
def test_a_default_is_the_number_that_people_know(name: str) -> None:
    severity, lasting, numbers = DEFAULTS[name]
    expression = TEMPLATES.partition(f"- alert: {name}\n")[2].partition("for:")[0]
    (alert,) = [alert for alert in ALERTS if alert["alert"] == name]
    assert (alert["labels"]["severity"], alert["for"]) == (severity, lasting)
    for parameter, number in numbers.items():
        assert float(VALUES[parameter]) == number
        assert f"${{{parameter}}}" in expression


def _tested() -> tuple[set[str], set[str]]:
    """The alerts of which a case says that they fire, and those of which one says that nothing fires."""
    fires: set[str] = set()
    quiet: set[str] = set()
    for path in CASES:
        for test in yaml.safe_load(path.read_text(encoding="utf-8"))["tests"]:
            for case in test["promql_expr_test"]:
                for names in _FIRING.findall(case["expr"]):
                    (fires if case["exp_samples"] else quiet).update(names.split("|"))
    return fires, quiet


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not() -> None:
    names = {alert["alert"] for alert in ALERTS}
    fires, quiet = _tested()
    assert fires == names
    assert quiet == names


@pytest.mark.needs_tool("promtool")
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_promtool_finds_each_alert_as_its_cases_say(path: Path) -> None:
    found = subprocess.run(["promtool", "test", "rules", str(path)], capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.needs_tool("promtool")
def test_promtool_takes_every_rendered_file() -> None:
    found = subprocess.run(
        ["promtool", "check", "rules", *map(str, RENDERED)], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stdout + found.stderr
