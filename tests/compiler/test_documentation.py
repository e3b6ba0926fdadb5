"""docs/configuration.md says what the code does: codes, keys, and the output of its example."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.command import main
from compiler import delivery
from compiler.resources import environment, listing
from compiler.resources.lists import LISTS


@pytest.fixture(name="page")
def _page(project: Path) -> str:
    return (project / "docs" / "configuration.md").read_text()


def _block(page: str, marker: str) -> str:
    match = re.search(rf"<!-- {re.escape(marker)} -->\n```\w*\n(.*?)```", page, re.DOTALL)
    assert match is not None
    return match[1]


def _codes(tree: ast.Module) -> Iterator[str]:
    """The second argument of each call that makes a finding."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and len(node.args) > 2 and isinstance(node.args[1], ast.Constant):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name in ("error", "warning", "info", "_Broken") and isinstance(node.args[1].value, str):
                yield node.args[1].value


def test_every_code_of_a_finding_is_explained_and_no_other(page: str, project: Path) -> None:
    files = (project / "compiler").rglob("*.py")
    calls = {code for path in files for code in _codes(ast.parse(path.read_text()))}
    table = page[page.index("### Every finding") :]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    explained = {code for cell in rows for code in re.findall(r"`([a-z-]+)`", cell)}
    assert len(calls) > 30
    assert calls == explained


def test_every_key_of_our_own_files_is_explained(page: str) -> None:
    names = {
        *delivery.KEYS,
        *environment.KEYS,
        *(name for listed in LISTS for name in listing.known_keys(listed)),
    }
    missing = {name for name in names if not re.search(rf"`{name}[`.]", page)}
    assert missing == set()


def test_the_example_s_output_is_what_check_says(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.yml").write_text(_block(page, "example: broken.yml"))
    assert main(["check", "--config", "broken.yml"]) == 1
    assert capsys.readouterr().out == _block(page, "output: broken.yml")
