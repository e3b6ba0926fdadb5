"""Tries Rocket.Chat without a message.

Source: Rocket.Chat REST API `me`.
"""

from __future__ import annotations

from typing import Any

from cli.probes.http import ask, authorised
from cli.probes.secret import Values, value_of


def probe(settings: Any, values: Values) -> str:
    """Asks who the user is."""
    headers = {"X-Auth-Token": value_of(values, settings.token), "X-User-Id": value_of(values, settings.token_id)}
    answer = ask("GET", f"{settings.url.rstrip('/')}/api/v1/me", name="Rocket.Chat", headers=headers)
    authorised(answer, name="Rocket.Chat", key=settings.token)
    return "the token holds"
