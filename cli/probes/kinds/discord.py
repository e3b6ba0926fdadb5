"""Tries Discord without a message.

Source: Discord, "Get Webhook with Token".
"""

from __future__ import annotations

from typing import Any

from cli.probes.http import ask, authorised
from cli.probes.row import NotTaken
from cli.probes.secret import Values, value_of


def probe(settings: Any, values: Values) -> str:
    """Reads the webhook by its own address."""
    answer = ask("GET", value_of(values, settings.webhook_url), name="Discord")
    if answer.status == 404:
        mend = f"make a new webhook, and put its address under {settings.webhook_url}"
        raise NotTaken("not authorised", "Discord knows no such webhook", mend)
    authorised(answer, name="Discord", key=settings.webhook_url)
    return "the webhook lives"
