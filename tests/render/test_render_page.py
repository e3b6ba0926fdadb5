"""docs/messages.md shows the messages of today."""

from __future__ import annotations

import re

import pytest

from tests.render import notifications
from tests.render.test_render_golden import message
from tools.messages import CASES, PAGE, page, pictures, slack_page


def test_the_page_of_messages_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "write it anew: .venv/bin/python -m tools.messages"


def test_the_page_shows_every_case() -> None:
    assert set(CASES) == set(notifications.CASES)


def test_every_picture_of_the_page_is_there_and_small() -> None:
    shown = re.findall(r"\(images/([a-z0-9-]+)\.png\)", page())
    assert sorted(shown) == sorted(pictures())
    for name in shown:
        assert 1_000 < (PAGE.parent / "images" / f"{name}.png").stat().st_size < 200_000


@pytest.mark.parametrize("case", CASES)
def test_a_picture_can_be_made_of_every_slack_message(case: str) -> None:
    shown = slack_page(message(f"{case}.slack"))
    assert "<!channel>" not in shown
    assert "<!date" not in shown
