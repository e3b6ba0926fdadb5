"""Tries Jira without a message.

Source: Jira REST API, "Get current user".
"""

from __future__ import annotations

from typing import Any

from cli.probes.http import ask_as_configured
from cli.probes.secret import Values


def probe(settings: Any, values: Values) -> str:
    """Asks for the user, and for the project."""
    base = settings.url.rstrip("/")
    ask_as_configured("GET", f"{base}/myself", settings.auth, values, "Jira")
    ask_as_configured(
        "GET", f"{base}/project/{settings.project}", settings.auth, values, f"Jira's project {settings.project}"
    )
    return f"the account sees the project {settings.project}"
