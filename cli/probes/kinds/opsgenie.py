"""Tries Opsgenie without a message.

Source: Opsgenie, Alert API, "list alerts".
"""

from __future__ import annotations

from typing import Any

from cli.probes.http import ask, authorised
from cli.probes.secret import Values, value_of


def probe(settings: Any, values: Values) -> str:
    """Lists one alert. A key that may only create answers 403: then it is known there."""
    headers = {"Authorization": f"GenieKey {value_of(values, settings.api_key)}"}
    answer = ask("GET", f"{settings.url.rstrip('/')}/v2/alerts?limit=1", name="Opsgenie", headers=headers)
    if answer.status == 403:
        return "knows the key, which may not read: creating was not tried"
    authorised(answer, name="Opsgenie", key=settings.api_key)
    return "the key holds"
