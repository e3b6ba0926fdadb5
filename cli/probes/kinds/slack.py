"""Tries Slack without a message.

Source: Slack Web API auth.test; the answer `no_text` of a webhook that lives (docs/answers.md).
"""

from __future__ import annotations

from typing import Any

from cli.probes.http import ask, authorised, word
from cli.probes.row import NotTaken
from cli.probes.secret import Values, value_of


def probe(settings: Any, values: Values) -> str:
    """A bot asks who it is; a webhook is sent a message without a text, which it refuses and nobody sees."""
    key = value_of(values, settings.key)
    if settings.mode == "incoming":
        answer = ask("POST", key, name="Slack", json={})
        if answer.text.strip() in ("no_text", "invalid_payload"):
            return "the webhook lives"
        mend = f"make a new webhook, and put its address under {settings.key}"
        raise NotTaken("not authorised", f"Slack answered {answer.status} to the webhook", mend)
    api = settings.url.rpartition("/")[0]
    headers = {"Authorization": f"Bearer {key}"}
    found = authorised(ask("POST", f"{api}/auth.test", name="Slack", headers=headers), name="Slack", key=settings.key)
    if not found.json.get("ok"):
        text = f"Slack answered {word(found.json.get('error'))}"
        raise NotTaken("not authorised", text, f"put a valid bot token under {settings.key}")
    return f"the token is that of {word(found.json.get('user'))} in {word(found.json.get('team'))}"
