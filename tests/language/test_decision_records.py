"""Every decision record has its three sections, a number of its own, and a link from docs/architecture.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "docs" / "adr").iterdir())


def test_records_are_numbered_without_a_gap() -> None:
    assert [path.name[:5] for path in RECORDS] == [f"{number:04}-" for number in range(1, len(RECORDS) + 1)]


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_has_context_decision_and_consequence(record: Path) -> None:
    text = record.read_text(encoding="utf-8")
    title = re.match(r"# (\d+)\. (.+)\n", text)
    assert title is not None
    slug = re.sub(r"[^a-z0-9]+", "-", title[2].lower()).strip("-")
    assert record.name == f"{int(title[1]):04}-{slug}.md"
    sections = re.split(r"^## (.+)$", text, flags=re.MULTILINE)[1:]
    assert sections[::2] == ["Context", "Decision", "Consequence"]
    assert all(section.strip() for section in sections[1::2])


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_the_architecture_page_links_to_the_record(record: Path) -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f"(adr/{record.name})" in page
