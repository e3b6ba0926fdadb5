"""Slips in rule files that promtool refuses, and a folder of rules that lists no service yet."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from compiler.reading.finding import Findings
from compiler.reading.yamlfile import parse
from compiler.rules.examine import examine_rules
from compiler.rules.files import read_rule_file
from compiler.rules.promql import PromQLError
from compiler.rules.promql import parse as promql

RULES = Path(__file__).parents[3] / "rules"


@pytest.mark.parametrize(
    ("group", "code", "severity"),
    [
        ("rules: {}", "wrong-type", "error"),
        ("interval: 0s, rules: []", "bad-duration", "warning"),
        (
            "rules: [{alert: A, expr: up, annotations: {summary: '{{ $value }} of {{ $labels.foo'}}]",
            "bad-rule",
            "error",
        ),
    ],
)
def test_what_prometheus_refuses_or_passes_over_is_a_finding(group: str, code: str, severity: str) -> None:
    findings = Findings()
    root = parse(f"groups: [{{name: a, {group}}}]\n", findings, file="r.yml")
    assert root is not None
    read_rule_file(root, findings)
    assert [(one.code, one.severity) for one in findings.sorted()] == [(code, severity)]


@pytest.mark.parametrize(("text", "offset"), [("sum(up) by", 8), ("up +", 3), ("1 +* 2", 2), ("up{a=}", 2)])
def test_the_place_is_where_the_longest_expression_ends(text: str, offset: int) -> None:
    with pytest.raises(PromQLError) as caught:
        promql(text)
    assert caught.value.offset == offset


def test_an_empty_list_of_services_is_one_finding(tmp_path: Path) -> None:
    shutil.copytree(RULES / "templates", tmp_path / "templates")
    text = (RULES / "parameters.yml").read_text(encoding="utf-8")
    before, _, rest = text.partition("services:\n")
    (tmp_path / "parameters.yml").write_text(
        f"{before}services: []\n\nvalues:{rest.partition('values:')[2]}", encoding="utf-8"
    )
    findings = Findings()
    examine_rules((), tmp_path, findings)
    found = [one for one in findings.sorted() if one.code in ("never-recorded", "no-services")]
    assert [one.code for one in found] == ["no-services"]
