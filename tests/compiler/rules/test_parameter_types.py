"""The type of each parameter is that of the one that is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from compiler.reading.duration import parse_duration
from compiler.reading.finding import Findings
from compiler.rules.folder import rules_folder
from compiler.rules.parameter_types import DURATIONS, NUMBERS, type_fault
from compiler.rules.render import render

ROOT = Path(__file__).parents[3]


def _is_number(value: object) -> bool:
    try:
        float(str(value))
    except ValueError:
        return False
    return True


def test_the_types_are_those_of_what_is_shipped() -> None:
    shipped = yaml.safe_load((ROOT / "rules" / "parameters.yml").read_text(encoding="utf-8"))["values"]
    assert {name for name, value in shipped.items() if _is_number(value)} == set(NUMBERS)
    assert all(parse_duration(shipped[name]) for name in DURATIONS)
    assert [name for name, value in shipped.items() if type_fault(name, str(value))] == []


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("error_percent: abc", "error_percent: expected a number, got 'abc'"),
        ("cpu_percent: 90%", "cpu_percent: expected a number, got '90%'"),
        ("burn_6h: .nan", "burn_6h: expected a number, got '.nan'"),
        ("slo_window: 30", "slo_window: expected a duration, got '30'"),
    ],
)
def test_another_type_is_an_error_with_its_line(written: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "parameters.yml").write_text(f"values:\n  {written}\n", encoding="utf-8")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "a.yml").write_text("# ${" + written.partition(":")[0] + "}\n", encoding="utf-8")
    findings = Findings()
    render(tmp_path, findings)
    assert [(one.line, one.code, one.message) for one in findings.sorted()] == [(2, "wrong-type", message)]


def test_templates_without_parameters_are_an_error(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "rules"
    (folder / "templates").mkdir(parents=True)
    assert rules_folder(tmp_path / "config") == folder
    findings = Findings()
    assert render(folder, findings) is None
    (found,) = findings.sorted()
    assert (found.file, found.severity) == (str(folder / "parameters.yml"), "error")
    assert "rules init" in found.mend
