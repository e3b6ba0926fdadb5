"""The pages about Prometheus's alerts: each alert has a line, and each query is PromQL."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import promql_parser
import pytest
import yaml

from tests.runbooks.page import FOLDER, Page
from tests.runbooks.test_runbooks import SECTIONS
from tools.rules_page import alerts, main

RULES = FOLDER.parent / "rules"
PAGES = [Page(path.name, path.read_text(encoding="utf-8")) for path in sorted((FOLDER / "prometheus").glob("*.md"))]
ASKED = re.compile(r'\bask "((?:[^"\\]|\\.)*)"')
every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.file)


def _served() -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for alert in alerts():
        found.setdefault(Path(alert["annotations"]["runbook_url"]).name, set()).add(alert["alert"])
    return found


def test_every_page_is_of_some_alert_and_every_alert_has_its_page() -> None:
    assert {page.file for page in PAGES} == set(_served())


@every_page
def test_a_page_has_a_line_for_each_alert_and_all_sections(page: Page) -> None:
    assert set(re.findall(r"^\| `(\w+)` \| \S", page.text, re.MULTILINE)) == _served()[page.file]
    assert page.headings == SECTIONS
    assert [heading for heading in SECTIONS if not page.section(heading)] == []
    assert 40 <= page.text.count("\n") <= 90


@every_page
def test_a_block_is_shell_that_parses(page: Page) -> None:
    assert {block.language for block in page.blocks} == {"sh"}
    found = subprocess.run(["bash", "-n"], input="\n".join(page.of("sh")), capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


@every_page
def test_every_query_is_promql(page: Page) -> None:
    queries = ASKED.findall("\n".join(page.of("sh")))
    assert len(queries) >= 2
    for query in queries:
        promql_parser.parse(query.replace('\\"', '"').replace("$SERVICE", "checkout"))


@every_page
def test_a_parameter_that_a_page_names_exists(page: Page) -> None:
    values = yaml.safe_load((RULES / "parameters.yml").read_text(encoding="utf-8"))["values"]
    named = re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)+)`", page.prose)
    assert [name for name in named if name not in values] == []


def test_the_table_of_docs_rules_is_current() -> None:
    assert main(["--check"]) == 0
