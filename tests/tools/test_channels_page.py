"""docs/channels.md shows the channels of today, and docs/answers.md their answers."""

from __future__ import annotations

import pytest

from tools.channels_page import ANSWERS, BEGIN, PAGE, answers_page, page


def test_the_table_of_channels_is_current() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == page(text), "write it anew: .venv/bin/python -m tools.channels_page"


def test_the_page_of_answers_is_current() -> None:
    text = ANSWERS.read_text(encoding="utf-8")
    assert text == answers_page(text), "write it anew: .venv/bin/python -m tools.channels_page"


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="the marks"):
        page(f"# Channels\n{BEGIN}\n")
