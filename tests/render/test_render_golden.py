"""Every message as people get it, compared with what is in the folder golden/.

After a wanted change: `UPDATE_GOLDEN=1 .venv/bin/pytest tests/render/test_render_golden.py`, then read the difference.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from alertrelay.alert import Integration
from alertrelay.channels import render
from alertrelay.config.model import Target
from alertrelay.notification import Message

from tests.render.notifications import CASES, SETTINGS

GOLDEN = Path(__file__).parent / "golden"
UPDATE = os.environ.get("UPDATE_GOLDEN") == "1"
# Everything for the channels that people read most; for the others the cases in which they differ.
NAMES = [
    *(f"{case}.{name}" for case in CASES for name in ("pagerduty", "slack", "email", "phone")),
    *(f"{case}.topic" for case in ("critical-everything", "fallback", "hostile", "group-of-10000")),
    *(f"{case}.webhook" for case in ("critical-everything", "resolved", "fallback", "group-of-10000")),
]


def message(name: str) -> Message:
    case, settings_name = name.rsplit(".", 1)
    channel, settings = SETTINGS[settings_name]
    integration = Integration(receiver="oncall", channel=channel, index=0)
    return render(CASES[case], Target(integration=integration, send_resolved=True, settings=settings))


def files(name: str) -> dict[str, str]:
    """The message as one file or, where it has parts to be read, one a part."""
    told = message(name)
    if name.endswith(".email"):
        return {f"{name}.txt": f"Subject: {told['subject']}\n\n{told['text']}", f"{name}.html": told["html"]}
    if name.endswith((".topic", ".phone")):
        head = f"Subject: {told['subject']}\n\n" if "subject" in told else ""
        return {f"{name}.txt": f"{head}{told['message'].rstrip()}\n"}
    return {f"{name}.json": json.dumps(told, indent=2, ensure_ascii=False) + "\n"}


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_what_its_golden_file_shows(name: str) -> None:
    for file, content in files(name).items():
        if UPDATE:
            (GOLDEN / file).write_text(content, encoding="utf-8", newline="\n")
        assert content == (GOLDEN / file).read_text(encoding="utf-8")


def test_no_golden_file_is_left_over() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {file for name in NAMES for file in files(name)}


def test_every_settings_name_has_golden_files() -> None:
    assert {name.rsplit(".", 1)[1] for name in NAMES} == set(SETTINGS)
