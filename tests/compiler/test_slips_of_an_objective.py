"""Slips in an objective, and a folder without any configuration: one finding each, with the mend that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from compiler.config_files import environment_fault
from compiler.cost.table import counted_slos, quantity
from compiler.examine import check_folder
from compiler.load import load
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse
from compiler.resources.environment import parse_environment

SLO = {
    "id": "checkout",
    "service": "checkout",
    "objective": "99.9",
    "window": "30d",
    "load_balancer": "app/main/50dc6c495c0c9188",
}


@pytest.mark.parametrize(
    ("other", "key", "message", "mend"),
    [
        ({"labels": "{slo: other}"}, "labels.slo", "set by alertrelay", "remove it"),
        ({"labels": "{severity: info}"}, "labels.severity", "set by alertrelay", "remove it"),
        ({"labels": "{alertname: X}"}, "labels.alertname", "set by alertrelay", "remove it"),
        ({"window": "30"}, "window", "not a window", "whole days from 7d to 90d"),
        ({"objective": '"99.9"'}, "objective", "expected a number", "take off the quotes: `objective: 99.9`"),
        (
            {"load_balancer": "", "latency": "{load_balancer: app/main/50dc6c495c0c9188, threshold_seconds: -1}"},
            "latency.threshold_seconds",
            "-1 is out of range",
            "more than 0",
        ),
        ({"objective": "99.9 %"}, "objective", "expected a number", "write it as `objective: 99.9`"),
        ({"objective": '"99,9"'}, "objective", "expected a number", "write it as `objective: 99.9`"),
        ({"load_balancer": "net/main/50dc6c495c0c9188"}, "load_balancer", "no metrics of requests", "app/…"),
        (
            {"load_balancer": "", "application_signals": '"a/b"'},
            "application_signals",
            "not a valid name of an SLO",
            "as in",
        ),
    ],
)
def test_a_slip_of_an_objective_has_its_mend(other: dict[str, str], key: str, message: str, mend: str) -> None:
    entry = ", ".join(f"{name}: {value}" for name, value in {**SLO, **other}.items() if value)
    findings = Findings()
    root = parse(f"region: eu-west-1\nslos: [{{{entry}}}]\n", findings, file="prod.yml")
    assert root is not None
    parse_environment(root, "prod", findings)
    (found,) = [one for one in findings.sorted() if one.severity == "error"]
    assert found.key == f"slos[0].{key}"
    assert message in found.message
    assert mend in found.mend


def test_a_folder_without_configuration_is_one_finding(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    fault = environment_fault(folder, "prod")
    assert fault is not None
    assert fault.message == f"no configuration folder at {folder}"
    assert fault.mend == "`alertrelay init` makes one, or name yours with --config-dir"
    assert load(folder, "prod").findings == check_folder(folder) == (fault,)


def test_a_folder_without_environments_is_not_to_be_removed(tmp_path: Path) -> None:
    (tmp_path / "alertmanager.yml").write_text("route: {}\n", encoding="utf-8")
    fault = environment_fault(tmp_path, "prod")
    assert fault is not None
    assert fault.mend.startswith(f"add {tmp_path / 'environments' / 'prod.yml'}")


def test_figures_are_without_remainders() -> None:
    assert quantity(312_000_179_999_999_936.0) == "312,000,180,000,000,000"
    assert (counted_slos(1), counted_slos(1200)) == ("1 SLO", "1,200 SLOs")
