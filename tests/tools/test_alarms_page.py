"""docs/alarms.md and the index of the runbooks are what the catalogue says; every page that they link exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alertrelay.anomaly.scorer.publish import RUNBOOKS
from alertrelay.config.own_runbooks import OWN_RUNBOOKS

from cli.alarm_table import table
from compiler.alarms.slo import RUNBOOKS as SLO_RUNBOOKS
from compiler.catalogue.table import CATALOGUE, OF_CLUSTERS, PARENTS
from tests.example import CONFIG as SHIPPED
from tools import alarms_page
from tools.alarms_page import catalogue_page, index_page, main


def test_the_committed_pages_are_current() -> None:
    assert main(["--check"]) == 0


def test_a_stale_page_is_named_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "alarms.md").write_text("old")
    monkeypatch.setattr(alarms_page, "ROOT", tmp_path)
    assert main(["--check"]) == 1
    assert capsys.readouterr().err == "docs/alarms.md: is not current\n"
    assert main([]) == 0
    assert (tmp_path / "docs" / "alarms.md").read_text() == catalogue_page()
    assert main(["--check"]) == 0


def test_every_alarm_has_a_row_with_a_reason_and_a_known_source() -> None:
    rows = [line.split(" | ") for line in catalogue_page().splitlines() if line.startswith("| [")]
    levels = [(rule, level) for rules in CATALOGUE.values() for rule in rules for level in rule.levels]
    assert len(rows) == len(levels) + len(set(PARENTS.values())) + len(OF_CLUSTERS)
    for (rule, level), row in zip(levels, rows, strict=False):
        assert row[0].startswith(f"| [{rule.alertname}]")
        assert level.severity in row[0]
        assert len(row) == 7
        assert row[5].endswith(".")
        assert re.fullmatch(r"[A-Z](, [A-Z])* \|", row[6])
        assert "{" not in row[5]


def test_the_index_links_every_page_once_for_each_kind() -> None:
    linked = re.findall(r"\(([a-z0-9-]+\.md)\)", index_page())
    pages = [rule.runbook for rules in CATALOGUE.values() for rule in rules]
    pages += [*{parent.runbook for parent in (*PARENTS.values(), *OF_CLUSTERS)}, *RUNBOOKS.values(), *OWN_RUNBOOKS]
    pages += SLO_RUNBOOKS.values()
    assert sorted(linked) == sorted(pages)
    assert len(pages) == len(set(pages))


def test_the_table_counts_what_each_resource_gets_and_its_cost() -> None:
    lines = table(SHIPPED, environment="prod")
    assert lines[0].split() == ["environment", "kind", "resource", "critical", "warning"]
    rows = [line.split() for line in lines[1:] if line.startswith("prod ")]
    assert ["prod", "sqs", "orders"] in [row[:3] for row in rows]
    counted = [row for row in rows if row[1] != "slo"]  # budgets have a line of their own
    critical, warning = (sum(int(row[column]) for row in counted) for column in (3, 4))
    total = f"prod: {critical + warning} alarms, {critical} critical and {warning} warning, 10 of them parents"
    assert any(re.fullmatch(rf"{total}; about \$\d+\.\d\d a month", line) for line in lines)


def test_a_folder_without_a_sound_environment_has_no_table(tmp_path: Path) -> None:
    assert table(tmp_path) == []
