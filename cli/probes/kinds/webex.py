"""Tries Webex without a message.

Source: Webex, "Get My Own Details".
"""

from __future__ import annotations

from typing import Any

from cli.probes.http import ask_as_configured
from cli.probes.secret import Values


def probe(settings: Any, values: Values) -> str:
    """Asks who the bot is."""
    url = settings.url.replace("/messages", "/people/me")
    ask_as_configured("GET", url, settings.auth, values, "Webex")
    return "the token holds"
