"""docs/configuration.md lists all 49 checks of amlint 0.8.5 beside ours; each of ours finds its example.

`python -m tests.compiler.amlint_examples FOLDER` writes the examples, on which amlint itself was run.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from compiler.examine import examine
from tests.compiler.amlint_examples import CHECKS, EXAMPLES, RULES

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def table() -> dict[str, str]:
    page = PAGE.read_text(encoding="utf-8")
    section = page[page.index("### Beside amlint") :].split("\n### ")[0]
    return dict(re.findall(r"^\| `([a-z-]+)` \| (.+) \|$", section, re.MULTILINE))


def test_the_table_has_every_check_of_amlint_and_says_where_there_is_none_of_ours() -> None:
    listed = table()
    assert sorted(listed) == sorted(CHECKS)
    ours = {name: cell.strip("`") for name, cell in listed.items() if cell.startswith("`")}
    assert ours == {name: code for name, (code, _) in EXAMPLES.items()}
    assert len(ours) >= 27


@pytest.mark.parametrize("name", EXAMPLES)
def test_our_check_finds_what_amlint_finds(name: str, tmp_path: Path) -> None:
    code, text = EXAMPLES[name]
    path, rules = tmp_path / "alertmanager.yml", tmp_path / "rules.yml"
    path.write_text(text)
    rules.write_text(RULES)
    found = examine(alertmanager=path, delivery=None, today=date(2026, 11, 30), rules=[rules])
    assert code in [one.code for one in found]
