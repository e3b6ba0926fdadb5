"""The arithmetic of an `expression` of anomaly.yml: balance and order, with the column of the fault."""

from __future__ import annotations

import pytest

from compiler.anomaly import parse_anomaly
from compiler.metric_math import math_fault
from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse


@pytest.mark.parametrize(
    "sound",
    [
        "100 * good / total",
        "100*(good/total)",
        "-a",
        "a * -b",
        "a ^ .5 + 1e3",
        "IF(a, b, 0) / MAX(a)",
        "M(N())",
    ],
)
def test_metric_math_is_taken(sound: str) -> None:
    assert math_fault(sound) is None


@pytest.mark.parametrize(
    ("wrong", "column", "said"),
    [
        ("100 * (good / total", 7, "never closed"),
        ("good * * / total ))", 8, "a value is missing before '*'"),
        ("good / total)", 13, "closes nothing"),
        ("good total", 6, "an operator is missing before 'total'"),
        ("2 (good)", 3, "an operator is missing before '('"),
        ("good /", 7, "a value is missing before the end"),
        ("()", 2, "a value is missing before ')'"),
        ("good, total", 5, "outside a function"),
        ("MAX(good,)", 10, "a value is missing before ')'"),
        ("good % total", 6, "not part of metric math"),
        ("100x * good", 1, "not part of metric math"),
    ],
)
def test_what_is_no_metric_math_is_an_error_with_its_column(wrong: str, column: int, said: str) -> None:
    findings = Findings()
    entry = f"- name: a\n  namespace: N\n  metric: M\n  inputs: {{good: G, total: T}}\n  expression: {wrong}\n"
    root = parse("watch:\n" + entry, findings, file="anomaly.yml")
    assert root is not None
    parse_anomaly(root, findings)
    (found,) = [one for one in findings.sorted() if "not metric math" in one.message]
    assert (found.severity, found.line, found.column) == ("error", 6, len("  expression: ") + column)
    assert said in found.message
