"""Tries Pushover without a message.

Source: Pushover, "User/Group Validation".
"""

from __future__ import annotations

from typing import Any

from cli.probes.http import ask
from cli.probes.row import NotTaken
from cli.probes.secret import Values, value_of


def probe(settings: Any, values: Values) -> str:
    """Validates the token and the user's key."""
    data = {"token": value_of(values, settings.token), "user": value_of(values, settings.user_key)}
    answer = ask("POST", "https://api.pushover.net/1/users/validate.json", name="Pushover", data=data)
    if answer.json.get("status") != 1:
        mend = f"put valid values under {settings.token} and {settings.user_key}"
        raise NotTaken("not authorised", "Pushover refused the token or the user", mend)
    return "token and user are valid"
