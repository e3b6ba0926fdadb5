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


def test_there_are_at_least_forty_alerts_of_three_severities() -> None:
    assert len({alert["alert"] for alert in ALERTS}) >= 40
    assert {alert["labels"]["severity"] for alert in ALERTS} == {"critical", "warning", "info"}


@pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: f"{alert['alert']}-{alert['labels']['severity']}")
def test_an_alert_says_all_that_a_person_needs(alert: Mapping[str, Any]) -> None:
    assert "for" in alert
    assert set(alert["annotations"]) == {"summary", "description", "impact", "response_time", "runbook_url"}
    assert alert["annotations"]["response_time"] == RESPONSE[alert["labels"]["severity"]]
    assert alert["labels"]["category"]


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
    # Beside a service that fires every case has others that do not; these have no moment without any.
    assert names - quiet <= {"ServiceDown", "DependencyFailing"}


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
