"""Every message as people get it, compared with what is in the folder golden/.

After a wanted change: `UPDATE_GOLDEN=1 .venv/bin/pytest tests/render/test_render_golden.py`, then read the difference.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from alertrelay.channels import render
from alertrelay.notification import Message

from tests.channels.example import all_rendered, target
from tests.render.notifications import CASES

GOLDEN = Path(__file__).parent / "golden"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
RENDERED = all_rendered()
# Everything for the channels that people read most; for the others the cases in which they differ.
NAMES = [f"{case}.{name}" for name, way in RENDERED.items() for case in (CASES if way.cases is None else way.cases)]


def message(name: str) -> Message:
    case, way = name.rsplit(".", 1)
    return render(CASES[case], target(RENDERED[way].settings))


def files(name: str) -> dict[str, str]:
    """The message as one file or, where it has parts to be read, one a part."""
    made = RENDERED[name.rsplit(".", 1)[1]].files(message(name))
    return {f"{name}.{ending}": content for ending, content in made.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_what_its_golden_file_shows(name: str) -> None:
    for file, content in files(name).items():
        if UPDATE:
            (GOLDEN / file).write_text(content, encoding="utf-8", newline="\n")
        assert content == (GOLDEN / file).read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {file for name in NAMES for file in files(name)}
