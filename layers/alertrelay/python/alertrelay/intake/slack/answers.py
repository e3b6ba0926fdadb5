"""Shapes answers for Slack: messages that only the person who asked sees, within Slack's limits.

Source: https://docs.slack.dev/interactivity/handling-user-interaction, "Message responses".
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from alertrelay.channels.slack.buttons import Button, element
from alertrelay.channels.slack.mrkdwn import TEXT, escape, section
from alertrelay.config.model import Matcher
from alertrelay.config.printed_matchers import print_matcher
from alertrelay.policy.silence import Silence

Answer = dict[str, Any]
BLOCKS = 45
"""Of a message: Slack takes 50."""
UNDO = "Undo"


def only_you(text: str, blocks: Sequence[dict[str, Any]] = ()) -> Answer:
    """Returns an answer that the person alone sees, and which leaves the message as it is. `text` is mrkdwn."""
    found = list(blocks) or sections(text.splitlines())
    return {
        "response_type": "ephemeral",
        "replace_original": False,
        "text": text[:TEXT],
        "blocks": found[:BLOCKS],
    }


def sections(lines: Iterable[str]) -> list[dict[str, Any]]:
    """Returns lines of mrkdwn as blocks, none longer than Slack takes."""
    parts: list[str] = []
    for line in lines:
        shown = line[:TEXT]
        if parts and len(parts[-1]) + 1 + len(shown) <= TEXT:
            parts[-1] += "\n" + shown
        else:
            parts.append(shown)
    return [section(part) for part in parts if part.strip()]


def with_end(text: str, silence: Silence, group: str, *, words: str = UNDO) -> dict[str, Any]:
    """Returns a block that names a silence, with the button that ends it."""
    button = Button(deed="unsilence", group=group, silence=silence.id)
    return {**section(text), "accessory": element(button, words)}


def when(at: datetime) -> str:
    """Returns a time as Slack shows it in the reader's own zone."""
    return f"<!date^{int(at.timestamp())}^{{date_short_pretty}} {{time}}|{at:%Y-%m-%d %H:%M} UTC>"


def conditions(matchers: Iterable[Sequence[Matcher]], limit: int = 900) -> str:
    """Returns the matchers of a silence as amtool prints them, for mrkdwn."""
    sets = [" ".join(print_matcher(one) for one in together) for together in matchers]
    return escape(" or ".join(sets), limit)
