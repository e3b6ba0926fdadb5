"""docs/examples: a team's own tree is what its cases say, and is drawn in docs/configuration.md as it is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from cli.command import main

DOCS = Path(__file__).parents[2] / "docs"
TREE, CASES = DOCS / "examples" / "team-routing.yml", DOCS / "examples" / "team-routing-cases.yml"


def test_the_cases_hold_and_a_swap_of_two_teams_breaks_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["route", "--config", str(TREE), "--cases", str(CASES)]) == 0
    assert capsys.readouterr().out == "8 cases, 0 differ\n"
    swapped = tmp_path / "alertmanager.yml"
    text = TREE.read_text().replace('team="payments"', "X").replace('team="search"', 'team="payments"')
    swapped.write_text(text.replace("X", 'team="search"'))
    assert main(["route", "--config", str(swapped), "--cases", str(CASES)]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "8 cases, 4 differ"


def test_the_tree_is_sound_and_drawn_as_on_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--config", str(TREE)]) == 0
    assert capsys.readouterr().out == "0 errors, 0 warnings, 0 info\n"
    assert main(["route", "--config", str(TREE), "--tree"]) == 0
    page = (DOCS / "configuration.md").read_text(encoding="utf-8")
    assert page.split("<!-- output: team-routing -->\n```\n")[1].split("```")[0] == capsys.readouterr().out


@pytest.mark.needs_tool("amtool")
def test_amtool_takes_the_tree() -> None:
    assert subprocess.run(["amtool", "check-config", str(TREE)], capture_output=True, check=False).returncode == 0
