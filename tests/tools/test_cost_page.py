"""What the pages say of costs is what `alertrelay cost` counts."""

from __future__ import annotations

import pytest

from tools.cost_page import BEGIN, PAGES, ROOT, page


@pytest.mark.parametrize("name", PAGES)
def test_the_costs_of_a_page_are_current(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert text == page(name, text), "write it anew: .venv/bin/python -m tools.cost_page"


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the marks"):
        page("README.md", f"# Costs\n{BEGIN}\n")
